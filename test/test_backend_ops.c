/*
 * Every scalar operation at every type, in T2's code against nf_eval_op(), on edge cases.
 *
 * One function per operation, type and way of giving the operands:
 *
 *   memory     operands are loads that the operation may fold
 *   registers  each operand is used twice, so that it has a register
 *   constant   the second operand is a constant
 *   pressure   many other values are live across the operation; they must survive
 *
 * It has the signature (a, b, c, result, others): addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ir/eval.h"
#include "lib_code.h"
#include "os/os.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { OTHERS = 20, OPERANDS = 3 };

typedef enum way { WAY_MEMORY, WAY_REGISTERS, WAY_CONSTANT, WAY_PRESSURE, WAYS } way;

typedef void compiled(const void *a, const void *b, const void *c, void *result, void *others);

typedef struct subject {
    nf_inst inst;               /* op, type, sub */
    nf_type operands[OPERANDS]; /* void: none */
    nf_type result;
    uint64_t constant; /* of operand b */
} subject;

static const char *const feature_names[] = {"sse2", "sse4", "avx2", "all"};

static uint64_t features_of(uint32_t level)
{
    uint64_t sse4 = NF_CPU_SSE3 | NF_CPU_SSSE3 | NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_POPCNT;
    uint64_t avx2 =
        sse4 | NF_CPU_AVX | NF_CPU_AVX2 | NF_CPU_FMA | NF_CPU_BMI1 | NF_CPU_BMI2 | NF_CPU_LZCNT;
    const uint64_t levels[] = {0, sse4, avx2, nf_cpu_features()};
    return levels[level] & nf_cpu_features();
}

/* --- values --------------------------------------------------------------------------------------
 * */

static const int64_t integers[] = {0,
                                   1,
                                   -1,
                                   2,
                                   7,
                                   31,
                                   32,
                                   63,
                                   64,
                                   100,
                                   -128,
                                   127,
                                   255,
                                   256,
                                   -32768,
                                   32767,
                                   65535,
                                   INT32_MIN,
                                   INT32_MAX,
                                   UINT32_MAX,
                                   INT64_MIN,
                                   INT64_MAX,
                                   INT64_C(0x123456789abcdef0),
                                   -77};
static const double numbers[] = {0.0,          -0.0,          1.0,    -1.0,      0.5,
                                 -0.5,         1.5,           2.5,    -2.5,      0.1,
                                 3e9,          -3e9,          1e10,   9.3e18,    1.8e19,
                                 1e30,         -1e30,         1e-310, 8388609.0, 4503599627370497.5,
                                 2147483648.0, -2147483649.0, 255.7};
static const uint64_t patterns[] = {0x7ff8000000000001, 0xfff8000000000002, 0x7ff0000000000003,
                                    0x7ff0000000000000, 0xfff0000000000000};
static const uint32_t patterns_f32[] = {0x7fc00001, 0xffc00002, 0x7f800003, 0x7f800000, 0xff800000};

static uint32_t value_count(nf_type type)
{
    return NF_TYPE_IS_FLOAT(type) ? COUNT(numbers) + COUNT(patterns) : COUNT(integers);
}

static uint64_t value_at(nf_type type, uint32_t i)
{
    uint64_t bits = 0;
    if (!NF_TYPE_IS_FLOAT(type)) {
        bits = (uint64_t)integers[i];
    } else if (i >= COUNT(numbers)) {
        uint32_t n = i - COUNT(numbers);
        bits = type == NF_F64 ? patterns[n] : patterns_f32[n];
    } else if (type == NF_F64) {
        memcpy(&bits, &numbers[i], sizeof bits);
    } else {
        float narrow = (float)numbers[i];
        memcpy(&bits, &narrow, sizeof narrow);
    }
    unsigned bytes = nf_type_bytes(type);
    return bytes >= 8 ? bits : bits & ((UINT64_C(1) << 8 * bytes) - 1);
}

/* --- building ------------------------------------------------------------------------------------
 * */

static nf_value constant_of(nf_func *f, nf_block b, nf_type type, uint64_t bits)
{
    if (type == NF_F64) {
        double number;
        memcpy(&number, &bits, sizeof number);
        return nf_build_f64(f, b, number);
    }
    if (type == NF_F32) {
        float number;
        memcpy(&number, &bits, sizeof number);
        return nf_build_f32(f, b, number);
    }
    return nf_build_iconst(f, b, type, nf_type_canonical(type, (int64_t)bits));
}

static nf_value operation(nf_func *f, nf_block b, const subject *s, const nf_value *v)
{
    if (s->inst.op == NF_OP_ICMP || s->inst.op == NF_OP_FCMP)
        return nf_build_compare(f, b, (nf_cond)s->inst.sub, v[0], v[1]);
    bool overflow = nf_ops[s->inst.op].shape == NF_SHAPE_OVERFLOW;
    nf_type written = overflow ? s->operands[0] : s->inst.type;
    return nf_build(f, b, (nf_op)s->inst.op, written, v[0], v[1], v[2]);
}

static nf_value other_at(nf_func *f, nf_block b, uint32_t i)
{
    nf_address at = {.base = nf_func_param(f, 4), .offset = (int32_t)i * 8};
    return nf_build_load(f, b, i % 2 ? NF_F64 : NF_I64, at);
}

static nf_func *build(nf_module *m, const subject *s, way how)
{
    static const nf_type params[] = {NF_I64, NF_I64, NF_I64, NF_I64, NF_I64};
    nf_signature signature = nf_module_signature(m, NF_VOID, params, COUNT(params), false);
    nf_func *f = nf_module_function(m, "subject", signature, NF_ATTR_EXPORT);
    nf_block b = nf_func_entry(f);
    nf_value v[OPERANDS] = {{0}}, others[OTHERS];
    for (uint32_t i = 0; i < OTHERS && how == WAY_PRESSURE; i++) others[i] = other_at(f, b, i);
    for (uint32_t i = 0; i < OPERANDS && s->operands[i] != NF_VOID; i++) {
        nf_address at = {.base = nf_func_param(f, i)};
        bool constant = how == WAY_CONSTANT && i == 1;
        v[i] = constant ? constant_of(f, b, s->operands[i], s->constant)
                        : nf_build_load(f, b, s->operands[i], at);
    }
    nf_value d = operation(f, b, s, v);
    nf_build_store(f, b, d, (nf_address){.base = nf_func_param(f, 3)});
    for (uint32_t i = 0; i < OPERANDS && v[i].id != 0 && how == WAY_REGISTERS; i++)
        nf_build_store(f, b, v[i],
                       (nf_address){.base = nf_func_param(f, 4), .offset = (int32_t)i * 8});
    for (uint32_t i = 0; i < OTHERS && how == WAY_PRESSURE; i++)
        nf_build_store(f, b, others[i],
                       (nf_address){.base = nf_func_param(f, 4), .offset = (int32_t)i * 8});
    nf_build_ret(f, b, (nf_value){0});
    return f;
}

/* --- comparing -----------------------------------------------------------------------------------
 * */

static void check_one(const subject *s, compiled *code, const uint64_t *in, const char *what)
{
    uint64_t others[OTHERS + 1], result = 0, kept[OTHERS + 1];
    nf_bits bits[OPERANDS] = {{.u64 = {in[0]}}, {.u64 = {in[1]}}, {.u64 = {in[2]}}};
    nf_bits expected = {{0}};
    for (uint32_t i = 0; i <= OTHERS; i++) kept[i] = others[i] = UINT64_C(0x4111111111111111) * i;
    if (!nf_eval_op(&s->inst, s->operands[0], &bits[0], &bits[1], &bits[2], &expected)) return;
    code(&in[0], &in[1], &in[2], &result, others);
    unsigned bytes = nf_type_bytes(s->result);
    bool registers = strstr(what, "registers") != NULL;
    if (memcmp(&result, &expected, bytes) != 0 ||
        (!registers && memcmp(others, kept, sizeof kept) != 0))
        fail_msg("%s.%s %s: a %llx, b %llx, c %llx gives %llx, not %llx", nf_ops[s->inst.op].text,
                 nf_type_text(s->inst.type), what, (unsigned long long)in[0],
                 (unsigned long long)in[1], (unsigned long long)in[2], (unsigned long long)result,
                 (unsigned long long)expected.u64[0]);
}

/* All pairs of a and b; c goes round. */
static void check_values(const subject *s, compiled *code, way how, const char *what)
{
    uint32_t a_count = value_count(s->operands[0]);
    bool has_b = s->operands[1] != NF_VOID, has_c = s->operands[2] != NF_VOID;
    uint32_t b_count = has_b && how != WAY_CONSTANT ? value_count(s->operands[1]) : 1;
    for (uint32_t i = 0; i < a_count; i++) {
        for (uint32_t j = 0; j < b_count; j++) {
            uint64_t in[OPERANDS] = {value_at(s->operands[0], i), 0, 0};
            if (has_b) in[1] = how == WAY_CONSTANT ? s->constant : value_at(s->operands[1], j);
            if (has_c) in[2] = value_at(s->operands[2], (i * 7 + j) % value_count(s->operands[2]));
            check_one(s, code, in, what);
        }
    }
}

static void check_way(const subject *s, way how)
{
    static const char *const names[WAYS] = {"memory", "registers", "constant", "pressure"};
    nf_error error = {.message = ""};
    nf_module *m = nf_module_new(nf_os_allocator(), "ops");
    const nf_func *f = build(m, s, how);
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    if (nf_module_verify(m, &error) != NF_OK)
        fail_msg("%s: %s", nf_ops[s->inst.op].text, error.message);
    for (uint32_t level = 0; level < COUNT(feature_names); level++) {
        nf_link link = {NULL, 0};
        nf_compile options = {.link = &link, .arena = &arena, .features = features_of(level)};
        nf_compiled out;
        char what[64];
        uint64_t address = code_compile(nf_ops[s->inst.op].text, f, &options, &out);
        snprintf(what, sizeof what, "with %s, %s", feature_names[level], names[how]);
        check_values(s, (compiled *)(uintptr_t)address, how, what);
        nf_code_free(code_memory, address);
        nf_arena_reset(&arena);
    }
    nf_arena_free(&arena);
    nf_module_free(m);
}

static void check_subject(subject *s)
{
    check_way(s, WAY_MEMORY);
    check_way(s, WAY_REGISTERS);
    check_way(s, WAY_PRESSURE);
    if (s->operands[1] == NF_VOID) return;
    for (uint32_t i = 0; i < value_count(s->operands[1]); i++) {
        s->constant = value_at(s->operands[1], i);
        check_way(s, WAY_CONSTANT);
    }
}

/* --- what there is -------------------------------------------------------------------------------
 * */

static bool has_type(nf_op op, nf_type type)
{
    return nf_type_in_class(type, (nf_type_class)nf_ops[op].types);
}

static void check_comparisons(nf_op op, nf_type type)
{
    uint32_t first = op == NF_OP_ICMP ? NF_EQ : NF_FOEQ;
    uint32_t end = op == NF_OP_ICMP ? NF_FOEQ : NF_COND_COUNT;
    for (uint32_t cond = first; cond < end; cond++) {
        subject s = {.inst = {.op = (uint16_t)op, .type = NF_I8, .sub = (uint8_t)cond},
                     .operands = {type, type},
                     .result = NF_I8};
        check_subject(&s);
    }
}

/* type: the one written. */
static void check_at(nf_op op, nf_type type)
{
    subject s = {.inst = {.op = (uint16_t)op, .type = type}, .operands = {type}, .result = type};
    switch (nf_ops[op].shape) {
    case NF_SHAPE_OVERFLOW: s.inst.type = s.result = NF_I8; /* fall through */
    case NF_SHAPE_BINARY: s.operands[1] = type; break;
    case NF_SHAPE_TERNARY: s.operands[1] = s.operands[2] = type; break;
    case NF_SHAPE_SELECT:
        s.operands[0] = NF_I8;
        s.operands[1] = s.operands[2] = type;
        break;
    default: break;
    }
    check_subject(&s);
}

static bool converts(nf_op op, nf_type to, nf_type from)
{
    unsigned to_bytes = nf_type_bytes(to), from_bytes = nf_type_bytes(from);
    bool ints = NF_TYPE_IS_INT(to) && NF_TYPE_IS_INT(from);
    switch (op) {
    case NF_OP_SEXT:
    case NF_OP_ZEXT: return ints && to_bytes > from_bytes;
    case NF_OP_TRUNC: return ints && to_bytes < from_bytes;
    case NF_OP_SITOFP:
    case NF_OP_UITOFP: return NF_TYPE_IS_FLOAT(to) && NF_TYPE_IS_INT(from);
    case NF_OP_FPTOSI:
    case NF_OP_FPTOUI: return NF_TYPE_IS_INT(to) && NF_TYPE_IS_FLOAT(from);
    case NF_OP_FPEXT: return to == NF_F64 && from == NF_F32;
    case NF_OP_FPTRUNC: return to == NF_F32 && from == NF_F64;
    case NF_OP_BITCAST: return to_bytes == from_bytes && to != from;
    default: return false;
    }
}

static void check_conversions(nf_op op)
{
    for (nf_type to = NF_I8; to <= NF_F64; to++) {
        for (nf_type from = NF_I8; from <= NF_F64; from++) {
            subject s = {
                .inst = {.op = (uint16_t)op, .type = to}, .operands = {from}, .result = to};
            if (converts(op, to, from)) check_subject(&s);
        }
    }
}

/* Shapes that a single instruction on values has; the others are not for this test. */
static bool is_plain(nf_op op)
{
    uint8_t shape = nf_ops[op].shape;
    return shape == NF_SHAPE_UNARY || shape == NF_SHAPE_BINARY || shape == NF_SHAPE_TERNARY ||
           shape == NF_SHAPE_OVERFLOW || shape == NF_SHAPE_SELECT;
}

static void every_operation_agrees(void **state)
{
    (void)state;
    for (uint32_t op = 1; op < NF_OP_COUNT; op++) {
        if (nf_ops[op].shape == NF_SHAPE_CONVERT) check_conversions((nf_op)op);
        for (nf_type type = NF_I8; type <= NF_F64; type++) {
            if (!has_type((nf_op)op, type)) continue;
            if (op == NF_OP_ICMP || op == NF_OP_FCMP)
                check_comparisons((nf_op)op, type);
            else if (is_plain((nf_op)op))
                check_at((nf_op)op, type);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation_agrees)};
    return cmocka_run_group_tests(tests, code_setup, code_teardown);
}

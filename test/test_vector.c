/*
 * Every operation on every vector type, compiled for each kind of CPU that this one can play, gives
 * the bits of the evaluator; what is not supported is said to be so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib_generate.h"
#include "lib_vector.h"

static const nf_value none;

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- types --- */

/* All vector types of a class, at least from `least` bytes on. */
typedef void type_visit(nf_op op, nf_type type);

static void each_type(nf_op op, type_visit *visit)
{
    for (nf_type element = NF_I8; element <= NF_F64; element++)
        for (unsigned lanes = 1; nf_type_element_bytes(element) << lanes <= VECTOR_BYTES_MAX;
             lanes++) {
            nf_type type = nf_type_with_lanes(element, lanes);
            if (nf_type_in_class(type, (nf_type_class)nf_ops[op].types)) visit(op, type);
        }
}

static void each_op(nf_shape shape, type_visit *visit)
{
    uint64_t before = vector_failures;
    for (nf_op op = NF_OP_NONE + 1; op < NF_OP_COUNT; op++)
        if (nf_ops[op].shape == shape) each_type(op, visit);
    assert_int_equal(vector_failures - before, 0);
}

static nf_value build(vector_case *c, nf_op op, nf_type type, nf_value a, nf_value b, nf_value d)
{
    return nf_build(c->func, c->block, op, type, a, b, d);
}

static nf_value constant(vector_case *c, nf_type element, uint64_t *state)
{
    double wide;
    float narrow;
    uint64_t bits64 = generate_f64_bits(state);
    uint32_t bits32 = generate_f32_bits(state);
    memcpy(&wide, &bits64, sizeof wide);
    memcpy(&narrow, &bits32, sizeof narrow);
    if (element == NF_F64) return nf_build_f64(c->func, c->block, wide);
    if (element == NF_F32) return nf_build_f32(c->func, c->block, narrow);
    return nf_build_iconst(c->func, c->block, element,
                           nf_type_canonical(element, generate_integer(state)));
}

/* Where the splat itself is not promised, one of a constant still is. */
static nf_value splat(vector_case *c, nf_type type, uint64_t *state)
{
    c->lenient = true;
    return build(c, NF_OP_SPLAT, type, constant(c, NF_TYPE_ELEMENT(type), state), none, none);
}

/* --- where operands come from --- */

typedef enum origin {
    FROM_MEMORY,   /* loads that may be folded */
    KEPT,          /* loads that something else uses as well */
    THE_SAME,      /* one value is all operands */
    LAST_CONSTANT, /* a splat of a constant */
    FIRST_CONSTANT,
    LAST_UNIFORM, /* a splat of a number from memory */
    ACROSS_CALL,  /* nothing stays in a register */
    ORIGINS
} origin;

static const char *const origin_names[ORIGINS] = {"from memory",   "kept",           "the same",
                                                  "last constant", "first constant", "uniform",
                                                  "across a call"};

static void operands(vector_case *c, origin from, nf_type type, unsigned count, nf_value values[3],
                     uint64_t seed)
{
    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        if (from == THE_SAME && i > 0)
            values[i] = values[0];
        else if ((from == LAST_CONSTANT && last) || (from == FIRST_CONSTANT && i == 0))
            values[i] = splat(c, type, &seed);
        else if (from == LAST_UNIFORM && last)
            values[i] =
                build(c, NF_OP_SPLAT, type, vector_load(c, i, NF_TYPE_ELEMENT(type)), none, none);
        else
            values[i] = vector_load(c, i, type);
    }
    if (from == KEPT)
        for (unsigned i = 0; i < count; i++) vector_store(c, values[i]);
    if (from == ACROSS_CALL) vector_call(c);
}

static bool is_shift(nf_op op)
{
    return op == NF_OP_SHL || op == NF_OP_LSHR || op == NF_OP_ASHR;
}

static void check_plain(nf_op op, nf_type type)
{
    enum { CONSTANTS = 3 };
    for (origin from = 0; from < ORIGINS; from++) {
        bool constants = from == LAST_CONSTANT || from == FIRST_CONSTANT;
        for (uint64_t seed = 0; seed < (constants ? CONSTANTS : 1); seed++) {
            nf_value v[3] = {none, none, none};
            vector_case *c =
                vector_begin("%s %s, %s", nf_ops[op].text, nf_type_text(type), origin_names[from]);
            operands(c, from, type, nf_ops[op].operands, v, seed + op);
            vector_store(c, build(c, op, type, v[0], v[1], v[2]));
            vector_end(c);
        }
    }
}

static void operations_of_one_operand(void **state)
{
    (void)state;
    each_op(NF_SHAPE_UNARY, check_plain);
}

static void operations_of_two_operands(void **state)
{
    (void)state;
    each_op(NF_SHAPE_BINARY, check_plain);
}

static void operations_of_three_operands(void **state)
{
    (void)state;
    each_op(NF_SHAPE_TERNARY, check_plain);
}

/* --- shifts by constants: every count --- */

static void check_counts(nf_op op, nf_type type)
{
    unsigned bits = 8 * nf_type_element_bytes(type);
    if (!is_shift(op)) return;
    for (unsigned count = 0; count < 2 * bits; count += count < bits ? 1 : 5) {
        vector_case *c = vector_begin("%s %s by %u", nf_ops[op].text, nf_type_text(type), count);
        nf_value a = vector_load(c, 0, type);
        nf_value number = nf_build_iconst(c->func, c->block, NF_TYPE_ELEMENT(type), count);
        nf_value by = build(c, NF_OP_SPLAT, type, number, none, none);
        c->lenient = true;
        vector_store(c, build(c, op, type, a, by, none));
        vector_end(c);
    }
}

static void shifts_by_constants(void **state)
{
    (void)state;
    each_op(NF_SHAPE_BINARY, check_counts);
}

/* --- comparisons and selection --- */

static nf_cond first_cond(nf_op op)
{
    return op == NF_OP_ICMP ? NF_EQ : NF_FOEQ;
}
static nf_cond end_cond(nf_op op)
{
    return op == NF_OP_ICMP ? NF_FOEQ : NF_COND_COUNT;
}

static void check_compare(nf_op op, nf_type type)
{
    for (nf_cond cond = first_cond(op); cond < end_cond(op); cond++)
        for (origin from = 0; from < ORIGINS; from++) {
            nf_value v[3] = {none, none, none};
            vector_case *c = vector_begin("%s %s %s, %s", nf_ops[op].text, nf_cond_text[cond],
                                          nf_type_text(type), origin_names[from]);
            operands(c, from, type, 2, v, cond);
            vector_store(c, nf_build_compare(c->func, c->block, cond, v[0], v[1]));
            vector_end(c);
        }
}

/* By a comparison that nothing else uses; by one that several do; of something else than was
 * compared. */
static void check_compare_select(nf_op op, nf_type type)
{
    for (nf_cond cond = first_cond(op); cond < end_cond(op); cond++)
        for (unsigned uses = 1; uses <= 3; uses++) {
            vector_case *c = vector_begin("%s %s %s, %u selects", nf_ops[op].text,
                                          nf_cond_text[cond], nf_type_text(type), uses);
            nf_value a = vector_load(c, 0, type), b = vector_load(c, 1, type);
            nf_value mask = nf_build_compare(c->func, c->block, cond, a, b);
            nf_type other = nf_type_of_compare(type);
            vector_store(c, build(c, NF_OP_SELECT, type, mask, a, b));
            if (uses > 1)
                vector_store(c, build(c, NF_OP_SELECT, other, mask, vector_load(c, 2, other),
                                      vector_load(c, 2, other)));
            if (uses > 2) vector_store(c, mask);
            vector_end(c);
        }
}

/* A mask of any lanes, of which the top bits count. */
static void check_select(nf_op op, nf_type type)
{
    for (origin from = 0; from < ORIGINS; from++) {
        nf_value v[3] = {none, none, none};
        vector_case *c = vector_begin("select %s, %s", nf_type_text(type), origin_names[from]);
        nf_type mask_type = nf_type_of_compare(type);
        nf_value mask = vector_load(c, 2, mask_type);
        operands(c, from, type, 2, v, 1);
        vector_store(c, build(c, op, type, mask, v[0], v[1]));
        vector_end(c);
    }
}

static void comparisons(void **state)
{
    (void)state;
    each_op(NF_SHAPE_ICMP, check_compare);
    each_op(NF_SHAPE_FCMP, check_compare);
}

static void comparisons_that_select(void **state)
{
    (void)state;
    each_op(NF_SHAPE_ICMP, check_compare_select);
    each_op(NF_SHAPE_FCMP, check_compare_select);
}

static void selection_by_lanes(void **state)
{
    (void)state;
    each_op(NF_SHAPE_SELECT, check_select);
}

/* --- conversions --- */

static void check_convert_from(nf_op op, nf_type from, nf_type to)
{
    for (unsigned kept = 0; kept < 2; kept++) {
        vector_case *c = vector_begin("%s %s from %s%s", nf_ops[op].text, nf_type_text(to),
                                      nf_type_text(from), kept ? ", kept" : "");
        nf_value a = vector_load(c, 0, from);
        if (kept) vector_store(c, a);
        vector_store(c, build(c, op, to, a, none, none));
        vector_end(c);
    }
}

static bool converts(nf_op op, nf_type from, nf_type to)
{
    bool wider = nf_type_element_bytes(to) > nf_type_element_bytes(from);
    bool narrower = nf_type_element_bytes(to) < nf_type_element_bytes(from);
    switch ((int)op) {
    case NF_OP_SEXT:
    case NF_OP_ZEXT: return !NF_TYPE_IS_FLOAT(from) && wider;
    case NF_OP_TRUNC: return !NF_TYPE_IS_FLOAT(from) && narrower;
    case NF_OP_SITOFP:
    case NF_OP_UITOFP: return !NF_TYPE_IS_FLOAT(from);
    case NF_OP_FPTOSI:
    case NF_OP_FPTOUI: return NF_TYPE_IS_FLOAT(from);
    case NF_OP_FPEXT: return NF_TYPE_IS_FLOAT(from) && wider;
    case NF_OP_FPTRUNC: return NF_TYPE_IS_FLOAT(from) && narrower;
    default: return false;
    }
}

static void check_convert(nf_op op, nf_type to)
{
    for (nf_type element = NF_I8; element <= NF_F64; element++) {
        nf_type from = nf_type_with_lanes(element, NF_TYPE_LANES_LOG2(to));
        if (nf_type_bytes(from) <= VECTOR_BYTES_MAX && converts(op, from, to))
            check_convert_from(op, from, to);
    }
}

/* Vectors of the same size, and the scalar of it. */
static void check_bitcast(nf_op op, nf_type to)
{
    if (op != NF_OP_BITCAST) return;
    for (nf_type element = NF_I8; element <= NF_F64; element++) {
        unsigned element_bytes = nf_type_element_bytes(element), bytes = nf_type_bytes(to);
        if (bytes < element_bytes) continue;
        nf_type from = nf_type_with_lanes(element, (unsigned)__builtin_ctz(bytes / element_bytes));
        if (NF_TYPE_LANES(from) > 64) continue;
        check_convert_from(op, from, to);
        if (!NF_TYPE_IS_VECTOR(from)) check_convert_from(op, to, from);
    }
}

static void conversions(void **state)
{
    (void)state;
    each_op(NF_SHAPE_CONVERT, check_convert);
}

static void bitcasts(void **state)
{
    (void)state;
    each_op(NF_SHAPE_CONVERT, check_bitcast);
}

/* --- lanes --- */

static void check_splat(nf_op op, nf_type type)
{
    nf_type element = NF_TYPE_ELEMENT(type);
    for (unsigned way = 0; way < 3; way++) {
        static const char *const ways[] = {"folded", "kept", "constants"};
        vector_case *c = vector_begin("splat %s, %s", nf_type_text(type), ways[way]);
        c->lenient = way == 2;
        uint64_t state = type;
        for (unsigned i = 0; i < 3; i++) {
            nf_value scalar = way == 2 ? constant(c, element, &state) : vector_load(c, 0, element);
            if (way == 1) vector_store(c, scalar);
            vector_store(c, build(c, op, type, scalar, none, none));
        }
        vector_end(c);
    }
}

static void check_iota(nf_op op, nf_type type)
{
    vector_case *c = vector_begin("iota %s", nf_type_text(type));
    nf_value iota = build(c, op, type, none, none, none);
    vector_store(c, iota);
    vector_store(c, build(c, NF_OP_ADD, type, vector_load(c, 0, type), iota, none));
    vector_end(c);
}

static void check_extract(nf_op op, nf_type type)
{
    (void)op;
    for (unsigned lane = 0; lane < NF_TYPE_LANES(type); lane++) {
        vector_case *c = vector_begin("extract %s, lane %u", nf_type_text(type), lane);
        vector_store(c, nf_build_extract(c->func, c->block, vector_load(c, 0, type), lane));
        vector_end(c);
    }
}

static void check_insert(nf_op op, nf_type type)
{
    (void)op;
    nf_type element = NF_TYPE_ELEMENT(type);
    for (unsigned lane = 0; lane < NF_TYPE_LANES(type); lane++)
        for (unsigned kept = 0; kept < 2; kept++) {
            vector_case *c = vector_begin("insert %s, lane %u%s", nf_type_text(type), lane,
                                          kept ? ", kept" : "");
            nf_value a = vector_load(c, 0, type), b = vector_load(c, 1, element);
            if (kept) {
                vector_store(c, a);
                vector_store(c, b);
            }
            vector_store(c, nf_build_insert(c->func, c->block, a, b, lane));
            vector_end(c);
        }
}

static void lanes(void **state)
{
    (void)state;
    each_op(NF_SHAPE_SPLAT, check_splat);
    each_op(NF_SHAPE_IOTA, check_iota);
    each_op(NF_SHAPE_EXTRACT, check_extract);
    each_op(NF_SHAPE_INSERT, check_insert);
}

static void reductions(void **state)
{
    (void)state;
    each_op(NF_SHAPE_REDUCE, check_plain);
}

/* --- products of narrow numbers --- */

/* One factor: numbers of `bytes` bytes extended, of lanes or of one number for all of them. */
static nf_value factor(vector_case *c, unsigned piece, nf_type type, nf_type narrow, bool sign,
                       bool uniform)
{
    nf_op op = sign ? NF_OP_SEXT : NF_OP_ZEXT;
    nf_type from = nf_type_with_lanes(narrow, NF_TYPE_LANES_LOG2(type));
    if (!uniform) return build(c, op, type, vector_load(c, piece, from), none, none);
    nf_value scalar =
        build(c, op, NF_TYPE_ELEMENT(type), vector_load(c, piece, narrow), none, none);
    return build(c, NF_OP_SPLAT, type, scalar, none, none);
}

static void check_product(nf_op op, nf_type type)
{
    static const nf_type narrow[] = {NF_I8, NF_I16};
    if (op != NF_OP_MUL || NF_TYPE_ELEMENT(type) != NF_I32) return;
    for (unsigned way = 0; way < 128; way++) {
        bool uniform = way & 1, first = way & 2, same = way & 4;
        vector_case *c = vector_begin("product of narrow numbers %s, %u", nf_type_text(type), way);
        nf_value a = factor(c, 0, type, narrow[way >> 3 & 1], way & 16, false);
        nf_value b = factor(c, 1, type, narrow[way >> 5 & 1], way & 64, uniform);
        if (same) vector_store(c, a);
        vector_store(c, build(c, NF_OP_MUL, type, first ? a : b, first ? b : a, none));
        vector_end(c);
    }
}

static void products_of_narrow_numbers(void **state)
{
    (void)state;
    each_op(NF_SHAPE_BINARY, check_product);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_of_one_operand),
        cmocka_unit_test(operations_of_two_operands),
        cmocka_unit_test(operations_of_three_operands),
        cmocka_unit_test(products_of_narrow_numbers),
        cmocka_unit_test(shifts_by_constants),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(comparisons_that_select),
        cmocka_unit_test(selection_by_lanes),
        cmocka_unit_test(conversions),
        cmocka_unit_test(bitcasts),
        cmocka_unit_test(lanes),
        cmocka_unit_test(reductions),
    };
    vector_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    vector_teardown();
    return failed;
}

/*
 * The generator's ground: random choices, values in scope, operations and memory accesses.
 *
 * Which operations there are, which types they take and how many operands comes from ops.def, so
 * that a new operation is generated without a change here unless its shape is new.
 */
#include "lib_generate_internal.h"

/* --- random numbers (SplitMix64; Steele, Lea, Flood 2014) ---------------------------------------
 */

uint64_t generate_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t generate_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((generate_random(state) >> 32) * limit >> 32);
}

int64_t generate_integer(uint64_t *state)
{
    static const int64_t edges[] = {0,         1,         -1,        2,          INT8_MIN,
                                    INT8_MAX,  INT16_MIN, INT16_MAX, INT32_MIN,  INT32_MAX,
                                    INT64_MIN, INT64_MAX, UINT8_MAX, UINT16_MAX, UINT32_MAX};
    switch (generate_below(state, 6)) {
    case 0: return edges[generate_below(state, COUNT(edges))];
    case 1: return (int64_t)(UINT64_C(1) << generate_below(state, 64));
    case 2: return (int64_t)((UINT64_C(1) << generate_below(state, 64)) - 1);
    case 3: return (int64_t)generate_random(state);
    default: return (int64_t)generate_below(state, 200) - 100;
    }
}

uint32_t generate_f32_bits(uint64_t *state)
{
    /* zeros, ones, infinities, NaNs quiet and signalling, smallest and largest, 2^31, 2^63, 2^64 */
    static const uint32_t edges[] = {0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                     0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffa5a5a5,
                                     0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0x4f000000,
                                     0xcf000000, 0x5f000000, 0x5f800000, 0x3effffff, 0x3f000000};
    float number = (float)((int32_t)generate_below(state, 4000) - 2000) / 8;
    uint32_t bits;
    if (generate_below(state, 3) == 0) return edges[generate_below(state, COUNT(edges))];
    if (generate_below(state, 4) == 0) return (uint32_t)generate_random(state);
    __builtin_memcpy(&bits, &number, sizeof bits);
    return bits;
}

uint64_t generate_f64_bits(uint64_t *state)
{
    static const uint64_t edges[] = {0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000,
                                     0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
                                     0x7ff8000000000000, 0xfff8000000000001, 0x7ff0000000000001,
                                     0xfff5a5a5a5a5a5a5, 0x0000000000000001, 0x800fffffffffffff,
                                     0x0010000000000000, 0x7fefffffffffffff, 0x41e0000000000000,
                                     0xc1e0000000000000, 0x43e0000000000000, 0x43f0000000000000,
                                     0x3fdfffffffffffff, 0x3fe0000000000000, 0x36a0000000000000};
    double number = ((double)generate_below(state, 4000) - 2000) / 8;
    uint64_t bits;
    if (generate_below(state, 3) == 0) return edges[generate_below(state, COUNT(edges))];
    if (generate_below(state, 4) == 0) return generate_random(state);
    __builtin_memcpy(&bits, &number, sizeof bits);
    return bits;
}

static uint32_t tape_byte(generate_tape *tape)
{
    if (tape == NULL || tape->left == 0) return 0;
    tape->left--;
    return *tape->at++;
}

static bool tape_decides(const generator *g)
{
    return g->options->tape != NULL && g->options->tape->left > 0;
}

uint32_t generate_choice(generator *g, uint32_t limit)
{
    if (!tape_decides(g)) return generate_below(&g->random, limit);
    uint32_t choice = tape_byte(g->options->tape);
    if (limit > UINT8_MAX + 1) choice |= tape_byte(g->options->tape) << 8;
    return choice % limit;
}

uint64_t *generate_numbers(generator *g)
{
    if (tape_decides(g)) g->random = tape_byte(g->options->tape);
    return &g->random;
}

/* --- types -------------------------------------------------------------------------------------
 */

bool generate_type_enabled(const generator *g, nf_type type)
{
    for (uint32_t i = 0; i < g->type_count; i++)
        if (g->types[i] == type) return true;
    return false;
}

nf_type generate_type(generator *g, nf_type_class types)
{
    nf_type fitting[TYPES_MAX];
    uint32_t count = 0;
    /* Scalars three times of four, where there is a choice. */
    bool scalar = !one_in(g, 4);
    for (int pass = 0; pass < 2 && count == 0; pass++)
        for (uint32_t i = 0; i < g->type_count; i++)
            if (nf_type_in_class(g->types[i], types) &&
                (pass == 1 || NF_TYPE_IS_VECTOR(g->types[i]) != scalar))
                fitting[count++] = g->types[i];
    return count ? fitting[below(g, count)] : NF_VOID;
}

bool generate_supported(const generator *g, nf_op op, nf_type type, nf_type operand)
{
    return g->options->supports == NULL || g->options->supports(op, type, operand);
}

/* --- values ------------------------------------------------------------------------------------
 */

uint32_t generate_scope_open(const generator *g)
{
    return g->value_count;
}

void generate_scope_close(generator *g, uint32_t scope)
{
    g->value_count = scope;
}

void generate_remember(generator *g, nf_value v)
{
    if (v.id && g->value_count < VALUES_MAX) g->values[g->value_count++] = v;
}

nf_value generate_i64(generator *g, int64_t value)
{
    return nf_build_iconst(g->func, g->block, NF_I64, value);
}

static nf_value scalar_constant(generator *g, nf_type type)
{
    nf_inst record = {.op = NF_OP_FCONST, .type = type};
    if (NF_TYPE_IS_INT(type))
        return nf_build_iconst(g->func, g->block, type, generate_integer(generate_numbers(g)));
    /* By bits: a signalling NaN must not pass through a C float. */
    record.imm = type == NF_F32 ? (int64_t)generate_f32_bits(generate_numbers(g))
                                : (int64_t)generate_f64_bits(generate_numbers(g));
    nf_value v = nf_inst_new(g->func, &record);
    nf_inst_append(g->func, g->block, v);
    return v;
}

/* A vector out of the buffer has lanes that differ. */
static nf_value vector_load(generator *g, nf_type type)
{
    uint32_t place = below(g, GENERATE_BUFFER_BYTES - nf_type_bytes(type) + 1);
    nf_address address = {.base = nf_func_param(g->func, 0), .offset = (int32_t)place};
    nf_value v = nf_build_load(g->func, g->block, type, address);
    generate_remember(g, v);
    return v;
}

nf_value generate_fresh(generator *g, nf_type type)
{
    if (!NF_TYPE_IS_VECTOR(type)) return scalar_constant(g, type);
    if (g->memory && one_in(g, 2) && generate_supported(g, NF_OP_LOAD, type, NF_I64))
        return vector_load(g, type);
    if (NF_TYPE_IS_INT(type) && one_in(g, 4) && generate_supported(g, NF_OP_IOTA, type, NF_VOID))
        return generate_op(g, NF_OP_IOTA, type, no_value, no_value, no_value);
    return generate_op(g, NF_OP_SPLAT, type, generate_value(g, NF_TYPE_ELEMENT(type)), no_value,
                       no_value);
}

nf_value generate_value(generator *g, nf_type type)
{
    nf_value found = no_value;
    if (one_in(g, 8)) return generate_fresh(g, type);
    /* The youngest ones most often: long chains of dependences. */
    for (uint32_t i = g->value_count; i-- > 0;) {
        if (nf_type_of(g->func, g->values[i]) != type) continue;
        found = g->values[i];
        if (!one_in(g, 3)) break;
    }
    return found.id ? found : generate_fresh(g, type);
}

nf_value generate_op(generator *g, nf_op op, nf_type type, nf_value a, nf_value b, nf_value c)
{
    nf_value v = nf_build(g->func, g->block, op, type, a, b, c);
    generate_remember(g, v);
    if (g->budget) g->budget--;
    return v;
}

nf_value generate_as_i64(generator *g, nf_value v)
{
    nf_type type = nf_type_of(g->func, v), element = NF_TYPE_ELEMENT(type);
    if (NF_TYPE_IS_VECTOR(type)) {
        if (!generate_supported(g, NF_OP_EXTRACT, element, type)) return generate_i64(g, 0);
        v = nf_build_extract(g->func, g->block, v, below(g, NF_TYPE_LANES(type)));
        type = element;
    }
    if (type == NF_F32 || type == NF_F64) {
        nf_type bits = type == NF_F32 ? NF_I32 : NF_I64;
        v = generate_op(g, NF_OP_BITCAST, bits, v, no_value, no_value);
        type = bits;
    }
    if (type == NF_I64) return v;
    return generate_op(g, one_in(g, 2) ? NF_OP_SEXT : NF_OP_ZEXT, NF_I64, v, no_value, no_value);
}

nf_value generate_condition(generator *g)
{
    if (one_in(g, 4)) return generate_value(g, NF_I8);
    nf_type type;
    do type = generate_type(g, NF_TYPES_N);
    while (NF_TYPE_IS_VECTOR(type));
    nf_cond cond =
        NF_TYPE_IS_FLOAT(type) ? NF_FOEQ + below(g, NF_COND_COUNT - NF_FOEQ) : below(g, NF_FOEQ);
    nf_value a = generate_value(g, type), b = generate_value(g, type);
    nf_value v = nf_build_compare(g->func, g->block, cond, a, b);
    generate_remember(g, v);
    return v;
}

/* --- operations --------------------------------------------------------------------------------
 */

/* A divisor that does not trap: 1 to 64. */
static nf_value safe_divisor(generator *g, nf_type type)
{
    nf_value mask = nf_build_iconst(g->func, g->block, type, 63);
    nf_value one = nf_build_iconst(g->func, g->block, type, 1);
    nf_value low = generate_op(g, NF_OP_AND, type, generate_value(g, type), mask, no_value);
    return generate_op(g, NF_OP_ADD, type, low, one, no_value);
}

static void divide(generator *g, nf_op op, nf_type type)
{
    nf_value a = generate_value(g, type);
    bool guarded = !g->traps || !one_in(g, 12);
    nf_value b = guarded ? safe_divisor(g, type) : generate_value(g, type);
    generate_op(g, op, type, a, b, no_value);
}

/* The operand's type of a conversion to `to`; NF_VOID when none is enabled. */
static nf_type convert_from(generator *g, nf_op op, nf_type to)
{
    nf_type fitting[TYPES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->type_count; i++) {
        nf_type from = g->types[i];
        unsigned from_bytes = nf_type_element_bytes(from), to_bytes = nf_type_element_bytes(to);
        bool lanes = NF_TYPE_LANES(from) == NF_TYPE_LANES(to), fits = false;
        switch (op) {
        case NF_OP_SEXT:
        case NF_OP_ZEXT: fits = lanes && NF_TYPE_IS_INT(from) && from_bytes < to_bytes; break;
        case NF_OP_TRUNC: fits = lanes && NF_TYPE_IS_INT(from) && from_bytes > to_bytes; break;
        case NF_OP_SITOFP:
        case NF_OP_UITOFP: fits = lanes && NF_TYPE_IS_INT(from); break;
        case NF_OP_FPTOSI:
        case NF_OP_FPTOUI: fits = lanes && NF_TYPE_IS_FLOAT(from); break;
        case NF_OP_FPEXT: fits = lanes && NF_TYPE_IS_FLOAT(from) && from_bytes < to_bytes; break;
        case NF_OP_FPTRUNC: fits = lanes && NF_TYPE_IS_FLOAT(from) && from_bytes > to_bytes; break;
        default: fits = nf_type_bytes(from) == nf_type_bytes(to) && from != to; break;
        }
        if (fits && generate_supported(g, op, to, from)) fitting[count++] = from;
    }
    return count ? fitting[below(g, count)] : NF_VOID;
}

static void convert(generator *g, nf_op op, nf_type to)
{
    nf_type from = convert_from(g, op, to);
    if (from != NF_VOID) generate_op(g, op, to, generate_value(g, from), no_value, no_value);
}

static void select_one(generator *g, nf_type type)
{
    nf_type mask = nf_type_of_compare(type);
    if (!generate_supported(g, NF_OP_SELECT, type, mask)) return;
    nf_value a = NF_TYPE_IS_VECTOR(type) ? generate_value(g, mask) : generate_condition(g);
    nf_value b = generate_value(g, type), c = generate_value(g, type);
    generate_op(g, NF_OP_SELECT, type, a, b, c);
}

static void compare(generator *g, nf_op op, nf_type type)
{
    nf_cond cond =
        op == NF_OP_FCMP ? NF_FOEQ + below(g, NF_COND_COUNT - NF_FOEQ) : below(g, NF_FOEQ);
    nf_value a = generate_value(g, type), b = generate_value(g, type);
    generate_remember(g, nf_build_compare(g->func, g->block, cond, a, b));
}

static void lanes(generator *g, nf_op op, nf_type type)
{
    nf_value vector = generate_value(g, type);
    unsigned lane = below(g, NF_TYPE_LANES(type));
    if (op == NF_OP_EXTRACT) {
        generate_remember(g, nf_build_extract(g->func, g->block, vector, lane));
    } else {
        nf_value scalar = generate_value(g, NF_TYPE_ELEMENT(type));
        generate_remember(g, nf_build_insert(g->func, g->block, vector, scalar, lane));
    }
}

/* An operation of a shape that takes its operands from the values in scope. */
static void operation(generator *g, nf_op op, nf_type type)
{
    nf_value a, b;
    switch ((nf_shape)nf_ops[op].shape) {
    case NF_SHAPE_UNARY:
    case NF_SHAPE_REDUCE:
        generate_op(g, op, type, generate_value(g, type), no_value, no_value);
        break;
    case NF_SHAPE_BINARY:
        if (nf_ops[op].effects & NF_EFFECT_TRAP) {
            divide(g, op, type);
            break;
        }
        a = generate_value(g, type), b = generate_value(g, type);
        generate_op(g, op, type, a, b, no_value);
        break;
    case NF_SHAPE_OVERFLOW:
        a = generate_value(g, type), b = generate_value(g, type);
        generate_op(g, op, type, a, b, no_value);
        break;
    case NF_SHAPE_TERNARY:
        a = generate_value(g, type), b = generate_value(g, type);
        generate_op(g, op, type, a, b, generate_value(g, type));
        break;
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP: compare(g, op, type); break;
    case NF_SHAPE_SELECT: select_one(g, type); break;
    case NF_SHAPE_CONVERT: convert(g, op, type); break;
    case NF_SHAPE_SPLAT:
        generate_op(g, op, type, generate_value(g, NF_TYPE_ELEMENT(type)), no_value, no_value);
        break;
    case NF_SHAPE_IOTA: generate_op(g, op, type, no_value, no_value, no_value); break;
    case NF_SHAPE_EXTRACT:
    case NF_SHAPE_INSERT: lanes(g, op, type); break;
    default: break; /* constants come by themselves; the rest has statements of its own */
    }
    if (g->budget) g->budget--;
}

/* What nf_backend_supports() is asked: the result's type, and that of a. */
static bool operation_supported(const generator *g, nf_op op, nf_type type)
{
    nf_type operand = type;
    switch ((nf_shape)nf_ops[op].shape) {
    case NF_SHAPE_CONVERT:
    case NF_SHAPE_SELECT: return true; /* asked with the operand's type, once it is known */
    case NF_SHAPE_SPLAT: operand = NF_TYPE_ELEMENT(type); break;
    case NF_SHAPE_IOTA: operand = NF_VOID; break;
    default: break;
    }
    return generate_supported(g, op, nf_op_result_type(op, type), operand);
}

void generate_expression(generator *g)
{
    nf_op op = NF_OP_NONE + 1 + below(g, NF_OP_COUNT - 1);
    nf_type type = generate_type(g, (nf_type_class)nf_ops[op].types);
    if (type != NF_VOID && operation_supported(g, op, type)) operation(g, op, type);
}

nf_value generate_lanewise(generator *g, nf_type type, nf_value a, nf_value b)
{
    static const nf_op int_ops[] = {NF_OP_ADD,  NF_OP_SUB,  NF_OP_MUL,  NF_OP_AND,  NF_OP_OR,
                                    NF_OP_XOR,  NF_OP_SHL,  NF_OP_LSHR, NF_OP_ASHR, NF_OP_SMIN,
                                    NF_OP_SMAX, NF_OP_UMIN, NF_OP_UMAX, NF_OP_ABS};
    static const nf_op float_ops[] = {NF_OP_FADD, NF_OP_FSUB,  NF_OP_FMUL,   NF_OP_FDIV,
                                      NF_OP_FMIN, NF_OP_FMAX,  NF_OP_FNEG,   NF_OP_FABS,
                                      NF_OP_FMA,  NF_OP_FSQRT, NF_OP_FFLOOR, NF_OP_FNEAREST};
    nf_op op = NF_TYPE_IS_FLOAT(type) ? float_ops[below(g, COUNT(float_ops))]
                                      : int_ops[below(g, COUNT(int_ops))];
    unsigned operands = nf_ops[op].operands;
    if (one_in(g, 8)) {
        nf_cond cond = NF_TYPE_IS_FLOAT(type) ? NF_FOEQ + below(g, NF_COND_COUNT - NF_FOEQ)
                                              : below(g, NF_FOEQ);
        nf_value truth = nf_build_compare(g->func, g->block, cond, a, b);
        nf_value other = generate_value(g, type);
        return generate_op(g, NF_OP_SELECT, type, truth, one_in(g, 2) ? a : b, other);
    }
    return generate_op(g, op, type, a, operands > 1 ? b : no_value, operands > 2 ? a : no_value);
}

/* --- memory ------------------------------------------------------------------------------------
 */

static nf_address local_address(generator *g, unsigned bytes)
{
    nf_local local = g->locals[below(g, g->local_count)];
    uint32_t offset = below(g, LOCAL_BYTES - bytes + 1);
    bool split = one_in(g, 2); /* between the address and the access */
    return (nf_address){.base = nf_build_local(g->func, g->block, local, split ? offset : 0),
                        .offset = split ? 0 : (int32_t)offset};
}

nf_value generate_pointer(generator *g, nf_value base, nf_value distance)
{
    return nf_build(g->func, g->block, NF_OP_ADD, NF_I64, base, distance, no_value);
}

/* buffer + offset, or buffer + (value & mask) * scale + offset. */
static nf_address buffer_address(generator *g, unsigned bytes)
{
    uint32_t start = 0, room = GENERATE_BUFFER_BYTES;
    nf_address address = {.base = nf_func_param(g->func, 0)};
    if (g->halves) {
        room /= 2;
        start = one_in(g, 2) ? room : 0;
        address.alias = start ? 2 : 1;
    }
    if (one_in(g, 2)) {
        uint32_t offset = start + below(g, room - bytes + 1);
        if (one_in(g, 2)) offset &= ~(bytes - 1);
        address.offset = (int32_t)offset;
        if (one_in(g, 2)) /* a promise that holds: the buffer is aligned */
            address.align_log2 =
                offset % GENERATE_BUFFER_ALIGN ? (unsigned)__builtin_ctz(offset) : 6;
        if (address.align_log2 > 6) address.align_log2 = 6;
        return address;
    }
    address.scale_log2 = below(g, 4);
    int64_t mask = (room / 2 >> address.scale_log2) - 1;
    nf_value any = generate_value(g, NF_I64);
    address.index = generate_op(g, NF_OP_AND, NF_I64, any, generate_i64(g, mask), no_value);
    address.offset = (int32_t)(start + below(g, room / 2 - bytes + 1));
    if (one_in(g, 3)) { /* the offset goes below the base */
        address.base = generate_pointer(g, address.base, generate_i64(g, address.offset + 40));
        address.offset = -40;
    }
    return address;
}

/* Somewhere in the buffer, or in a local. */
static nf_address address_any(generator *g, unsigned bytes)
{
    if (g->local_count && (!g->memory || one_in(g, 4))) return local_address(g, bytes);
    return buffer_address(g, bytes);
}

static bool memory_there(const generator *g)
{
    return g->memory || g->local_count;
}

/* Volatile now and then; atomic where it is allowed. */
static void access_flags(generator *g, nf_type type, nf_address *address)
{
    unsigned bytes = nf_type_bytes(type);
    if (!g->stores) return; /* a pure function has neither */
    address->is_volatile = one_in(g, 40);
    address->is_atomic =
        !NF_TYPE_IS_VECTOR(type) && 1u << address->align_log2 >= bytes && one_in(g, 10);
}

void generate_load(generator *g)
{
    nf_type type = generate_type(g, NF_TYPES_NV);
    if (!memory_there(g)) return;
    bool masked = NF_TYPE_IS_VECTOR(type) && one_in(g, 3);
    nf_op op = masked ? NF_OP_MLOAD : NF_OP_LOAD;
    if (!generate_supported(g, op, type, NF_I64)) return;
    nf_address address = address_any(g, nf_type_bytes(type));
    nf_value v;
    if (masked && !address.index.id) {
        nf_value mask = generate_value(g, nf_type_of_compare(type));
        v = nf_build_mload(g->func, g->block, type, mask, address);
    } else {
        access_flags(g, type, &address);
        v = nf_build_load(g->func, g->block, type, address);
    }
    generate_remember(g, v);
    if (g->budget) g->budget--;
}

void generate_store(generator *g)
{
    nf_type type = generate_type(g, NF_TYPES_NV);
    if (!memory_there(g)) return;
    bool masked = NF_TYPE_IS_VECTOR(type) && one_in(g, 3);
    if (!generate_supported(g, masked ? NF_OP_MSTORE : NF_OP_STORE, type, NF_I64)) return;
    nf_value value = generate_value(g, type);
    nf_address address = g->stores        ? address_any(g, nf_type_bytes(type))
                         : g->local_count ? local_address(g, nf_type_bytes(type))
                                          : (nf_address){0};
    if (address.base.id == 0) return;
    if (masked && !address.index.id) {
        nf_value mask = generate_value(g, nf_type_of_compare(type));
        nf_build_mstore(g->func, g->block, value, mask, address);
    } else {
        access_flags(g, type, &address);
        nf_build_store(g->func, g->block, value, address);
    }
    if (g->budget) g->budget--;
}

void generate_store_at(generator *g, nf_value v, uint32_t offset)
{
    nf_address address = {.base = nf_func_param(g->func, 0), .offset = (int32_t)offset};
    nf_build_store(g->func, g->block, v, address);
}

/*
 * Rules of integer arithmetic and bits. Each line says what becomes what; the code is below it.
 *
 * Constants stand right of what commutes, so a rule looks for them only there. All rules hold modulo
 * 2^n, lane by lane. What ends in nf_fold_make() is folded again: (x + 1) - 1 becomes x + 0, then x.
 */
#include "fold_internal.h"

/* (x op c1) op c2 => x op (c1 op c2), for an operation that associates */
static nf_value constants_join(nf_fold *k, const nf_inst *inst)
{
    int64_t outer, inner;
    const nf_inst *left = nf_fold_is(k, inst->a, (nf_op)inst->op);
    if (left == NULL || !nf_fold_constant(k, inst->b, &outer) ||
        !nf_fold_constant(k, left->b, &inner))
        return NF_NO_VALUE;
    nf_value x = left->a, c1 = nf_fold_int(k, inst->type, inner);
    nf_value joined = nf_fold_make(k, (nf_op)inst->op, inst->type, c1, inst->b);
    return nf_fold_make(k, (nf_op)inst->op, inst->type, x, joined);
}

/* The x of 0 - x. */
static nf_value negated(const nf_fold *k, nf_value v)
{
    const nf_inst *sub = nf_fold_is(k, v, NF_OP_SUB);
    return sub && nf_fold_is_constant(k, sub->a, 0) ? sub->b : NF_NO_VALUE;
}

/* The x of x ^ -1. */
static nf_value complemented(const nf_fold *k, nf_value v)
{
    const nf_inst * xor = nf_fold_is(k, v, NF_OP_XOR);
    return xor&&nf_fold_is_constant(k, xor->b, -1) ? xor->a : NF_NO_VALUE;
}

/* Whether both are shifts of one value, left by n and right (without sign) by width - n. */
static bool rotation_amount(const nf_fold *k, const nf_inst *left, const nf_inst *right, bool *zero)
{
    int64_t by_left, by_right;
    unsigned width = nf_type_bits(left->type);
    *zero = false;
    if (nf_fold_constant(k, left->b, &by_left) && nf_fold_constant(k, right->b, &by_right))
        return (by_left & (width - 1)) != 0 && ((uint64_t)(by_left + by_right) & (width - 1)) == 0;
    *zero = true; /* n may be 0: then x | x is right, x + x is not */
    const nf_inst *sub = nf_fold_is(k, right->b, NF_OP_SUB);
    if (sub == NULL || sub->b.id != left->b.id || !nf_fold_constant(k, sub->a, &by_right))
        return false;
    return ((uint64_t)by_right & (width - 1)) == 0;
}

/* (x << n) | (x >> width - n) => rotl x, n; the same with + and ^ when n is not 0 */
static nf_value rotation_find(nf_fold *k, const nf_inst *inst)
{
    bool zero;
    const nf_inst *left = nf_fold_is(k, inst->a, NF_OP_SHL);
    const nf_inst *right = nf_fold_is(k, left ? inst->b : inst->a, NF_OP_LSHR);
    if (left == NULL) left = nf_fold_is(k, inst->b, NF_OP_SHL);
    if (!left || !right || left->a.id != right->a.id || NF_TYPE_IS_VECTOR(inst->type))
        return NF_NO_VALUE;
    if (!rotation_amount(k, left, right, &zero) || (zero && inst->op != NF_OP_OR))
        return NF_NO_VALUE;
    return nf_fold_make(k, NF_OP_ROTL, inst->type, left->a, left->b);
}

/* The address of a symbol or local, with its offset moved. */
static nf_value address_move(nf_fold *k, nf_value base, int64_t by)
{
    nf_inst address = *nf_fold_at(k, base);
    int64_t offset = (int64_t)((uint64_t)address.imm + (uint64_t)by);
    bool is_address = address.op == NF_OP_SYMBOL || address.op == NF_OP_LOCAL;
    if (!is_address || offset != (int32_t)offset) return NF_NO_VALUE;
    if (address.op == NF_OP_LOCAL &&
        (offset < 0 || offset > (int64_t)k->f->locals.data[address.extra].size))
        return NF_NO_VALUE;
    address.imm = offset;
    return nf_fold_record(k, &address);
}

static nf_value add_constant(nf_fold *k, const nf_inst *inst, int64_t c)
{
    int64_t c1;
    const nf_inst *sub = nf_fold_is(k, inst->a, NF_OP_SUB);
    /* x + 0 => x */
    if (c == 0) return inst->a;
    /* (x ^ -1) + 1 => 0 - x */
    nf_value x = complemented(k, inst->a);
    if (c == 1 && x.id)
        return nf_fold_make(k, NF_OP_SUB, inst->type, nf_fold_int(k, inst->type, 0), x);
    /* (c1 - x) + c => (c1 + c) - x */
    if (sub && nf_fold_constant(k, sub->a, &c1)) {
        x = sub->b;
        c1 = (int64_t)((uint64_t)c1 + (uint64_t)c);
        return nf_fold_make(k, NF_OP_SUB, inst->type, nf_fold_int(k, inst->type, c1), x);
    }
    /* &symbol + c => &symbol[c] */
    nf_value moved = address_move(k, inst->a, c);
    return moved.id ? moved : constants_join(k, inst);
}

nf_value nf_fold_add(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_value a = inst->a, b = inst->b, x;
    if (nf_fold_constant(k, b, &c)) return add_constant(k, inst, c);
    /* x + x => x << 1 */
    if (a.id == b.id && !NF_TYPE_IS_VECTOR(inst->type))
        return nf_fold_make_int(k, NF_OP_SHL, inst->type, a, 1);
    /* a + (0 - x) => a - x */
    if ((x = negated(k, b)).id) return nf_fold_make(k, NF_OP_SUB, inst->type, a, x);
    /* (0 - x) + b => b - x */
    if ((x = negated(k, a)).id) return nf_fold_make(k, NF_OP_SUB, inst->type, b, x);
    /* (x - b) + b => x */
    const nf_inst *left = nf_fold_is(k, a, NF_OP_SUB), *right = nf_fold_is(k, b, NF_OP_SUB);
    if (left && left->b.id == b.id) return left->a;
    /* a + (x - a) => x */
    if (right && right->b.id == a.id) return right->a;
    return rotation_find(k, inst);
}

static nf_value sub_from_constant(nf_fold *k, const nf_inst *inst, int64_t c)
{
    int64_t c1;
    nf_type type = inst->type;
    const nf_inst *add = nf_fold_is(k, inst->b, NF_OP_ADD);
    const nf_inst *sub = nf_fold_is(k, inst->b, NF_OP_SUB);
    /* -1 - x => x ^ -1 */
    if (c == -1) return nf_fold_make_int(k, NF_OP_XOR, type, inst->b, -1);
    /* c - (x + c1) => (c - c1) - x */
    if (add && nf_fold_constant(k, add->b, &c1)) {
        nf_value x = add->a;
        c1 = (int64_t)((uint64_t)c - (uint64_t)c1);
        return nf_fold_make(k, NF_OP_SUB, type, nf_fold_int(k, type, c1), x);
    }
    if (sub == NULL) return NF_NO_VALUE;
    /* c - (c1 - x) => x + (c - c1) */
    if (nf_fold_constant(k, sub->a, &c1))
        return nf_fold_make_int(k, NF_OP_ADD, type, sub->b, (int64_t)((uint64_t)c - (uint64_t)c1));
    /* 0 - (x - y) => y - x */
    return c == 0 ? nf_fold_make(k, NF_OP_SUB, type, sub->b, sub->a) : NF_NO_VALUE;
}

nf_value nf_fold_sub(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_value a = inst->a, b = inst->b, x;
    nf_type type = inst->type;
    /* x - x => 0 */
    if (a.id == b.id) return nf_fold_int(k, type, 0);
    /* x - 0 => x */
    if (nf_fold_constant(k, b, &c) && c == 0) return a;
    /* x - c => x + -c */
    if (nf_fold_constant(k, b, &c))
        return nf_fold_make_int(k, NF_OP_ADD, type, a, (int64_t) - (uint64_t)c);
    if (nf_fold_constant(k, a, &c)) return sub_from_constant(k, inst, c);
    /* a - (0 - x) => a + x */
    if ((x = negated(k, b)).id) return nf_fold_make(k, NF_OP_ADD, type, a, x);
    const nf_inst *add = nf_fold_is(k, a, NF_OP_ADD), *sub = nf_fold_is(k, b, NF_OP_SUB);
    /* (x + b) - b => x */
    if (add && add->b.id == b.id) return add->a;
    /* (b + x) - b => x */
    if (add && add->a.id == b.id) return add->b;
    /* a - (a - x) => x */
    if (sub && sub->a.id == a.id) return sub->b;
    add = nf_fold_is(k, b, NF_OP_ADD);
    if (add == NULL) return NF_NO_VALUE;
    /* a - (a + x) => 0 - x, and the same with x + a */
    x = add->a.id == a.id ? add->b : add->b.id == a.id ? add->a : NF_NO_VALUE;
    return x.id ? nf_fold_make(k, NF_OP_SUB, type, nf_fold_int(k, type, 0), x) : NF_NO_VALUE;
}

nf_value nf_fold_mul(nf_fold *k, const nf_inst *inst)
{
    int64_t c, amount;
    nf_type type = inst->type;
    if (!nf_fold_constant(k, inst->b, &c)) return NF_NO_VALUE;
    uint64_t bits = (uint64_t)c & nf_type_mask(type);
    /* x * 0 => 0 */
    if (c == 0) return inst->b;
    /* x * 1 => x */
    if (c == 1) return inst->a;
    /* x * -1 => 0 - x */
    if (c == -1) return nf_fold_make(k, NF_OP_SUB, type, nf_fold_int(k, type, 0), inst->a);
    /* x * 2^n => x << n */
    if ((bits & (bits - 1)) == 0) {
        nf_value shifted = nf_fold_make_int(k, NF_OP_SHL, type, inst->a, __builtin_ctzll(bits));
        if (shifted.id) return shifted;
    }
    /* (x << n) * c => x * (c << n) */
    const nf_inst *shl = nf_fold_is(k, inst->a, NF_OP_SHL);
    if (shl && nf_fold_constant(k, shl->b, &amount)) {
        nf_value x = shl->a;
        c = (int64_t)((uint64_t)c << (amount & (nf_type_bits(type) - 1)));
        return nf_fold_make_int(k, NF_OP_MUL, type, x, c);
    }
    return constants_join(k, inst);
}

nf_value nf_fold_mulh(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_type type = inst->type;
    if (!nf_fold_constant(k, inst->b, &c)) return NF_NO_VALUE;
    uint64_t bits = (uint64_t)c & nf_type_mask(type);
    /* the high half of x * 0 => 0, and of x * 1 when nothing is signed */
    if (c == 0 || (c == 1 && inst->op == NF_OP_UMULH)) return nf_fold_int(k, type, 0);
    /* umulh x, 2^n => x >> width - n */
    if (inst->op == NF_OP_UMULH && (bits & (bits - 1)) == 0)
        return nf_fold_make_int(k, NF_OP_LSHR, type, inst->a,
                                (int64_t)nf_type_bits(type) - __builtin_ctzll(bits));
    return NF_NO_VALUE;
}

/* The other operand when one of the operation's is v; none else. */
static nf_value partner(const nf_fold *k, nf_value operation, nf_op op, nf_value v)
{
    const nf_inst *inst = nf_fold_is(k, operation, op);
    if (inst == NULL) return NF_NO_VALUE;
    return inst->a.id == v.id ? inst->b : inst->b.id == v.id ? inst->a : NF_NO_VALUE;
}

nf_value nf_fold_and(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_value a = inst->a, b = inst->b;
    uint64_t mask = nf_type_mask(inst->type);
    /* x & x => x */
    if (a.id == b.id) return a;
    if (nf_fold_constant(k, b, &c)) {
        uint64_t unknown = mask & ~nf_fold_zero_bits(k, a);
        /* x & c => x when the bits that c clears are zero in x already */
        if ((~(uint64_t)c & unknown) == 0) return a;
        /* x & c => 0 when the bits that c keeps are zero in x */
        if (((uint64_t)c & unknown) == 0) return nf_fold_int(k, inst->type, 0);
        return constants_join(k, inst);
    }
    /* x & (x ^ -1) => 0 */
    if (complemented(k, a).id == b.id || complemented(k, b).id == a.id)
        return nf_fold_int(k, inst->type, 0);
    /* (x | b) & b => b */
    if (partner(k, a, NF_OP_OR, b).id) return b;
    /* a & (x | a) => a */
    return partner(k, b, NF_OP_OR, a).id ? a : NF_NO_VALUE;
}

nf_value nf_fold_or(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_value a = inst->a, b = inst->b;
    /* x | x => x */
    if (a.id == b.id) return a;
    if (nf_fold_constant(k, b, &c)) {
        /* x | 0 => x */
        if (c == 0) return a;
        /* x | -1 => -1 */
        if (c == -1) return b;
        nf_value joined = constants_join(k, inst);
        if (joined.id) return joined;
        if (inst->type != NF_I64) return NF_NO_VALUE;
        /* x | c => x + c when x has none of c's bits: addresses are sums */
        bool apart = ((uint64_t)c & ~nf_fold_zero_bits(k, a)) == 0;
        return apart ? nf_fold_make(k, NF_OP_ADD, NF_I64, a, b) : NF_NO_VALUE;
    }
    /* x | (x ^ -1) => -1 */
    if (complemented(k, a).id == b.id || complemented(k, b).id == a.id)
        return nf_fold_int(k, inst->type, -1);
    /* (x & b) | b => b */
    if (partner(k, a, NF_OP_AND, b).id) return b;
    /* a | (x & a) => a */
    if (partner(k, b, NF_OP_AND, a).id) return a;
    return rotation_find(k, inst);
}

/* !(x < y) => x >= y */
static nf_value comparison_invert(nf_fold *k, const nf_inst *inst, int64_t c)
{
    const nf_inst *compare = nf_fold_at(k, inst->a);
    uint8_t shape = nf_ops[compare->op].shape;
    bool inverts = c == (NF_TYPE_IS_VECTOR(inst->type) ? -1 : 1);
    if (!inverts || (shape != NF_SHAPE_ICMP && shape != NF_SHAPE_FCMP)) return NF_NO_VALUE;
    return nf_fold_make_compare(k, (nf_op)compare->op, (nf_cond)(compare->sub ^ 1), compare->a,
                                compare->b);
}

nf_value nf_fold_xor(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    nf_value a = inst->a, b = inst->b, x;
    /* x ^ x => 0 */
    if (a.id == b.id) return nf_fold_int(k, inst->type, 0);
    if (nf_fold_constant(k, b, &c)) {
        /* x ^ 0 => x */
        if (c == 0) return a;
        x = comparison_invert(k, inst, c);
        return x.id ? x : constants_join(k, inst);
    }
    /* (x ^ b) ^ b => x */
    if ((x = partner(k, a, NF_OP_XOR, b)).id) return x;
    /* a ^ (x ^ a) => x */
    if ((x = partner(k, b, NF_OP_XOR, a)).id) return x;
    return rotation_find(k, inst);
}

/* The amount of a shift or rotation is taken modulo the width: what only changes bits above goes.
 * x << (n & 31) => x << n for 32 bits; true when *amount changed. */
static bool amount_strip(const nf_fold *k, nf_type type, nf_value *amount)
{
    int64_t mask;
    uint64_t needed = nf_type_bits(type) - 1;
    const nf_inst *and = nf_fold_is(k, *amount, NF_OP_AND);
    if (and == NULL || !nf_fold_constant(k, and->b, &mask) || ((uint64_t)mask & needed) != needed)
        return false;
    *amount = and->a;
    return true;
}

/* A shift whose amount is not simple yet, or does nothing. */
static nf_value shift_any(nf_fold *k, const nf_inst *inst)
{
    int64_t by;
    nf_value amount = inst->b;
    unsigned width = nf_type_bits(inst->type);
    /* 0 << n => 0, and so for the other shifts; -1 stays under ashr and rotations */
    if (nf_fold_is_constant(k, inst->a, 0)) return inst->a;
    if (amount_strip(k, inst->type, &amount))
        return nf_fold_make(k, (nf_op)inst->op, inst->type, inst->a, amount);
    if (!nf_fold_constant(k, amount, &by)) return NF_NO_VALUE;
    /* x << 0 => x */
    if ((by & (width - 1)) == 0) return inst->a;
    /* x << n => x << (n mod width) */
    if (by < 0 || by >= (int64_t)width)
        return nf_fold_make_int(k, (nf_op)inst->op, inst->type, inst->a, by & (width - 1));
    return NF_NO_VALUE;
}

/* The inner amount when a is the same operation by a constant; width when it is not. */
static unsigned inner_amount(const nf_fold *k, nf_value a, nf_op op, nf_type type)
{
    int64_t amount;
    unsigned width = nf_type_bits(type);
    const nf_inst *inner = nf_fold_is(k, a, op);
    if (inner == NULL || !nf_fold_constant(k, inner->b, &amount)) return width;
    return (unsigned)amount & (width - 1);
}

nf_value nf_fold_shl(nf_fold *k, const nf_inst *inst)
{
    int64_t by;
    nf_type type = inst->type;
    unsigned width = nf_type_bits(type), inner;
    nf_value simpler = shift_any(k, inst);
    if (simpler.id || !nf_fold_constant(k, inst->b, &by)) return simpler;
    by &= width - 1; /* as it is, unless memory was out for a smaller constant */
    /* (x << n) << m => x << n + m, or 0 */
    inner = inner_amount(k, inst->a, NF_OP_SHL, type);
    if (inner < width) {
        if (inner + (unsigned)by >= width) return nf_fold_int(k, type, 0);
        return nf_fold_make_int(k, NF_OP_SHL, type, nf_fold_at(k, inst->a)->a, inner + by);
    }
    /* (x >> n) << n => x & (-1 << n) */
    inner = inner_amount(k, inst->a, NF_OP_LSHR, type);
    if (inner == width) inner = inner_amount(k, inst->a, NF_OP_ASHR, type);
    if (inner != (unsigned)by) return NF_NO_VALUE;
    return nf_fold_make_int(k, NF_OP_AND, type, nf_fold_at(k, inst->a)->a,
                            (int64_t)(UINT64_MAX << by));
}

nf_value nf_fold_lshr(nf_fold *k, const nf_inst *inst)
{
    int64_t by;
    nf_type type = inst->type;
    unsigned width = nf_type_bits(type), inner;
    uint64_t mask = nf_type_mask(type);
    nf_value simpler = shift_any(k, inst);
    if (simpler.id || !nf_fold_constant(k, inst->b, &by)) return simpler;
    by &= width - 1; /* as it is, unless memory was out for a smaller constant */
    /* x >> n => 0 when all bits from n on are zero */
    if ((mask >> by << by & ~nf_fold_zero_bits(k, inst->a)) == 0) return nf_fold_int(k, type, 0);
    /* (x >> n) >> m => x >> n + m, or 0 */
    inner = inner_amount(k, inst->a, NF_OP_LSHR, type);
    if (inner < width) {
        if (inner + (unsigned)by >= width) return nf_fold_int(k, type, 0);
        return nf_fold_make_int(k, NF_OP_LSHR, type, nf_fold_at(k, inst->a)->a, inner + by);
    }
    /* (x << n) >> n => x & (-1 >> n) */
    if (inner_amount(k, inst->a, NF_OP_SHL, type) != (unsigned)by) return NF_NO_VALUE;
    return nf_fold_make_int(k, NF_OP_AND, type, nf_fold_at(k, inst->a)->a, (int64_t)(mask >> by));
}

/* (x << n) >> n with the sign => sext(trunc x) when width - n bits are a type */
static nf_value sign_extension_find(nf_fold *k, const nf_inst *inst, unsigned by)
{
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32};
    nf_type type = inst->type;
    unsigned width = nf_type_bits(type);
    if (NF_TYPE_IS_VECTOR(type) || inner_amount(k, inst->a, NF_OP_SHL, type) != by)
        return NF_NO_VALUE;
    for (unsigned i = 0; i < sizeof types; i++) {
        if (nf_type_bits(types[i]) != width - by) continue;
        nf_value cut =
            nf_fold_make(k, NF_OP_TRUNC, types[i], nf_fold_at(k, inst->a)->a, NF_NO_VALUE);
        return nf_fold_make(k, NF_OP_SEXT, type, cut, NF_NO_VALUE);
    }
    return NF_NO_VALUE;
}

nf_value nf_fold_ashr(nf_fold *k, const nf_inst *inst)
{
    int64_t by;
    nf_type type = inst->type;
    unsigned width = nf_type_bits(type);
    uint64_t sign = (nf_type_mask(type) >> 1) + 1;
    nf_value simpler = shift_any(k, inst);
    if (simpler.id) return simpler;
    /* x >> n with the sign => x >> n without, when the sign is zero */
    if (nf_fold_zero_bits(k, inst->a) & sign)
        return nf_fold_make(k, NF_OP_LSHR, type, inst->a, inst->b);
    if (!nf_fold_constant(k, inst->b, &by)) return NF_NO_VALUE;
    by &= width - 1;
    /* (x >> n) >> m => x >> min(n + m, width - 1) */
    unsigned inner = inner_amount(k, inst->a, NF_OP_ASHR, type);
    if (inner < width) {
        unsigned sum = inner + (unsigned)by < width ? inner + (unsigned)by : width - 1;
        return nf_fold_make_int(k, NF_OP_ASHR, type, nf_fold_at(k, inst->a)->a, sum);
    }
    return sign_extension_find(k, inst, (unsigned)by);
}

nf_value nf_fold_rotate(nf_fold *k, const nf_inst *inst)
{
    int64_t by;
    nf_type type = inst->type;
    unsigned width = nf_type_bits(type);
    nf_value simpler = shift_any(k, inst);
    if (simpler.id || !nf_fold_constant(k, inst->b, &by)) return simpler;
    by &= width - 1; /* as it is, unless memory was out for a smaller constant */
    /* rotr x, n => rotl x, width - n */
    if (inst->op == NF_OP_ROTR)
        return nf_fold_make_int(k, NF_OP_ROTL, type, inst->a, (int64_t)width - by);
    /* rotl (rotl x, n), m => rotl x, n + m */
    unsigned inner = inner_amount(k, inst->a, NF_OP_ROTL, type);
    if (inner == width) return NF_NO_VALUE;
    return nf_fold_make_int(k, NF_OP_ROTL, type, nf_fold_at(k, inst->a)->a, (inner + by) % width);
}

/* The constant that never wins (identity) and the one that always does, by operation. */
static void min_max_ends(const nf_inst *inst, int64_t *identity, int64_t *winner)
{
    uint64_t mask = nf_type_mask(inst->type);
    int64_t signed_max = (int64_t)(mask >> 1), signed_min = -signed_max - 1;
    switch (inst->op) {
    case NF_OP_SMIN: *identity = signed_max, *winner = signed_min; break;
    case NF_OP_SMAX: *identity = signed_min, *winner = signed_max; break;
    case NF_OP_UMIN: *identity = -1, *winner = 0; break;
    default: *identity = 0, *winner = -1; break;
    }
}

nf_value nf_fold_min_max(nf_fold *k, const nf_inst *inst)
{
    int64_t c, identity, winner;
    /* min x, x => x */
    if (inst->a.id == inst->b.id) return inst->a;
    if (!nf_fold_constant(k, inst->b, &c)) return NF_NO_VALUE;
    min_max_ends(inst, &identity, &winner);
    /* smin x, greatest => x */
    if (c == identity) return inst->a;
    /* smin x, least => least */
    return c == winner ? inst->b : constants_join(k, inst);
}

nf_value nf_fold_abs(nf_fold *k, const nf_inst *inst)
{
    /* abs (abs x) => abs x */
    if (nf_fold_is(k, inst->a, NF_OP_ABS)) return inst->a;
    /* abs x => x when the sign is zero */
    if (nf_fold_zero_bits(k, inst->a) & ((nf_type_mask(inst->type) >> 1) + 1)) return inst->a;
    /* abs (0 - x) => abs x */
    nf_value x = negated(k, inst->a);
    return x.id ? nf_fold_make(k, NF_OP_ABS, inst->type, x, NF_NO_VALUE) : NF_NO_VALUE;
}

nf_value nf_fold_bswap(nf_fold *k, const nf_inst *inst)
{
    /* bswap (bswap x) => x */
    const nf_inst *inner = nf_fold_is(k, inst->a, NF_OP_BSWAP);
    /* one byte has no order */
    if (NF_TYPE_ELEMENT(inst->type) == NF_I8) return inst->a;
    return inner ? inner->a : NF_NO_VALUE;
}

nf_value nf_fold_overflow(nf_fold *k, const nf_inst *inst)
{
    int64_t c;
    bool multiplies = inst->op == NF_OP_SMUL_OVERFLOW || inst->op == NF_OP_UMUL_OVERFLOW;
    if (!nf_fold_constant(k, inst->b, &c)) return NF_NO_VALUE;
    /* x + 0, x - 0, x * 0 and x * 1 fit */
    if (c == 0 || (multiplies && c == 1)) return nf_fold_int(k, NF_I8, 0);
    return NF_NO_VALUE;
}

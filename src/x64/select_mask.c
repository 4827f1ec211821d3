/*
 * Booleans of vectors in mask registers (AVX-512): a bit for each lane.
 *
 * Who wants a mask asks nf_vector_mask() for the register of the boolean, which then is made once,
 * where the boolean is defined; lanes are made only when somebody asks for those.
 *
 *     %m = icmp.slt.i32x16 %a, %b            vpcmpd    k1, a, b, 1
 *     %x = mload.i32x16 %m, [%p]             vmovdqu32 x{k1}{z}, [p]
 *     %y = select.i32x16 %m, %x, %b          vpblendmd y{k1}, b, x
 *
 *   comparison           compares into the register; its lanes, where wanted, come from there
 *   and, or, xor         of masks: on mask registers, unless their lanes are wanted
 *   sext, trunc          of lanes that are all ones or zeros: another name for the same mask
 *   anything else        the top bits of the lanes
 *
 * A block's parameter is lanes, and its mask is made for each use; so is that of a constant or an
 * iota, for their definitions become no code. Bits above the lanes are anything, except where
 * nf_vector_mask_exact() made them zero.
 */
#include "select_vector.h"

enum { DEPTH_MAX = 6 }; /* of expressions of booleans that are looked through */

/* --- questions --- */

static nf_type type_of(const nf_select *s, nf_value v)
{
    return nf_select_inst(s, v)->type;
}

static bool is_compare(const nf_inst *inst)
{
    return inst->op == NF_OP_ICMP || inst->op == NF_OP_FCMP;
}

static bool is_logic(const nf_inst *inst)
{
    return inst->op == NF_OP_AND || inst->op == NF_OP_OR || inst->op == NF_OP_XOR;
}

static bool is_whole(const nf_select *s, nf_value v, unsigned depth)
{
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t bits;
    if (is_compare(inst)) return true;
    if (nf_vector_is_constant(s, v, &bits)) return bits == 0 || bits == -1;
    if (depth == DEPTH_MAX) return false;
    switch ((int)inst->op) {
    case NF_OP_AND:
    case NF_OP_OR:
    case NF_OP_XOR: return is_whole(s, inst->a, depth + 1) && is_whole(s, inst->b, depth + 1);
    case NF_OP_SELECT: return is_whole(s, inst->b, depth + 1) && is_whole(s, inst->c, depth + 1);
    case NF_OP_SEXT:
    case NF_OP_TRUNC:
    case NF_OP_REVERSE: return is_whole(s, inst->a, depth + 1);
    default: return false;
    }
}

bool nf_vector_is_whole(const nf_select *s, nf_value v)
{
    return is_whole(s, v, 0);
}

/* The boolean whose mask v's is too. */
static nf_value same_mask(const nf_select *s, nf_value v)
{
    for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
        const nf_inst *inst = nf_select_inst(s, v);
        bool keeps =
            inst->op == NF_OP_SEXT || (inst->op == NF_OP_TRUNC && is_whole(s, inst->a, depth));
        if (!keeps || !nf_vector_has_masks(s->features, type_of(s, inst->a))) break;
        v = inst->a;
    }
    return v;
}

static bool is_mask(const nf_select *s, nf_value v, unsigned depth)
{
    v = same_mask(s, v);
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t bits;
    if (is_compare(inst) || nf_vector_is_constant(s, v, &bits)) return true;
    if (nf_vector_mask_wanted(s, v).id != 0) return true;
    return depth < DEPTH_MAX && is_logic(inst) && is_mask(s, inst->a, depth + 1) &&
           is_mask(s, inst->b, depth + 1);
}

bool nf_vector_is_mask(const nf_select *s, nf_value v)
{
    return is_mask(s, v, 0);
}

/* --- comparison into a mask register --- */

/* The predicate of VCMPPS: quiet forms (Intel SDM volume 2A, table 3-1). */
unsigned nf_vector_predicate(nf_cond cond)
{
    static const uint8_t predicates[NF_COND_COUNT] = {
        [NF_FOEQ] = 0x00, [NF_FUNE] = 0x04, [NF_FOLT] = 0x11, [NF_FUGE] = 0x15, [NF_FOLE] = 0x12,
        [NF_FUGT] = 0x16, [NF_FOGT] = 0x1e, [NF_FULE] = 0x1a, [NF_FOGE] = 0x1d, [NF_FULT] = 0x19,
        [NF_FONE] = 0x0c, [NF_FUEQ] = 0x08, [NF_FORD] = 0x07, [NF_FUNO] = 0x03,
    };
    return predicates[cond];
}

/* VPCMP's predicate: eq 0, lt 1, le 2, ne 4, nlt 5, nle 6; the row knows signed from unsigned. */
static unsigned mask_predicate(nf_cond cond)
{
    switch (cond) {
    case NF_EQ: return 0;
    case NF_NE: return 4;
    case NF_SLT:
    case NF_ULT: return 1;
    case NF_SLE:
    case NF_ULE: return 2;
    case NF_SGE:
    case NF_UGE: return 5;
    default: return 6;
    }
}

static unsigned mask_compare_row(uint64_t features, const nf_inst *compare, nf_type operand)
{
    static const uint16_t ints[2][4] = {{NF_X_VPCMPB, NF_X_VPCMPW, NF_X_VPCMPD, NF_X_VPCMPQ},
                                        {NF_X_VPCMPUB, NF_X_VPCMPUW, NF_X_VPCMPUD, NF_X_VPCMPUQ}};
    unsigned width = nf_vector_width(operand);
    if (compare->op == NF_OP_FCMP)
        return nf_vector_row_evex(
            features, NF_TYPE_ELEMENT(operand) == NF_F64 ? NF_X_VCMPPD_K : NF_X_VCMPPS_K, width);
    return nf_vector_row_evex(
        features, ints[nf_vector_is_unsigned((nf_cond)compare->sub)][nf_vector_size(operand)],
        width);
}

static void compare_to_mask(nf_select *s, const nf_inst *compare, unsigned row, unsigned width,
                            nf_vreg k)
{
    nf_cond cond = (nf_cond)compare->sub;
    bool either = cond == NF_EQ || cond == NF_NE;
    nf_lir_rm b = nf_select_rm(s, compare->b, width);
    nf_lir_rm a = either && b.vreg.id ? nf_select_rm(s, compare->a, width)
                                      : nf_rm_vreg(nf_select_value(s, compare->a));
    if (a.vreg.id == 0) { /* a load, which the last operand may be */
        nf_lir_rm load = a;
        a = b;
        b = load;
    }
    nf_select_binary_imm(s, row, width, k, a.vreg, b,
                         compare->op == NF_OP_FCMP ? nf_vector_predicate(cond)
                                                   : mask_predicate(cond));
}

/* A mask register as lanes. */
static unsigned mask_to_lanes_row(uint64_t features, unsigned size, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPMOVM2B, NF_X_VPMOVM2W, NF_X_VPMOVM2D, NF_X_VPMOVM2Q};
    return nf_vector_row_evex(features, rows[size], width);
}

static unsigned lanes_to_mask_row(uint64_t features, unsigned size, unsigned width)
{
    static const uint16_t rows[4] = {NF_X_VPMOVB2M, NF_X_VPMOVW2M, NF_X_VPMOVD2M, NF_X_VPMOVQ2M};
    return nf_vector_row_evex(features, rows[size], width);
}

bool nf_vector_has_masks(uint64_t features, nf_type type)
{
    unsigned size = nf_vector_size(type), width = nf_vector_width(type);
    return lanes_to_mask_row(features, size, width) && mask_to_lanes_row(features, size, width);
}

static void spread(nf_select *s, nf_type type, nf_vreg d, nf_vreg k)
{
    unsigned width = nf_vector_width(type);
    unsigned row = mask_to_lanes_row(s->features, nf_vector_size(type), width);
    nf_select_unary(s, row, width, d, nf_vector_in_register(k));
}

static void gather(nf_select *s, nf_type type, nf_vreg k, nf_vreg lanes)
{
    unsigned width = nf_vector_width(type);
    unsigned row = lanes_to_mask_row(s->features, nf_vector_size(type), width);
    nf_select_unary(s, row, width, k, nf_vector_in_register(lanes));
}

bool nf_vector_compare_by_mask(const nf_vector_job *job)
{
    unsigned width = nf_vector_width(job->operand);
    unsigned row = mask_compare_row(job->features, job->inst, job->operand);
    if (!row || !nf_vector_has_masks(job->features, job->operand)) return false;
    if (job->s == NULL) return true;
    nf_vreg d = nf_vector_result(job), k = nf_select_mask(job->s);
    compare_to_mask(job->s, job->inst, row, width, k);
    spread(job->s, job->inst->type, d, k);
    return true;
}

/* --- asking --- */

/* A register whose mask is made at its use. */
static nf_vreg mask_here(nf_select *s, nf_value v)
{
    nf_vreg k = nf_select_mask(s);
    gather(s, type_of(s, v), k, nf_select_value(s, v));
    return k;
}

nf_vreg nf_vector_mask(nf_select *s, nf_value v)
{
    int64_t bits;
    v = same_mask(s, v);
    nf_op op = (nf_op)nf_select_inst(s, v)->op;
    if (op == NF_OP_PARAM || op == NF_OP_IOTA || nf_vector_is_constant(s, v, &bits))
        return mask_here(s, v);
    if (s->masks == NULL) s->masks = NF_NEW_ARRAY(s->arena, nf_vreg, s->func->insts.count);
    if (s->masks == NULL) return nf_select_mask(s);
    if (s->masks[v.id].id == 0) s->masks[v.id] = nf_select_mask(s);
    return s->masks[v.id];
}

nf_vreg nf_vector_mask_wanted(const nf_select *s, nf_value v)
{
    const nf_vreg none = {0};
    return s->masks == NULL ? none : s->masks[v.id];
}

/* Whether bits above the lanes are zero: they are where the lanes fill an XMM register, but for
 * operations on masks that are shorter than a byte. */
static bool is_exact(const nf_select *s, nf_value v)
{
    enum { XMM_BYTES = 16, MASK_BITS_MIN = 8 };
    nf_value same = same_mask(s, v);
    nf_type type = type_of(s, same);
    bool is_short = NF_TYPE_LANES(type) < MASK_BITS_MIN && is_logic(nf_select_inst(s, same));
    return nf_type_bytes(type) >= XMM_BYTES && !is_short;
}

nf_vreg nf_vector_mask_exact(nf_select *s, nf_value v)
{
    enum { MASK_BITS = 64, MASK_BYTES = 8 };
    nf_vreg k = nf_vector_mask(s, v);
    if (is_exact(s, v)) return k;
    unsigned above = MASK_BITS - NF_TYPE_LANES(type_of(s, v));
    nf_vreg up = nf_select_mask(s), exact = nf_select_mask(s);
    nf_select_unary_imm(s, NF_X_KSHIFTLQ, MASK_BYTES, up, nf_vector_in_register(k), above);
    nf_select_unary_imm(s, NF_X_KSHIFTRQ, MASK_BYTES, exact, nf_vector_in_register(up), above);
    return exact;
}

/* --- making --- */

typedef enum logic_kind { LOGIC_AND, LOGIC_OR, LOGIC_XOR, LOGIC_NOT } logic_kind;

static unsigned logic_row(logic_kind kind, unsigned bytes)
{
    static const uint16_t rows[][4] = {
        [LOGIC_AND] = {NF_X_KANDB, NF_X_KANDW, NF_X_KANDD, NF_X_KANDQ},
        [LOGIC_OR] = {NF_X_KORB, NF_X_KORW, NF_X_KORD, NF_X_KORQ},
        [LOGIC_XOR] = {NF_X_KXORB, NF_X_KXORW, NF_X_KXORD, NF_X_KXORQ},
        [LOGIC_NOT] = {NF_X_KNOTB, NF_X_KNOTW, NF_X_KNOTD, NF_X_KNOTQ}};
    return rows[kind][__builtin_ctz(bytes)];
}

static void define_logic(nf_select *s, const nf_inst *inst, nf_vreg k)
{
    unsigned lanes = NF_TYPE_LANES(inst->type), bytes = lanes < 8 ? 1 : lanes / 8;
    logic_kind kind = inst->op == NF_OP_AND  ? LOGIC_AND
                      : inst->op == NF_OP_OR ? LOGIC_OR
                                             : LOGIC_XOR;
    nf_vreg a = nf_vector_mask(s, inst->a);
    int64_t bits;
    if (kind == LOGIC_XOR && nf_vector_is_constant(s, inst->b, &bits) && bits < 0) {
        nf_select_unary(s, logic_row(LOGIC_NOT, bytes), bytes, k, nf_vector_in_register(a));
        return;
    }
    nf_lir_rm b = nf_vector_in_register(nf_vector_mask(s, inst->b));
    nf_select_binary(s, logic_row(kind, bytes), bytes, k, a, b);
}

bool nf_vector_mask_define(const nf_vector_job *job, nf_vreg k)
{
    nf_select *s = job->s;
    bool lanes = s->vregs[job->v.id].id != 0;
    if (is_compare(job->inst)) {
        unsigned row = mask_compare_row(job->features, job->inst, job->operand);
        if (row == 0) return false;
        compare_to_mask(s, job->inst, row, nf_vector_width(job->operand), k);
        if (lanes) spread(s, job->inst->type, nf_vector_result(job), k);
        return true;
    }
    if (lanes || !is_logic(job->inst)) return false;
    define_logic(s, job->inst, k);
    return true;
}

void nf_vector_mask_gather(const nf_vector_job *job, nf_vreg k)
{
    gather(job->s, job->inst->type, k, nf_vector_result(job));
}

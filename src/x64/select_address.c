/*
 * Operands in memory: addressing modes, and loads folded into the instruction that uses them.
 *
 * An address is base + index << scale + disp, all modulo 2^64, so sums and shifts on the way to it
 * may be taken apart freely:
 *
 *     %i8 = shl.i64 %i, 3
 *     %p  = add.i64 %a, %i8
 *     %x  = load.f64 %p + 16          [a + i*8 + 16]
 *
 * Taking an addition of a constant apart is always worth it. Other parts are taken in only when
 * they are computed in this block or used nowhere else, lest their operands live longer than they
 * themselves would have.
 *
 * A load moves down to its user only when this is its one use, both are in one block, and no
 * effect stands between (their epochs are equal).
 */
#include "select_internal.h"

enum { SCALE_MAX = 3, MATCH_STEPS_MAX = 8, LEGACY_VECTOR_BYTES = 16, LEGACY_ALIGN_LOG2 = 4 };

/* An address while it is being taken apart: values, not yet asked for. */
typedef struct parts {
    nf_value base, index;
    unsigned scale_log2;
    int64_t disp;
    uint32_t local; /* in place of the base */
} parts;

static bool fits_disp(int64_t disp)
{
    return disp == (int32_t)disp;
}

static bool disp_add(parts *p, int64_t amount)
{
    int64_t sum;
    if (__builtin_add_overflow(p->disp, amount, &sum) || !fits_disp(sum)) return false;
    p->disp = sum;
    return true;
}

/* Whether v's parts may be used in place of v. */
static bool may_open(const nf_select *s, nf_value v)
{
    const nf_inst *inst = nf_select_inst(s, v);
    return inst->block.id == s->block.id || s->uses[v.id] == 1;
}

/* value + constant, a constant, or a local: into disp. */
static bool open_base(nf_select *s, parts *p)
{
    const nf_inst *inst = nf_select_inst(s, p->base);
    int64_t constant;
    if (inst->op == NF_OP_ADD && nf_select_is_int(s, inst->b, &constant)) {
        if (!disp_add(p, constant)) return false;
        p->base = inst->a;
        return true;
    }
    if (inst->op == NF_OP_LOCAL && disp_add(p, inst->imm)) {
        p->local = inst->extra;
        p->base = (nf_value){0};
        return false;
    }
    if (inst->op == NF_OP_ADD && p->index.id == 0 && may_open(s, p->base)) {
        p->base = inst->a;
        p->index = inst->b;
        p->scale_log2 = 0;
        return true;
    }
    return false;
}

static bool open_index(nf_select *s, parts *p)
{
    if (p->index.id == 0) return false;
    const nf_inst *inst = nf_select_inst(s, p->index);
    int64_t constant;
    if (inst->op == NF_OP_ICONST && disp_add(p, (int64_t)((uint64_t)inst->imm << p->scale_log2))) {
        p->index = (nf_value){0};
        return false;
    }
    bool by_constant =
        (inst->op == NF_OP_ADD || inst->op == NF_OP_SHL) && nf_select_is_int(s, inst->b, &constant);
    if (!by_constant) return false;
    if (inst->op == NF_OP_ADD) {
        if (!fits_disp(constant) || !disp_add(p, constant * (INT64_C(1) << p->scale_log2)))
            return false;
    } else {
        unsigned bits = 8 * nf_type_bytes(inst->type) - 1;
        unsigned scale = p->scale_log2 + ((unsigned)constant & bits);
        if (scale > SCALE_MAX || !may_open(s, p->index)) return false;
        p->scale_log2 = scale;
    }
    p->index = inst->a;
    return true;
}

/* A shift that was taken for the base is an index; a local is a base of its own. */
static void settle(nf_select *s, parts *p)
{
    const nf_inst *base = nf_select_inst(s, p->base);
    bool shifted = base->op == NF_OP_SHL && may_open(s, p->base);
    if (shifted && p->scale_log2 == 0 && p->index.id != 0) {
        nf_value index = p->base;
        p->base = p->index;
        p->index = index;
        open_index(s, p);
        open_base(s, p);
    }
}

static void take_apart(nf_select *s, parts *p)
{
    for (unsigned i = 0; i < MATCH_STEPS_MAX; i++) {
        bool base = p->base.id != 0 && p->local == 0 && open_base(s, p);
        if (!open_index(s, p) && !base) break;
    }
    if (p->base.id != 0) settle(s, p);
    int64_t constant;
    if (p->base.id != 0 && p->index.id != 0 && nf_select_is_int(s, p->base, &constant) &&
        disp_add(p, constant))
        p->base = (nf_value){0};
}

static nf_lir_mem mem_of(nf_select *s, const parts *p)
{
    nf_lir_mem mem = {.disp = (int32_t)p->disp, .scale_log2 = (uint8_t)p->scale_log2};
    if (p->local != 0) {
        mem.kind = NF_LIR_MEM_LOCAL;
        mem.id = p->local;
    } else if (p->base.id != 0) {
        mem.base = nf_select_value(s, p->base);
    }
    if (p->index.id != 0) mem.index = nf_select_value(s, p->index);
    return mem;
}

nf_lir_mem nf_select_address(nf_select *s, const nf_inst *access)
{
    bool masked = access->op == NF_OP_MLOAD || access->op == NF_OP_MSTORE;
    parts p = {.base = access->a, .disp = access->imm};
    if (!masked) {
        p.index = access->b;
        p.scale_log2 = access->b.id != 0 ? access->sub : 0;
    }
    take_apart(s, &p);
    return mem_of(s, &p);
}

/* --- sums --- */

/* How many additions and shifts an address does at once. */
static unsigned work_in(const parts *p)
{
    unsigned terms = (p->base.id != 0 || p->local != 0) + (p->index.id != 0) + (p->disp != 0);
    return terms - 1 + (p->scale_log2 != 0);
}

bool nf_select_match_lea(nf_select *s, nf_value v, nf_lir_mem *mem)
{
    const nf_inst *inst = nf_select_inst(s, v);
    int64_t constant;
    parts p = {.base = inst->a, .index = inst->b};
    if (nf_select_is_int(s, inst->b, &constant)) {
        if (!fits_disp(constant)) return false;
        p = (parts){.base = inst->a, .disp = constant};
    }
    take_apart(s, &p);
    if (work_in(&p) < 2 || p.local != 0) return false;
    *mem = mem_of(s, &p);
    return true;
}

/* --- sources in registers or memory --- */

static bool load_folds(const nf_select *s, nf_value v, unsigned bytes)
{
    const nf_inst *inst = nf_select_inst(s, v);
    if (inst->op != NF_OP_LOAD || s->sealed || inst->mem.flags != 0) return false;
    if (inst->block.id != s->block.id || s->epochs[v.id] != s->epoch) return false;
    if (s->vregs[v.id].id != 0 || nf_type_bytes(inst->type) < bytes) return false;
    bool aligned = bytes < LEGACY_VECTOR_BYTES || nf_select_has(s, NF_CPU_AVX) ||
                   inst->mem.align_log2 >= LEGACY_ALIGN_LOG2;
    return aligned;
}

/* Whether v and what stands between it and its stripped form are used once each. */
static bool is_single_use(const nf_select *s, nf_value v)
{
    nf_value stripped = nf_select_strip(s, v);
    for (; v.id != stripped.id; v = nf_select_inst(s, v)->a)
        if (s->uses[v.id] != 1) return false;
    return s->uses[stripped.id] == 1;
}

static nf_lir_rm constant_rm(nf_select *s, const nf_inst *inst, unsigned bytes)
{
    uint64_t padded[LEGACY_VECTOR_BYTES / 8] = {(uint64_t)inst->imm};
    unsigned size = nf_type_bytes(inst->type);
    return nf_select_constant(s, padded, bytes > size ? bytes : size);
}

nf_lir_rm nf_select_rm(nf_select *s, nf_value v, unsigned bytes)
{
    nf_value stripped = nf_select_strip(s, v);
    const nf_inst *inst = nf_select_inst(s, stripped);
    if (inst->op == NF_OP_FCONST && bytes <= LEGACY_VECTOR_BYTES && inst->imm != 0)
        return constant_rm(s, inst, bytes);
    if (load_folds(s, stripped, bytes) && is_single_use(s, v))
        return nf_rm_mem(nf_select_address(s, inst));
    nf_lir_rm rm = nf_rm_vreg(nf_select_value(s, stripped));
    rm.in_register = nf_abi_in_vector(inst->type) && nf_type_bytes(inst->type) < bytes;
    return rm;
}

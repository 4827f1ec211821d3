/*
 * Lowering of scalar loads and stores.
 *
 * A load that is the only use's operand has been folded by its user before it is reached here. A
 * store takes small constants as immediates, and an operation between a load and a store of
 * the same address becomes one on memory:
 *
 *     %x = load.i32 %p + 4;  %y = add.i32 %x, %n;  store.i32 %y, %p + 4      add [p + 4], n
 *
 * Aligned accesses of up to 8 bytes are indivisible on x86-64, and loads are ordered as sequential
 * consistency asks when the stores are exchanges (Intel SDM volume 3, 9.1 and 9.2).
 */
#include "select_internal.h"

static bool fits_imm32(int64_t value)
{
    return value == (int32_t)value;
}

typedef struct move_rows {
    uint16_t load[2], store[2]; /* SSE, AVX */
} move_rows;

/* The moves of a floating-point number or vector, by its size. */
static const move_rows *rows_of(nf_type type)
{
    static const move_rows f32 = {{NF_X_MOVSS, NF_X_VMOVSS}, {NF_X_MOVSS_MR, NF_X_VMOVSS_MR}};
    static const move_rows f64 = {{NF_X_MOVSD, NF_X_VMOVSD}, {NF_X_MOVSD_MR, NF_X_VMOVSD_MR}};
    static const move_rows vector = {{NF_X_MOVUPS, NF_X_VMOVUPS},
                                     {NF_X_MOVUPS_MR, NF_X_VMOVUPS_MR}};
    return type == NF_F32 ? &f32 : type == NF_F64 ? &f64 : &vector;
}

void nf_lower_load(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v);
    unsigned bytes = nf_type_bytes(inst->type);
    nf_lir_rm from = nf_rm_mem(nf_select_address(s, inst));
    if (nf_abi_in_vector(inst->type))
        nf_select_unary(s, rows_of(inst->type)->load[nf_select_has(s, NF_CPU_AVX)], bytes, d, from);
    else if (bytes < 4)
        nf_select_extend(s, d, from, false, 4, bytes);
    else
        nf_select_unary(s, NF_X_MOV, bytes, d, from);
}

/* --- stores --- */

/* The bits of a constant that an immediate can give. */
static bool is_immediate(const nf_select *s, nf_value value, int64_t *bits)
{
    const nf_inst *inst = nf_select_inst(s, value);
    if (inst->op == NF_OP_FCONST)
        *bits = inst->type == NF_F32 ? (int32_t)inst->imm : inst->imm;
    else if (!nf_select_is_int(s, value, bits))
        return false;
    return fits_imm32(*bits);
}

static void write_imm(nf_select *s, unsigned op, unsigned width, nf_lir_mem to, int64_t imm)
{
    nf_lir_begin(s->lir, op, width);
    nf_lir_mem_add(s->lir, to);
    nf_lir_imm(s->lir, imm);
    nf_lir_end(s->lir);
}

void nf_select_write(nf_select *s, nf_type type, nf_lir_mem to, nf_value value)
{
    unsigned bytes = nf_type_bytes(type);
    int64_t bits;
    if (is_immediate(s, value, &bits)) {
        write_imm(s, NF_X_MOV_I, bytes, to, bits);
        return;
    }
    unsigned op = NF_X_MOV_MR;
    if (nf_abi_in_vector(type)) op = rows_of(type)->store[nf_select_has(s, NF_CPU_AVX)];
    nf_select_store(s, op, bytes, to, nf_select_value(s, value));
}

/* An exchange: a store with a full fence. */
static void write_atomically(nf_select *s, const nf_inst *inst)
{
    unsigned bytes = nf_type_bytes(inst->type);
    nf_vreg value = nf_select_value(s, inst->c), old = nf_select_gpr(s);
    if (NF_TYPE_IS_FLOAT(inst->type)) {
        nf_vreg bits = nf_select_gpr(s);
        nf_select_unary(s, nf_select_has(s, NF_CPU_AVX) ? NF_X_VMOVD_MR : NF_X_MOVD_MR, bytes, bits,
                        (nf_lir_rm){.vreg = value, .in_register = true});
        value = bits;
    }
    nf_lir_mem to = nf_select_address(s, inst);
    nf_lir_begin(s->lir, NF_X_XCHG_MR, bytes);
    nf_lir_mem_add(s->lir, to);
    nf_lir_add(s->lir, NF_LIR_DEF, old);
    nf_lir_add(s->lir, NF_LIR_TIED, value);
    nf_lir_end(s->lir);
}

/* --- operations on memory --- */

typedef struct update_rows {
    uint16_t op, by_register, by_imm;
    bool commutes;
} update_rows;

static const update_rows *update_of(const nf_inst *inst)
{
    static const update_rows table[] = {
        {NF_OP_ADD, NF_X_ADD_MR, NF_X_ADD_I, true}, {NF_OP_SUB, NF_X_SUB_MR, NF_X_SUB_I, false},
        {NF_OP_AND, NF_X_AND_MR, NF_X_AND_I, true}, {NF_OP_OR, NF_X_OR_MR, NF_X_OR_I, true},
        {NF_OP_XOR, NF_X_XOR_MR, NF_X_XOR_I, true},
    };
    for (uint32_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].op == inst->op) return &table[i];
    return NULL;
}

/* Whether v is a load of where the store goes, for the operation in between alone. */
static bool loads_the_same(const nf_select *s, nf_value v, const nf_inst *store)
{
    const nf_inst *load = nf_select_inst(s, v);
    return load->op == NF_OP_LOAD && load->mem.flags == 0 && s->uses[v.id] == 1 &&
           s->vregs[v.id].id == 0 && load->block.id == s->block.id && s->epochs[v.id] == s->epoch &&
           load->type == store->type && load->a.id == store->a.id && load->b.id == store->b.id &&
           load->imm == store->imm && (load->b.id == 0 || load->sub == store->sub);
}

static bool update_memory(nf_select *s, const nf_inst *store)
{
    const nf_inst *inst = nf_select_inst(s, store->c);
    const update_rows *rows = update_of(inst);
    if (rows == NULL || NF_TYPE_IS_VECTOR(inst->type) || !nf_select_folds(s, store->c))
        return false;
    nf_value other = inst->b;
    if (!loads_the_same(s, inst->a, store)) {
        if (!rows->commutes || !loads_the_same(s, inst->b, store)) return false;
        other = inst->a;
    }
    unsigned bytes = nf_type_bytes(store->type);
    nf_lir_mem to = nf_select_address(s, store);
    int64_t imm;
    if (nf_select_is_int(s, other, &imm) && fits_imm32(imm))
        write_imm(s, rows->by_imm, bytes, to, imm);
    else
        nf_select_store(s, rows->by_register, bytes, to, nf_select_value(s, other));
    return true;
}

void nf_lower_store(nf_select *s, nf_value v, const nf_inst *inst)
{
    (void)v;
    if (inst->mem.flags & NF_MEM_ATOMIC)
        write_atomically(s, inst);
    else if ((inst->mem.flags & NF_MEM_VOLATILE) || !update_memory(s, inst))
        nf_select_write(s, inst->type, nf_select_address(s, inst), inst->c);
}

/* A local's address whose offset no displacement holds. */
void nf_lower_local(nf_select *s, nf_value v, const nf_inst *inst)
{
    nf_vreg d = nf_select_result(s, v), start = nf_select_gpr(s);
    nf_vreg offset = nf_select_int(s, inst->imm);
    nf_select_unary(s, NF_X_LEA, 8, start,
                    nf_rm_mem((nf_lir_mem){.kind = NF_LIR_MEM_LOCAL, .id = inst->extra}));
    nf_select_binary(s, NF_X_ADD, 8, d, start, nf_rm_vreg(offset));
}

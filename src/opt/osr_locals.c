/*
 * Stack locals of a function that is entered in the middle.
 *
 * They lie in the interrupted frame, and pointers to them may be anywhere; so their address is what
 * it was, taken from the buffer. Such an address tells the optimiser nothing. But a local that only
 * loads and stores of this function touch has no address that anyone else could know: a small one
 * becomes a local of the new function, into which the entry copies the old bytes, and which the pass
 * `locals` can then turn into values.
 *
 *     %p = local $x    store %p, ...       =>   the address in the frame, always
 *     load [$y]   store %v, [$y]           =>   a private $y; entry: store (load old $y), [$y]
 */
#include "osr_internal.h"

enum { PRIVATE_BYTES_MAX = 256, WORD_BYTES = 8 };

typedef struct judge {
    nf_osr *o;
    const nf_value *address; /* the operand that is only an address */
} judge;

static void use_judge(void *context, nf_value *place)
{
    judge *j = context;
    const nf_inst *inst = nf_inst_at(j->o->f, *place);
    if (place != j->address && inst->op == NF_OP_LOCAL) j->o->is_private[inst->extra] = false;
}

bool nf_osr_locals_judge(nf_osr *o)
{
    nf_func *f = o->f;
    o->is_private = NF_NEW_ARRAY(o->arena, bool, f->locals.count);
    o->bases = NF_NEW_ARRAY(o->arena, nf_value, f->locals.count);
    if (o->is_private == NULL || o->bases == NULL) return false;
    for (uint32_t i = 1; i < f->locals.count; i++)
        o->is_private[i] = f->locals.data[i].size <= PRIVATE_BYTES_MAX;
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            nf_inst *inst = nf_inst_at(f, v);
            uint8_t shape = nf_op_of(inst)->shape;
            bool is_access = shape >= NF_SHAPE_LOAD && shape <= NF_SHAPE_MSTORE;
            judge j = {o, is_access ? &inst->a : NULL};
            nf_uses_walk(f, inst, use_judge, &j);
        }
    }
    return true;
}

/* The bytes that the local has in the interrupted frame, in pieces as large as possible: a scalar in
 * one. */
static void bytes_take(nf_osr *o, uint32_t local)
{
    static const nf_type types[] = {NF_I64, NF_I32, NF_I16, NF_I8};
    nf_func *f = o->f;
    nf_value to =
        nf_inst_put(f, o->branch, &(nf_inst){.op = NF_OP_LOCAL, .type = NF_I64, .extra = local});
    uint32_t done = 0, size = f->locals.data[local].size;
    for (unsigned t = 0; t < sizeof types / sizeof *types; t++) {
        uint32_t bytes = WORD_BYTES >> t;
        for (; size - done >= bytes; done += bytes) {
            nf_inst load = {.op = NF_OP_LOAD, .type = types[t], .a = o->bases[local], .imm = done};
            nf_inst store = {.op = NF_OP_STORE, .type = types[t], .a = to, .imm = done};
            store.c = nf_inst_put(f, o->branch, &load);
            nf_inst_put(f, o->branch, &store);
        }
    }
}

static void base_make(nf_osr *o, uint32_t local)
{
    if (o->bases[local].id) return;
    o->bases[local] = nf_osr_address(o, o->places->locals[local]);
    if (o->is_private[local]) bytes_take(o, local);
}

nf_value nf_osr_local(nf_osr *o, const nf_inst *inst)
{
    nf_inst address = *inst;
    base_make(o, inst->extra);
    if (o->is_private[inst->extra]) return nf_inst_put(o->f, o->branch, &address);
    nf_value offset = nf_iconst_put(o->f, o->branch, NF_I64, inst->imm);
    return nf_inst_put(
        o->f, o->branch,
        &(nf_inst){.op = NF_OP_ADD, .type = NF_I64, .a = o->bases[address.extra], .b = offset});
}

/* Makes the local instruction a sum of the local's address in the frame and its offset. */
static void address_replace(nf_osr *o, nf_value v)
{
    nf_func *f = o->f;
    nf_value offset = nf_iconst_put(f, v, NF_I64, nf_inst_at(f, v)->imm);
    nf_inst *inst = nf_inst_at(f, v);
    inst->op = NF_OP_ADD;
    inst->a = o->bases[inst->extra];
    inst->b = offset;
    inst->extra = 0;
    inst->imm = 0;
}

static void block_place(nf_osr *o, nf_block b)
{
    NF_FOR_INSTS(o->f, b, v)
    {
        if (!nf_is_op(o->f, v, NF_OP_LOCAL)) continue;
        uint32_t local = nf_inst_at(o->f, v)->extra;
        base_make(o, local);
        if (!o->is_private[local]) address_replace(o, v);
    }
}

void nf_osr_locals_place(nf_osr *o)
{
    if (o->f->locals.count <= 1) return;
    for (nf_block b = nf_block_at(o->f, o->entry)->next; b.id != 0; b = nf_block_at(o->f, b)->next)
        block_place(o, b);
}

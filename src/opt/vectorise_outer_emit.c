/*
 * The nest whose lanes are iterations of its outer loop; see vectorise_outer.h.
 *
 *   preheader   counts iterations; checks ───────────── fails ─────────────┐
 *   main nest   `copies` vectors of iterations a time                      │
 *   rest nest   one vector of them                                         ▼
 *     │ all done                            some left ──────────────► scalar: the nest as it was
 *     ▼                                                                    │
 *   behind ◄───────────────────────────────────────────────────────────────┘
 *
 * A nest is a copy of the outer loop's blocks, branch by branch. What steps is copied as it is and
 * has the value of lane 0 of the first copy; what varies becomes one vector for each copy. Copy c
 * reads and writes c vectors further on, for its addresses step by the size of what they lead to.
 */
#include "vectorise_outer.h"

typedef struct writer {
    nf_outer *o;
    nf_func *f;
    nf_split split;
    nf_value count, index;                  /* of iterations: all, and done */
    nf_block block;                         /* where code goes */
    unsigned copies;                        /* of the nest at hand */
    nf_block *blocks;                       /* by block id: its copy */
    nf_value *scalars;                      /* by value id: its copy */
    nf_value *vectors[NF_OUTER_COPIES_MAX]; /* the same, for each copy */
} writer;

static bool varies(const writer *w, nf_value v)
{
    return nf_outer_walk(w->o, v).kind == NF_WALK_VARIES;
}

static nf_type lanes_of(const writer *w, nf_type element)
{
    return nf_type_with_lanes(element, w->o->lanes_log2);
}

static nf_value build(writer *w, nf_op op, nf_type type, nf_value a, nf_value b, nf_value c)
{
    return nf_build(w->f, w->block, op, type, a, b, c);
}

/* --- operands --- */

/* Constants may stand in the old loop. */
static nf_value scalar_of(writer *w, nf_value v)
{
    if (v.id == 0 || !nf_counted_has(&w->o->loop, v)) return v;
    if (!nf_is_free(nf_inst_at(w->f, v))) return w->scalars[v.id];
    nf_value copy = nf_inst_copy(w->f, v, NULL, 0);
    nf_inst_append(w->f, w->block, copy);
    return copy;
}

/* Lane 0's value in all lanes, and what the lanes and copies are further on. */
static nf_value vector_of_scalar(writer *w, nf_value v, unsigned copy)
{
    const nf_value none = {0};
    nf_type element = nf_type_of(w->f, v), type = lanes_of(w, element);
    int64_t step = nf_outer_walk(w->o, v).step;
    nf_value splat = build(w, NF_OP_SPLAT, type, scalar_of(w, v), none, none);
    if (step == 0) return splat;
    nf_loop_emit e = {w->f, w->block};
    uint64_t way = (uint64_t)step * ((uint64_t)copy << w->o->lanes_log2);
    nf_value iota = build(w, NF_OP_IOTA, type, none, none, none);
    nf_value steps = build(w, NF_OP_SPLAT, type, nf_loop_iconst(&e, element, step), none, none);
    nf_value ahead =
        build(w, NF_OP_SPLAT, type, nf_loop_iconst(&e, element, (int64_t)way), none, none);
    nf_value lanes = build(w, NF_OP_MUL, type, iota, steps, none);
    return build(w, NF_OP_ADD, type, build(w, NF_OP_ADD, type, splat, lanes, none), ahead, none);
}

static nf_value vector_of(writer *w, nf_value v, unsigned copy)
{
    if (v.id == 0) return v;
    return varies(w, v) ? w->vectors[copy][v.id] : vector_of_scalar(w, v, copy);
}

/* --- instructions --- */

static nf_address address_of(writer *w, const nf_inst *inst, unsigned copy)
{
    uint32_t ahead = copy * nf_type_bytes(lanes_of(w, inst->type));
    return (nf_address){.base = scalar_of(w, inst->a),
                        .index = scalar_of(w, inst->b),
                        .scale_log2 = inst->sub,
                        .offset = (int32_t)(inst->imm + ahead),
                        .align_log2 = inst->mem.align_log2,
                        .alias = inst->mem.alias};
}

static void vector_emit(writer *w, nf_value v, unsigned copy)
{
    const nf_inst inst = *nf_inst_at(w->f, v); /* records move when others are made */
    nf_type type = lanes_of(w, inst.type);
    if (inst.op == NF_OP_STORE) {
        nf_value value = vector_of(w, inst.c, copy);
        nf_build_store(w->f, w->block, value, address_of(w, &inst, copy));
    } else if (inst.op == NF_OP_LOAD) {
        w->vectors[copy][v.id] = nf_build_load(w->f, w->block, type, address_of(w, &inst, copy));
    } else {
        nf_value a = vector_of(w, inst.a, copy), b = vector_of(w, inst.b, copy);
        w->vectors[copy][v.id] = build(w, (nf_op)inst.op, type, a, b, vector_of(w, inst.c, copy));
    }
}

static void scalar_emit(writer *w, nf_value v)
{
    if (nf_is_free(nf_inst_at(w->f, v))) return; /* copied where it is used */
    nf_inst record = *nf_inst_at(w->f, v);
    record.a = scalar_of(w, record.a);
    record.b = scalar_of(w, record.b);
    record.c = scalar_of(w, record.c);
    nf_value copy = nf_inst_new(w->f, &record);
    nf_inst_append(w->f, w->block, copy);
    w->scalars[v.id] = copy;
}

static void inst_emit(writer *w, nf_value v)
{
    if (nf_outer_is_test(w->o, v)) return;
    if (!varies(w, v) && !nf_is_op(w->f, v, NF_OP_STORE)) {
        scalar_emit(w, v);
        return;
    }
    for (unsigned copy = 0; copy < w->copies; copy++) vector_emit(w, v, copy);
}

/* --- blocks --- */

static uint32_t args_gather(writer *w, const nf_edge *edge, nf_value *args)
{
    uint32_t count = 0;
    const nf_edge old = *edge;
    for (uint32_t i = 0; i < old.arg_count; i++) {
        nf_value v = nf_edge_args(w->f, &old)[i];
        bool vectors = varies(w, nf_param_at(w->f, old.to, i));
        if (!vectors) args[count++] = scalar_of(w, v);
        for (unsigned copy = 0; vectors && copy < w->copies; copy++)
            args[count++] = vector_of(w, nf_edge_args(w->f, &old)[i], copy);
    }
    return count;
}

static void params_make(writer *w, nf_block old)
{
    nf_block b = w->blocks[old.id];
    for (uint32_t i = 0; i < nf_block_at(w->f, old)->param_count; i++) {
        nf_value param = nf_param_at(w->f, old, i);
        nf_type type = nf_type_of(w->f, param);
        bool vectors = varies(w, param);
        if (!vectors) w->scalars[param.id] = nf_block_param(w->f, b, type);
        for (unsigned copy = 0; vectors && copy < w->copies; copy++)
            w->vectors[copy][param.id] = nf_block_param(w->f, b, lanes_of(w, type));
    }
}

static void terminator_emit(writer *w, nf_value last)
{
    nf_value args[2][NF_OUTER_ARGS_MAX];
    const nf_inst inst = *nf_inst_at(w->f, last);
    uint32_t counts[2] = {0};
    nf_block to[2] = {{0}};
    nf_value condition = inst.op == NF_OP_BRIF ? scalar_of(w, inst.a) : (nf_value){0};
    for (uint32_t e = 0; e < inst.c.id; e++) {
        counts[e] = args_gather(w, nf_edge_at(w->f, last, e), args[e]);
        to[e] = w->blocks[nf_edge_at(w->f, last, e)->to.id];
    }
    if (inst.op == NF_OP_BR)
        nf_build_br(w->f, w->block, to[0], args[0], counts[0]);
    else
        nf_build_brif(w->f, w->block, condition, to[0], args[0], counts[0], to[1], args[1],
                      counts[1]);
}

static void body_emit(writer *w)
{
    const nf_counted *loop = &w->o->loop;
    for (uint32_t i = 1; i < loop->block_count; i++) {
        w->blocks[loop->blocks[i].id] = nf_split_block(&w->split);
        params_make(w, loop->blocks[i]);
    }
    for (uint32_t i = 0; i < loop->block_count; i++) {
        nf_value last = nf_terminator(w->f, loop->blocks[i]);
        if (i > 0) w->block = w->blocks[loop->blocks[i].id];
        for (nf_value v = nf_block_at(w->f, loop->blocks[i])->first; v.id != last.id;
             v = nf_inst_at(w->f, v)->next)
            inst_emit(w, v);
        if (loop->blocks[i].id != loop->latch.id) terminator_emit(w, last);
    }
    w->block = w->blocks[loop->latch.id];
}

/* --- the loop around them --- */

/* What the outer loop's parameters are when `index` iterations are done. */
static nf_value param_at(writer *w, uint32_t i, nf_value index)
{
    nf_loop_emit e = {w->f, w->block};
    nf_value param = nf_param_at(w->f, w->o->loop.header, i);
    return nf_affine_emit_at(&e, nf_affine_of(&w->o->loop, param), index);
}

static void nest_emit(writer *w, unsigned copies)
{
    nf_func *f = w->f;
    const nf_counted *loop = &w->o->loop;
    uint64_t stride = (uint64_t)copies << w->o->lanes_log2;
    nf_loop_emit e = {f, w->block};
    nf_value mask = nf_loop_iconst(&e, NF_I64, -(int64_t)stride);
    nf_value limit = nf_loop_op(&e, NF_OP_AND, NF_I64, w->count, mask);
    nf_value more = nf_loop_compare(&e, NF_ULT, w->index, limit);
    nf_block from = w->block, preheader = nf_split_block(&w->split);
    nf_block header = nf_split_block(&w->split);
    nf_value index = nf_block_param(f, header, NF_I64);
    nf_build_br(f, preheader, header, &w->index, 1);
    w->copies = copies;
    w->block = header;
    w->blocks[loop->header.id] = header;
    for (uint32_t i = 0; i < nf_block_at(f, loop->header)->param_count; i++)
        w->scalars[nf_param_at(f, loop->header, i).id] = param_at(w, i, index);
    body_emit(w);
    e.block = w->block;
    nf_value next =
        nf_loop_op(&e, NF_OP_ADD, NF_I64, index, nf_loop_iconst(&e, NF_I64, (int64_t)stride));
    nf_value again = nf_loop_compare(&e, NF_ULT, next, limit);
    nf_block out = nf_split_block(&w->split), join = nf_split_block(&w->split);
    nf_value done = nf_block_param(f, out, NF_I64);
    nf_build_brif(f, w->block, again, header, &next, 1, out, &next, 1);
    nf_build_br(f, out, join, &done, 1);
    nf_build_brif(f, from, more, preheader, NULL, 0, join, &w->index, 1);
    w->index = nf_block_param(f, join, NF_I64);
    w->block = join;
}

/* Counts, checks, and leaves the block where the first nest begins. */
static void front_emit(writer *w)
{
    nf_counted *loop = &w->o->loop;
    nf_checks checks = {0};
    nf_loop_emit e = {w->f, w->split.block};
    w->count = nf_trip_emit(loop, &e, &checks);
    nf_needs_emit(loop, &e, w->o->needs, w->count, &checks);
    nf_value least = nf_loop_iconst(&e, NF_I64, INT64_C(1) << w->o->lanes_log2);
    nf_value enough = nf_loop_compare(&e, NF_UGE, w->count, least);
    int64_t known;
    if (!nf_value_is_const(w->f, enough, &known)) (void)NF_VEC_PUSH(w->f->arena, &checks, enough);
    nf_split_checks(&w->split, &checks);
    e.block = w->split.block;
    nf_outer_overlaps_emit(w->o, &e, w->count, &checks);
    nf_split_checks(&w->split, &checks);
    w->block = w->split.block;
    e.block = w->block;
    w->index = nf_loop_iconst(&e, NF_I64, 0);
}

static void end_emit(writer *w)
{
    nf_outer *o = w->o;
    nf_value outs[NF_OUTS_MAX];
    nf_value *params = NF_NEW_ARRAY(o->opt->scratch, nf_value, w->split.param_count);
    nf_loop_emit e = {w->f, w->block};
    if (params == NULL) return;
    nf_value one = nf_loop_iconst(&e, NF_I64, 1);
    nf_value last = nf_loop_op(&e, NF_OP_SUB, NF_I64, w->count, one);
    for (uint32_t i = 0; i < o->outs.count; i++)
        outs[i] = nf_affine_emit_at(&e, nf_affine_of(&o->loop, o->outs.values[i]), last);
    for (uint32_t i = 0; i < w->split.param_count; i++) params[i] = param_at(w, i, w->index);
    nf_value done = nf_loop_compare(&e, NF_EQ, w->index, w->count);
    nf_build_brif(w->f, w->block, done, w->split.behind, outs, o->outs.count, w->split.scalar,
                  params, w->split.param_count);
    w->split.scalar_used = true;
}

static bool writer_init(writer *w, nf_outer *o)
{
    nf_arena *arena = o->opt->scratch;
    *w = (writer){.o = o, .f = o->f};
    w->blocks = NF_NEW_ARRAY(arena, nf_block, o->f->blocks.count);
    w->scalars = NF_NEW_ARRAY(arena, nf_value, o->loop.value_count);
    for (unsigned i = 0; i < o->copies; i++) {
        w->vectors[i] = NF_NEW_ARRAY(arena, nf_value, o->loop.value_count);
        if (w->vectors[i] == NULL) return false;
    }
    return w->blocks && w->scalars && nf_split_begin(&w->split, &o->loop, &o->outs, arena);
}

void nf_outer_apply(nf_outer *o)
{
    writer w;
    if (!writer_init(&w, o)) return;
    front_emit(&w);
    if (o->copies > 1) nest_emit(&w, o->copies);
    nest_emit(&w, 1);
    end_emit(&w);
    nf_split_end(&w.split);
}

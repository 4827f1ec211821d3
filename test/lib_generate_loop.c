/*
 * The generator's loops over arrays, in the forms that a vectoriser takes and those that it must
 * refuse:
 *
 *     for (i = 0; i < n; i++) out[i] = f(x[i], y[i * stride], invariant), sum = sum op g(x[i])
 *
 * The arrays lie at random places of the buffer, so that they overlap now and then; elements are of
 * mixed widths; the counter is i32 or i64 and goes up or down; n is 0 to 100, constant or not.
 */
#include "lib_generate_internal.h"

enum { TRIPS_MAX = 100, STRIDE_MAX = 2, ARRAYS_MAX = 3, REDUCTIONS_MAX = 2 };

typedef struct array_loop {
    nf_type counter_type;
    bool down;        /* the index is n - 1 - counter */
    nf_value trips;   /* of counter_type */
    nf_value counter; /* 0 to trips - 1 */
    nf_value index;   /* i64 */
    nf_type reductions[REDUCTIONS_MAX];
    nf_op operations[REDUCTIONS_MAX];
    nf_value sums[REDUCTIONS_MAX];
    uint32_t reduction_count;
    bool conditional; /* the store is in an if */
} array_loop;

static nf_value trips_choose(generator *g, nf_type type)
{
    if (one_in(g, 3)) return nf_build_iconst(g->func, g->block, type, below(g, TRIPS_MAX + 1));
    nf_value mask = nf_build_iconst(g->func, g->block, type, 127);
    nf_value limit = nf_build_iconst(g->func, g->block, type, TRIPS_MAX);
    nf_value low = generate_op(g, NF_OP_AND, type, generate_value(g, type), mask, no_value);
    return generate_op(g, NF_OP_UMIN, type, low, limit, no_value);
}

static nf_type element_choose(generator *g)
{
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32, NF_I64, NF_F32, NF_F64, NF_I32, NF_F32};
    return types[below(g, COUNT(types))];
}

static void reductions_choose(generator *g, array_loop *loop)
{
    static const nf_op int_ops[] = {NF_OP_ADD, NF_OP_ADD,  NF_OP_XOR,  NF_OP_OR,   NF_OP_AND,
                                    NF_OP_MUL, NF_OP_SMIN, NF_OP_SMAX, NF_OP_UMIN, NF_OP_UMAX};
    static const nf_op float_ops[] = {NF_OP_FADD, NF_OP_FMUL, NF_OP_FMIN, NF_OP_FMAX};
    loop->reduction_count = below(g, REDUCTIONS_MAX + 1);
    for (uint32_t i = 0; i < loop->reduction_count; i++) {
        nf_type type = element_choose(g);
        loop->reductions[i] = type;
        loop->operations[i] = NF_TYPE_IS_FLOAT(type) ? float_ops[below(g, COUNT(float_ops))]
                                                     : int_ops[below(g, COUNT(int_ops))];
    }
}

/* An element of an array that has TRIPS_MAX elements from a random place on. */
static nf_address element_address(generator *g, const array_loop *loop, nf_type type)
{
    unsigned bytes = nf_type_bytes(type), stride = one_in(g, 6) ? STRIDE_MAX : 1;
    uint32_t extent = TRIPS_MAX * STRIDE_MAX * bytes;
    uint32_t place = below(g, GENERATE_BUFFER_BYTES - extent);
    if (!one_in(g, 4)) place &= ~(bytes - 1);
    nf_address address = {.base = nf_func_param(g->func, 0), .offset = (int32_t)place};
    nf_value index = loop->index;
    if (stride != 1)
        index = generate_op(g, NF_OP_MUL, NF_I64, index, generate_i64(g, stride), no_value);
    if (one_in(g, 3)) { /* the array's address apart, in the loop's body */
        address.base = generate_pointer(g, address.base, generate_i64(g, address.offset));
        address.offset = 0;
    }
    if (one_in(g, 3)) { /* the element's address by arithmetic */
        nf_value scaled =
            generate_op(g, NF_OP_MUL, NF_I64, index, generate_i64(g, bytes), no_value);
        address.base = generate_pointer(g, address.base, scaled);
        return address;
    }
    address.index = index;
    address.scale_log2 = (unsigned)__builtin_ctz(bytes);
    return address;
}

/* The value as another scalar type, by a conversion that a vectoriser knows. */
static nf_value converted(generator *g, nf_value v, nf_type to)
{
    nf_type from = nf_type_of(g->func, v);
    nf_op op;
    if (from == to) return v;
    if (NF_TYPE_IS_INT(from) && NF_TYPE_IS_INT(to))
        op = nf_type_bytes(from) > nf_type_bytes(to) ? NF_OP_TRUNC
             : one_in(g, 2)                          ? NF_OP_SEXT
                                                     : NF_OP_ZEXT;
    else if (NF_TYPE_IS_INT(from))
        op = one_in(g, 4) ? NF_OP_UITOFP : NF_OP_SITOFP;
    else if (NF_TYPE_IS_INT(to))
        op = one_in(g, 4) ? NF_OP_FPTOUI : NF_OP_FPTOSI;
    else
        op = to == NF_F64 ? NF_OP_FPEXT : NF_OP_FPTRUNC;
    return generate_op(g, op, to, v, no_value, no_value);
}

static nf_value element_load(generator *g, const array_loop *loop)
{
    nf_type type = element_choose(g);
    nf_address address = element_address(g, loop, type);
    nf_value v = nf_build_load(g->func, g->block, type, address);
    generate_remember(g, v);
    return v;
}

static void element_store(generator *g, const array_loop *loop, nf_value v)
{
    nf_address address = element_address(g, loop, nf_type_of(g->func, v));
    if (!loop->conditional) {
        nf_build_store(g->func, g->block, v, address);
        return;
    }
    nf_block then = nf_func_block(g->func), after = nf_func_block(g->func);
    nf_build_brif(g->func, g->block, generate_condition(g), then, NULL, 0, after, NULL, 0);
    nf_build_store(g->func, then, v, address);
    nf_build_br(g->func, then, after, NULL, 0);
    g->block = after;
}

/* The body: loads, a few operations, a store, the reductions. */
static void array_body(generator *g, array_loop *loop)
{
    nf_value v = one_in(g, 6) ? loop->index : element_load(g, loop), w;
    for (uint32_t i = below(g, ARRAYS_MAX); i-- > 0;) {
        nf_type type = one_in(g, 3) ? element_choose(g) : nf_type_of(g->func, v);
        w = one_in(g, 3) ? generate_value(g, type) : converted(g, element_load(g, loop), type);
        v = generate_lanewise(g, type, converted(g, v, type), w);
    }
    if (g->stores && !one_in(g, 5)) {
        nf_type type = one_in(g, 3) ? element_choose(g) : nf_type_of(g->func, v);
        element_store(g, loop, converted(g, v, type));
    }
    for (uint32_t i = 0; i < loop->reduction_count; i++) {
        nf_value term = converted(g, v, loop->reductions[i]);
        nf_value sum = nf_build(g->func, g->block, loop->operations[i], loop->reductions[i],
                                loop->sums[i], term, no_value);
        loop->sums[i] = sum;
    }
}

static void index_make(generator *g, array_loop *loop)
{
    nf_value position = loop->counter;
    if (loop->down) {
        nf_value one = nf_build_iconst(g->func, g->block, loop->counter_type, 1);
        position = generate_op(g, NF_OP_SUB, loop->counter_type, loop->trips, position, no_value);
        position = generate_op(g, NF_OP_SUB, loop->counter_type, position, one, no_value);
    }
    if (loop->counter_type == NF_I64)
        loop->index = position;
    else
        loop->index = generate_op(g, one_in(g, 2) ? NF_OP_SEXT : NF_OP_ZEXT, NF_I64, position,
                                  no_value, no_value);
}

void generate_array_loop(generator *g)
{
    enum { CARRIED_MAX = REDUCTIONS_MAX + 1 };
    array_loop loop = {.reduction_count = 0};
    nf_value carried[CARRIED_MAX];
    if (g->halves) return;
    loop.counter_type = one_in(g, 2) ? NF_I32 : NF_I64;
    loop.down = one_in(g, 4);
    loop.conditional = one_in(g, 6);
    reductions_choose(g, &loop);
    loop.trips = trips_choose(g, loop.counter_type);
    nf_block head = nf_func_block(g->func), body = nf_func_block(g->func),
             exit = nf_func_block(g->func);
    carried[0] = nf_build_iconst(g->func, g->block, loop.counter_type, 0);
    loop.counter = nf_block_param(g->func, head, loop.counter_type);
    for (uint32_t i = 0; i < loop.reduction_count; i++) {
        carried[i + 1] = generate_value(g, loop.reductions[i]);
        loop.sums[i] = nf_block_param(g->func, head, loop.reductions[i]);
    }
    nf_build_br(g->func, g->block, head, carried, loop.reduction_count + 1);
    for (uint32_t i = 0; i < loop.reduction_count; i++) generate_remember(g, loop.sums[i]);
    nf_cond cond = one_in(g, 2) ? NF_SLT : NF_ULT;
    nf_value more = nf_build_compare(g->func, head, cond, loop.counter, loop.trips);
    nf_build_brif(g->func, head, more, body, NULL, 0, exit, NULL, 0);
    uint32_t scope = generate_scope_open(g);
    g->block = body;
    index_make(g, &loop);
    array_body(g, &loop);
    nf_value one = nf_build_iconst(g->func, g->block, loop.counter_type, 1);
    carried[0] =
        nf_build(g->func, g->block, NF_OP_ADD, loop.counter_type, loop.counter, one, no_value);
    for (uint32_t i = 0; i < loop.reduction_count; i++) carried[i + 1] = loop.sums[i];
    nf_build_br(g->func, g->block, head, carried, loop.reduction_count + 1);
    generate_scope_close(g, scope);
    g->block = exit;
}

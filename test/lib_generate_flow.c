/*
 * The generator's control flow: ifs, switches, counted loops, calls, the end of a function, and the
 * functions and modules around them.
 *
 * Arms join in a block whose parameters take one value of each arm; a loop's header takes the
 * counter and a few values that the body replaces. What a function has computed is poured into its
 * result and the buffer at its end, so that little of it is dead.
 */
#include "lib_generate_internal.h"
#include "base/text.h"

typedef struct join {
    nf_block block;
    nf_type types[JOIN_MAX];
    uint32_t count;
} join;

static join join_make(generator *g)
{
    join j = {.block = nf_func_block(g->func), .count = below(g, JOIN_MAX + 1)};
    for (uint32_t i = 0; i < j.count; i++) {
        j.types[i] = generate_type(g, NF_TYPES_NV);
        nf_block_param(g->func, j.block, j.types[i]);
    }
    return j;
}

/* Leaves the cursor's block to the join with values that are in scope here. */
static void join_enter(generator *g, const join *j)
{
    nf_value args[JOIN_MAX];
    for (uint32_t i = 0; i < j->count; i++) args[i] = generate_value(g, j->types[i]);
    nf_build_br(g->func, g->block, j->block, args, j->count);
}

static void join_continue(generator *g, const join *j)
{
    g->block = j->block;
    for (uint32_t i = 0; i < j->count; i++) generate_remember(g, nf_param_at(g->func, j->block, i));
}

static uint32_t share_of(generator *g)
{
    return 1 + below(g, g->budget / 3 + 1);
}

static void return_something(generator *g)
{
    nf_build_ret(g->func, g->block, g->result == NF_VOID ? no_value : generate_value(g, g->result));
}

/* One arm of an if or switch, from its own block to the join, or out of the function. */
static void arm(generator *g, nf_block block, const join *j)
{
    uint32_t scope = generate_scope_open(g);
    g->block = block;
    generate_statements(g, share_of(g));
    if (g->traps && one_in(g, 40))
        nf_build_trap(g->func, g->block);
    else if (one_in(g, 30))
        return_something(g);
    else
        join_enter(g, j);
    generate_scope_close(g, scope);
}

static void if_statement(generator *g)
{
    nf_value condition = generate_condition(g);
    join j = join_make(g);
    nf_block then = nf_func_block(g->func), from = g->block;
    bool has_else = one_in(g, 2);
    if (has_else) {
        nf_block other = nf_func_block(g->func);
        nf_build_brif(g->func, from, condition, then, NULL, 0, other, NULL, 0);
        arm(g, other, &j);
    } else {
        nf_value args[JOIN_MAX];
        for (uint32_t i = 0; i < j.count; i++) args[i] = generate_value(g, j.types[i]);
        if (one_in(g, 2))
            nf_build_brif(g->func, from, condition, then, NULL, 0, j.block, args, j.count);
        else
            nf_build_brif(g->func, from, condition, j.block, args, j.count, then, NULL, 0);
    }
    arm(g, then, &j);
    join_continue(g, &j);
}

static void switch_statement(generator *g)
{
    enum { CASES_MAX = 6 };
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32, NF_I64};
    nf_type type = types[below(g, COUNT(types))];
    nf_value value = generate_value(g, type);
    bool dense = one_in(g, 2);
    if (dense) { /* so that the cases are met */
        nf_value mask = nf_build_iconst(g->func, g->block, type, 7);
        value = generate_op(g, NF_OP_AND, type, value, mask, no_value);
    }
    join j = join_make(g);
    nf_value args[JOIN_MAX];
    for (uint32_t i = 0; i < j.count; i++) args[i] = generate_value(g, j.types[i]);
    nf_value the_switch = nf_build_switch(g->func, g->block, value, j.block, args, j.count);
    uint32_t cases = below(g, CASES_MAX + 1);
    int64_t base = dense ? 0 : generate_integer(generate_numbers(g)),
            step = dense ? 1 : 1 + below(g, 9);
    for (uint32_t i = 0; i < cases; i++) {
        nf_block block = nf_func_block(g->func);
        nf_switch_case(g->func, the_switch, (int64_t)((uint64_t)base + (uint64_t)step * i), block,
                       NULL, 0);
        arm(g, block, &j);
    }
    join_continue(g, &j);
}

/* for (i = 0; i < trips; i++) with carried values, tested above or below. */
static void loop_statement(generator *g)
{
    enum { TRIPS_MAX = 8 };
    nf_type type = one_in(g, 2) ? NF_I32 : NF_I64;
    join exit = {.block = nf_func_block(g->func)}, head = join_make(g);
    nf_value start[JOIN_MAX + 1], next[JOIN_MAX + 1];
    nf_value counter = nf_block_param(g->func, head.block, type);
    nf_value zero = nf_build_iconst(g->func, g->block, type, 0);
    nf_value one = nf_build_iconst(g->func, g->block, type, 1);
    nf_value trips = nf_build_iconst(g->func, g->block, type, 1 + below(g, TRIPS_MAX));
    bool above = one_in(g, 2);
    for (uint32_t i = 0; i < head.count; i++) start[i] = generate_value(g, head.types[i]);
    start[head.count] = zero;
    nf_build_br(g->func, g->block, head.block, start, head.count + 1);
    join_continue(g, &head);
    generate_remember(g, counter);
    uint32_t scope = generate_scope_open(g);
    if (above) {
        nf_block body = nf_func_block(g->func);
        nf_value more = nf_build_compare(g->func, g->block, NF_ULT, counter, trips);
        nf_build_brif(g->func, g->block, more, body, NULL, 0, exit.block, NULL, 0);
        g->block = body;
    }
    g->loop_depth++;
    generate_statements(g, share_of(g));
    g->loop_depth--;
    for (uint32_t i = 0; i < head.count; i++) next[i] = generate_value(g, head.types[i]);
    next[head.count] = generate_op(g, NF_OP_ADD, type, counter, one, no_value);
    if (above) {
        nf_build_br(g->func, g->block, head.block, next, head.count + 1);
    } else {
        nf_value more = nf_build_compare(g->func, g->block, NF_SLT, next[head.count], trips);
        nf_build_brif(g->func, g->block, more, head.block, next, head.count + 1, exit.block, NULL,
                      0);
    }
    generate_scope_close(g, scope);
    join_continue(g, &exit);
}

/* --- calls -------------------------------------------------------------------------------------
 */

static void call_args(generator *g, nf_value args[GENERATE_PARAMS])
{
    static const nf_type types[GENERATE_PARAMS] = {NF_I64, NF_I64, NF_I64, NF_I32, NF_F64, NF_F32};
    args[0] = nf_func_param(g->func, 0);
    for (uint32_t i = 1; i < GENERATE_PARAMS; i++) args[i] = generate_value(g, types[i]);
}

/* A function made before that keeps what this one promises, or NULL. */
static nf_func *callee_choose(generator *g)
{
    if (g->calls_left == 0 || g->options->callee_count == 0) return NULL;
    nf_func *callee = g->options->callees[below(g, g->options->callee_count)];
    uint32_t attributes = callee->attributes;
    if (!g->memory && !(attributes & NF_ATTR_PURE)) return NULL;
    if (!g->stores && !(attributes & (NF_ATTR_PURE | NF_ATTR_READONLY))) return NULL;
    if (!g->traps && !(attributes & (NF_ATTR_PURE | NF_ATTR_READONLY))) return NULL;
    if (g->halves) return NULL; /* the callee uses the buffer its own way */
    g->calls_left--;
    return callee;
}

static void call_statement(generator *g)
{
    nf_value args[GENERATE_PARAMS], v;
    nf_func *callee = g->loop_depth ? NULL : callee_choose(g);
    if (callee == NULL) return;
    call_args(g, args);
    if (one_in(g, 4)) {
        nf_value target = nf_build_symbol(g->func, g->block, callee->symbol, 0);
        v = nf_build_call_indirect(g->func, g->block, target, callee->signature, args,
                                   GENERATE_PARAMS);
    } else {
        v = nf_build_call(g->func, g->block, callee->symbol, args, GENERATE_PARAMS);
    }
    if (nf_type_of(g->func, v) != NF_VOID) generate_remember(g, v);
    if (g->budget) g->budget--;
}

/* Ends the function by a tail call when there is a callee with its signature. */
static bool tail_call(generator *g)
{
    nf_value args[GENERATE_PARAMS];
    if (!one_in(g, 6)) return false;
    nf_func *callee = callee_choose(g);
    if (callee == NULL || callee->signature.id != g->func->signature.id) return false;
    call_args(g, args);
    if (one_in(g, 3)) {
        nf_value target = nf_build_symbol(g->func, g->block, callee->symbol, 0);
        nf_build_tail_call_indirect(g->func, g->block, target, callee->signature, args,
                                    GENERATE_PARAMS);
    } else {
        nf_build_tail_call(g->func, g->block, callee->symbol, args, GENERATE_PARAMS);
    }
    return true;
}

/* --- statements --------------------------------------------------------------------------------
 */

static void statement(generator *g)
{
    bool deeper = g->depth < DEPTH_MAX;
    bool loops = deeper && !g->options->no_loops && g->loop_depth < LOOP_DEPTH_MAX;
    g->depth++;
    switch (below(g, 42)) {
    case 0:
    case 1:
        if (deeper) if_statement(g);
        break;
    case 2:
        if (deeper) switch_statement(g);
        break;
    case 3:
        if (loops) loop_statement(g);
        break;
    case 4:
    case 12:
        if (loops && g->memory && g->loop_depth == 0) generate_array_loop(g);
        break;
    case 5: call_statement(g); break;
    case 6:
    case 7:
    case 8: generate_load(g); break;
    case 9:
    case 10:
    case 11: generate_store(g); break;
    default: generate_expression(g); break;
    }
    g->depth--;
}

void generate_statements(generator *g, uint32_t share)
{
    enum { TRIES_PER_OPERATION = 4 }; /* some statements come to nothing */
    uint32_t goal = g->budget > share ? g->budget - share : 0;
    for (uint32_t i = 0; i < share * TRIES_PER_OPERATION && g->budget > goal; i++) statement(g);
}

/* --- functions ---------------------------------------------------------------------------------
 */

/* The scalars, and full vectors of the widths that are wanted. */
static void types_enable(generator *g)
{
    enum { VECTOR_BYTES_MIN = 16 };
    for (unsigned lanes_log2 = 0; lanes_log2 <= 6; lanes_log2++) {
        for (nf_type element = NF_I8; element <= NF_F64; element++) {
            nf_type type = NF_VECTOR_OF(element, lanes_log2);
            unsigned bytes = nf_type_bytes(type);
            bool vector = bytes >= VECTOR_BYTES_MIN && bytes <= g->options->vector_bytes_max;
            if (lanes_log2 == 0 || vector) g->types[g->type_count++] = type;
        }
    }
}

/* Locals are written before anything may read them. */
static void locals_make(generator *g)
{
    g->local_count = below(g, LOCALS_MAX);
    for (uint32_t i = 0; i < g->local_count; i++) {
        g->locals[i] = nf_func_local(g->func, LOCAL_BYTES, below(g, 7));
        nf_value base = nf_build_local(g->func, g->block, g->locals[i], 0);
        for (int32_t offset = 0; offset < LOCAL_BYTES; offset += 8)
            nf_build_store(g->func, g->block, generate_value(g, NF_I64),
                           (nf_address){.base = base, .offset = offset});
    }
}

/* What the function may do, and the attributes that say so. */
static uint32_t nature_choose(generator *g)
{
    enum { ATTRIBUTED = 8 };
    uint32_t attributes = NF_ATTR_EXPORT, nature = below(g, ATTRIBUTED);
    g->memory = !g->options->no_memory && nature != 0;
    g->stores = g->memory && nature != 1;
    g->traps = !g->options->no_traps && nature > 1;
    g->halves = g->memory && nature == 2;
    if (nature == 0) attributes |= NF_ATTR_PURE;
    if (nature == 1) attributes |= NF_ATTR_READONLY;
    if (one_in(g, 4)) attributes |= one_in(g, 2) ? NF_ATTR_INLINE : NF_ATTR_NOINLINE;
    return attributes;
}

/* Everything in scope flows into one integer, converted to the result's type. */
static nf_value result_make(generator *g)
{
    enum { TERMS_MAX = 12 };
    if (g->value_count == 0 || one_in(g, 4)) return generate_value(g, g->result);
    nf_value sum = generate_i64(g, 0);
    for (uint32_t i = 0; i < TERMS_MAX; i++) {
        nf_value term = generate_as_i64(g, g->values[below(g, g->value_count)]);
        sum = generate_op(g, one_in(g, 2) ? NF_OP_XOR : NF_OP_ADD, NF_I64, sum, term, no_value);
    }
    switch (g->result) {
    case NF_I64: return sum;
    case NF_F64: return generate_op(g, NF_OP_BITCAST, NF_F64, sum, no_value, no_value);
    case NF_F32: return generate_op(g, NF_OP_SITOFP, NF_F32, sum, no_value, no_value);
    default: return generate_op(g, NF_OP_TRUNC, g->result, sum, no_value, no_value);
    }
}

/* The last values go to the buffer: the types that a result cannot have are seen there. */
static void values_pour(generator *g)
{
    enum { POURED_MAX = 8, STRIDE = 64 };
    if (!g->stores || g->halves) return;
    for (uint32_t i = 0; i < POURED_MAX && i < g->value_count; i++) {
        nf_value v = g->values[g->value_count - 1 - i];
        if (generate_supported(g, NF_OP_STORE, nf_type_of(g->func, v), NF_I64))
            generate_store_at(g, v, GENERATE_BUFFER_BYTES - STRIDE * (i + 1));
    }
}

static void body_make(generator *g)
{
    for (uint32_t i = 1; i < GENERATE_PARAMS; i++) generate_remember(g, nf_func_param(g->func, i));
    locals_make(g);
    generate_statements(g, g->budget);
    if (tail_call(g)) return;
    values_pour(g);
    nf_build_ret(g->func, g->block, g->result == NF_VOID ? no_value : result_make(g));
}

nf_func *generate_function(nf_module *module, uint64_t seed, const generate_options *options)
{
    enum { SIZE_MIN = 5, SIZE_RANGE = 146, CALLS_MAX = 3 };
    static const nf_type params[GENERATE_PARAMS] = {NF_I64, NF_I64, NF_I64, NF_I32, NF_F64, NF_F32};
    static const nf_type results[] = {NF_I8,  NF_I16, NF_I32, NF_I32, NF_I64,
                                      NF_I64, NF_F32, NF_F64, NF_VOID};
    generator g = {.options = options, .random = seed, .calls_left = CALLS_MAX};
    char name[32];
    nf_format(name, sizeof name, "f%llu", (unsigned long long)seed);
    g.result = results[below(&g, COUNT(results))];
    g.budget = options->size ? options->size : SIZE_MIN + below(&g, SIZE_RANGE);
    uint32_t attributes = nature_choose(&g);
    nf_signature signature = nf_module_signature(module, g.result, params, GENERATE_PARAMS, false);
    g.func = nf_module_function(module, name, signature, attributes);
    if (g.func == NULL) return NULL;
    if (one_in(&g, 3)) nf_func_noalias(g.func, 0);
    g.block = nf_func_entry(g.func);
    types_enable(&g);
    body_make(&g);
    return module->arena.failed ? NULL : g.func;
}

nf_module *generate_module(const nf_allocator *allocator, uint64_t seed, uint32_t func_count,
                           const generate_options *options)
{
    nf_module *module = nf_module_new(allocator, "generated.nir");
    generate_options with_callees = *options;
    for (uint32_t i = 0; module && i < func_count; i++) {
        nf_func *func = generate_function(module, seed + i, &with_callees);
        if (func == NULL) {
            nf_module_free(module);
            return NULL;
        }
        if (with_callees.callee_count < GENERATE_CALLEES_MAX)
            with_callees.callees[with_callees.callee_count++] = func;
    }
    return module;
}

/*
 * The straight-line vectoriser.
 *
 * Named functions: how many trees of vectors become of them in each width, none where addresses may
 * meet or something may trap in between.
 *
 * Generated functions: rows of like computations whose results go to neighbours, with flaws: a
 * lane of another kind, an address that is off, a division between the stores, results that others use
 * too, accumulators of a loop. Each gives the same result and memory before and after the pass, for
 * pointers at all small distances, or stops with the same status and memory. SLP_SEEDS says how
 * many, SLP_SEED the first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ir/eval.h"
#include "ir/print.h"
#include "lib_allocator.h"
#include "lib_environment.h"
#include "lib_generate.h"
#include "opt/opt_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const nf_variant variants[] = {
    {"sse2", 16, 1, false, 0}, {"avx2.u2", 32, 2, false, 0}, {"avx512", 64, 1, false, 0}};

typedef struct world {
    test_allocator memory;
    nf_arena arena, frames;
    nf_module *module;
} world;

static void world_open(world *w)
{
    *w = (world){0};
    test_allocator_init(&w->memory);
    nf_arena_init(&w->arena, &w->memory.allocator);
    nf_arena_init(&w->frames, &w->memory.allocator);
}

static void world_close(world *w)
{
    nf_arena_free(&w->frames);
    nf_arena_free(&w->arena);
    nf_module_free(w->module);
    assert_int_equal(w->memory.blocks, 0);
}

static void function_show(world *w, const nf_func *f)
{
    nf_text text;
    nf_text_init(&text, &w->arena);
    nf_func_print(f, &w->arena, &text);
    fprintf(stderr, "%s\n", text.data);
}

/* The pass and those around it, or the whole pipeline; how many trees were packed. */
static unsigned transform(world *w, nf_func *f, const nf_variant *variant, bool whole)
{
    static const char *const alone[] = {"gvn", "slp", "dce"};
    nf_opt opt = {.scratch = &w->arena, .features = UINT64_MAX, .variant = variant};
    nf_error error = {0};
    nf_status status = whole ? nf_opt_run(&opt, f, &error) : NF_OK;
    for (unsigned i = 0; i < COUNT(alone) && !whole && status == NF_OK; i++)
        status = nf_pass_run(&opt, alone[i], f, &error);
    if (status == NF_OK) status = nf_func_verify(f, &w->arena, &error);
    if (status != NF_OK) {
        function_show(w, f);
        fail_msg("%s: %s", variant->name, error.message);
    }
    return opt.trees_packed;
}

/* --- named functions ---------------------------------------------------------------------------- */

typedef struct row {
    const char *what, *text; /* the body of (i64 p, i64 q noalias, f32 x, i32 k) */
    unsigned made[COUNT(variants)];
} row;

static const row rows[] = {
    {"a copy",
     "entry:\n %a = load.i32 [%q]\n %b = load.i32 [%q + 4]\n store.i32 %a, [%p]\n"
     " store.i32 %b, [%p + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"a copy that stores before it loads, of places that are apart",
     "entry:\n %a = load.i32 [%q]\n store.i32 %a, [%p]\n %b = load.i32 [%q + 4]\n"
     " store.i32 %b, [%p + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"the same in one array",
     "entry:\n %a = load.i32 [%p]\n store.i32 %a, [%p + 4]\n %b = load.i32 [%p + 4]\n"
     " store.i32 %b, [%p + 8]\n ret\n}\n",
     {0, 0, 0}},
    {"a store that may meet, between",
     "entry:\n %z = iconst.i64 0\n %n = sext.i64 %k\n store.i64 %z, [%p]\n"
     " store.i64 %z, [%p + %n]\n"
     " store.i64 %z, [%p + 8]\n ret\n}\n",
     {0, 0, 0}},
    {"a load that may meet, between",
     "entry:\n %z = iconst.i64 0\n %n = sext.i64 %k\n store.i64 %z, [%p]\n"
     " %a = load.i64 [%p + %n]\n"
     " store.i64 %z, [%p + 8]\n store.i64 %a, [%p + 64]\n ret\n}\n",
     {0, 0, 0}},
    {"a trap between",
     "entry:\n %z = iconst.i64 0\n store.i64 %z, [%p]\n %a = sdiv.i32 %k, %k\n"
     " store.i64 %z, [%p + 8]\n store.i32 %a, [%p + 64]\n ret\n}\n",
     {0, 0, 0}},
    {"a volatile access between",
     "entry:\n %z = iconst.i64 0\n store.i64 %z, [%p]\n %a = load.i32 [%q] volatile\n"
     " store.i64 %z, [%p + 8]\n store.i32 %a, [%p + 64]\n ret\n}\n",
     {0, 0, 0}},
    {"a sum with a splat, backwards",
     "entry:\n %a = load.f32 [%q + 4]\n %b = load.f32 [%q]\n %c = fadd.f32 %a, %x\n"
     " %d = fadd.f32 %b, %x\n store.f32 %c, [%p]\n store.f32 %d, [%p + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"different operations",
     "entry:\n %a = load.f32 [%q]\n %b = load.f32 [%q + 4]\n %c = fadd.f32 %a, %x\n"
     " %d = fsub.f32 %b, %x\n store.f32 %c, [%p]\n store.f32 %d, [%p + 4]\n ret\n}\n",
     {0, 0, 0}},
    {"selects by comparisons",
     "entry:\n %a = load.f32 [%q]\n %b = load.f32 [%q + 4]\n %c = fcmp.olt.f32 %a, %x\n"
     " %d = fcmp.olt.f32 %b, %x\n %e = select.f32 %c, %a, %x\n %f = select.f32 %d, %b, %x\n"
     " store.f32 %e, [%p]\n store.f32 %f, [%p + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"operands that change places",
     "entry:\n %a = load.i32 [%q]\n %b = load.i32 [%q + 4]\n %c = load.i32 [%q + 64]\n"
     " %d = load.i32 [%q + 68]\n %e = add.i32 %a, %c\n %f = add.i32 %d, %b\n"
     " store.i32 %e, [%p]\n store.i32 %f, [%p + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"accumulators of a loop",
     "entry:\n %z = iconst.i64 0\n %o = iconst.i64 1\n %n = iconst.i64 100\n"
     " %f = fconst.f64 0\n br top(%z, %f, %f)\n"
     "top(%i: i64, %s: f64, %t: f64):\n %r = shl.i64 %i, %o\n %a = load.f64 [%q + %r*8]\n"
     " %b = load.f64 [%q + %r*8 + 8]\n %s2 = fadd.f64 %s, %a\n %t2 = fadd.f64 %t, %b\n"
     " %i2 = add.i64 %i, %o\n %c = icmp.ne.i64 %i2, %n\n"
     " brif %c, top(%i2, %s2, %t2), done(%s2, %t2)\n"
     "done(%u: f64, %v: f64):\n store.f64 %u, [%p]\n store.f64 %v, [%p + 8]\n ret\n}\n",
     {2, 2, 2}},
    {"addresses written in different ways",
     "entry:\n %z = iconst.i32 7\n %t = iconst.i64 2\n %a = shl.i64 %q, %t\n %b = add.i64 %p, %a\n"
     " store.i32 %z, [%p + %q*4]\n store.i32 %z, [%b + 4]\n ret\n}\n",
     {1, 1, 1}},
    {"values that another tree will need, too",
     "entry:\n %a = load.f64 [%p]\n %b = load.f64 [%p + 8]\n %c = load.f64 [%q]\n"
     " %d = load.f64 [%q + 8]\n %e = fadd.f64 %a, %c\n %f = fadd.f64 %b, %d\n"
     " %g = fsub.f64 %a, %c\n %h = fsub.f64 %b, %d\n store.f64 %e, [%p]\n"
     " store.f64 %f, [%p + 8]\n store.f64 %g, [%q]\n store.f64 %h, [%q + 8]\n ret\n}\n",
     {2, 2, 2}},
    {"as many as fit",
     "entry:\n %z = iconst.i64 7\n store.i64 %z, [%p]\n store.i64 %z, [%p + 8]\n"
     " store.i64 %z, [%p + 16]\n store.i64 %z, [%p + 24]\n store.i64 %z, [%p + 56]\n"
     " store.i64 %z, [%p + 48]\n store.i64 %z, [%p + 40]\n store.i64 %z, [%p + 32]\n ret\n}\n",
     {4, 2, 1}},
};

static void named_functions(void **state)
{
    static const char head[] = "func @f(%p: i64, %q: i64 noalias, %x: f32, %k: i32) -> void {\n";
    (void)state;
    for (unsigned r = 0; r < COUNT(rows); r++) {
        for (unsigned v = 0; v < COUNT(variants); v++) {
            world w;
            char text[2048];
            nf_error error = {0};
            world_open(&w);
            snprintf(text, sizeof text, "%s%s", head, rows[r].text);
            if (nf_module_read(&w.memory.allocator, rows[r].what, text, strlen(text), &w.module,
                               &error))
                fail_msg("%s:%u: %s", rows[r].what, error.line, error.message);
            nf_func *f = nf_module_function_at(w.module, nf_module_symbol(w.module, "f"));
            unsigned made = transform(&w, nf_func_clone(f, &w.arena), &variants[v], false);
            if (made != rows[r].made[v])
                fail_msg("%s, %s: %u, not %u", rows[r].what, variants[v].name, made,
                         rows[r].made[v]);
            world_close(&w);
        }
    }
}

/* --- generated functions ------------------------------------------------------------------------ */

enum {
    LANES_MAX = 16,
    STEPS_MAX = 6,
    ROWS_MAX = 4,
    FLAW_ONE_IN = 40,
    TURNS = 3,
    BUFFER_BYTES = 2048,
    FARTHEST = 384, /* bytes from a pointer that accesses get to */
    STACK_MAX = STEPS_MAX + 1,
    EVAL_STEPS = 10000,
};

/* What one lane of a row does, on a stack; the same for all lanes but for flaws. */
typedef enum step_kind { PUSH_LOAD, PUSH_SHARED, PUSH_CONSTANT, BINARY, UNARY, CHOICE } step_kind;

typedef struct step {
    step_kind kind;
    nf_op op;
    unsigned base; /* 0: p, 1: q */
    int offset, stride;
} step;

typedef struct maker {
    nf_func *f;
    nf_block b;
    nf_value p, q, k, shared[NF_F64 + 1];
    uint64_t random;
    nf_type type;
    unsigned lane_count, step_count;
    step steps[STEPS_MAX];
    bool loop;
    nf_value accumulators[LANES_MAX], results[LANES_MAX];
} maker;

static bool chance(maker *m, unsigned one_in)
{
    return generate_below(&m->random, one_in) == 0;
}

static nf_value build2(maker *m, nf_op op, nf_type type, nf_value a, nf_value b)
{
    return nf_build(m->f, m->b, op, type, a, b, (nf_value){0});
}

static nf_op op_pick(maker *m, bool unary)
{
    static const nf_op ints[] = {NF_OP_ADD, NF_OP_SUB, NF_OP_MUL,  NF_OP_XOR,  NF_OP_AND,
                                 NF_OP_OR,  NF_OP_SHL, NF_OP_LSHR, NF_OP_ASHR, NF_OP_SMIN};
    static const nf_op floats[] = {NF_OP_FADD, NF_OP_FSUB, NF_OP_FMUL, NF_OP_FDIV, NF_OP_FMIN};
    static const nf_op unary_floats[] = {NF_OP_FNEG, NF_OP_FABS, NF_OP_FSQRT};
    bool is_float = NF_TYPE_IS_FLOAT(m->type);
    if (unary) return is_float ? unary_floats[generate_below(&m->random, 3)] : NF_OP_ABS;
    return is_float ? floats[generate_below(&m->random, COUNT(floats))]
                    : ints[generate_below(&m->random, COUNT(ints))];
}

/* A load or store's place for lane 0: each lane is one stride further. */
static int offset_pick(maker *m)
{
    int bytes = (int)nf_type_bytes(m->type);
    return (int)generate_below(&m->random, (unsigned)(FARTHEST / 2 / bytes)) * bytes;
}

static void steps_make(maker *m)
{
    static const int strides[] = {1, 1, 1, 1, -1, 0};
    unsigned depth = 0;
    m->step_count = 1 + generate_below(&m->random, STEPS_MAX);
    for (unsigned i = 0; i < m->step_count; i++) {
        step *s = &m->steps[i];
        bool push = depth < 2 && !(depth == 1 && chance(m, 4));
        *s = (step){.kind = depth == 1 && !push ? UNARY : chance(m, 5) ? CHOICE : BINARY};
        if (push) s->kind = chance(m, 4) ? (chance(m, 2) ? PUSH_SHARED : PUSH_CONSTANT) : PUSH_LOAD;
        s->op = op_pick(m, s->kind == UNARY);
        s->base = generate_below(&m->random, 2);
        s->offset = offset_pick(m);
        s->stride = strides[generate_below(&m->random, COUNT(strides))];
        depth += push;
        depth -= s->kind == BINARY || s->kind == CHOICE;
    }
}

static nf_value load_make(maker *m, int offset, unsigned base)
{
    nf_address address = {.base = base ? m->q : m->p, .offset = offset};
    return nf_build_load(m->f, m->b, m->type, address);
}

static void store_make(maker *m, nf_value value, int offset, unsigned base)
{
    nf_address address = {.base = base ? m->q : m->p, .offset = offset};
    nf_build_store(m->f, m->b, value, address);
}

static nf_value constant_make(maker *m, int number)
{
    if (m->type == NF_F32) return nf_build_f32(m->f, m->b, (float)number);
    if (m->type == NF_F64) return nf_build_f64(m->f, m->b, number);
    return nf_build_iconst(m->f, m->b, m->type, number);
}

static nf_value choice_make(maker *m, nf_value a, nf_value b)
{
    nf_cond cond = NF_TYPE_IS_FLOAT(m->type) ? NF_FOLT : NF_SLT;
    return nf_build(m->f, m->b, NF_OP_SELECT, m->type, nf_build_compare(m->f, m->b, cond, a, b), b,
                    a);
}

static nf_value lane_make(maker *m, unsigned lane)
{
    nf_value stack[STACK_MAX];
    unsigned depth = 0;
    if (m->loop) stack[depth++] = m->accumulators[lane];
    for (unsigned i = 0; i < m->step_count; i++) {
        step s = m->steps[i];
        int offset = s.offset + s.stride * (int)(lane * nf_type_bytes(m->type));
        if (chance(m, FLAW_ONE_IN) && (s.kind == BINARY || s.kind == UNARY))
            s.op = op_pick(m, s.kind == UNARY);
        if (chance(m, FLAW_ONE_IN)) offset += 1;
        switch (s.kind) {
        case PUSH_LOAD: stack[depth++] = load_make(m, offset, s.base); break;
        case PUSH_SHARED: stack[depth++] = m->shared[m->type]; break;
        case PUSH_CONSTANT:
            stack[depth++] = constant_make(m, 1 + (s.stride == 0) * (int)lane);
            break;
        case UNARY:
            stack[depth - 1] = build2(m, s.op, m->type, stack[depth - 1], (nf_value){0});
            break;
        default: {
            nf_value b = stack[--depth], a = stack[depth - 1];
            bool cross = nf_ops[s.op].commutes && chance(m, 2);
            stack[depth - 1] = s.kind == CHOICE ? choice_make(m, a, b)
                               : cross          ? build2(m, s.op, m->type, b, a)
                                                : build2(m, s.op, m->type, a, b);
        }
        }
    }
    while (depth > 1) {
        depth--;
        stack[depth - 1] = build2(m, NF_TYPE_IS_FLOAT(m->type) ? NF_OP_FADD : NF_OP_ADD, m->type,
                                  stack[depth - 1], stack[depth]);
    }
    return stack[0];
}

/* Something between the stores that they may or may not pass. */
static void flaw_make(maker *m)
{
    if (chance(m, 3))
        store_make(m, load_make(m, offset_pick(m), 0), offset_pick(m), 1);
    else if (chance(m, 3))
        nf_build_store(m->f, m->b, build2(m, NF_OP_UDIV, NF_I32, m->k, m->k),
                       (nf_address){.base = m->q, .offset = FARTHEST});
    else
        store_make(m, m->results[0], FARTHEST + 8, 1);
}

/* A row: its lanes one after the other with their stores, or all stores behind. */
static void row_make(maker *m)
{
    bool late = chance(m, 2), down = chance(m, 3);
    unsigned base = generate_below(&m->random, 2);
    int offset = offset_pick(m), bytes = (int)nf_type_bytes(m->type);
    for (unsigned i = 0; i < m->lane_count; i++) {
        unsigned lane = down ? m->lane_count - 1 - i : i;
        m->results[lane] = lane_make(m, lane);
        if (i == 0) m->results[0] = m->results[lane];
        if (chance(m, FLAW_ONE_IN)) flaw_make(m);
        if (!late && !m->loop) store_make(m, m->results[lane], offset + (int)lane * bytes, base);
    }
    for (unsigned i = 0; i < m->lane_count && late && !m->loop; i++)
        store_make(m, m->results[i], offset + (int)i * bytes, base);
}

/* A row in a loop, whose lanes gather; behind it they go to neighbours, and one to somewhere else. */
static void loop_make(maker *m)
{
    nf_value zero = nf_build_iconst(m->f, m->b, NF_I64, 0), args[LANES_MAX + 1] = {zero};
    nf_value one = nf_build_iconst(m->f, m->b, NF_I64, 1);
    nf_value turns = nf_build_iconst(m->f, m->b, NF_I64, TURNS), ends[LANES_MAX];
    nf_block top = nf_func_block(m->f), done = nf_func_block(m->f);
    unsigned base = generate_below(&m->random, 2);
    bool loads = chance(m, 2);
    int offset = offset_pick(m), bytes = (int)nf_type_bytes(m->type);
    for (unsigned i = 0; i < m->lane_count; i++)
        args[i + 1] = loads ? load_make(m, offset + (int)i * bytes, base) : constant_make(m, 3);
    nf_build_br(m->f, m->b, top, args, m->lane_count + 1);
    nf_value turn = nf_block_param(m->f, top, NF_I64);
    for (unsigned i = 0; i < m->lane_count; i++) {
        m->accumulators[i] = nf_block_param(m->f, top, m->type);
        ends[i] = nf_block_param(m->f, done, m->type);
    }
    m->b = top;
    m->loop = true;
    row_make(m);
    m->loop = false;
    memcpy(args + 1, m->results, m->lane_count * sizeof *args);
    args[0] = build2(m, NF_OP_ADD, NF_I64, turn, one);
    nf_value more = nf_build_compare(m->f, top, NF_NE, args[0], turns);
    nf_build_brif(m->f, m->b, more, top, args, m->lane_count + 1, done, args + 1, m->lane_count);
    m->b = done;
    for (unsigned i = 0; i < m->lane_count; i++)
        store_make(m, ends[i], offset + (int)i * bytes, base);
    if (chance(m, 3)) store_make(m, ends[m->lane_count / 2], FARTHEST + 16, 1);
}

static nf_func *generate(nf_module *module, uint64_t seed)
{
    static const nf_type params[] = {NF_I64, NF_I64, NF_I32};
    static const nf_type types[] = {NF_I8, NF_I16, NF_I32, NF_I64, NF_F32, NF_F64};
    nf_signature signature = nf_module_signature(module, NF_VOID, params, COUNT(params), false);
    maker m = {.random = seed, .f = nf_module_function(module, "f", signature, 0)};
    m.b = nf_func_entry(m.f);
    m.p = nf_func_param(m.f, 0);
    m.q = nf_func_param(m.f, 1);
    m.k = nf_func_param(m.f, 2);
    if (chance(&m, 2)) nf_func_noalias(m.f, 1);
    for (unsigned t = 0; t < COUNT(types); t++) {
        nf_address address = {.base = m.p, .offset = (int32_t)generate_below(&m.random, FARTHEST)};
        m.shared[types[t]] = nf_build_load(m.f, m.b, types[t], address);
    }
    for (unsigned i = 1 + generate_below(&m.random, ROWS_MAX); i > 0; i--) {
        m.type = types[generate_below(&m.random, COUNT(types))];
        m.lane_count = 2u << generate_below(&m.random, 4);
        if (m.lane_count > LANES_MAX) m.lane_count = LANES_MAX;
        steps_make(&m);
        if (chance(&m, 3))
            loop_make(&m);
        else
            row_make(&m);
    }
    nf_build_ret(m.f, m.b, (nf_value){0});
    return m.f;
}

/* --- running them ------------------------------------------------------------------------------- */

typedef struct outcome {
    nf_status status;
    uint8_t buffer[BUFFER_BYTES];
} outcome;

static void run(world *w, const nf_func *f, uint64_t seed, int distance, outcome *out)
{
    static _Alignas(64) uint8_t buffer[BUFFER_BYTES];
    nf_error error = {0};
    nf_eval eval = {.steps = EVAL_STEPS, .depth_max = 1, .arena = &w->frames, .error = &error};
    uint8_t *middle = buffer + BUFFER_BYTES / 4;
    nf_bits args[3] = {{{(uint64_t)(uintptr_t)middle}},
                       {{(uint64_t)(uintptr_t)(middle + distance)}},
                       {{generate_below(&seed, 4)}}};
    for (unsigned i = 0; i < sizeof buffer; i += 4) {
        uint32_t word =
            generate_below(&seed, 2) ? generate_f32_bits(&seed) : (uint32_t)generate_integer(&seed);
        memcpy(buffer + i, &word, sizeof word);
    }
    out->status = nf_eval_run(&eval, f, args, NULL);
    memcpy(out->buffer, buffer, sizeof buffer);
    nf_arena_reset(&w->frames);
}

/* A promise that pointers are apart is kept. */
static int distance_pick(const nf_func *f, uint64_t *random)
{
    if (f->noalias) return BUFFER_BYTES / 2;
    return (int)generate_below(random, 129) - 64;
}

static unsigned seed_test(world *w, const nf_func *f, uint64_t seed, const nf_variant *variant,
                          bool whole)
{
    enum { INPUTS = 3 };
    static outcome expected, actual;
    nf_func *changed = nf_func_clone(f, &w->arena);
    unsigned made = transform(w, changed, variant, whole);
    uint64_t random = seed;
    for (uint64_t i = 0; i < INPUTS; i++) {
        int distance = distance_pick(f, &random);
        run(w, f, seed + i, distance, &expected);
        run(w, changed, seed + i, distance, &actual);
        if (memcmp(&expected, &actual, sizeof actual) == 0) continue;
        function_show(w, f);
        function_show(w, changed);
        fail_msg("seed %llu differs for %s%s, distance %d: status %d, %d", (unsigned long long)seed,
                 variant->name, whole ? ", all passes" : "", distance, expected.status,
                 actual.status);
    }
    return made;
}

static void generated_functions(void **state)
{
    enum { SEEDS = 1500 };
    (void)state;
    uint64_t first = environment_number("SLP_SEED", 1),
             count = environment_number("SLP_SEEDS", SEEDS);
    unsigned made = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        world w;
        world_open(&w);
        w.module = nf_module_new(&w.memory.allocator, "generated");
        const nf_func *f = generate(w.module, seed);
        assert_int_equal(nf_func_verify(f, &w.arena, NULL), NF_OK);
        for (unsigned v = 0; v < COUNT(variants); v++)
            made += seed_test(&w, f, seed, &variants[v], seed % 2);
        world_close(&w);
    }
    printf("%u trees in %llu functions\n", made, (unsigned long long)count);
    if (count >= SEEDS) assert_true(made > count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_functions),
        cmocka_unit_test(generated_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

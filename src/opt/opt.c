/*
 * The pass manager: the table of passes, the pipeline, and what is checked between passes.
 *
 * The pipeline is one array below. Folding and numbering stand twice: first on what the front end
 * wrote, so that loops are seen in their simplest form, then on what the vectoriser and the
 * unroller made. if_convert comes before rotate, because a loop body without branches is what
 * vectorises. Stores that were joined leave bodies so small that the unroller takes their loops as a
 * whole; what they update then has constant addresses, and is promoted.
 *
 * Hints: where a pass only finishes what those before it may have left, it runs when one of them says
 * that something is left (opt_internal.h).
 *
 * Facts: rotate gives ROTATED and LOOP_CLOSED, the passes behind it require them, others break
 * them. The manager follows the facts through the table. A pass that is run alone gets what it
 * requires by a run of the passes that give it. In debug builds (NF_DEBUG) the facts that must hold
 * are checked in front of a pass, and the verifier runs behind it.
 *
 * Passes allocate from one scratch arena of the pipeline, which is emptied behind each of them.
 */
#include "opt_internal.h"
#include "base/text.h"

enum { SCRATCH_BYTES_MIN = 16 << 10, SCRATCH_BYTES_PER_INST = 160 };

typedef enum pass_id {
#define PASS(name, function, requires, gives, breaks, meaning) PASS_##name,
#include "passes.def"
#undef PASS
    PASS_COUNT
} pass_id;

typedef struct pass_info {
    const char *name, *meaning;
    bool (*run)(nf_opt *opt, nf_func *f);
    unsigned requires, gives, breaks;
} pass_info;

static const pass_info passes[PASS_COUNT] = {
#define PASS(name, function, requires, gives, breaks, meaning)                                     \
    [PASS_##name] = {#name, meaning, function, requires, gives, breaks},
#include "passes.def"
#undef PASS
};

typedef struct step {
    uint8_t pass; /* pass_id */
    uint8_t hint; /* runs only where it was given; 0: always */
} step;

static const step pipeline[] = {
    {PASS_simplify_cfg, 0},
    {PASS_inline, 0},
    {PASS_locals, 0},
    {PASS_simplify_cfg, 0},
    {PASS_constants, 0},
    {PASS_fold, 0},
    {PASS_gvn, 0},
    {PASS_simplify_cfg, NF_HINT_BRANCHES},
    {PASS_if_convert, 0},
    {PASS_fold, NF_HINT_FOLDS},
    {PASS_dce, 0},
    {PASS_rotate, 0},
    {PASS_licm, 0},
    {PASS_promote, 0},
    {PASS_widen, 0},
    {PASS_search, 0},
    {PASS_vectorise, 0},
    {PASS_slp, 0},
    {PASS_unroll, 0},
    {PASS_divide, 0},
    {PASS_promote, NF_HINT_PACKED},
    {PASS_gvn, 0},
    {PASS_licm, 0},
    {PASS_address, 0},
    {PASS_dce, 0},
    {PASS_simplify_cfg, 0},
    {PASS_sink, 0},
};

const char *nf_pass_name(uint32_t index)
{
    return index < PASS_COUNT ? passes[index].name : NULL;
}

const char *nf_pass_meaning(uint32_t index)
{
    return index < PASS_COUNT ? passes[index].meaning : NULL;
}

/* A run of passes over one function. */
typedef struct run {
    nf_opt *opt;
    nf_func *f;
    nf_error *error;
    nf_arena scratch;
    nf_flow flow;
    unsigned facts;
    uint32_t changes;          /* how many runs of passes have changed something */
    uint32_t seen[PASS_COUNT]; /* by pass: 1 + changes when it ran last; 0: never */
} run;

#ifdef NF_DEBUG
static nf_status facts_verify(run *r, const pass_info *pass)
{
    const char *broken = nf_facts_check(r->f, r->facts & pass->requires, &r->scratch);
    nf_arena_reset(&r->scratch);
    if (broken == NULL) return NF_OK;
    return nf_fail(r->error, NF_ARGUMENT, "in front of pass %s: %s", pass->name, broken);
}

static nf_status result_verify(run *r, const pass_info *pass)
{
    nf_error detail = {0};
    nf_status status = nf_func_verify(r->f, &r->scratch, &detail);
    bool flow_right = status != NF_OK || nf_flow_is_right(&r->flow, r->f, &r->scratch);
    nf_arena_reset(&r->scratch);
    if (status == NF_MEMORY) return status;
    if (status != NF_OK)
        return nf_fail(r->error, status, "behind pass %s: %s", pass->name, detail.message);
    if (!flow_right)
        return nf_fail(r->error, NF_ARGUMENT, "pass %s has changed blocks and not said so",
                       pass->name);
    return NF_OK;
}
#else
static nf_status facts_verify(run *r, const pass_info *pass)
{
    (void)r, (void)pass;
    return NF_OK;
}

static nf_status result_verify(run *r, const pass_info *pass)
{
    (void)r, (void)pass;
    return NF_OK;
}
#endif

static nf_status pass_run(run *r, const pass_info *pass)
{
    uint32_t *seen = &r->seen[pass - passes];
    if (*seen == r->changes + 1) return NF_OK; /* nothing has changed since */
    nf_status status = facts_verify(r, pass);
    if (status != NF_OK) return status;
    r->flow.memory_stays = false;
    bool changed = pass->run(r->opt, r->f);
    if (changed && !r->flow.memory_stays) r->flow.memory = NULL;
    if (r->f->arena->failed || r->scratch.failed || r->flow.arena.failed)
        return nf_fail(r->error, NF_MEMORY, "out of memory in pass %s", pass->name);
    nf_arena_reset(&r->scratch);
    r->changes += changed;
    *seen = r->changes + 1;
    if (changed) {
        r->facts &= ~pass->breaks;
        status = result_verify(r, pass);
        if (status != NF_OK) return status;
    }
    r->facts |= pass->gives;
    if (r->opt->after) r->opt->after(r->opt, pass->name, r->f, changed);
    return NF_OK;
}

/* Runs whatever gives the facts that the pass requires and that do not hold yet. */
static nf_status facts_provide(run *r, const pass_info *pass)
{
    for (uint32_t i = 0; i < PASS_COUNT; i++) {
        if ((passes[i].gives & pass->requires & ~r->facts) == 0) continue;
        nf_status status = pass_run(r, &passes[i]);
        if (status != NF_OK) return status;
    }
    return NF_OK;
}

static nf_status pipeline_run(run *r)
{
    for (uint32_t i = 0; i < sizeof pipeline / sizeof *pipeline; i++) {
        const pass_info *pass = &passes[pipeline[i].pass];
        if (pipeline[i].hint && (r->opt->hints & pipeline[i].hint) == 0) continue;
        nf_status status = facts_provide(r, pass);
        if (status == NF_OK) status = pass_run(r, pass);
        if (status != NF_OK) return status;
        if (r->opt->stop_after && nf_string_equal(r->opt->stop_after, pass->name)) break;
    }
    return NF_OK;
}

/* Lends the passes a scratch arena of their own, so that it can be emptied between them. Its first
 * chunk is what stays then: it is made large enough for most passes. */
static nf_status run_start(run *r, nf_status (*work)(run *r, const pass_info *pass),
                           const pass_info *pass)
{
    nf_opt *opt = r->opt;
    nf_arena *lent = opt->scratch;
    nf_arena_init(&r->scratch, lent->allocator);
    (void)nf_arena_take(&r->scratch, SCRATCH_BYTES_MIN + SCRATCH_BYTES_PER_INST * r->f->insts.count,
                        16);
    nf_arena_reset(&r->scratch);
    nf_arena_init(&r->flow.arena, lent->allocator);
    opt->scratch = &r->scratch;
    opt->flow = &r->flow;
    opt->hints = 0;
    nf_status status = work(r, pass);
    nf_arena_free(&r->scratch);
    nf_arena_free(&r->flow.arena);
    opt->scratch = lent;
    opt->flow = NULL;
    return status;
}

static nf_status work_pipeline(run *r, const pass_info *pass)
{
    (void)pass;
    return pipeline_run(r);
}

static nf_status work_pass(run *r, const pass_info *pass)
{
    nf_status status = facts_provide(r, pass);
    return status == NF_OK ? pass_run(r, pass) : status;
}

nf_status nf_opt_run(nf_opt *opt, nf_func *f, nf_error *error)
{
    run r = {.opt = opt, .f = f, .error = error};
    return run_start(&r, work_pipeline, NULL);
}

nf_status nf_pass_run(nf_opt *opt, const char *name, nf_func *f, nf_error *error)
{
    run r = {.opt = opt, .f = f, .error = error};
    for (uint32_t i = 0; i < PASS_COUNT; i++)
        if (nf_string_equal(passes[i].name, name)) return run_start(&r, work_pass, &passes[i]);
    return nf_fail(error, NF_ARGUMENT, "there is no pass named %s", name);
}

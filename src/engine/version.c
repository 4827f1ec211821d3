/*
 * Versions: compiling one, putting it behind the slot, letting it go.
 *
 * T1 is compiled from the module's own function; T2 from a clone that the passes may change, of the
 * whole function or of what is left of it from a loop on. Two variants often become the same code
 * (nothing to unroll, nothing to vectorise): the second one is not kept, so that a race runs each
 * program once.
 */
#include "engine_internal.h"
#include "base/hash.h"

typedef struct compilation {
    nf_function *function;
    nf_recipe recipe;
    nf_arena *arena;
    bool is_first;
    nf_compiled compiled;
    uint64_t duration_ns;
} compilation;

/* T1's counters. Its code for OSR must come out with the same places, so the options are the same. */
static nf_compile options_of(const compilation *c)
{
    const nf_function *function = c->function;
    return (nf_compile){
        .link = &function->program->link,
        .arena = c->arena,
        .features = function->engine->features,
        .entry_count = &function->counters->entries,
        .loop_count = &function->counters->loops,
        .turn = &function->counters->turn,
    };
}

/* What the passes may change: a copy of the function, or of its rest. */
static nf_status source_make(compilation *c, nf_compile *options, nf_func **out, nf_error *error)
{
    const nf_func *ir = c->function->ir;
    nf_osr_places places;
    if (c->recipe.header.id == 0) {
        *out = nf_func_clone(ir, c->arena);
        if (*out) return NF_OK;
        return nf_fail(error, NF_MEMORY, "no memory to compile %s", c->function->name);
    }
    nf_status status = nf_baseline_places(ir, options, &places, error);
    options->entry_count = NULL; /* it is not called, but entered */
    if (status != NF_OK) return status;
    /* It is there since the program was linked. */
    nf_signature rest =
        nf_osr_signature(c->function->program->module, c->function->signature->result);
    return nf_osr_build(ir, c->recipe.header, &places, rest, c->arena, out, error);
}

static nf_status compile_t2(compilation *c, nf_compile *options, nf_error *error)
{
    nf_engine *engine = c->function->engine;
    nf_func *source;
    nf_opt opt = {
        .scratch = c->arena,
        .features = engine->features,
        .variant = c->recipe.variant,
        .supports = nf_backend_supports,
    };
    nf_status status = source_make(c, options, &source, error);
    if (status == NF_OK) status = nf_opt_run(&opt, source, error);
    if (status != NF_OK) return status;
    options->contracts = c->recipe.variant->contract;
    return nf_backend_compile(source, options, &c->compiled, error);
}

/* What defines the answers of versions that fuse: the same function, fused, by the back end that has
 * nothing in common with theirs. */
static nf_status compile_contracted(compilation *c, nf_compile *options, nf_error *error)
{
    nf_func *source;
    nf_opt opt = {.scratch = c->arena, .features = c->function->engine->features};
    nf_status status = source_make(c, options, &source, error);
    if (status == NF_OK) status = nf_pass_run(&opt, "inline", source, error);
    if (status != NF_OK) return status;
    NF_FOR_BLOCKS(source, b)
    {
        NF_FOR_INSTS(source, b, v)
        {
            nf_inst *inst = nf_inst_at(source, v);
            if (inst->op == NF_OP_FMULADD) inst->op = NF_OP_FMA;
        }
    }
    return nf_baseline_compile(source, options, &c->compiled, error);
}

static nf_status compile_llvm(compilation *c, nf_compile *options, nf_error *error)
{
    nf_func *rest = NULL;
    nf_status status = c->recipe.header.id ? source_make(c, options, &rest, error) : NF_OK;
    if (status != NF_OK) return status;
    return nf_llvm_compile(c->function, c->recipe, rest, c->arena, &c->compiled.blob, error);
}

static nf_status compile(compilation *c, nf_error *error)
{
    nf_compile options = options_of(c);
    uint64_t start = nf_os_time_ns();
    nf_status status;
    if (c->function->ir && !nf_func_load(c->function->ir))
        status = nf_fail(error, NF_MEMORY, "no memory to compile %s", c->function->name);
    else if (c->recipe.llvm)
        status = compile_llvm(c, &options, error);
    else if (c->recipe.variant)
        status = compile_t2(c, &options, error);
    else if (c->recipe.contract)
        status = compile_contracted(c, &options, error);
    else
        status = nf_baseline_compile(c->function->ir, &options, &c->compiled, error);
    c->duration_ns = nf_os_time_ns() - start;
    return status;
}

/* Of the code with what its relocations lead to. */
static uint64_t code_hash(const nf_blob *blob)
{
    uint64_t hash = nf_hash_bytes(blob->bytes, blob->total_bytes);
    for (uint32_t i = 0; i < blob->reloc_count; i++)
        hash = nf_hash_mix(hash, blob->relocs[i].target + (uint64_t)blob->relocs[i].addend);
    return hash;
}

static const nf_version *version_with_hash(const nf_function *function, uint64_t hash,
                                           nf_block header)
{
    for (const nf_version *v = function->versions; v; v = v->older)
        if (v->code_hash == hash && v->recipe.header.id == header.id && v->address != 0 &&
            !v->retired)
            return v;
    return NULL;
}

static const char *recipe_name(nf_recipe recipe)
{
    if (recipe.llvm) return recipe.llvm->name;
    if (recipe.variant) return recipe.variant->name;
    return recipe.contract ? "t1.fma" : "t1";
}

/* Under lock: a record for a version, zeroed. */
static nf_version *record_new(nf_program *program)
{
    nf_version *version = program->spare;
    if (version == NULL) return NF_NEW(&program->arena, nf_version);
    program->spare = version->older;
    return version;
}

static void record_drop(nf_program *program, nf_version *version)
{
    version->older = program->spare;
    program->spare = version;
}

static void list_add(nf_function *function, nf_version *version)
{
    version->older = function->versions;
    if (version->older) version->older->newer = version;
    function->versions = version;
}

static void list_remove(nf_function *function, const nf_version *version)
{
    if (version->older) version->older->newer = version->newer;
    if (version->newer) version->newer->older = version->older;
    if (function->versions == version) function->versions = version->older;
}

void nf_version_gone(nf_version *version)
{
    nf_function *function = version->function;
    nf_version *oldest = NULL;
    uint32_t gone = 0;
    function->versions_gone++;
    for (nf_version *v = function->versions; v; v = v->older) {
        if (!v->freed) continue;
        oldest = v;
        gone++;
    }
    if (gone <= NF_VERSIONS_KEPT) return;
    list_remove(function, oldest);
    record_drop(function->program, oldest);
}

/* Under lock. */
static nf_status version_place(compilation *c, uint64_t hash, nf_version **out, nf_error *error)
{
    nf_function *function = c->function;
    nf_version *version = record_new(function->program);
    if (version == NULL) return nf_fail(error, NF_MEMORY, "no memory for a version's record");
    *version = (nf_version){
        .function = function,
        .number = function->version_count + 1,
        .tier = (uint8_t)nf_recipe_tier(c->recipe),
        .recipe = c->recipe,
        .saved_mask = c->compiled.saved_mask,
        .code_bytes = c->compiled.blob.total_bytes,
        .code_hash = hash,
        .compile_ns = c->duration_ns,
        .made_ns = nf_engine_now(function->engine),
        .state = NF_VERSION_CANDIDATE,
    };
    nf_format(version->name, sizeof version->name, "%.40s@%s%s#%u", function->name,
              recipe_name(c->recipe), c->recipe.header.id ? ".osr" : "", version->number);
    nf_status status = nf_code_place(function->engine->code, &c->compiled.blob, version->name,
                                     version, &version->address, error);
    if (status != NF_OK) {
        record_drop(function->program, version);
        return status;
    }
    list_add(function, version);
    function->version_count++;
    *out = version;
    return NF_OK;
}

/* Under lock: calls reach it from now on. */
static void version_begin(nf_version *version)
{
    nf_function *function = version->function;
    version->state = NF_VERSION_ACTIVE;
    if (version->tier == 1) function->baseline = version;
    __atomic_store_n(&function->active, version, __ATOMIC_RELEASE);
    __atomic_store_n(&function->counters->active, version->address, __ATOMIC_RELEASE);
    if (function->phase == NF_PHASE_COLD)
        __atomic_store_n(&function->phase, NF_PHASE_BASELINE, __ATOMIC_RELEASE);
    nf_slot_store(function, version->address);
}

/* Under lock. */
static nf_status version_add(compilation *c, uint64_t hash, nf_version **out, nf_error *error)
{
    if (c->is_first) {
        nf_status status = c->function->active ? NF_OK : version_place(c, hash, out, error);
        if (*out) version_begin(*out);
        return status;
    }
    const nf_version *same = version_with_hash(c->function, hash, c->recipe.header);
    if (same) return nf_fail(error, NF_BUSY, "the same code as %s", same->name);
    return version_place(c, hash, out, error);
}

static nf_status make(compilation *c, nf_version **out, nf_error *error)
{
    nf_engine *engine = c->function->engine;
    *out = NULL;
    nf_status status = compile(c, error);
    if (status == NF_OK) {
        uint64_t hash = code_hash(&c->compiled.blob);
        nf_os_mutex_lock(&engine->lock);
        status = version_add(c, hash, out, error);
        nf_os_mutex_unlock(&engine->lock);
    }
    nf_arena_reset(c->arena);
    if (*out)
        nf_engine_event(engine, NF_EVENT_COMPILED, c->function, *out, (double)(*out)->compile_ns,
                        "%u bytes", (*out)->code_bytes);
    return status;
}

nf_status nf_version_make(nf_function *function, nf_recipe recipe, nf_arena *arena,
                          nf_version **out, nf_error *error)
{
    compilation c = {.function = function, .recipe = recipe, .arena = arena};
    if (arena == &function->engine->work_arena) function->engine->climbs = true;
    return make(&c, out, error);
}

nf_status nf_version_first(nf_function *function, nf_recipe recipe, nf_arena *arena,
                           nf_error *error)
{
    compilation c = {.function = function, .recipe = recipe, .arena = arena, .is_first = true};
    nf_version *version;
    return nf_is_asleep(function) ? make(&c, &version, error) : NF_OK;
}

bool nf_version_contracts(const nf_version *version)
{
    const nf_recipe *recipe = &version->recipe;
    if (recipe->llvm) return recipe->llvm->contract;
    return recipe->variant ? recipe->variant->contract : recipe->contract;
}

nf_version *nf_version_that_defines(const nf_version *version)
{
    nf_function *function = version->function;
    nf_engine *engine = function->engine;
    nf_version *fused;
    nf_error error;
    if (!nf_version_contracts(version)) return function->baseline;
    if (function->fused) return function->fused;
    nf_status status = nf_version_make(function, (nf_recipe){.contract = true}, &engine->work_arena,
                                       &fused, &error);
    if (status == NF_BUSY) fused = function->baseline; /* it has nothing to fuse */
    if (status == NF_OK && fused) {
        nf_os_mutex_lock(&engine->lock);
        fused->state = NF_VERSION_BASELINE;
        nf_format(fused->reason, sizeof fused->reason, "what versions that fuse must answer");
        nf_os_mutex_unlock(&engine->lock);
    }
    return function->fused = fused;
}

const nf_variant *nf_variant_default(const nf_engine *engine)
{
    static const char *const preferred[] = {"avx512.u2", "avx2.u4", "sse2.u4", "unroll4"};
    for (unsigned p = 0; p < sizeof preferred / sizeof *preferred; p++)
        for (uint32_t i = 0; i < nf_variant_count; i++)
            if (nf_string_equal(nf_variants[i].name, preferred[p]) &&
                (nf_variants[i].features & ~engine->features) == 0)
                return &nf_variants[i];
    return &nf_variants[0];
}

/* The oldest one's, when there are enough. */
static nf_swap_record *swap_record_new(nf_function *function)
{
    nf_swap_record **link = &function->swaps, *oldest;
    if (function->swap_count < NF_SWAPS_KEPT)
        return NF_NEW(&function->program->arena, nf_swap_record);
    while ((*link)->older) link = &(*link)->older;
    oldest = *link;
    *link = NULL;
    return oldest;
}

void nf_swap_note(nf_function *function, const nf_version *from, const nf_version *to,
                  double speedup, const char *reason)
{
    nf_swap_record *swap = swap_record_new(function);
    if (swap == NULL) return;
    swap->time_ns = nf_engine_now(function->engine);
    swap->speedup = speedup;
    nf_format(swap->from, sizeof swap->from, "%s", from ? from->name : "evaluator");
    nf_format(swap->to, sizeof swap->to, "%s", to->name);
    nf_format(swap->reason, sizeof swap->reason, "%s", reason);
    swap->older = function->swaps;
    function->swaps = swap;
    function->swap_count++;
}

void nf_version_swap(nf_function *function, nf_version *to, double speedup, nf_event_kind kind,
                     const char *reason)
{
    nf_engine *engine = function->engine;
    nf_os_mutex_lock(&engine->lock);
    nf_version *from = function->active;
    nf_swap_note(function, from, to, speedup, reason);
    if (from) from->state = from == function->baseline ? NF_VERSION_BASELINE : NF_VERSION_PREVIOUS;
    to->state = NF_VERSION_ACTIVE;
    to->speedup = speedup;
    uint64_t calls = __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED);
    __atomic_store_n(&function->profile.calls_swapped, calls, __ATOMIC_RELAXED);
    __atomic_store_n(&function->active, to, __ATOMIC_RELEASE);
    __atomic_store_n(&function->counters->active, to->address, __ATOMIC_SEQ_CST);
    nf_slot_store(function, to->address);
    nf_os_mutex_unlock(&engine->lock);
    nf_engine_event(engine, kind, function, to, speedup, "%s -> %s: %s",
                    from ? from->name : "evaluator", to->name, reason);
}

void nf_version_settle(nf_version *version, nf_version_state state, const char *reason)
{
    nf_os_mutex *lock = &version->function->engine->lock;
    nf_os_mutex_lock(lock);
    version->state = version == version->function->baseline ? NF_VERSION_BASELINE : state;
    nf_format(version->reason, sizeof version->reason, "%s", reason);
    nf_os_mutex_unlock(lock);
}

void nf_version_hand_over(nf_version *version)
{
    nf_engine *engine = version->function->engine;
    nf_audit_forget(version->function, version->address);
    nf_reclaim_add(engine, version);
    nf_engine_event(engine, NF_EVENT_RETIRED, version->function, version, version->code_bytes, "%s",
                    version->reason);
}

void nf_version_retire(nf_version *version, nf_version_state state)
{
    if (version->retired || version->address == 0) return;
    nf_engine *engine = version->function->engine;
    if (version->function->control == version) version->function->control = NULL;
    nf_os_mutex_lock(&engine->lock);
    version->state = state;
    version->retired = true;
    nf_os_mutex_unlock(&engine->lock);
    nf_version_hand_over(version);
}

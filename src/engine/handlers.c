/*
 * What the entries call: the first call of a function, an interpreted call, a recorded one and a
 * timed one. They run on callers' threads, so they take locks only at a first call.
 *
 * Recording and timing end themselves: the call that fills the last place puts the version's own
 * address back into the slot, with a compare-and-swap, since the worker may have put something
 * newer there.
 */
#include "engine_internal.h"
#include "x64/abi.h"

enum { EVAL_DEPTH_MAX = 100000 };

/* Generated code read the slot that led here; reading it again makes what the worker wrote before
 * it stored there visible in the memory model's terms too. */
static nf_function *function_at(const nf_engine *engine, uint32_t index)
{
    nf_function *function = __atomic_load_n(&engine->functions[index], __ATOMIC_ACQUIRE);
    (void)__atomic_load_n(function->slot, __ATOMIC_ACQUIRE);
    return function;
}

/* Around what puts a version's address into the slot: the version must not be freed between the
 * reading of its address and the storing. */
static nf_function *handler_enter(const nf_engine *engine, uint32_t index)
{
    nf_function *function = function_at(engine, index);
    __atomic_fetch_add(&function->handlers, 1, __ATOMIC_SEQ_CST);
    return function;
}

static void handler_leave(nf_function *function)
{
    __atomic_fetch_sub(&function->handlers, 1, __ATOMIC_SEQ_CST);
}

/* Lets a slot that leads to an entry lead to the active version again. */
static uint64_t slot_repair(nf_function *function, uint64_t from)
{
    uint64_t active = __atomic_load_n(&function->counters->active, __ATOMIC_SEQ_CST);
    nf_slot_replace(function, from, active);
    return active;
}

/* --- first call --- */

/* One that was only sent to sleep has its code. False: it is still lazy. */
static bool wake(nf_function *function)
{
    nf_engine *engine = function->engine;
    nf_os_mutex_lock(&engine->lock);
    const nf_version *version = function->active;
    if (version) nf_slot_replace(function, function->entries[NF_ENTRY_LAZY], version->address);
    nf_os_mutex_unlock(&engine->lock);
    return !nf_is_asleep(function);
}

/* Under no lock of the engine's: others don't wait for LLVM. */
static nf_status first_llvm(nf_function *function, nf_error *error)
{
    nf_status status = nf_llvm_first(function, error);
    if (status != NF_OK && function->ir)
        nf_engine_event(function->engine, NF_EVENT_FAILED, function, NULL, 0, "%s; tier 2 instead",
                        error->message);
    return status;
}

/* By our own tiers, which are quick: callers take turns, and who waited finds it done. */
static nf_status first_own(nf_function *function, bool optimises, nf_error *error)
{
    nf_engine *engine = function->engine;
    const nf_recipe optimised = {.variant = nf_variant_default(engine)}, baseline = {.llvm = NULL};
    nf_os_mutex_lock(&engine->compile_lock);
    nf_status status = NF_UNSUPPORTED;
    if (optimises) status = nf_version_first(function, optimised, &engine->compile_arena, error);
    if (status != NF_OK)
        status = nf_version_first(function, baseline, &engine->compile_arena, error);
    nf_os_mutex_unlock(&engine->compile_lock);
    return status;
}

/* Makes the function callable. False with the error: it is still lazy. */
static bool warm(nf_function *function, nf_error *error)
{
    nf_mode mode = function->engine->config.mode;
    bool by_llvm = mode == NF_MODE_LLVM || function->ir == NULL;
    if (wake(function) || (by_llvm && first_llvm(function, error) == NF_OK)) return true;
    if (function->ir == NULL) return false;
    return first_own(function, mode == NF_MODE_OPTIMISED || by_llvm, error) == NF_OK;
}

/* Nothing else goes. The worker lets it try again when only room was missing, but must not be told
 * before the slot leads to the entry: it would find nothing to undo. */
static void evaluate(nf_function *function, const nf_error *error)
{
    nf_engine *engine = function->engine;
    if (!nf_slot_replace(function, function->entries[NF_ENTRY_LAZY],
                         function->entries[NF_ENTRY_EVAL]))
        return;
    nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s; %s", error->message,
                    function->ir ? "it will be interpreted" : "a call ends the program");
    if (error->status == NF_CODE_FULL && engine->config.mode == NF_MODE_AUTO) {
        __atomic_store_n(&function->starved, true, __ATOMIC_RELEASE);
        __atomic_store_n(&engine->has_starved, true, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&function->phase, NF_PHASE_FORCED, __ATOMIC_RELEASE);
    }
}

/* On this stack may be returns to code that would be freed. */
static void warm_or_evaluate(nf_function *function, const void *own_stack)
{
    nf_error error = {0};
    int cancel = nf_os_cancel_disable(); /* files are read, and the program is told of events */
    __atomic_fetch_add(&function->handlers, 1, __ATOMIC_SEQ_CST);
    bool is_warm = warm(function, &error);
    if (!is_warm && error.status == NF_CODE_FULL && nf_evict_for(function, own_stack))
        is_warm = warm(function, &error);
    if (!is_warm) evaluate(function, &error);
    handler_leave(function);
    nf_os_cancel_restore(cancel);
}

void nf_function_warm(nf_function *function)
{
    warm_or_evaluate(function, __builtin_frame_address(0));
}

uint64_t nf_entry_lazy(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    nf_function *function = function_at(engine, index);
    warm_or_evaluate(function, frame);
    return (uint64_t)(uintptr_t)function->slot;
}

/* --- interpreted calls --- */

static void args_read(const nf_function *function, const nf_entry_frame *frame, nf_bits *args)
{
    nf_abi_walk walk = {0};
    for (uint32_t i = 0; i < function->signature->param_count; i++) {
        nf_abi_place place = nf_abi_next(&walk, function->signature->params[i]);
        const uint64_t *from;
        if (place.reg == NF_REG_NONE)
            from = frame->stack + place.stack_offset / 8;
        else if (place.reg >= NF_XMM0)
            from = frame->vectors[place.reg - NF_XMM0];
        else
            from = &frame->integers[walk.gprs - 1];
        uint64_t word = *from;
        unsigned bytes = nf_type_bytes(function->signature->params[i]);
        if (bytes < 8) word &= (UINT64_C(1) << bytes * 8) - 1;
        args[i].u64[0] = word;
    }
}

/* Ends the program as compiled code would have: by the same signal. */
static void __attribute__((noreturn)) trap_like_code(nf_op trapped)
{
    if (trapped != NF_OP_TRAP && trapped != NF_OP_NONE)
        __asm__ volatile("xorl %%ecx, %%ecx\n\tdivl %%ecx" : : : "rax", "rcx", "rdx");
    __builtin_trap();
}

uint64_t nf_entry_eval(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    nf_function *function = function_at(engine, index);
    if (function->ir == NULL) trap_like_code(NF_OP_TRAP);
    nf_arena arena;
    nf_arena_init(&arena, &engine->allocator);
    nf_bits *args = NF_NEW_ARRAY(&arena, nf_bits, function->signature->param_count + 1);
    nf_bits result = {0};
    nf_error error = {0};
    nf_eval eval = {
        .link = &function->program->link,
        .steps = UINT64_MAX,
        .depth_max = EVAL_DEPTH_MAX,
        .arena = &arena,
        .error = &error,
    };
    nf_status status = NF_MEMORY;
    if (args) {
        args_read(function, frame, args);
        uint64_t calls = __atomic_load_n(&function->counters->entries, __ATOMIC_RELAXED) + 1;
        __atomic_store_n(&function->counters->entries, calls, __ATOMIC_RELAXED);
        status = nf_eval_run(&eval, function->ir, args, &result);
    }
    nf_arena_free(&arena);
    if (status != NF_OK) {
        nf_engine_event(engine, NF_EVENT_FAILED, function, NULL, 0, "%s", error.message);
        trap_like_code(eval.trapped);
    }
    frame->integers[0] = frame->vectors[0][0] = result.u64[0];
    return 0;
}

/* --- recorded calls --- */

uint64_t nf_entry_record(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    nf_function *function = handler_enter(engine, index);
    nf_recorder *recorder = function->recorder;
    uint32_t number = __atomic_fetch_add(&recorder->next, 1, __ATOMIC_RELAXED) % NF_INPUTS;
    nf_race_input *input = &recorder->inputs[number];
    __atomic_store_n(&recorder->ready[number], 0, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 6; i++) input->integers[i] = frame->integers[i];
    for (unsigned i = 0; i < 8; i++) input->vectors[i] = frame->vectors[i][0];
    for (uint32_t i = 0; i < function->stack_words; i++) input->stack[i] = frame->stack[i];
    __atomic_store_n(&recorder->ready[number], 1, __ATOMIC_RELEASE);
    if (__atomic_sub_fetch(&recorder->burst_left, 1, __ATOMIC_RELAXED) == 0)
        slot_repair(function, function->entries[NF_ENTRY_RECORD]);
    handler_leave(function);
    return (uint64_t)(uintptr_t)&function->counters->active;
}

/* --- timed calls --- */

enum { SIDE_UNTIMED = 2 };

/* Which side's turn it is, and its version; SIDE_UNTIMED, when the audit is over. */
static uint64_t audit_target(nf_function *function, nf_entry_frame *frame)
{
    nf_audit *audit = function->audit;
    frame->side = SIDE_UNTIMED;
    if (!__atomic_load_n(&audit->open, __ATOMIC_ACQUIRE))
        return slot_repair(function, function->entries[NF_ENTRY_AUDIT]);
    uint32_t random = __atomic_load_n(&audit->random, __ATOMIC_RELAXED) * 1664525u + 1013904223u;
    __atomic_store_n(&audit->random, random, __ATOMIC_RELAXED);
    frame->side = random >> 31;
    uint64_t target = __atomic_load_n(&audit->targets[frame->side], __ATOMIC_SEQ_CST);
    nf_slot_replace(function, function->entries[NF_ENTRY_AUDIT], target);
    return target;
}

/*
 * While a timed call runs the slot leads straight to the version being timed, so that its recursive
 * calls cost what they always cost; the end of the call puts the audit entry back. A call that
 * comes in when the audit is over goes on untimed.
 */
uint64_t nf_entry_audit_begin(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    nf_function *function = handler_enter(engine, index);
    uint64_t target = audit_target(function, frame);
    handler_leave(function);
    frame->start_tsc = nf_os_tsc_start();
    return target;
}

static void sample_add(nf_audit *audit, uint64_t side, uint64_t ticks)
{
    uint32_t number = __atomic_fetch_add(&audit->counts[side], 1, __ATOMIC_RELAXED);
    if (number < NF_AUDIT_SAMPLES)
        __atomic_store_n(&audit->samples[side][number],
                         ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks, __ATOMIC_RELAXED);
}

void nf_entry_audit_end(nf_engine *engine, uint32_t index, nf_entry_frame *frame)
{
    uint64_t ticks = nf_os_tsc_stop() - frame->start_tsc;
    if (frame->side == SIDE_UNTIMED) return;
    nf_function *function = handler_enter(engine, index);
    nf_audit *audit = function->audit;
    sample_add(audit, frame->side, ticks);
    uint64_t target = __atomic_load_n(&audit->targets[frame->side], __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&audit->open, __ATOMIC_ACQUIRE) || nf_audit_done(function))
        slot_repair(function, target);
    else
        nf_slot_replace(function, target, function->entries[NF_ENTRY_AUDIT]);
    handler_leave(function);
}

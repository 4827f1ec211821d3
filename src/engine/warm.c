/*
 * Functions that must not be compiled at their first call: handlers of signals, since that may come at
 * any moment, and what runs in a race. They are compiled beforehand, with all that they can reach by
 * direct calls, and handlers with all that they take the address of; they are never evicted. What LLVM
 * alone can read may call anything, so then all of the program is compiled.
 *
 * Handlers install handlers, while the thread that they interrupt may hold any lock. So none is taken
 * for what stays already, such as the handler itself and those that it takes the address of, nor for
 * what is no function of ours: SIG_IGN, SIG_DFL, a host function. Not promised: that a handler may
 * install a function that it has from memory and that was never installed before.
 */
#include "engine_internal.h"

/* Functions still to be looked at, by their place in the program. */
typedef struct walk {
    nf_program *program;
    uint32_t *waiting, count;
    bool *seen;
    bool named; /* what they take the address of, too */
} walk;

static nf_function *function_of_symbol(const nf_program *program, nf_symbol symbol)
{
    for (uint32_t i = 0; i < program->function_count; i++)
        if (program->functions[i].symbol.id == symbol.id) return &program->functions[i];
    return NULL;
}

/* Each function once. */
static void want(walk *w, nf_function *function)
{
    if (function == NULL || w->seen[function - w->program->functions]) return;
    w->seen[function - w->program->functions] = true;
    w->waiting[w->count++] = (uint32_t)(function - w->program->functions);
}

static void callees_want(walk *w, const nf_func *f)
{
    NF_FOR_BLOCKS(f, b)
    {
        NF_FOR_INSTS(f, b, v)
        {
            const nf_inst *inst = nf_inst_at(f, v);
            if (inst->op == NF_OP_CALL || inst->op == NF_OP_TAIL_CALL)
                want(w, function_of_symbol(w->program, (nf_symbol){(uint32_t)inst->imm}));
            if (inst->op == NF_OP_SYMBOL && w->named)
                want(w, function_of_symbol(w->program, (nf_symbol){inst->extra}));
        }
    }
}

/* Calls `found` for the function and all that it can reach. */
static void reach(nf_function *first, bool named, void (*found)(nf_function *function))
{
    nf_program *program = first->program;
    nf_allocator allocator = program->engine->allocator;
    nf_arena arena;
    nf_arena_init(&arena, &allocator);
    walk w = {program, NF_NEW_ARRAY(&arena, uint32_t, program->function_count), 0,
              NF_NEW_ARRAY(&arena, bool, program->function_count), named};
    if (w.waiting && w.seen) want(&w, first);
    while (w.count) {
        nf_function *function = &program->functions[w.waiting[--w.count]];
        found(function);
        if (function->ir)
            callees_want(&w, function->ir);
        else
            for (uint32_t i = 0; i < program->function_count; i++) want(&w, &program->functions[i]);
    }
    nf_arena_free(&arena);
}

void nf_callees_warm(nf_function *function)
{
    reach(function, false, nf_function_warm);
}

static void warm_for_good(nf_function *function)
{
    __atomic_store_n(&function->stays, true, __ATOMIC_RELEASE);
    nf_function_warm(function);
}

/* Under no lock: by the slot that the stub's jump leads through, see entry.c. */
static nf_function *function_of_stub(const nf_engine *engine, uint64_t stub)
{
    typedef int32_t displacement __attribute__((aligned(1)));
    enum { FIELD_AT = 6, FIELD_END = 10 }; /* endbr64; jmp [rip + displacement] */
    const displacement *field = (const displacement *)(uintptr_t)(stub + FIELD_AT);
    if (stub % NF_STUB_BYTES) return NULL;
    uint64_t slot = stub + FIELD_END + (uint64_t)*field;
    uint64_t index = (slot - (uint64_t)(uintptr_t)engine->slots) / sizeof *engine->slots;
    if (index >= NF_FUNCTIONS_MAX) return NULL;
    nf_function *function = __atomic_load_n(&engine->functions[index], __ATOMIC_ACQUIRE);
    return function && function->stub == stub ? function : NULL;
}

void nf_function_warm_all(uint64_t stub)
{
    const nf_engine *engine = nf_engine_around(stub);
    nf_function *function = engine ? function_of_stub(engine, stub) : NULL;
    if (function == NULL || __atomic_load_n(&function->stays, __ATOMIC_ACQUIRE)) return;
    reach(function, true, nf_function_warm); /* first: what stays has all that it calls */
    reach(function, true, warm_for_good);
}

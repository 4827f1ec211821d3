/*
 * Compiled code and the interpreter by turns.
 *
 *        ┌──────────────── there is a region at the PC ◄──────────────────┐
 *        ▼                                                                │
 *     regions, and from one to the next                                   │
 *        │ too little left ──► interpreter, to the end of the count       │
 *        │ an instruction that is not compiled, a store to code that is   │
 *        │     ──► nf_lc3_step(); written regions go ─────────────────────┤
 *        ▼ no region at the PC                                            │
 *     interpreter, to the next address with a region, or PIECE ───────────┘
 *
 * Heat. What the interpreter executes on the way from one region to the next makes the address hot
 * where it began. After each PIECE of interpreted instructions the program is stepped to the next
 * jump backwards, whose target, a loop's header most of the time, gets the piece's heat. (Where
 * execution goes on behind a backward jump is what is worth compiling: Duesterwald and Bala, Software
 * Profiling for Hot Path Prediction, 2000.) The interpreter counts nothing.
 */
#include "jit.h"
#include "translate.h"

enum {
    PIECE = 4096,      /* instructions from one sample to the next */
    SAMPLE_STEPS = 64, /* at most, to a jump backwards */
    SLICE = 1 << 18,   /* some 20 us of compiled code, into which it takes a moment to get back */
    ARRIVAL = 64,      /* what leaving compiled code costs, in interpreted instructions */
};

struct nf_lc3_jit {
    nf_lc3 *machine;
    nf_vm *vm;
    const nf_allocator *allocator;
    bool eager;             /* whatever is reached is hot */
    nf_lc3_edition edition; /* that the regions are compiled for; snapshots may change it */
    uint32_t unsampled;     /* instructions interpreted since the last sample */
};

/* Compiles what has become hot. */
static void heat_add(nf_lc3_jit *jit, uint16_t pc, uint64_t heat)
{
    nf_lc3 *m = jit->machine;
    if (!nf_vm_heat_add(jit->vm, pc, heat, m->instructions)) return;
    if (nf_vm_compile(jit->vm, nf_lc3_mode(m), pc, NULL) != NF_OK) nf_vm_heat_refuse(jit->vm, pc);
}

static bool is_compiled(const nf_lc3_jit *jit)
{
    const nf_lc3 *m = jit->machine;
    return nf_vm_region_length(jit->vm, nf_lc3_mode(m), m->pc) != 0;
}

/* Where everything is to be compiled, what is about to run is so; unless it is written again and
 * again. */
static bool is_hot_at_once(nf_lc3_jit *jit)
{
    if (!jit->eager) return false;
    heat_add(jit, jit->machine->pc, 1);
    return is_compiled(jit);
}

static void sample(nf_lc3_jit *jit, uint64_t end)
{
    nf_lc3 *m = jit->machine;
    for (uint32_t i = 0; i < SAMPLE_STEPS && m->instructions < end; i++) {
        uint16_t pc = m->pc;
        nf_lc3_step(m);
        if (m->attention) return;
        if (m->pc > pc) continue;
        heat_add(jit, m->pc, PIECE);
        return;
    }
}

/* Executes at least one instruction, unless there is a region for it now. */
static void cold_run(nf_lc3_jit *jit, uint64_t end)
{
    nf_lc3 *m = jit->machine;
    uint16_t from = m->pc;
    uint64_t before = m->instructions, left = end - before, piece = PIECE - jit->unsampled;
    if (is_hot_at_once(jit)) return;
    m->stops_at_regions = true;
    nf_lc3_interpret(m, left < piece ? left : piece);
    m->stops_at_regions = false;
    uint64_t ran = m->instructions - before;
    jit->unsampled += (uint32_t)ran;
    if (m->attention) return;
    if (ran == 0) nf_lc3_step(m); /* a region for another mode begins here */
    if (jit->unsampled >= PIECE) {
        jit->unsampled = 0;
        sample(jit, end);
    } else if (m->instructions < end && m->attention == 0) {
        heat_add(jit, from, ran + ARRIVAL);
    }
}

static void edition_look(nf_lc3_jit *jit)
{
    nf_lc3 *m = jit->machine;
    if (jit->edition == m->config.edition) return;
    jit->edition = m->config.edition;
    nf_vm_flush(jit->vm);
    nf_lc3_interpret(m, 0); /* makes the cells, which know where regions begin */
}

static void jit_run(nf_lc3 *m, uint64_t count)
{
    nf_lc3_jit *jit = m->config.hooks.code;
    uint64_t end = m->instructions + count;
    edition_look(jit);
    while (m->instructions < end && m->attention == 0) {
        uint64_t left = end - m->instructions;
        if (left > NF_VM_BUDGET_MAX) left = NF_VM_BUDGET_MAX;
        nf_vm_exit exit = nf_vm_enter(jit->vm, nf_lc3_mode(m), m->pc, left);
        m->instructions += left - exit.left;
        if (exit.left == 0) return;
        if (exit.reason == NF_VM_BUDGET)
            nf_lc3_interpret(m, exit.left);
        else if (exit.reason == NF_VM_HELPED)
            nf_lc3_step(m);
        else if (exit.reason == NF_VM_COLD)
            cold_run(jit, end);
    }
}

static void written(void *context, uint16_t address)
{
    nf_lc3_jit *jit = context;
    nf_vm_written(jit->vm, address);
}

uint32_t nf_lc3_jit_step_length(nf_lc3_jit *jit)
{
    nf_lc3 *m = jit->machine;
    edition_look(jit);
    is_hot_at_once(jit);
    uint32_t length = nf_vm_region_length(jit->vm, nf_lc3_mode(m), m->pc);
    return length ? length : 1;
}

const nf_vm_counts *nf_lc3_jit_counts(const nf_lc3_jit *jit)
{
    return nf_vm_counts_of(jit->vm);
}

nf_status nf_lc3_jit_new(nf_lc3 *machine, const nf_vm_config *config, nf_lc3_jit **out,
                         nf_error *error)
{
    const nf_allocator *allocator = config->allocator ? config->allocator : nf_os_allocator();
    nf_lc3_jit *jit = allocator->allocate(allocator->context, sizeof *jit);
    *out = NULL;
    if (jit == NULL) return nf_fail(error, NF_MEMORY, "no memory for the LC-3's compiler");
    *jit = (nf_lc3_jit){.machine = machine, .allocator = allocator, .eager = config->hot == 1};
    nf_status status = nf_vm_new(&nf_lc3_guest, machine, config, &jit->vm, error);
    if (status != NF_OK) {
        allocator->release(allocator->context, jit, sizeof *jit);
        return status;
    }
    machine->config.hooks.code = jit;
    machine->config.hooks.code_written = written;
    machine->engine = jit_run;
    machine->slice = SLICE;
    *out = jit;
    return NF_OK;
}

void nf_lc3_jit_free(nf_lc3_jit *jit)
{
    if (jit == NULL) return;
    nf_vm_free(jit->vm);
    jit->machine->engine = nf_lc3_interpret;
    jit->machine->slice = NF_LC3_SLICE;
    jit->machine->config.hooks.code_written = NULL;
    jit->allocator->release(jit->allocator->context, jit, sizeof *jit);
}

/* The engines of the LC-3 by name. */
#include <inttypes.h>
#include <string.h>
#include "lc3_engine.h"

const char lc3_engine_default[] = "jit";
const char lc3_engine_names[] = "jit, interp or step";

/* The reference as an engine. */
static void step(nf_lc3 *machine, uint64_t count)
{
    while (count-- > 0 && machine->attention == 0) nf_lc3_step(machine);
}

/* Without a function of its own it is the compiler. */
static const struct {
    const char *name;
    void (*run)(nf_lc3 *machine, uint64_t count);
} engines[] = {
    {lc3_engine_default, NULL},
    {"interp", nf_lc3_interpret},
    {"step", step},
};
enum { ENGINE_COUNT = sizeof engines / sizeof *engines };

static unsigned index_of(const char *name)
{
    unsigned i = 0;
    while (i < ENGINE_COUNT && strcmp(engines[i].name, name) != 0) i++;
    return i;
}

bool lc3_engine_is_known(const char *name)
{
    return index_of(name) < ENGINE_COUNT;
}

bool lc3_engine_attach(lc3_engine *engine, nf_lc3 *machine, const char *name, bool check)
{
    nf_error error = {0};
    nf_status status = NF_OK;
    *engine = (lc3_engine){.machine = machine};
    if (check)
        status = nf_lc3_lockstep_new(machine, &engine->lockstep, &error);
    else if (engines[index_of(name)].run)
        machine->engine = engines[index_of(name)].run;
    else
        status = nf_lc3_jit_new(machine, &(nf_vm_config){.llvm = true}, &engine->jit, &error);
    if (status != NF_OK) complain_error(&error);
    return status == NF_OK;
}

nf_lc3_stop lc3_engine_run(lc3_engine *engine, uint64_t limit)
{
    char difference[512];
    nf_lc3_stop stop;
    if (engine->lockstep == NULL) return nf_lc3_run(engine->machine, limit);
    if (!nf_lc3_lockstep_run(engine->lockstep, limit, &stop, difference, sizeof difference)) {
        complain("compiled code and the reference disagree: %s", difference);
        engine->differs = true;
        stop = NF_LC3_STOP_ASKED;
    }
    return stop;
}

/* --- what the compiler did --- */

/* nf_vm_counts by names; the names are those of the JSON. */
typedef struct count_row {
    const char *name;
    uint64_t value;
} count_row;

enum { COUNT_ROWS = 21 };

static void count_rows_fill(const nf_vm_counts *c, count_row rows[COUNT_ROWS])
{
    const count_row filled[COUNT_ROWS] = {
        {"regions", c->regions_made},
        {"regions_written", c->regions_written},
        {"regions_flushed", c->regions_flushed},
        {"regions_refused", c->regions_refused},
        {"regions_unguarded", c->regions_unguarded},
        {"compiled_t1", c->compiled[0]},
        {"compiled_t2", c->compiled[1]},
        {"compiled_t2_flat", c->compiled[2]},
        {"compiled_llvm", c->compiled[3]},
        {"races", c->races},
        {"races_won", c->races_won},
        {"code_bytes", c->code_bytes},
        {"compile_ns", c->compile_ns},
        {"compiled_instructions", c->instructions},
        {"entries", c->entries},
        {"links", c->links},
        {"links_changed", c->links_changed},
        {"exits_budget", c->exits[NF_VM_BUDGET]},
        {"exits_cold", c->exits[NF_VM_COLD]},
        {"exits_helped", c->exits[NF_VM_HELPED]},
        {"exits_guarded", c->exits[NF_VM_GUARDED]},
    };
    memcpy(rows, filled, sizeof filled);
}

void lc3_engine_print(const lc3_engine *engine, FILE *stream)
{
    if (engine->jit == NULL) return;
    const nf_vm_counts *c = nf_lc3_jit_counts(engine->jit);
    const double ns_per_ms = 1e6, percent = 100;
    uint64_t all = engine->machine->instructions;
    fprintf(stream,
            "compiled         %" PRIu32 " regions: %" PRIu32 " times by T1, %" PRIu32
            " by T2, %" PRIu32 " by T2 without short branches, %" PRIu32 " by LLVM; %" PRIu64
            " bytes, %.3f ms\n"
            "regions          %" PRIu32 " races, %" PRIu32 " won; %" PRIu32 " written, %" PRIu32
            " flushed, %" PRIu32 " refused, %" PRIu32 " made again without guards\n"
            "in regions       %.2f %% of instructions; entered %" PRIu64 ", linked by %" PRIu64
            " jumps; left for budget %" PRIu64 ", cold %" PRIu64 ", help %" PRIu64 "\n",
            c->regions_made, c->compiled[0], c->compiled[1], c->compiled[2], c->compiled[3],
            c->code_bytes, (double)c->compile_ns / ns_per_ms, c->races, c->races_won,
            c->regions_written, c->regions_flushed, c->regions_refused, c->regions_unguarded,
            all ? (double)c->instructions / (double)all * percent : 0, c->entries, c->links,
            c->exits[NF_VM_BUDGET], c->exits[NF_VM_COLD], c->exits[NF_VM_HELPED]);
}

void lc3_engine_json(const lc3_engine *engine, nf_json *json)
{
    count_row rows[COUNT_ROWS];
    if (engine->jit == NULL) return;
    count_rows_fill(nf_lc3_jit_counts(engine->jit), rows);
    nf_json_key(json, "compiler");
    nf_json_object_begin(json);
    for (unsigned i = 0; i < COUNT_ROWS; i++) {
        nf_json_key(json, rows[i].name);
        nf_json_uint(json, rows[i].value);
    }
    nf_json_object_end(json);
}

void lc3_engine_detach(lc3_engine *engine)
{
    nf_lc3_lockstep_free(engine->lockstep);
    nf_lc3_jit_free(engine->jit);
}

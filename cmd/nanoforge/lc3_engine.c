/* The engines of the LC-3 by name. */
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
        status = nf_lc3_jit_new(machine, &(nf_vm_config){0}, &engine->jit, &error);
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

void lc3_engine_detach(lc3_engine *engine)
{
    nf_lc3_lockstep_free(engine->lockstep);
    nf_lc3_jit_free(engine->jit);
}

/* Bare metal has no perf events: time comes from the time stamp counter alone. */
#include "engine/engine_internal.h"

void nf_sampler_open(nf_engine *engine)
{
    nf_format(engine->counters_line, sizeof engine->counters_line,
              "counters: the time stamp counter; this platform has no others");
}

void nf_sampler_close(nf_engine *engine) { (void)engine; }

/* Bare metal has no perf events: time comes from the time stamp counter alone. */
#include "engine/engine_internal.h"

void nf_sampler_open(nf_engine *engine)
{
    nf_format(engine->counters_line, sizeof engine->counters_line,
              "the time stamp counter; this platform has no others");
}

bool nf_sampler_poll(nf_engine *engine, uint64_t now_ns)
{
    (void)engine;
    (void)now_ns;
    return false;
}

double nf_sampler_seconds(void)
{
    return 0;
}

void nf_sampler_close(nf_engine *engine)
{
    (void)engine;
}

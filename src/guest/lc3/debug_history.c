/*
 * The debugger's past: moments, thinned out as they grow in number, and restored.
 *
 *     time 0        64k        128k       192k          now
 *     ●────────────●──────────●──────────●─────────────┤
 *                                        └─ restored, then executed up to now - 1: a step back
 *
 * When there is no room for another, every second one goes and the distance doubles; so the past
 * costs the same memory however long it is, and going back costs at most as many instructions as
 * lie between two moments. A moment behind an edit does not follow from the one in front of it and
 * is kept; if there are none but such, the earliest is forgotten, and the past begins later.
 *
 * An edit makes another future. Going back to before it undoes it, so moments from it on are
 * forgotten then: they would not come again.
 */
#include "debug_internal.h"

static nf_lc3_moment *moment_new(const nf_lc3_debug *debug)
{
    return debug->allocator->allocate(debug->allocator->context, sizeof(nf_lc3_moment));
}

static void moment_free(const nf_lc3_debug *debug, nf_lc3_moment *moment)
{
    debug->allocator->release(debug->allocator->context, moment, sizeof *moment);
}

void nf_lc3_moments_cut(nf_lc3_debug *debug, uint32_t index)
{
    while (debug->moment_count > index) moment_free(debug, debug->moments[--debug->moment_count]);
}

static void thin_out(nf_lc3_debug *debug)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i < debug->moment_count; i++) {
        nf_lc3_moment *moment = debug->moments[i];
        if (i % 2 == 0 || moment->edited)
            debug->moments[kept++] = moment;
        else
            moment_free(debug, moment);
    }
    debug->moment_count = kept;
    debug->interval *= 2;
    if (kept < NF_LC3_MOMENTS_MAX) return;
    moment_free(debug, debug->moments[0]);
    for (uint32_t i = 1; i < kept; i++) debug->moments[i - 1] = debug->moments[i];
    debug->moment_count--;
}

bool nf_lc3_moment_keep(nf_lc3_debug *debug, bool edited)
{
    if (debug->moment_count == NF_LC3_MOMENTS_MAX) thin_out(debug);
    nf_lc3_moment *moment = moment_new(debug);
    if (moment == NULL) return false;
    moment->time = debug->machine->instructions;
    moment->edited = edited;
    moment->calls = debug->calls;
    nf_lc3_snapshot_write(debug->machine, moment->state);
    debug->moments[debug->moment_count++] = moment;
    return true;
}

uint32_t nf_lc3_moment_before(const nf_lc3_debug *debug, uint64_t time)
{
    uint32_t index = debug->moment_count - 1;
    while (index > 0 && debug->moments[index]->time > time) index--;
    return index;
}

void nf_lc3_moment_restore(nf_lc3_debug *debug, uint32_t index)
{
    const nf_lc3_moment *moment = debug->moments[index];
    nf_lc3_snapshot_read(debug->machine, "moment", moment->state, sizeof moment->state, NULL);
    debug->calls = moment->calls;
    debug->poll_count = 0;
    nf_lc3_debug_watch_forget(debug);
}

bool nf_lc3_debug_edited(nf_lc3_debug *debug)
{
    uint32_t index = debug->moment_count;
    while (index > 0 && debug->moments[index - 1]->time > debug->machine->instructions) index--;
    nf_lc3_moments_cut(debug, index);
    nf_lc3_debug_watch_forget(debug);
    return nf_lc3_moment_keep(debug, true);
}

uint64_t nf_lc3_debug_beginning(const nf_lc3_debug *debug)
{
    return debug->moments[0]->time;
}

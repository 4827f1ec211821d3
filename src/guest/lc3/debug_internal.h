/* What the debugger's files share. */
#ifndef NF_GUEST_LC3_DEBUG_INTERNAL_H
#define NF_GUEST_LC3_DEBUG_INTERNAL_H

#include "debug.h"

/* Executes an instruction and follows calls. False when none was executed, or the machine must not
 * go on by itself: *stop says why. */
bool nf_lc3_debug_execute(nf_lc3_debug *debug, nf_lc3_stop *stop);
/* Makes the machine's hooks the debugger's. */
void nf_lc3_debug_hook(nf_lc3_debug *debug);
/* The newest watch whose value has changed since the last look, or -1. */
int nf_lc3_debug_watch_look(nf_lc3_debug *debug);
/* What comes from elsewhere than execution is no change. */
void nf_lc3_debug_watch_forget(nf_lc3_debug *debug);

/* Keeps the machine's state, if there is none of this time that follows by execution. False:
 * memory. */
bool nf_lc3_moment_keep(nf_lc3_debug *debug, bool edited);
/* The last moment at or before the time; 0 when there is none so early. */
uint32_t nf_lc3_moment_before(const nf_lc3_debug *debug, uint64_t time);
void nf_lc3_moment_restore(nf_lc3_debug *debug, uint32_t index);
/* Forgets moments from an index on. */
void nf_lc3_moments_cut(nf_lc3_debug *debug, uint32_t index);

#endif

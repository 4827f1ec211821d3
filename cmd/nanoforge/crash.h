/* When the program crashes: where, by the names of its compiled functions. */
#ifndef NF_CRASH_H
#define NF_CRASH_H

#include <nanoforge/nanoforge.h>

/* From now on a signal that ends the process prints a backtrace on standard error first; the
 * process still ends by that signal. A program's own handlers take over as ever. */
void crash_watch(nf_engine *engine);

#endif

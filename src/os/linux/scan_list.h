/* All threads of this process, for who must not miss one. */
#ifndef NF_OS_SCAN_LIST_H
#define NF_OS_SCAN_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All other threads that there were at one moment during the call, but those that have ended since; false:
 * they are more than max, or so many come and go that no list of them was found to be whole. */
bool nf_scan_list(pid_t *threads, uint32_t max, uint32_t *count);
bool nf_scan_is_alive(pid_t thread);

#endif

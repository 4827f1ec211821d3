/* The scan around fork(): none goes on while a process is copied. */
#ifndef NF_OS_LINUX_SCAN_FORK_H
#define NF_OS_LINUX_SCAN_FORK_H

#include <stdbool.h>

void nf_scan_fork_prepare(void);
void nf_scan_fork_done(bool is_child);

#endif

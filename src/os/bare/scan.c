/* Bare metal has one thread, and it is outside of compiled code when it reclaims: nothing is
 * pinned. */
#include "os/scan.h"

nf_status nf_os_scan_open(nf_error *error)
{
    (void)error;
    return NF_OK;
}

void nf_os_scan_thread(void) {}

bool nf_os_thread_park(uint64_t thread, uint64_t start, uint64_t end, uint64_t timeout_ns)
{
    (void)thread, (void)start, (void)end, (void)timeout_ns;
    return false;
}

bool nf_os_scan(nf_os_range *ranges, uint32_t count, const void *stack, uint64_t timeout_ns)
{
    (void)stack;
    (void)timeout_ns;
    for (uint32_t i = 0; i < count; i++) ranges[i].pinned = false;
    return true;
}

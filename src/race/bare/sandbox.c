/* Bare metal has no processes; a sandbox of page tables is the kernel's to add. */
#include "race/sandbox.h"

nf_status nf_sandbox_run(const nf_race_request *request, nf_sandbox_result *result, nf_error *error)
{
    (void)request;
    (void)result;
    return nf_fail(error, NF_UNSUPPORTED, "no sandbox on this platform");
}

nf_status nf_zygote_open(nf_zygote **out, nf_error *error)
{
    *out = NULL;
    return nf_fail(error, NF_UNSUPPORTED, "no sandbox on this platform");
}

void nf_zygote_renew(nf_zygote **zygote)
{
    (void)zygote;
}

void nf_zygote_close(nf_zygote *zygote)
{
    (void)zygote;
}

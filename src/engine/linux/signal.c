/*
 * Signal handlers that are compiled functions: they, and what they call, are compiled when they are
 * installed. At their first call it would be too late, for they may interrupt a compilation or an
 * allocation, whose locks are held.
 *
 * So programs get these instead of the C library's functions of the same names.
 */
#include "engine/engine_internal.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

typedef void handler_function(int number);

static handler_function *host_signal(int number, handler_function *handler)
{
    nf_function_warm_all((uint64_t)(uintptr_t)handler);
    return signal(number, handler);
}

static handler_function *host_sysv_signal(int number, handler_function *handler)
{
    nf_function_warm_all((uint64_t)(uintptr_t)handler);
    return sysv_signal(number, handler);
}

static int host_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (action) nf_function_warm_all((uint64_t)(uintptr_t)action->sa_handler);
    return sigaction(number, action, old);
}

static const struct {
    const char *name;
    void *address;
} functions[] = {
    {"signal", (void *)host_signal},           {"bsd_signal", (void *)host_signal},
    {"ssignal", (void *)host_signal},          {"__sysv_signal", (void *)host_sysv_signal},
    {"sysv_signal", (void *)host_sysv_signal}, {"sigaction", (void *)host_sigaction},
};

void *nf_signal_function(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(functions[i].name, name) == 0) return functions[i].address;
    return NULL;
}

/*
 * Host symbols on Linux: our own helpers, then what the dynamic linker sees, in its own order; see
 * os.h. C++'s library is loaded when a symbol that only it has is first asked for.
 */
#include "os/os.h"

#include <dlfcn.h>
#include <string.h>
#include "helpers.h"

static bool is_of_cxx(const char *name)
{
    return strncmp(name, "_Z", 2) == 0 || strncmp(name, "__cxa_", 6) == 0 ||
           strncmp(name, "__gxx_", 6) == 0;
}

void *nf_os_symbol(const char *name)
{
    void *address = nf_helper_find(name);
    if (address == NULL) address = dlsym(RTLD_DEFAULT, name);
    if (address == NULL && is_of_cxx(name) && dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL))
        address = dlsym(RTLD_DEFAULT, name);
    return address;
}

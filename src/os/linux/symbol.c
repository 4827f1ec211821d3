/* Host symbols on Linux: what the dynamic linker sees, in its own order; see os.h. */
#include "os/os.h"

#include <dlfcn.h>

void *nf_os_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

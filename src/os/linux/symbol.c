/* Host symbols on Linux: our own helpers, then what the dynamic linker sees, in its own order; see
 * os.h. */
#include "os/os.h"

#include <dlfcn.h>
#include "helpers.h"

void *nf_os_symbol(const char *name)
{
    void *helper = nf_helper_find(name);
    return helper ? helper : dlsym(RTLD_DEFAULT, name);
}

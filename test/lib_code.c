/* See lib_code.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib_code.h"
#include "os/os.h"

enum { CODE_BYTES = 16 << 20 };

nf_code_memory *code_memory;

int code_setup(void **state)
{
    nf_error error;
    (void)state;
    return nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code_memory, &error);
}

int code_teardown(void **state)
{
    (void)state;
    nf_code_memory_free(code_memory);
    return 0;
}

uint64_t code_compile(const char *name, const nf_func *f, const nf_compile *options,
                      nf_compiled *out)
{
    nf_error error = {.message = ""};
    uint64_t address = 0;
    nf_status status = nf_backend_compile(f, options, out, &error);
    if (status == NF_OK)
        status = nf_code_place(code_memory, &out->blob, name, NULL, &address, &error);
    if (status != NF_OK) fail_msg("%s: %s", name, error.message);
    return address;
}

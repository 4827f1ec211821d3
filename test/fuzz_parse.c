/*
 * Any bytes as text NIR: refused with a place, or a module that prints, reads back and prints the
 * same. Run: build/fuzz/fuzz_parse test/nir
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ir/ir.h"
#include "ir/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void expect(bool truth)
{
    if (!truth) __builtin_trap();
}

/* The printed text lives in the module. */
static nf_module *read_again(nf_module *module, const char **text, size_t *length)
{
    nf_module *again;
    nf_error error;
    expect(nf_module_print(module, text, length) == NF_OK);
    expect(nf_text_parse(NULL, "printed", *text, *length, &again, &error) == NF_OK);
    expect(nf_module_verify(again, &error) == NF_OK);
    return again;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    nf_module *module, *again;
    nf_error error;
    const char *first, *second;
    size_t first_length, second_length;
    if (nf_text_parse(NULL, "fuzz", (const char *)bytes, size, &module, &error)) {
        expect(module == NULL && error.message[0] != 0);
        return 0;
    }
    if (nf_module_verify(module, &error)) {
        expect(error.message[0] != 0);
    } else {
        again = read_again(module, &first, &first_length);
        expect(nf_module_print(again, &second, &second_length) == NF_OK);
        expect(first_length == second_length && memcmp(first, second, first_length) == 0);
        nf_module_free(again);
    }
    nf_module_free(module);
    return 0;
}

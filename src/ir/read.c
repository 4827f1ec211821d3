/*
 * Reading a module, whatever its form: "\0NIR" begins the binary one, which no text can.
 *
 * What comes out is verified, so that nobody behind this has to doubt it.
 */
#include "binary.h"
#include "parse.h"

nf_status nf_module_read(const nf_allocator *allocator, const char *name, const void *bytes,
                         size_t size, nf_module **module, nf_error *error)
{
    NF_REQUIRE(module, error);
    *module = NULL;
    NF_REQUIRE(name, error);
    if (size) NF_REQUIRE(bytes, error);
    nf_status status = nf_binary_is(bytes, size)
                           ? nf_binary_decode(allocator, name, bytes, size, module, error)
                           : nf_text_parse(allocator, name, bytes, size, module, error);
    if (status) return status;
    status = nf_module_verify(*module, error);
    if (status == NF_OK) return NF_OK;
    nf_module_free(*module);
    *module = NULL;
    return status;
}

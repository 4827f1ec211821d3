/*
 * libFuzzer on the binary form: whatever the bytes, decoding ends with an error or a module; what
 * the verifier takes is encoded, decoded and encoded again to the same bytes, and prints. The
 * checksum is put right first, or no input would get past it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ir/binary.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
    if (!condition) abort();
}

static void round_trip(nf_module *module)
{
    const void *bytes, *bytes_again;
    const char *text;
    size_t size, size_again, length;
    nf_module *again;
    nf_error error;
    check(nf_module_encode(module, &bytes, &size) == NF_OK);
    check(nf_binary_decode(nf_os_allocator(), "again", bytes, size, &again, &error) == NF_OK);
    check(nf_module_verify(again, &error) == NF_OK);
    check(nf_module_encode(again, &bytes_again, &size_again) == NF_OK);
    check(size == size_again && memcmp(bytes, bytes_again, size) == 0);
    check(nf_module_print(again, &text, &length) == NF_OK);
    nf_module_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nf_module *module;
    nf_error error;
    uint8_t *bytes = malloc(size + 1);
    memcpy(bytes, data, size);
    if (size >= NF_BINARY_CHECKSUM_BYTES) {
        uint64_t checksum = nf_hash_bytes(bytes, size - NF_BINARY_CHECKSUM_BYTES);
        memcpy(bytes + size - NF_BINARY_CHECKSUM_BYTES, &checksum, sizeof checksum);
    }
    if (nf_binary_decode(nf_os_allocator(), "fuzz", bytes, size, &module, &error) == NF_OK) {
        if (nf_module_verify(module, &error) == NF_OK) round_trip(module);
        nf_module_free(module);
    }
    free(bytes);
    return 0;
}

/*
 * What every NanoForge header shares: status codes, error details, the allocator.
 *
 * Freestanding: needs only <stddef.h>, <stdint.h> and <stdbool.h>. C11 and C++11.
 */
#ifndef NANOFORGE_TYPES_H
#define NANOFORGE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NF_API __attribute__((visibility("default")))
#else
#define NF_API
#endif

/* How a call ended. Texts: nf_status_text(). */
typedef enum nf_status {
#define STATUS(name, text) NF_##name,
#include "status.def"
#undef STATUS
    NF_STATUS_COUNT
} nf_status;

enum { NF_ERROR_FILE_BYTES = 128, NF_ERROR_MESSAGE_BYTES = 256 };

/* The detail of a failure, owned by the caller, written on failure only. Who gives NULL for it gets
 * the status alone. Strings are NUL-terminated, cut when too long.
 * line and column count from 1; 0 means that there is none. */
typedef struct nf_error {
    nf_status status;
    uint32_t line, column;
    char file[NF_ERROR_FILE_BYTES];
    char message[NF_ERROR_MESSAGE_BYTES];
} nf_error;

/* A fixed text for a status, never NULL; static storage; any thread. */
NF_API const char *nf_status_text(nf_status status);

/* Writes "file:line:column: message" (parts that are unknown left out) to text, at most size bytes
 * with the NUL; returns the length that it would have without a limit. */
NF_API size_t nf_error_format(const nf_error *error, char *text, size_t size);

/* The embedder's memory. allocate returns at least size bytes aligned to 16, or NULL; release takes
 * what allocate gave and its size. Both may be called from any thread at once. */
typedef struct nf_allocator {
    void *(*allocate)(void *context, size_t size);
    void (*release)(void *context, void *memory, size_t size);
    void *context;
} nf_allocator;

#ifdef __cplusplus
}
#endif
#endif

/*
 * The LLVM plug-in's interface: C comes in through it, and hot functions climb to its tier.
 *
 * libnanoforge-llvm.so is loaded by name when a program first needs it, for loading libLLVM costs
 * some 15 ms. It gives one symbol, the table nf_llvm_plugin. The engine includes this file and
 * nothing of src/llvm/; a build without LLVM has no plug-in and no tier 3.
 *
 * A unit is bitcode that was read and linked. Its symbols keep their names in the module that is
 * imported from it (the linker has made local ones unique), so that both sides mean the same
 * function, the same datum: a function compiled from the unit leaves all others, and all data,
 * undefined, and they are resolved by the program. A function that NIR can't express is foreign: in
 * the module it is an extern symbol, and the engine has it compiled when the program is loaded.
 *
 * Threads: a unit by one thread at a time. Memory that comes out belongs to the arena that is
 * given. Errors: NF_MEMORY; NF_SYNTAX (truncated, of another version, or LLVM IR with a mistake:
 * LLVM's reason); NF_UNSUPPORTED (another target, no file of LLVM's, or an operation by name).
 */
#ifndef NF_ENGINE_LLVM_H
#define NF_ENGINE_LLVM_H

#include <nanoforge/nanoforge.h>
#include "base/arena.h"
#include "base/text.h"
#include "ir/ir.h"
#include "x64/asm.h"

enum { NF_LLVM_ABI = 2 };

typedef struct nf_llvm_unit nf_llvm_unit;
typedef struct nf_llvm_prepared nf_llvm_prepared;

/* One file: bitcode or textual LLVM IR. */
typedef nf_source nf_llvm_source;

/* Plain or wrapped, by its magic. */
static inline bool nf_is_bitcode(const void *bytes, size_t size)
{
    static const uint8_t magics[][4] = {{'B', 'C', 0xc0, 0xde}, {0xde, 0xc0, 0x17, 0x0b}};
    return size >= sizeof *magics && (__builtin_memcmp(bytes, magics[0], sizeof *magics) == 0 ||
                                      __builtin_memcmp(bytes, magics[1], sizeof *magics) == 0);
}

/* Bitcode, or a name that says textual LLVM IR. */
static inline bool nf_llvm_takes(const nf_llvm_source *source)
{
    static const char suffix[] = ".ll";
    size_t length = nf_string_length(source->name);
    return nf_is_bitcode(source->bytes, source->size) ||
           (length >= sizeof suffix &&
            nf_string_equal(source->name + length - (sizeof suffix - 1), suffix));
}

typedef struct nf_llvm_foreign {
    const char *name, *reason; /* "varargs function" */
} nf_llvm_foreign;

/* How to compile. All zero: as -O2 does for any x86-64. */
typedef struct nf_llvm_options {
    const char *name;  /* of the variant: "llvm.o3.w512", static */
    uint64_t features; /* CPU features that the code may use (os/cpu.def), and may be asked for */
    uint8_t level;     /* 1, 2, 3 */
    uint16_t vector_width; /* bits that are preferred; 0: LLVM's choice */
    uint8_t interleave;    /* 1: one copy of a vector loop's body; 0: LLVM's choice */
    uint8_t unroll;        /* of scalar loops; 0: LLVM's choice, 1: none */
    bool contract;         /* a * b + c in one rounding where the source allows it; NF_BUSY when it
                              does nowhere */
    bool tail_folding;     /* vector loops end by masks, not by a scalar loop */
} nf_llvm_options;

typedef struct nf_llvm_api {
    uint32_t abi;        /* NF_LLVM_ABI */
    const char *version; /* "19.1.7" */

    /* Reads and links. Sources may be let go afterwards. */
    nf_status (*unit_read)(const nf_llvm_source *sources, uint32_t count, nf_llvm_unit **unit,
                           nf_error *error);
    void (*unit_free)(nf_llvm_unit *unit);
    /* The linked unit as bitcode, for a store. */
    nf_status (*unit_write)(nf_llvm_unit *unit, nf_arena *arena, const void **bytes, size_t *size,
                            nf_error *error);
    /* NIR, not verified yet; foreign functions with their reasons, in the module's order. */
    nf_status (*unit_import)(nf_llvm_unit *unit, const nf_allocator *allocator, nf_arena *arena,
                             nf_module **module, const nf_llvm_foreign **foreign,
                             uint32_t *foreign_count, nf_error *error);

    /* One function of the unit, to be compiled in several ways, which share what they can. It needs
     * the unit for as long as it lives. */
    nf_status (*prepare)(nf_llvm_unit *unit, const char *function, nf_llvm_prepared **prepared,
                         nf_error *error);
    /* The same of a verified NIR function, which may go afterwards. The object's symbol is `name`, if
     * that is not NULL: then f is not what its own name means to others, or to calls in f itself. */
    nf_status (*prepare_nir)(const nf_func *f, const char *name, nf_llvm_prepared **prepared,
                             nf_error *error);
    /* A relocatable ELF object with the function, with what it calls inlined as LLVM sees fit. After a
     * failure other than NF_BUSY there is nothing to do with `prepared` but to free it. */
    nf_status (*compile)(nf_llvm_prepared *prepared, const nf_llvm_options *options,
                         nf_arena *arena, const void **bytes, size_t *size, nf_error *error);
    void (*prepared_free)(nf_llvm_prepared *prepared); /* NULL is fine */
} nf_llvm_api;

/*
 * The plug-in, for who compiles without a program: guests. It is loaded if it was not; LLVM is the
 * caller's alone, of all threads, until the return. NF_UNSUPPORTED: there is none, or the process
 * is ending; then there is nothing to return.
 */
nf_status nf_llvm_borrow(const nf_llvm_api **api, nf_error *error);
void nf_llvm_return(void);

/* What the plug-in exports by this name. */
#define NF_LLVM_SYMBOL "nf_llvm_plugin"

#endif

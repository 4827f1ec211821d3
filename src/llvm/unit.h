/*
 * A unit inside the plug-in: what unit.c reads, import*.c turns into NIR and compile*.c into code.
 *
 * Every global value of the module has a name, and no two the same one. The module was verified,
 * is for x86-64 and has a data layout. Who changes it (passes do) works on a clone: the importer,
 * the compiler and a store must see the same one. A unit belongs to one thread at a time; its
 * context serves for clones and for whatever else is made from it.
 */
#ifndef NF_LLVM_UNIT_H
#define NF_LLVM_UNIT_H

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include "engine/llvm.h"

struct nf_llvm_unit {
    const nf_allocator *allocator; /* of this record */
    LLVMContextRef context;
    LLVMModuleRef module;
    char *name; /* of the first source, for messages */
};

/* The data layout and the triple of every unit, and of modules that are made from NIR. */
extern const char nf_llvm_layout[], nf_llvm_triple[];

nf_status nf_llvm_unit_read(const nf_llvm_source *sources, uint32_t count, nf_llvm_unit **unit,
                            nf_error *error);
void nf_llvm_unit_free(nf_llvm_unit *unit);
nf_status nf_llvm_unit_write(nf_llvm_unit *unit, nf_arena *arena, const void **bytes, size_t *size,
                             nf_error *error);

/* Whether a variable's first value has the address of a label in it. Such data is not in the module
 * that is imported: it belongs into the object that has the function with the label. */
bool nf_llvm_has_label(LLVMValueRef global);

/* Runs something that calls LLVM. False, with LLVM's words in error, when LLVM gave up with a fatal
 * error: what was being made is then lost, memory too, but the process lives. Does not nest. */
bool nf_llvm_guard(void (*run)(void *context), void *context, nf_error *error);

#endif

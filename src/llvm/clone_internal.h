/* What the parts of the cloner share. See clone.h. */
#ifndef NF_LLVM_CLONE_INTERNAL_H
#define NF_LLVM_CLONE_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "clone.h"

/* A body that is to be copied. */
typedef struct clone_job {
    LLVMValueRef from, to;
    uint32_t depth; /* of calls, from a wanted function */
} clone_job;

typedef struct cloner {
    LLVMContextRef context;
    LLVMModuleRef from, to;
    LLVMBuilderRef builder;
    nf_arena arena;   /* scratch */
    nf_map constants; /* old to new: globals, and constants that mention them */
    nf_map locals;    /* of the function at hand: arguments, blocks, instructions */
    NF_VEC(clone_job) jobs;
    bool contract;       /* llvm.fmuladd stays, to be fused */
    uint32_t contracted; /* how many there were */
    uint32_t budget;     /* instructions that callees may still have */
    uint32_t depth;      /* of the job at hand */
    uint32_t nesting;    /* of initialisers */
    LLVMValueRef function, function_new;
    nf_status status;
    nf_error *error;
} cloner;

/* The first failure counts. */
void clone_fail(cloner *c, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The constant in the new module; itself where it mentions no global. NULL after a failure. */
LLVMValueRef clone_constant(cloner *c, LLVMValueRef constant);
/* The same for a function, a variable, an alias. */
LLVMValueRef clone_global(cloner *c, LLVMValueRef global);
/* Whether the code of the function at hand is among what the constant mentions. */
bool clone_mentions_code(cloner *c, LLVMValueRef constant);
/* Puts the copy of the body into the function's copy. */
void clone_body(cloner *c, const clone_job *job);

/* The calling convention that a function or call has here. */
unsigned clone_convention(unsigned old);
/* The copy of an argument, block or instruction of the function at hand; NULL when there is none. */
LLVMValueRef clone_local(const cloner *c, LLVMValueRef old);

#endif

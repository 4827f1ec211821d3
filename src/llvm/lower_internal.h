/* What the parts of the lowering share. See lower.h. */
#ifndef NF_LLVM_LOWER_INTERNAL_H
#define NF_LLVM_LOWER_INTERNAL_H

#include "lower.h"
#include "ir/cfg.h"
#include "opt/alias.h"

typedef struct lowerer {
    const nf_func *f;
    const char *name; /* of the function in the object; NULL: its own */
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMValueRef function;
    nf_arena arena; /* scratch */
    nf_cfg cfg;
    nf_alias alias;
    LLVMValueRef *values;  /* by value id */
    LLVMValueRef *locals;  /* by local id: allocas */
    LLVMValueRef *symbols; /* by symbol id: declarations */
    LLVMBasicBlockRef *blocks;
    LLVMBasicBlockRef *edge_sources; /* by edge id: the block that goes there */
    uint32_t *entered_by;          /* by block id: the last terminator that was seen to go there */
    LLVMBasicBlockRef divide_trap; /* NULL until one is needed */
    LLVMMetadataRef class_domain, param_domain;
    LLVMMetadataRef *class_scopes, *param_scopes;
    nf_status status;
    nf_error *error;
} lowerer;

/* The first failure counts. */
void lower_fail(lowerer *l, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- lower.c --- */
LLVMTypeRef lower_type(const lowerer *l, nf_type type);
static inline LLVMValueRef lower_value(const lowerer *l, nf_value v)
{
    return l->values[v.id];
}
/* A number of the type, in every lane of a vector. */
LLVMValueRef lower_number(const lowerer *l, nf_type type, int64_t number);
/* Whether an i8 is not 0: i1. */
LLVMValueRef lower_truth(const lowerer *l, nf_value condition);
/* The top bit of each lane: a vector of i1. */
LLVMValueRef lower_mask(const lowerer *l, nf_value mask);
/* A call of an intrinsic, overloaded by the types. */
LLVMValueRef lower_intrinsic(lowerer *l, const char *name, LLVMTypeRef *types, unsigned type_count,
                             LLVMValueRef *args, unsigned arg_count);
void lower_attribute(const lowerer *l, LLVMValueRef function, LLVMAttributeIndex index,
                     const char *name, uint64_t value);
/* A new block behind all others. */
LLVMBasicBlockRef lower_block(const lowerer *l);

/* Each gives the instruction's value, or NULL when it is not of their kind. */
LLVMValueRef lower_arithmetic(lowerer *l, const nf_inst *inst); /* lower_arith.c */
LLVMValueRef lower_conversion(lowerer *l, const nf_inst *inst); /* lower_convert.c */
LLVMValueRef lower_lanes(lowerer *l, const nf_inst *inst);      /* lower_vector.c */
LLVMValueRef lower_memory(lowerer *l, const nf_inst *inst);     /* lower_memory.c */
LLVMValueRef lower_call(lowerer *l, const nf_inst *inst);       /* lower_call.c */

/* --- lower_arith.c --- */
/* a < b ? a : b, or a > b ? a : b. */
LLVMValueRef lower_extreme(lowerer *l, bool largest, LLVMValueRef a, LLVMValueRef b);
LLVMRealPredicate lower_real_predicate(unsigned condition);

/* --- lower_memory.c --- */
/* The declaration of a symbol: a function or a variable. */
LLVMValueRef lower_symbol(lowerer *l, nf_symbol symbol);
void lower_locals(lowerer *l);

/* --- lower_call.c --- */
/* Declares the function itself, and gives its parameters values at the builder's place. */
void lower_prototype(lowerer *l);
void lower_params(lowerer *l);
void lower_tail_call(lowerer *l, const nf_inst *inst);
LLVMTypeRef lower_signature(const lowerer *l, nf_signature signature);

#endif

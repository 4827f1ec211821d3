/* Metadata nodes that are no other's equal: loops, alias scopes. */
#ifndef NF_LLVM_METADATA_H
#define NF_LLVM_METADATA_H

#include "unit.h"

/* A node whose first operand is itself; operands[0] is overwritten. */
LLVMMetadataRef nf_llvm_distinct_node(LLVMContextRef context, LLVMMetadataRef *operands,
                                      unsigned count);

#endif

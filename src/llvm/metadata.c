/* A node becomes distinct when an operand of it is replaced by itself. See metadata.h. */
#include "metadata.h"

#include <llvm-c/DebugInfo.h>

LLVMMetadataRef nf_llvm_distinct_node(LLVMContextRef context, LLVMMetadataRef *operands,
                                      unsigned count)
{
    LLVMMetadataRef place = LLVMTemporaryMDNode(context, NULL, 0);
    operands[0] = place;
    LLVMMetadataRef node = LLVMMDNodeInContext2(context, operands, count);
    LLVMMetadataReplaceAllUsesWith(place, node);
    return node;
}

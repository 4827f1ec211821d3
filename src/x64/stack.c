#include "stack.h"
#include "abi.h"
#include "os/os.h"

enum { WORD = 8, UNROLLED_MAX = 8 };

static void touch(nf_asm *a, uint32_t bytes)
{
    uint32_t pages = bytes / NF_OS_PAGE_BYTES;
    if (pages <= UNROLLED_MAX) {
        for (uint32_t i = 1; i <= pages; i++)
            nf_asm_mr(a, NF_X_TEST_MR, 1, nf_mem_base(NF_RSP, -(int32_t)(i * NF_OS_PAGE_BYTES)),
                      NF_RAX);
        return;
    }
    nf_label next = nf_asm_label(a);
    nf_asm_rr(a, NF_X_MOV, WORD, NF_R11, NF_RSP);
    nf_asm_mov_imm(a, NF_R10, pages, false);
    nf_asm_bind(a, next);
    nf_asm_ri(a, NF_X_SUB_I, WORD, NF_R11, NF_OS_PAGE_BYTES);
    nf_asm_mr(a, NF_X_TEST_MR, 1, nf_mem_base(NF_R11, 0), NF_RAX);
    nf_asm_r(a, NF_X_DEC, 4, NF_R10);
    nf_asm_jcc(a, NF_CC_NE, next);
}

void nf_stack_take(nf_asm *a, uint32_t bytes, uint32_t align)
{
    if (bytes == 0) return;
    touch(a, bytes);
    nf_asm_ri(a, NF_X_SUB_I, WORD, NF_RSP, bytes);
    if (align > NF_ABI_STACK_ALIGN) nf_asm_ri(a, NF_X_AND_I, WORD, NF_RSP, -(int64_t)align);
}

/*
 * nf_os_call(): a call whose signature is known only at run time (see os.h).
 *
 * It loads every register that the System V ABI may pass an argument in; a callee ignores those
 * that it does not take. al is the upper bound of vector registers that a variadic callee asks for
 * (System V ABI for AMD64, 3.2.3 and 3.5.7). Arguments in memory are copied below the frame, so
 * that the first one lies at the top of the stack, which is then aligned to 16.
 *
 *     rbp ─► | saved rbp | rbx | (pad) | ... | stack[1] | stack[0] | ◄─ rsp at the call
 */
#include "os.h"

/* The offsets that the code below uses. */
#define OFFSET_STACK          176
#define OFFSET_STACK_COUNT    184
#define OFFSET_RESULT_INTEGER 192
#define OFFSET_RESULT_VECTOR  208
#define TEXT_OF(number)       #number
#define TEXT(number)          TEXT_OF(number)

_Static_assert(offsetof(nf_os_call_frame, vectors) == 48, "the registers come first");
_Static_assert(offsetof(nf_os_call_frame, stack) == OFFSET_STACK, "used by the code below");
_Static_assert(offsetof(nf_os_call_frame, stack_count) == OFFSET_STACK_COUNT, "likewise");
_Static_assert(offsetof(nf_os_call_frame, result_integer) == OFFSET_RESULT_INTEGER, "likewise");
_Static_assert(offsetof(nf_os_call_frame, result_vector) == OFFSET_RESULT_VECTOR, "likewise");

__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl nf_os_call\n"
    ".hidden nf_os_call\n"
    ".type nf_os_call, @function\n"
    "nf_os_call:\n"
    "    .cfi_startproc\n"
    "    endbr64\n"
    "    pushq %rbp\n"
    "    .cfi_def_cfa_offset 16\n"
    "    .cfi_offset %rbp, -16\n"
    "    movq %rsp, %rbp\n"
    "    .cfi_def_cfa_register %rbp\n"
    "    pushq %rbx\n"
    "    .cfi_offset %rbx, -24\n"
    "    movq %rsi, %rbx\n"
    "    movq %rdi, %r11\n"
    "    movq " TEXT(
        OFFSET_STACK_COUNT) "(%rbx), %rcx\n"
                            "    leaq 8(,%rcx,8), %rax\n"
                            "    subq %rax, %rsp\n"
                            "    andq $-16, %rsp\n"
                            "    movq " TEXT(
                                OFFSET_STACK) "(%rbx), %rsi\n"
                                              "    movq %rsp, %rdi\n"
                                              "    cld\n"
                                              "    rep movsq\n"
                                              "    movups 48(%rbx), %xmm0\n"
                                              "    movups 64(%rbx), %xmm1\n"
                                              "    movups 80(%rbx), %xmm2\n"
                                              "    movups 96(%rbx), %xmm3\n"
                                              "    movups 112(%rbx), %xmm4\n"
                                              "    movups 128(%rbx), %xmm5\n"
                                              "    movups 144(%rbx), %xmm6\n"
                                              "    movups 160(%rbx), %xmm7\n"
                                              "    movq 0(%rbx), %rdi\n"
                                              "    movq 8(%rbx), %rsi\n"
                                              "    movq 16(%rbx), %rdx\n"
                                              "    movq 24(%rbx), %rcx\n"
                                              "    movq 32(%rbx), %r8\n"
                                              "    movq 40(%rbx), %r9\n"
                                              "    movl $8, %eax\n"
                                              "    call *%r11\n"
                                              "    movq %rax, " TEXT(
                                                  OFFSET_RESULT_INTEGER) "(%rbx)\n"
                                                                         "    movq %rdx, 8+" TEXT(
                                                                             OFFSET_RESULT_INTEGER) "(%rbx)\n"
                                                                                                    "    movups %xmm0, " TEXT(
                                                                                                        OFFSET_RESULT_VECTOR) "(%rbx)\n"
                                                                                                                              "    movq -8(%rbp), %rbx\n"
                                                                                                                              "    leave\n"
                                                                                                                              "    .cfi_def_cfa %rsp, 8\n"
                                                                                                                              "    ret\n"
                                                                                                                              "    .cfi_endproc\n"
                                                                                                                              ".size nf_os_call, .-nf_os_call\n");

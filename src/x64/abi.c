/*
 * Argument places of the System V ABI: see abi.h for the drawing.
 *
 * For example f(i64, f64, i32, f32) takes RDI, XMM0, RSI, XMM1: the two register files count
 * separately, and the stack takes over for each of them alone. A stack argument occupies whole
 * eight-byte words. System V psABI 1.0, section 3.2.3.
 */
#include "abi.h"

enum { STACK_WORD = 8, STACK_VECTOR_ALIGN = 16 };

const uint8_t nf_abi_gpr_args[NF_ABI_GPR_ARGS] = {NF_RDI, NF_RSI, NF_RDX, NF_RCX, NF_R8, NF_R9};

static nf_abi_place on_stack(nf_abi_walk *walk, unsigned bytes)
{
    unsigned align = bytes <= STACK_WORD ? STACK_WORD : STACK_VECTOR_ALIGN;
    uint32_t offset = (walk->stack_bytes + align - 1) & ~(align - 1);
    uint32_t size = (bytes + STACK_WORD - 1) & ~(uint32_t)(STACK_WORD - 1);
    walk->stack_bytes = offset + size;
    return (nf_abi_place){.reg = NF_REG_NONE, .stack_offset = offset};
}

nf_abi_place nf_abi_next(nf_abi_walk *walk, nf_type type)
{
    if (nf_abi_in_vector(type)) {
        if (walk->vectors < NF_ABI_VECTOR_ARGS)
            return (nf_abi_place){.reg = (uint8_t)(NF_XMM0 + walk->vectors++)};
    } else if (walk->gprs < NF_ABI_GPR_ARGS) {
        return (nf_abi_place){.reg = nf_abi_gpr_args[walk->gprs++]};
    }
    return on_stack(walk, nf_type_bytes(type));
}

nf_reg nf_abi_result(nf_type type)
{
    if (type == NF_VOID) return NF_REG_NONE;
    return nf_abi_in_vector(type) ? NF_XMM0 : NF_RAX;
}

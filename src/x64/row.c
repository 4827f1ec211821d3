/*
 * Questions about rows of insn.def, in terms of the encoder's tables (asm_internal.h), whose names
 * and those of NIR's tables never meet in one file.
 */
#include "row.h"
#include "asm_internal.h"

bool nf_row_is_legacy(nf_insn insn)
{
    return (nf_forms[insn].forms & FORM_LEGACY) != 0;
}

bool nf_row_rm_first(nf_insn insn)
{
    return (nf_shapes[nf_forms[insn].shape].operands[0] & OPERAND_PLACE) == OPERAND_RM;
}

bool nf_row_has_evex(nf_insn insn)
{
    return (nf_forms[insn].forms & FORM_EVEX) != 0;
}

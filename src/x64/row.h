/* What selection and emission ask about a row of insn.def. Freestanding; pure. */
#ifndef NF_X64_ROW_H
#define NF_X64_ROW_H

#include "asm.h"

/* Whether the row is of the old encoding, whose emitters have no v_ in their name and whose
 * two-operand forms overwrite their first source. */
bool nf_row_is_legacy(nf_insn insn);
/* Whether the r/m operand stands first: stores, and operations on r/m. */
bool nf_row_rm_first(nf_insn insn);
/* Whether the row can be encoded with registers from XMM16 on. */
bool nf_row_has_evex(nf_insn insn);

#endif

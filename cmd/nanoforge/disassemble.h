/* Machine code as text: by Zydis where the build has it, else as bytes. */
#ifndef NF_DISASSEMBLE_H
#define NF_DISASSEMBLE_H

#include <stdio.h>
#include "x64/asm.h"

/* One indented line per instruction of the blob's bytes [from, to). */
void disassemble(const nf_blob *blob, uint32_t from, uint32_t to, FILE *stream);

#endif

/*
 * The disassembler: words to text that assembles to the same words again.
 *
 *     LOOP        ADD   R0, R0, #-1           ; x3000  x103f
 *                 BRp   LOOP                  ; x3001  x03fe
 *
 * Freestanding; one thread per arena.
 */
#ifndef NF_GUEST_LC3_DISASM_H
#define NF_GUEST_LC3_DISASM_H

#include "isa.h"
#include "object.h"

/* Where the instruction at the address goes, or what it reads or writes, as far as its word says:
 * of BR, JSR, LD, LDI, LEA, ST, STI. False: it has no such operand. */
bool nf_lc3_target(uint16_t word, uint16_t address, uint16_t *target);

/* One word as text, as vsnprintf: "ADD   R0, R0, #-1", ".FILL x1008" where it is no instruction.
 * target stands where the assembler takes a label; NULL: the offset. */
size_t nf_lc3_word_format(char *buffer, size_t size, uint16_t word, const char *target);

/*
 * A whole object, appended to out. Labels are the object's, as far as the assembler takes them, and
 * made for targets that have none (L_3005). What can be reached from the start and from origins is
 * code; of the rest, what is loaded, stored or printed is data, and other words are shown as
 * instructions where they are any. with_words: each line has its address and word as a comment.
 */
nf_status nf_lc3_disassemble(const nf_lc3_object *object, bool with_words, nf_text *out,
                             nf_error *error);

#endif

/* The LC-3's state as text. */
#ifndef NF_LC3_SHOW_H
#define NF_LC3_SHOW_H

#include "lc3_program.h"

/* "x3000", "0x3000", a decimal number, or a label of the program (which may be NULL). */
bool lc3_address_parse(const lc3_program *program, const char *text, uint16_t *address);
/* The label that an address has, or NULL. */
const char *lc3_label_at(const lc3_program *program, uint16_t address);
/* What a load by the machine would find, without its effects; of a device register its last value. */
uint16_t lc3_word_peek(const nf_lc3 *machine, uint16_t address);
/* "x3001 1DBF  ADD   R6, R6, #-1", with the label that is meant, and in front the one it has. */
void lc3_show_instruction(FILE *stream, const nf_lc3 *machine, const lc3_program *program,
                          uint16_t address);
/* R0 to R7, PC, PSR and what its bits say, in two lines. */
void lc3_show_registers(FILE *stream, const nf_lc3 *machine);
/* Eight words a line, with their characters. Addresses wrap. */
void lc3_show_memory(FILE *stream, const nf_lc3 *machine, uint16_t first, uint32_t count);

#endif

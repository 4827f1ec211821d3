/*
 * The assembler: text to an object, in the dialects of lc3tools and lc3as at once.
 *
 *     LOOP:  ADD   R0, R0, #-1     ; a colon or none, commas or none, letters of either case
 *            BRp   LOOP
 *     TEXT   .STRINGZ "done\n"
 *
 *     numbers      10  #10  #-10  x1F  x-1F  0x1F  b101  0b101  'A'
 *     directives   .ORIG .FILL .BLKW .STRINGZ .END; any number of .ORIG ... .END. .BLKW may have a
 *                  second operand, what to fill with. Text behind .END counts from the next .ORIG.
 *     escapes      \n \r \t \a \b \e \f \v \0 \\ \" \'
 *     instructions those of isa.def; BR is BRnzp; NOP may have an offset; JMPT and RTT, which are
 *                  PennSim's, with a warning
 *
 * Where the two differ: x1F as a field of five bits is -1, with a warning (lc3as takes it, lc3tools
 * does not), but a decimal number must fit; an escape that neither knows keeps its backslash (as in
 * lc3tools); a name is an instruction's before it is a label's, unless a colon stands behind it (as
 * in lc3as); labels do not differ by case. Freestanding; one thread per arena.
 */
#ifndef NF_GUEST_LC3_ASM_H
#define NF_GUEST_LC3_ASM_H

#include "object.h"

typedef enum nf_lc3_severity {
    NF_LC3_ERROR,
    NF_LC3_WARNING,
    NF_LC3_NOTE, /* belongs to the message in front of it */
} nf_lc3_severity;

typedef struct nf_lc3_message {
    const char *text;
    uint32_t line, column; /* from 1, in bytes */
    uint32_t length;       /* of what is meant, on that line */
    nf_lc3_severity severity;
} nf_lc3_message;

enum { NF_LC3_MESSAGES_MAX = 100 }; /* further ones are counted only */

typedef struct nf_lc3_messages {
    NF_VEC(nf_lc3_message) list; /* by place, notes behind what they belong to */
    uint32_t error_count, warning_count;
} nf_lc3_messages;

/*
 * Assembles a file's text. NF_OK: the object is whole, with labels and lines of the source; there
 * may be warnings. NF_SYNTAX: there are errors, all in messages, the first in error as well, and the
 * object is not to be used. NF_MEMORY. Everything lies in the arena; nothing of text is kept.
 */
nf_status nf_lc3_assemble(nf_arena *arena, const char *name, const char *text, size_t size,
                          nf_lc3_object *object, nf_lc3_messages *messages, nf_error *error);

/* "name:line:column: error: text", the line of the source, and a caret below the place. */
void nf_lc3_message_format(const nf_lc3_message *message, const char *name, const char *text,
                           size_t size, nf_text *out);

/* Every line with its number, addresses and words, and the labels; text is what was assembled. */
void nf_lc3_listing_write(const nf_lc3_object *object, const char *text, size_t size, nf_text *out);

#endif

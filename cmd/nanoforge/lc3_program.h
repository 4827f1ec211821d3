/* Programs of the LC-3 from files into a machine. */
#ifndef NF_LC3_PROGRAM_H
#define NF_LC3_PROGRAM_H

#include "lc3.h"
#include "guest/lc3/machine.h"

/* Object files of every format, by name; their words go to the machine. */
typedef struct lc3_program {
    nf_arena arena; /* of the objects */
    nf_lc3_object objects[64];
    int count;
    uint16_t start; /* where execution begins, see lc3_program_load() */
} lc3_program;

/* Reads the files and loads them in their order. Execution begins at x3000 where a file begins
 * there, else at the start of the last file. False after a message. */
bool lc3_program_load(lc3_program *program, nf_lc3 *machine, const char *const *files, int count);
/* An operating system of the user's own, before the programs. False after a message. */
bool lc3_os_load(nf_lc3 *machine, const char *path);
void lc3_program_free(lc3_program *program);
/* The source line of an address, or NULL. */
const nf_lc3_line *lc3_program_line(const lc3_program *program, uint16_t address);

#endif

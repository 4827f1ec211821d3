/* Files and modules for tests. What can't be read ends the test. */
#ifndef TEST_LIB_FILES_H
#define TEST_LIB_FILES_H

#include <stddef.h>
#include "ir/ir.h"

/* The content from malloc(), with a NUL behind it; its size goes to *size, if that is not NULL. */
char *file_read(const char *path, size_t *size);

/* Calls visit for each file of the folder whose name ends so (".nir"); returns their number. */
int files_each(const char *folder, const char *suffix, void (*visit)(const char *path));

/* The module of a text, for nf_module_free(); name is what a message begins with. */
nf_module *module_read(const char *name, const char *text, size_t size);

#endif

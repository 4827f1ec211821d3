/* Files for tests: whole, and all of a folder. What can't be read ends the test. */
#ifndef TEST_LIB_FILES_H
#define TEST_LIB_FILES_H

#include <stddef.h>

/* The content from malloc(), with a NUL behind it; its size goes to *size, if that is not NULL. */
char *file_read(const char *path, size_t *size);

/* Calls visit for each file of the folder whose name ends so (".nir"); returns their number. */
int files_each(const char *folder, const char *suffix, void (*visit)(const char *path));

#endif

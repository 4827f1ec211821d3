/* What the sub-commands of `nanoforge lc3` share. */
#ifndef NF_COMMAND_LC3_H
#define NF_COMMAND_LC3_H

#include "command.h"
#include "guest/lc3/object.h"

int command_lc3_run(const command *, int, char **);
int command_lc3_asm(const command *, int, char **);
int command_lc3_disasm(const command *, int, char **);
int command_lc3_bus(const command *, int, char **);
int command_lc3_debug(const command *, int, char **);

/* An object file, or assembly source, which is assembled; NF_LC3_FORMAT_ANY: told by the content.
 * False after a message. */
bool lc3_load(const char *path, nf_lc3_format format, nf_arena *arena, nf_lc3_object *object);
/* Assembles a file's text, and shows what there is to say; warnings only where wanted. */
bool lc3_assemble(const char *path, const char *text, size_t size, bool warnings, nf_arena *arena,
                  nf_lc3_object *object);
/* Adds the labels of a .sym file. False after a message. */
bool lc3_symbols_load(const char *path, nf_lc3_object *object);
/* By name, NF_LC3_FORMAT_ANY for NULL; false after a message that lists the formats. */
bool lc3_format_parse(const char *name, nf_lc3_format *format);

#endif

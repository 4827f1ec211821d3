/*
 * NIR as text, whole or in parts; for dumps, and for nf_module_print().
 *
 * Printed text reads back as the same module, but for ids; names that the debug tables have are
 * kept, others are made from the id: %v7, b3. The function must be valid (nf_func_verify()). When
 * memory is out the text is cut and its arena's `failed` set. Freestanding.
 */
#ifndef NF_IR_PRINT_H
#define NF_IR_PRINT_H

#include "ir.h"
#include "base/text.h"

/* What prints a function: a name for each value, block and local, no two alike. A snapshot. */
typedef struct nf_printer {
    const nf_func *func;
    nf_text *text;
    const char **value_names, **block_names, **local_names; /* by id, with sigil and quotes */
} nf_printer;

/* The names lie in the arena. False when memory is out. */
bool nf_printer_init(nf_printer *printer, const nf_func *f, nf_arena *arena, nf_text *text);
/* One instruction, without indentation and line end. */
void nf_print_inst(const nf_printer *printer, nf_value v);
/* "loop(%i: i64):", without line end. */
void nf_print_label(const nf_printer *printer, nf_block b);

/* The whole function, from "func" to "}" and a line end; names lie in scratch for the time. */
void nf_func_print(const nf_func *f, nf_arena *scratch, nf_text *text);

/* A name behind its sigil (0: a block's), in quotes when it needs them. */
void nf_print_name(nf_text *text, char sigil, const char *name);
/* Bytes as "text" with escapes. */
void nf_print_quoted(nf_text *text, const char *bytes, size_t length);
/* "(i64, ...) -> i32" */
void nf_print_signature(nf_text *text, const nf_signature_data *signature);
/* " + 4", " - 4", nothing for 0 */
void nf_print_addend(nf_text *text, int64_t addend);

#endif

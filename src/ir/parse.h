/*
 * Text NIR to a module. The result is not verified yet: nf_module_read() does both.
 *
 * The text needs no terminating zero; nothing of it is kept. On failure *module is NULL and the
 * error has line and column (NF_SYNTAX, NF_SYMBOL, NF_TYPE, NF_LIMIT, NF_MEMORY). Freestanding.
 */
#ifndef NF_IR_PARSE_H
#define NF_IR_PARSE_H

#include "ir.h"

nf_status nf_text_parse(const nf_allocator *allocator, const char *name, const char *text,
                        size_t size, nf_module **module, nf_error *error);

#endif

/*
 * The parser's parts: parse_token.c (what both others are made of), parse.c (a module),
 * parse_func.c (a function's body).
 *
 * Every function returns false after it has written the error; the caller returns at once. One
 * token is looked at, in p->token.
 */
#ifndef NF_IR_PARSE_INTERNAL_H
#define NF_IR_PARSE_INTERNAL_H

#include "ir.h"
#include "lex.h"

typedef struct nf_parser {
    nf_lexer lexer;
    nf_token token;
    nf_module *module;
    nf_error *error;
    nf_status status;
    nf_string_map ops; /* text to nf_op */
} nf_parser;

/* Fails at a token. */
bool nf_parse_fail(nf_parser *p, const nf_token *token, nf_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "expected what, found ..." at the token that is looked at. */
bool nf_parse_expected(nf_parser *p, const char *what);

void nf_parse_step(nf_parser *p);
bool nf_parse_accept(nf_parser *p, uint8_t kind);
bool nf_parse_accept_word(nf_parser *p, const char *word);
bool nf_parse_expect(nf_parser *p, uint8_t kind, const char *what);

/* An integer from 0 to max. */
bool nf_parse_uint(nf_parser *p, const char *what, uint64_t max, uint64_t *number);
/* An integer that fits the type, signed or unsigned; the result is canonical. */
bool nf_parse_int(nf_parser *p, nf_type type, int64_t *number);
bool nf_parse_float(nf_parser *p, nf_type type, uint64_t *bits);
/* [+ N | - N | -N], 0 when there is none. */
bool nf_parse_addend(nf_parser *p, int64_t *addend);
/* Behind the word align: a power of two up to 1 << log2_max. */
bool nf_parse_align(nf_parser *p, unsigned log2_max, unsigned *align_log2);
bool nf_parse_type(nf_parser *p, nf_type *type); /* not void */
/* (i64, f32, ...) -> i32 */
bool nf_parse_signature(nf_parser *p, nf_signature *signature);
/* -> type or void */
bool nf_parse_result(nf_parser *p, nf_type *result);
/* @name of something that the module has. */
bool nf_parse_symbol(nf_parser *p, nf_symbol *symbol);

/* A zero-terminated copy of the token's text in the module. */
const char *nf_parse_name(nf_parser *p, const nf_token *token);

/* What is between a function's braces; p->token is the first token behind the opening one. */
bool nf_parse_body(nf_parser *p, nf_func *f, nf_arena *scratch);

#endif

/*
 * Words of text NIR. Freestanding.
 *
 * A token's text lies in the source, or, for a quoted name or string with escapes, in the arena.
 * Nothing is reported here: a TOKEN_BAD carries what is wrong as its text, and the parser fails on
 * it.
 */
#ifndef NF_IR_LEX_H
#define NF_IR_LEX_H

#include "base/arena.h"

/* Single characters ( ) { } [ ] , : = + - * are tokens of their own, by their code. */
enum {
    TOKEN_END = 0,
    TOKEN_WORD = 128, /* br, add.i32, -5, 0x1.8p3, ... */
    TOKEN_VALUE,      /* %name; text is without the sigil, as below */
    TOKEN_GLOBAL,     /* @name */
    TOKEN_LOCAL,      /* $name */
    TOKEN_STRING,     /* "text"; a block's name when it is no word */
    TOKEN_ARROW,
    TOKEN_BAD,
};

typedef struct nf_token {
    const char *text;
    uint32_t length;
    uint32_t line, column; /* of the first character, from 1 */
    uint8_t kind;
} nf_token;

typedef struct nf_lexer {
    const char *at, *end;
    const char *line_start;
    uint32_t line;
    nf_arena *arena;
} nf_lexer;

void nf_lexer_init(nf_lexer *lexer, const char *text, size_t size, nf_arena *arena);
nf_token nf_lexer_next(nf_lexer *lexer);
/* The character that the next token starts with, 0 at the end. */
char nf_lexer_peek(nf_lexer *lexer);
/* Steps behind the next } that is in no comment and no string; false when there is none. */
bool nf_lexer_skip_body(nf_lexer *lexer);
/* Whether a name can be written without quotes. */
bool nf_name_is_plain(const char *name, size_t length);

#endif

/*
 * The lexer: bytes to tokens, one at a time, in one pass. See lex.h.
 *
 * Words take every character that names may have, so that "add.i32", "-5" and "loop.1" are one
 * token each, and the parser, which knows what it expects, takes them apart. Three exceptions: the
 * arrow ends a word, an exponent's plus and a NaN's colon belong to their number.
 *
 *     f->void     "f" "->" "void"          1e+5     one word          nan:0x1     one word
 */
#include "lex.h"
#include "ir.h"
#include "base/text.h"

/* Bit c is set when a name may have the character c. */
static const uint64_t name_bits[4] = {
    UINT64_C(1) << '$' | UINT64_C(1) << '-' | UINT64_C(1) << '.' | UINT64_C(0x3ff) << '0',
    UINT64_C(0x3ffffff) << ('A' - 64) | UINT64_C(0x3ffffff) << ('a' - 64) |
        UINT64_C(1) << ('_' - 64),
};

static bool in_name(char byte)
{
    return name_bits[(uint8_t)byte / 64] >> ((uint8_t)byte % 64) & 1;
}

bool nf_name_is_plain(const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!in_name(name[i]) || (name[i] == '-' && i + 1 == length)) return false;
    return length != 0;
}

void nf_lexer_init(nf_lexer *lexer, const char *text, size_t size, nf_arena *arena)
{
    *lexer =
        (nf_lexer){.at = text, .end = text + size, .line_start = text, .line = 1, .arena = arena};
}

static const char *comment_end(const nf_lexer *lexer, const char *at)
{
    while (at < lexer->end && *at != '\n') at++;
    return at;
}

static void skip_blanks(nf_lexer *lexer)
{
    const char *at = lexer->at;
    for (; at < lexer->end; at++) {
        if (*at == ';') at = comment_end(lexer, at);
        if (at == lexer->end) break;
        if (*at == '\n') {
            lexer->line++;
            lexer->line_start = at + 1;
        } else if (*at != ' ' && *at != '\t' && *at != '\r') {
            break;
        }
    }
    lexer->at = at;
}

char nf_lexer_peek(nf_lexer *lexer)
{
    skip_blanks(lexer);
    return lexer->at < lexer->end ? *lexer->at : 0;
}

static nf_token token_at(const nf_lexer *lexer, uint8_t kind, const char *text, size_t length)
{
    return (nf_token){.text = text,
                      .length = (uint32_t)length,
                      .line = lexer->line,
                      .column = (uint32_t)(lexer->at - lexer->line_start) + 1,
                      .kind = kind};
}

static nf_token bad(const nf_lexer *lexer, const char *what)
{
    return token_at(lexer, TOKEN_BAD, what, nf_string_length(what));
}

/* --- strings --- */

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

/* Decodes the escape behind a backslash at `at`; returns its length, 0 when there is none such. */
static unsigned escape_decode(const char *at, char *byte)
{
    int high = hex_digit(at[0]), low = hex_digit(at[1]);
    switch (at[0]) {
    case 'n': return *byte = '\n', 1;
    case 't': return *byte = '\t', 1;
    case '\\':
    case '"': return *byte = at[0], 1;
    default: return *byte = (char)(high * 16 + low), high >= 0 && low >= 0 ? 2 : 0;
    }
}

/* The closing quote of the string whose first character is at `at`; NULL when its line ends first.
 */
static const char *string_end(const nf_lexer *lexer, const char *at, bool *escaped)
{
    for (; at < lexer->end && *at != '\n'; at++) {
        if (*at == '"') return at;
        if (*at != '\\') continue;
        *escaped = true;
        if (++at == lexer->end || *at == '\n') break;
    }
    return NULL;
}

/* start is behind the opening quote; kind is a sigil's or TOKEN_STRING. The closing quote stands
 * behind every escape, so that two characters can always be looked at. */
static nf_token quoted(nf_lexer *lexer, uint8_t kind, const char *start)
{
    bool escaped = false;
    const char *end = string_end(lexer, start, &escaped);
    if (end == NULL) return bad(lexer, "the line ends inside a quoted text");
    nf_token token = token_at(lexer, kind, start, (size_t)(end - start));
    if (escaped) {
        char *decoded = nf_arena_alloc_aligned(lexer->arena, token.length, 1), *to = decoded;
        if (decoded == NULL) return bad(lexer, "out of memory");
        for (const char *at = start; at < end; to++) {
            *to = *at++;
            if (*to != '\\') continue;
            unsigned length = escape_decode(at, to);
            if (length == 0) return bad(lexer, "an escape is one of \\n \\t \\\\ \\\" \\xx");
            at += length;
        }
        token.text = decoded;
        token.length = (uint32_t)(to - decoded);
    }
    lexer->at = end + 1;
    return token;
}

/* --- words and names --- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether a plus or colon behind the word from start to at belongs to it. */
static bool number_goes_on(const nf_lexer *lexer, const char *start, const char *at)
{
    const char *digits = *start == '-' ? start + 1 : start;
    if (*at == '+' && is_digit(*digits) && at > digits + 1)
        return at[-1] == 'e' || at[-1] == 'E' || at[-1] == 'p' || at[-1] == 'P';
    return *at == ':' && at - digits == 3 && __builtin_memcmp(digits, "nan", 3) == 0 &&
           lexer->end - at > 2 && at[1] == '0' && at[2] == 'x';
}

static const char *name_end(const nf_lexer *lexer, const char *at)
{
    for (; at < lexer->end && in_name(*at); at++)
        if (*at == '-' && lexer->end - at > 1 && at[1] == '>') break;
    return at;
}

static nf_token plain_name(nf_lexer *lexer, uint8_t kind, const char *start)
{
    const char *end = name_end(lexer, start);
    nf_token token = token_at(lexer, kind, start, (size_t)(end - start));
    lexer->at = end;
    return token;
}

static nf_token name(nf_lexer *lexer, uint8_t kind)
{
    nf_lexer before = *lexer;
    const char *start = lexer->at + 1;
    bool is_quoted = start < lexer->end && *start == '"';
    nf_token token = is_quoted ? quoted(lexer, kind, start + 1) : plain_name(lexer, kind, start);
    if (token.kind == TOKEN_BAD) return token;
    if (token.length == 0) return bad(&before, "a name is missing");
    if (token.length > NF_NAME_BYTES_MAX) return bad(&before, "the name is too long");
    for (uint32_t i = 0; i < token.length; i++)
        if (token.text[i] == 0) return bad(&before, "a name has a zero byte");
    return token;
}

static nf_token punctuation(nf_lexer *lexer, uint8_t kind, size_t length)
{
    nf_token token = token_at(lexer, kind, lexer->at, length);
    lexer->at += length;
    return token;
}

static nf_token word(nf_lexer *lexer)
{
    const char *start = lexer->at, *end = name_end(lexer, start);
    if (*start == '-' && lexer->end - start > 1 && start[1] == '>')
        return punctuation(lexer, TOKEN_ARROW, 2);
    if (*start == '-' && end - start == 1) return punctuation(lexer, '-', 1);
    while (end < lexer->end && number_goes_on(lexer, start, end)) end = name_end(lexer, end + 1);
    return punctuation(lexer, TOKEN_WORD, (size_t)(end - start));
}

nf_token nf_lexer_next(nf_lexer *lexer)
{
    switch (nf_lexer_peek(lexer)) {
    case 0:
        if (lexer->at < lexer->end) return bad(lexer, "unexpected byte");
        return token_at(lexer, TOKEN_END, lexer->at, 0);
    case '%': return name(lexer, TOKEN_VALUE);
    case '@': return name(lexer, TOKEN_GLOBAL);
    case '$': return name(lexer, TOKEN_LOCAL);
    case '"': return quoted(lexer, TOKEN_STRING, lexer->at + 1);
    case '(':
    case ')':
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
    case '=':
    case '+':
    case '*': return punctuation(lexer, (uint8_t)*lexer->at, 1);
    default: return in_name(*lexer->at) ? word(lexer) : bad(lexer, "unexpected byte");
    }
}

bool nf_lexer_skip_body(nf_lexer *lexer)
{
    for (; nf_lexer_peek(lexer) != 0 || lexer->at < lexer->end; lexer->at++) {
        bool escaped;
        if (*lexer->at == '}') return lexer->at++, true;
        if (*lexer->at != '"') continue;
        const char *end = string_end(lexer, lexer->at + 1, &escaped);
        if (end) lexer->at = end;
    }
    return false;
}

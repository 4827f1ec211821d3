/*
 * Lines of LC-3 assembly to words, strings and colons, and what words mean as numbers.
 *
 * A comma is a blank: whether operands are apart by one is taste in this language, and lc3tools does not
 * look at them at all. Everything that is no blank, quote, colon or semicolon makes words, so that
 * a bad name reaches the messages as one piece.
 *
 *     LOOP: LDR R0,R1,#-1 ; next      LOOP | : | LDR | R0 | R1 | #-1
 *     x3000, -x10, 0b101, #7, 'a'     numbers; x-10 is what lc3as and lc3tools write
 *     b101, and a label called b101   the label, if there is one
 */
#include "asm_internal.h"

enum { ESCAPE = 0x1b };

/* --- lines and tokens --- */

nf_lc3_source_line nf_lc3_line_next(const char **at, const char *end, uint32_t number)
{
    nf_lc3_source_line line = {*at, *at, number};
    while (line.end < end && *line.end != '\n' && *line.end != '\r') line.end++;
    *at = line.end;
    if (*at < end && *(*at)++ == '\r' && *at < end && **at == '\n') (*at)++;
    return line;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == ',' || (byte >= '\t' && byte <= '\r');
}

static bool in_word(char byte)
{
    return !is_blank(byte) && byte != ':' && byte != ';' && byte != '"';
}

static nf_lc3_token token_at(const nf_lc3_source_line *line, const char *start, const char *end,
                             nf_lc3_token_kind kind)
{
    uint32_t length = (uint32_t)(end - start);
    return (nf_lc3_token){start, length, (uint32_t)(start - line->text) + 1, length, kind};
}

/* The text of a token without its quotes. */
static nf_lc3_token quoted(const nf_lc3_source_line *line, const char **at, nf_lc3_token_kind kind)
{
    const char *start = *at, *end = start + 1;
    while (end < line->end && *end != *start) end += *end == '\\' && line->end - end > 1 ? 2 : 1;
    if (end >= line->end) {
        *at = line->end;
        return token_at(line, start, line->end, NF_LC3_TOKEN_OPEN);
    }
    *at = end + 1;
    nf_lc3_token token = token_at(line, start, *at, kind);
    token.text++;
    token.length -= 2;
    return token;
}

nf_lc3_token nf_lc3_token_next(const nf_lc3_source_line *line, const char **at)
{
    while (*at < line->end && is_blank(**at)) (*at)++;
    const char *start = *at;
    if (start == line->end || *start == ';') {
        *at = line->end;
        return token_at(line, start, start, NF_LC3_TOKEN_END);
    }
    if (*start == '"') return quoted(line, at, NF_LC3_TOKEN_STRING);
    if (*start == '\'') return quoted(line, at, NF_LC3_TOKEN_CHARACTER);
    if (*start == ':') return token_at(line, start, ++*at, NF_LC3_TOKEN_COLON);
    while (*at < line->end && in_word(**at)) (*at)++;
    return token_at(line, start, *at, NF_LC3_TOKEN_WORD);
}

/* --- what tokens mean --- */

static int digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return 16;
}

/* Takes a sign when there is one. */
static int sign(const char **at, const char *end)
{
    if (*at < end && (**at == '-' || **at == '+')) return *(*at)++ == '-' ? -1 : 1;
    return 0;
}

static bool digits(const char *at, const char *end, int base, int32_t *number)
{
    int32_t value = 0;
    if (at == end) return false;
    for (; at < end; at++) {
        if (digit(*at) >= base) return false;
        value = value * base + digit(*at);
        if (value > NF_LC3_NUMBER_MAX) value = NF_LC3_NUMBER_MAX;
    }
    *number = value;
    return true;
}

static nf_lc3_number_kind character(const nf_lc3_token *token, int32_t *number)
{
    const char *at = token->text, *end = at + token->length;
    bool unknown = false;
    if (at == end) return NF_LC3_NUMBER_BAD;
    *number = nf_lc3_string_next(&at, end, &unknown);
    return at == end && !unknown ? NF_LC3_NUMBER_DECIMAL : NF_LC3_NUMBER_BAD;
}

/* The letter of a base, behind which a number goes on; `at` moves behind it. */
static int base_letter(const char **at, const char *end)
{
    const char *letter = *at;
    if (end - letter > 1 && *letter == '0') letter++; /* 0x, 0b */
    int base = letter == end                      ? 0
               : *letter == 'x' || *letter == 'X' ? 16
               : *letter == 'b' || *letter == 'B' ? 2
                                                  : 0;
    if (base) *at = letter + 1;
    return base;
}

/* 1st, #x, -1a: meant as numbers, and no names. A dash alone, or several, make a name. */
static bool begins_as_number(const nf_lc3_token *token)
{
    const char *at = token->text, *end = at + token->length;
    if (sign(&at, end) && at == end) return false;
    return *at == '#' || digit(*at) < 10;
}

nf_lc3_number_kind nf_lc3_number_parse(const nf_lc3_token *token, int32_t *number)
{
    const char *at = token->text, *end = at + token->length;
    if (token->kind == NF_LC3_TOKEN_CHARACTER) return character(token, number);
    if (token->kind != NF_LC3_TOKEN_WORD) return NF_LC3_NUMBER_NONE;
    int outer = sign(&at, end), base = base_letter(&at, end);
    if (base == 0 && at < end && *at == '#') at++;
    int inner = sign(&at, end);
    if ((outer && inner) || !digits(at, end, base ? base : 10, number))
        return begins_as_number(token) ? NF_LC3_NUMBER_BAD : NF_LC3_NUMBER_NONE;
    if (outer < 0 || inner < 0) *number = -*number;
    if (base == 0) return NF_LC3_NUMBER_DECIMAL;
    return token->text[0] == 'b' || token->text[0] == 'B' ? NF_LC3_NUMBER_BINARY
                                                          : NF_LC3_NUMBER_PATTERN;
}

uint16_t nf_lc3_string_next(const char **at, const char *end, bool *unknown)
{
    static const char escapes[] = "n\nr\rt\ta\ab\bf\fv\v\\\\\"\"''";
    uint8_t byte = (uint8_t) * (*at)++;
    if (byte != '\\' || *at == end) return byte;
    char letter = **at;
    for (const char *escape = escapes; *escape; escape += 2)
        if (escape[0] == letter) return (*at)++, (uint8_t)escape[1];
    if (letter == '0') return (*at)++, 0;
    if (letter == 'e') return (*at)++, ESCAPE;
    *unknown = true;
    return byte;
}

int nf_lc3_register_parse(const nf_lc3_token *token)
{
    bool is_register = token->kind == NF_LC3_TOKEN_WORD && token->length == 2 &&
                       (token->text[0] == 'R' || token->text[0] == 'r') && token->text[1] >= '0' &&
                       token->text[1] <= '7';
    return is_register ? token->text[1] - '0' : -1;
}

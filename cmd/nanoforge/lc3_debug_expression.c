/*
 * Expressions of the debugger: what the assembler takes for a number, labels, registers, PC, PSR,
 * sums of them, [the word at an address], and :LINE of the source.
 *
 *     x3000    LOOP+2    R6-1    [R6]    [TABLE+R1]    :12
 *
 * A label hides a number that looks like it (b101). Arithmetic is that of words.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "lc3_debug.h"

enum { NAME_SHOWN = 40 };

static void blanks_skip(const char **text)
{
    *text += strspn(*text, " \t");
}

static size_t word_length(const char *text)
{
    size_t length = text[0] == '#' || text[0] == '\'';
    if (text[0] == '\'') return text[1] && text[2] == '\'' ? 3 : 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_') length++;
    return length;
}

/* --- what a word may be --- */

static bool register_of(const char *word, size_t length, lc3_place *place)
{
    if (length == 2 && tolower((unsigned char)word[0]) == 'r' && word[1] >= '0' && word[1] <= '7') {
        *place = (lc3_place){PLACE_REGISTER, (uint16_t)(word[1] - '0')};
        return true;
    }
    bool is_pc = length == 2 && strncasecmp(word, "pc", 2) == 0;
    bool is_psr = length == 3 && strncasecmp(word, "psr", 3) == 0;
    if (is_pc || is_psr) *place = (lc3_place){is_pc ? PLACE_PC : PLACE_PSR, 0};
    return is_pc || is_psr;
}

static bool label_of(const lc3_session *s, const char *word, size_t length, uint16_t *number)
{
    for (int i = s->program.count - 1; i >= 0; i--) {
        const nf_lc3_symbol *symbol = nf_lc3_symbol_named(&s->program.objects[i], word, length);
        if (symbol == NULL) continue;
        *number = symbol->address;
        return true;
    }
    return false;
}

/* False after a message: it is asked last. */
static bool number_of(lc3_session *s, const char *word, size_t length, uint16_t *number)
{
    const char *digits = word, *behind = word + length;
    int shown = length < NAME_SHOWN ? (int)length : NAME_SHOWN, base = 10;
    char *end;
    if (word[0] == '\'') {
        *number = (unsigned char)word[1];
        return true;
    }
    if (length > 1 && word[0] == '0' && isalpha((unsigned char)word[1])) digits++;
    if (tolower((unsigned char)digits[0]) == 'x') base = 16;
    if (tolower((unsigned char)digits[0]) == 'b') base = 2;
    if (base != 10 || digits[0] == '#') digits++;
    unsigned long value = strtoul(digits, &end, base);
    if (digits == behind || end != behind)
        return lc3_wrong(s, "'%.*s' is no label, number or register", shown, word);
    if (value > UINT16_MAX) return lc3_wrong(s, "'%.*s' does not fit 16 bits", shown, word);
    *number = (uint16_t)value;
    return true;
}

/* --- the grammar --- */

static bool word_parse(lc3_session *s, const char **text, lc3_place *place)
{
    const char *word = *text;
    size_t length = word_length(word);
    *place = (lc3_place){PLACE_NUMBER, 0};
    if (word[0] == 0) return lc3_wrong(s, "an address or a value is missing");
    if (length == 0)
        return lc3_wrong(s, "expected an address or a value at '%.*s'", NAME_SHOWN, word);
    *text += length;
    return register_of(word, length, place) || label_of(s, word, length, &place->number) ||
           number_of(s, word, length, &place->number);
}

/* The address of the first line at or behind a number. */
static bool line_parse(lc3_session *s, const char **text, lc3_place *place)
{
    char *end;
    unsigned long wanted = strtoul(*text + 1, &end, 10);
    const nf_lc3_line *best = NULL;
    if (end == *text + 1) return lc3_wrong(s, "the number of a line belongs behind the colon");
    *text = end;
    for (int i = 0; i < s->program.count; i++)
        for (uint32_t k = 0; k < s->program.objects[i].lines.count; k++) {
            const nf_lc3_line *line = &s->program.objects[i].lines.data[k];
            if (line->number >= wanted && (best == NULL || line->number < best->number))
                best = line;
        }
    if (best == NULL) return lc3_wrong(s, "there is no line %lu", wanted);
    *place = (lc3_place){PLACE_NUMBER, best->address};
    return true;
}

/* A number with its sign, which binds before sums do. */
static bool term_parse(lc3_session *s, const char **text, lc3_place *place)
{
    blanks_skip(text);
    bool negative = **text == '-', indirect = **text == '[';
    if (**text == ':') return line_parse(s, text, place);
    *text += negative || indirect;
    if (!indirect && !negative) return word_parse(s, text, place);
    uint16_t value;
    if (indirect ? !lc3_value_parse(s, text, &value) : !term_parse(s, text, place)) return false;
    if (negative) value = (uint16_t)-lc3_place_value(s, *place);
    if (indirect) {
        blanks_skip(text);
        if (**text != ']') return lc3_wrong(s, "']' is missing");
        ++*text;
        value = value < NF_LC3_DEVICES ? s->machine->memory[value] : 0;
    }
    *place = (lc3_place){PLACE_NUMBER, value};
    return true;
}

uint16_t lc3_place_value(const lc3_session *s, lc3_place place)
{
    switch (place.kind) {
    case PLACE_REGISTER: return s->machine->reg[place.number];
    case PLACE_PC: return s->machine->pc;
    case PLACE_PSR: return nf_lc3_psr(s->machine);
    default: return place.number;
    }
}

bool lc3_place_parse(lc3_session *s, const char **text, lc3_place *place)
{
    if (!term_parse(s, text, place)) return false;
    while (**text == '+' || **text == '-') {
        lc3_place other;
        bool minus = *(*text)++ == '-';
        if (!term_parse(s, text, &other)) return false;
        uint16_t value = lc3_place_value(s, other), sum = lc3_place_value(s, *place);
        *place = (lc3_place){PLACE_NUMBER, (uint16_t)(minus ? sum - value : sum + value)};
    }
    return true;
}

bool lc3_value_parse(lc3_session *s, const char **text, uint16_t *value)
{
    lc3_place place;
    if (!lc3_place_parse(s, text, &place)) return false;
    *value = lc3_place_value(s, place);
    return true;
}

bool lc3_value_or(lc3_session *s, const char **text, uint16_t otherwise, uint16_t *value)
{
    blanks_skip(text);
    *value = otherwise;
    return **text == 0 || lc3_value_parse(s, text, value);
}

bool lc3_text_end(lc3_session *s, const char *text)
{
    blanks_skip(&text);
    return *text == 0 || lc3_wrong(s, "'%.*s' is too much", NAME_SHOWN, text);
}

/*
 * Objects of lc3-ensemble as text: sections of lines, in any order, and tables whose cells are
 * apart by " | ". Empty lines, and those that start with '#', are nothing.
 *
 *     LC-3 OBJ FILE
 *     .TEXT
 *     3000                      origin
 *     2                         how many words follow; then the next origin
 *     5020
 *     ????                      not initialised
 *     .SYMBOL
 *     ADDR | EXT | LABEL
 *     3000 |   0 | START
 *     .LINKER_INFO
 *     ADDR | LABEL              words that are to become other objects' labels: refused
 *     .DEBUG
 *     LABEL | INDEX
 *     START | 12
 *     ====================
 *     LINE | ADDR | SOURCE      from 0; the source has escapes as in Rust
 *     0    | 3000 | START AND R0, R0, #0\n
 *     ====================
 */
#include "object_internal.h"

static const char magic[] = "LC-3 OBJ FILE";
static const char separator[] = " | ";

enum { COUNT_MAX = 0xffff };

bool nf_lc3_is_ensemble_text(const uint8_t *bytes, size_t size)
{
    size_t length = sizeof magic - 1;
    return size >= length && __builtin_memcmp(bytes, magic, length) == 0;
}

/* The next line that counts; false at the end. */
static bool next(nf_lc3_reader *r, nf_lc3_slice *line)
{
    while (nf_lc3_read_line(r, line))
        if (line->length && line->text[0] != '#') return true;
    return false;
}

/* Cuts the row's first cell off; the last one is all that is left. */
static nf_lc3_slice cell(nf_lc3_slice *row)
{
    size_t length = sizeof separator - 1, at = 0;
    while (at + length <= row->length && __builtin_memcmp(row->text + at, separator, length) != 0)
        at++;
    bool last = at + length > row->length;
    nf_lc3_slice found = {row->text, last ? row->length : at};
    size_t used = last ? row->length : at + length;
    *row = (nf_lc3_slice){row->text + used, row->length - used};
    return nf_lc3_slice_trim(found);
}

static bool is_rule(nf_lc3_slice line)
{
    return line.text[0] == '=';
}

static bool read_block(nf_lc3_reader *r, nf_lc3_slice line)
{
    uint16_t origin, word;
    uint32_t count;
    if (!nf_lc3_slice_hex(line, &origin))
        return nf_lc3_read_fail(r, NF_CORRUPT, "expected an origin, 4 hexadecimal digits");
    if (!nf_lc3_read_begin(r, origin)) return false;
    if (!next(r, &line) || !nf_lc3_slice_decimal(line, COUNT_MAX, &count))
        return nf_lc3_read_fail(r, NF_CORRUPT, "expected the number of words");
    for (; count > 0; count--) {
        bool there = next(r, &line);
        if (there && nf_lc3_slice_is(line, "????"))
            word = 0;
        else if (!there || !nf_lc3_slice_hex(line, &word))
            return nf_lc3_read_fail(r, NF_CORRUPT, "expected %u more words of 4 hexadecimal digits",
                                    count);
        if (!nf_lc3_read_word(r, r->at, word)) return false;
    }
    return true;
}

static bool read_label(nf_lc3_reader *r, nf_lc3_slice line)
{
    nf_lc3_slice address_cell = cell(&line), external = cell(&line);
    uint16_t address;
    if (nf_lc3_slice_is(address_cell, "ADDR")) return true;
    if (!nf_lc3_slice_hex(address_cell, &address))
        return nf_lc3_read_fail(r, NF_CORRUPT, "expected an address, 4 hexadecimal digits");
    return !nf_lc3_slice_is(external, "0") || nf_lc3_read_symbol(r, address, cell(&line));
}

static bool read_relocation(nf_lc3_reader *r, nf_lc3_slice line)
{
    return nf_lc3_slice_is(cell(&line), "ADDR") || nf_lc3_read_unlinked(r, cell(&line));
}

/* --- source --- */

/* Undoes, in place, the escapes of one character; leaves others, as \u{e9}, as they are. The end of
 * the line goes with the blanks. */
static nf_lc3_slice unescape(char *text, size_t length)
{
    static const char escapes[] = "n\nt\tr\r\\\\\"\"''";
    size_t to = 0;
    for (size_t at = 0; at < length; at++, to++) {
        text[to] = text[at];
        if (text[at] != '\\' || at + 1 == length) continue;
        for (const char *escape = escapes; *escape; escape += 2)
            if (escape[0] == text[at + 1]) {
                text[to] = escape[1];
                at++;
                break;
            }
    }
    return nf_lc3_slice_trim((nf_lc3_slice){text, to});
}

static bool read_source_line(nf_lc3_reader *r, nf_lc3_slice line)
{
    nf_lc3_slice number_cell = cell(&line), address_cell = cell(&line);
    uint32_t number;
    uint16_t address;
    if (nf_lc3_slice_is(number_cell, "LINE") || nf_lc3_slice_is(address_cell, "????")) return true;
    if (!nf_lc3_slice_decimal(number_cell, UINT32_MAX - 1, &number) ||
        !nf_lc3_slice_hex(address_cell, &address))
        return nf_lc3_read_fail(r, NF_CORRUPT, "expected the number of a line and an address");
    char *copy = nf_arena_string(r->object->arena, line.text, line.length);
    if (copy == NULL) return nf_lc3_read_memory(r);
    return nf_lc3_read_source(r, address, number + 1, unescape(copy, line.length));
}

/* --- sections --- */

typedef struct section {
    const char *name;
    bool (*row)(nf_lc3_reader *r, nf_lc3_slice line);
} section;

/* Labels again, with their places in the source. */
static bool skip(nf_lc3_reader *r, nf_lc3_slice line)
{
    (void)line;
    return r->status == NF_OK;
}

static const section sections[] = {
    {".TEXT", read_block},
    {".SYMBOL", read_label},
    {".LINKER_INFO", read_relocation},
    {".DEBUG", skip},
};
/* Between the two rules of .DEBUG. */
static const section source_section = {"", read_source_line};

static const section *section_named(nf_lc3_slice line)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (nf_lc3_slice_is(line, sections[i].name)) return &sections[i];
    return NULL;
}

bool nf_lc3_read_ensemble_text(nf_lc3_reader *r)
{
    nf_lc3_slice line;
    const section *current = NULL;
    if (!next(r, &line) || !nf_lc3_slice_is(line, magic))
        return nf_lc3_read_fail(r, NF_CORRUPT, "expected '%s'", magic);
    while (next(r, &line)) {
        if (line.text[0] == '.') {
            current = section_named(line);
            if (current == NULL) return nf_lc3_read_fail(r, NF_CORRUPT, "no section is called so");
        } else if (current == NULL) {
            return nf_lc3_read_fail(r, NF_CORRUPT, "expected a section, as .TEXT");
        } else if (current->row == skip && is_rule(line)) {
            current = &source_section;
        } else if (!is_rule(line) && !current->row(r, line)) {
            return false;
        }
    }
    if (r->status == NF_OK) nf_lc3_read_user_start(r);
    return r->status == NF_OK;
}

/* --- writing --- */

static uint32_t write_block(const nf_lc3_segment *segment, uint32_t first, nf_text *out)
{
    uint32_t count = segment->words.count - first;
    if (count > COUNT_MAX) count = COUNT_MAX;
    nf_text_format(out, "%04x\n%u\n", segment->origin + first, count);
    for (uint32_t i = 0; i < count; i++)
        nf_text_format(out, "%04x\n", segment->words.data[first + i]);
    return first + count;
}

void nf_lc3_write_ensemble_text(const nf_lc3_object *object, nf_text *out)
{
    nf_text_format(out, "%s\n\n.TEXT\n", magic);
    for (uint32_t i = 0; i < object->segments.count; i++) {
        uint32_t done = 0;
        do done = write_block(&object->segments.data[i], done, out);
        while (done < object->segments.data[i].words.count);
    }
    nf_text_format(out, "\n.SYMBOL\n");
    if (object->symbols.count) nf_text_format(out, "ADDR | EXT | LABEL\n");
    for (uint32_t i = 0; i < object->symbols.count; i++)
        nf_text_format(out, "%04x |   0 | %s\n", object->symbols.data[i].address,
                       object->symbols.data[i].name);
}

/*
 * Symbol files, as lc3as writes them beside the object and lc3sim reads them: a table in comments.
 *
 *     // Symbol table
 *     // Scope level 0:
 *     //	Symbol Name       Page Address
 *     //	----------------  ------------
 *     //	LOOP              3003
 *
 * A line is a symbol when it is a name and four hexadecimal digits, so the heads need no rule of
 * their own; the slashes may be missing, as other assemblers leave them out. What is no symbol is
 * passed over.
 */
#include "object_internal.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static nf_lc3_slice word(nf_lc3_slice *line)
{
    size_t length = 0;
    while (length < line->length && !is_blank(line->text[length])) length++;
    nf_lc3_slice found = {line->text, length};
    *line = nf_lc3_slice_trim((nf_lc3_slice){line->text + length, line->length - length});
    return found;
}

nf_status nf_lc3_symbols_read(nf_lc3_object *object, const char *name, const char *text,
                              size_t size, nf_error *error)
{
    const uint8_t *bytes = (const uint8_t *)text;
    nf_lc3_reader r = {
        .start = bytes,
        .end = bytes + size,
        .line_next = bytes,
        .name = name,
        .object = object,
        .error = error,
    };
    nf_lc3_slice line;
    while (nf_lc3_read_line(&r, &line)) {
        uint16_t address;
        if (line.length > 1 && line.text[0] == '/' && line.text[1] == '/')
            line = nf_lc3_slice_trim((nf_lc3_slice){line.text + 2, line.length - 2});
        nf_lc3_slice symbol = word(&line);
        if (nf_lc3_slice_hex(line, &address) && !nf_lc3_read_symbol(&r, address, symbol))
            return r.status;
    }
    return r.status;
}

void nf_lc3_symbols_write(const nf_lc3_object *object, nf_text *out)
{
    nf_text_format(out, "// Symbol table\n"
                        "// Scope level 0:\n"
                        "//\tSymbol Name       Page Address\n"
                        "//\t----------------  ------------\n");
    for (uint32_t i = 0; i < object->symbols.count; i++)
        nf_text_format(out, "//\t%-16s  %04x\n", object->symbols.data[i].name,
                       object->symbols.data[i].address);
    nf_text_format(out, "\n");
}

/*
 * Words to text; see disasm.h. The rows of isa.def give the mnemonic and the operands, the fields
 * of the assembler (asm_names.c) where their bits are, so that both speak of the same things.
 *
 * BR without a condition never goes: it is written as NOP, with its offset if that is not 0. Words
 * with a name of their own get it. Two or more zeros that nothing is known of are a .BLKW.
 */
#include "disasm_internal.h"
#include "asm_internal.h"
#include "base/status.h"

enum { TEXT_BYTES = 64, COMMENT_COLUMN = 39, LABEL_WIDTH = 15, FEW_ZEROS = 2 };

/* --- words --- */

bool nf_lc3_target(uint16_t word, uint16_t address, uint16_t *target)
{
    const nf_lc3_field *fields;
    nf_lc3_inst inst = nf_lc3_decode(word);
    unsigned count = nf_lc3_fields_of(nf_lc3_op_info_of(inst.op)->operands, &fields);
    if (count == 0 || fields[count - 1].kind != NF_LC3_FIELD_LABEL) return false;
    *target = (uint16_t)(address + 1 + inst.immediate);
    return true;
}

static const char *alias_of(uint16_t word)
{
    for (unsigned i = 0; i < NF_LC3_ALIAS_COUNT; i++)
        if (nf_lc3_aliases[i].word == word) return nf_lc3_aliases[i].mnemonic;
    return NULL;
}

static size_t operand_format(char *buffer, size_t size, const nf_lc3_field *field, uint16_t word,
                             int immediate, const char *target)
{
    unsigned bits = word >> field->shift & ((1U << field->bits) - 1);
    switch (field->kind) {
    case NF_LC3_FIELD_REGISTER: return nf_format(buffer, size, "R%u", bits);
    case NF_LC3_FIELD_UNSIGNED: return nf_format(buffer, size, "x%02x", bits);
    case NF_LC3_FIELD_LABEL:
        if (target) return nf_format(buffer, size, "%s", target);
        return nf_format(buffer, size, "#%d", immediate);
    default: return nf_format(buffer, size, "#%d", immediate);
    }
}

/* The mnemonic, with BR's conditions. */
static size_t name_format(char *buffer, size_t size, nf_lc3_inst inst)
{
    enum { N = 4, Z = 2, P = 1 };
    if (inst.op != NF_LC3_BR)
        return nf_format(buffer, size, "%s", nf_lc3_op_info_of(inst.op)->mnemonic);
    if (inst.dr == 0) return nf_format(buffer, size, "NOP");
    return nf_format(buffer, size, "BR%s%s%s", inst.dr & N ? "n" : "", inst.dr & Z ? "z" : "",
                     inst.dr & P ? "p" : "");
}

size_t nf_lc3_word_format(char *buffer, size_t size, uint16_t word, const char *target)
{
    const nf_lc3_field *fields;
    const char *alias = alias_of(word);
    char name[TEXT_BYTES], operand[TEXT_BYTES];
    nf_lc3_inst inst = nf_lc3_decode(word);
    if (inst.op == NF_LC3_ILLEGAL) return nf_format(buffer, size, ".FILL x%04x", word);
    if (alias) return nf_format(buffer, size, "%s", alias);
    unsigned count = nf_lc3_fields_of(nf_lc3_op_info_of(inst.op)->operands, &fields);
    name_format(name, sizeof name, inst);
    size_t length = nf_format(buffer, size, count ? "%-5s " : "%s", name);
    for (unsigned i = 0; i < count; i++) {
        operand_format(operand, sizeof operand, &fields[i], word, inst.immediate, target);
        length += nf_format(length < size ? buffer + length : NULL,
                            length < size ? size - length : 0, "%s%s", i ? ", " : "", operand);
    }
    return length;
}

/* --- lines --- */

typedef struct printer {
    const nf_lc3_disasm_map *map;
    nf_text *out;
    size_t line_start;
    bool with_words;
} printer;

static void label_print(printer *p, uint16_t address)
{
    const char *name = p->map->names[address] ? p->map->names[address] : "";
    size_t length = nf_string_length(name);
    nf_lc3_operation operation;
    bool as_operation = nf_lc3_operation_find(name, length, &operation);
    int blanks = LABEL_WIDTH - (int)length - as_operation;
    p->line_start = p->out->length;
    nf_text_format(p->out, "%s%s%*s ", name, as_operation ? ":" : "", blanks > 0 ? blanks : 0, "");
}

/* The end of the line, behind its address and first word. */
static void line_end(printer *p, uint16_t address)
{
    size_t width = p->out->length - p->line_start;
    if (p->with_words)
        nf_text_format(p->out, "%*s ; x%04x  x%04x",
                       width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 0, "", address,
                       p->map->words[address]);
    nf_text_append(p->out, "\n", 1);
}

static void character_print(nf_text *out, uint16_t word)
{
    static const char escapes[] = "\nn\rr\tt\"\"\\\\";
    char text[] = {'\\', (char)word};
    for (const char *escape = escapes; *escape; escape += 2)
        if (escape[0] == (char)word) {
            text[1] = escape[1];
            nf_text_append(out, text, 2);
            return;
        }
    nf_text_append(out, text + 1, 1);
}

static uint32_t string_print(printer *p, uint32_t address)
{
    uint32_t end = address;
    nf_text_format(p->out, ".STRINGZ \"");
    while (p->map->words[end] != 0) character_print(p->out, p->map->words[end++]);
    nf_text_append(p->out, "\"", 1);
    return end + 1;
}

static bool is_idle_zero(const nf_lc3_disasm_map *map, uint32_t address)
{
    return map->words[address] == 0 &&
           (map->kinds[address] == NF_LC3_KIND_UNKNOWN || map->kinds[address] == NF_LC3_KIND_DATA);
}

/* Zeros up to the next name, if they are more than a word. */
static uint32_t zeros(const nf_lc3_disasm_map *map, uint32_t address, uint32_t end)
{
    uint32_t count = 0;
    while (address + count < end && is_idle_zero(map, address + count) &&
           (count == 0 || map->names[address + count] == NULL))
        count++;
    return count;
}

static void word_print(printer *p, uint16_t address)
{
    char text[TEXT_BYTES + TEXT_BYTES];
    uint16_t target;
    const char *name =
        nf_lc3_target(p->map->words[address], address, &target) ? p->map->names[target] : NULL;
    if (!nf_lc3_shows_instruction(p->map, address)) {
        nf_text_format(p->out, ".FILL x%04x", p->map->words[address]);
        return;
    }
    nf_lc3_word_format(text, sizeof text, p->map->words[address], name);
    nf_text_format(p->out, "%s", text);
}

/* What begins at the address; returns where the next line begins. */
static uint32_t line_print(printer *p, uint32_t address, uint32_t end)
{
    uint32_t next = address + 1, zero_count = zeros(p->map, address, end);
    label_print(p, (uint16_t)address);
    if (p->map->kinds[address] == NF_LC3_KIND_STRING) {
        next = string_print(p, address);
    } else if (zero_count >= FEW_ZEROS) {
        nf_text_format(p->out, ".BLKW %u", zero_count);
        next = address + zero_count;
    } else {
        word_print(p, (uint16_t)address);
    }
    line_end(p, (uint16_t)address);
    return next;
}

static void segment_print(printer *p, const nf_lc3_segment *segment)
{
    uint32_t end = segment->origin + segment->words.count;
    nf_text_format(p->out, "%*s .ORIG x%04x\n", LABEL_WIDTH, "", segment->origin);
    for (uint32_t address = segment->origin; address < end;) address = line_print(p, address, end);
    nf_text_format(p->out, "%*s .END\n", LABEL_WIDTH, "");
}

nf_status nf_lc3_disassemble(const nf_lc3_object *object, bool with_words, nf_text *out,
                             nf_error *error)
{
    nf_lc3_disasm_map *map = nf_lc3_disasm_map_new(object, out->arena);
    printer p = {.map = map, .out = out, .with_words = with_words};
    for (uint32_t i = 0; map && i < object->segments.count; i++)
        segment_print(&p, &object->segments.data[i]);
    return out->arena->failed ? nf_fail(error, NF_MEMORY, "out of memory") : NF_OK;
}

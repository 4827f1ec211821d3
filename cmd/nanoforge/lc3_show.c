/* Registers, memory and instructions of an LC-3 as text. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "lc3_show.h"
#include "guest/lc3/disasm.h"

enum { WORDS_IN_LINE = 8, INSTRUCTION_BYTES = 96 };

static bool number_parse(const char *text, uint16_t *address)
{
    bool hexadecimal = text[0] == 'x' || text[0] == 'X';
    const char *digits = text + hexadecimal;
    char *end;
    if (!isxdigit((unsigned char)digits[0])) return false;
    unsigned long number = strtoul(digits, &end, hexadecimal ? 16 : 0);
    *address = (uint16_t)number;
    return *end == 0 && number <= UINT16_MAX;
}

bool lc3_address_parse(const lc3_program *program, const char *text, uint16_t *address)
{
    const nf_lc3_symbol *symbol = NULL;
    for (int i = 0; program && i < program->count && symbol == NULL; i++)
        symbol = nf_lc3_symbol_named(&program->objects[i], text, strlen(text));
    if (symbol == NULL) return number_parse(text, address);
    *address = symbol->address;
    return true;
}

const char *lc3_label_at(const lc3_program *program, uint16_t address)
{
    for (int i = 0; i < program->count; i++) {
        const nf_lc3_object *object = &program->objects[i];
        for (uint32_t k = 0; k < object->symbols.count; k++)
            if (object->symbols.data[k].address == address) return object->symbols.data[k].name;
    }
    return NULL;
}

uint16_t lc3_word_peek(const nf_lc3 *machine, uint16_t address)
{
    /* No look at a real device: that could take a key. */
    return address < NF_LC3_DEVICES ? machine->memory[address] : 0;
}

void lc3_show_instruction(FILE *stream, const nf_lc3 *machine, const lc3_program *program,
                          uint16_t address)
{
    char text[INSTRUCTION_BYTES];
    uint16_t word = lc3_word_peek(machine, address), target;
    bool has_target = nf_lc3_target(word, address, &target);
    const char *label = lc3_label_at(program, address);
    const char *meant = has_target ? lc3_label_at(program, target) : NULL;
    nf_lc3_word_format(text, sizeof text, word, meant);
    fprintf(stream, "x%04X %04X  %-10s %s", address, word, label ? label : "", text);
    if (has_target && meant == NULL) fprintf(stream, " ; x%04X", target);
}

void lc3_show_registers(FILE *stream, const nf_lc3 *machine)
{
    uint16_t psr = nf_lc3_psr(machine);
    for (int i = 0; i < NF_LC3_REGISTERS; i++)
        fprintf(stream, "R%d x%04X%s", i, machine->reg[i], i + 1 < NF_LC3_REGISTERS ? "  " : "\n");
    fprintf(stream, "PC x%04X  PSR x%04X: %s mode, priority %d, %s%s%s\n", machine->pc, psr,
            psr & NF_LC3_USER ? "user" : "supervisor", (psr & NF_LC3_PRIORITY) >> 8,
            psr & NF_LC3_N ? "N" : "", psr & NF_LC3_Z ? "Z" : "", psr & NF_LC3_P ? "P" : "");
}

void lc3_show_memory(FILE *stream, const nf_lc3 *machine, uint16_t first, uint32_t count)
{
    for (uint32_t line = 0; line < count; line += WORDS_IN_LINE) {
        uint32_t end = count - line < WORDS_IN_LINE ? count : line + WORDS_IN_LINE;
        fprintf(stream, "x%04X ", (uint16_t)(first + line));
        for (uint32_t i = line; i < end; i++)
            fprintf(stream, " %04X", lc3_word_peek(machine, (uint16_t)(first + i)));
        fprintf(stream, "%*s", (int)(5 * (line + WORDS_IN_LINE - end) + 2), "");
        for (uint32_t i = line; i < end; i++) {
            uint16_t word = lc3_word_peek(machine, (uint16_t)(first + i));
            fputc(word < 0x7f && isprint(word) ? word : '.', stream);
        }
        fputc('\n', stream);
    }
}

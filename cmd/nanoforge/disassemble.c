/* Disassembly for dumps. Addresses are offsets in the blob. */
#include "disassemble.h"

static void line_begin(const nf_blob *blob, uint32_t at, uint32_t length, FILE *stream)
{
    enum { BYTES_SHOWN = 11 };
    fprintf(stream, "    %5x  ", at);
    for (uint32_t i = 0; i < BYTES_SHOWN; i++)
        if (i < length)
            fprintf(stream, "%02x", blob->bytes[at + i]);
        else
            fprintf(stream, "  ");
    fprintf(stream, "  ");
}

#if __has_include(<Zydis/Zydis.h>)
#include <Zydis/Zydis.h>

void disassemble(const nf_blob *blob, uint32_t from, uint32_t to, FILE *stream)
{
    for (uint32_t at = from; at < to;) {
        ZydisDisassembledInstruction instruction;
        if (!ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, at, blob->bytes + at,
                                                to - at, &instruction))) {
            line_begin(blob, at, 1, stream);
            fprintf(stream, "(no instruction)\n");
            at++;
            continue;
        }
        line_begin(blob, at, instruction.info.length, stream);
        fprintf(stream, "%s\n", instruction.text);
        at += instruction.info.length;
    }
}
#else
void disassemble(const nf_blob *blob, uint32_t from, uint32_t to, FILE *stream)
{
    enum { BYTES_A_LINE = 11 };
    for (uint32_t at = from; at < to; at += BYTES_A_LINE) {
        line_begin(blob, at, to - at < BYTES_A_LINE ? to - at : BYTES_A_LINE, stream);
        fprintf(stream, "(built without Zydis)\n");
    }
}
#endif

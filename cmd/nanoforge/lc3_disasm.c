/* nanoforge lc3 disasm: an object file as assembly source. */
#include <stdlib.h>
#include "lc3.h"
#include "guest/lc3/disasm.h"
#include "os/os.h"

bool lc3_symbols_load(const char *path, nf_lc3_object *object)
{
    size_t size;
    nf_error error = {0};
    char *text = file_read(path, &size);
    if (text == NULL) return false;
    nf_status status = nf_lc3_symbols_read(object, path, text, size, &error);
    if (status != NF_OK) complain_error(&error);
    free(text);
    return status == NF_OK;
}

static bool disassemble(const nf_lc3_object *object, bool with_words, const char *output)
{
    nf_error error = {0};
    nf_text text;
    nf_text_init(&text, object->arena);
    if (nf_lc3_disassemble(object, with_words, &text, &error) != NF_OK) {
        complain_error(&error);
        return false;
    }
    return file_write(output, text.data, text.length);
}

int command_lc3_disasm(const command *self, int argc, char **argv)
{
    const char *symbols = NULL, *format = NULL, *output = NULL;
    bool plain = false;
    const option options[] = {
        {"symbols", 's', OPTION_TEXT, &symbols, "FILE", "take labels from there (.sym)"},
        {"format", 'f', OPTION_TEXT, &format, "NAME", "what FILE is, where its content misleads"},
        {"output", 'o', OPTION_TEXT, &output, "FILE", "write there, not to standard output"},
        {"plain", 'p', OPTION_FLAG, &plain, NULL, "no addresses and words"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    nf_lc3_format wanted;
    if (!lc3_format_parse(format, &wanted)) return EXIT_USAGE;
    nf_arena arena;
    nf_lc3_object object;
    nf_arena_init(&arena, nf_os_allocator());
    bool fine = lc3_load(a.files[0], wanted, &arena, &object) &&
                (symbols == NULL || lc3_symbols_load(symbols, &object)) &&
                disassemble(&object, !plain, output);
    nf_arena_free(&arena);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

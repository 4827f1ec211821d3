/* nanoforge lc3 asm: assembly source to an object file, a listing, a file of symbols. */
#include <stdlib.h>
#include <string.h>
#include "lc3.h"
#include "guest/lc3/asm.h"
#include "os/os.h"

typedef struct outputs {
    const char *object, *listing, *symbols;
    nf_lc3_format format; /* NF_LC3_FORMAT_ANY: as the source is */
} outputs;

/* By format: what the name of an object ends with. */
static const char *const endings[NF_LC3_FORMAT_COUNT] = {
    [NF_LC3_FORMAT_CLASSIC] = ".obj",  [NF_LC3_FORMAT_LC3TOOLS] = ".obj",
    [NF_LC3_FORMAT_ENSEMBLE] = ".obj", [NF_LC3_FORMAT_ENSEMBLE_TEXT] = ".txt",
    [NF_LC3_FORMAT_BIN] = ".bin",      [NF_LC3_FORMAT_HEX] = ".hex",
    [NF_LC3_FORMAT_NATIVE] = ".obj",
};

/* The source's name with another ending. */
static char *object_name(const char *source, nf_lc3_format format)
{
    const char *slash = strrchr(source, '/'), *dot = strrchr(source, '.');
    size_t length =
        dot && dot > (slash ? slash + 1 : source) ? (size_t)(dot - source) : strlen(source);
    size_t bytes = length + strlen(endings[format]) + 1;
    char *name = malloc(bytes);
    if (name) snprintf(name, bytes, "%.*s%s", (int)length, source, endings[format]);
    return name;
}

static bool object_write(const char *source, const nf_lc3_object *object, const outputs *to)
{
    nf_lc3_format format = to->format != NF_LC3_FORMAT_ANY ? to->format
                           : object->segments.count > 1    ? NF_LC3_FORMAT_LC3TOOLS
                                                           : NF_LC3_FORMAT_CLASSIC;
    nf_error error = {0};
    nf_text bytes;
    nf_text_init(&bytes, object->arena);
    if (nf_lc3_object_write(object, format, &bytes, &error) != NF_OK) {
        complain("%s: %s", source, error.message);
        return false;
    }
    char *name = to->object ? NULL : object_name(source, format);
    bool fine = false;
    if (to->object == NULL && name == NULL)
        complain("%s: out of memory", source);
    else if (name && strcmp(name, source) == 0)
        complain("%s: the object would have the name of the source; name it with --output", source);
    else
        fine = file_write(name ? name : to->object, bytes.data, bytes.length);
    free(name);
    return fine;
}

static bool text_write(const char *path, const nf_text *text)
{
    return file_write(path, text->data, text->length);
}

static bool all_write(const char *source, const char *text, size_t size,
                      const nf_lc3_object *object, const outputs *to)
{
    nf_text listing, symbols;
    nf_text_init(&listing, object->arena);
    nf_text_init(&symbols, object->arena);
    if (to->listing) nf_lc3_listing_write(object, text, size, &listing);
    if (to->symbols) nf_lc3_symbols_write(object, &symbols);
    if (object->arena->failed) {
        complain("%s: out of memory", source);
        return false;
    }
    return object_write(source, object, to) &&
           (to->listing == NULL || text_write(to->listing, &listing)) &&
           (to->symbols == NULL || text_write(to->symbols, &symbols));
}

int command_lc3_asm(const command *self, int argc, char **argv)
{
    outputs to = {0};
    const char *format = NULL;
    bool quiet = false;
    const option options[] = {
        {"output", 'o', OPTION_TEXT, &to.object, "FILE",
         "write the object there; - is standard output"},
        {"format", 'f', OPTION_TEXT, &format, "NAME", "the object's format"},
        {"listing", 'l', OPTION_TEXT, &to.listing, "FILE",
         "write the source with addresses and words"},
        {"symbols", 's', OPTION_TEXT, &to.symbols, "FILE",
         "write the labels, as lc3as does (.sym)"},
        {"quiet", 'q', OPTION_FLAG, &quiet, NULL, "no warnings"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (!lc3_format_parse(format, &to.format)) return EXIT_USAGE;
    const char *path = a.files[0];
    if (strcmp(path, "-") == 0 && to.object == NULL)
        return usage_error(self, "standard input has no name: name the object with --output");
    size_t size;
    char *text = file_read(path, &size);
    if (text == NULL) return EXIT_FAILED;
    nf_arena arena;
    nf_lc3_object object;
    nf_arena_init(&arena, nf_os_allocator());
    bool fine = lc3_assemble(path, text, size, !quiet, &arena, &object) &&
                all_write(path, text, size, &object, &to);
    nf_arena_free(&arena);
    free(text);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

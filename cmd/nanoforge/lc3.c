/* nanoforge lc3: the table of its commands, and programs from files. */
#include <stdlib.h>
#include <string.h>
#include "lc3.h"
#include "guest/lc3/asm.h"
#include "os/os.h"

static const command commands[] = {
    {"lc3 run", "FILE...", "run a program", command_lc3_run,
     "Files are objects in any format, or assembly sources; the program starts at x3000 where a\n"
     "file begins there, else where the last one does. Its console is the terminal, or standard\n"
     "input and output. Exits with 0 when the program halted, 3 when the built-in system halted\n"
     "it for a fault, 4 at the limit, 5 when it waited for a key and input had ended, 6 when the\n"
     "program at the other end of a ring had died. Rings have names, which two commands share."},
    {"lc3 asm", "FILE", "assemble a program", command_lc3_asm,
     "The object goes to FILE with another ending, .obj, .bin, .hex or .txt by its format, unless\n"
     "--output names one. Formats: classic (as lc3as), lc3tools, ensemble, ensemble-text, bin,\n"
     "hex, native. Without --format: classic, or lc3tools where .ORIG stands more than once."},
    {"lc3 disasm", "FILE", "show an object file as assembly source", command_lc3_disasm,
     "What is printed assembles to the same words again. FILE may be of any format."},
    {"lc3 bus", "FILE FILE...", "run programs that send each other words", command_lc3_bus,
     "TRAP x30 sends R0, TRAP x31 receives into R0. A FILE is an object of any format, or source.\n"
     "Shapes: chain, each program sends to the next; loop, the last one also to the first; "
     "gather,\n"
     "all to the last; broadcast, the first to all others, which lose what they are too slow for.\n"
     "A program that waits for one that has ended ends too, at its trap."},
    {"lc3 debug", "FILE...", "run a program step by step, forward and back", command_lc3_debug,
     "Commands come from standard input, a line each; 'help' lists them. Without a terminal, a\n"
     "command that is wrong makes the exit status 1."},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands, PREFIX_BYTES = sizeof "lc3 " - 1 };

static void help(FILE *stream)
{
    fprintf(stream, "Usage: nanoforge lc3 COMMAND [OPTION...] ...\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-8s  %s\n", commands[i].name + PREFIX_BYTES, commands[i].summary);
    fprintf(stream,
            "\n'nanoforge lc3 COMMAND --help' tells more; the manual is nanoforge-lc3(1).\n");
}

int command_lc3(const command *self, int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return EXIT_FINE;
    }
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(argv[1], commands[i].name + PREFIX_BYTES) == 0)
            return commands[i].run(&commands[i], argc - 1, argv + 1);
    return usage_error(self, "there is no %s '%s'", argv[1][0] == '-' ? "option" : "command",
                       argv[1]);
}

/* --- programs from files --- */

bool lc3_format_parse(const char *name, nf_lc3_format *format)
{
    *format = name ? nf_lc3_format_named(name) : NF_LC3_FORMAT_ANY;
    if (name == NULL || *format < NF_LC3_FORMAT_COUNT) return true;
    complain("there is no format '%s', but:", name);
    for (unsigned i = 0; i < NF_LC3_FORMAT_COUNT; i++)
        fprintf(stderr, "  %-14s %s\n", nf_lc3_format_name(i), nf_lc3_format_meaning(i));
    return false;
}

bool lc3_assemble(const char *path, const char *text, size_t size, bool warnings, nf_arena *arena,
                  nf_lc3_object *object)
{
    nf_lc3_messages messages;
    nf_error error = {0};
    nf_text out;
    nf_text_init(&out, arena);
    nf_status status = nf_lc3_assemble(arena, path, text, size, object, &messages, &error);
    if (status == NF_MEMORY) complain_error(&error);
    bool shown = true; /* notes are shown with what they belong to */
    for (uint32_t i = 0; i < messages.list.count; i++) {
        const nf_lc3_message *message = &messages.list.data[i];
        if (message->severity != NF_LC3_NOTE) shown = warnings || message->severity == NF_LC3_ERROR;
        if (shown) nf_lc3_message_format(message, path, text, size, &out);
    }
    fwrite(out.data, 1, out.length, stderr);
    if (messages.error_count)
        complain("%s: %u error%s", path, messages.error_count, messages.error_count > 1 ? "s" : "");
    return status == NF_OK;
}

/* What is text and no object. */
static bool is_source(const void *bytes, size_t size)
{
    return size && memchr(bytes, 0, size) == NULL &&
           nf_lc3_format_of(bytes, size) == NF_LC3_FORMAT_COUNT;
}

bool lc3_load(const char *path, nf_lc3_format format, nf_arena *arena, nf_lc3_object *object)
{
    size_t size;
    nf_error error = {0};
    void *bytes = file_read(path, &size);
    if (bytes == NULL) return false;
    bool fine;
    if (format == NF_LC3_FORMAT_ANY && is_source(bytes, size)) {
        fine = lc3_assemble(path, bytes, size, true, arena, object);
    } else {
        fine = nf_lc3_object_read(arena, path, bytes, size, format, object, &error) == NF_OK;
        if (!fine) complain_error(&error);
    }
    free(bytes);
    return fine;
}

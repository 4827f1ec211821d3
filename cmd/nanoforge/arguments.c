/* Options by table, and the help that comes out of the same table. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"

void complain(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%snanoforge:%s ", colour_of(stderr, COLOUR_RED),
            colour_of(stderr, COLOUR_NONE));
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

void complain_error(const nf_error *error)
{
    char text[NF_ERROR_FILE_BYTES + NF_ERROR_MESSAGE_BYTES + 32];
    nf_error_format(error, text, sizeof text);
    complain("%s", text);
}

int usage_error(const command *self, const char *format, ...)
{
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    complain("%s: %s; see 'nanoforge %s --help'", self->name, text, self->name);
    return EXIT_USAGE;
}

const char *colour_of(FILE *stream, colour c)
{
    static const char *const sequences[] = {"\033[0m",  "\033[1m",  "\033[2m", "\033[32m",
                                            "\033[33m", "\033[31m", "\033[36m"};
    const char *off = getenv("NO_COLOR");
    if ((off && off[0]) || !isatty(fileno(stream))) return "";
    return sequences[c];
}

static void help(const command *self, const option *options, size_t count)
{
    printf("Usage: nanoforge %s [OPTION...]%s%s\n\n%c%s.\n", self->name,
           self->arguments[0] ? " " : "", self->arguments, self->summary[0] - 'a' + 'A',
           self->summary + 1);
    if (self->details[0]) printf("%s\n", self->details);
    printf("\nOptions:\n");
    for (size_t i = 0; i < count; i++) {
        const option *o = &options[i];
        char left[64], letter[8] = "    ";
        if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(left, sizeof left, "%s--%s%s%s%s", letter, o->name,
                 o->kind == OPTION_FLAG       ? ""
                 : o->kind == OPTION_OPTIONAL ? "[="
                                              : " ",
                 o->kind == OPTION_FLAG ? "" : o->argument, o->kind == OPTION_OPTIONAL ? "]" : "");
        printf("  %-30s  %s\n", left, o->help);
    }
    printf("  %-30s  %s\n", "-h, --help", "print this");
}

static bool number_read(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    if (end == text || errno || text[0] == '-') return false;
    unsigned shift = *end == 'k' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (shift) end++;
    if (*end || *number << shift >> shift != *number) return false;
    *number <<= shift;
    return true;
}

static const option *option_find(const option *options, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(options[i].name);
        if (strncmp(text, "--", 2) == 0) {
            if (strncmp(text + 2, options[i].name, length) == 0 &&
                (text[2 + length] == 0 || text[2 + length] == '='))
                return &options[i];
        } else if (options[i].letter && text[1] == options[i].letter && text[2] == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Sets the option at argv[*i]; moves *i on over a value. ARGUMENTS_GO_ON or an exit status. */
static int option_take(const command *self, const option *o, int argc, char **argv, int *i)
{
    char *text = argv[*i], *equals = text[1] == '-' ? strchr(text, '=') : NULL;
    const char *value = equals ? equals + 1 : NULL;
    if (o->kind == OPTION_FLAG) {
        if (value) return usage_error(self, "--%s takes no value", o->name);
        *(bool *)o->target = true;
        return ARGUMENTS_GO_ON;
    }
    if (o->kind == OPTION_OPTIONAL) {
        *(const char **)o->target = value ? value : "";
        return ARGUMENTS_GO_ON;
    }
    if (value == NULL && *i + 1 < argc) value = argv[++*i];
    if (value == NULL) return usage_error(self, "--%s needs a value", o->name);
    if (o->kind == OPTION_TEXT)
        *(const char **)o->target = value;
    else if (!number_read(value, o->target))
        return usage_error(self, "--%s needs a number, not '%s'", o->name, value);
    return ARGUMENTS_GO_ON;
}

int arguments_parse(const command *self, const option *options, size_t option_count, int argc,
                    char **argv, int count_min, int count_max, arguments *out)
{
    *out = (arguments){0};
    for (int i = 1; i < argc; i++) {
        char *text = argv[i];
        if (strcmp(text, "--") == 0) {
            out->rest = argv + i + 1;
            out->rest_count = argc - i - 1;
            break;
        }
        if (text[0] != '-' || text[1] == 0) {
            if (out->count == count_max)
                return usage_error(self, "'%s' is one argument too many", text);
            out->files[out->count++] = text;
            continue;
        }
        if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            help(self, options, option_count);
            return EXIT_FINE;
        }
        const option *o = option_find(options, option_count, text);
        if (o == NULL) return usage_error(self, "there is no option '%s'", text);
        int status = option_take(self, o, argc, argv, &i);
        if (status != ARGUMENTS_GO_ON) return status;
    }
    if (out->count < count_min) return usage_error(self, "%s is missing", self->arguments);
    return ARGUMENTS_GO_ON;
}

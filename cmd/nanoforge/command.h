/*
 * What the commands of the nanoforge program share: options by table, files, messages, exit codes.
 */
#ifndef NF_COMMAND_H
#define NF_COMMAND_H

#include <nanoforge/nanoforge.h>
#include <stdio.h>

/* Exit codes of our own; `run` gives the program's. */
enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef enum option_kind {
    OPTION_FLAG,     /* bool * */
    OPTION_TEXT,     /* const char ** */
    OPTION_OPTIONAL, /* const char **: --name or --name=VALUE; without a value "" */
    OPTION_NUMBER,   /* uint64_t *, with k, M or G behind it */
} option_kind;

typedef struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    option_kind kind;
    void *target;
    const char *argument; /* how help calls the value */
    const char *help;
} option;

typedef struct command {
    const char *name;
    const char *arguments; /* behind the options, for help */
    const char *summary;
    int (*run)(const struct command *command, int argc, char **argv);
    const char *details; /* for help; may be "" */
} command;

/* What stands on the command line besides options. */
typedef struct arguments {
    const char *files[64];
    int count;
    int rest_count; /* behind "--" */
    char **rest;
} arguments;

enum { ARGUMENTS_GO_ON = -1 };
/* Parses argv[1..]. Gives ARGUMENTS_GO_ON, or the status to exit with: after --help, or after an
 * error, which it printed. */
int arguments_parse(const command *self, const option *options, size_t option_count, int argc,
                    char **argv, int count_min, int count_max, arguments *out);

/* One line on stderr: "nanoforge: ...". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void complain_error(const nf_error *error);
int usage_error(const command *self, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Colour for a stream that is a terminal, unless NO_COLOR is set: the escape sequence, or "". */
typedef enum colour {
    COLOUR_NONE,
    COLOUR_BOLD,
    COLOUR_DIM,
    COLOUR_GREEN,
    COLOUR_YELLOW,
    COLOUR_RED,
    COLOUR_CYAN
} colour;
const char *colour_of(FILE *stream, colour c);

/* The whole file, or standard input for "-"; freed by the caller. NULL after a message. */
void *file_read(const char *path, size_t *size);
/* Writes all of it to the file, or standard output for "-" or NULL. false after a message. */
bool file_write(const char *path, const void *bytes, size_t size);
/* A verified module; NULL after a message. */
nf_module *module_load(const char *path);
/* The one function named, or none with a message. */
nf_func *function_named(const nf_module *module, const char *path, const char *name);

int command_run(const command *, int, char **);
int command_race(const command *, int, char **);
int command_cat(const command *, int, char **);
int command_verify(const command *, int, char **);
int command_pass(const command *, int, char **);
int command_compile(const command *, int, char **);
int command_eval(const command *, int, char **);
int command_lc3(const command *, int, char **);
int command_reduce(const command *, int, char **);
int command_version(const command *, int, char **);

#endif

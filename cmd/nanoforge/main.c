/* nanoforge: the table of commands, help, version. Each command has a file of its own. */
#include <errno.h>
#include <string.h>
#include "command.h"
#include "os/cpu.h"

static int command_help(const command *self, int argc, char **argv);

static const command commands[] = {
    {"run", "FILE... [-- ARGUMENT...]", "run a program while its functions get faster", command_run,
     "Files are NIR, or LLVM bitcode (.bc), LLVM IR (.ll), C and C++, of which several make one "
     "program.\n"
     "The exit status is the program's. What happens is told on standard error."},
    {"race", "FILE... [-- ARGUMENT...]", "run a program and show the races of one of its functions",
     command_race, "Exits with 0 when the function raced, with 1 when it did not."},
    {"cat", "FILE", "print a module as text, or turn it into binary", command_cat, ""},
    {"verify", "FILE...", "check modules against every rule of NIR", command_verify, ""},
    {"pass", "NAME FILE", "run one pass of the optimiser and print the result", command_pass, ""},
    {"compile", "FILE", "compile functions and show what they became", command_compile, ""},
    {"eval", "FILE [-- ARGUMENT...]", "run a program on the evaluator alone", command_eval, ""},
    {"lc3", "COMMAND ...", "assemble and run programs of the LC-3", command_lc3, ""},
    {"reduce", "FILE [-- COMMAND [ARGUMENT...]]", "shrink a module that fails", command_reduce,
     "Finds a small module that COMMAND exits with the same status for as for FILE, which must not "
     "be 0.\nIts name is put where COMMAND has {}, or behind it. Without COMMAND it is our tiers "
     "that fail:\none crashes, or does not give what the evaluator gives on generated arguments."},
    {"version", "", "print version and CPU features", command_version, ""},
    {"help", "[COMMAND]", "print help, of one command or of all", command_help, ""},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

int command_version(const command *self, int argc, char **argv)
{
    arguments a;
    int status = arguments_parse(self, NULL, 0, argc, argv, 0, 0, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    nf_cpu_model model;
    nf_cpu_model_read(&model);
    printf("nanoforge %s\n%s:", nf_version_text(), model.brand[0] ? model.brand : model.vendor);
    uint64_t features = nf_cpu_features();
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++)
        if (features >> i & 1) printf(" %s", nf_cpu_feature_name(i));
    printf("\n");
    return EXIT_FINE;
}

static void help(FILE *stream)
{
    fprintf(stream, "Usage: nanoforge COMMAND [OPTION...] ...\n\nCommands:\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    fprintf(stream, "\n'nanoforge COMMAND --help' tells more; the manual is nanoforge(1).\n");
}

static const command *command_named(const char *name)
{
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, commands[i].name) == 0) return &commands[i];
    complain("there is no command '%s'; 'nanoforge --help' lists them", name);
    return NULL;
}

static int command_help(const command *self, int argc, char **argv)
{
    static char wish[] = "--help";
    arguments a;
    int status = arguments_parse(self, NULL, 0, argc, argv, 0, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (a.count == 0) {
        help(stdout);
        return EXIT_FINE;
    }
    char *words[] = {argv[1], wish, NULL};
    const command *asked = command_named(a.files[0]);
    return asked ? asked->run(asked, 2, words) : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    const command *chosen = command_named(argv[1]);
    if (chosen == NULL) return EXIT_USAGE;
    int status = chosen->run(chosen, argc - 1, argv + 1);
    if (chosen->run == command_run) return status; /* its output is the program's */
    if (fflush(stdout) == 0) return status;
    complain("standard output: cannot write: %s", strerror(errno));
    return status == EXIT_FINE ? EXIT_FAILED : status;
}

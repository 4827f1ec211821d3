/* nanoforge cat and verify: modules from one form into the other, and checked. */
#include <unistd.h>
#include "command.h"

int command_cat(const command *self, int argc, char **argv)
{
    bool binary = false, text = false;
    const char *output = NULL;
    const option options[] = {
        {"binary", 'b', OPTION_FLAG, &binary, NULL, "write the binary form"},
        {"text", 't', OPTION_FLAG, &text, NULL, "write text (the default)"},
        {"output", 'o', OPTION_TEXT, &output, "FILE", "write there, not to standard output"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 1, 1, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (binary && text) return usage_error(self, "--binary and --text exclude each other");
    if (binary && output == NULL && isatty(STDOUT_FILENO))
        return usage_error(self, "binary does not go to a terminal; name a file with --output");
    nf_module *module = module_load(a.files[0]);
    if (module == NULL) return EXIT_FAILED;
    const void *bytes;
    const char *characters;
    size_t size;
    nf_status result = binary ? nf_module_encode(module, &bytes, &size)
                              : nf_module_print(module, &characters, &size);
    bool fine = result == NF_OK;
    if (!fine)
        complain("%s: %s", a.files[0], nf_status_text(result));
    else
        fine = file_write(output, binary ? bytes : characters, size);
    nf_module_free(module);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

int command_verify(const command *self, int argc, char **argv)
{
    bool quiet = false;
    const option options[] = {
        {"quiet", 'q', OPTION_FLAG, &quiet, NULL, "say nothing about modules that are fine"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, 1, argc, argv, 1, sizeof a.files / sizeof *a.files, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    status = EXIT_FINE;
    for (int i = 0; i < a.count; i++) {
        nf_module *module = module_load(a.files[i]); /* reading verifies */
        if (module == NULL)
            status = EXIT_FAILED;
        else if (!quiet)
            printf("%s: ok\n", a.files[i]);
        nf_module_free(module);
    }
    return status;
}

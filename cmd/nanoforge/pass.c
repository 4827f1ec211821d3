/* nanoforge pass: one pass on one function or all of them, the module printed as it is then. */
#include <string.h>
#include "command.h"
#include "ir/ir.h"
#include "opt/opt.h"
#include "os/cpu.h"
#include "os/os.h"
#include "variant.h"
#include "x64/compile.h"

static int passes_list(void)
{
    for (uint32_t i = 0; nf_pass_name(i); i++)
        printf("%-14s %s\n", nf_pass_name(i), nf_pass_meaning(i));
    return EXIT_FINE;
}

/* The functions are the module's own: nobody else has seen it. */
static bool function_pass(nf_func *func, const char *pass, const nf_variant *variant)
{
    nf_arena scratch;
    nf_error error = {0};
    nf_arena_init(&scratch, nf_os_allocator());
    nf_opt opt = {
        .scratch = &scratch,
        .features = nf_cpu_features(),
        .variant = variant,
        .supports = nf_backend_supports,
    };
    nf_status status = strcmp(pass, "all") == 0 ? nf_opt_run(&opt, func, &error)
                                                : nf_pass_run(&opt, pass, func, &error);
    if (status != NF_OK)
        complain_error(&error);
    else if (opt.remark[0])
        fprintf(stderr, "%s: %s\n", nf_symbol_at(func->module, func->symbol)->name, opt.remark);
    nf_arena_free(&scratch);
    return status == NF_OK;
}

static bool module_pass(nf_module *module, const nf_func *only, const char *pass,
                        const nf_variant *variant)
{
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        nf_func *func = module->symbols.data[id].func;
        if (func && (only == NULL || only == func) && !function_pass(func, pass, variant))
            return false;
    }
    return true;
}

int command_pass(const command *self, int argc, char **argv)
{
    const char *name = NULL, *variant_name = "scalar";
    bool list = false;
    const option options[] = {
        {"function", 'f', OPTION_TEXT, &name, "NAME", "only this one"},
        {"variant", 0, OPTION_TEXT, &variant_name, "NAME",
         "for vectorise and unroll: scalar, unroll4, avx2.u4, ..."},
        {"list", 'l', OPTION_FLAG, &list, NULL, "list the passes; 'all' is the whole pipeline"},
    };
    arguments a;
    int status =
        arguments_parse(self, options, sizeof options / sizeof *options, argc, argv, 0, 2, &a);
    if (status != ARGUMENTS_GO_ON) return status;
    if (list) return passes_list();
    if (a.count != 2) return usage_error(self, "NAME and FILE are needed");
    const nf_variant *variant = variant_named(variant_name);
    if (variant == NULL) return EXIT_USAGE;
    const char *pass = a.files[0];
    if (strcmp(pass, "all") != 0 && !pass_is_known(pass, strlen(pass))) return EXIT_USAGE;
    nf_module *module = module_load(a.files[1]);
    const nf_func *only = module && name ? function_named(module, a.files[1], name) : NULL;
    const char *text;
    size_t size;
    bool fine = module && (name == NULL || only) && module_pass(module, only, pass, variant) &&
                nf_module_print(module, &text, &size) == NF_OK && file_write(NULL, text, size);
    nf_module_free(module);
    return fine ? EXIT_FINE : EXIT_FAILED;
}

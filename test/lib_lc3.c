/* Machines for tests of the LC-3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "lib_lc3.h"

static int input(void *context, bool wait)
{
    lc3_console *console = context;
    if (*console->input) return (unsigned char)*console->input++;
    return console->never_ends && !wait ? NF_LC3_INPUT_NONE : NF_LC3_INPUT_END;
}

static void output(void *context, const char *bytes, size_t count)
{
    lc3_console *console = context;
    for (size_t i = 0; i < count; i++) {
        console->hash = nf_hash_mix(console->hash, (unsigned char)bytes[i]);
        if (console->length + 1 < sizeof console->output)
            console->output[console->length++] = bytes[i];
    }
    console->output[console->length] = 0;
}

void lc3_console_init(lc3_console *console, const char *text, nf_lc3_hooks *hooks)
{
    *console = (lc3_console){.input = text ? text : ""};
    hooks->console = console;
    hooks->input = input;
    hooks->output = output;
}

nf_lc3 *lc3_new(const nf_lc3_config *config)
{
    nf_lc3 *machine = NULL;
    nf_error error;
    assert_int_equal(nf_lc3_new(config, &machine, &error), NF_OK);
    return machine;
}

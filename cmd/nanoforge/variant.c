/* Variants and passes by name. */
#include "variant.h"
#include <string.h>
#include "command.h"
#include "os/cpu.h"

const nf_variant *variant_named(const char *name)
{
    for (uint32_t i = 0; i < nf_variant_count; i++) {
        if (strcmp(nf_variants[i].name, name) != 0) continue;
        if ((nf_variants[i].features & ~nf_cpu_features()) == 0) return &nf_variants[i];
        complain("this CPU lacks what the variant '%s' needs", name);
        return NULL;
    }
    complain("there is no variant '%s'; there are:", name);
    for (uint32_t i = 0; i < nf_variant_count; i++) fprintf(stderr, " %s", nf_variants[i].name);
    fputc('\n', stderr);
    return NULL;
}

bool pass_is_known(const char *name, size_t length)
{
    const char *known;
    for (uint32_t i = 0; (known = nf_pass_name(i)) != NULL; i++)
        if (strlen(known) == length && strncmp(known, name, length) == 0) return true;
    complain("there is no pass '%.*s'; there are:", (int)length, name);
    for (uint32_t i = 0; nf_pass_name(i); i++) fprintf(stderr, " %s", nf_pass_name(i));
    fputc('\n', stderr);
    return false;
}

/* Variants by name. */
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

/* See lib_compare.h. Calls go straight to the callee's code of the same way, which was made
 * before. */
#include "lib_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

enum { CODE_BYTES = 16 << 20, SYMBOLS = COMPARE_FUNCTIONS_MAX + 1, PATH_BYTES = 512 };

static const void *tier_compile(void *context, const nf_func *func)
{
    compare_tier *t = context;
    nf_link link = {t->addresses, SYMBOLS};
    nf_compiled compiled;
    nf_error error = {.message = ""};
    uint64_t address = 0;
    if (t->off) return NULL;
    nf_status status = way_compile(&t->way, func, &link, &t->arena, &compiled, &error);
    if (status == NF_OK)
        status =
            nf_code_place(t->comparison->code, &compiled.blob, t->way.name, NULL, &address, &error);
    if (status && status != NF_UNSUPPORTED && status != NF_SYMBOL)
        snprintf(t->comparison->fault, COMPARE_FAULT_BYTES, "%s: %s: %.150s", t->way.name,
                 nf_status_text(status), error.message);
    t->addresses[func->symbol.id] = address;
    nf_arena_reset(&t->arena);
    return (const void *)(uintptr_t)address;
}

static void tier_forget(compare_tier *t)
{
    for (size_t i = 0; i < SYMBOLS; i++) {
        if (t->addresses[i]) nf_code_free(t->comparison->code, t->addresses[i]);
        t->addresses[i] = 0;
    }
}

bool compare_init(comparison *c)
{
    static way ways[WAYS_MAX];
    nf_error error;
    *c = (comparison){.count = ways_list(ways)};
    if (nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &c->code, &error) != NF_OK) return false;
    for (uint32_t i = 0; i < c->count; i++) {
        compare_tier *t = &c->tiers[i];
        t->way = ways[i];
        t->comparison = c;
        nf_arena_init(&t->arena, nf_os_allocator());
        c->executors[i] = (differential_executor){t->way.name, tier_compile, t, 0, 0};
    }
    return true;
}

void compare_end(comparison *c)
{
    for (uint32_t i = 0; i < c->count; i++) nf_arena_free(&c->tiers[i].arena);
    nf_code_memory_free(c->code);
}

void compare_keep(nf_module *module, uint64_t seed)
{
    char path[PATH_BYTES];
    const char *directory = getenv("NF_KEEP"), *text;
    size_t length;
    if (directory == NULL || nf_module_print(module, &text, &length) != NF_OK) return;
    snprintf(path, sizeof path, "%s/seed-%" PRIx64 ".nir", directory, seed);
    FILE *file = fopen(path, "w");
    if (file == NULL) return;
    fwrite(text, 1, length, file);
    fclose(file);
    fprintf(stderr, "kept as %s\n", path);
}

bool compare_module(comparison *c, nf_module *module, uint64_t seed)
{
    uint64_t places[SYMBOLS];
    nf_link link = {places, SYMBOLS};
    bool equal = module->symbols.count <= SYMBOLS;
    c->fault[0] = 0;
    for (size_t i = 0; i < SYMBOLS; i++) places[i] = (uintptr_t)&places[i];
    for (uint32_t i = 1; equal && i < module->symbols.count; i++) {
        const nf_func *func = module->symbols.data[i].func;
        equal = differential_check(func, &link, seed, c->executors, c->count, &c->totals) &&
                c->fault[0] == 0;
    }
    for (uint32_t i = 0; i < c->count; i++) tier_forget(&c->tiers[i]);
    if (!equal && c->fault[0] == 0)
        snprintf(c->fault, sizeof c->fault, "mismatch in the module of seed %" PRIu64, seed);
    if (!equal) compare_keep(module, seed);
    return equal;
}

void compare_print(const comparison *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        printf("  %-30s %" PRIu64 " functions, %" PRIu64 " not supported\n", c->executors[i].name,
               c->executors[i].compared, c->executors[i].skipped);
    printf("  %" PRIu64 " inputs, %" PRIu64 " traps, %" PRIu64 " over the budget\n",
           c->totals.inputs, c->totals.traps, c->totals.over_budget);
}

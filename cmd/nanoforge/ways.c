/*
 * The list of ways to compile: see ways.h. Levels of CPU are there because selection differs most
 * between them; the variants, because each is a pipeline of its own.
 */
#include "ways.h"
#include <stdio.h>
#include "os/cpu.h"
#include "os/os.h"

typedef struct list {
    way *ways;
    uint32_t count;
} list;

/* Not when this CPU lacks something, nor when the list is full. */
static void add(list *l, const char *compiler, const char *name, const way *how)
{
    if ((how->features & nf_cpu_features()) != how->features || l->count == WAYS_MAX) return;
    way *w = &l->ways[l->count++];
    *w = *how;
    snprintf(w->name, sizeof w->name, "%s %s", compiler, name);
}

uint64_t ways_features_sse4(void)
{
    return NF_CPU_SSE3 | NF_CPU_SSSE3 | NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_POPCNT;
}

uint64_t ways_features_avx2(void)
{
    return ways_features_sse4() | NF_CPU_AVX | NF_CPU_AVX2 | NF_CPU_FMA | NF_CPU_BMI1 |
           NF_CPU_BMI2 | NF_CPU_LZCNT;
}

/* A compiler as it is, for each level. */
static void levels_add(list *l, const char *name, way_compiler *compile)
{
    add(l, name, "sse2", &(way){.compile = compile});
    add(l, name, "sse4", &(way){.compile = compile, .features = ways_features_sse4()});
    add(l, name, "avx2", &(way){.compile = compile, .features = ways_features_avx2()});
    add(l, name, "all", &(way){.compile = compile, .features = nf_cpu_features()});
}

/* The variant with T2, for this CPU and for the least that can run it, and now and then with T1,
 * which tells whose fault a mismatch is. */
static void variant_add(list *l, const nf_variant *variant, bool with_t1)
{
    way how = {.compile = nf_backend_compile,
               .optimise = true,
               .variant = variant,
               .features = nf_cpu_features()};
    if ((variant->features & nf_cpu_features()) != variant->features) return;
    add(l, "optimised T2", variant->name, &how);
    how.features =
        ways_features_sse4() | (variant->features & NF_CPU_AVX ? ways_features_avx2() : 0);
    if ((variant->features & how.features) == variant->features)
        add(l, "optimised T2, least,", variant->name, &how);
    how.features = nf_cpu_features();
    how.compile = nf_baseline_compile;
    if (with_t1) add(l, "optimised T1", variant->name, &how);
}

uint32_t ways_list(way ways[WAYS_MAX])
{
    list l = {ways, 0};
    levels_add(&l, "T1", nf_baseline_compile);
    levels_add(&l, "T2", nf_backend_compile);
    for (uint32_t i = 0; i < nf_variant_exact_count; i++)
        variant_add(&l, &nf_variants[i], i % 3 == 0);
    return l.count;
}

static nf_func *optimised(const way *w, const nf_func *func, nf_arena *arena, nf_error *error)
{
    nf_arena scratch;
    nf_func *clone = nf_func_clone(func, arena);
    nf_arena_init(&scratch, nf_os_allocator());
    nf_opt opt = {.scratch = &scratch,
                  .features = w->features,
                  .variant = w->variant,
                  .supports = nf_backend_supports};
    bool fine = clone && nf_opt_run(&opt, clone, error) == NF_OK;
    nf_arena_free(&scratch);
    return fine ? clone : NULL;
}

nf_status way_compile(const way *w, const nf_func *func, const nf_link *link, nf_arena *arena,
                      nf_compiled *out, nf_error *error)
{
    nf_compile options = {.link = link, .arena = arena, .features = w->features};
    *error = (nf_error){.status = NF_MEMORY};
    if (w->optimise) func = optimised(w, func, arena, error);
    if (func == NULL) return error->status;
    return w->compile(func, &options, out, error);
}

/* Bare metal has no LLVM: tiers 1 and 2 are all there is. */
#include "engine/engine_internal.h"

nf_status nf_llvm_open(nf_engine *engine, nf_error *error)
{
    (void)engine;
    return nf_fail(error, NF_UNSUPPORTED, "this platform has no LLVM tier");
}

nf_status nf_llvm_import(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                         uint32_t *foreign_count, nf_error *error)
{
    *module = NULL;
    *foreign = NULL;
    *foreign_count = 0;
    return nf_llvm_open(program->engine, error);
}

nf_status nf_llvm_compile(nf_function *function, const nf_func *rest,
                          const nf_llvm_options *options, nf_arena *arena, nf_blob *blob,
                          nf_error *error)
{
    (void)rest;
    (void)options;
    (void)arena;
    (void)blob;
    return nf_llvm_open(function->engine, error);
}

void nf_llvm_end(void) {}

void nf_llvm_close(nf_program *program)
{
    (void)program;
}

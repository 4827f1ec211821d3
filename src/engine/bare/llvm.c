/* Bare metal has no LLVM: tiers 1 and 2 are all there is. */
#include "engine/engine_internal.h"

nf_status nf_llvm_open(nf_error *error)
{
    return nf_fail(error, NF_UNSUPPORTED, "this platform has no LLVM tier");
}

nf_status nf_llvm_borrow(const nf_llvm_api **api, nf_error *error)
{
    *api = NULL;
    return nf_llvm_open(error);
}

void nf_llvm_return(void) {}

nf_status nf_llvm_import(nf_program *program, nf_module **module, const nf_llvm_foreign **foreign,
                         uint32_t *foreign_count, nf_error *error)
{
    *module = NULL;
    *foreign = NULL;
    *foreign_count = 0;
    (void)program;
    return nf_llvm_open(error);
}

void nf_llvm_step(nf_engine *engine)
{
    (void)engine;
}

bool nf_llvm_is_kept(const nf_function *function, nf_recipe recipe)
{
    (void)function;
    (void)recipe;
    return false;
}

nf_status nf_llvm_compile(nf_function *function, nf_recipe recipe, const nf_func *rest,
                          nf_arena *arena, nf_blob *blob, nf_error *error)
{
    (void)recipe;
    (void)rest;
    (void)arena;
    (void)blob;
    (void)function;
    return nf_llvm_open(error);
}

nf_status nf_llvm_first(nf_function *function, nf_error *error)
{
    (void)function;
    return nf_llvm_open(error);
}

void nf_llvm_end(void) {}

bool nf_llvm_has_stopped(const nf_engine *engine)
{
    (void)engine;
    return false;
}

void nf_llvm_fork_prepare(void) {}

void nf_llvm_fork_done(bool is_child)
{
    (void)is_child;
}

void nf_llvm_close(nf_program *program)
{
    (void)program;
}

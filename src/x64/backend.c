/*
 * T2: from optimised NIR to machine code.
 *
 *     NIR ─► select ─► LIR ─► allocate ─► LIR + moves ─► emit ─► blob
 *
 * In debug builds the allocation is checked before anything is written. Everything lives in the
 * caller's arena.
 */
#include "compile.h"
#include "emit.h"
#include "select.h"

static nf_status check(const nf_lir *lir, const nf_alloc *alloc, nf_arena *arena, nf_error *error)
{
#ifdef NF_DEBUG
    return nf_alloc_check(lir, alloc, arena, error);
#else
    (void)lir, (void)alloc, (void)arena, (void)error;
    return NF_OK;
#endif
}

nf_status nf_backend_compile(const nf_func *f, const nf_compile *options, nf_compiled *out,
                             nf_error *error)
{
    nf_arena *arena = options->arena;
    nf_cfg cfg;
    nf_alloc alloc;
    nf_lir *lir = NF_NEW(arena, nf_lir);
    *out = (nf_compiled){0};
    if (lir == NULL) return nf_fail(error, NF_MEMORY, "no memory for the back end");
    nf_status status = nf_cfg_build(f, arena, &cfg);
    if (status != NF_OK) return nf_fail(error, status, "no memory for the flow graph");
    status = nf_select_run(f, &cfg, options, lir, error);
    if (status == NF_OK) status = nf_alloc_run(lir, arena, &alloc, error);
    if (status == NF_OK) status = check(lir, &alloc, arena, error);
    if (status == NF_OK) status = nf_output_run(lir, &alloc, options, out, error);
    return status;
}

bool nf_backend_supports(nf_op op, nf_type type, nf_type operand, uint64_t features)
{
    if (NF_TYPE_IS_VECTOR(type) || NF_TYPE_IS_VECTOR(operand))
        return nf_select_vector_supports(op, type, operand, features);
    return true;
}

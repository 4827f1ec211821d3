/*
 * Values that a loop carries over because an earlier iteration has loaded them; see
 * vectorise_internal.h.
 *
 * Front ends load each element of a stencil once and hand it on:
 *
 *     top(%p: f64, %i): %q = load [%a + %i*8 + 8]   ...   br top(%q, %i + 1)     %p at first: load [%a]
 *
 * Lanes can't hand on. But %p is in iteration k what the load read in iteration k - 1, so a vector of
 * it is the load's, one element further down; in the first iteration that is where the first value came
 * from, which the preheader read. Several parameters may hand on in a row. As an access it stands in front
 * of all others of the body, and must be as far from the stores as any: a store in the iteration of
 * the load, too, is one that hurts.
 */
#include "alias.h"
#include "vectorise_internal.h"

enum {
    CHAIN_MAX = 4,  /* iterations that a value is handed on for */
    BLOCKS_MAX = 4, /* between the first load and the loop */
};

/* The load that the header's parameter gets its values from, so many iterations later; none when they
 * come from elsewhere. */
static nf_value source_of(const nf_plan *plan, uint32_t param, unsigned *iterations)
{
    const nf_counted *loop = &plan->loop;
    for (*iterations = 1; *iterations <= CHAIN_MAX; ++*iterations) {
        nf_value next = nf_counted_next(loop, param);
        const nf_inst *inst = nf_inst_at(plan->f, next);
        if (inst->op == NF_OP_LOAD && nf_counted_has(loop, next)) return next;
        if (inst->op != NF_OP_PARAM || inst->block.id != loop->header.id) break;
        param = (uint32_t)inst->imm;
    }
    return (nf_value){0};
}

/* Whether nothing writes from v on, up to the end of its block. */
static bool only_reads_on(const nf_func *f, nf_value v)
{
    for (; v.id; v = nf_inst_at(f, v)->next) {
        nf_memory_use use = nf_memory_use_of(f, nf_inst_at(f, v));
        if (use == NF_MEMORY_STORE || use == NF_MEMORY_BARRIER) return false;
    }
    return true;
}

/* Whether nothing is written between a load and the loop, to which one way leads from there. */
static bool is_fresh(const nf_plan *plan, nf_value load)
{
    const nf_inst *inst = nf_inst_at(plan->f, load);
    const nf_cfg *cfg = plan->loop.cfg;
    nf_block b = plan->loop.preheader;
    if (inst->op != NF_OP_LOAD || inst->mem.flags) return false;
    for (unsigned i = 0; i < BLOCKS_MAX && b.id != inst->block.id; i++) {
        uint32_t first = cfg->pred_start[b.id], end = cfg->pred_start[b.id + 1];
        if (end - first != 1 || !only_reads_on(plan->f, nf_block_at(plan->f, b)->first))
            return false;
        b = (nf_block){cfg->preds[first]};
    }
    return b.id == inst->block.id && only_reads_on(plan->f, inst->next);
}

/* The constant that an affine value is, where what is left of its terms are places of one symbol. */
static bool is_number(const nf_plan *plan, const nf_affine *difference, int64_t *number)
{
    uint64_t sum = (uint64_t)difference->constant, factors = 0;
    uint32_t symbol = 0;
    for (uint32_t i = 0; i < difference->term_count; i++) {
        const nf_term *term = &difference->terms[i];
        const nf_inst *inst = nf_inst_at(plan->f, term->value);
        if (inst->op != NF_OP_SYMBOL || (symbol && inst->extra != symbol)) return false;
        symbol = inst->extra;
        factors += (uint64_t)term->factor;
        sum += (uint64_t)term->factor * (uint64_t)inst->imm;
    }
    *number = (int64_t)sum;
    return factors == 0;
}

static bool starts_there(nf_plan *plan, nf_value first, const nf_affine *address)
{
    int64_t apart = 0;
    if (!is_fresh(plan, first)) return false;
    nf_affine start = nf_affine_address(&plan->loop, nf_inst_at(plan->f, first));
    if (start.type == NF_VOID || start.step != 0 || start.needs) return false;
    nf_affine difference = nf_affine_add(address, &start, -1);
    return difference.type != NF_VOID && is_number(plan, &difference, &apart) && apart == 0;
}

bool nf_plan_earlier(nf_plan *plan, uint32_t param, nf_value *load, nf_affine *address)
{
    unsigned iterations;
    nf_value first = nf_counted_init(&plan->loop, param);
    *load = source_of(plan, param, &iterations);
    if (load->id == 0 || nf_type_of(plan->f, first) != nf_type_of(plan->f, *load)) return false;
    *address = nf_affine_address(&plan->loop, nf_inst_at(plan->f, *load));
    if (address->type == NF_VOID) return false;
    address->constant =
        (int64_t)((uint64_t)address->constant - iterations * (uint64_t)address->step);
    return starts_there(plan, first, address);
}

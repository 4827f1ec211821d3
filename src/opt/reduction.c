/*
 * Finds header parameters that one associative operation gathers; see induction.h.
 *
 *   header(s): ... t = add s, x; u = select c, t, s; ... br header(u)      s is a sum
 *
 * From the parameter to the value on the back edge leads a chain of links. A link is the operation
 * itself with the value so far as one operand, or a select between the value before and behind a
 * link (what if-conversion makes of `if (c) s += x`). Nothing else in the loop may see a value of
 * the chain: partial results differ when the order does.
 *
 * Integer operations are exact in any order. Floating-point sums and products are not, so they need
 * NF_ATTR_REASSOC. fmin(x, s) is x < s ? x : s: NaNs in x are passed over, so any order finds the
 * same number, but which of the two zeros it finds depends on the order: exact unless the result is
 * zero. With fmin(s, x) a NaN in x throws away what was found before it; that is no reduction.
 */
#include "induction.h"

enum { LINKS_MAX = 32 };

/* The operation that a link gathers by, NF_OP_NONE for none. so_far is the operand that must be the
 * chain: 0 for either of a and b, else 1, 2, 3 for a, b, c. */
typedef struct link_rule {
    uint16_t op;
    uint8_t so_far;
    uint8_t order; /* nf_order */
} link_rule;

static const link_rule LINKS[NF_OP_COUNT] = {
    [NF_OP_ADD] = {NF_OP_ADD, 0, NF_ORDER_FREE},
    [NF_OP_SUB] = {NF_OP_ADD, 1, NF_ORDER_FREE},
    [NF_OP_MUL] = {NF_OP_MUL, 0, NF_ORDER_FREE},
    [NF_OP_AND] = {NF_OP_AND, 0, NF_ORDER_FREE},
    [NF_OP_OR] = {NF_OP_OR, 0, NF_ORDER_FREE},
    [NF_OP_XOR] = {NF_OP_XOR, 0, NF_ORDER_FREE},
    [NF_OP_SMIN] = {NF_OP_SMIN, 0, NF_ORDER_FREE},
    [NF_OP_SMAX] = {NF_OP_SMAX, 0, NF_ORDER_FREE},
    [NF_OP_UMIN] = {NF_OP_UMIN, 0, NF_ORDER_FREE},
    [NF_OP_UMAX] = {NF_OP_UMAX, 0, NF_ORDER_FREE},
    [NF_OP_FADD] = {NF_OP_FADD, 0, NF_ORDER_MATTERS},
    [NF_OP_FSUB] = {NF_OP_FADD, 1, NF_ORDER_MATTERS},
    [NF_OP_FMUL] = {NF_OP_FMUL, 0, NF_ORDER_MATTERS},
    [NF_OP_FMA] = {NF_OP_FADD, 3, NF_ORDER_MATTERS},
    [NF_OP_FMIN] = {NF_OP_FMIN, 2, NF_ORDER_ZEROS},
    [NF_OP_FMAX] = {NF_OP_FMAX, 2, NF_ORDER_ZEROS},
};

/* What one walk up the chain gathers. */
typedef struct chain {
    nf_counted *counted;
    const uint32_t *uses;
    nf_value param;
    nf_op op;
    uint8_t order;
    uint32_t links;
} chain;

static bool joins(chain *ch, const link_rule *rule)
{
    if (ch->op != NF_OP_NONE && ch->op != rule->op) return false;
    ch->op = (nf_op)rule->op;
    ch->order = rule->order;
    return true;
}

static bool walk(chain *ch, nf_value v, uint32_t uses_allowed);

/* v = select c, x, y  where one of x and y is a link on the other. */
static bool walk_select(chain *ch, const nf_inst *inst)
{
    for (int side = 0; side < 2; side++) {
        nf_value linked = side ? inst->c : inst->b, before = side ? inst->b : inst->c;
        const nf_inst *link = nf_inst_at(ch->counted->f, linked);
        const link_rule *rule = &LINKS[link->op];
        if (rule->op == NF_OP_NONE || ch->uses[linked.id] != 1) continue;
        bool left = link->a.id == before.id && rule->so_far <= 1;
        bool right = link->b.id == before.id && (rule->so_far == 0 || rule->so_far == 2);
        bool third = link->c.id == before.id && rule->so_far == 3;
        if (left + right + third != 1 || link->a.id == link->b.id) continue;
        return joins(ch, rule) && walk(ch, before, 2);
    }
    return false;
}

static bool is_header_param(const chain *ch, nf_value v)
{
    return v.id == ch->param.id;
}

/* Whether the chain leads from v, which the links behind it use uses_allowed times, to the
 * parameter. */
static bool walk(chain *ch, nf_value v, uint32_t uses_allowed)
{
    if (ch->uses[v.id] != uses_allowed || ch->links++ == LINKS_MAX) return false;
    if (is_header_param(ch, v)) return ch->op != NF_OP_NONE;
    if (!nf_counted_has(ch->counted, v)) return false;
    const nf_inst *inst = nf_inst_at(ch->counted->f, v);
    if (inst->op == NF_OP_SELECT) return walk_select(ch, inst);
    const link_rule *rule = &LINKS[inst->op];
    if (rule->op == NF_OP_NONE || !joins(ch, rule)) return false;
    if (rule->so_far == 1) return walk(ch, inst->a, 1);
    if (rule->so_far == 2) return walk(ch, inst->b, 1);
    if (rule->so_far == 3) return walk(ch, inst->c, 1);
    chain right = *ch;
    if (walk(ch, inst->a, 1)) return true;
    *ch = right;
    return walk(ch, inst->b, 1);
}

bool nf_reduction_find(nf_counted *c, const uint32_t *uses, uint32_t param, nf_reduction *r)
{
    nf_value p = nf_param_at(c->f, c->header, param), next = nf_counted_next(c, param);
    chain ch = {.counted = c, .uses = uses, .param = p};
    if (next.id == p.id || !walk(&ch, next, 1)) return false;
    *r = (nf_reduction){.index = param,
                        .param = p,
                        .init = nf_counted_init(c, param),
                        .next = next,
                        .type = nf_type_of(c->f, p),
                        .op = ch.op,
                        .order = ch.order};
    return true;
}

/* --- partial results --- */

static const nf_reduction_rule RULES[NF_OP_COUNT] = {
    [NF_OP_ADD] = {NF_OP_REDUCE_ADD, false, 0, 0, 0},
    [NF_OP_MUL] = {NF_OP_REDUCE_MUL, false, 1, 0, 0},
    [NF_OP_AND] = {NF_OP_REDUCE_AND, false, -1, 0, 0},
    [NF_OP_OR] = {NF_OP_REDUCE_OR, false, 0, 0, 0},
    [NF_OP_XOR] = {NF_OP_REDUCE_XOR, false, 0, 0, 0},
    [NF_OP_SMIN] = {NF_OP_REDUCE_SMIN, true, 0, 0, 0},
    [NF_OP_SMAX] = {NF_OP_REDUCE_SMAX, true, 0, 0, 0},
    [NF_OP_UMIN] = {NF_OP_REDUCE_UMIN, true, 0, 0, 0},
    [NF_OP_UMAX] = {NF_OP_REDUCE_UMAX, true, 0, 0, 0},
    [NF_OP_FADD] = {NF_OP_REDUCE_FADD, false, 0, 0x80000000, INT64_MIN},          /* -0.0 */
    [NF_OP_FMUL] = {NF_OP_REDUCE_FMUL, false, 0, 0x3f800000, 0x3ff0000000000000}, /* 1.0 */
    [NF_OP_FMIN] = {NF_OP_REDUCE_FMIN, true, 0, 0, 0},
    [NF_OP_FMAX] = {NF_OP_REDUCE_FMAX, true, 0, 0, 0},
};

const nf_reduction_rule *nf_reduction_rule_of(const nf_reduction *r)
{
    return &RULES[r->op];
}

int64_t nf_reduction_neutral(const nf_reduction *r)
{
    const nf_reduction_rule *rule = &RULES[r->op];
    if (r->type == NF_F32) return rule->neutral_f32;
    return r->type == NF_F64 ? rule->neutral_f64 : rule->neutral_int;
}

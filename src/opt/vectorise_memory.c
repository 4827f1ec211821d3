/*
 * Which accesses of a loop may overlap, and what has to be checked in front of it.
 *
 * One copy of the vector body does, for `lanes` neighbouring iterations, all of its first access,
 * then all of its second, and so on. Compared with the scalar loop that changes the order of A in
 * iteration i and B in iteration j (A stands before B in the body) only when i > j and i - j <
 * lanes. So, when both step by their size e in the same direction, with x = start of B - start of A:
 *
 *     violated  iff  0 < x < lanes * e          (upward; downward: 0 < -x < lanes * e)
 *
 *     for (i) y[i] = f(x[i])   with y = x in place, or behind: fine;  y = x + 1 element: not
 *
 * All of it modulo 2^64, so neither the length of the loop nor the end of the address space
 * matters. When starts differ by a constant this is decided here; else it is a subtraction and a
 * comparison at run time. Accesses that do not keep pace (a load of one place, elements of other
 * sizes) must not overlap in the whole loop: with low ends l and lengths s (below 2^63),
 *
 *     apart  iff  l2 - l1 >= s1  and  l1 - l2 >= s2          modulo 2^64
 *
 * Accesses in different alias classes, those to different objects (alias.h), and those through
 * different parameters one of which is noalias, need no check.
 */
#include "vectorise_internal.h"

enum { ROOT_DEPTH_MAX = 8 };

/* --- pointers --- */

/* What an address is made from: nothing that could be a pointer, one parameter, one local, one
 * symbol's data, or anything. */
typedef enum root_kind { ROOT_NONE, ROOT_PARAM, ROOT_LOCAL, ROOT_DATA, ROOT_UNKNOWN } root_kind;

typedef struct root {
    root_kind kind;
    uint32_t id; /* the parameter's index; nf_local; nf_symbol */
} root;

static root root_of(const nf_func *f, nf_value v, unsigned depth);

static root root_join(root a, root b)
{
    if (a.kind == ROOT_NONE) return b;
    if (b.kind == ROOT_NONE) return a;
    return (root){.kind = ROOT_UNKNOWN};
}

static root root_of(const nf_func *f, nf_value v, unsigned depth)
{
    const nf_inst *inst = nf_inst_at(f, v);
    if (depth == ROOT_DEPTH_MAX) return (root){.kind = ROOT_UNKNOWN};
    switch (inst->op) {
    case NF_OP_PARAM:
        if (inst->block.id != f->entry.id) break;
        return (root){.kind = ROOT_PARAM, .id = (uint32_t)inst->imm};
    case NF_OP_LOCAL: return (root){.kind = ROOT_LOCAL, .id = inst->extra};
    case NF_OP_SYMBOL:
        if (nf_symbol_at(f->module, (nf_symbol){inst->extra})->kind != NF_SYMBOL_DATA) break;
        return (root){.kind = ROOT_DATA, .id = inst->extra};
    case NF_OP_ADD:
        return root_join(root_of(f, inst->a, depth + 1), root_of(f, inst->b, depth + 1));
    case NF_OP_ICONST:
    case NF_OP_MUL:
    case NF_OP_SHL:
    case NF_OP_SEXT:
    case NF_OP_ZEXT: return (root){.kind = ROOT_NONE};
    default: break;
    }
    return (root){.kind = ROOT_UNKNOWN};
}

static root root_of_address(const nf_func *f, const nf_affine *address)
{
    root sum = {.kind = ROOT_NONE};
    for (uint32_t i = 0; i < address->term_count; i++) {
        const nf_term *term = &address->terms[i];
        if (term->convert == NF_OP_NONE && term->factor == 1)
            sum = root_join(sum, root_of(f, term->value, 0));
    }
    return sum;
}

static bool is_object(root r)
{
    return r.kind == ROOT_LOCAL || r.kind == ROOT_DATA;
}

static bool promised_apart(const nf_plan *plan, const nf_access *a, const nf_access *b)
{
    const nf_func *f = plan->f;
    unsigned alias_a = nf_inst_at(f, a->inst)->mem.alias;
    unsigned alias_b = nf_inst_at(f, b->inst)->mem.alias;
    if (alias_a && alias_b && alias_a != alias_b) return true;
    root root_a = root_of_address(f, &a->address), root_b = root_of_address(f, &b->address);
    if (is_object(root_a) && is_object(root_b))
        return root_a.kind != root_b.kind || root_a.id != root_b.id;
    if (root_a.kind != ROOT_PARAM || root_b.kind != ROOT_PARAM) return false;
    if (root_a.id == root_b.id || root_a.id > 63 || root_b.id > 63) return false;
    return (f->noalias >> root_a.id & 1) || (f->noalias >> root_b.id & 1);
}

/* --- pairs --- */

static bool keep_pace(const nf_access *a, const nf_access *b)
{
    return a->address.step == b->address.step && a->bytes == b->bytes && a->address.step != 0;
}

/* Whether the distance from a to b, known here, is one that hurts. */
static bool too_near(const nf_plan *plan, const nf_access *a, const nf_access *b)
{
    uint64_t x = (uint64_t)b->address.constant - (uint64_t)a->address.constant;
    if (a->address.step < 0) x = -x;
    return x != 0 && x < (uint64_t)a->bytes << plan->lanes_log2;
}

static bool same_place(const nf_access *a, const nf_access *b)
{
    return a->base == b->base && a->displacement == b->displacement && a->bytes == b->bytes &&
           a->address.step == b->address.step;
}

/* Whether the same check is in the list. */
static bool overlap_known(const nf_plan *plan, nf_overlap overlap)
{
    for (uint32_t i = 0; i < plan->overlap_count; i++) {
        const nf_overlap *known = &plan->overlaps[i];
        if (same_place(&plan->accesses[known->first], &plan->accesses[overlap.first]) &&
            same_place(&plan->accesses[known->second], &plan->accesses[overlap.second]))
            return true;
    }
    return false;
}

static bool pair_check(nf_plan *plan, uint32_t first, uint32_t second)
{
    const nf_access *a = &plan->accesses[first], *b = &plan->accesses[second];
    nf_overlap overlap = {(uint8_t)first, (uint8_t)second, keep_pace(a, b)};
    if (!a->is_store && !b->is_store) return true;
    if (promised_apart(plan, a, b)) return true;
    if (overlap.window && nf_affine_same_terms(&a->address, &b->address)) {
        plan->reason = "iterations within a vector depend on each other";
        return !too_near(plan, a, b);
    }
    if (overlap_known(plan, overlap)) return true;
    plan->reason = "too many accesses may overlap";
    if (plan->overlap_count == NF_OVERLAPS_MAX) return false;
    plan->overlaps[plan->overlap_count++] = overlap;
    return true;
}

bool nf_plan_overlaps(nf_plan *plan)
{
    for (uint32_t i = 0; i < plan->access_count; i++)
        for (uint32_t k = i + 1; k < plan->access_count; k++)
            if (!pair_check(plan, i, k)) return false;
    plan->reason = NULL;
    return true;
}

/* --- checks --- */

/* Lengths are below 2^63 up to this count. */
static const uint64_t COUNT_MAX = UINT64_C(1) << 56;

typedef struct check_writer {
    nf_plan *plan;
    nf_loop_emit *e;
    nf_value *bases, count;
    nf_checks *checks;
    bool count_checked;
} check_writer;

static nf_value emit_const(check_writer *w, int64_t number)
{
    return nf_loop_iconst(w->e, NF_I64, number);
}

static void check(check_writer *w, nf_cond cond, nf_value a, uint64_t number)
{
    nf_value holds = nf_loop_compare(w->e, cond, a, emit_const(w, (int64_t)number));
    (void)NF_VEC_PUSH(w->e->f->arena, w->checks, holds);
}

bool nf_plan_bases_meet(const nf_plan *plan, uint32_t a, uint32_t b, nf_affine *difference)
{
    const nf_affine *bases = plan->bases;
    *difference = nf_affine_add(&bases[b], &bases[a], -1);
    return difference->type && difference->term_count < bases[a].term_count + bases[b].term_count;
}

/* The address of base `to` - that of base `from` + constant. Where both have a term in common, as rows
 * of one matrix do, it is not looked at: the rest may be the same for all runs of the loop. */
static nf_value emit_base_distance(check_writer *w, uint32_t from, uint32_t to, int64_t constant)
{
    const uint32_t both[2] = {from, to};
    const nf_affine *bases = w->plan->bases;
    nf_affine difference;
    if (nf_plan_bases_meet(w->plan, from, to, &difference)) {
        difference.constant = (int64_t)((uint64_t)difference.constant + (uint64_t)constant);
        return nf_affine_emit(w->e, &difference);
    }
    for (int i = 0; i < 2; i++) {
        nf_value *base = &w->bases[both[i]];
        if (base->id == 0) *base = nf_affine_emit(w->e, &bases[both[i]]);
    }
    nf_value distance = nf_loop_op(w->e, NF_OP_SUB, NF_I64, w->bases[to], w->bases[from]);
    return nf_loop_op(w->e, NF_OP_ADD, NF_I64, distance, emit_const(w, constant));
}

/* How far an access gets: (count - 1) * |step|; none when it stands still. */
static nf_value emit_way(check_writer *w, const nf_access *a)
{
    if (a->address.step == 0) return (nf_value){0};
    nf_value shift = emit_const(w, __builtin_ctz(a->bytes));
    nf_value before = nf_loop_op(w->e, NF_OP_SUB, NF_I64, w->count, emit_const(w, 1));
    return nf_loop_op(w->e, NF_OP_SHL, NF_I64, before, shift);
}

/* low end of b - low end of a >= length of a */
static void emit_half_apart(check_writer *w, const nf_access *a, const nf_access *b)
{
    int64_t apart = (int64_t)b->displacement - a->displacement;
    nf_value distance = emit_base_distance(w, a->base, b->base, apart);
    nf_value way_a = emit_way(w, a), way_b = emit_way(w, b);
    if (b->address.step < 0) distance = nf_loop_op(w->e, NF_OP_SUB, NF_I64, distance, way_b);
    if (a->address.step < 0) distance = nf_loop_op(w->e, NF_OP_ADD, NF_I64, distance, way_a);
    nf_value length = emit_const(w, a->bytes);
    if (way_a.id) length = nf_loop_op(w->e, NF_OP_ADD, NF_I64, way_a, length);
    nf_value holds = nf_loop_compare(w->e, NF_UGE, distance, length);
    (void)NF_VEC_PUSH(w->e->f->arena, w->checks, holds);
}

static void emit_apart(check_writer *w, const nf_access *a, const nf_access *b)
{
    uint64_t count_max = w->plan->loop.count_max;
    if (!w->count_checked && (count_max == 0 || count_max > COUNT_MAX))
        check(w, NF_ULE, w->count, COUNT_MAX);
    w->count_checked = true;
    emit_half_apart(w, a, b);
    emit_half_apart(w, b, a);
}

/* --- windows --- */

/* Distances between two bases that hurt: those d for which 0 < d + delta < reach, for each delta of
 * low to high. Windows that touch become one, so that a stencil costs one check. */
typedef struct window {
    uint8_t from, to; /* bases */
    int64_t reach, low, high;
} window;

static window window_of(const nf_plan *plan, const nf_overlap *overlap)
{
    const nf_access *a = &plan->accesses[overlap->first], *b = &plan->accesses[overlap->second];
    bool down = a->address.step < 0;
    const nf_access *from = down ? b : a, *to = down ? a : b;
    int64_t delta = (int64_t)to->displacement - from->displacement;
    return (window){from->base, to->base, (int64_t)a->bytes << plan->lanes_log2, delta, delta};
}

static bool windows_join(window *w, const window *other)
{
    if (w->from != other->from || w->to != other->to || w->reach != other->reach) return false;
    if (other->low - w->high >= w->reach || w->low - other->high >= w->reach) return false;
    if (other->low < w->low) w->low = other->low;
    if (other->high > w->high) w->high = other->high;
    return true;
}

/* Puts a window in the list, with those that it joins taken out of it. Gives the new count. */
static uint32_t window_add(window *list, uint32_t count, window added)
{
    for (uint32_t i = 0; i < count;) {
        if (windows_join(&added, &list[i])) {
            list[i] = list[--count];
            i = 0;
        } else {
            i++;
        }
    }
    list[count] = added;
    return count + 1;
}

static void emit_window(check_writer *w, const window *apart)
{
    nf_value distance = emit_base_distance(w, apart->from, apart->to, apart->high - 1);
    check(w, NF_UGE, distance, (uint64_t)(apart->reach + apart->high - apart->low - 1));
}

void nf_overlaps_emit(nf_plan *plan, nf_loop_emit *e, nf_value *bases, nf_value count,
                      nf_checks *checks)
{
    check_writer w = {.plan = plan, .e = e, .bases = bases, .count = count, .checks = checks};
    window windows[NF_OVERLAPS_MAX];
    uint32_t window_count = 0;
    for (uint32_t i = 0; i < plan->overlap_count; i++) {
        const nf_overlap *overlap = &plan->overlaps[i];
        const nf_access *a = &plan->accesses[overlap->first];
        const nf_access *b = &plan->accesses[overlap->second];
        if (overlap->window)
            window_count = window_add(windows, window_count, window_of(plan, overlap));
        else
            emit_apart(&w, a, b);
    }
    for (uint32_t i = 0; i < window_count; i++) emit_window(&w, &windows[i]);
}

/*
 * Questions about live intervals, and splitting them.
 *
 * The scan only goes forward, and cursors into the lists of an interval follow it, so that looking
 * for what comes next stays cheap however long the interval is. Questions are about what is not
 * behind the scan yet.
 *
 * Splitting at p leaves [start, p) where it was and gives the rest to a new sibling. When p is in a
 * hole, the sibling starts behind the hole, at a block's start, and no move is needed at p: the
 * edges into that block bring the value.
 */
#include "alloc_internal.h"
#include "ir/cfg.h"

void nf_interval_advance(const nf_scan *s, nf_interval *it)
{
    while (it->range_cursor != 0 && nf_range_at(s, it->range_cursor)->to <= s->position)
        it->range_cursor = nf_range_at(s, it->range_cursor)->next;
    while (it->use_cursor != 0 && nf_use_at(s, it->use_cursor)->position < s->position) {
        it->last_use = nf_use_at(s, it->use_cursor)->position;
        it->use_cursor = nf_use_at(s, it->use_cursor)->next;
    }
}

bool nf_interval_covers(const nf_scan *s, const nf_interval *it, uint32_t position)
{
    for (uint32_t r = it->range_cursor; r != 0; r = nf_range_at(s, r)->next) {
        const nf_range *range = nf_range_at(s, r);
        if (range->from > position) return false;
        if (range->to > position) return true;
    }
    return false;
}

uint32_t nf_interval_meets(const nf_scan *s, const nf_interval *a, const nf_interval *b)
{
    uint32_t ra = a->range_cursor, rb = b->range_cursor;
    while (ra != 0 && rb != 0) {
        const nf_range *x = nf_range_at(s, ra), *y = nf_range_at(s, rb);
        if (x->to <= y->from)
            ra = x->next;
        else if (y->to <= x->from)
            rb = y->next;
        else
            return x->from > y->from ? x->from : y->from;
    }
    return UINT32_MAX;
}

uint32_t nf_interval_meets_fixed(const nf_scan *s, const nf_interval *it, const nf_fixed *fixed)
{
    uint32_t r = it->range_cursor, f = fixed->cursor;
    while (r != 0 && f < fixed->ranges.count) {
        const nf_range *x = nf_range_at(s, r), *y = &fixed->ranges.data[f];
        if (y->from >= it->end) return UINT32_MAX;
        if (x->to <= y->from)
            r = x->next;
        else if (y->to <= x->from)
            f++;
        else
            return x->from > y->from ? x->from : y->from;
    }
    return UINT32_MAX;
}

uint32_t nf_interval_meets_call(const nf_scan *s, const nf_interval *it)
{
    uint32_t r = it->range_cursor, c = s->call_cursor;
    while (r != 0 && c < s->calls.count) {
        const nf_range *range = nf_range_at(s, r);
        uint32_t call = s->calls.data[c];
        if (call >= it->end) return UINT32_MAX;
        if (range->to <= call)
            r = range->next;
        else if (call < range->from)
            c++;
        else
            return call;
    }
    return UINT32_MAX;
}

uint32_t nf_interval_next_use(const nf_scan *s, const nf_interval *it, uint32_t from,
                              nf_use_kind kind)
{
    for (uint32_t u = it->use_cursor; u != 0; u = nf_use_at(s, u)->next) {
        const nf_use *use = nf_use_at(s, u);
        if (use->position >= from && use->kind >= kind) return use->position;
    }
    return UINT32_MAX;
}

/* The ranges from `position` on, cut off it's list; both lists end up non-empty. */
static uint32_t cut_ranges(nf_scan *s, nf_interval *it, uint32_t position)
{
    uint32_t last = 0, r = it->ranges;
    while (r != 0 && nf_range_at(s, r)->to <= position) {
        last = r;
        r = nf_range_at(s, r)->next;
    }
    if (r != 0 && nf_range_at(s, r)->from < position) {
        nf_range tail = *nf_range_at(s, r);
        tail.from = position;
        if (!NF_VEC_PUSH(s->arena, &s->ranges, tail)) return 0;
        nf_range *head = nf_range_at(s, r);
        head->to = position;
        head->next = 0;
        return s->ranges.count - 1;
    }
    if (last != 0) nf_range_at(s, last)->next = 0;
    return r;
}

static uint32_t cut_uses(nf_scan *s, nf_interval *it, uint32_t position)
{
    uint32_t last = 0, u = it->uses;
    while (u != 0 && nf_use_at(s, u)->position < position) {
        last = u;
        u = nf_use_at(s, u)->next;
    }
    if (last != 0)
        nf_use_at(s, last)->next = 0;
    else
        it->uses = 0;
    return u;
}

static uint32_t end_of(const nf_scan *s, const nf_interval *it)
{
    uint32_t r = it->ranges;
    while (nf_range_at(s, r)->next != 0) r = nf_range_at(s, r)->next;
    return nf_range_at(s, r)->to;
}

uint32_t nf_interval_split(nf_scan *s, uint32_t id, uint32_t position)
{
    nf_interval *it = nf_interval_at(s, id);
    nf_interval tail = {.vreg = it->vreg,
                        .end = it->end,
                        .sibling = it->sibling,
                        .reg = NF_REG_NONE,
                        .split = true};
    tail.ranges = cut_ranges(s, it, position);
    if (tail.ranges == 0) return 0;
    tail.uses = cut_uses(s, it, position);
    tail.range_cursor = tail.ranges;
    tail.use_cursor = tail.uses;
    tail.start = tail.last_use = nf_range_at(s, tail.ranges)->from;
    it->end = end_of(s, it);
    it->range_cursor = it->ranges; /* the old ones may be the sibling's now */
    it->use_cursor = it->uses;
    nf_interval_advance(s, it);
    if (!NF_VEC_PUSH(s->arena, &s->intervals, tail)) return 0;
    uint32_t sibling = s->intervals.count - 1;
    nf_interval_at(s, id)->sibling = sibling;
    return sibling;
}

uint32_t nf_scan_best_split(const nf_scan *s, uint32_t min, uint32_t max)
{
    const nf_lir *lir = s->lir;
    uint32_t best = max;
    for (uint32_t loop = lir->blocks[nf_block_at_position(s, max)].loop; loop != NF_NO_LOOP;
         loop = lir->loops.data[loop].parent) {
        uint32_t start = nf_block_start(s, lir->loops.data[loop].first);
        if (start < min) break;
        best = start;
    }
    return best;
}

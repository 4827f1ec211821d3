/*
 * Changed inputs, inside the cage: what no recorded call had, where the request allows it.
 *
 * A changed input is a good one in which arguments, or elements where an argument points to, are
 * special values of their type: signed zeros, infinities, a NaN, the least and the greatest, and a few
 * small ones. The first inputs change one place each, so that each value comes to each place; later
 * ones change others besides. The baseline runs on it first. Where it faults, runs for long, touches
 * much more memory than on the recorded call, or does not repeat itself, the input is of no use, as it
 * is one that callers do not make; else its answer is what all candidates must give.
 *
 *   f(x, n) { y[0] = x[0] / n }   recorded: x[0] = 3, n = 2
 *   changed: n = 0: the baseline traps, no use; n = -1; n = INT_MIN; x[0] = INT_MIN with n = 2; ...
 *
 * Numbers that count something are not made larger by a little: loops would run past the end of what
 * a caller's memory is good for, and yet not fault. The one NaN is the one that the processor makes of
 * other numbers, so that it does not matter which of two NaNs an operation hands on: NIR says that,
 * LLVM does not.
 *
 * Elements lie in pages that are read-only; writing to them logs them, as a contestant's writes are.
 * So these pages belong to the answer's, and start with the changed bytes:
 *
 *   page      before     start     after
 *   changed   recorded   changed   as the baseline leaves it
 *   written   recorded   recorded  as the baseline leaves it
 */
#include "harness.h"

#include "os/os.h"

enum {
    CHANGED_MAX = 96,
    CHANGED_NS = 20 * 1000 * 1000,      /* for all, of processor time */
    CHANGED_LIMIT_NS = 4 * 1000 * 1000, /* for the baseline on one */
    ELEMENTS = 64,                      /* of those behind an address, that are changed at most */
    ELEMENT_SHARE = 4,                  /* one in so many, on every other input */
    OTHERS_SHARE = 4,                   /* one in so many of the other places, on later inputs */
    PAGES_MORE = 64,                    /* than the recorded call needs */
};

static const uint64_t doubles[] = {
    0,
    UINT64_C(0x8000000000000000), /* -0 */
    UINT64_C(0xfff8000000000000), /* the NaN that operations make */
    UINT64_C(0x7ff0000000000000), /* infinities */
    UINT64_C(0xfff0000000000000),
    1,                            /* the least above 0 */
    UINT64_C(0x800fffffffffffff), /* the subnormal that is farthest below it */
    UINT64_C(0x7fefffffffffffff), /* the greatest */
    UINT64_C(0x3ff0000000000000), /* 1 */
};

static const uint64_t floats[] = {
    0, 0x80000000, 0xffc00000, 0x7f800000, 0xff800000, 1, 0x807fffff, 0x7f7fffff, 0x3f800000,
};

/* Cut to the type; the least and the greatest are its own. */
enum { LEAST = 2, GREATEST = 3 };
static const uint64_t integers[] = {0, UINT64_MAX, LEAST, GREATEST, 1, 2};

typedef struct values {
    const uint64_t *of;
    uint32_t count;
} values;

static values values_of(nf_type type)
{
    if (type == NF_F64) return (values){doubles, sizeof doubles / sizeof *doubles};
    if (type == NF_F32) return (values){floats, sizeof floats / sizeof *floats};
    return (values){integers, sizeof integers / sizeof *integers};
}

/* The kind-th special value. was: what stood there. */
static uint64_t value_at(nf_type type, uint32_t kind, uint64_t was)
{
    values v = values_of(type);
    uint64_t value = v.of[kind % v.count];
    if (NF_TYPE_IS_FLOAT(type)) return value;
    unsigned bits = nf_type_bytes(type) * 8;
    if (kind % v.count == LEAST) return UINT64_C(1) << (bits - 1);
    if (kind % v.count == GREATEST) return (UINT64_C(1) << (bits - 1)) - 1;
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    return (value & mask) != mask && value > (was & mask) ? 0 : value & mask;
}

static uint64_t *word_at(nf_race_input *input, uint32_t word)
{
    return (uint64_t *)input + word;
}

/* --- making one --- */

typedef struct maker {
    harness *h;
    uint32_t number;
    bool everywhere; /* all elements, else some */
} maker;

static bool is_chosen(const maker *m, uint32_t change)
{
    const nf_race_request *request = m->h->request;
    if (m->number % request->change_count == change) return true;
    bool is_late = m->number >= CHANGED_MAX / 2;
    return is_late && harness_random(m->h) % OTHERS_SHARE == 0;
}

static void elements_change(const maker *m, const nf_race_change *change, uint32_t kind)
{
    uint32_t bytes = nf_type_bytes(change->type);
    uint8_t *at = (uint8_t *)*word_at(&m->h->changed, change->word);
    for (uint32_t i = 0; i < ELEMENTS; i++, at += bytes) {
        uint64_t was = 0;
        if (!m->everywhere && harness_random(m->h) % ELEMENT_SHARE) continue;
        /* What lies behind a page's end is another thing, if it is there at all. */
        if (i && ((uint64_t)at & (CAGE_PAGE - 1)) < bytes) return;
        cage_copy(&was, at, bytes);
        uint64_t value = value_at(change->type, kind, NF_TYPE_IS_FLOAT(change->type) ? 0 : was);
        cage_copy(at, &value, bytes);
    }
}

static void places_change(void *context)
{
    const maker *m = context;
    harness *h = m->h;
    uint32_t kind = m->number / h->request->change_count;
    for (uint32_t i = 0; i < h->request->change_count; i++) {
        const nf_race_change *change = &h->request->changes[i];
        uint64_t *word = word_at(&h->changed, change->word);
        if (!is_chosen(m, i)) continue;
        if (change->is_address)
            elements_change(m, change, kind);
        else
            *word = value_at(change->type, kind, *word);
    }
}

/* Makes the input and runs the baseline on it. */
static cage_end answer_define(harness *h, uint32_t number)
{
    cage *c = &h->cage;
    harness_answer *answer = &h->answers[HARNESS_CHANGED];
    maker m = {h, number, number / h->request->change_count % 2 == 0};
    h->changed_of = h->good[number % h->good_count];
    h->changed = h->request->inputs[h->changed_of];
    h->input = HARNESS_CHANGED;
    answer->page_first = answer->page_last = c->page_count;
    c->logging = true;
    cage_end end = cage_guard(c, places_change, &m, CHANGED_LIMIT_NS);
    uint32_t changed = c->page_count;
    for (uint32_t i = answer->page_first; i < changed; i++)
        cage_copy(c->pages[i].start, (const void *)c->pages[i].address, CAGE_PAGE);
    uint64_t start = nf_os_tsc_start();
    if (end == CAGE_RETURNED)
        end =
            harness_call(h, NF_SANDBOX_BASELINE, HARNESS_CHANGED, CHANGED_LIMIT_NS, answer->result);
    answer->ns = harness_ticks_to_ns(h, nf_os_tsc_stop() - start);
    c->logging = false;
    answer->page_last = c->page_count;
    for (uint32_t i = changed; i < c->page_count; i++)
        cage_copy(c->pages[i].start, c->pages[i].before, CAGE_PAGE);
    harness_pages_keep_after(c, answer->page_first);
    answer->poisoned = true; /* runs begin with the pages' start */
    return end;
}

static bool answer_repeats(harness *h)
{
    char ignored[NF_RACE_REASON_BYTES];
    uint64_t result[2];
    harness_starts_put(&h->cage, &h->answers[HARNESS_CHANGED]);
    return harness_call(h, NF_SANDBOX_BASELINE, HARNESS_CHANGED, CHANGED_LIMIT_NS, result) ==
               CAGE_RETURNED &&
           harness_answer_matches(h, HARNESS_CHANGED, result, ignored);
}

/* --- checking --- */

static void changed_drop(harness *h)
{
    const harness_answer *answer = &h->answers[HARNESS_CHANGED];
    harness_input_restore(h, HARNESS_CHANGED);
    cage_pages_protect(&h->cage, answer->page_first, answer->page_last, false);
    h->cage.page_count = answer->page_first;
}

static void limits_set(harness *h)
{
    cage *c = &h->cage;
    const harness_answer *answer = &h->answers[h->changed_of];
    uint32_t pages = c->page_count + answer->page_last - answer->page_first + PAGES_MORE;
    c->pages_max = pages < CAGE_PAGES_MAX ? pages : CAGE_PAGES_MAX;
    c->pulled_max = c->pulled_count + PAGES_MORE;
    if (c->pulled_max > CAGE_PULLED_MAX) c->pulled_max = CAGE_PULLED_MAX;
}

void harness_changed_check(harness *h)
{
    cage *c = &h->cage;
    harness_time deadline = harness_deadline_in(h, CHANGED_NS);
    uint32_t count = h->good_count && h->request->change_count ? CHANGED_MAX : 0;
    h->result.inputs_changed = 0;
    for (uint32_t i = 0; i < count && !harness_is_over(&deadline); i++) {
        harness_alive(h, HARNESS_CHECK, i, count);
        h->changed_of = h->good[i % h->good_count];
        limits_set(h);
        if (answer_define(h, i) == CAGE_RETURNED && answer_repeats(h)) {
            harness_input_restore(h, HARNESS_CHANGED);
            harness_candidates_check(h, HARNESS_CHANGED, &deadline);
            h->result.inputs_changed++;
        }
        changed_drop(h);
    }
    c->pages_max = CAGE_PAGES_MAX;
    c->pulled_max = CAGE_PULLED_MAX;
}

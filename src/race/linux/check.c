/*
 * Checking, inside the cage: whose answers are the baseline's?
 *
 * For each input the baseline runs and defines result and pages, and runs again from restored memory
 * (another answer: it depends on something else, the input is dropped). Then each candidate runs, from
 * restored memory with poison where the outputs lie. At last the same on changed inputs (change.c).
 */
#include "harness.h"

#include "base/text.h"
#include "os/os.h"

enum {
    CALL_LIMIT_NS_MIN = 20 * 1000 * 1000,
    CALL_LIMIT_FACTOR = 50,      /* of the baseline's time */
    CHECK_NS = 50 * 1000 * 1000, /* a few inputs are checked however long it takes */
    INPUTS_MIN = 2,
    INPUT_NAME_BYTES = 32,
    LINE = 64,
};

/* --- answers --- */

static uint64_t result_mask(nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    return bytes >= 8 ? UINT64_MAX : (UINT64_C(1) << bytes * 8) - 1;
}

/* The result's bits, from the register that the ABI returns it in. */
static uint64_t result_of(const harness *h, const uint64_t result[2])
{
    nf_type type = h->request->result;
    if (type == NF_VOID) return 0;
    return result[NF_TYPE_IS_FLOAT(type) ? 1 : 0] & result_mask(type);
}

static double float_of(nf_type type, uint64_t bits)
{
    union {
        uint64_t u64;
        uint32_t u32;
        float f32;
        double f64;
    } value = {.u64 = bits};
    return type == NF_F32 ? (double)value.f32 : value.f64;
}

static bool near(double a, double b, double tolerance)
{
    double difference = a > b ? a - b : b - a;
    double size_a = a < 0 ? -a : a, size_b = b < 0 ? -b : b;
    bool is_finite = difference < __builtin_inf(); /* infinity is near nothing else */
    return is_finite && difference <= tolerance * (size_a > size_b ? size_a : size_b);
}

static bool bits_agree(const harness *h, nf_type type, uint64_t a, uint64_t b)
{
    if (a == b) return true;
    if (h->request->tolerance <= 0 || !NF_TYPE_IS_FLOAT(type)) return false;
    return near(float_of(type, a), float_of(type, b), h->request->tolerance);
}

/* Mostly it does, so that this is where the time goes. */
static bool line_equals(const uint8_t *is, const uint8_t *should)
{
    uint64_t a[LINE / 8], b[LINE / 8], differs = 0;
    __builtin_memcpy(a, is, LINE);
    __builtin_memcpy(b, should, LINE);
    for (unsigned k = 0; k < LINE / 8; k++) differs |= a[k] ^ b[k];
    return differs == 0;
}

/* Offset of the first byte in which the page differs from what it should be, or CAGE_PAGE. */
static uint32_t page_differs(const harness *h, const uint8_t *is, const uint8_t *should)
{
    nf_type type = h->request->tolerance > 0 ? h->request->tolerance_type : NF_VOID;
    unsigned step = type == NF_VOID ? 8 : nf_type_bytes(type);
    for (uint32_t at = 0; at < CAGE_PAGE; at += step) {
        if (at % LINE == 0 && line_equals(is + at, should + at)) {
            at += LINE - step;
            continue;
        }
        uint64_t a = 0, b = 0;
        __builtin_memcpy(&a, is + at, step == 4 ? 4 : 8);
        __builtin_memcpy(&b, should + at, step == 4 ? 4 : 8);
        if (a == b || bits_agree(h, type, a, b)) continue;
        while (is[at] == should[at]) at++;
        return at;
    }
    return CAGE_PAGE;
}

/* For people. */
static void input_name(const harness *h, uint32_t input, char name[INPUT_NAME_BYTES])
{
    if (input == HARNESS_CHANGED)
        nf_format(name, INPUT_NAME_BYTES, "input %u, changed", h->changed_of);
    else
        nf_format(name, INPUT_NAME_BYTES, "input %u", input);
}

/* Whether memory and result are as the baseline left them; else says where not. */
bool harness_answer_matches(const harness *h, uint32_t input, const uint64_t result[2],
                            char *reason)
{
    const harness_answer *answer = &h->answers[input];
    uint64_t is = result_of(h, result), should = result_of(h, answer->result);
    char name[INPUT_NAME_BYTES];
    input_name(h, input, name);
    if (!bits_agree(h, h->request->result, is, should)) {
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: the result is 0x%llx, not 0x%llx", name,
                  (unsigned long long)is, (unsigned long long)should);
        return false;
    }
    for (uint32_t i = answer->page_first; i < answer->page_last; i++) {
        const cage_page *page = &h->cage.pages[i];
        const uint8_t *bytes = (const uint8_t *)page->address;
        uint32_t at = page_differs(h, bytes, page->after);
        if (at == CAGE_PAGE) continue;
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: the byte at 0x%llx is 0x%02x, not 0x%02x",
                  name, (unsigned long long)page->address + at, bytes[at], page->after[at]);
        return false;
    }
    return true;
}

void harness_end_text(const harness *h, cage_end end, uint32_t input, char *reason)
{
    const cage *c = &h->cage;
    char name[INPUT_NAME_BYTES];
    input_name(h, input, name);
    unsigned long long address = (unsigned long long)c->address;
    switch (end) {
    case CAGE_CRASHED:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: signal %d at 0x%llx", name, c->signal,
                  address);
        break;
    case CAGE_HUNG:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: it did not return in time", name);
        break;
    case CAGE_STRAY_WRITE:
        nf_format(reason, NF_RACE_REASON_BYTES,
                  "%s: it wrote to 0x%llx, a page that the baseline does not write", name, address);
        break;
    case CAGE_SHARED_WRITE:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: it wrote to shared memory at 0x%llx", name,
                  address);
        break;
    case CAGE_LOG_FULL:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: more than %u pages are written", name,
                  c->pages_max);
        break;
    case CAGE_PULLED_FULL:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: more than %u pages are accessed", name,
                  c->pulled_max);
        break;
    case CAGE_SYSCALL:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: forbidden system call %d", name, c->signal);
        break;
    case CAGE_REGISTERS:
        nf_format(reason, NF_RACE_REASON_BYTES, "%s: a callee-saved register was not restored",
                  name);
        break;
    case CAGE_RETURNED: break;
    }
}

cage_end harness_call(harness *h, uint32_t who, uint32_t input, uint64_t limit_ns,
                      uint64_t result[2])
{
    harness_runs(h, who);
    h->input = input;
    const nf_race_input *arguments =
        input == HARNESS_CHANGED ? &h->changed : &h->request->inputs[input];
    cage_end end = cage_call(&h->cage, harness_contestant(h, who)->address, arguments,
                             h->request->stack_words, limit_ns, result);
    h->running = HARNESS_NOBODY;
    return end;
}

void harness_pages_keep_after(cage *c, uint32_t first)
{
    for (uint32_t i = first; i < c->page_count; i++)
        cage_copy(c->pages[i].after, (const void *)c->pages[i].address, CAGE_PAGE);
}

/* Memory is as at the fork before every call: whoever wrote restores. */
void harness_input_restore(const harness *h, uint32_t input)
{
    const harness_answer *answer = &h->answers[input];
    cage_pages_restore(&h->cage, answer->page_first, answer->page_last);
}

/* Runs the baseline for the first time with this input. */
static cage_end answer_define(harness *h, uint32_t input)
{
    cage *c = &h->cage;
    harness_answer *answer = &h->answers[input];
    answer->page_first = c->page_count;
    c->logging = true;
    uint64_t start = nf_os_tsc_start();
    cage_end end =
        harness_call(h, NF_SANDBOX_BASELINE, input, HARNESS_BASELINE_LIMIT_NS, answer->result);
    answer->ns = harness_ticks_to_ns(h, nf_os_tsc_stop() - start);
    c->logging = false;
    answer->page_last = c->page_count;
    harness_pages_keep_after(c, answer->page_first);
    return end;
}

/* The baseline once more: on the memory that it left, and from restored memory. */
static bool answer_confirm(harness *h, uint32_t input, char *reason)
{
    char ignored[NF_RACE_REASON_BYTES];
    uint64_t result[2];
    if (harness_call(h, NF_SANDBOX_BASELINE, input, HARNESS_BASELINE_LIMIT_NS, result) !=
            CAGE_RETURNED ||
        !harness_answer_matches(h, input, result, ignored))
        h->result.fresh_inputs = true;
    harness_input_restore(h, input);
    cage_end end = harness_call(h, NF_SANDBOX_BASELINE, input, HARNESS_BASELINE_LIMIT_NS, result);
    bool same = end == CAGE_RETURNED && harness_answer_matches(h, input, result, reason);
    harness_input_restore(h, input);
    if (same) return true;
    nf_format(reason, NF_RACE_REASON_BYTES,
              "input %u: the baseline itself answers differently the second time", input);
    return false;
}

static uint64_t call_limit_ns(const harness *h, uint32_t input)
{
    if (h->request->call_limit_ns) return h->request->call_limit_ns;
    uint64_t limit = (uint64_t)(h->answers[input].ns * CALL_LIMIT_FACTOR);
    return limit < CALL_LIMIT_NS_MIN ? CALL_LIMIT_NS_MIN : limit;
}

/* --- poison --- */

/* Of what the first run left as it was, everything, or what the run on poison has put right. */
static void starts_make(cage *c, const harness_answer *answer, bool only_put_right)
{
    for (uint32_t i = answer->page_first; i < answer->page_last; i++) {
        const cage_page *page = &c->pages[i];
        const uint8_t *now = (const uint8_t *)page->address;
        for (uint32_t at = 0; at < CAGE_PAGE; at++) {
            uint8_t before = page->before[at], after = page->after[at];
            bool bad = before == after && (!only_put_right || now[at] == after);
            page->start[at] = bad ? (uint8_t)~after : before;
        }
    }
}

void harness_starts_put(const cage *c, const harness_answer *answer)
{
    for (uint32_t i = answer->page_first; i < answer->page_last; i++)
        cage_copy((void *)c->pages[i].address, c->pages[i].start, CAGE_PAGE);
}

/*
 * The program has made the recorded call, so its outputs may lie in memory already: a candidate that
 * does nothing would leave the right ones. So candidates start where outputs are wrong. Which bytes
 * are outputs is found out: those that the baseline overwrites with the right ones whatever is there,
 * and that make no difference to anything else. Worked example, y[0] = x[0] in one page:
 *
 *     before 7 7   after 7 7   run on poison f8 f8 ─► f8 f8   nothing was put right, for x is bad
 *     before 7 7   after 7 7   where x lies elsewhere:  f8 ─► 7   y is an output, and starts as f8
 */
static void answer_poison(harness *h, uint32_t input)
{
    char ignored[NF_RACE_REASON_BYTES];
    harness_answer *answer = &h->answers[input];
    uint64_t result[2], limit = call_limit_ns(h, input);
    cage_end end;
    answer->poisoned = false;
    if (answer->page_first == answer->page_last) return;
    for (int pass = 0; pass < 2; pass++) {
        starts_make(&h->cage, answer, pass != 0);
        harness_starts_put(&h->cage, answer);
        end = harness_call(h, NF_SANDBOX_BASELINE, input, limit, result);
        if (end != CAGE_RETURNED) break;
    }
    answer->poisoned = end == CAGE_RETURNED && harness_answer_matches(h, input, result, ignored);
    harness_input_restore(h, input);
}

static void candidate_check(harness *h, uint32_t candidate, uint32_t input)
{
    nf_race_outcome *outcome = &h->result.outcomes[candidate];
    char *reason = h->result.reasons[candidate];
    uint64_t result[2] = {0};
    if (h->answers[input].poisoned) harness_starts_put(&h->cage, &h->answers[input]);
    cage_end end = harness_call(h, NF_SANDBOX_FIRST_CANDIDATE + candidate, input,
                                call_limit_ns(h, input), result);
    harness_end_text(h, end, input, reason);
    if (end == CAGE_RETURNED) {
        if (!harness_answer_matches(h, input, result, reason)) *outcome = NF_RACE_WRONG;
    } else if (end == CAGE_STRAY_WRITE || end == CAGE_SHARED_WRITE || end == CAGE_REGISTERS) {
        *outcome = NF_RACE_WRONG;
    } else {
        *outcome = end == CAGE_HUNG ? NF_RACE_HUNG : NF_RACE_CRASHED;
    }
    harness_input_restore(h, input);
}

/* Those candidates that have come to this, as a mask. */
static uint64_t who_is(const harness *h, nf_race_outcome outcome)
{
    uint64_t which = 0;
    for (uint32_t i = 0; i < h->request->candidate_count; i++)
        if (h->result.outcomes[i] == outcome) which |= UINT64_C(1) << i;
    return which;
}

bool harness_anyone_right(const harness *h)
{
    return who_is(h, NF_RACE_LOST) != 0;
}

static void some_check(harness *h, uint32_t input, uint64_t which, harness_time *deadline)
{
    for (uint32_t i = 0; i < h->request->candidate_count; i++) {
        if (!(which >> i & 1) || h->result.outcomes[i] != NF_RACE_LOST) continue;
        harness_time start = harness_now();
        candidate_check(h, i, input);
        if (h->result.outcomes[i] == NF_RACE_LOST) continue;
        harness_time end = harness_now();
        deadline->cpu_ns += end.cpu_ns - start.cpu_ns;
        deadline->tsc += end.tsc - start.tsc;
    }
}

/* Puts the other answer in the place of the baseline's, and back. */
static void answers_swap(cage *c, harness_answer *answer, uint64_t result[2])
{
    for (int i = 0; i < 2; i++) {
        uint64_t kept = result[i];
        result[i] = answer->result[i];
        answer->result[i] = kept;
    }
    for (uint32_t i = answer->page_first; i < answer->page_last; i++) {
        cage_page *page = &c->pages[i];
        uint8_t *kept = page->after;
        page->after = page->other;
        page->other = kept;
    }
}

/* They are right again, until they are checked once more. */
static void some_reinstate(harness *h, uint64_t which)
{
    for (uint32_t i = 0; i < h->request->candidate_count; i++)
        if (which >> i & 1) h->result.outcomes[i] = NF_RACE_LOST;
}

/*
 * Those whose answers are not the baseline's, for they round otherwise, against the other one that rounds
 * so. It starts where they do, and writes no page that the baseline does not; when it can't answer,
 * they stay wrong.
 */
static void others_check(harness *h, uint32_t input, uint64_t which, harness_time *deadline)
{
    harness_answer *answer = &h->answers[input];
    uint64_t result[2] = {0};
    if (answer->poisoned) harness_starts_put(&h->cage, answer);
    cage_end end = harness_call(h, NF_SANDBOX_OTHER, input, call_limit_ns(h, input), result);
    answers_swap(&h->cage, answer, result);
    harness_pages_keep_after(&h->cage, answer->page_first);
    harness_input_restore(h, input);
    if (end == CAGE_RETURNED) {
        some_reinstate(h, which);
        some_check(h, input, which, deadline);
    }
    answers_swap(&h->cage, answer, result);
}

/* Numbers of which both ways to round make the same are frequent, and the other one may be slow: it is
 * asked only where there is a difference. */
void harness_candidates_check(harness *h, uint32_t input, harness_time *deadline)
{
    uint64_t otherwise = h->request->other.address ? h->request->otherwise : 0;
    uint64_t differ = otherwise & who_is(h, NF_RACE_LOST);
    some_check(h, input, UINT64_MAX, deadline);
    differ &= who_is(h, NF_RACE_WRONG);
    if (differ) others_check(h, input, differ, deadline);
}

static void input_drop(harness *h, uint32_t input)
{
    harness_answer *answer = &h->answers[input];
    h->dropped[input] = true;
    harness_input_restore(h, input);
    cage_pages_protect(&h->cage, answer->page_first, answer->page_last, false);
    h->cage.page_count = answer->page_first;
}

static void input_check(harness *h, uint32_t input, harness_time *deadline)
{
    char *reason = h->result.dropped_reason;
    harness_answer *answer = &h->answers[input];
    cage_end end = answer_define(h, input);
    if (end != CAGE_RETURNED) {
        harness_end_text(h, end, input, reason);
        input_drop(h, input);
        return;
    }
    if (!answer_confirm(h, input, reason)) {
        input_drop(h, input);
        return;
    }
    if (!h->checked) answer_poison(h, input);
    if (!h->checked) harness_candidates_check(h, input, deadline);
    cage_pages_protect(&h->cage, answer->page_first, answer->page_last, false);
    h->good[h->good_count++] = input;
}

void harness_check(harness *h)
{
    uint32_t dropped = 0;
    uint64_t check_ns = h->request->check_ns ? h->request->check_ns : CHECK_NS;
    harness_time deadline = harness_deadline_in(h, check_ns);
    h->good_count = 0;
    for (uint32_t i = 0; i < h->request->input_count; i++) {
        harness_alive(h, HARNESS_CHECK, i, h->request->input_count);
        if (h->request->candidate_count && !harness_anyone_right(h)) break;
        if (h->good_count >= INPUTS_MIN && harness_is_over(&deadline)) break;
        if (!h->dropped[i]) input_check(h, i, &deadline);
        dropped += h->dropped[i];
    }
    if (!h->checked && !h->changed_fatal) harness_changed_check(h);
    h->checked = true;
    h->result.inputs_used = h->good_count;
    h->result.inputs_dropped = dropped;
}

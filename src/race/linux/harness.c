/*
 * Checking and measuring, inside the cage.
 *
 *   check     for each input the baseline runs and defines result and pages, and runs again from
 *             restored memory (another answer: it depends on something else, the input is
 *             dropped); then each candidate, from restored memory too
 *   measure   rounds; in each every contestant is timed twice, in a random order and then in its
 *             reverse (ABBA), on the same inputs, which move on from round to round; now and then
 *             the slower half, by its minimum, is out
 *
 * Long calls are few, and hardly one goes undisturbed: they are timed by the thread's CPU time,
 * whoever is far behind is out after each round, and fewer rounds do.
 *
 * A sample is one batch: calls enough to stand above the timer's noise. Where the inputs give the
 * same answers without restored memory, a batch is timed as a whole; else calls are timed one by
 * one, memory being restored behind each.
 */
#include "harness.h"

#include "base/text.h"
#include "os/os.h"

enum {
    BASELINE_LIMIT_NS = 500 * 1000 * 1000,
    CALL_LIMIT_NS_MIN = 20 * 1000 * 1000,
    CALL_LIMIT_FACTOR = 50, /* of the baseline's time */
    SAMPLE_NS = 20 * 1000,
    ROUNDS_MIN = 12,
    HALVING_ROUNDS = 6,
    CHECK_NS = 100 * 1000 * 1000, /* of checking; a few inputs are checked however long it takes */
    INPUTS_MIN = 2,
    LONG_CALL_NS = 100 * 1000,
    LONG_ROUNDS_MIN = 5,
    KEPT_MIN = 3, /* candidates that halving leaves */
    RETRIES = 3,  /* of a sample that was disturbed */
    OVERHEAD_CALLS = 2000,
    REPEATS_MAX = 1 << 16,
};

/* In a field of long calls: times the fastest one's time, to be out. */
static const double FAR_BEHIND = 1.25;

static const uint64_t budget_ns_default = 150 * 1000 * 1000;

enum { STAGE_ENTER, STAGE_CHECK, STAGE_MEASURE, STAGE_END };

const char *harness_stage_text(const harness *h)
{
    static const char *const texts[] = {"confining", "checking answers", "measuring", "done"};
    return texts[h->stage <= STAGE_END ? h->stage : STAGE_END];
}

static void alive(harness *h, uint32_t stage, uint32_t done, uint32_t of)
{
    h->stage = stage;
    h->progress_done = done;
    h->progress_of = of;
    __atomic_fetch_add(&h->heartbeat, 1, __ATOMIC_RELAXED);
}

/* Each call is a sign of life: many long ones make one stage of many seconds. */
static void runs(harness *h, uint32_t who)
{
    h->running = who;
    __atomic_fetch_add(&h->heartbeat, 1, __ATOMIC_RELAXED);
}

static uint32_t random_next(harness *h)
{
    h->random = h->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(h->random >> 33);
}

static const nf_race_candidate *contestant(const harness *h, uint32_t i)
{
    if (i < NF_SANDBOX_FIRST_CANDIDATE && h->result.baseline_ns > 0)
        i = NF_SANDBOX_FIRST_CANDIDATE + h->request->stand_in - 1;
    return i < NF_SANDBOX_FIRST_CANDIDATE ? &h->request->baseline
                                          : &h->request->candidates[i - NF_SANDBOX_FIRST_CANDIDATE];
}

static uint32_t contestants(const harness *h)
{
    return NF_SANDBOX_FIRST_CANDIDATE + h->request->candidate_count;
}

static double ticks_to_ns(const harness *h, uint64_t ticks)
{
    return (double)ticks * h->ns_per_tick;
}

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
    return difference <= tolerance * (size_a > size_b ? size_a : size_b);
}

static bool bits_agree(const harness *h, nf_type type, uint64_t a, uint64_t b)
{
    if (a == b) return true;
    if (h->request->tolerance <= 0 || !NF_TYPE_IS_FLOAT(type)) return false;
    return near(float_of(type, a), float_of(type, b), h->request->tolerance);
}

/* Offset of the first byte in which the page differs from what it should be, or CAGE_PAGE. */
static uint32_t page_differs(const harness *h, const uint8_t *is, const uint8_t *should)
{
    nf_type type = h->request->tolerance > 0 ? h->request->tolerance_type : NF_VOID;
    unsigned step = type == NF_VOID ? 8 : nf_type_bytes(type);
    for (uint32_t at = 0; at < CAGE_PAGE; at += step) {
        uint64_t a = 0, b = 0;
        __builtin_memcpy(&a, is + at, step == 4 ? 4 : 8);
        __builtin_memcpy(&b, should + at, step == 4 ? 4 : 8);
        if (a == b || bits_agree(h, type, a, b)) continue;
        while (is[at] == should[at]) at++;
        return at;
    }
    return CAGE_PAGE;
}

/* Whether memory and result are as the baseline left them; else says where not. */
static bool answer_matches(const harness *h, uint32_t input, const uint64_t result[2], char *reason)
{
    const harness_answer *answer = &h->answers[input];
    uint64_t is = result_of(h, result), should = result_of(h, answer->result);
    if (!bits_agree(h, h->request->result, is, should)) {
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: the result is 0x%llx, not 0x%llx", input,
                  (unsigned long long)is, (unsigned long long)should);
        return false;
    }
    for (uint32_t i = answer->page_first; i < answer->page_last; i++) {
        const cage_page *page = &h->cage.pages[i];
        const uint8_t *bytes = (const uint8_t *)page->address;
        uint32_t at = page_differs(h, bytes, page->after);
        if (at == CAGE_PAGE) continue;
        nf_format(reason, NF_RACE_REASON_BYTES,
                  "input %u: the byte at 0x%llx is 0x%02x, not 0x%02x", input,
                  (unsigned long long)page->address + at, bytes[at], page->after[at]);
        return false;
    }
    return true;
}

/* --- check --- */

static void end_text(const cage *c, cage_end end, uint32_t input, char *reason)
{
    unsigned long long address = (unsigned long long)c->address;
    switch (end) {
    case CAGE_CRASHED:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: signal %d at 0x%llx", input, c->signal,
                  address);
        break;
    case CAGE_HUNG:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: it did not return in time", input);
        break;
    case CAGE_STRAY_WRITE:
        nf_format(reason, NF_RACE_REASON_BYTES,
                  "input %u: it wrote to 0x%llx, a page that the baseline does not write", input,
                  address);
        break;
    case CAGE_SHARED_WRITE:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: it wrote to shared memory at 0x%llx",
                  input, address);
        break;
    case CAGE_LOG_FULL:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: more than %d pages are written", input,
                  CAGE_PAGES_MAX);
        break;
    case CAGE_PULLED_FULL:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: more than %d pages are accessed", input,
                  CAGE_PULLED_MAX);
        break;
    case CAGE_SYSCALL:
        nf_format(reason, NF_RACE_REASON_BYTES, "input %u: forbidden system call %d", input,
                  c->signal);
        break;
    case CAGE_REGISTERS:
        nf_format(reason, NF_RACE_REASON_BYTES,
                  "input %u: a callee-saved register was not restored", input);
        break;
    case CAGE_RETURNED: break;
    }
}

static cage_end call(harness *h, uint32_t who, uint32_t input, uint64_t limit_ns,
                     uint64_t result[2])
{
    runs(h, who);
    h->input = input;
    cage_end end = cage_call(&h->cage, contestant(h, who)->address, &h->request->inputs[input],
                             h->request->stack_words, limit_ns, result);
    h->running = HARNESS_NOBODY;
    return end;
}

static void pages_keep_after(cage *c, uint32_t first)
{
    for (uint32_t i = first; i < c->page_count; i++)
        cage_copy(c->pages[i].after, (const void *)c->pages[i].address, CAGE_PAGE);
}

/* Memory is as at the fork before every call: whoever wrote restores. */
static void input_restore(const harness *h, uint32_t input)
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
    cage_end end = call(h, NF_SANDBOX_BASELINE, input, BASELINE_LIMIT_NS, answer->result);
    answer->ns = ticks_to_ns(h, nf_os_tsc_stop() - start);
    c->logging = false;
    answer->page_last = c->page_count;
    pages_keep_after(c, answer->page_first);
    return end;
}

/* The baseline once more: on the memory that it left, and from restored memory. */
static bool answer_confirm(harness *h, uint32_t input, char *reason)
{
    char ignored[NF_RACE_REASON_BYTES];
    uint64_t result[2];
    if (call(h, NF_SANDBOX_BASELINE, input, BASELINE_LIMIT_NS, result) != CAGE_RETURNED ||
        !answer_matches(h, input, result, ignored))
        h->result.fresh_inputs = true;
    input_restore(h, input);
    cage_end end = call(h, NF_SANDBOX_BASELINE, input, BASELINE_LIMIT_NS, result);
    bool same = end == CAGE_RETURNED && answer_matches(h, input, result, reason);
    input_restore(h, input);
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

static void candidate_check(harness *h, uint32_t candidate, uint32_t input)
{
    nf_race_outcome *outcome = &h->result.outcomes[candidate];
    char *reason = h->result.reasons[candidate];
    uint64_t result[2] = {0};
    cage_end end =
        call(h, NF_SANDBOX_FIRST_CANDIDATE + candidate, input, call_limit_ns(h, input), result);
    end_text(&h->cage, end, input, reason);
    if (end == CAGE_RETURNED) {
        if (!answer_matches(h, input, result, reason)) *outcome = NF_RACE_WRONG;
    } else if (end == CAGE_STRAY_WRITE || end == CAGE_SHARED_WRITE || end == CAGE_REGISTERS) {
        *outcome = NF_RACE_WRONG;
    } else {
        *outcome = end == CAGE_HUNG ? NF_RACE_HUNG : NF_RACE_CRASHED;
    }
    input_restore(h, input);
}

static void input_drop(harness *h, uint32_t input)
{
    harness_answer *answer = &h->answers[input];
    h->dropped[input] = true;
    input_restore(h, input);
    cage_pages_protect(&h->cage, answer->page_first, answer->page_last, false);
    h->cage.page_count = answer->page_first;
}

static void input_check(harness *h, uint32_t input)
{
    char *reason = h->result.dropped_reason;
    harness_answer *answer = &h->answers[input];
    cage_end end = answer_define(h, input);
    if (end != CAGE_RETURNED) {
        end_text(&h->cage, end, input, reason);
        input_drop(h, input);
        return;
    }
    if (!answer_confirm(h, input, reason)) {
        input_drop(h, input);
        return;
    }
    for (uint32_t i = 0; i < h->request->candidate_count && !h->checked; i++) {
        if (h->result.outcomes[i] != NF_RACE_LOST) continue;
        uint64_t start = nf_os_tsc_start();
        candidate_check(h, i, input);
        /* What bad candidates take, the others must not lack. */
        if (h->result.outcomes[i] != NF_RACE_LOST) h->deadline_tsc += nf_os_tsc_start() - start;
    }
    cage_pages_protect(&h->cage, answer->page_first, answer->page_last, false);
    h->good[h->good_count++] = input;
}

static void check(harness *h)
{
    uint32_t dropped = 0;
    h->deadline_tsc = nf_os_tsc_start() + (uint64_t)(CHECK_NS / h->ns_per_tick);
    h->good_count = 0;
    for (uint32_t i = 0; i < h->request->input_count; i++) {
        alive(h, STAGE_CHECK, i, h->request->input_count);
        if (h->good_count >= INPUTS_MIN && nf_os_tsc_start() > h->deadline_tsc) break;
        if (!h->dropped[i]) input_check(h, i);
        dropped += h->dropped[i];
    }
    h->checked = true;
    h->result.inputs_used = h->good_count;
    h->result.inputs_dropped = dropped;
}

/* --- measure --- */

static void __attribute__((noinline)) nothing(void)
{
    __asm__ volatile("");
}

typedef struct sample {
    harness *h;
    uint64_t target;
    double ns; /* out: per call */
} sample;

/* In ns for long calls, else in ticks of the time stamp counter. */
static uint64_t time_start(const harness *h)
{
    return h->long_calls ? cage_cpu_ns() : nf_os_tsc_start();
}

static double time_since(const harness *h, uint64_t start)
{
    return h->long_calls ? (double)(cage_cpu_ns() - start)
                         : ticks_to_ns(h, nf_os_tsc_stop() - start);
}

/* Calls the batch's inputs one after the other, timed as a whole. */
static void sample_repeatable(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    uint64_t result[2];
    uint64_t start = time_start(h);
    for (uint32_t r = 0; r < h->repeats; r++)
        for (uint32_t i = 0; i < h->batch_inputs; i++) {
            uint32_t input = h->good[(h->batch_first + i) % h->good_count];
            cage_call_plain(&h->cage, s->target, &h->request->inputs[input],
                            h->request->stack_words, result);
        }
    s->ns = time_since(h, start) / ((double)h->repeats * h->batch_inputs);
}

/* Restores memory behind each call; only the calls are timed. */
static void sample_fresh(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    uint64_t result[2];
    double ns = 0;
    for (uint32_t r = 0; r < h->repeats; r++)
        for (uint32_t i = 0; i < h->batch_inputs; i++) {
            uint32_t input = h->good[(h->batch_first + i) % h->good_count];
            uint64_t start = time_start(h);
            cage_call_plain(&h->cage, s->target, &h->request->inputs[input],
                            h->request->stack_words, result);
            ns += time_since(h, start);
            input_restore(h, input);
        }
    s->ns = ns / ((double)h->repeats * h->batch_inputs);
}

static uint32_t cpu_number(void)
{
    uint32_t low, high, aux;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
    return aux;
}

/* A sample without migration or context switch; negative when there is none. */
static double sample_take(harness *h, uint32_t who)
{
    sample s = {.h = h, .target = contestant(h, who)->address};
    for (int tries = 0; tries < RETRIES; tries++) {
        uint64_t switches = cage_context_switches();
        uint32_t cpu = cpu_number();
        runs(h, who);
        cage_end end =
            cage_guard(&h->cage, h->result.fresh_inputs ? sample_fresh : sample_repeatable, &s,
                       (uint64_t)2 * BASELINE_LIMIT_NS);
        h->running = HARNESS_NOBODY;
        if (end != CAGE_RETURNED && who >= NF_SANDBOX_FIRST_CANDIDATE) {
            uint32_t candidate = who - NF_SANDBOX_FIRST_CANDIDATE;
            end_text(&h->cage, end, h->batch_first, h->result.reasons[candidate]);
            h->result.outcomes[candidate] = end == CAGE_HUNG ? NF_RACE_HUNG : NF_RACE_CRASHED;
        }
        if (end != CAGE_RETURNED) return -1;
        if (h->long_calls || (cpu == cpu_number() && switches == cage_context_switches()))
            return s.ns > h->call_overhead_ns ? s.ns - h->call_overhead_ns : 0.05;
        h->result.samples_dropped++;
    }
    return -1;
}

/* How long a call of a function that does nothing takes; the least of some batches. */
static void overhead_measure(harness *h)
{
    sample s = {.h = h, .target = (uint64_t)(uintptr_t)nothing};
    h->batch_inputs = 1;
    h->batch_first = 0;
    h->repeats = h->result.fresh_inputs ? 1 : OVERHEAD_CALLS;
    h->call_overhead_ns = 1e9;
    for (int i = 0; i < 20; i++) {
        if (h->result.fresh_inputs)
            sample_fresh(&s);
        else
            sample_repeatable(&s);
        if (s.ns < h->call_overhead_ns) h->call_overhead_ns = s.ns;
    }
}

/* Sizes a batch so that the baseline's takes about SAMPLE_NS: first more inputs, then more passes.
 */
static void batch_plan(harness *h)
{
    double ns = 0;
    for (uint32_t i = 0; i < h->good_count; i++) ns += h->answers[h->good[i]].ns;
    ns /= h->good_count;
    h->long_calls = ns > LONG_CALL_NS;
    double calls = ns > 0 ? SAMPLE_NS / ns : REPEATS_MAX;
    h->batch_inputs = calls >= h->good_count ? h->good_count : calls < 1 ? 1 : (uint32_t)calls;
    double repeats = calls / h->batch_inputs;
    h->repeats = repeats < 1 ? 1 : repeats > REPEATS_MAX ? REPEATS_MAX : (uint32_t)repeats;
}

/* The baseline's time on memory that is there, as a share of its first time, on faulting pages. */
static double warm_share(harness *h, uint32_t input)
{
    enum { CALLS = 2 };
    double least = h->answers[input].ns;
    uint64_t result[2];
    for (int i = 0; i < CALLS; i++) {
        uint64_t start = cage_cpu_ns();
        call(h, NF_SANDBOX_BASELINE, input, BASELINE_LIMIT_NS, result);
        double ns = (double)(cage_cpu_ns() - start);
        if (ns < least) least = ns;
    }
    input_restore(h, input);
    return least / h->answers[input].ns;
}

/* Decided by the answers' times: they are there when this is called. */
static void stand_in_choose(harness *h)
{
    double ns = 0;
    uint32_t who = h->request->stand_in;
    for (uint32_t i = 0; i < h->good_count; i++) ns += h->answers[h->good[i]].ns;
    ns /= h->good_count;
    if (who && ns > LONG_CALL_NS && h->result.outcomes[who - 1] == NF_RACE_LOST)
        h->result.baseline_ns = ns * warm_share(h, h->good[0]);
}

/* The first timing of an input ran on cold caches and faulting pages: once more, now that they are
 * there. */
static void answers_time(harness *h)
{
    uint64_t result[2];
    for (uint32_t i = 0; i < h->good_count; i++) {
        harness_answer *answer = &h->answers[h->good[i]];
        uint64_t start = nf_os_tsc_start();
        call(h, NF_SANDBOX_BASELINE, h->good[i], BASELINE_LIMIT_NS, result);
        double ns = ticks_to_ns(h, nf_os_tsc_stop() - start);
        if (ns < answer->ns) answer->ns = ns;
        input_restore(h, h->good[i]);
    }
}

/*
 * Without restoring, the inputs' writes pile up: an input may read what another one wrote. Only when
 * every answer stays the same over two rounds of all inputs, batches may do without.
 */
static void rotation_check(harness *h)
{
    char ignored[NF_RACE_REASON_BYTES];
    uint64_t result[2];
    for (uint32_t i = 0; i < 2 * h->good_count && !h->result.fresh_inputs; i++) {
        uint32_t input = h->good[i % h->good_count];
        if (call(h, NF_SANDBOX_BASELINE, input, BASELINE_LIMIT_NS, result) != CAGE_RETURNED ||
            !answer_matches(h, input, result, ignored))
            h->result.fresh_inputs = true;
    }
    for (uint32_t i = 0; i < h->good_count; i++) input_restore(h, h->good[i]);
}

static bool still_in(const harness *h, uint32_t who)
{
    return who < NF_SANDBOX_FIRST_CANDIDATE ||
           h->result.outcomes[who - NF_SANDBOX_FIRST_CANDIDATE] == NF_RACE_LOST;
}

static double minimum_of(const harness *h, uint32_t who)
{
    double minimum = 1e300;
    for (uint32_t r = 0; r < h->rounds_done; r++) {
        double ns = h->result.samples[who][r];
        if (ns >= 0 && ns < minimum) minimum = ns;
    }
    return minimum;
}

/* Leaves the faster half of the candidates in `order`, at least KEPT_MIN. */
static uint32_t halve(const harness *h, uint32_t *order, uint32_t count)
{
    uint32_t kept = NF_SANDBOX_FIRST_CANDIDATE + (count - NF_SANDBOX_FIRST_CANDIDATE + 1) / 2;
    if (kept < NF_SANDBOX_FIRST_CANDIDATE + KEPT_MIN) kept = NF_SANDBOX_FIRST_CANDIDATE + KEPT_MIN;
    if (kept >= count) return count;
    for (uint32_t i = 1; i < count; i++) {
        uint32_t who = order[i], at = i;
        double minimum = who < NF_SANDBOX_FIRST_CANDIDATE ? -1 : minimum_of(h, who);
        while (at > 0 && order[at - 1] >= NF_SANDBOX_FIRST_CANDIDATE &&
               minimum_of(h, order[at - 1]) > minimum) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = who;
    }
    return kept;
}

/* Leaves the baseline and whoever is not far behind. */
static uint32_t leaders(const harness *h, uint32_t *order, uint32_t count)
{
    double best = 1e300;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        double minimum = minimum_of(h, order[i]);
        if (order[i] >= NF_SANDBOX_FIRST_CANDIDATE && minimum < best) best = minimum;
    }
    for (uint32_t i = 0; i < count; i++)
        if (order[i] < NF_SANDBOX_FIRST_CANDIDATE || minimum_of(h, order[i]) <= best * FAR_BEHIND)
            order[kept++] = order[i];
    return kept;
}

static uint32_t contestants_list(const harness *h, uint32_t *order)
{
    uint32_t count = 0;
    for (uint32_t who = 0; who < contestants(h); who++)
        if (still_in(h, who)) order[count++] = who;
    return count;
}

static void shuffle(harness *h, uint32_t *order, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = random_next(h) % i, kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* Everyone twice: in order and back. A contestant's sample is the mean of both. */
static void round_run(harness *h, const uint32_t *order, uint32_t count)
{
    double first[NF_SANDBOX_CONTESTANTS_MAX] = {0};
    uint32_t round = h->rounds_done;
    for (uint32_t who = 0; who < NF_SANDBOX_CONTESTANTS_MAX; who++)
        h->result.samples[who][round] = -1;
    for (uint32_t i = 0; i < count; i++)
        first[i] = still_in(h, order[i]) ? sample_take(h, order[i]) : -1;
    for (uint32_t i = count; i-- > 0;) {
        double second = still_in(h, order[i]) ? sample_take(h, order[i]) : -1;
        if (first[i] >= 0 && second >= 0)
            h->result.samples[order[i]][round] = (first[i] + second) / 2;
    }
    h->batch_first = (h->batch_first + h->batch_inputs) % h->good_count;
    h->rounds_done = ++h->result.rounds;
}

static bool time_left(const harness *h)
{
    uint32_t least = h->long_calls ? LONG_ROUNDS_MIN : ROUNDS_MIN;
    return h->rounds_done < least || nf_os_tsc_start() < h->deadline_tsc;
}

static void measure(harness *h)
{
    uint32_t order[NF_SANDBOX_CONTESTANTS_MAX];
    cage_pages_protect(&h->cage, 0, h->cage.page_count, true);
    stand_in_choose(h);
    rotation_check(h);
    overhead_measure(h);
    answers_time(h);
    batch_plan(h);
    h->batch_first = random_next(h) % h->good_count;
    uint64_t budget = h->request->budget_ns ? h->request->budget_ns : budget_ns_default;
    h->deadline_tsc = nf_os_tsc_start() + (uint64_t)((double)budget / h->ns_per_tick);
    uint32_t count = contestants_list(h, order);
    while (h->rounds_done < NF_SANDBOX_ROUNDS_MAX && time_left(h)) {
        alive(h, STAGE_MEASURE, h->rounds_done, NF_SANDBOX_ROUNDS_MAX);
        if (h->long_calls && h->rounds_done)
            count = leaders(h, order, count);
        else if (h->rounds_done && h->rounds_done % HALVING_ROUNDS == 0)
            count = halve(h, order, count);
        shuffle(h, order, count);
        round_run(h, order, count);
    }
}

static bool anyone_right(const harness *h)
{
    for (uint32_t i = 0; i < h->request->candidate_count; i++)
        if (h->result.outcomes[i] == NF_RACE_LOST) return true;
    return false;
}

/* What the engine changes for the sandbox is no write of the baseline's. */
static void prepare(harness *h)
{
    cage *c = &h->cage;
    c->logging = true;
    if (h->request->prepare) h->request->prepare(h->request->context);
    c->logging = false;
    cage_pages_protect(c, 0, c->page_count, false);
    c->page_count = 0;
}

static void refuse(harness *h)
{
    h->refused = true;
    cage_notify(&h->cage);
    cage_exit(1);
}

void harness_run(void *context)
{
    harness *h = context;
    h->running = HARNESS_NOBODY;
    alive(h, STAGE_ENTER, 0, 1);
    if (!cage_enter(&h->cage)) refuse(h);
    prepare(h);
    if (!cage_confine()) refuse(h);
    h->random = h->request->seed ^ h->rounds_done;
    check(h);
    if (h->good_count && anyone_right(h)) measure(h);
    alive(h, STAGE_END, 1, 1);
    h->finished = true;
    cage_notify(&h->cage);
    cage_exit(0);
}

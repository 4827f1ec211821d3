/*
 * What the sandbox does from beginning to end, and measuring.
 *
 *   check     whose answers are right: check.c
 *   measure   rounds; in each every contestant is timed twice, in a random order and then in its
 *             reverse (ABBA), on the same inputs, in a new order each time, which move on from round
 *             to round; now and then the slower half, by its minimum, is out
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
    SAMPLE_NS = 10 * 1000,
    ROUNDS_MIN = 12,
    HALVING_ROUNDS = 6,
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

const char *harness_stage_text(const harness *h)
{
    static const char *const texts[] = {"confining", "checking answers", "measuring", "done"};
    return texts[h->stage <= HARNESS_END ? h->stage : HARNESS_END];
}

void harness_alive(harness *h, uint32_t stage, uint32_t done, uint32_t of)
{
    h->stage = stage;
    h->progress_done = done;
    h->progress_of = of;
    __atomic_fetch_add(&h->heartbeat, 1, __ATOMIC_RELAXED);
}

/* Each call is a sign of life: many long ones make one stage of many seconds. */
void harness_runs(harness *h, uint32_t who)
{
    h->running = who;
    __atomic_fetch_add(&h->heartbeat, 1, __ATOMIC_RELAXED);
}

uint32_t harness_random(harness *h)
{
    h->random = h->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(h->random >> 33);
}

const nf_race_candidate *harness_contestant(const harness *h, uint32_t i)
{
    if (i == NF_SANDBOX_OTHER) return &h->request->other;
    if (i < NF_SANDBOX_FIRST_CANDIDATE && h->result.baseline_ns > 0)
        i = NF_SANDBOX_FIRST_CANDIDATE + h->request->stand_in - 1;
    return i < NF_SANDBOX_FIRST_CANDIDATE ? &h->request->baseline
                                          : &h->request->candidates[i - NF_SANDBOX_FIRST_CANDIDATE];
}

static uint32_t contestants(const harness *h)
{
    return NF_SANDBOX_FIRST_CANDIDATE + h->request->candidate_count;
}

double harness_ticks_to_ns(const harness *h, uint64_t ticks)
{
    return (double)ticks * h->ns_per_tick;
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
                         : harness_ticks_to_ns(h, nf_os_tsc_stop() - start);
}

static void shuffle(harness *h, uint32_t *order, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = harness_random(h) % i, kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

/* The order of a sample's calls: the batch's inputs again and again, each time in another order. One
 * order for all samples of a round would be learned by the branch predictor from the first of them. */
static void sequence_make(harness *h)
{
    uint32_t shuffled = HARNESS_SEQUENCE_MAX / h->batch_inputs;
    if (shuffled > h->repeats) shuffled = h->repeats;
    h->sequence_passes = (h->repeats + shuffled - 1) / shuffled;
    h->sequence_count = 0;
    for (uint32_t r = 0; r < shuffled; r++) {
        uint32_t *part = &h->sequence[h->sequence_count];
        for (uint32_t i = 0; i < h->batch_inputs; i++)
            part[i] = h->good[(h->batch_first + i) % h->good_count];
        shuffle(h, part, h->batch_inputs);
        h->sequence_count += h->batch_inputs;
    }
}

static void call_plain(const sample *s, uint32_t input)
{
    uint64_t result[2];
    cage_call_plain(&s->h->cage, s->target, &s->h->request->inputs[input],
                    s->h->request->stack_words, result);
}

/* Calls the batch's inputs one after the other, timed as a whole. Before that they are called in the
 * reverse order, untimed: a processor that has not seen wide vectors for a while runs the first ones
 * at a fraction of their speed, for as long as a sample takes. */
static void sample_repeatable(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    for (uint32_t i = h->long_calls ? 0 : h->sequence_count; i > 0; i--)
        call_plain(s, h->sequence[i - 1]);
    uint64_t start = time_start(h);
    for (uint32_t pass = 0; pass < h->sequence_passes; pass++)
        for (uint32_t i = 0; i < h->sequence_count; i++) call_plain(s, h->sequence[i]);
    s->ns = time_since(h, start) / ((double)h->sequence_passes * h->sequence_count);
}

/* Restores memory behind each call; only the calls are timed. */
static void sample_fresh(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    double ns = 0;
    for (uint32_t pass = 0; pass < h->sequence_passes; pass++)
        for (uint32_t i = 0; i < h->sequence_count; i++) {
            uint32_t input = h->sequence[i];
            uint64_t start = time_start(h);
            call_plain(s, input);
            ns += time_since(h, start);
            harness_input_restore(h, input);
        }
    s->ns = ns / ((double)h->sequence_passes * h->sequence_count);
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
    sample s = {.h = h, .target = harness_contestant(h, who)->address};
    for (int tries = 0; tries < RETRIES; tries++) {
        sequence_make(h);
        uint64_t switches = cage_context_switches();
        uint32_t cpu = cpu_number();
        harness_runs(h, who);
        cage_end end =
            cage_guard(&h->cage, h->result.fresh_inputs ? sample_fresh : sample_repeatable, &s,
                       (uint64_t)2 * HARNESS_BASELINE_LIMIT_NS);
        h->running = HARNESS_NOBODY;
        if (end != CAGE_RETURNED && who >= NF_SANDBOX_FIRST_CANDIDATE) {
            uint32_t candidate = who - NF_SANDBOX_FIRST_CANDIDATE;
            harness_end_text(h, end, h->batch_first, h->result.reasons[candidate]);
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
    sequence_make(h);
    h->call_overhead_ns = 1e9;
    for (int i = 0; i < 20; i++) {
        if (h->result.fresh_inputs)
            sample_fresh(&s);
        else
            sample_repeatable(&s);
        if (s.ns < h->call_overhead_ns) h->call_overhead_ns = s.ns;
    }
}

/* Sizes a batch so that one with calls of so many ns takes about SAMPLE_NS: first more inputs, then
 * more passes. */
static void batch_size(harness *h, double ns)
{
    double calls = ns > 0 ? SAMPLE_NS / ns : REPEATS_MAX;
    h->batch_inputs = calls >= h->good_count ? h->good_count : calls < 1 ? 1 : (uint32_t)calls;
    double repeats = calls / h->batch_inputs;
    h->repeats = repeats < 1 ? 1 : repeats > REPEATS_MAX ? REPEATS_MAX : (uint32_t)repeats;
}

/* What the answers took is known of single calls, in which the clock's own time counts; of short ones
 * a first batch tells better. */
static void batch_plan(harness *h)
{
    double ns = 0;
    for (uint32_t i = 0; i < h->good_count; i++) ns += h->answers[h->good[i]].ns;
    ns /= h->good_count;
    h->long_calls = ns > LONG_CALL_NS;
    batch_size(h, ns);
    if (h->long_calls || h->result.fresh_inputs) return;
    double batch_ns = sample_take(h, NF_SANDBOX_BASELINE);
    if (batch_ns > 0) batch_size(h, batch_ns + h->call_overhead_ns);
}

/* The baseline's time on memory that is there, as a share of its first time, on faulting pages. */
static double warm_share(harness *h, uint32_t input)
{
    enum { CALLS = 2 };
    double least = h->answers[input].ns;
    uint64_t result[2];
    for (int i = 0; i < CALLS; i++) {
        uint64_t start = cage_cpu_ns();
        harness_call(h, NF_SANDBOX_BASELINE, input, HARNESS_BASELINE_LIMIT_NS, result);
        double ns = (double)(cage_cpu_ns() - start);
        if (ns < least) least = ns;
    }
    harness_input_restore(h, input);
    return least / h->answers[input].ns;
}

/* Decided by the answers' times: they are there when this is called. */
static void stand_in_choose(harness *h)
{
    double ns = 0;
    uint32_t who = h->request->stand_in;
    for (uint32_t i = 0; i < h->good_count; i++) ns += h->answers[h->good[i]].ns;
    ns /= h->good_count;
    if (!who || ns <= LONG_CALL_NS || h->result.outcomes[who - 1] != NF_RACE_LOST) return;
    ns *= warm_share(h, h->good[0]);
    if (ns > LONG_CALL_NS) h->result.baseline_ns = ns;
}

/* The first timing of an input ran on cold caches and faulting pages: once more, now that they are
 * there. */
static void answers_time(harness *h)
{
    uint64_t result[2];
    for (uint32_t i = 0; i < h->good_count; i++) {
        harness_answer *answer = &h->answers[h->good[i]];
        uint64_t start = nf_os_tsc_start();
        harness_call(h, NF_SANDBOX_BASELINE, h->good[i], HARNESS_BASELINE_LIMIT_NS, result);
        double ns = harness_ticks_to_ns(h, nf_os_tsc_stop() - start);
        if (ns < answer->ns) answer->ns = ns;
        harness_input_restore(h, h->good[i]);
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
        if (harness_call(h, NF_SANDBOX_BASELINE, input, HARNESS_BASELINE_LIMIT_NS, result) !=
                CAGE_RETURNED ||
            !harness_answer_matches(h, input, result, ignored))
            h->result.fresh_inputs = true;
    }
    for (uint32_t i = 0; i < h->good_count; i++) harness_input_restore(h, h->good[i]);
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
    h->batch_first = harness_random(h) % h->good_count;
    uint64_t budget = h->request->budget_ns ? h->request->budget_ns : budget_ns_default;
    h->deadline_tsc = nf_os_tsc_start() + (uint64_t)((double)budget / h->ns_per_tick);
    uint32_t count = contestants_list(h, order);
    while (h->rounds_done < NF_SANDBOX_ROUNDS_MAX && time_left(h)) {
        harness_alive(h, HARNESS_MEASURE, h->rounds_done, NF_SANDBOX_ROUNDS_MAX);
        if (h->long_calls && h->rounds_done)
            count = leaders(h, order, count);
        else if (h->rounds_done && h->rounds_done % HALVING_ROUNDS == 0)
            count = halve(h, order, count);
        shuffle(h, order, count);
        round_run(h, order, count);
    }
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
    harness_alive(h, HARNESS_ENTER, 0, 1);
    if (!cage_enter(&h->cage)) refuse(h);
    prepare(h);
    if (!cage_confine()) refuse(h);
    h->random = h->request->seed ^ h->rounds_done;
    harness_check(h);
    if (h->good_count && harness_anyone_right(h, UINT64_MAX)) measure(h);
    harness_alive(h, HARNESS_END, 1, 1);
    h->finished = true;
    cage_notify(&h->cage);
    cage_exit(0);
}

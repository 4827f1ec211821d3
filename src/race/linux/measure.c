/*
 * Measuring, inside the cage: rounds; in each every contestant is timed twice, in a random order and
 * then in its reverse (ABBA), on the same inputs, which move on from round to round. Now and then the
 * slower half, by its minimum, is out.
 *
 * There are three regimes. Where somebody gains by the branch predictor's knowing the inputs by heart,
 * it forgets them before each pass over the contestants (order.c). That is dear, so rounds have four
 * passes and are fewer; and as a pass may have the same code but once, the baseline is in the outer
 * ones, and again, for the A/A pair, in the inner ones. Long calls are few, and hardly one goes
 * undisturbed: they are timed by the thread's processor time, whoever is far behind is out after each
 * round, and fewer rounds do: five, where it is clear by then.
 *
 * A sample is one batch: calls enough to stand above the timer's noise. Where the inputs give the
 * same answers without restored memory, a batch is timed as a whole; else calls are timed one by
 * one, memory being restored behind each.
 */
#include "harness.h"

#include "os/os.h"
#include "race/statistics.h"

enum {
    LONG_CALL_NS = 100 * 1000,
    KEPT_MIN = 3, /* candidates that halving leaves */
    RETRIES = 3,  /* of a sample that was disturbed */
    OVERHEAD_CALLS = 2000,
    LEARNING_PASSES = 9, /* of which five acquit */
    ACQUITTALS = 5,
};

/* Rounds, at least and at most, and after how many of them the slower half is out. */
typedef struct regime {
    uint32_t passes, rounds_min, rounds_max, halving;
} regime;
static const regime on_short_calls = {2, 12, 128, 6};
static const regime on_long_calls = {2, 5, 128, 1};
static const regime on_new_inputs = {4, 10, 32, 6};

static const regime *regime_of(const harness *h)
{
    return h->long_calls ? &on_long_calls : h->forgets ? &on_new_inputs : &on_short_calls;
}

/* By so much repeated inputs are faster where they have been learned. */
static const double GAIN = 1.08;

/* In a field of long calls: times the fastest one's time, to be out. */
static const double FAR_BEHIND = 1.25;

/* Times the rounds, for a field in which somebody looks faster and is not proven to be: on a busy machine
 * the first samples may be too few, and no other race would come soon. Times the budget, too, where it
 * is no tie. */
enum { PATIENCE_ROUNDS = 2, PATIENCE_BUDGET = 4 };

static const uint64_t budget_ns_default = 150 * 1000 * 1000;

/* A program's call takes that long, whatever it does. Without it, the ratio of two calls that do next to
 * nothing would be one of their noise. */
static const double CALL_NS = 2;

/* In a sum of times: of one that could not be taken. */
static const double LOST = 1e300;

static uint32_t contestants(const harness *h)
{
    return NF_SANDBOX_FIRST_CANDIDATE + h->request->candidate_count;
}

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

static double timed_calls(const harness *h)
{
    return (double)h->sequence_passes * (h->sequence_count - h->sequence_timed);
}

static void call_plain(const sample *s, uint32_t input)
{
    uint64_t result[2];
    cage_call_plain(&s->h->cage, s->target, &s->h->request->inputs[input],
                    s->h->request->stack_words, result);
}

/* Calls the batch's inputs one after the other, timed as a whole. Before that come untimed calls, of
 * the same inputs in reverse order or of others: a processor that has not seen wide vectors for a while
 * runs the first ones at a fraction of their speed, for as long as a sample takes. */
static void sample_repeatable(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    for (uint32_t i = h->sequence_trained; i > 0; i--) call_plain(s, h->sequence[i - 1]);
    uint64_t start = time_start(h);
    for (uint32_t pass = 0; pass < h->sequence_passes; pass++)
        for (uint32_t i = h->sequence_timed; i < h->sequence_count; i++)
            call_plain(s, h->sequence[i]);
    s->ns = time_since(h, start) / timed_calls(h);
}

/* Restores memory behind each call; only the calls are timed. */
static void sample_fresh(void *context)
{
    sample *s = context;
    const harness *h = s->h;
    double ns = 0;
    for (uint32_t i = h->sequence_trained; i > 0; i--) {
        call_plain(s, h->sequence[i - 1]);
        harness_input_restore(h, h->sequence[i - 1]);
    }
    for (uint32_t pass = 0; pass < h->sequence_passes; pass++)
        for (uint32_t i = h->sequence_timed; i < h->sequence_count; i++) {
            uint32_t input = h->sequence[i];
            uint64_t start = time_start(h);
            call_plain(s, input);
            ns += time_since(h, start);
            harness_input_restore(h, input);
        }
    s->ns = ns / timed_calls(h);
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
        if (tries) harness_forget(h);
        harness_sequence_make(h);
        uint64_t switches = cage_context_switches();
        uint32_t cpu = cpu_number();
        harness_runs(h, who);
        cage_end end =
            cage_guard(&h->cage, h->result.fresh_inputs ? sample_fresh : sample_repeatable, &s,
                       (uint64_t)2 * HARNESS_BASELINE_LIMIT_NS);
        h->running = HARNESS_NOBODY;
        if (end != CAGE_RETURNED && who >= NF_SANDBOX_FIRST_CANDIDATE) {
            uint32_t candidate = who - NF_SANDBOX_FIRST_CANDIDATE;
            harness_end_text(h, end, h->batch[0], h->result.reasons[candidate]);
            h->result.outcomes[candidate] = end == CAGE_HUNG ? NF_RACE_HUNG : NF_RACE_CRASHED;
        }
        if (end != CAGE_RETURNED) return -1;
        if (h->long_calls || (cpu == cpu_number() && switches == cage_context_switches()))
            return CALL_NS + (s.ns > h->call_overhead_ns ? s.ns - h->call_overhead_ns : 0);
        h->result.samples_dropped++;
    }
    return -1;
}

/* How long a call of a function that does nothing takes; the least of some batches. */
static void overhead_measure(harness *h)
{
    sample s = {.h = h, .target = (uint64_t)(uintptr_t)nothing};
    h->batch_inputs = 1;
    h->batch[0] = h->good[0];
    h->repeats = h->result.fresh_inputs ? 1 : OVERHEAD_CALLS;
    harness_sequence_make(h);
    h->call_overhead_ns = 1e9;
    for (int i = 0; i < 20; i++) {
        if (h->result.fresh_inputs)
            sample_fresh(&s);
        else
            sample_repeatable(&s);
        if (s.ns < h->call_overhead_ns) h->call_overhead_ns = s.ns;
    }
}

/* What the answers took is known of single calls, in which the clock's own time counts; of short ones
 * a first batch tells better. */
static void batch_plan(harness *h)
{
    double ns = 0;
    for (uint32_t i = 0; i < h->good_count; i++) ns += h->answers[h->good[i]].ns;
    ns /= h->good_count;
    h->long_calls = ns > LONG_CALL_NS;
    h->batch_first = harness_random(h) % h->good_count;
    harness_batch_size(h, ns);
    harness_batch_next(h);
    if (!h->long_calls && !h->result.fresh_inputs) {
        double batch_ns = sample_take(h, NF_SANDBOX_BASELINE);
        if (batch_ns > 0) ns = batch_ns + h->call_overhead_ns;
    }
    harness_batch_size(h, ns);
    h->call_ns = ns;
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

/* A pass that follows forgetting has one of the two baselines: ABBA, too. */
static bool is_in_pass(const harness *h, uint32_t who)
{
    bool is_outer = h->pass == 0 || h->pass == regime_of(h)->passes - 1;
    return who >= NF_SANDBOX_FIRST_CANDIDATE || !h->forgets ||
           is_outer == (who == NF_SANDBOX_BASELINE);
}

/* Adds to each contestant's sum; what could not be timed makes it infinite. */
static void pass_run(harness *h, const uint32_t *order, uint32_t count, double *sums)
{
    harness_forget(h);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t who = order[h->pass % 2 ? count - 1 - i : i];
        if (!is_in_pass(h, who)) continue;
        double ns = still_in(h, who) ? sample_take(h, who) : -1;
        sums[who] += ns >= 0 ? ns : LOST;
    }
}

/* Everyone in order and back, and so on. A contestant's sample is the mean. */
static void round_run(harness *h, const uint32_t *order, uint32_t count)
{
    double sums[NF_SANDBOX_CONTESTANTS_MAX] = {0};
    uint32_t round = h->rounds_done, passes = regime_of(h)->passes;
    harness_batch_next(h);
    h->result.batches[round] = h->batch_first;
    for (h->pass = 0; h->pass < passes; h->pass++) pass_run(h, order, count, sums);
    for (uint32_t who = 0; who < NF_SANDBOX_CONTESTANTS_MAX; who++)
        h->result.samples[who][round] = -1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t who = order[i];
        bool is_half = h->forgets && who < NF_SANDBOX_FIRST_CANDIDATE;
        if (sums[who] < LOST)
            h->result.samples[who][round] = sums[who] / (is_half ? passes / 2 : passes);
    }
    h->rounds_done = ++h->result.rounds;
}

static void forgets_set(harness *h, bool forgets)
{
    h->forgets = forgets;
    h->knows = false;
    harness_batch_size(h, h->call_ns);
}

/* Whether inputs that have just been repeated take less time. */
static bool gains_by_repetition(harness *h, uint32_t who)
{
    double fresh = still_in(h, who) ? sample_take(h, who) : -1;
    h->knows = true;
    double known = fresh >= 0 ? sample_take(h, who) : -1;
    h->knows = false;
    return known >= 0 && fresh > known * GAIN;
}

/*
 * Whether somebody gains by the branch predictor's knowing the inputs; else races need not forget. Times
 * that are compared lie a tenth of a millisecond apart, so that a busy machine slows both of them, and
 * most comparisons decide. Where they say yes by accident the race has fewer rounds than it could have.
 */
static void learning_find(harness *h, const uint32_t *order, uint32_t count)
{
    uint32_t acquittals[NF_SANDBOX_CONTESTANTS_MAX] = {[NF_SANDBOX_AGAIN] = ACQUITTALS};
    uint32_t suspects = count - 1;
    if (h->long_calls || h->good_count < 2) return;
    forgets_set(h, true);
    for (h->pass = 0; h->pass < LEARNING_PASSES && suspects; h->pass++) {
        harness_batch_next(h);
        harness_forget(h);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t who = order[i];
            if (acquittals[who] < ACQUITTALS && !gains_by_repetition(h, who))
                suspects -= ++acquittals[who] == ACQUITTALS;
        }
    }
    forgets_set(h, suspects != 0);
}

/* What the rounds so far say of the candidates that are left: how many win, of how many more rounds
 * would hardly say anything else, and how many look faster than a bound but don't win yet. */
typedef struct standing {
    uint32_t winning, decided, open;
} standing;

static standing standing_of(const harness *h, const uint32_t *order, uint32_t count, double bound)
{
    const nf_sandbox_result *result = &h->result;
    double baseline[NF_SANDBOX_ROUNDS_MAX];
    standing s = {0};
    nf_samples_join(result->samples[NF_SANDBOX_BASELINE], result->samples[NF_SANDBOX_AGAIN],
                    result->rounds, baseline);
    nf_ratio aa = nf_ratio_paired(result->samples[NF_SANDBOX_BASELINE],
                                  result->samples[NF_SANDBOX_AGAIN], result->rounds);
    for (uint32_t i = 0; i < count; i++) {
        if (order[i] < NF_SANDBOX_FIRST_CANDIDATE) continue;
        nf_ratio gain = nf_ratio_paired(baseline, result->samples[order[i]], result->rounds);
        if (aa.pairs == 0 || gain.pairs == 0) continue;
        bool is_winning = gain.low > nf_sandbox_needed(aa.high);
        s.winning += is_winning;
        s.decided += (is_winning && gain.low > NF_SANDBOX_CLEAR) || gain.high < NF_SANDBOX_MARGIN;
        s.open += !is_winning && gain.ratio > bound;
    }
    return s;
}

/* Until the verdict is known, of one candidate with long calls; or until the budget is used, or more of
 * it where somebody may win yet. */
static bool goes_on(const harness *h, const uint32_t *order, uint32_t count,
                    const harness_time *planned, const harness_time *latest)
{
    const regime *r = regime_of(h);
    if (h->rounds_done < r->rounds_min) return true;
    bool is_duel = h->long_calls && count == NF_SANDBOX_FIRST_CANDIDATE + 1;
    bool is_late = harness_is_over(planned), is_over = is_late || h->rounds_done >= r->rounds_max;
    if (!is_duel && !is_over) return true;
    if (harness_is_over(latest) || h->rounds_done >= r->rounds_max * PATIENCE_ROUNDS) return false;
    standing s = standing_of(h, order, count, is_late ? NF_SANDBOX_CLEAR : NF_SANDBOX_MARGIN);
    if (is_duel && s.decided) return false;
    return !is_over || (s.open && !s.winning);
}

void harness_measure(harness *h)
{
    uint32_t order[NF_SANDBOX_CONTESTANTS_MAX];
    cage_pages_protect(&h->cage, 0, h->cage.page_count, true);
    stand_in_choose(h);
    rotation_check(h);
    h->forgets = h->knows = h->long_calls = false;
    overhead_measure(h);
    answers_time(h);
    batch_plan(h);
    uint64_t budget = h->request->budget_ns ? h->request->budget_ns : budget_ns_default;
    harness_time planned = harness_deadline_in(h, budget);
    harness_time latest = harness_deadline_in(h, budget * PATIENCE_BUDGET);
    uint32_t count = contestants_list(h, order);
    learning_find(h, order, count);
    while (goes_on(h, order, count, &planned, &latest)) {
        uint32_t of = regime_of(h)->rounds_max;
        harness_alive(h, HARNESS_MEASURE, h->rounds_done < of ? h->rounds_done : of, of);
        if (h->long_calls && h->rounds_done)
            count = leaders(h, order, count);
        else if (h->rounds_done && h->rounds_done % regime_of(h)->halving == 0)
            count = halve(h, order, count);
        harness_shuffle(h, order, count);
        round_run(h, order, count);
    }
    for (uint32_t i = 0; i < count; i++) h->result.stayed |= UINT64_C(1) << order[i];
}

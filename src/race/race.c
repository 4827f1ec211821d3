/*
 * The race's judgement: samples from the sandbox become a verdict.
 *
 * A candidate beats the baseline when the whole 95 % interval of its paired speed-up lies above the
 * margin, and above what the baseline gains over itself (the A/A pair, which shows how far this
 * machine's noise reaches right now). Of those the fastest wins; one that is not faster than a
 * smaller rival beyond the margin is a tie, and ties keep the smaller code.
 *
 * What counts are the rounds in which the machine was as quiet as it was at all. Others' work on the
 * same core slows some code by a half and some by nothing, so a disturbed round says who would win on a
 * disturbed machine. Where all rounds are disturbed alike, that is what is to be known.
 */
#include "race.h"

#include "base/text.h"
#include "os/os.h"
#include "sandbox.h"
#include "statistics.h"

const char *nf_race_outcome_text(nf_race_outcome outcome)
{
    static const char *const texts[] = {"won",     "lost", "wrong answer",
                                        "crashed", "hung", "not measured"};
    return (unsigned)outcome < sizeof texts / sizeof *texts ? texts[outcome] : "unknown";
}

static bool has_stayed(const nf_sandbox_result *s, uint32_t who)
{
    return s->stayed >> who & 1;
}

/* Takes the samples of disturbed rounds away, but for those of who was out early, who has few. How many
 * rounds there were. */
static uint32_t disturbed_drop(const nf_race_request *request, nf_sandbox_result *s,
                               const double *baseline)
{
    const double *series[NF_SANDBOX_CONTESTANTS_MAX];
    double paces[NF_SANDBOX_ROUNDS_MAX];
    uint32_t contestants = NF_SANDBOX_FIRST_CANDIDATE + request->candidate_count;
    uint32_t count = 0, dropped = 0;
    series[count++] = baseline;
    for (uint32_t who = NF_SANDBOX_FIRST_CANDIDATE; who < contestants; who++)
        if (has_stayed(s, who)) series[count++] = s->samples[who];
    double quiet = nf_paces(series, count, s->batches, s->rounds, paces);
    for (uint32_t r = 0; r < s->rounds; r++) {
        if (paces[r] <= quiet) continue;
        for (uint32_t who = 0; who < contestants; who++)
            if (who < NF_SANDBOX_FIRST_CANDIDATE || has_stayed(s, who)) s->samples[who][r] = -1;
        dropped++;
    }
    return dropped;
}

static double median_of(const nf_sandbox_result *s, uint32_t who, uint32_t *count)
{
    double values[NF_SANDBOX_ROUNDS_MAX];
    *count = 0;
    for (uint32_t r = 0; r < s->rounds; r++)
        if (s->samples[who][r] >= 0) values[(*count)++] = s->samples[who][r];
    return nf_median(values, *count);
}

static void results_fill(const nf_race_request *request, const nf_sandbox_result *s,
                         const double *baseline, nf_race_report *report)
{
    for (uint32_t i = 0; i < request->candidate_count; i++) {
        nf_race_result *result = &report->results[i];
        uint32_t who = NF_SANDBOX_FIRST_CANDIDATE + i;
        result->outcome = s->outcomes[i];
        nf_format(result->reason, NF_RACE_REASON_BYTES, "%s", s->reasons[i]);
        if (result->outcome != NF_RACE_LOST) continue;
        nf_ratio ratio = nf_ratio_paired(baseline, s->samples[who], s->rounds);
        result->median_ns = median_of(s, who, &result->samples);
        result->speedup = ratio.ratio;
        result->speedup_low = ratio.low;
        result->speedup_high = ratio.high;
        if (ratio.pairs) continue;
        result->outcome = NF_RACE_NOT_MEASURED;
        result->speedup = result->speedup_low = result->speedup_high = 0;
        if (result->samples)
            nf_format(result->reason, NF_RACE_REASON_BYTES, "out early, far behind the fastest");
        else
            nf_format(result->reason, NF_RACE_REASON_BYTES, "too few undisturbed samples");
    }
}

/* The fastest of those left at the end that beats the margin; a smaller one that it does not beat beyond
 * doubt goes first. */
static int32_t winner_pick(const nf_race_request *request, const nf_sandbox_result *s,
                           const nf_race_report *report)
{
    double needed = nf_sandbox_needed(report->aa_high);
    int32_t best = -1;
    for (uint32_t i = 0; i < request->candidate_count; i++) {
        const nf_race_result *result = &report->results[i];
        if (result->outcome != NF_RACE_LOST || result->speedup_low <= needed) continue;
        if (!has_stayed(s, NF_SANDBOX_FIRST_CANDIDATE + i)) continue;
        if (best < 0 || result->speedup > report->results[best].speedup) best = (int32_t)i;
    }
    for (uint32_t i = 0; best >= 0 && i < request->candidate_count; i++) {
        const nf_race_result *result = &report->results[i];
        if (result->outcome != NF_RACE_LOST || result->speedup_low <= needed) continue;
        if (request->candidates[i].bytes >= request->candidates[best].bytes) continue;
        nf_ratio ratio = nf_ratio_paired(s->samples[NF_SANDBOX_FIRST_CANDIDATE + i],
                                         s->samples[NF_SANDBOX_FIRST_CANDIDATE + best], s->rounds);
        if (ratio.pairs && ratio.ratio < NF_SANDBOX_MARGIN && ratio.low < NF_SANDBOX_MARGIN)
            best = (int32_t)i;
    }
    return best;
}

static bool is_undecided(const nf_race_request *request, const nf_sandbox_result *s,
                         const nf_race_report *report)
{
    for (uint32_t i = 0; i < request->candidate_count; i++)
        if (report->results[i].outcome == NF_RACE_LOST &&
            has_stayed(s, NF_SANDBOX_FIRST_CANDIDATE + i) &&
            report->results[i].speedup > NF_SANDBOX_CLEAR)
            return report->winner < 0;
    return false;
}

/* From over the stand-in to over the baseline. */
static void speedups_scale(const nf_race_request *request, const nf_sandbox_result *s,
                           nf_race_report *report)
{
    double scale = s->baseline_ns / report->baseline_median_ns;
    if (s->baseline_ns <= 0 || report->baseline_median_ns <= 0) return;
    for (uint32_t i = 0; i < request->candidate_count; i++) {
        nf_race_result *result = &report->results[i];
        result->speedup *= scale;
        result->speedup_low *= scale;
        result->speedup_high *= scale;
    }
    report->baseline_median_ns = report->baseline.median_ns = s->baseline_ns;
}

static void loser_reason(const nf_race_report *report, nf_race_result *result)
{
    if (result->speedup_low <= NF_SANDBOX_MARGIN)
        nf_format(result->reason, NF_RACE_REASON_BYTES,
                  "%.2fx of the baseline's speed, not faster beyond the margin", result->speedup);
    else if (report->winner >= 0) {
        double slower = report->results[report->winner].speedup / result->speedup;
        nf_format(result->reason, NF_RACE_REASON_BYTES, "%.2fx of the winner's time", slower);
    } else
        nf_format(result->reason, NF_RACE_REASON_BYTES,
                  "faster, but out early, or within what the baseline gains over itself");
}

static void verdict_fill(const nf_race_request *request, nf_race_report *report)
{
    for (uint32_t i = 0; i < request->candidate_count; i++)
        if (report->results[i].outcome == NF_RACE_LOST && (int32_t)i != report->winner)
            loser_reason(report, &report->results[i]);
    if (report->winner < 0) {
        nf_format(report->reason, NF_RACE_REASON_BYTES, "no candidate is %s",
                  report->undecided ? "proven to be faster, but some may be"
                                    : "faster beyond the margin");
        return;
    }
    nf_race_result *won = &report->results[report->winner];
    won->outcome = NF_RACE_WON;
    nf_format(won->reason, NF_RACE_REASON_BYTES, "%.2fx of the baseline's speed [%.2f, %.2f]",
              won->speedup, won->speedup_low, won->speedup_high);
    nf_format(report->reason, NF_RACE_REASON_BYTES,
              "%s, the same answers on %u inputs and %u changed ones", won->reason,
              report->inputs_used, report->inputs_changed);
}

static void judge(const nf_race_request *request, nf_sandbox_result *s, nf_race_report *report)
{
    double baseline[NF_SANDBOX_ROUNDS_MAX];
    nf_samples_join(s->samples[NF_SANDBOX_BASELINE], s->samples[NF_SANDBOX_AGAIN], s->rounds,
                    baseline);
    report->rounds_dropped = disturbed_drop(request, s, baseline);
    nf_ratio aa =
        nf_ratio_paired(s->samples[NF_SANDBOX_BASELINE], s->samples[NF_SANDBOX_AGAIN], s->rounds);
    report->aa_ratio = aa.ratio;
    report->aa_low = aa.low;
    report->aa_high = aa.high;
    report->baseline_median_ns = median_of(s, NF_SANDBOX_BASELINE, &report->baseline.samples);
    report->baseline.median_ns = report->baseline_median_ns;
    report->baseline.speedup = report->baseline.speedup_low = report->baseline.speedup_high = 1;
    nf_format(report->baseline.reason, NF_RACE_REASON_BYTES, "the baseline");
    results_fill(request, s, baseline, report);
    report->winner = winner_pick(request, s, report);
    report->undecided = is_undecided(request, s, report);
    speedups_scale(request, s, report);
    verdict_fill(request, report);
}

static void report_fill(const nf_race_request *request, nf_sandbox_result *s,
                        nf_race_report *report)
{
    report->inputs_used = s->inputs_used;
    report->inputs_dropped = s->inputs_dropped;
    report->inputs_changed = s->inputs_changed;
    report->rounds = s->rounds;
    report->samples_dropped = s->samples_dropped;
    report->fresh_inputs = s->fresh_inputs;
    report->fork_ns = s->fork_ns;
    report->ran = s->inputs_used != 0;
    if (report->ran)
        judge(request, s, report);
    else
        nf_format(report->reason, NF_RACE_REASON_BYTES, "no recorded call could be repeated: %s",
                  s->dropped_reason);
}

static nf_status request_check(const nf_race_request *request, nf_error *error)
{
    if (request->candidate_count > NF_RACE_CANDIDATES_MAX ||
        request->input_count > NF_RACE_INPUTS_MAX || request->stack_words > NF_RACE_STACK_WORDS ||
        request->change_count > NF_RACE_CHANGES_MAX)
        return nf_fail(error, NF_ARGUMENT,
                       "a race takes at most %d candidates, %d inputs and %d words of arguments",
                       NF_RACE_CANDIDATES_MAX, NF_RACE_INPUTS_MAX, NF_RACE_STACK_WORDS);
    if (request->input_count == 0) return nf_fail(error, NF_ARGUMENT, "no call was recorded");
    return NF_OK;
}

nf_status nf_race_run(const nf_race_request *request, nf_arena *arena, nf_race_report *report,
                      nf_error *error)
{
    uint64_t start = nf_os_time_ns();
    *report = (nf_race_report){.winner = -1};
    nf_status status = request_check(request, error);
    if (status != NF_OK) return status;
    report->results = NF_NEW_ARRAY(arena, nf_race_result, request->candidate_count + 1);
    const nf_allocator *allocator = arena->allocator;
    nf_sandbox_result *s = allocator->allocate(allocator->context, sizeof *s);
    if (s == NULL || report->results == NULL)
        return nf_fail(error, NF_MEMORY, "no memory for a race");
    *s = (nf_sandbox_result){0};
    status = nf_sandbox_run(request, s, error);
    if (status == NF_OK) report_fill(request, s, report);
    allocator->release(allocator->context, s, sizeof *s);
    report->duration_ns = nf_os_time_ns() - start;
    return status;
}

/*
 * Which inputs a sample's calls have, in which order, and what the branch predictor knows of them.
 *
 * In a program each call has inputs that the processor has not seen before. In a race the same few come
 * again and again, and a predictor of today has the 5,000 branches of 48 strings by heart after some
 * rounds: an automaton of branches then takes 150 ns and beats its table, and takes 500 ns in the
 * program. No order hides that, as a dozen branches of one input tell which one it is. So where
 * somebody gains by repetition (measure.c finds out), races forget:
 *
 *   pass    forget ─► everyone: train, time
 *   first              Q trains, P is timed, in an order        P, Q: halves of the round's inputs,
 *   second             P trains, Q is timed, in its reverse     by chance
 *   third              as the first
 *   fourth             as the second
 *
 * Invariant: between two calls of the same code with the same input, if the second one is timed, there
 * is forgetting. What training teaches the predictor is what it knows in the program, too: the code.
 *
 * Forgetting is learning something else. Branches by chance alone do little, for a predictor gives up
 * entries that have not yet been of use before those that have been: after 130,000 of them, 0.7 ms, the
 * automaton takes 200 ns. So a sequence by chance comes again and again until it is known by heart
 * itself, and is what has been of use. It should fill the predictor: of 350 ns that the automaton takes
 * on a newer machine, 12,000 branches, eight times, leave 190 and 16,000 leave 260 in 0.36 ms; more
 * are not learned by heart and leave less. (Of predictors of the TAGE family: Seznec and Michaud 2006.)
 */
#include "harness.h"

enum {
    SAMPLE_NS = 10 * 1000,
    FRESH_NS = 2 * 1000,    /* suffice where each call is a new one: passes are dear */
    KNOWING_REPEATS = 2,    /* what can be learned shows by then, and can still be forgotten */
    FORGETTING_WORDS = 256, /* of 64 branches */
    FORGETTING_REPEATS = 8,
    REPEATS_MAX = 1 << 16,
    SEQUENCE_HALF = HARNESS_SEQUENCE_MAX / 2,
};

void harness_shuffle(harness *h, uint32_t *order, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = harness_random(h) % i, kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static uint32_t clamp(double value, uint32_t least, uint32_t most)
{
    return value < least ? least : value > most ? most : (uint32_t)value;
}

/* First more inputs, then more passes. */
void harness_batch_size(harness *h, double ns)
{
    uint32_t parts = h->forgets ? 2 : 1;
    double calls = ns > 0 ? SAMPLE_NS / ns : REPEATS_MAX;
    h->batch_inputs = clamp(parts * calls, parts, h->good_count);
    h->repeats = clamp(calls * parts / h->batch_inputs, 1, REPEATS_MAX);
    h->fresh_repeats = clamp(FRESH_NS / (ns * h->batch_inputs / parts), 1, h->repeats);
}

void harness_batch_next(harness *h)
{
    h->batch_first = (h->batch_first + h->batch_inputs) % h->good_count;
    for (uint32_t i = 0; i < h->batch_inputs; i++)
        h->batch[i] = h->good[(h->batch_first + i) % h->good_count];
    harness_shuffle(h, h->batch, h->batch_inputs);
}

/* The inputs so many times, each time in another order. */
static void sequence_add(harness *h, const uint32_t *inputs, uint32_t count, uint32_t repeats)
{
    for (uint32_t r = 0; r < repeats; r++) {
        uint32_t *part = &h->sequence[h->sequence_count];
        for (uint32_t i = 0; i < count; i++) part[i] = inputs[i];
        harness_shuffle(h, part, count);
        h->sequence_count += count;
    }
}

/* One order for all samples of a round would be learned from the first of them. */
static void sequence_repeat(harness *h)
{
    uint32_t shuffled = HARNESS_SEQUENCE_MAX / h->batch_inputs;
    if (shuffled > h->repeats) shuffled = h->repeats;
    h->sequence_passes = (h->repeats + shuffled - 1) / shuffled;
    sequence_add(h, h->batch, h->batch_inputs, shuffled);
    h->sequence_trained = h->long_calls || h->result.fresh_inputs ? 0 : h->sequence_count;
    h->sequence_timed = 0;
}

static void sequence_part(harness *h, uint32_t part, uint32_t repeats)
{
    uint32_t half = h->batch_inputs / 2, count = part ? h->batch_inputs - half : half;
    sequence_add(h, h->batch + (part ? half : 0), count, clamp(repeats, 1, SEQUENCE_HALF / count));
}

/* The two halves take turns. */
static void sequence_split(harness *h)
{
    uint32_t timed = h->pass % 2;
    h->sequence_passes = 1;
    if (h->knows)
        sequence_part(h, timed, KNOWING_REPEATS);
    else
        sequence_part(h, !timed, h->repeats);
    h->sequence_trained = h->sequence_timed = h->sequence_count;
    sequence_part(h, timed, h->fresh_repeats);
}

void harness_sequence_make(harness *h)
{
    h->sequence_count = 0;
    if (h->forgets)
        sequence_split(h);
    else
        sequence_repeat(h);
}

static __attribute__((noinline)) void branch_by(uint64_t bits)
{
    __asm__ volatile(".rept 64\n\tshr %0\n\tjnc 1f\n\tnop\n1:\n\t.endr" : "+r"(bits) : : "cc");
}

void harness_forget(harness *h)
{
    uint64_t words[FORGETTING_WORDS];
    uint32_t count = h->forgets ? FORGETTING_WORDS : 0;
    for (uint32_t i = 0; i < count; i++)
        words[i] = (uint64_t)harness_random(h) << 32 ^ harness_random(h);
    for (int r = 0; r < FORGETTING_REPEATS; r++)
        for (uint32_t i = 0; i < count; i++) branch_by(words[i]);
}

/*
 * What the sandbox does from beginning to end: check.c finds out whose answers are right, measure.c how
 * long they take.
 */
#include "harness.h"

#include "base/text.h"
#include "os/os.h"

/* A deadline by the clock is so many times as far away as by processor time. */
enum { WALL_FACTOR = 4 };

const char *harness_stage_text(const harness *h)
{
    static const char *const texts[] = {"confining", "checking answers", "measuring", "done"};
    uint32_t stage = __atomic_load_n(&h->stage, __ATOMIC_RELAXED);
    return texts[stage <= HARNESS_END ? stage : HARNESS_END];
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

double harness_ticks_to_ns(const harness *h, uint64_t ticks)
{
    return (double)ticks * h->ns_per_tick;
}

/* --- time --- */

harness_time harness_now(void)
{
    return (harness_time){cage_cpu_ns(), nf_os_tsc_start()};
}

harness_time harness_deadline_in(const harness *h, uint64_t ns)
{
    harness_time now = harness_now();
    double ticks = (double)ns * WALL_FACTOR / h->ns_per_tick;
    return (harness_time){now.cpu_ns + ns, now.tsc + (uint64_t)ticks};
}

bool harness_is_over(const harness_time *deadline)
{
    harness_time now = harness_now();
    return now.cpu_ns > deadline->cpu_ns || now.tsc > deadline->tsc;
}

/* --- from beginning to end --- */

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
    if (h->good_count && harness_anyone_right(h)) harness_measure(h);
    harness_alive(h, HARNESS_END, 1, 1);
    h->finished = true;
    cage_notify(&h->cage);
    cage_exit(0);
}

/* See lib_race.h. */
#include "lib_race.h"

#include <stdio.h>
#include <string.h>
#include "os/os.h"

enum { INPUTS = 8, CODE_BYTES = 100 };

CANDIDATE int64_t increment(int64_t n)
{
    return n + 1;
}

nf_race_candidate race_candidate(const void *code)
{
    return (nf_race_candidate){"candidate", (uint64_t)(uintptr_t)code, CODE_BYTES};
}

nf_race_request race_request(nf_zygote *zygote, const void *baseline,
                             const nf_race_candidate *candidates, uint32_t count)
{
    static nf_race_input inputs[INPUTS];
    for (uint32_t i = 0; i < INPUTS; i++) {
        double number = 100 + i;
        inputs[i].integers[0] = 100 + i;
        memcpy(&inputs[i].vectors[0], &number, sizeof number);
    }
    return (nf_race_request){
        .baseline = {"baseline", (uint64_t)(uintptr_t)baseline, CODE_BYTES},
        .candidates = candidates,
        .candidate_count = count,
        .inputs = inputs,
        .input_count = INPUTS,
        .result = NF_I64,
        .writes = true,
        .budget_ns = 5 * 1000 * 1000,
        .seed = 3,
        .zygote = zygote,
    };
}

nf_status race_run(const nf_race_request *request, nf_race_report *report, nf_error *error)
{
    static nf_arena arena;
    if (arena.allocator == NULL) nf_arena_init(&arena, nf_os_allocator());
    nf_arena_reset(&arena);
    nf_status status = nf_race_run(request, &arena, report, error);
    for (uint32_t i = 0; status == NF_OK && i < request->candidate_count; i++)
        printf("  %-13s %s\n", nf_race_outcome_text(report->results[i].outcome),
               report->results[i].reason);
    return status;
}

/*
 * How regions get better: from T1 to T2, and from there to another way if that is faster.
 *
 * A region has an account of the guest's instructions that it has executed. When they have taken
 * about as long as the next step costs, the step is taken; so the choice is never much worse than
 * the best one in hindsight (ski rental).
 *
 *     t1 ── 32 times what made it hot ──► t2 ── 128 times ──► race of t2 and t2.flat ──► the winner
 *                                                    ▲                                     │
 *                                                    └────── 8 times as many, and so on ◄──┘
 *
 * One of these races, when the region has executed 2^15 times what made it hot, is against what
 * LLVM has made of it (climb.c).
 *
 * T2 takes T1's place unraced. Whether flat code pays is decided by the program's branches, that is
 * by its data; so the two run by turns, on the program itself, a slice each, in the order ABBA, and
 * slices are paired. Both are right, so nothing is lost but the time of the slower one. The other
 * way wins if it is faster beyond doubt and by a margin (race/statistics.h). Races are held again,
 * ever more seldom, since data change.
 *
 * A slice is timed from the region's entry to where compiled code is left, whatever regions it went
 * through; entries of other regions don't count.
 */
#include "race/statistics.h"
#include "vm_internal.h"

enum {
    TO_T2 = 32, /* times vm->config.hot */
    TO_RACE = 128,
    TO_LLVM = 1 << 15, /* some 0.1 s */
    AGAIN = 8,
    SLICE_PART = 8,  /* the shortest slice that counts: so much less than vm->config.hot */
    TRIES_MAX = 512, /* slices of a race, those included that don't count */
};

static const double margin = 1.02;

bool nf_vm_races(const nf_vm *vm, const nf_vm_region *region)
{
    return vm->race.rival && (region == vm->race.holder || region == vm->race.rival);
}

/* --- the race --------------------------------------------------------------------------------- */

static void race_over(nf_vm *vm, nf_vm_region *winner, nf_vm_region *loser)
{
    vm->race.holder = vm->race.rival = NULL;
    winner->instructions += loser->instructions;
    winner->has_climbed |= loser->has_climbed;
    winner->next_at = winner->instructions * AGAIN;
    nf_vm_cache_publish(vm, winner);
    nf_vm_cache_remove(vm, loser);
}

void nf_vm_race_cancel(nf_vm *vm)
{
    if (vm->race.rival) race_over(vm, vm->race.holder, vm->race.rival);
}

static void race_decide(nf_vm *vm)
{
    nf_vm_race *race = &vm->race;
    nf_ratio faster =
        nf_ratio_paired(race->ticks[NF_VM_HOLDER], race->ticks[NF_VM_RIVAL], NF_VM_RACE_PAIRS);
    vm->counts.races++;
    if (faster.pairs > 0 && faster.low > margin) {
        vm->counts.races_won++;
        race_over(vm, race->rival, race->holder);
    } else {
        race_over(vm, race->holder, race->rival);
    }
}

/* Whose slice it is. */
static nf_vm_side side_of(uint32_t slice)
{
    uint32_t place = slice % 4; /* of ABBA */
    return place == 0 || place == 3 ? NF_VM_HOLDER : NF_VM_RIVAL;
}

static void slice_add(nf_vm *vm, uint64_t instructions, uint64_t ticks)
{
    nf_vm_race *race = &vm->race;
    if (++race->tries > TRIES_MAX) {
        nf_vm_race_cancel(vm);
        return;
    }
    if (instructions <= vm->config.hot / SLICE_PART) return;
    race->ticks[side_of(race->slices)][race->slices / 2] = (double)ticks / (double)instructions;
    race->slices++;
    if (race->slices == 2 * NF_VM_RACE_PAIRS)
        race_decide(vm);
    else
        nf_vm_cache_publish(vm, side_of(race->slices) == NF_VM_HOLDER ? race->holder : race->rival);
}

/* --- steps ------------------------------------------------------------------------------------ */

static nf_vm_region *compiled_as(nf_vm *vm, const nf_vm_region *region, nf_vm_way way)
{
    const nf_vm_order order = nf_vm_order_of(region, way);
    nf_vm_region *made;
    return nf_vm_region_compile(vm, &order, &made, NULL) == NF_OK ? made : NULL;
}

static void to_t2(nf_vm *vm, nf_vm_region *region)
{
    nf_vm_region *better = compiled_as(vm, region, NF_VM_WAY_T2);
    region->next_at = UINT64_MAX;
    if (better == NULL) return;
    better->instructions = region->instructions;
    better->next_at = vm->config.hot * TO_RACE;
    nf_vm_cache_publish(vm, better);
    nf_vm_cache_remove(vm, region);
}

static bool is_for_llvm(const nf_vm *vm, const nf_vm_region *region)
{
    return vm->config.llvm && !region->has_climbed &&
           region->instructions >= vm->config.hot * TO_LLVM;
}

/* What the region is to race against; NULL: nothing else can be made of it. */
static nf_vm_region *rival_make(nf_vm *vm, const nf_vm_region *region)
{
    nf_vm_region *rival = NULL;
    if (region->way != NF_VM_WAY_FLAT) rival = compiled_as(vm, region, NF_VM_WAY_FLAT);
    if (rival == NULL && region->way != NF_VM_WAY_T2) rival = compiled_as(vm, region, NF_VM_WAY_T2);
    return rival;
}

static void race_begin(nf_vm *vm, nf_vm_region *holder, nf_vm_region *rival)
{
    vm->race = (nf_vm_race){.holder = holder, .rival = rival};
}

static void to_race(nf_vm *vm, nf_vm_region *region)
{
    region->next_at = region->instructions * AGAIN;
    if (vm->race.rival || vm->climb.is_active) return;
    if (is_for_llvm(vm, region)) {
        nf_vm_climb_begin(vm, region);
        return;
    }
    nf_vm_region *rival = rival_make(vm, region);
    if (rival) race_begin(vm, region, rival);
}

void nf_vm_ran(nf_vm *vm, nf_vm_region *region, uint64_t instructions, uint64_t ticks)
{
    nf_vm_region *holder, *climbed = nf_vm_climb_poll(vm, &holder);
    region->instructions += instructions;
    if (climbed) {
        race_begin(vm, holder, climbed);
        return;
    }
    if (nf_vm_races(vm, region)) {
        slice_add(vm, instructions, ticks);
        return;
    }
    if (region->next_at == 0) region->next_at = vm->config.hot * TO_T2;
    if (region->instructions < region->next_at) return;
    if (region->way == NF_VM_WAY_T1)
        to_t2(vm, region);
    else
        to_race(vm, region);
}

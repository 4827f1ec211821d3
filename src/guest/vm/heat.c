/*
 * Heat: which guest code is worth compiling.
 *
 * A cell for each of some hundred addresses, by a hash; where two want one cell, the colder goes.
 * What is in a cell halves with every 2^HALF_LIFE_LOG2 instructions that the guest executes, so
 * code that is executed now and then never gets hot. Code gets compiled when it has taken about as
 * much time in the interpreter as compiling takes: then the choice costs at most twice what the best
 * choice in hindsight would (ski rental). What was compiled and written must reach twice as much,
 * each time; so a program that keeps writing its code stays with the interpreter, and compiling
 * takes a vanishing share of its time.
 */
#include "vm_internal.h"
#include "base/hash.h"

enum {
    HALF_LIFE_LOG2 = 26,
    PENALTY_MAX = 40,
    PENALTY_REFUSED = 63,
};

static nf_vm_heat *cell_of(nf_vm *vm, uint64_t pc)
{
    return &vm->heat[nf_hash_mix(0, pc) % NF_VM_HEAT_CELLS];
}

static void cool(nf_vm_heat *cell, uint64_t now)
{
    uint64_t halves = (now - cell->at) >> HALF_LIFE_LOG2;
    if (halves == 0) return;
    cell->heat = halves < 64 ? cell->heat >> halves : 0;
    cell->at += halves << HALF_LIFE_LOG2;
}

bool nf_vm_heat_add(nf_vm *vm, uint64_t pc, uint64_t heat, uint64_t now)
{
    nf_vm_heat *cell = cell_of(vm, pc);
    cool(cell, now);
    if (cell->pc != pc) {
        if (cell->heat > heat || cell->penalty) {
            cell->heat -= cell->heat > heat ? heat : cell->heat;
            return false;
        }
        *cell = (nf_vm_heat){.pc = pc, .at = now};
    }
    cell->heat += heat;
    return cell->penalty <= PENALTY_MAX && cell->heat >> cell->penalty >= vm->config.hot;
}

void nf_vm_heat_punish(nf_vm *vm, uint64_t pc)
{
    nf_vm_heat *cell = cell_of(vm, pc);
    if (cell->pc != pc) *cell = (nf_vm_heat){.pc = pc, .at = cell->at};
    cell->heat = 0;
    if (cell->penalty < PENALTY_MAX) cell->penalty++;
}

void nf_vm_heat_refuse(nf_vm *vm, uint64_t pc)
{
    nf_vm_heat *cell = cell_of(vm, pc);
    if (cell->pc != pc) *cell = (nf_vm_heat){.pc = pc, .at = cell->at};
    cell->penalty = PENALTY_REFUSED;
}

/*
 * The checker of register allocation: right allocations pass, and every mistake that is planted in
 * one is found.
 *
 * A mistake is a change of one entry of what the allocator gave: an operand, a move, a slot, an
 * edge. A planter makes it where it can do harm and nowhere else, so that each one must be found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "ir/cfg.h"
#include "lib_generate.h"
#include "os/os.h"
#include "x64/alloc.h"
#include "x64/compile.h"
#include "x64/select.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SYMBOLS = 8, SEEDS = 30, FUNCTIONS = 2, SIZE = 60, PLANTED_EACH = 40 };

typedef struct allocated {
    nf_arena arena;
    nf_module *module;
    nf_cfg cfg;
    nf_lir lir;
    nf_alloc alloc;
    uint32_t *reads; /* by vreg: how many operands read it */
} allocated;

static bool cpu_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, nf_cpu_features());
}

static bool is_read(const nf_lir_operand *operand)
{
    return operand->role == NF_LIR_USE || operand->role == NF_LIR_RM ||
           operand->role == NF_LIR_BASE || operand->role == NF_LIR_INDEX;
}

static bool check(allocated *a, nf_error *error)
{
    return nf_alloc_check(&a->lir, &a->alloc, &a->arena, error) == NF_OK;
}

static void allocate(allocated *a, uint64_t seed)
{
    static const uint64_t addresses[SYMBOLS] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const nf_link link = {addresses, SYMBOLS};
    nf_error error = {.message = ""};
    generate_options options = {
        .size = SIZE, .vector_bytes_max = seed % 2 ? 0 : 64, .supports = cpu_has};
    a->module = generate_module(nf_os_allocator(), seed, FUNCTIONS, &options);
    const nf_func *f = a->module->symbols.data[FUNCTIONS].func;
    nf_arena_init(&a->arena, nf_os_allocator());
    nf_compile how = {.link = &link, .arena = &a->arena, .features = nf_cpu_features()};
    assert_int_equal(nf_cfg_build(f, &a->arena, &a->cfg), NF_OK);
    assert_int_equal(nf_select_run(f, &a->cfg, &how, &a->lir, &error), NF_OK);
    assert_int_equal(nf_alloc_run(&a->lir, &a->arena, &a->alloc, &error), NF_OK);
    if (!check(a, &error)) fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    a->reads = NF_NEW_ARRAY(&a->arena, uint32_t, a->lir.vregs.count);
    for (uint32_t i = 0; i < a->lir.operands.count; i++)
        a->reads[a->lir.operands.data[i].vreg.id] += is_read(&a->lir.operands.data[i]);
}

static void release(allocated *a)
{
    nf_arena_free(&a->arena);
    nf_module_free(a->module);
}

/* --- mistakes: each gives false where there is nothing to get wrong --- */

/* A register of the same class that no allocation of SIZE operations has in use everywhere. */
static uint8_t other_register(uint8_t reg)
{
    if (reg >= NF_K0) return reg == NF_K7 ? NF_K7 - 1 : NF_K7;
    if (reg >= NF_XMM0) return reg == NF_XMM31 ? NF_XMM31 - 1 : NF_XMM31;
    return reg == NF_RBX ? NF_R12 : NF_RBX;
}

static bool read_elsewhere(allocated *a, uint32_t i)
{
    nf_lir_operand *operand = &a->lir.operands.data[i];
    if (!is_read(operand) || operand->reg == NF_REG_NONE) return false;
    operand->reg = other_register(operand->reg);
    return true;
}

static bool is_result(const allocated *a, const nf_lir_operand *operand)
{
    return operand->role == NF_LIR_DEF && !nf_vreg_is_fixed(operand->vreg) &&
           operand->reg != NF_REG_NONE && a->reads[operand->vreg.id] > 0;
}

static bool result_elsewhere(allocated *a, uint32_t i)
{
    nf_lir_operand *operand = &a->lir.operands.data[i];
    if (!is_result(a, operand)) return false;
    operand->reg = other_register(operand->reg);
    return true;
}

static bool result_of_another_class(allocated *a, uint32_t i)
{
    nf_lir_operand *operand = &a->lir.operands.data[i];
    if (!is_result(a, operand)) return false;
    operand->reg = operand->reg >= NF_XMM0 ? NF_RAX : NF_XMM0;
    return true;
}

static bool fixed_elsewhere(allocated *a, uint32_t i)
{
    nf_lir_operand *operand = &a->lir.operands.data[i];
    if (operand->role != NF_LIR_IMPLICIT_DEF) return false;
    operand->reg = other_register(operand->reg);
    return true;
}

static bool not_loaded(allocated *a, uint32_t i)
{
    nf_lir_operand *operand = &a->lir.operands.data[i];
    bool base = operand->role == NF_LIR_BASE || operand->role == NF_LIR_INDEX;
    if (!base || operand->reg == NF_REG_NONE) return false;
    operand->reg = NF_REG_NONE;
    operand->in_slot = a->alloc.slot_of[operand->vreg.id] != 0;
    return true;
}

/* The operand with the role among those of the instruction that operand i belongs to, or NULL. */
static nf_lir_operand *beside(allocated *a, uint32_t i, nf_lir_role role)
{
    for (uint32_t k = 0; k < a->lir.insts.count; k++) {
        const nf_lir_inst *inst = &a->lir.insts.data[k];
        if (i < inst->operands || i >= inst->operands + inst->operand_count) continue;
        for (uint32_t n = 0; n < inst->operand_count; n++)
            if (nf_lir_operand_at(&a->lir, inst, n)->role == role)
                return nf_lir_operand_at(&a->lir, inst, n);
    }
    return NULL;
}

/* The result overwrites what the instruction still reads, in the two-operand form. */
static bool result_over_late_operand(allocated *a, uint32_t i)
{
    const nf_lir_operand *operand = &a->lir.operands.data[i];
    nf_lir_operand *result = beside(a, i, NF_LIR_DEF);
    if (!is_read(operand) || !operand->late || operand->reg == NF_REG_NONE || result == NULL)
        return false;
    if (nf_reg_class((nf_reg)operand->reg) != nf_reg_class((nf_reg)result->reg)) return false;
    result->reg = operand->reg;
    return true;
}

static bool scratch_over_operand(allocated *a, uint32_t i)
{
    const nf_lir_operand *operand = &a->lir.operands.data[i];
    nf_lir_operand *scratch = beside(a, i, NF_LIR_TEMP);
    if (!is_read(operand) || operand->reg == NF_REG_NONE || scratch == NULL) return false;
    if (nf_reg_class((nf_reg)operand->reg) != nf_reg_class((nf_reg)scratch->reg)) return false;
    scratch->reg = operand->reg;
    return true;
}

static bool move_from_elsewhere(allocated *a, uint32_t i)
{
    nf_alloc_move *move = &a->alloc.moves.data[i];
    if (i == 0 || move->from >= NF_PLACE_SLOT || move->to == move->from) return false;
    move->from = other_register((uint8_t)move->from);
    return true;
}

static bool move_to_elsewhere(allocated *a, uint32_t i)
{
    nf_alloc_move *move = &a->alloc.moves.data[i];
    if (i == 0 || move->to >= NF_PLACE_SLOT || move->to == move->from) return false;
    move->to = other_register((uint8_t)move->to);
    return true;
}

static bool move_lost(allocated *a, uint32_t i)
{
    nf_alloc_move *move = &a->alloc.moves.data[i];
    if (i == 0 || move->next == 0) return false;
    const nf_alloc_move *lost = &a->alloc.moves.data[move->next];
    if (lost->to == lost->from || a->reads[lost->to_vreg.id] == 0) return false;
    move->next = lost->next;
    return true;
}

static bool moves_to_one_place(allocated *a, uint32_t i)
{
    nf_alloc_move *move = &a->alloc.moves.data[i];
    if (i == 0 || move->next == 0) return false;
    move->to = a->alloc.moves.data[move->next].to;
    return true;
}

static bool slot_over_slot(allocated *a, uint32_t i)
{
    if (i == 0) return false;
    a->alloc.slots.data[i].depth = a->alloc.slots.data[i - 1].depth;
    return true;
}

static bool slot_outside(allocated *a, uint32_t i)
{
    a->alloc.slots.data[i].depth = a->alloc.slot_bytes + a->alloc.slots.data[i].bytes;
    return true;
}

static bool slot_too_small(allocated *a, uint32_t i)
{
    a->alloc.slots.data[i].bytes = 2;
    return true;
}

static bool register_not_saved(allocated *a, uint32_t i)
{
    if (i > NF_R15 || !(a->alloc.saved_mask & NF_REG_BIT(i))) return false;
    a->alloc.saved_mask &= ~NF_REG_BIT(i);
    return true;
}

/* The edge's moves may use a register that one of them writes. */
static bool edge_uses_a_register_in_use(allocated *a, uint32_t i)
{
    for (uint32_t m = a->alloc.edges[i]; m != 0; m = a->alloc.moves.data[m].next) {
        const nf_alloc_move *move = &a->alloc.moves.data[m];
        if (move->to >= NF_PLACE_SLOT || a->reads[move->to_vreg.id] == 0) continue;
        a->alloc.edge_free[i] |= NF_REG_BIT(move->to);
        return true;
    }
    return false;
}

typedef struct mistake {
    const char *name;
    bool (*plant)(allocated *a, uint32_t i);
    enum { OPERANDS, MOVES, SLOTS, REGISTERS, EDGES } where;
} mistake;

static const mistake mistakes[] = {
    {"read elsewhere", read_elsewhere, OPERANDS},
    {"result elsewhere", result_elsewhere, OPERANDS},
    {"result of another class", result_of_another_class, OPERANDS},
    {"fixed register elsewhere", fixed_elsewhere, OPERANDS},
    {"not loaded", not_loaded, OPERANDS},
    {"result over a late operand", result_over_late_operand, OPERANDS},
    {"scratch register over an operand", scratch_over_operand, OPERANDS},
    {"move from elsewhere", move_from_elsewhere, MOVES},
    {"move to elsewhere", move_to_elsewhere, MOVES},
    {"move lost", move_lost, MOVES},
    {"two moves to one place", moves_to_one_place, MOVES},
    {"slot over slot", slot_over_slot, SLOTS},
    {"slot outside", slot_outside, SLOTS},
    {"slot too small", slot_too_small, SLOTS},
    {"register not saved", register_not_saved, REGISTERS},
    {"edge uses a register in use", edge_uses_a_register_in_use, EDGES},
};

/* --- planting one after the other --- */

static uint32_t places_of(const allocated *a, const mistake *m)
{
    switch (m->where) {
    case OPERANDS: return a->lir.operands.count;
    case MOVES: return a->alloc.moves.count;
    case SLOTS: return a->alloc.slots.count;
    case EDGES: return a->lir.edges.count;
    default: return NF_R15 + 1;
    }
}

/* What planters change, kept to be put back. */
typedef struct kept {
    nf_lir_operand *operands;
    nf_alloc_move *moves;
    nf_slot *slots;
    uint64_t *edge_free;
    uint64_t saved_mask;
} kept;

static void *duplicate(allocated *a, const void *bytes, size_t size)
{
    void *copy = nf_arena_alloc(&a->arena, size + 1);
    if (size) memcpy(copy, bytes, size);
    return copy;
}

#define BYTES(list) ((list).count * sizeof *(list).data)

static kept keep(allocated *a)
{
    return (kept){duplicate(a, a->lir.operands.data, BYTES(a->lir.operands)),
                  duplicate(a, a->alloc.moves.data, BYTES(a->alloc.moves)),
                  duplicate(a, a->alloc.slots.data, BYTES(a->alloc.slots)),
                  duplicate(a, a->alloc.edge_free, a->lir.edges.count * sizeof(uint64_t)),
                  a->alloc.saved_mask};
}

static void put_back(allocated *a, const kept *k)
{
    memcpy(a->lir.operands.data, k->operands, BYTES(a->lir.operands));
    memcpy(a->alloc.moves.data, k->moves, BYTES(a->alloc.moves));
    if (a->alloc.slots.count) memcpy(a->alloc.slots.data, k->slots, BYTES(a->alloc.slots));
    memcpy(a->alloc.edge_free, k->edge_free, a->lir.edges.count * sizeof(uint64_t));
    a->alloc.saved_mask = k->saved_mask;
}

static uint32_t plant_all(allocated *a, const mistake *m, uint64_t seed)
{
    nf_error error;
    uint32_t count = places_of(a, m), planted = 0;
    kept k = keep(a);
    for (uint32_t i = (uint32_t)seed % 3; i < count && planted < PLANTED_EACH; i++) {
        if (!m->plant(a, i)) continue;
        if (check(a, &error)) fail_msg("seed %llu: %s at %u", (unsigned long long)seed, m->name, i);
        planted++;
        put_back(a, &k);
    }
    return planted;
}

static void every_mistake_is_found(void **state)
{
    (void)state;
    uint32_t planted[COUNT(mistakes)] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        allocated a = {.reads = NULL};
        allocate(&a, seed);
        for (uint32_t i = 0; i < COUNT(mistakes); i++)
            planted[i] += plant_all(&a, &mistakes[i], seed);
        release(&a);
    }
    for (uint32_t i = 0; i < COUNT(mistakes); i++) {
        print_message("%5u times: %s\n", planted[i], mistakes[i].name);
        assert_true(planted[i] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_mistake_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

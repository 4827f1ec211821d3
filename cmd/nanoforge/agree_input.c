/*
 * Inputs: see agree_input.h.
 *
 * NIR has no pointers, only i64. A parameter is taken for an address when it reaches the base of a
 * load or store through additions and parameters of blocks; then it gets a buffer of its own:
 *
 *     |  fault  | buffer 0 |  fault  | buffer 1 |  fault  | ...
 *
 * Numbers are small more often than not, and edge cases are frequent; a buffer holds one kind of
 * number from end to end. The first input is the simplest.
 */
#include "agree_input.h"
#include <string.h>
#include <sys/mman.h>
#include "base/hash.h"
#include "opt/opt_internal.h"

enum { FAULT_BYTES = 64 << 20, FILLS = 4, SMALL = 200 };

static uint8_t *area;

static size_t area_bytes(void)
{
    return (size_t)INPUT_BUFFERS * (FAULT_BYTES + INPUT_BUFFER_BYTES) + FAULT_BYTES;
}

static uint8_t *buffer(uint32_t index)
{
    return area + FAULT_BYTES + (size_t)index * (FAULT_BYTES + INPUT_BUFFER_BYTES);
}

bool input_buffers_map(void)
{
    area = mmap(NULL, area_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) return false;
    for (uint32_t i = 0; i < INPUT_BUFFERS; i++)
        if (mprotect(buffer(i), INPUT_BUFFER_BYTES, PROT_READ | PROT_WRITE) != 0) return false;
    return true;
}

void input_buffers_unmap(void)
{
    munmap(area, area_bytes());
}

uint64_t input_buffers_hash(uint32_t count)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < count; i++)
        hash = nf_hash_mix(hash, nf_hash_bytes(buffer(i), INPUT_BUFFER_BYTES));
    return hash;
}

/* --- numbers --- */

static uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return nf_hash_mix(*state, UINT64_C(0xbf58476d1ce4e5b9));
}

static uint64_t integer_make(uint64_t *state)
{
    uint64_t chance = random_next(state), power = UINT64_C(1) << (random_next(state) & 63);
    switch (chance % 6) {
    case 0: return power;
    case 1: return power - 1;
    case 2: return ~power + 1;
    case 3: return random_next(state);
    default: return random_next(state) % SMALL - SMALL / 2;
    }
}

static uint64_t float_make(uint64_t *state, nf_type type)
{
    static const double doubles[] = {0.0, -0.0, 1.0, -1.0, 0.5, 1e300, -1e-300, 4294967296.0};
    uint64_t chance = random_next(state), bits = random_next(state);
    double number = chance % 3 ? (double)((int64_t)(bits % (2 * SMALL)) - SMALL) / 8
                               : doubles[bits % (sizeof doubles / sizeof *doubles)];
    float narrow = (float)number;
    if (chance % 7 == 0) return type == NF_F32 ? (uint32_t)bits : bits;
    bits = 0;
    if (type == NF_F32)
        memcpy(&bits, &narrow, sizeof narrow);
    else
        memcpy(&bits, &number, sizeof number);
    return bits;
}

static void buffer_fill(uint8_t *bytes, uint64_t *state, uint32_t fill)
{
    for (size_t i = 0; i < INPUT_BUFFER_BYTES; i += sizeof(uint64_t)) {
        uint64_t word;
        switch (fill) {
        case 0: word = random_next(state); break;
        case 1: word = integer_make(state); break;
        case 2: word = float_make(state, NF_F64); break;
        default: word = float_make(state, NF_F32) | float_make(state, NF_F32) << 32; break;
        }
        memcpy(bytes + i, &word, sizeof word);
    }
}

/* --- which parameters are addresses --- */

typedef struct tracing {
    const nf_func *func;
    bool *address; /* by value */
    bool changed;
} tracing;

static void mark(tracing *t, nf_value v)
{
    if (v.id == 0 || t->address[v.id]) return;
    t->address[v.id] = t->changed = true;
}

static void inst_trace(tracing *t, nf_value v)
{
    const nf_inst *inst = nf_inst_at(t->func, v);
    if (nf_ops[inst->op].effects & (NF_EFFECT_READ | NF_EFFECT_WRITE)) mark(t, inst->a);
    if (!t->address[v.id]) return;
    if (inst->op == NF_OP_ADD || inst->op == NF_OP_SUB) mark(t, inst->a);
    if (inst->op == NF_OP_SELECT) mark(t, inst->b);
}

static void edges_trace(tracing *t, nf_value end)
{
    for (uint32_t e = 0; e < nf_out_count(t->func, end); e++) {
        const nf_edge *edge = nf_edge_at(t->func, end, e);
        for (uint32_t i = 0; i < edge->arg_count; i++)
            if (t->address[nf_param_at(t->func, edge->to, i).id])
                mark(t, nf_edge_args(t->func, edge)[i]);
    }
}

static void addresses_trace(tracing *t)
{
    do {
        t->changed = false;
        NF_FOR_BLOCKS(t->func, b)
        {
            NF_FOR_INSTS(t->func, b, v) inst_trace(t, v);
            edges_trace(t, nf_terminator(t->func, b));
        }
    } while (t->changed);
}

uint32_t input_make(const nf_func *func, uint32_t number, nf_bits args[INPUT_PARAMS_MAX])
{
    nf_arena *arena = &func->module->arena;
    tracing t = {.func = func, .address = NF_NEW_ARRAY(arena, bool, func->insts.count)};
    uint64_t state = number;
    uint32_t used = 0, count = nf_block_at(func, func->entry)->param_count;
    if (t.address) addresses_trace(&t);
    for (uint32_t i = 0; i < count && i < INPUT_PARAMS_MAX; i++) {
        nf_value param = nf_param_at(func, func->entry, i);
        nf_type type = nf_type_of(func, param);
        args[i] = (nf_bits){{0}};
        if (t.address && t.address[param.id] && used < INPUT_BUFFERS) {
            args[i].u64[0] = (uintptr_t)buffer(used++);
            continue;
        }
        uint64_t value = NF_TYPE_IS_FLOAT(type) ? float_make(&state, type) : integer_make(&state);
        unsigned bytes = nf_type_bytes(type);
        memcpy(&args[i], &value, bytes < sizeof value ? bytes : sizeof value);
    }
    for (uint32_t i = 0; i < used; i++) buffer_fill(buffer(i), &state, number % FILLS);
    return used;
}

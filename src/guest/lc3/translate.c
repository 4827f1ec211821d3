/*
 * LC-3 instructions as NIR, for the block engine.
 *
 * Registers are 16-bit values, and so are the condition codes: the word whose sign they are. So an
 * instruction that sets them costs nothing, and a BR is a comparison with zero of whatever was
 * computed last. An address is checked against the words that are plain memory in the mode that the
 * code is compiled for, by one comparison after the first of them is taken off:
 *
 *     LDR R0, R1, #2      %x = add.i16 %r1, -x3000
 *                         %i = zext.i64 %x
 *                         %far = icmp.uge.i64 %i, xce00 - 2     help if so
 *                         %r0 = load.i16 [%machine + %i*2 + memory + x6000 + 4]
 *
 * A store looks whether anybody keeps something derived from the word, and is the reference's if so:
 * regions that contain the word go while none runs. The same look tells whether the word is plain.
 * Device registers, traps, RTI and illegal words are the reference's to execute.
 */
#include "translate.h"

enum { CONDITION = NF_LC3_REGISTERS, VAR_COUNT };
enum { ALIAS_MEMORY = NF_VM_ALIAS_GUEST, ALIAS_CODE_MAP };

static const nf_vm_var vars[VAR_COUNT] = {
#define REGISTER(n)                                                                                \
    {                                                                                              \
        offsetof(nf_lc3, reg) + (n) * sizeof(uint16_t), NF_I16                                     \
    }
    REGISTER(0), REGISTER(1), REGISTER(2),
    REGISTER(3), REGISTER(4), REGISTER(5),
    REGISTER(6), REGISTER(7), {offsetof(nf_lc3, condition), NF_I16},
#undef REGISTER
};

/* The words that are plain memory. */
typedef struct span {
    uint16_t low, count;
} span;

static const span plain[NF_LC3_MODES] = {
    [NF_LC3_MODE_FREE] = {0, NF_LC3_DEVICES},
    [NF_LC3_MODE_CONFINED] = {NF_LC3_USER_START, NF_LC3_USER_SPAN},
};

static bool is_plain(uint32_t mode, uint64_t address)
{
    return (uint16_t)(address - plain[mode].low) < plain[mode].count;
}

/* --- decoding --------------------------------------------------------------------------------- */

/* What inst->detail holds. */
static nf_lc3_inst inst_of(const nf_vm_inst *inst)
{
    nf_lc3_inst i;
    __builtin_memcpy(&i, &inst->detail, sizeof i);
    return i;
}

static nf_vm_flow branch_flow(const nf_lc3_inst *i)
{
    return i->dr == 0 ? NF_VM_NEXT : i->dr == (NF_LC3_CC) ? NF_VM_JUMP : NF_VM_BRANCH;
}

static nf_vm_flow flow_of(uint32_t mode, const nf_lc3_inst *i, uint64_t relative)
{
    switch (i->op) {
    case NF_LC3_BR: return branch_flow(i);
    case NF_LC3_LD:
    case NF_LC3_LDI:
    case NF_LC3_ST:
    case NF_LC3_STI: return is_plain(mode, relative) ? NF_VM_NEXT : NF_VM_HELP;
    case NF_LC3_JMP: return NF_VM_INDIRECT;
    case NF_LC3_JSR: return NF_VM_CALL;
    case NF_LC3_JSRR: return NF_VM_CALL_INDIRECT;
    case NF_LC3_TRAP:
    case NF_LC3_RTI:
    case NF_LC3_ILLEGAL: return NF_VM_HELP;
    default: return NF_VM_NEXT;
    }
}

static uint64_t writes_of(const nf_lc3 *machine, const nf_lc3_inst *i)
{
    uint64_t condition = nf_lc3_sets_cc(i->op, machine->config.edition) ? 1 << CONDITION : 0;
    switch (nf_lc3_op_info_of(i->op)->class) {
    case NF_LC3_CLASS_ALU:
    case NF_LC3_CLASS_ADDRESS:
    case NF_LC3_CLASS_LOAD: return UINT64_C(1) << i->dr | condition;
    case NF_LC3_CLASS_CALL: return 1 << 7;
    default: return 0;
    }
}

/* What the register that it writes becomes, and what its access goes by. */
static void sums_find(nf_vm_inst *inst, const nf_lc3_inst *i)
{
    const nf_vm_sum direct = {NF_VM_CONSTANT, (int32_t)inst->target};
    const nf_vm_sum based = {i->sr1, i->immediate};
    inst->result = i->dr;
    inst->sum.var = NF_VM_UNKNOWN;
    switch (i->op) {
    case NF_LC3_ADD_IMM: inst->sum = based; break;
    case NF_LC3_LEA: inst->sum = direct; break;
    case NF_LC3_AND_IMM:
        if (i->immediate == 0) inst->sum = (nf_vm_sum){NF_VM_CONSTANT, 0};
        break;
    case NF_LC3_LDR:
    case NF_LC3_STR:
        inst->address = based;
        inst->access = i->op == NF_LC3_STR ? NF_VM_WRITE : NF_VM_READ;
        break;
    case NF_LC3_ST:
        inst->address = direct;
        inst->access = NF_VM_WRITE;
        break;
    case NF_LC3_LDI:
    case NF_LC3_STI: inst->access = NF_VM_ODD_ACCESS; break;
    default: break;
    }
}

static void decode(void *state, uint32_t mode, uint64_t pc, nf_vm_inst *inst)
{
    const nf_lc3 *machine = state;
    *inst = (nf_vm_inst){.pc = pc, .next = (uint16_t)(pc + 1), .flow = NF_VM_HELP};
    if (!is_plain(mode, pc)) return;
    nf_lc3_inst i = nf_lc3_decode(machine->memory[pc]);
    inst->target = (uint16_t)(inst->next + (uint16_t)i.immediate);
    inst->flow = flow_of(mode, &i, inst->target);
    inst->writes = writes_of(machine, &i);
    sums_find(inst, &i);
    __builtin_memcpy(&inst->detail, &i, sizeof i);
}

/* --- values ----------------------------------------------------------------------------------- */

static nf_value constant(nf_vm_build *b, nf_type type, int64_t value)
{
    return nf_build_iconst(b->func, b->block, type, value);
}

static nf_value binary(nf_vm_build *b, nf_op op, nf_value a, nf_value other)
{
    return nf_build(b->func, b->block, op, NF_I16, a, other, (nf_value){0});
}

static nf_value plus(nf_vm_build *b, nf_value a, uint16_t number)
{
    return number ? binary(b, NF_OP_ADD, a, constant(b, NF_I16, (int16_t)number)) : a;
}

static nf_value widened(nf_vm_build *b, nf_value word)
{
    return nf_build(b->func, b->block, NF_OP_ZEXT, NF_I64, word, (nf_value){0}, (nf_value){0});
}

static void result(nf_vm_build *b, const nf_lc3_inst *i, nf_value value)
{
    const nf_lc3 *machine = b->guest_state;
    nf_vm_set(b, i->dr, value);
    if (nf_lc3_sets_cc(i->op, machine->config.edition)) nf_vm_set(b, CONDITION, value);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* A word of plain memory: so many words behind a value; none: at `address`. */
typedef struct place {
    nf_value index; /* i64 */
    int32_t address;
} place;

/* The index is the base's, whatever the offset: so accesses by one base share it. */
static place place_unchecked(nf_vm_build *b, nf_value base, int16_t offset)
{
    uint16_t low = plain[b->mode].low;
    return (place){widened(b, plus(b, base, (uint16_t)-low)), low + offset};
}

/* Where the instruction is skipped it is a word that is plain, by another index. */
static place elsewhere(nf_vm_build *b, place p)
{
    nf_value skipped = nf_vm_skipped(b);
    if (skipped.id == 0) return p;
    nf_value other = constant(b, NF_I64, NF_LC3_OFFSETS);
    p.index = nf_build(b->func, b->block, NF_OP_SELECT, NF_I64, skipped, other, p.index);
    return p;
}

/* Leaves the region unless it is plain memory. With an offset up, the last words before the base's
 * own limit are taken to be not plain even if the address wraps and is; help is right for
 * everything. */
static place place_checked(nf_vm_build *b, nf_value base, int16_t offset)
{
    place p = elsewhere(b, place_unchecked(b, base, offset));
    nf_value tested = p.index;
    int32_t limit = plain[b->mode].count;
    if (offset > 0) limit -= offset;
    if (offset < 0)
        tested = nf_build(b->func, b->block, NF_OP_ADD, NF_I64, p.index,
                          constant(b, NF_I64, offset), (nf_value){0});
    nf_value count = constant(b, NF_I64, limit);
    nf_vm_help_if(b, nf_build_compare(b->func, b->block, NF_UGE, tested, count));
    return p;
}

/* Its index is the root's, taken to the first word that the guard has checked. */
static place place_guarded(nf_vm_build *b, const nf_vm_guard *guard, int32_t distance)
{
    if (guard->value.id == 0) return (place){.address = distance};
    int32_t low = plain[b->mode].low, first = guard->min - low;
    return (place){widened(b, plus(b, guard->value, (uint16_t)first)), distance - first};
}

static nf_address memory_at(nf_vm_build *b, place p)
{
    return (nf_address){
        .base = b->state,
        .index = p.index,
        .scale_log2 = p.index.id ? 1 : 0,
        .offset = (int32_t)offsetof(nf_lc3, memory) + p.address * (int32_t)sizeof(uint16_t),
        .align_log2 = 1,
        .alias = ALIAS_MEMORY,
    };
}

static nf_value load(nf_vm_build *b, place p)
{
    return nf_build_load(b->func, b->block, NF_I16, memory_at(b, p));
}

/* Leaves the region unless it is plain memory, one word (I8) or two (I16), from which nobody has derived anything. */
static void store_check(nf_vm_build *b, place p, nf_type words)
{
    nf_address map = {.base = b->state,
                      .index = p.index,
                      .offset = (int32_t)offsetof(nf_lc3, code_map) + p.address,
                      .alias = ALIAS_CODE_MAP};
    nf_value kinds = nf_build_load(b->func, b->block, words, map);
    if (b->mode == NF_LC3_MODE_FREE) {
        const int64_t bits = NF_LC3_CODE | NF_LC3_FAR;
        kinds = nf_build(b->func, b->block, NF_OP_AND, words, kinds,
                         constant(b, words, bits << 8 | bits), (nf_value){0});
    }
    nf_vm_help_if(b, nf_build_compare(b->func, b->block, NF_NE, kinds, constant(b, words, 0)));
}

static void store(nf_vm_build *b, place p, nf_value word)
{
    nf_value skipped = nf_vm_skipped(b);
    if (skipped.id)
        word = nf_build(b->func, b->block, NF_OP_SELECT, NF_I16, skipped, load(b, p), word);
    nf_build_store(b->func, b->block, word, memory_at(b, p));
}

static place place_direct(const nf_vm_inst *inst)
{
    return (place){.address = (int32_t)inst->target};
}

/* The pointer beside the instruction. */
static nf_value pointer(nf_vm_build *b, const nf_vm_inst *inst)
{
    return load(b, place_direct(inst));
}

static place read_place(nf_vm_build *b, const nf_lc3_inst *i)
{
    int32_t distance;
    const nf_vm_guard *guard = nf_vm_guarded(b, &distance);
    if (guard) return place_guarded(b, guard, distance);
    return place_checked(b, nf_vm_get(b, i->sr1), i->immediate);
}

static place write_place(nf_vm_build *b, const nf_vm_inst *inst, const nf_lc3_inst *i)
{
    int32_t distance;
    const nf_vm_guard *guard = nf_vm_guarded(b, &distance);
    if (guard) return place_guarded(b, guard, distance);
    place p = place_direct(inst);
    if (i->op == NF_LC3_STR) p = place_unchecked(b, nf_vm_get(b, i->sr1), i->immediate);
    if (i->op == NF_LC3_STI) p = place_unchecked(b, pointer(b, inst), 0);
    if (nf_vm_skipped(b).id == 0) store_check(b, p, NF_I8);
    return p;
}

static place place_of_sum(nf_vm_build *b, nf_vm_sum sum)
{
    if (sum.var == NF_VM_CONSTANT) return (place){.address = sum.addend};
    return place_unchecked(b, nf_vm_get(b, sum.var), (int16_t)sum.addend);
}

/* Two stores to words beside each other are checked at once. */
static void check(nf_vm_build *b, const nf_vm_inst *const *insts, uint32_t count)
{
    uint32_t done = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (insts[i]->access != NF_VM_WRITE || done >> i & 1) continue;
        nf_vm_sum first = insts[i]->address;
        nf_type type = NF_I8;
        for (uint32_t k = i + 1; k < count; k++) {
            nf_vm_sum other = insts[k]->address;
            if (insts[k]->access != NF_VM_WRITE || other.var != first.var) continue;
            int32_t between = other.addend - first.addend;
            if (between < -1 || between > 1) continue;
            done |= UINT32_C(1) << k;
            if (between < 0) first = other;
            if (between != 0) type = NF_I16;
            if (between != 0) break;
        }
        store_check(b, place_of_sum(b, first), type);
    }
}

/* All accesses are plain, and nothing is derived from what is written: that changes only outside of
 * regions. */
static void guard(nf_vm_build *b, const nf_vm_guard *guard)
{
    span words = plain[b->mode];
    int32_t count = words.count - (guard->max - guard->min);
    nf_value first = guard->value.id ? place_guarded(b, guard, guard->min).index
                                     : constant(b, NF_I64, guard->min - words.low);
    nf_vm_help_if(b,
                  nf_build_compare(b->func, b->block, NF_UGE, first, constant(b, NF_I64, count)));
    for (uint32_t i = 0; i < guard->write_count; i++)
        store_check(b, place_guarded(b, guard, guard->writes[i]), NF_I8);
}

/* --- control ---------------------------------------------------------------------------------- */

static void branch(nf_vm_build *b, const nf_lc3_inst *i)
{
    static const uint8_t conditions[NF_LC3_CC] = {
        [NF_LC3_P] = NF_SGT,
        [NF_LC3_Z] = NF_EQ,
        [NF_LC3_Z | NF_LC3_P] = NF_SGE,
        [NF_LC3_N] = NF_SLT,
        [NF_LC3_N | NF_LC3_P] = NF_NE,
        [NF_LC3_N | NF_LC3_Z] = NF_SLE,
    };
    if (branch_flow(i) != NF_VM_BRANCH) return;
    nf_vm_branch_if(b, nf_build_compare(b->func, b->block, (nf_cond)conditions[i->dr],
                                        nf_vm_get(b, CONDITION), constant(b, NF_I16, 0)));
}

static void link(nf_vm_build *b, const nf_vm_inst *inst)
{
    nf_vm_set(b, 7, constant(b, NF_I16, (int16_t)inst->next));
}

static void translate(nf_vm_build *b, const nf_vm_inst *inst)
{
    nf_lc3_inst i = inst_of(inst);
    nf_value first = nf_vm_get(b, i.sr1), number = constant(b, NF_I16, i.immediate);
    uint16_t offset = (uint16_t)i.immediate;
    switch (i.op) {
    case NF_LC3_ADD: result(b, &i, binary(b, NF_OP_ADD, first, nf_vm_get(b, i.sr2))); break;
    case NF_LC3_ADD_IMM: result(b, &i, plus(b, first, offset)); break;
    case NF_LC3_AND: result(b, &i, binary(b, NF_OP_AND, first, nf_vm_get(b, i.sr2))); break;
    case NF_LC3_AND_IMM: result(b, &i, binary(b, NF_OP_AND, first, number)); break;
    case NF_LC3_NOT: result(b, &i, binary(b, NF_OP_XOR, first, constant(b, NF_I16, -1))); break;
    case NF_LC3_LEA: result(b, &i, constant(b, NF_I16, (int16_t)inst->target)); break;
    case NF_LC3_LD: result(b, &i, load(b, place_direct(inst))); break;
    case NF_LC3_LDI: result(b, &i, load(b, place_checked(b, pointer(b, inst), 0))); break;
    case NF_LC3_LDR: result(b, &i, load(b, read_place(b, &i))); break;
    case NF_LC3_ST:
    case NF_LC3_STI:
    case NF_LC3_STR: store(b, write_place(b, inst, &i), nf_vm_get(b, i.dr)); break;
    case NF_LC3_BR: branch(b, &i); break;
    case NF_LC3_JSR: link(b, inst); break;
    case NF_LC3_JSRR:
        link(b, inst);
        nf_vm_jump_to(b, first);
        break;
    case NF_LC3_JMP: nf_vm_jump_to(b, first); break;
    default: break; /* HELP */
    }
}

/* --- the machine ------------------------------------------------------------------------------ */

static void cover(void *state, uint64_t pc)
{
    nf_lc3 *machine = state;
    machine->code_map[pc] |= NF_LC3_CODE_BLOCK;
}

static void entry(void *state, uint64_t pc, bool is_there)
{
    nf_lc3_cell_stop(state, (uint16_t)pc, is_there);
}

const nf_vm_guest nf_lc3_guest = {
    .name = "lc3",
    .vars = vars,
    .var_count = VAR_COUNT,
    .pc = {offsetof(nf_lc3, pc), NF_I16},
    .pc_count = NF_LC3_WORDS,
    .decode = decode,
    .translate = translate,
    .guard = guard,
    .check = check,
    .cover = cover,
    .entry = entry,
};

/*
 * Every row of insn.def at every legal width, encoded and read back by Zydis.
 *
 * A sample is one instruction: a row, a width, operands, an immediate, a mask. The samples of a row
 * are the product of small pools of registers (each of which has its own trouble: RSP and R12 want
 * a SIB byte, RBP and R13 a displacement, SPL to DIL a REX, vectors from 16 on an EVEX form), and
 * of bases, indices and displacements for what can be memory. What comes back must be the same
 * instruction, and no longer than it has to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#if !__has_include(<Zydis/Zydis.h>)

static void test_rows(void **state)
{
    (void)state;
    print_message("skipped: no Zydis (Debian: libzydis-dev), so no second opinion on encodings\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <Zydis/Zydis.h>
#include <string.h>
#include "lib_allocator.h"
#include "os/cpu.h"
#include "x64/asm_internal.h"

enum { FAILURES_SHOWN = 20 };

typedef struct operand {
    bool memory;
    nf_reg reg;
    nf_mem mem;
} operand;

typedef struct sample {
    nf_insn insn;
    unsigned width;
    nf_cc cc; /* setcc, cmovcc */
    nf_evex evex;
    unsigned count; /* of the operands that are passed, without the immediate */
    operand operands[NF_OPERANDS_MAX];
    int64_t imm;
} sample;

typedef struct decoded {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand all[ZYDIS_MAX_OPERAND_COUNT];
    const ZydisDecodedOperand *operands[ZYDIS_MAX_OPERAND_COUNT]; /* those that are written */
    unsigned count;
} decoded;

static ZydisDecoder decoder;
static test_allocator memory;
static nf_arena arena;
static nf_asm assembler;
static unsigned long checks, failures;
static unsigned turn; /* walks through pools that have no loop of their own */

/* --- from a sample to an emitter --- */

static const nf_shape_info *shape_of(nf_insn insn)
{
    return &nf_shapes[nf_forms[insn].shape];
}

static bool is_vector_form(nf_insn insn)
{
    return nf_forms[insn].forms != FORM_LEGACY;
}

/* The operands as a number: 1 for a register, 2 for memory, 3 for the immediate, first digit first.
 */
static unsigned pattern_of(const sample *s)
{
    unsigned pattern = 0;
    for (unsigned i = 0; i < s->count; i++)
        pattern = pattern * 10 + (s->operands[i].memory ? 2 : 1);
    return nf_forms[s->insn].imm == IMM_0 || nf_forms[s->insn].imm == IMM_Ir ? pattern
                                                                             : pattern * 10 + 3;
}

#define R(i) s->operands[i].reg
#define M(i) s->operands[i].mem

static bool emit_by_condition(nf_asm *a, const sample *s)
{
    if (s->insn != NF_X_SETCC && s->insn != NF_X_CMOVCC) return false;
    bool is_memory = s->operands[s->count - 1].memory;
    if (s->insn == NF_X_SETCC && is_memory)
        nf_asm_setcc_m(a, s->cc, M(0));
    else if (s->insn == NF_X_SETCC)
        nf_asm_setcc(a, s->cc, R(0));
    else if (is_memory)
        nf_asm_cmov_m(a, s->cc, s->width, R(0), M(1));
    else
        nf_asm_cmov(a, s->cc, s->width, R(0), R(1));
    return true;
}

static void emit_legacy(nf_asm *a, const sample *s)
{
    nf_insn x = s->insn;
    unsigned w = s->width;
    switch (pattern_of(s)) {
    case 0: nf_asm_zero_operand(a, x, w); break;
    case 1: nf_asm_r(a, x, w, R(0)); break;
    case 2: nf_asm_m(a, x, w, M(0)); break;
    case 11: nf_asm_rr(a, x, w, R(0), R(1)); break;
    case 12: nf_asm_rm(a, x, w, R(0), M(1)); break;
    case 21: nf_asm_mr(a, x, w, M(0), R(1)); break;
    case 13: nf_asm_ri(a, x, w, R(0), s->imm); break;
    case 23: nf_asm_mi(a, x, w, M(0), s->imm); break;
    case 113: nf_asm_rri(a, x, w, R(0), R(1), s->imm); break;
    case 123: nf_asm_rmi(a, x, w, R(0), M(1), s->imm); break;
    case 213: nf_asm_mri(a, x, w, M(0), R(1), s->imm); break;
    default: fail_msg("%s: no emitter for its operands", nf_insn_name(x));
    }
}

static void emit_vector(nf_asm *a, const sample *s)
{
    nf_insn x = s->insn;
    unsigned w = s->width;
    uint8_t imm = (uint8_t)s->imm;
    switch (pattern_of(s)) {
    case 0: nf_asm_zero_operand(a, x, w); break;
    case 11: nf_asm_v_rr(a, x, w, R(0), R(1), s->evex); break;
    case 12: nf_asm_v_rm(a, x, w, R(0), M(1), s->evex); break;
    case 21: nf_asm_v_mr(a, x, w, M(0), R(1), s->evex); break;
    case 111: nf_asm_v_rrr(a, x, w, R(0), R(1), R(2), s->evex); break;
    case 112: nf_asm_v_rrm(a, x, w, R(0), R(1), M(2), s->evex); break;
    case 121: nf_asm_v_rrm(a, x, w, R(0), R(2), M(1), s->evex); break;
    case 211: nf_asm_v_mrr(a, x, w, M(0), R(1), R(2), s->evex); break;
    case 113: nf_asm_v_rri(a, x, w, R(0), R(1), imm, s->evex); break;
    case 123: nf_asm_v_rmi(a, x, w, R(0), M(1), imm, s->evex); break;
    case 213: nf_asm_v_mri(a, x, w, M(0), R(1), imm, s->evex); break;
    case 1113: nf_asm_v_rrri(a, x, w, R(0), R(1), R(2), imm, s->evex); break;
    case 1123: nf_asm_v_rrmi(a, x, w, R(0), R(1), M(2), imm, s->evex); break;
    case 1111: nf_asm_v_rrrr(a, x, w, R(0), R(1), R(2), R(3)); break;
    case 1121: nf_asm_v_rrmr(a, x, w, R(0), R(1), M(2), R(3)); break;
    default: fail_msg("%s: no emitter for its operands", nf_insn_name(x));
    }
}

static void emit(nf_asm *a, const sample *s)
{
    if (emit_by_condition(a, s)) return;
    if (is_vector_form(s->insn))
        emit_vector(a, s);
    else
        emit_legacy(a, s);
}

/* --- what Zydis must say --- */

/* The size of a general register, or of memory where one could stand. */
static unsigned general_bytes(const sample *s, unsigned kind)
{
    const nf_form *form = &nf_forms[s->insn];
    const nf_shape_info *shape = shape_of(s->insn);
    bool integer = true;
    for (unsigned i = 0; i < NF_OPERANDS_MAX; i++)
        integer &= (shape->operands[i] & (OPERAND_X | OPERAND_K)) == 0;
    unsigned mode = mode_of(form, s->width);
    if (!integer) return mode & (MODE_W | MODE_W_EVEX) ? 8 : 4;
    if ((kind & OPERAND_PLACE) != OPERAND_RM) return s->width;
    if (mode & MODE_RM_BYTE) return 1;
    if (s->insn == NF_X_MOVZXW || s->insn == NF_X_MOVSXW) return 2;
    return s->insn == NF_X_MOVSXD ? 4 : s->width;
}

static ZydisRegister general_register(unsigned reg, unsigned bytes)
{
    enum { HIGH_BYTE_REGISTERS = 4 }; /* AH to BH stand between BL and SPL */
    switch (bytes) {
    case 1: return ZYDIS_REGISTER_AL + reg + (reg < 4 ? 0 : HIGH_BYTE_REGISTERS);
    case 2: return ZYDIS_REGISTER_AX + reg;
    case 4: return ZYDIS_REGISTER_EAX + reg;
    default: return ZYDIS_REGISTER_RAX + reg;
    }
}

static bool register_is(const sample *s, unsigned kind, nf_reg reg, ZydisRegister got)
{
    if (reg <= NF_R15) return got == general_register(reg, general_bytes(s, kind));
    if (reg >= NF_K0) return got == (ZydisRegister)(ZYDIS_REGISTER_K0 + (reg - NF_K0));
    unsigned n = reg - NF_XMM0;
    return got == ZYDIS_REGISTER_XMM0 + n || got == ZYDIS_REGISTER_YMM0 + n ||
           got == ZYDIS_REGISTER_ZMM0 + n;
}

static ZydisRegister address_register(unsigned reg)
{
    return reg == NF_REG_NONE ? ZYDIS_REGISTER_NONE
           : reg == NF_RIP    ? ZYDIS_REGISTER_RIP
                              : ZYDIS_REGISTER_RAX + reg;
}

static bool memory_is(const nf_mem *m, const ZydisDecodedOperand *got)
{
    if (got->type != ZYDIS_OPERAND_TYPE_MEMORY) return false;
    if (got->mem.base != address_register(m->base)) return false;
    if (m->base == NF_RIP) return true; /* what it refers to has its own test */
    if (got->mem.index != address_register(m->index)) return false;
    if (m->index != NF_REG_NONE && got->mem.scale != 1 << m->scale_log2) return false;
    return (got->mem.disp.has_displacement ? got->mem.disp.value : 0) == m->disp;
}

static bool immediate_is(const sample *s, const ZydisDecodedOperand *got)
{
    if (got->type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return false;
    unsigned bytes = nf_forms[s->insn].imm == IMM_Ib ? 1 : s->width;
    uint64_t mask = bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;
    return ((got->imm.value.u ^ (uint64_t)s->imm) & mask) == 0;
}

static bool operand_is(const sample *s, unsigned index, const ZydisDecodedOperand *got)
{
    unsigned kind = shape_of(s->insn)->operands[index];
    if (kind == OPERAND_I) return immediate_is(s, got);
    if (index < s->count && s->operands[index].memory)
        return memory_is(&s->operands[index].mem, got);
    if (got->type != ZYDIS_OPERAND_TYPE_REGISTER) return false;
    if (kind == OPERAND_CL) return got->reg.value == ZYDIS_REGISTER_CL;
    return register_is(s, kind, s->operands[index].reg, got->reg.value);
}

/* Conditions as Zydis spells them. */
static const char *const conditions[] = {"o", "no", "b", "nb", "z", "nz", "be", "nbe",
                                         "s", "ns", "p", "np", "l", "nl", "le", "nle"};

static bool mnemonic_is(const sample *s, const char *got)
{
    const char *want = nf_insn_mnemonic(s->insn);
    if (s->insn == NF_X_SETCC || s->insn == NF_X_CMOVCC) {
        size_t stem = strlen(want) - strlen("cc");
        return strncmp(want, got, stem) == 0 && strcmp(got + stem, conditions[s->cc]) == 0;
    }
    if (s->width == 8 && strcmp(want, "movd") == 0) want = "movq";
    if (s->width == 8 && strcmp(want, "vmovd") == 0) want = "vmovq";
    return strcmp(want, got) == 0;
}

/* Operands that a disassembler shows; the implied XMM0 of blendvps is not among them. */
static unsigned written_operands(nf_insn insn)
{
    unsigned count = 0;
    const uint8_t *kinds = shape_of(insn)->operands;
    while (count < NF_OPERANDS_MAX && kinds[count] != OPERAND_NONE &&
           kinds[count] != OPERAND_MOD0 && kinds[count] != OPERAND_XMM0)
        count++;
    return count;
}

static bool operands_are(const sample *s, const decoded *d)
{
    unsigned count = written_operands(s->insn);
    if (count != d->count) return count == 0; /* string operations: implied ones are shown */
    bool either_order = strcmp(nf_insn_mnemonic(s->insn), "test") == 0 ||
                        strcmp(nf_insn_mnemonic(s->insn), "xchg") == 0;
    bool same = true, swapped = either_order;
    for (unsigned i = 0; i < count; i++) {
        same = same && operand_is(s, i, d->operands[i]);
        swapped = swapped && operand_is(s, i, d->operands[count - 1 - i]);
    }
    return same || swapped;
}

static bool is_vector(ZydisRegister reg)
{
    ZydisRegisterClass class = ZydisRegisterGetClass(reg);
    return class == ZYDIS_REGCLASS_XMM || class == ZYDIS_REGCLASS_YMM ||
           class == ZYDIS_REGCLASS_ZMM;
}

/* The widest vector register or memory operand is as wide as was asked for. */
static bool width_is(const sample *s, const decoded *d)
{
    const nf_form *form = &nf_forms[s->insn];
    unsigned widest = 0;
    for (unsigned i = 0; i < d->count; i++) {
        const ZydisDecodedOperand *o = d->operands[i];
        bool address = o->type == ZYDIS_OPERAND_TYPE_MEMORY && o->mem.type != ZYDIS_MEMOP_TYPE_MEM;
        if (address || form->widths == 0x7f) return true; /* lea, prefetch */
        unsigned bits = 0;
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) bits = o->size;
        if (o->type == ZYDIS_OPERAND_TYPE_REGISTER && is_vector(o->reg.value))
            bits = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, o->reg.value);
        if (bits / 8 > widest) widest = bits / 8;
    }
    bool packed = (form->widths & (1 | 2 | 4 | 8)) == 0;
    return !packed || widest == s->width;
}

static bool mask_is(const sample *s, const decoded *d)
{
    ZydisRegister want = s->evex.mask ? ZYDIS_REGISTER_K0 + s->evex.mask : ZYDIS_REGISTER_NONE;
    ZydisRegister got = d->insn.avx.mask.reg;
    if (got == ZYDIS_REGISTER_K0) got = ZYDIS_REGISTER_NONE;
    bool evex = d->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    return got == want && (evex && d->insn.raw.evex.z) == s->evex.zero;
}

static bool prefix_is(const sample *s, const decoded *d)
{
    bool lock = strncmp(nf_insn_name(s->insn), "LOCK_", 5) == 0;
    bool repeat = strncmp(nf_insn_name(s->insn), "REP_", 4) == 0;
    return lock == ((d->insn.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0) &&
           repeat == ((d->insn.attributes & ZYDIS_ATTRIB_HAS_REP) != 0);
}

/* --- no longer than it has to be --- */

static bool is_high(const operand *o)
{
    return !o->memory && o->reg >= NF_XMM0 + 16 && o->reg <= NF_XMM31;
}

static bool form_is_shortest(const sample *s, const decoded *d, const uint8_t *bytes)
{
    bool needs_evex = s->evex.mask != 0 || s->width == 64;
    for (unsigned i = 0; i < s->count; i++) needs_evex |= is_high(&s->operands[i]);
    /* Shifts by an immediate: VEX has no form with memory. */
    needs_evex |= nf_forms[s->insn].shape == NF_SHAPE_Xv_XM_I && s->operands[1].memory;
    if (nf_forms[s->insn].forms & FORM_VEX && !needs_evex &&
        d->insn.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
        return false;
    bool vex3 = d->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX && bytes[0] == 0xc4;
    /* X, B, a map other than 0F, or W */
    return !vex3 || (bytes[1] & 0x7f) != 0x61 || bytes[2] & 0x80;
}

static bool displacement_is_shortest(const sample *s, const decoded *d)
{
    if (d->insn.raw.disp.size != 32) return true;
    for (unsigned i = 0; i < d->count; i++) {
        const ZydisDecodedOperand *o = d->operands[i];
        if (o->type != ZYDIS_OPERAND_TYPE_MEMORY || o->mem.base == ZYDIS_REGISTER_NONE ||
            o->mem.base == ZYDIS_REGISTER_RIP)
            continue;
        /* The unit is the operand's size, but for compress and expand. */
        bool evex = d->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
        int unit = evex ? o->size / 8 : 1;
        bool by_element = evex && nf_forms[s->insn].disp_unit & UNIT_FIXED &&
                          1 << (nf_forms[s->insn].disp_unit & UNIT_SHIFT) != unit;
        int64_t disp = o->mem.disp.value;
        if (!by_element && disp % unit == 0 && disp / unit == (int8_t)(disp / unit)) return false;
    }
    return true;
}

/* --- CPU features --- */

/* Zydis' name of what an instruction belongs to, and the feature; longest first. */
static const struct {
    const char *set;
    unsigned feature; /* index, or NONE */
} sets[] = {
    {"AVX512_BITALG", NF_CPU_INDEX_AVX512BITALG},
    {"AVX512_VPOPCNTDQ", NF_CPU_INDEX_AVX512VPOPCNTDQ},
    {"AVX512_VBMI", NF_CPU_INDEX_AVX512VBMI},
    {"AVX512_VNNI", NF_CPU_INDEX_AVX512VNNI},
    {"AVX512BW", NF_CPU_INDEX_AVX512BW},
    {"AVX512DQ", NF_CPU_INDEX_AVX512DQ},
    {"AVX512CD", NF_CPU_INDEX_AVX512CD},
    {"AVX512F", NF_CPU_INDEX_AVX512F},
    {"AVX2", NF_CPU_INDEX_AVX2},
    {"AVX", NF_CPU_INDEX_AVX},
    {"FMA", NF_CPU_INDEX_FMA},
    {"BMI1", NF_CPU_INDEX_BMI1},
    {"BMI2", NF_CPU_INDEX_BMI2},
    {"LZCNT", NF_CPU_INDEX_LZCNT},
    {"POPCNT", NF_CPU_INDEX_POPCNT},
    {"MOVBE", NF_CPU_INDEX_MOVBE},
    {"RDTSCP", NF_CPU_INDEX_RDTSCP},
    {"SSSE3", NF_CPU_INDEX_SSSE3},
    {"SSE3", NF_CPU_INDEX_SSE3},
    {"SSE42", NF_CPU_INDEX_SSE42},
    {"SSE4", NF_CPU_INDEX_SSE41},
};

static uint64_t features_by_zydis(const decoded *d)
{
    const char *set = ZydisISASetGetString(d->insn.meta.isa_set);
    size_t length = strlen(set);
    bool evex = d->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    bool short_vector = length > 4 && (strcmp(set + length - 4, "_128") == 0 ||
                                       strcmp(set + length - 4, "_256") == 0);
    uint64_t features = evex ? NF_CPU_AVX512F | (short_vector ? NF_CPU_AVX512VL : 0) : 0;
    if (d->insn.meta.isa_set == ZYDIS_ISA_SET_POPCNT) return NF_CPU_POPCNT;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strncmp(set, sets[i].set, strlen(sets[i].set)) == 0)
            return features | UINT64_C(1) << sets[i].feature;
    return features;
}

/* The table may ask for more where it has one row for forms that differ: a broadcast from memory
 * is older than that from a register, and a few xmm forms of AVX-512 do without VL. */
static bool features_are(const sample *s, const decoded *d)
{
    bool evex = d->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
    uint64_t table =
        evex ? nf_insn_feature_evex(s->insn, s->width) : nf_insn_feature(s->insn, s->width);
    if (table & NF_CPU_AVX2) table |= NF_CPU_AVX;
    uint64_t truth = features_by_zydis(d);
    if (truth & NF_CPU_AVX2) truth |= NF_CPU_AVX;
    uint64_t extra = table & ~truth;
    bool broadcast = strncmp(nf_insn_name(s->insn), "VBROADCASTS", 11) == 0;
    return (truth & ~table) == 0 &&
           (extra == 0 || extra == NF_CPU_AVX512VL || (broadcast && extra == NF_CPU_AVX2));
}

/* --- one sample --- */

static bool decode(const uint8_t *bytes, size_t size, decoded *d)
{
    ZyanStatus status = ZydisDecoderDecodeFull(&decoder, bytes, size, &d->insn, d->all);
    if (!ZYAN_SUCCESS(status)) return false;
    d->count = 0;
    for (unsigned i = 0; i < d->insn.operand_count_visible; i++)
        if (d->all[i].encoding != ZYDIS_OPERAND_ENCODING_MASK) d->operands[d->count++] = &d->all[i];
    return true;
}

/* Whether the row's masks are those that exist: the same bytes with a mask, or with zeroing too, are
 * an instruction when the row says so, and none otherwise. */
static bool masks_are_exact(const sample *s, const uint8_t *bytes, size_t size)
{
    enum { EVEX_P2 = 3, MASK_K1 = 0x01, ZERO = 0x80 };
    uint8_t masked[ZYDIS_MAX_INSTRUCTION_LENGTH];
    decoded d;
    unsigned forms = nf_forms[s->insn].forms;
    if (bytes[0] != 0x62 || s->evex.mask != 0) return true;
    memcpy(masked, bytes, size);
    masked[EVEX_P2] |= MASK_K1;
    if (decode(masked, size, &d) != ((forms & FORM_MASK) != 0)) return false;
    masked[EVEX_P2] |= ZERO;
    bool store = s->count > 0 && s->operands[0].memory;
    return store || decode(masked, size, &d) == ((forms & FORM_ZERO) != 0);
}

static const char *fault_of(const sample *s, const uint8_t *bytes, size_t size)
{
    decoded d;
    if (size == 0 || size > ZYDIS_MAX_INSTRUCTION_LENGTH) return "length";
    if (!decode(bytes, size, &d)) return "no instruction";
    if (d.insn.length != size) return "length";
    if (!mnemonic_is(s, ZydisMnemonicGetString(d.insn.mnemonic))) return "mnemonic";
    if (!operands_are(s, &d)) return "operands";
    if (!width_is(s, &d)) return "width";
    if (!mask_is(s, &d)) return "mask";
    if (!prefix_is(s, &d)) return "prefix";
    if (!form_is_shortest(s, &d, bytes)) return "a shorter form exists";
    if (!displacement_is_shortest(s, &d)) return "a shorter displacement exists";
    if (!features_are(s, &d)) return "CPU features";
    if (!masks_are_exact(s, bytes, size)) return "mask column";
    return NULL;
}

static void report(const sample *s, const char *fault, const uint8_t *bytes, size_t size)
{
    if (failures++ >= FAILURES_SHOWN) return;
    print_error("%s width %u mask %d imm %lld: wrong %s:", nf_insn_name(s->insn), s->width,
                s->evex.mask, (long long)s->imm, fault);
    for (size_t i = 0; i < size; i++) print_error(" %02x", bytes[i]);
    ZydisDisassembledInstruction text;
    if (ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, 0, bytes, size, &text)))
        print_error("  %s", text.text);
    print_error("\n");
}

static void check(const sample *s)
{
    assembler.cursor = assembler.start;
    emit(&assembler, s);
    size_t size = nf_asm_offset(&assembler);
    const char *fault = fault_of(s, assembler.start, size);
    checks++;
    if (fault) report(s, fault, assembler.start, size);
}

/* --- the samples of a row --- */

static const nf_reg general_pool[] = {NF_RAX, NF_RCX, NF_RSP, NF_RBP, NF_RSI,
                                      NF_RDI, NF_R8,  NF_R12, NF_R13, NF_R15};
static const nf_reg vector_pool[] = {NF_XMM0,      NF_XMM0 + 5,  NF_XMM0 + 8,  NF_XMM0 + 15,
                                     NF_XMM0 + 16, NF_XMM0 + 23, NF_XMM0 + 24, NF_XMM31};
static const nf_reg mask_pool[] = {NF_K0, NF_K0 + 1, NF_K0 + 4, NF_K7};
enum { VECTORS_BELOW_16 = 4 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static size_t pool_of(nf_insn insn, unsigned kind, const nf_reg **pool)
{
    if (kind & OPERAND_G) return *pool = general_pool, COUNT(general_pool);
    if (kind & OPERAND_K) return *pool = mask_pool, COUNT(mask_pool);
    *pool = vector_pool;
    if (!(kind & OPERAND_X)) return 0;
    return nf_forms[insn].forms & FORM_EVEX ? COUNT(vector_pool) : VECTORS_BELOW_16;
}

static const int64_t byte_immediates[] = {0, 1, 3, 5, 31, 63, 64, 0x7f, 0x80, 0xa5, 0xff};
static const int64_t wide_immediates[] = {0,    1,      -1,     127,       128,      -128,
                                          -129, 0x7fff, 0x1234, INT32_MAX, INT32_MIN};

static int64_t immediate_of_turn(nf_insn insn)
{
    return nf_forms[insn].imm == IMM_Ib ? byte_immediates[turn % COUNT(byte_immediates)]
                                        : wide_immediates[turn % COUNT(wide_immediates)];
}

/* Number n of the masks that the row may have: none, merging, zeroing. */
static bool mask_number(const sample *s, unsigned n, nf_evex *evex)
{
    static const nf_evex variants[] = {{0, false}, {1, false}, {7, false}, {5, true}};
    unsigned forms = nf_forms[s->insn].forms;
    bool store = s->count > 0 && s->operands[0].memory;
    if (n >= COUNT(variants) || (n > 0 && !(forms & FORM_MASK))) return false;
    if (variants[n].zero && (!(forms & FORM_ZERO) || store)) return false;
    *evex = variants[n];
    return true;
}

static void check_masks(sample *s)
{
    for (unsigned n = 0; mask_number(s, n, &s->evex); n++) {
        s->imm = immediate_of_turn(s->insn);
        turn++;
        check(s);
    }
    s->evex = NF_UNMASKED;
}

/* All registers of the pools at operand `index` and behind it. */
static void check_registers(sample *s, unsigned index)
{
    if (index == s->count) {
        check_masks(s);
        return;
    }
    const nf_reg *pool;
    size_t size = pool_of(s->insn, shape_of(s->insn)->operands[index], &pool);
    for (size_t i = 0; i < size; i++) {
        s->operands[index] = (operand){.reg = pool[i]};
        check_registers(s, index + 1);
    }
}

static const nf_reg bases[] = {NF_RAX, NF_RBX, NF_RSP, NF_RBP,     NF_R8,
                               NF_R12, NF_R13, NF_R15, NF_REG_NONE};
static const nf_reg indices[] = {NF_REG_NONE, NF_RCX, NF_RBP, NF_R12, NF_R13, NF_R15};
static const int32_t displacements[] = {
    0,  1,        -1,        2,    4,     8,       16, 64,        127,       128,  -128,  -129,
    -8, 127 * 64, -128 * 64, 8192, 0x7f8, 127 * 2, -5, INT32_MAX, INT32_MIN, 4064, -2048, 1016};

static void check_memory_operand(sample *s, unsigned index, const nf_mem *m)
{
    for (unsigned i = 0; i < s->count; i++) {
        const nf_reg *pool;
        size_t size = pool_of(s->insn, shape_of(s->insn)->operands[i], &pool);
        s->operands[i] = i == index ? (operand){.memory = true, .mem = *m}
                                    : (operand){.reg = pool[(turn * (i + 1) + turn / 7) % size]};
    }
    if (!mask_number(s, turn % 4, &s->evex)) s->evex = NF_UNMASKED;
    s->imm = immediate_of_turn(s->insn);
    turn++;
    check(s);
    s->evex = NF_UNMASKED;
}

static void check_memory(sample *s, unsigned index)
{
    for (size_t b = 0; b < COUNT(bases); b++)
        for (size_t i = 0; i < COUNT(indices); i++)
            for (size_t d = 0; d < COUNT(displacements); d++) {
                nf_mem m = {.base = (uint8_t)bases[b],
                            .index = (uint8_t)indices[i],
                            .scale_log2 = (uint8_t)((b + i + d) % 4),
                            .disp = displacements[d]};
                if (m.index == NF_REG_NONE) m.scale_log2 = 0;
                check_memory_operand(s, index, &m);
            }
}

static unsigned passed_operands(nf_insn insn)
{
    unsigned count = 0;
    const uint8_t *kinds = shape_of(insn)->operands;
    while (count < NF_OPERANDS_MAX &&
           kinds[count] & (OPERAND_G | OPERAND_X | OPERAND_K | OPERAND_M))
        count++;
    return count;
}

static void check_row(nf_insn insn, unsigned width, nf_cc cc)
{
    sample s = {.insn = insn, .width = width, .cc = cc, .count = passed_operands(insn)};
    const nf_reg *pool;
    bool only_memory = false;
    for (unsigned i = 0; i < s.count; i++)
        only_memory |= pool_of(insn, shape_of(insn)->operands[i], &pool) == 0;
    if (!only_memory) check_registers(&s, 0);
    for (unsigned i = 0; i < s.count; i++)
        if (nf_form_takes_memory(insn, i)) check_memory(&s, i);
}

static void test_rows(void **state)
{
    (void)state;
    for (nf_insn insn = 1; insn < NF_INSN_COUNT; insn++) {
        if (insn == NF_X_MOV_OI) continue; /* nf_asm_mov_imm(), below */
        bool conditional = insn == NF_X_SETCC || insn == NF_X_CMOVCC;
        for (unsigned width = 1; width <= 64; width *= 2)
            for (unsigned cc = 0; nf_insn_has_width(insn, width) && cc < (conditional ? 16u : 1u);
                 cc++)
                check_row(insn, width, (nf_cc)cc);
    }
    print_message("%d rows, %lu encodings read back, %lu wrong\n", NF_INSN_COUNT - 1, checks,
                  failures);
    assert_int_equal(failures, 0);
}

/* Columns that a row has no use for say so. */
static void test_unused_columns(void **state)
{
    (void)state;
    for (nf_insn insn = 1; insn < NF_INSN_COUNT; insn++) {
        const nf_form *form = &nf_forms[insn];
        bool has_reg = false;
        for (unsigned i = 0; i < NF_OPERANDS_MAX; i++)
            has_reg |= (shape_of(insn)->operands[i] & OPERAND_PLACE) == OPERAND_REG;
        bool unit = form->disp_unit != UNIT_FIXED;
        unsigned evex_modes = 0, vex_modes = 0;
        for (unsigned i = 0; i < WIDTH_INDICES; i++) {
            evex_modes |= form->mode[i] & MODE_W_EVEX;
            vex_modes |= form->mode[i] & MODE_L;
        }
        if ((has_reg && form->digit != 0) || (unit && !(form->forms & FORM_EVEX)) ||
            (evex_modes && !(form->forms & FORM_EVEX)) || (vex_modes && !(form->forms & FORM_VEX)))
            fail_msg("%s: a column that means nothing here is set", nf_insn_name(insn));
    }
}

/* --- RIP-relative operands: the distance counts from the end, behind the immediate --- */

static void check_rip(sample *s, unsigned index, nf_mem m)
{
    enum { LABEL_OFFSET = 3 };
    nf_arena_reset(&arena);
    nf_asm a;
    nf_asm_init(&a, &arena, 0);
    for (int i = 0; i < LABEL_OFFSET; i++) nf_asm_zero_operand(&a, NF_X_NOP, 0);
    if (!m.is_address) nf_asm_bind(&a, m.label = nf_asm_label(&a));
    nf_asm_zero_operand(&a, NF_X_NOP, 0);
    uint32_t start = nf_asm_offset(&a);
    for (unsigned i = 0; i < s->count; i++) {
        const nf_reg *pool;
        size_t size = pool_of(s->insn, shape_of(s->insn)->operands[i], &pool);
        s->operands[i] =
            i == index ? (operand){.memory = true, .mem = m} : (operand){.reg = pool[turn % size]};
    }
    s->imm = immediate_of_turn(s->insn);
    turn++;
    checks++;
    emit(&a, s);
    nf_blob blob;
    assert_int_equal(nf_asm_finish(&a, &blob, NULL), NF_OK);
    const char *fault = fault_of(s, blob.bytes + start, blob.code_bytes - start);
    decoded d;
    if (fault == NULL && decode(blob.bytes + start, blob.code_bytes - start, &d)) {
        int64_t field = start + d.insn.raw.disp.offset;
        int64_t reached = blob.code_bytes + d.insn.raw.disp.value;
        if (m.is_address) {
            assert_int_equal(blob.reloc_count, 1);
            const nf_reloc *r = blob.relocs;
            bool good = r->kind == NF_RELOC_REL32 && r->offset == field && r->target == m.address &&
                        r->addend == m.disp + field + 4 - (int64_t)blob.code_bytes;
            if (!good) fault = "relocation";
        } else if (reached != LABEL_OFFSET + m.disp) {
            fault = "distance";
        }
    }
    if (fault) report(s, fault, blob.bytes + start, blob.code_bytes - start);
}

static void test_rip_relative(void **state)
{
    (void)state;
    checks = failures = 0;
    nf_mem label = {.base = NF_RIP, .index = NF_REG_NONE, .disp = 0};
    nf_mem inside = {.base = NF_RIP, .index = NF_REG_NONE, .disp = 5};
    nf_mem address = nf_mem_address(0x7fff12345678);
    for (nf_insn insn = 1; insn < NF_INSN_COUNT; insn++)
        for (unsigned width = 1; width <= 64; width *= 2)
            for (unsigned i = 0; nf_insn_has_width(insn, width) && i < passed_operands(insn); i++) {
                if (!nf_form_takes_memory(insn, i)) continue;
                sample s = {.insn = insn, .width = width, .count = passed_operands(insn)};
                check_rip(&s, i, label);
                check_rip(&s, i, inside);
                check_rip(&s, i, address);
            }
    print_message("%lu RIP-relative encodings read back, %lu wrong\n", checks, failures);
    assert_int_equal(failures, 0);
}

static int set_up(void **state)
{
    (void)state;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    test_allocator_init(&memory);
    nf_arena_init(&arena, &memory.allocator);
    nf_asm_init(&assembler, &arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nf_arena_free(&arena);
    return memory.blocks == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unused_columns),
        cmocka_unit_test(test_rip_relative),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#endif

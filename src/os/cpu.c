/*
 * CPU features from CPUID and XGETBV, driven by cpu.def; see cpu.h.
 *
 * A feature counts when its CPUID bit is set and the system saves its registers: AVX needs XCR0
 * bits 1 and 2 (SSE and AVX state), AVX-512 bits 5 to 7 too (mask registers, upper halves, upper
 * sixteen). Without OSXSAVE there is no XCR0 to read, and nothing above SSE. Intel SDM volume 1,
 * 13.3 and 15.2.
 */
#include "cpu.h"
#include "base/hash.h"
#include "base/text.h"

enum { EAX, EBX, ECX, EDX, REGISTERS };

enum {
    LEAF_VENDOR = 0,
    LEAF_FEATURES = 1,
    LEAF_STRUCTURED = 7,
    LEAF_EXTENDED = 0x80000000,
    LEAF_EXTENDED_FEATURES = 0x80000001,
    LEAF_BRAND = 0x80000002,
    LEAF_BRAND_LAST = 0x80000004,
    OSXSAVE_BIT = 27,
};

/* The XCR0 bits that each kind of state needs. */
enum { STATE_NONE = 0, STATE_AVX = 0x6, STATE_AVX512 = 0xe6 };

static const struct feature {
    const char *text;
    uint32_t leaf, subleaf, bit, state;
    uint32_t where;
} features[NF_CPU_FEATURE_COUNT] = {
#define CPU_FEATURE(name, text, leaf, subleaf, where, bit, state)                                  \
    {text, leaf, subleaf, bit, STATE_##state, where},
#include "os/cpu.def"
#undef CPU_FEATURE
};

/* The bit of a cached word that says that it has been read. */
static const uint64_t KNOWN = UINT64_C(1) << 63;
_Static_assert(NF_CPU_FEATURE_COUNT < 63, "features and the known bit share 64 bits");

/* Zeros when the CPU does not have the leaf. */
static void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[REGISTERS])
{
    uint32_t last, ignored[3];
    __asm__ volatile("cpuid"
                     : "=a"(last), "=b"(ignored[0]), "=c"(ignored[1]), "=d"(ignored[2])
                     : "0"(leaf & LEAF_EXTENDED), "2"(0));
    __builtin_memset(registers, 0, REGISTERS * sizeof *registers);
    if (leaf > last) return;
    __asm__ volatile("cpuid"
                     : "=a"(registers[EAX]), "=b"(registers[EBX]), "=c"(registers[ECX]),
                       "=d"(registers[EDX])
                     : "0"(leaf), "2"(subleaf));
}

static uint32_t state_saved(void)
{
    uint32_t registers[REGISTERS], low, high;
    cpuid(LEAF_FEATURES, 0, registers);
    if (!(registers[ECX] >> OSXSAVE_BIT & 1)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* The first feature of the same leaf. */
static uint32_t leaf_first(uint32_t feature)
{
    uint32_t i = 0;
    while (features[i].leaf != features[feature].leaf ||
           features[i].subleaf != features[feature].subleaf)
        i++;
    return i;
}

/* No CPU has AVX's children without AVX, or AVX-512's without its foundation, nor does any code expect
 * one; a virtual machine or a user may say so all the same. */
static uint64_t whole(uint64_t mask)
{
    uint64_t without = 0;
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++) {
        uint64_t needed = features[i].state == STATE_AVX512 ? NF_CPU_AVX512F | NF_CPU_AVX2 : 0;
        if (features[i].state != STATE_NONE) needed |= NF_CPU_AVX;
        if ((mask & needed) != needed) without |= UINT64_C(1) << i;
    }
    return mask & ~without;
}

/* Each leaf once: in a virtual machine CPUID takes some microseconds. */
static uint64_t features_read(void)
{
    uint32_t registers[NF_CPU_FEATURE_COUNT][REGISTERS], saved = state_saved();
    uint64_t mask = 0;
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++) {
        const struct feature *f = &features[i];
        uint32_t first = leaf_first(i);
        if (first == i) cpuid(f->leaf, f->subleaf, registers[i]);
        bool usable = (saved & f->state) == f->state;
        if (usable && registers[first][f->where] >> f->bit & 1) mask |= UINT64_C(1) << i;
    }
    return whole(mask);
}

static uint64_t fingerprint_read(void)
{
    /* EBX of leaf 1 says which processor of the machine this is, so it is left out. */
    static const struct word {
        uint32_t leaf, subleaf, first;
    } words[] = {{LEAF_FEATURES, 0, ECX},
                 {LEAF_STRUCTURED, 0, EBX},
                 {LEAF_STRUCTURED, 1, EAX},
                 {LEAF_EXTENDED_FEATURES, 0, ECX}};
    uint32_t registers[REGISTERS];
    cpuid(LEAF_FEATURES, 0, registers);
    uint64_t hash = nf_hash_mix(0, registers[EAX]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        cpuid(words[i].leaf, words[i].subleaf, registers);
        for (uint32_t r = words[i].first; r < REGISTERS; r++)
            hash = nf_hash_mix(hash, registers[r]);
    }
    return hash | KNOWN;
}

uint64_t nf_cpu_fingerprint(void)
{
    static uint64_t cached; /* CPUID is slow in a virtual machine */
    uint64_t hash = __atomic_load_n(&cached, __ATOMIC_RELAXED);
    if (hash == 0) {
        hash = fingerprint_read();
        __atomic_store_n(&cached, hash, __ATOMIC_RELAXED);
    }
    return hash;
}

uint64_t nf_cpu_features(void)
{
    static uint64_t cached; /* two first calls at once read the same */
    uint64_t mask = __atomic_load_n(&cached, __ATOMIC_RELAXED);
    if (!(mask & KNOWN)) {
        mask = features_read() | KNOWN;
        __atomic_store_n(&cached, mask, __ATOMIC_RELAXED);
    }
    return mask & ~KNOWN;
}

uint64_t nf_cpu_features_without(uint64_t off)
{
    return whole(nf_cpu_features() & ~off);
}

const char *nf_cpu_feature_name(uint32_t index)
{
    return features[index].text;
}

uint64_t nf_cpu_feature_mask(const char *name, size_t length)
{
    for (uint32_t i = 0; i < NF_CPU_FEATURE_COUNT; i++) {
        const char *text = features[i].text;
        if (nf_string_length(text) == length && __builtin_memcmp(text, name, length) == 0)
            return UINT64_C(1) << i;
    }
    return 0;
}

/* Family and model are split over two fields each (CPUID.1 EAX, Intel SDM figure 3-6). */
static void signature_read(nf_cpu_model *model, uint32_t signature)
{
    uint32_t family = signature >> 8 & 0xf, low = signature >> 4 & 0xf;
    bool extended = family == 0x6 || family == 0xf;
    model->family = family == 0xf ? family + (signature >> 20 & 0xff) : family;
    model->model = extended ? (signature >> 16 & 0xf) << 4 | low : low;
    model->stepping = signature & 0xf;
}

static void brand_read(char brand[NF_CPU_BRAND_BYTES])
{
    uint32_t words[3 * REGISTERS + 1] = {0};
    for (uint32_t leaf = LEAF_BRAND; leaf <= LEAF_BRAND_LAST; leaf++)
        cpuid(leaf, 0, words + (leaf - LEAF_BRAND) * REGISTERS);
    const char *text = (const char *)words;
    while (*text == ' ') text++;
    nf_format(brand, NF_CPU_BRAND_BYTES, "%s", text);
}

void nf_cpu_model_read(nf_cpu_model *model)
{
    uint32_t registers[REGISTERS];
    *model = (nf_cpu_model){.family = 0};
    cpuid(LEAF_VENDOR, 0, registers);
    __builtin_memcpy(model->vendor, &registers[EBX], 4);
    __builtin_memcpy(model->vendor + 4, &registers[EDX], 4);
    __builtin_memcpy(model->vendor + 8, &registers[ECX], 4);
    cpuid(LEAF_FEATURES, 0, registers);
    signature_read(model, registers[EAX]);
    brand_read(model->brand);
}

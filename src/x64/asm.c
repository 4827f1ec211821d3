/*
 * The assembler around the encoder: buffer, labels, jumps, constants, relocations, the finished
 * blob. The instructions themselves are in encode.c and encode_vector.c.
 *
 *   start               cursor               limit
 *   | code so far ........ | at least 32 free ... |
 *
 * The buffer doubles in the arena when an emitter leaves less than NF_INSN_BYTES_MAX free. After a
 * failure (no memory, a limit) code goes round and round in the nf_asm's own spare bytes, so that
 * no emitter has to look; only nf_asm_finish() does.
 *
 * A jump back knows its distance and is short where it can be. A jump ahead is 32 bits wide and
 * leaves a fixup, an (offset, label, addend) that nf_asm_finish() fills in: choosing short forms
 * for these would take a second pass, which a baseline compiler's budget has no room for.
 *
 * Constants are behind the code, largest first; so each is aligned when the first is:
 *
 *   | code | int3 ... | 64-byte ones | 32 | 16 | 8 | 4 |          nf_blob.align = the largest size
 *
 * Invariants: offsets fit 31 bits (NF_ASM_CODE_BYTES_MAX); labels.data[0] is no label.
 * Source: Intel SDM volume 2, JMP, Jcc, CALL, and NOP (table 4-12, its recommended lengths).
 */
#include "asm_internal.h"
#include "base/hash.h"

enum { CODE_BYTES_MIN = 256, LABELS_MIN = 32, ALIGN_MIN = 16 };
enum { JMP_SHORT = 0xeb, JMP_NEAR = 0xe9, CALL_NEAR = 0xe8, INT3 = 0xcc };
enum { JCC_SHORT = 0x70, JCC_NEAR_ESCAPE = 0x0f, JCC_NEAR = 0x80, SHORT_JUMP_BYTES = 2 };
enum { DISP32_BYTES = 4, ADDRESS_BYTES = 8 };
enum { CONSTANT_BYTES_MIN = 4, CONSTANT_BYTES_MAX = 64, CONSTANT_BUCKETS = 64 };

#define UNBOUND UINT32_MAX

typedef struct constant {
    uint64_t hash;
    const uint8_t *bytes;
    uint32_t size;
    nf_label label;
    uint32_t next; /* in its bucket, counted from 1; 0 ends */
} constant;

struct nf_asm_constants {
    uint32_t buckets[CONSTANT_BUCKETS]; /* indices into list from 1 */
    NF_VEC(constant) list;
    uint32_t size_max;
};

/* --- the buffer --- */
void nf_asm_fail(nf_asm *a, nf_status status)
{
    if (!a->failed) a->status = status;
    a->failed = true; /* an emitter may be at work: it keeps its buffer to the end of that */
}

static void use_buffer(nf_asm *a, uint8_t *start, size_t used, size_t bytes)
{
    a->start = start;
    a->cursor = start + used;
    a->limit = start + bytes;
    a->full = a->limit - NF_INSN_BYTES_MAX;
}

static void use_spare(nf_asm *a)
{
    use_buffer(a, a->spare, 0, sizeof a->spare);
}

void nf_asm_init(nf_asm *a, nf_arena *arena, size_t size_hint)
{
    *a = (nf_asm){.arena = arena, .align = ALIGN_MIN};
    size_t bytes = size_hint + NF_INSN_BYTES_MAX;
    if (size_hint < CODE_BYTES_MIN) bytes = CODE_BYTES_MIN;
    if (size_hint > NF_ASM_CODE_BYTES_MAX - NF_INSN_BYTES_MAX) bytes = NF_ASM_CODE_BYTES_MAX;
    uint8_t *start = nf_arena_take(arena, bytes, ALIGN_MIN);
    if (start == NULL || !NF_VEC_RESERVE(arena, &a->labels, LABELS_MIN)) {
        nf_asm_fail(a, NF_MEMORY);
        use_spare(a);
        return;
    }
    use_buffer(a, start, 0, bytes);
    a->labels.data[a->labels.count++] = UNBOUND;
}

void nf_asm_expect(nf_asm *a, uint32_t labels, uint32_t fixups)
{
    bool done = NF_VEC_RESERVE(a->arena, &a->labels, labels) &&
                NF_VEC_RESERVE(a->arena, &a->fixups, fixups);
    if (!done) nf_asm_fail(a, NF_MEMORY);
}

/* Room for `bytes` more. */
void nf_asm_reserve(nf_asm *a, size_t bytes)
{
    size_t used = (size_t)(a->cursor - a->start), wanted = 2 * (size_t)(a->limit - a->start);
    while (wanted - used < bytes) wanted *= 2;
    if (wanted > NF_ASM_CODE_BYTES_MAX) wanted = NF_ASM_CODE_BYTES_MAX;
    if (wanted - used < bytes) nf_asm_fail(a, NF_LIMIT);
    uint8_t *grown = a->failed ? NULL : nf_arena_take(a->arena, wanted, ALIGN_MIN);
    if (grown == NULL) {
        nf_asm_fail(a, NF_MEMORY);
        use_spare(a);
        return;
    }
    __builtin_memcpy(grown, a->start, used);
    use_buffer(a, grown, used, wanted);
}

void nf_asm_grow(nf_asm *a)
{
    nf_asm_reserve(a, NF_INSN_BYTES_MAX);
}

void nf_asm_byte(nf_asm *a, uint8_t byte)
{
    uint8_t *p = a->cursor;
    *p = byte;
    asm_end(a, p + 1);
}

void nf_asm_u32(nf_asm *a, uint32_t word)
{
    asm_end(a, put_u32(a->cursor, word));
}

void nf_asm_u64(nf_asm *a, uint64_t word)
{
    asm_end(a, put_bytes(a->cursor, word, sizeof word));
}

/* The recommended NOPs of 1 to 9 bytes, one after the other: that of n starts at n (n - 1) / 2. */
static const uint8_t nops[] = {
    0x90,                                                 /* nop */
    0x66, 0x90,                                           /* 66 nop */
    0x0f, 0x1f, 0x00,                                     /* nop [rax] */
    0x0f, 0x1f, 0x40, 0x00,                               /* ... with disp8 */
    0x0f, 0x1f, 0x44, 0x00, 0x00,                         /* ... and SIB */
    0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00,                   /* ... and 66 */
    0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00,             /* ... with disp32 */
    0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00,       /* ... and SIB */
    0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00, /* ... and 66 */
};

enum { NOP_BYTES_MAX = 9 };

void nf_asm_nops(uint8_t *to, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t n = bytes < NOP_BYTES_MAX ? bytes : NOP_BYTES_MAX;
        __builtin_memcpy(to, nops + n * (n - 1) / 2, n);
        to += n;
        bytes -= n;
    }
}

void nf_asm_align(nf_asm *a, uint32_t alignment)
{
    NF_ASSERT((alignment & (alignment - 1)) == 0 && alignment != 0);
    if (a->align < alignment) a->align = alignment;
    uint32_t left = -nf_asm_offset(a) & (alignment - 1);
    while (left > 0 && !a->failed) {
        uint32_t n = left < NOP_BYTES_MAX ? left : NOP_BYTES_MAX;
        uint8_t *p = a->cursor;
        nf_asm_nops(p, n);
        asm_end(a, p + n);
        left -= n;
    }
}

/* --- labels --- */
nf_label nf_asm_label(nf_asm *a)
{
    if (!NF_VEC_PUSH(a->arena, &a->labels, UNBOUND)) {
        nf_asm_fail(a, NF_MEMORY);
        return (nf_label){0};
    }
    return (nf_label){a->labels.count - 1};
}

void nf_asm_bind(nf_asm *a, nf_label label)
{
    if (a->failed) return;
    NF_ASSERT(label.id != 0 && a->labels.data[label.id] == UNBOUND);
    a->labels.data[label.id] = nf_asm_offset(a);
}

static void fixup_add(nf_asm *a, const uint8_t *field, nf_label label, int32_t addend,
                      nf_reloc_kind kind)
{
    uint32_t offset = (uint32_t)(field - a->start);
    if (!NF_VEC_PUSH(a->arena, &a->fixups, (nf_fixup){offset, label.id, addend, kind}))
        nf_asm_fail(a, NF_MEMORY);
}

static void reloc_add(nf_asm *a, uint32_t offset, nf_reloc_kind kind, uint64_t target,
                      int64_t addend)
{
    if (!NF_VEC_PUSH(a->arena, &a->relocs, (nf_reloc){offset, kind, target, addend}))
        nf_asm_fail(a, NF_MEMORY);
}

void nf_asm_rip_field(nf_asm *a, uint8_t *field, nf_mem mem, unsigned trailing)
{
    put_u32(field, 0);
    NF_ASSERT(mem.index == NF_REG_NONE);
    int32_t addend = mem.disp - (int32_t)trailing;
    if (mem.is_address)
        reloc_add(a, (uint32_t)(field - a->start), NF_RELOC_REL32, mem.address, addend);
    else
        fixup_add(a, field, mem.label, addend, NF_RELOC_REL32);
}

void nf_asm_label_address(nf_asm *a, nf_label label)
{
    uint8_t *p = a->cursor;
    fixup_add(a, p, label, 0, NF_RELOC_SELF64);
    nf_asm_u64(a, 0);
}

/* --- control flow --- */

/* Whether a jump of two bytes at p gets there. */
static bool is_near(const nf_asm *a, const uint8_t *p, nf_label to, int32_t *distance)
{
    if (a->failed || a->labels.data[to.id] == UNBOUND) return false;
    *distance = (int32_t)a->labels.data[to.id] - (int32_t)(p + SHORT_JUMP_BYTES - a->start);
    return *distance == (int8_t)*distance;
}

/* A 32-bit distance to the label, at the end of an instruction. */
static void put_distance(nf_asm *a, uint8_t *p, nf_label to)
{
    put_u32(p, 0);
    if (!a->failed) fixup_add(a, p, to, 0, NF_RELOC_REL32);
    asm_end(a, p + DISP32_BYTES);
}

void nf_asm_jmp_far(nf_asm *a, nf_label to)
{
    uint8_t *p = a->cursor;
    p[0] = JMP_NEAR;
    put_distance(a, p + 1, to);
}

void nf_asm_jcc_far(nf_asm *a, nf_cc cc, nf_label to)
{
    uint8_t *p = a->cursor;
    p[0] = JCC_NEAR_ESCAPE;
    p[1] = (uint8_t)(JCC_NEAR + cc);
    put_distance(a, p + 2, to);
}

void nf_asm_jmp(nf_asm *a, nf_label to)
{
    uint8_t *p = a->cursor;
    int32_t distance;
    if (is_near(a, p, to, &distance)) {
        p[0] = JMP_SHORT;
        p[1] = (uint8_t)distance;
        asm_end(a, p + SHORT_JUMP_BYTES);
        return;
    }
    nf_asm_jmp_far(a, to);
}

void nf_asm_jcc(nf_asm *a, nf_cc cc, nf_label to)
{
    uint8_t *p = a->cursor;
    int32_t distance;
    if (is_near(a, p, to, &distance)) {
        p[0] = (uint8_t)(JCC_SHORT + cc);
        p[1] = (uint8_t)distance;
        asm_end(a, p + SHORT_JUMP_BYTES);
        return;
    }
    nf_asm_jcc_far(a, cc, to);
}

void nf_asm_call(nf_asm *a, nf_label to)
{
    uint8_t *p = a->cursor;
    p[0] = CALL_NEAR;
    put_distance(a, p + 1, to);
}

static void put_address_branch(nf_asm *a, uint8_t opcode, uint64_t to)
{
    uint8_t *p = a->cursor;
    *p++ = opcode;
    put_u32(p, 0);
    uint32_t field = (uint32_t)(p - a->start);
    asm_end(a, p + DISP32_BYTES);
    reloc_add(a, field, NF_RELOC_REL32, to, 0);
}

void nf_asm_jmp_address(nf_asm *a, uint64_t to)
{
    put_address_branch(a, JMP_NEAR, to);
}

void nf_asm_call_address(nf_asm *a, uint64_t to)
{
    put_address_branch(a, CALL_NEAR, to);
}

void nf_asm_lea_label(nf_asm *a, nf_reg reg, nf_label label)
{
    nf_asm_rm(a, NF_X_LEA, 8, reg, nf_mem_label(label));
}

/* --- constants --- */
static constant *constant_find(struct nf_asm_constants *constants, uint64_t hash, const void *bytes,
                               size_t size)
{
    uint32_t at = constants->buckets[hash % CONSTANT_BUCKETS];
    while (at != 0) {
        constant *c = &constants->list.data[at - 1];
        if (c->hash == hash && c->size == size && __builtin_memcmp(c->bytes, bytes, size) == 0)
            return c;
        at = c->next;
    }
    return NULL;
}

static bool constant_add(nf_asm *a, const constant *new_one)
{
    struct nf_asm_constants *constants = a->constants;
    uint8_t *copy = nf_arena_alloc(a->arena, new_one->size);
    if (copy == NULL) return false;
    __builtin_memcpy(copy, new_one->bytes, new_one->size);
    uint32_t *bucket = &constants->buckets[new_one->hash % CONSTANT_BUCKETS];
    if (!NF_VEC_PUSH(a->arena, &constants->list, *new_one)) return false;
    constant *added = &constants->list.data[constants->list.count - 1];
    added->bytes = copy;
    added->next = *bucket;
    *bucket = constants->list.count;
    if (constants->size_max < added->size) constants->size_max = added->size;
    return true;
}

nf_label nf_asm_constant(nf_asm *a, const void *bytes, size_t size)
{
    NF_ASSERT(size >= CONSTANT_BYTES_MIN && size <= CONSTANT_BYTES_MAX && !(size & (size - 1)));
    if (a->constants == NULL) a->constants = NF_NEW(a->arena, struct nf_asm_constants);
    if (a->constants == NULL) goto fail;
    uint64_t hash = nf_hash_bytes(bytes, size);
    constant *found = constant_find(a->constants, hash, bytes, size);
    if (found) return found->label;
    nf_label label = nf_asm_label(a);
    constant new_one = {.hash = hash, .bytes = bytes, .size = (uint32_t)size, .label = label};
    if (label.id != 0 && constant_add(a, &new_one)) return label;
fail:
    nf_asm_fail(a, NF_MEMORY);
    return (nf_label){0};
}

static void put_constants_of(nf_asm *a, uint32_t size)
{
    for (uint32_t i = 0; i < a->constants->list.count; i++) {
        const constant *c = &a->constants->list.data[i];
        if (c->size != size) continue;
        if (a->limit - a->cursor < (ptrdiff_t)size) nf_asm_reserve(a, size);
        if (a->failed) return;
        nf_asm_bind(a, c->label);
        __builtin_memcpy(a->cursor, c->bytes, size);
        asm_end(a, a->cursor + size);
    }
}

static void put_constants(nf_asm *a)
{
    uint32_t size_max = a->constants->size_max;
    if (a->align < size_max) a->align = size_max;
    while (nf_asm_offset(a) % size_max != 0 && !a->failed) nf_asm_byte(a, INT3);
    for (uint32_t size = size_max; size >= CONSTANT_BYTES_MIN; size /= 2) put_constants_of(a, size);
}

/* --- the end --- */
static nf_status fixup_apply(nf_asm *a, const nf_fixup *fixup, nf_error *error)
{
    uint32_t target = a->labels.data[fixup->label];
    if (target == UNBOUND) {
        NF_ASSERT(!"a label that is used is bound");
        return nf_fail(error, NF_INVALID, "machine code refers to label %u, which is nowhere",
                       fixup->label);
    }
    if (fixup->kind == NF_RELOC_SELF64) {
        reloc_add(a, fixup->offset, NF_RELOC_SELF64, 0, target);
        return NF_OK;
    }
    int64_t distance = (int64_t)target - (fixup->offset + DISP32_BYTES) + fixup->addend;
    if (distance != (int32_t)distance)
        return nf_fail(error, NF_LIMIT, "machine code refers to a place %lld bytes away",
                       (long long)distance);
    put_u32(a->start + fixup->offset, (uint32_t)distance);
    return NF_OK;
}

nf_status nf_asm_finish(nf_asm *a, nf_blob *blob, nf_error *error)
{
    uint32_t code_bytes = nf_asm_offset(a);
    if (a->constants && a->constants->list.count && !a->failed) put_constants(a);
    for (uint32_t i = 0; i < a->fixups.count && !a->failed; i++) {
        nf_status status = fixup_apply(a, &a->fixups.data[i], error);
        if (status != NF_OK) return status;
    }
    if (a->failed && a->status == NF_LIMIT)
        return nf_fail(error, NF_LIMIT, "machine code of one function is over %d MiB",
                       NF_ASM_CODE_BYTES_MAX >> 20);
    if (a->failed) return nf_fail(error, NF_MEMORY, "out of memory for machine code");
    *blob = (nf_blob){.bytes = a->start,
                      .code_bytes = code_bytes,
                      .total_bytes = nf_asm_offset(a),
                      .align = a->align,
                      .relocs = a->relocs.data,
                      .reloc_count = a->relocs.count};
    return NF_OK;
}

/*
 * LLVM's types as scalars, leaves and parts; see import_internal.h for the words.
 */
#include "import_internal.h"

static bool scalar_of_integer(uint32_t bits, nf_scalar *s)
{
    s->bits = bits;
    s->limbs = bits <= NF_LIMB_BITS ? 1 : (bits + NF_LIMB_BITS - 1) / NF_LIMB_BITS;
    s->type = bits <= 8 ? NF_I8 : bits <= 16 ? NF_I16 : bits <= 32 ? NF_I32 : NF_I64;
    return s->limbs <= NF_LEAVES_MAX;
}

bool nf_scalar_of(LLVMTypeRef type, nf_scalar *s)
{
    *s = (nf_scalar){0};
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind: return scalar_of_integer(LLVMGetIntTypeWidth(type), s);
    case LLVMPointerTypeKind:
        return LLVMGetPointerAddressSpace(type) == 0 && scalar_of_integer(NF_LIMB_BITS, s);
    case LLVMFloatTypeKind: *s = (nf_scalar){NF_F32, true, 32, 1}; return true;
    case LLVMDoubleTypeKind: *s = (nf_scalar){NF_F64, true, 64, 1}; return true;
    default: return false;
    }
}

static const char *scalar_refusal(LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMHalfTypeKind:
    case LLVMBFloatTypeKind: return "16-bit floating point";
    case LLVMX86_FP80TypeKind: return "80-bit floating point (long double)";
    case LLVMFP128TypeKind: return "128-bit floating point";
    case LLVMPointerTypeKind: return "a pointer to another address space";
    case LLVMIntegerTypeKind: return "an integer of very many bits";
    case LLVMScalableVectorTypeKind: return "a scalable vector";
    default: return "a type that NIR does not have";
    }
}

bool nf_is_vector(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind;
}

LLVMTypeRef nf_lane_type(LLVMTypeRef type)
{
    return nf_is_vector(type) ? LLVMGetElementType(type) : type;
}

uint32_t nf_lane_count(LLVMTypeRef type)
{
    return nf_is_vector(type) ? LLVMGetVectorSize(type) : 1;
}

/* Elements of a structure, array or vector; 0 for a scalar, empty ones say 0 too. */
static uint64_t element_count(LLVMTypeRef type)
{
    switch (LLVMGetTypeKind(type)) {
    case LLVMStructTypeKind: return LLVMCountStructElementTypes(type);
    case LLVMArrayTypeKind: return LLVMGetArrayLength2(type);
    case LLVMVectorTypeKind: return LLVMGetVectorSize(type);
    default: return 0;
    }
}

static bool is_aggregate(LLVMTypeRef type)
{
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    return kind == LLVMStructTypeKind || kind == LLVMArrayTypeKind || kind == LLVMVectorTypeKind;
}

static LLVMTypeRef element_type(LLVMTypeRef type, uint64_t index)
{
    if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
        return LLVMStructGetTypeAtIndex(type, (unsigned)index);
    return LLVMGetElementType(type);
}

/* What a type comes to when all its elements are visited. */
typedef struct extent {
    uint64_t visits, parts;
    const char *refusal; /* of the first scalar that NIR does not have */
} extent;

/* Types refer to types: a few lines of text can mean 2^60 elements, which may all be empty. */
enum { VISITS_MAX = 4 * NF_LEAVES_MAX };

static uint64_t times(uint64_t a, uint64_t b)
{
    return a && b > VISITS_MAX / a ? VISITS_MAX + 1 : a * b;
}

/* repeat: how often the type is there. */
static void extent_add(extent *e, LLVMTypeRef type, uint64_t repeat)
{
    nf_scalar s;
    e->visits += repeat;
    if (!is_aggregate(type)) {
        bool known = nf_scalar_of(type, &s);
        if (!known && e->refusal == NULL) e->refusal = scalar_refusal(type);
        e->parts += repeat * (known ? s.limbs : 1);
        return;
    }
    uint64_t count = element_count(type);
    if (LLVMGetTypeKind(type) != LLVMStructTypeKind) {
        repeat = times(repeat, count);
        count = count > 0;
    }
    for (uint64_t i = 0; i < count && e->visits <= VISITS_MAX; i++)
        extent_add(e, element_type(type, i), repeat);
}

static extent extent_of(LLVMTypeRef type)
{
    extent e = {0};
    extent_add(&e, type, 1);
    if (e.visits > VISITS_MAX || e.parts > NF_LEAVES_MAX) e.parts = NF_LEAVES_MAX;
    return e;
}

uint32_t nf_parts_of(LLVMTypeRef type)
{
    nf_scalar s;
    if (!is_aggregate(type)) return nf_scalar_of(type, &s) ? s.limbs : 1;
    return (uint32_t)extent_of(type).parts;
}

const char *nf_type_refusal(LLVMTypeRef type)
{
    nf_scalar s;
    if (LLVMGetTypeKind(type) == LLVMVoidTypeKind) return NULL;
    if (!is_aggregate(type)) return nf_scalar_of(type, &s) ? NULL : scalar_refusal(type);
    extent e = extent_of(type);
    return e.parts >= NF_LEAVES_MAX ? "a very large value" : e.refusal;
}

/* --- sizes --- */

uint64_t nf_type_size(const nf_importer *in, LLVMTypeRef type)
{
    return LLVMABISizeOfType(in->layout, type);
}

uint64_t nf_field_offset(const nf_importer *in, LLVMTypeRef structure, uint32_t index)
{
    return LLVMOffsetOfElement(in->layout, structure, index);
}

unsigned nf_log2(uint64_t power)
{
    return power ? (unsigned)__builtin_ctzll(power) : 0;
}

/* --- leaves --- */

static void leaves_add(const nf_importer *in, nf_arena *arena, nf_leaves *leaves, LLVMTypeRef type,
                       uint64_t offset, uint64_t bit_offset)
{
    nf_leaf leaf = {.offset = offset, .bit_offset = bit_offset};
    if (!is_aggregate(type)) {
        if (nf_scalar_of(type, &leaf.scalar)) NF_VEC_PUSH(arena, leaves, leaf);
        return;
    }
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    uint64_t count = element_count(type);
    for (uint64_t i = 0; i < count; i++) {
        LLVMTypeRef element = element_type(type, i);
        uint64_t bytes = 0, bits = 0;
        if (kind == LLVMStructTypeKind) {
            bytes = nf_field_offset(in, type, (uint32_t)i);
            bits = 8 * bytes;
        } else if (kind == LLVMArrayTypeKind) {
            bytes = i * nf_type_size(in, element);
            bits = 8 * bytes;
        } else {
            bits = i * LLVMSizeOfTypeInBits(in->layout, element);
            bytes = bits / 8;
        }
        leaves_add(in, arena, leaves, element, offset + bytes, bit_offset + bits);
    }
}

nf_leaves nf_leaves_of(const nf_importer *in, nf_arena *arena, LLVMTypeRef type)
{
    nf_leaves leaves = {0};
    if (nf_type_refusal(type) == NULL) leaves_add(in, arena, &leaves, type, 0, 0);
    return leaves;
}

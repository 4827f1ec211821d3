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

uint32_t nf_parts_of(LLVMTypeRef type)
{
    nf_scalar s;
    if (!is_aggregate(type)) return nf_scalar_of(type, &s) ? s.limbs : 1;
    uint64_t count = element_count(type), parts = 0;
    if (LLVMGetTypeKind(type) != LLVMStructTypeKind)
        parts = count ? count * nf_parts_of(LLVMGetElementType(type)) : 0;
    else
        for (uint64_t i = 0; i < count; i++) parts += nf_parts_of(element_type(type, i));
    return parts < NF_LEAVES_MAX ? (uint32_t)parts : NF_LEAVES_MAX;
}

const char *nf_type_refusal(LLVMTypeRef type)
{
    nf_scalar s;
    if (LLVMGetTypeKind(type) == LLVMVoidTypeKind) return NULL;
    if (!is_aggregate(type)) return nf_scalar_of(type, &s) ? NULL : scalar_refusal(type);
    if (nf_parts_of(type) >= NF_LEAVES_MAX) return "a very large value";
    uint64_t count = element_count(type);
    bool alike = LLVMGetTypeKind(type) != LLVMStructTypeKind;
    for (uint64_t i = 0; i < count && (i == 0 || !alike); i++) {
        const char *reason = nf_type_refusal(element_type(type, i));
        if (reason) return reason;
    }
    return NULL;
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
    for (uint64_t i = 0; i < count && leaves->count < NF_LEAVES_MAX; i++) {
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
    leaves_add(in, arena, &leaves, type, 0, 0);
    return leaves;
}

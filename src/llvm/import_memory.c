/*
 * Memory: loads, stores, addresses, stack slots, atomics.
 *
 * A value in memory is its leaves at their offsets. An integer of odd width has as many bytes as its
 * bits need and is read and written in pieces of 4, 2 and 1 (i24: 2 + 1), so that no byte beside it is
 * touched. A vector of single bits is one integer.
 *
 * Address arithmetic goes into the addresses of NIR where it fits: a GEP with one index that is no
 * constant, scaled by 1, 2, 4 or 8, and any constant ones.
 *
 *     %p = getelementptr {i64, [9 x i32]}, ptr %s, i64 0, i32 1, i64 %i
 *     load i32, ptr %p            load.i32 [%s + %i*4 + 8]
 *
 * A GEP that only loads and stores use is made nowhere else.
 *
 * What C's types say about overlap (tbaa metadata) becomes alias classes: one for each scalar type
 * right below char. Types further down a tree of types overlap with those above, and have no class.
 *
 * Atomic loads and stores are NIR's, which are sequentially consistent whatever order was asked for;
 * what reads and writes at once is a call of a host function (os/linux/helpers.c).
 */
#include "import_internal.h"

#include <string.h>
#include "base/text.h"

static const nf_value none;

enum { WORD_BYTES = 8, NODE_OPERANDS_MAX = 4, GEP_DEPTH_MAX = 16 };

/* --- leaves --- */

/* The address of something at an offset from another: what it is aligned to follows. */
static nf_address address_at(nf_address address, uint64_t offset)
{
    address.offset += (int32_t)offset;
    if (offset && nf_log2(offset) < address.align_log2)
        address.align_log2 = (unsigned)__builtin_ctzll(offset);
    return address;
}

static nf_type integer_of(uint32_t bytes)
{
    return bytes == 8 ? NF_I64 : bytes == 4 ? NF_I32 : bytes == 2 ? NF_I16 : NF_I8;
}

static uint32_t piece_of(uint32_t bytes)
{
    return bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
}

/* One part of so many bytes, in pieces when it has to be. */
static nf_value load_part(nf_translator *t, nf_type type, uint32_t bytes, nf_address address)
{
    if (bytes == nf_type_bytes(type)) return nf_build_load(t->f, t->at, type, address);
    nf_value whole = none;
    for (uint32_t done = 0, piece; done < bytes; done += piece) {
        piece = piece_of(bytes - done);
        nf_value v = nf_build_load(t->f, t->at, integer_of(piece), address_at(address, done));
        v = nf_make_resize(t, type, v);
        if (done) v = nf_make_with(t, NF_OP_SHL, type, v, 8 * (int64_t)done);
        whole = done ? nf_make(t, NF_OP_OR, type, whole, v) : v;
    }
    return whole;
}

static void store_part(nf_translator *t, nf_value part, uint32_t bytes, nf_address address)
{
    nf_type type = nf_value_type(t->f, part);
    if (bytes == nf_type_bytes(type)) {
        nf_build_store(t->f, t->at, part, address);
        return;
    }
    for (uint32_t done = 0, piece; done < bytes; done += piece) {
        piece = piece_of(bytes - done);
        nf_value v = done ? nf_make_with(t, NF_OP_LSHR, type, part, 8 * (int64_t)done) : part;
        v = nf_make_resize(t, integer_of(piece), v);
        nf_build_store(t->f, t->at, v, address_at(address, done));
    }
}

static uint32_t part_bytes(const nf_scalar *s, uint32_t limb)
{
    uint32_t bytes = (s->bits + 7) / 8;
    if (s->limbs == 1) return bytes;
    return limb + 1 < s->limbs ? WORD_BYTES : bytes - limb * WORD_BYTES;
}

static void load_leaf(nf_translator *t, const nf_leaf *leaf, nf_address address, nf_value *out)
{
    const nf_scalar *s = &leaf->scalar;
    for (uint32_t i = 0; i < s->limbs; i++) {
        nf_address at = address_at(address, leaf->offset + i * WORD_BYTES);
        out[i] = load_part(t, s->type, part_bytes(s, i), at);
    }
    if (s->is_float || s->bits % 8 == 0) return;
    if (s->limbs == 1)
        *out = nf_make_clean(t, s, *out);
    else
        nf_wide_clean(t, s, out);
}

static void store_leaf(nf_translator *t, const nf_leaf *leaf, nf_address address,
                       const nf_value *parts)
{
    const nf_scalar *s = &leaf->scalar;
    for (uint32_t i = 0; i < s->limbs; i++)
        store_part(t, parts[i], part_bytes(s, i),
                   address_at(address, leaf->offset + i * WORD_BYTES));
}

/* A vector whose lanes are no whole bytes lies in memory as one integer. */
static bool is_bit_vector(const nf_translator *t, LLVMTypeRef type, nf_leaf *whole)
{
    if (!nf_is_vector(type)) return false;
    uint64_t lane = LLVMSizeOfTypeInBits(t->in->layout, LLVMGetElementType(type));
    if (lane % 8 == 0) return false;
    *whole = (nf_leaf){0};
    LLVMContextRef context = LLVMGetTypeContext(type);
    uint32_t bits = (uint32_t)lane * LLVMGetVectorSize(type);
    return nf_scalar_of(LLVMIntTypeInContext(context, bits), &whole->scalar);
}

/* The limb of a packed integer has the integer's type when there is only one. */
static void limbs_to_i64(nf_translator *t, const nf_scalar *s, nf_value *limbs)
{
    if (s->limbs == 1) *limbs = nf_make_resize(t, NF_I64, *limbs);
}

void nf_load_leaves(nf_translator *t, LLVMTypeRef type, nf_address address, nf_value *out)
{
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    nf_leaf whole;
    if (is_bit_vector(t, type, &whole)) {
        nf_value *limbs = nf_parts_new(t, whole.scalar.limbs);
        load_leaf(t, &whole, address, limbs);
        limbs_to_i64(t, &whole.scalar, limbs);
        nf_unpack(t, &leaves, limbs, out);
        return;
    }
    for (uint32_t i = 0; i < leaves.count; out += leaves.data[i++].scalar.limbs)
        load_leaf(t, &leaves.data[i], address, out);
}

void nf_store_leaves(nf_translator *t, LLVMTypeRef type, nf_address address, const nf_value *parts)
{
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    nf_leaf whole;
    if (is_bit_vector(t, type, &whole)) {
        nf_value *limbs = nf_parts_new(t, whole.scalar.limbs);
        nf_pack(t, &leaves, parts, limbs);
        if (whole.scalar.limbs == 1) *limbs = nf_make_resize(t, whole.scalar.type, *limbs);
        store_leaf(t, &whole, address, limbs);
        return;
    }
    for (uint32_t i = 0; i < leaves.count; parts += leaves.data[i++].scalar.limbs)
        store_leaf(t, &leaves.data[i], address, parts);
}

/* --- addresses --- */

/* base + offset + the one index * scale, if variables is 1. */
typedef struct gep_shape {
    LLVMValueRef base, index;
    int64_t offset;
    uint64_t scale;
    uint32_t variables;
} gep_shape;

typedef void gep_visit(void *context, LLVMValueRef index, uint64_t size);

/* Calls visit for each index that is no constant, with the bytes of a step; the rest is returned. */
static int64_t gep_walk(nf_translator *t, LLVMValueRef gep, gep_visit *visit, void *context)
{
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    uint64_t offset = 0;
    int operands = LLVMGetNumOperands(gep);
    for (int i = 1; i < operands; i++) {
        LLVMValueRef index = LLVMGetOperand(gep, (unsigned)i);
        if (i > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
            if (nf_is_vector(LLVMTypeOf(index))) index = LLVMGetAggregateElement(index, 0);
            uint32_t field = (uint32_t)LLVMConstIntGetZExtValue(index);
            offset += nf_field_offset(t->in, type, field);
            type = LLVMStructGetTypeAtIndex(type, field);
            continue;
        }
        if (i > 1) type = LLVMGetElementType(type);
        uint64_t size = nf_type_size(t->in, type);
        if (LLVMIsAConstantInt(index))
            offset += (uint64_t)LLVMConstIntGetSExtValue(index) * size;
        else if (size)
            visit(context, index, size);
    }
    return (int64_t)offset;
}

static void shape_visit(void *context, LLVMValueRef index, uint64_t size)
{
    gep_shape *shape = context;
    shape->index = index;
    shape->scale = size;
    shape->variables++;
}

static gep_shape shape_of(nf_translator *t, LLVMValueRef gep)
{
    gep_shape shape = {.base = LLVMGetOperand(gep, 0)};
    shape.offset = gep_walk(t, gep, shape_visit, &shape);
    return shape;
}

static bool fits_i32(int64_t number)
{
    return number >= INT32_MIN && number <= INT32_MAX;
}

static bool shape_fits(const gep_shape *shape)
{
    uint64_t scale = shape->scale;
    bool scaled = scale == 1 || scale == 2 || scale == 4 || scale == 8;
    return fits_i32(shape->offset) && (shape->variables == 0 || (shape->variables == 1 && scaled));
}

static bool is_access(LLVMValueRef user, LLVMValueRef pointer)
{
    if (LLVMIsALoadInst(user)) return true;
    return LLVMIsAStoreInst(user) && LLVMGetOperand(user, 0) != pointer;
}

/* Chains are made by recursion, so what is deep in one stays where it is. */
static bool is_deep(LLVMValueRef gep)
{
    uint32_t depth = 0;
    for (; LLVMIsAGetElementPtrInst(gep) && depth <= GEP_DEPTH_MAX; depth++)
        gep = LLVMGetOperand(gep, 0);
    return depth > GEP_DEPTH_MAX;
}

/* LLVM has no answer to how large such a type is, but ends. */
static bool is_scalable(nf_translator *t, LLVMTypeRef type)
{
    if (LLVMGetTypeKind(type) != LLVMScalableVectorTypeKind) return false;
    nf_refuse(t, "a scalable vector");
    return true;
}

bool nf_gep_is_lazy(nf_translator *t, LLVMValueRef gep)
{
    if (is_scalable(t, LLVMGetGEPSourceElementType(gep))) return false;
    if (nf_is_vector(LLVMTypeOf(gep)) || is_deep(gep)) return false;
    gep_shape shape = shape_of(t, gep);
    if (!shape_fits(&shape)) return false;
    if (shape.variables == 0) return true;
    for (LLVMUseRef use = LLVMGetFirstUse(gep); use; use = LLVMGetNextUse(use))
        if (!is_access(LLVMGetUser(use), gep)) return false;
    return true;
}

static nf_value index_value(nf_translator *t, LLVMValueRef index, uint32_t lane)
{
    static const nf_scalar word = {NF_I64, false, NF_LIMB_BITS, 1};
    nf_scalar s;
    LLVMTypeRef type = LLVMTypeOf(index);
    nf_scalar_of(nf_lane_type(type), &s);
    const nf_value *parts = nf_parts(t, index) + (nf_is_vector(type) ? lane * s.limbs : 0);
    if (s.limbs > 1) return parts[0];
    nf_value out;
    nf_scalar_cast(t, LLVMSExt, &s, &word, parts, &out);
    return out;
}

static nf_address address_walk(nf_translator *t, LLVMValueRef pointer)
{
    if (!LLVMIsAGetElementPtrInst(pointer) || !nf_gep_is_lazy(t, pointer))
        return (nf_address){.base = nf_part(t, pointer)};
    gep_shape shape = shape_of(t, pointer);
    nf_address address = address_walk(t, shape.base);
    bool room = shape.variables == 0 || address.index.id == 0;
    if (!room || !fits_i32(address.offset + shape.offset))
        address = (nf_address){.base = nf_part(t, shape.base)};
    address.offset += (int32_t)shape.offset;
    if (shape.variables) {
        address.index = index_value(t, shape.index, 0);
        address.scale_log2 = nf_log2(shape.scale);
    }
    return address;
}

nf_address nf_address_of(nf_translator *t, LLVMValueRef pointer)
{
    enum { SPARE = 1 << 20 }; /* for the leaves' own offsets */
    nf_address address = address_walk(t, pointer);
    if (address.offset > INT32_MAX - SPARE || address.offset < INT32_MIN + SPARE)
        address = (nf_address){.base = nf_part(t, pointer)};
    return address;
}

typedef struct gep_sum {
    nf_translator *t;
    uint32_t lane;
    nf_value sum;
} gep_sum;

static void sum_visit(void *context, LLVMValueRef index, uint64_t size)
{
    gep_sum *s = context;
    nf_value by = index_value(s->t, index, s->lane);
    if (size > 1 && (size & (size - 1)) == 0)
        by = nf_make_with(s->t, NF_OP_SHL, NF_I64, by, nf_log2(size));
    else if (size > 1)
        by = nf_make_with(s->t, NF_OP_MUL, NF_I64, by, (int64_t)size);
    s->sum = nf_make(s->t, NF_OP_ADD, NF_I64, s->sum, by);
}

/* Vector indices that are constants are visited like others: only scalars are folded. */
void nf_import_gep(nf_translator *t, LLVMValueRef gep, nf_value *out)
{
    LLVMValueRef base = LLVMGetOperand(gep, 0);
    LLVMTypeRef type = LLVMTypeOf(gep);
    bool bases = nf_is_vector(LLVMTypeOf(base));
    if (is_scalable(t, LLVMGetGEPSourceElementType(gep))) return;
    for (uint32_t lane = 0; lane < nf_lane_count(type); lane++) {
        gep_sum s = {.t = t, .lane = lane, .sum = nf_parts(t, base)[bases ? lane : 0]};
        int64_t offset = gep_walk(t, gep, sum_visit, &s);
        out[lane] = offset ? nf_make_with(t, NF_OP_ADD, NF_I64, s.sum, offset) : s.sum;
    }
}

/* --- stack slots --- */

static nf_local local_make(nf_translator *t, LLVMValueRef alloca, uint64_t align)
{
    LLVMValueRef count = LLVMGetOperand(alloca, 0);
    bool at_entry = LLVMGetInstructionParent(alloca) == LLVMGetEntryBasicBlock(t->function);
    if (!LLVMIsAConstantInt(count) || !at_entry) {
        nf_refuse(t, "a stack allocation of variable size");
        return (nf_local){0};
    }
    if (is_scalable(t, LLVMGetAllocatedType(alloca))) return (nf_local){0};
    uint64_t each = nf_type_size(t->in, LLVMGetAllocatedType(alloca));
    uint64_t number = LLVMConstIntGetZExtValue(count);
    uint64_t size = number < NF_LOCAL_BYTES_MAX ? each * number : NF_LOCAL_BYTES_MAX;
    if (align > UINT64_C(1) << NF_LOCAL_ALIGN_LOG2_MAX) size += align;
    t->local_bytes += size < NF_LOCAL_BYTES_MAX ? size + 1 : NF_LOCAL_BYTES_MAX;
    if (each > NF_LOCAL_BYTES_MAX || t->local_bytes >= NF_LOCAL_BYTES_MAX) {
        nf_refuse(t, "more than 1 MiB on the stack");
        return (nf_local){0};
    }
    unsigned align_log2 = nf_log2(align);
    if (align_log2 > NF_LOCAL_ALIGN_LOG2_MAX) align_log2 = NF_LOCAL_ALIGN_LOG2_MAX;
    return nf_func_local(t->f, size ? (uint32_t)size : 1, align_log2);
}

nf_value nf_import_alloca(nf_translator *t, LLVMValueRef alloca)
{
    uint64_t id = 0, align = LLVMGetAlignment(alloca);
    if (!nf_map_get(&t->locals, (uintptr_t)alloca, &id)) {
        id = local_make(t, alloca, align).id;
        nf_map_put(&t->locals, (uintptr_t)alloca, id);
    }
    nf_value address = nf_build_local(t->f, t->at, (nf_local){(uint32_t)id}, 0);
    if (nf_log2(align) <= NF_LOCAL_ALIGN_LOG2_MAX) return address;
    address = nf_make_with(t, NF_OP_ADD, NF_I64, address, (int64_t)align - 1);
    return nf_make_with(t, NF_OP_AND, NF_I64, address, -(int64_t)align);
}

/* --- loads and stores --- */

/* The operands of a metadata node, at most as many as there is room for; how many it has. */
static uint32_t operands_of(LLVMValueRef node, LLVMValueRef *operands)
{
    uint32_t count = node && LLVMIsAMDNode(node) ? LLVMGetMDNodeNumOperands(node) : 0;
    if (count && count <= NODE_OPERANDS_MAX) LLVMGetMDNodeOperands(node, operands);
    return count <= NODE_OPERANDS_MAX ? count : 0;
}

/* Whether a type's node is {"name", char, 0}. */
static bool is_below_char(LLVMValueRef type)
{
    static const char word[] = "omnipotent char";
    LLVMValueRef operands[NODE_OPERANDS_MAX], parents[NODE_OPERANDS_MAX];
    if (operands_of(type, operands) != 3 || operands_of(operands[1], parents) == 0) return false;
    unsigned length;
    const char *name = parents[0] ? LLVMGetMDString(parents[0], &length) : NULL;
    return name && length == sizeof word - 1 && memcmp(name, word, length) == 0;
}

/* A tag is {base type, accessed type, offset}. 0: nothing is known. */
static uint32_t alias_class(nf_translator *t, LLVMValueRef access)
{
    static const char tbaa[] = "tbaa";
    LLVMValueRef tag[NODE_OPERANDS_MAX];
    unsigned kind = LLVMGetMDKindIDInContext(t->in->unit->context, tbaa, sizeof tbaa - 1);
    uint64_t number = 0;
    if (operands_of(LLVMGetMetadata(access, kind), tag) < 3) return 0;
    if (nf_map_get(&t->classes, (uintptr_t)tag[1], &number)) return (uint32_t)number;
    if (is_below_char(tag[1]) && t->class_count < NF_ALIAS_MAX) number = ++t->class_count;
    nf_map_put(&t->classes, (uintptr_t)tag[1], number);
    return (uint32_t)number;
}

/* What an access promises, and whether NIR can do it. */
static nf_address access_address(nf_translator *t, LLVMValueRef access, LLVMValueRef pointer,
                                 LLVMTypeRef type)
{
    if (LLVMGetPointerAddressSpace(LLVMTypeOf(pointer)) != 0)
        nf_refuse(t, "a pointer to another address space");
    nf_address address = nf_address_of(t, pointer);
    address.align_log2 = nf_log2(LLVMGetAlignment(access));
    if (address.align_log2 > NF_ALIGN_LOG2_MAX) address.align_log2 = NF_ALIGN_LOG2_MAX;
    address.alias = alias_class(t, access);
    address.is_volatile = LLVMGetVolatile(access);
    address.is_atomic = LLVMGetOrdering(access) != LLVMAtomicOrderingNotAtomic;
    nf_scalar s;
    if (!address.is_atomic) return address;
    bool simple = nf_scalar_of(type, &s) && s.limbs == 1 && s.bits == 8 * nf_type_bytes(s.type) &&
                  nf_type_bytes(s.type) <= 1u << address.align_log2;
    if (!simple) nf_refuse(t, "an atomic access of an odd size");
    return address;
}

void nf_import_load(nf_translator *t, LLVMValueRef load, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(load);
    nf_address address = access_address(t, load, LLVMGetOperand(load, 0), type);
    if (t->reason == NULL) nf_load_leaves(t, type, address, out);
}

void nf_import_store(nf_translator *t, LLVMValueRef store)
{
    LLVMValueRef value = LLVMGetOperand(store, 0);
    LLVMTypeRef type = LLVMTypeOf(value);
    const char *refusal = nf_type_refusal(type);
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    const nf_value *parts = nf_parts(t, value);
    nf_address address = access_address(t, store, LLVMGetOperand(store, 1), type);
    if (t->reason == NULL) nf_store_leaves(t, type, address, parts);
}

/* --- atomics that read and write --- */

static bool atomic_scalar(nf_translator *t, LLVMTypeRef type, nf_scalar *s)
{
    bool fine = nf_scalar_of(type, s) && s->limbs == 1 && s->bits == 8 * nf_type_bytes(s->type);
    if (!fine) nf_refuse(t, "an atomic operation of an odd size");
    return fine;
}

/* "__nf_atomic_add_32" */
static const char *atomic_name(nf_translator *t, const char *operation, const nf_scalar *s)
{
    nf_text text;
    nf_text_init(&text, t->arena);
    nf_text_format(&text, "__nf_atomic_%s_%u", operation, s->bits);
    return text.data;
}

void nf_import_cmpxchg(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    nf_scalar s;
    LLVMValueRef expected = LLVMGetOperand(value, 1);
    if (!atomic_scalar(t, LLVMTypeOf(expected), &s)) return;
    nf_value args[3] = {nf_part(t, LLVMGetOperand(value, 0)), nf_part(t, expected),
                        nf_part(t, LLVMGetOperand(value, 2))};
    out[0] = nf_make_call(t, atomic_name(t, "cmpxchg", &s), s.type, args, 3);
    out[1] = nf_make_compare(t, NF_EQ, out[0], args[1]);
}

void nf_import_rmw(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    static const char *const names[] = {
        [LLVMAtomicRMWBinOpXchg] = "xchg", [LLVMAtomicRMWBinOpAdd] = "add",
        [LLVMAtomicRMWBinOpSub] = "sub",   [LLVMAtomicRMWBinOpAnd] = "and",
        [LLVMAtomicRMWBinOpNand] = "nand", [LLVMAtomicRMWBinOpOr] = "or",
        [LLVMAtomicRMWBinOpXor] = "xor",   [LLVMAtomicRMWBinOpMax] = "max",
        [LLVMAtomicRMWBinOpMin] = "min",   [LLVMAtomicRMWBinOpUMax] = "umax",
        [LLVMAtomicRMWBinOpUMin] = "umin", [LLVMAtomicRMWBinOpFAdd] = "fadd",
        [LLVMAtomicRMWBinOpFSub] = "fsub",
    };
    nf_scalar s;
    uint32_t op = LLVMGetAtomicRMWBinOp(value);
    if (!atomic_scalar(t, LLVMTypeOf(value), &s)) return;
    if (op >= sizeof names / sizeof *names) {
        nf_refuse(t, "an atomic operation that NIR does not have");
        return;
    }
    nf_value args[2] = {nf_part(t, LLVMGetOperand(value, 0)), nf_part(t, LLVMGetOperand(value, 1))};
    bool bits = op == LLVMAtomicRMWBinOpXchg && s.is_float;
    nf_type type = bits ? (s.type == NF_F32 ? NF_I32 : NF_I64) : s.type;
    if (bits) args[1] = nf_make(t, NF_OP_BITCAST, type, args[1], none);
    *out = nf_make_call(t, atomic_name(t, names[op], &s), type, args, 2);
    if (bits) *out = nf_make(t, NF_OP_BITCAST, s.type, *out, none);
}

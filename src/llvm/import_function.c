/*
 * One function's body: blocks, the values in them, and the ends of blocks.
 *
 * Blocks become blocks in their order, those that cannot be reached left out. They are translated in
 * reverse post-order, so that a definition comes before its uses, but for those in phis: these become
 * block parameters, and the ends of blocks, which give the arguments, are made when all else is there.
 *
 *     loop:                                        loop(%i: i32):
 *       %i = phi i32 [0, %entry], [%n, %loop]        %n = add.i32 %i, 1
 *       %n = add i32 %i, 1                           %c = icmp.eq.i32 %n, 9
 *       %c = icmp eq i32 %n, 9                       brif %c, done, loop(%n)
 *       br i1 %c, label %done, label %loop
 *
 * Constants, addresses of stack slots and of globals are made where they are used, once a block: that
 * keeps them next to the instruction, whatever dominates what. A constant expression is translated as
 * the instruction that it is.
 */
#include "import_internal.h"

#include <string.h>
#include "base/text.h"

enum { INDEX_BITS = 64 };

typedef struct nf_known {
    nf_value *parts;
    nf_block block; /* where they are good; none: everywhere */
} nf_known;

/* A block of the source. */
typedef struct source_block {
    LLVMBasicBlockRef block;
    nf_block start, end; /* translated; start none: not reached */
    uint32_t first_phi;  /* number of its first phi */
    uint32_t successor;  /* the next one to visit, while the order is found */
} source_block;

typedef struct body {
    nf_translator *t;
    source_block *blocks;
    uint32_t count;
    uint32_t *order; /* reverse post-order */
    uint32_t order_count;
} body;

void nf_refuse(nf_translator *t, const char *reason)
{
    if (t->reason == NULL) t->reason = reason;
}

nf_value *nf_parts_new(nf_translator *t, uint32_t count)
{
    static nf_value spare[NF_LEAVES_MAX + 1];
    nf_value *parts = NF_NEW_ARRAY(t->arena, nf_value, count + 1);
    return parts ? parts : spare;
}

static void know(nf_translator *t, LLVMValueRef value, nf_value *parts, nf_block block)
{
    nf_known *known = NF_NEW(t->arena, nf_known);
    if (known == NULL) return;
    *known = (nf_known){parts, block};
    nf_map_put(&t->values, (uintptr_t)value, (uintptr_t)known);
}

/* --- values that are made where they are used --- */

static nf_value global_address(nf_translator *t, LLVMValueRef global)
{
    nf_static_address address = nf_static_address_of(t->in, global);
    if (address.symbol.id) return nf_build_symbol(t->f, t->at, address.symbol, address.offset);
    if (LLVMIsAGlobalVariable(global) && LLVMIsThreadLocal(global)) {
        nf_value control = nf_build_symbol(t->f, t->at, nf_symbol_of(t->in, global), 0);
        return nf_make_call(t, "__emutls_get_address", NF_I64, &control, 1);
    }
    if (LLVMGetLinkage(global) != LLVMExternalWeakLinkage)
        nf_refuse(t, "the address of something that only compiled code has");
    return nf_make_number(t, NF_I64, 0);
}

static void constant_scalar(nf_translator *t, LLVMValueRef constant, const nf_scalar *s,
                            nf_value *out)
{
    bool known = LLVMIsAConstantInt(constant) || LLVMIsAConstantFP(constant);
    if (known && s->is_float) {
        uint64_t bits = LLVMConstIntGetZExtValue(nf_constant_bits(constant));
        *out = nf_make_zero(t, s->type);
        nf_inst_at(t->f, *out)->imm = (int64_t)bits;
        return;
    }
    for (uint32_t i = 0; i < s->limbs; i++)
        out[i] = known ? nf_make_number(t, s->type, (int64_t)nf_constant_limb(t->in, constant, i))
                       : nf_make_zero(t, s->type);
}

/* A number, or whatever zero may stand for. */
static bool is_plain(LLVMValueRef constant)
{
    return LLVMIsAConstantInt(constant) || LLVMIsAConstantFP(constant) || LLVMIsNull(constant) ||
           LLVMIsUndef(constant);
}

static void constant_make(nf_translator *t, LLVMValueRef constant, nf_value *out);

static void constant_aggregate(nf_translator *t, LLVMValueRef constant, LLVMTypeRef type,
                               nf_value *out)
{
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    uint64_t count = kind == LLVMStructTypeKind  ? LLVMCountStructElementTypes(type)
                     : kind == LLVMArrayTypeKind ? LLVMGetArrayLength2(type)
                                                 : LLVMGetVectorSize(type);
    for (uint64_t i = 0; i < count && t->reason == NULL; i++) {
        LLVMValueRef element = LLVMGetAggregateElement(constant, (unsigned)i);
        if (element == NULL) {
            nf_refuse(t, "fewer elements than its type has");
            return;
        }
        constant_make(t, element, out);
        out += nf_parts_of(LLVMTypeOf(element));
    }
}

static void constant_make(nf_translator *t, LLVMValueRef constant, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    nf_scalar s;
    const char *refusal = nf_type_refusal(type);
    if (refusal) {
        nf_refuse(t, refusal);
    } else if (LLVMIsAGlobalValue(constant)) {
        *out = global_address(t, constant);
    } else if (LLVMIsAConstantExpr(constant)) {
        nf_static_address address = nf_static_address_of(t->in, constant);
        if (address.symbol.id && LLVMGetTypeKind(type) == LLVMPointerTypeKind)
            *out = nf_build_symbol(t->f, t->at, address.symbol, address.offset);
        else
            nf_translate(t, LLVMGetConstOpcode(constant), constant, out);
    } else if (nf_scalar_of(type, &s)) {
        if (LLVMIsABlockAddress(constant))
            nf_refuse(t, "the address of a label");
        else if (!is_plain(constant))
            nf_refuse(t, "a constant of an unknown kind");
        constant_scalar(t, constant, &s, out);
    } else {
        constant_aggregate(t, constant, type, out);
    }
}

/* Something that is good in this block only. */
static nf_value *make_here(nf_translator *t, LLVMValueRef value)
{
    nf_block block = t->at;
    LLVMTypeRef type = LLVMTypeOf(value);
    nf_value *parts = nf_parts_new(t, nf_parts_of(type));
    if (LLVMIsAAllocaInst(value)) {
        *parts = nf_import_alloca(t, value);
    } else if (LLVMIsAGetElementPtrInst(value)) {
        nf_import_gep(t, value, parts);
    } else if (LLVMIsConstant(value)) {
        constant_make(t, value, parts);
    } else {
        nf_refuse(t, LLVMIsAInlineAsm(value) ? "inline assembly" : "a value of an unknown kind");
        *parts = nf_make_number(t, NF_I64, 0);
    }
    know(t, value, parts, block);
    return parts;
}

const nf_value *nf_parts(nf_translator *t, LLVMValueRef value)
{
    uint64_t found;
    if (nf_map_get(&t->values, (uintptr_t)value, &found)) {
        const nf_known *known = (const nf_known *)(uintptr_t)found;
        if (known->block.id == 0 || known->block.id == t->at.id) return known->parts;
    }
    return make_here(t, value);
}

/* --- instructions --- */

/* The parts of lane number i. */
static const nf_value *lane_at(const nf_value *parts, const nf_scalar *s, uint32_t i)
{
    return parts + (size_t)i * s->limbs;
}

/* Indices are or-ed where their bits are known to be apart; the optimiser looks for sums in them. */
static bool is_index_sum(LLVMOpcode op, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    return op == LLVMOr && LLVMIsAInstruction(value) && LLVMGetIsDisjoint(value) &&
           LLVMGetTypeKind(type) == LLVMIntegerTypeKind &&
           LLVMGetIntTypeWidth(type) == INDEX_BITS && LLVMIsAConstantInt(LLVMGetOperand(value, 1));
}

static void translate_binary(nf_translator *t, LLVMOpcode op, LLVMValueRef value, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    if (is_index_sum(op, value)) op = LLVMAdd;
    const nf_value *a = nf_parts(t, LLVMGetOperand(value, 0));
    const nf_value *b = nf_parts(t, LLVMGetOperand(value, 1));
    nf_scalar s;
    nf_scalar_of(nf_lane_type(type), &s);
    for (uint32_t i = 0; i < nf_lane_count(type); i++)
        nf_scalar_binary(t, op, &s, lane_at(a, &s, i), lane_at(b, &s, i), out + i * s.limbs);
    if (!s.is_float || op == LLVMFRem) return;
    t->floats = true;
    if (!(LLVMGetFastMathFlags(value) & LLVMFastMathAllowReassoc)) t->reassociates = false;
}

static void translate_cast(nf_translator *t, LLVMOpcode op, LLVMValueRef value, nf_value *out)
{
    LLVMValueRef operand = LLVMGetOperand(value, 0);
    LLVMTypeRef from_type = LLVMTypeOf(operand), to_type = LLVMTypeOf(value);
    nf_scalar from, to;
    const char *refusal = nf_type_refusal(from_type);
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    const nf_value *a = nf_parts(t, operand);
    nf_scalar_of(nf_lane_type(from_type), &from);
    nf_scalar_of(nf_lane_type(to_type), &to);
    for (uint32_t i = 0; i < nf_lane_count(to_type); i++)
        nf_scalar_cast(t, op, &from, &to, lane_at(a, &from, i), out + i * to.limbs);
}

static void translate_compare(nf_translator *t, LLVMOpcode op, LLVMValueRef value, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(value, 0));
    nf_scalar s;
    const char *refusal = nf_type_refusal(type);
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    nf_scalar_of(nf_lane_type(type), &s);
    const nf_value *a = nf_parts(t, LLVMGetOperand(value, 0));
    const nf_value *b = nf_parts(t, LLVMGetOperand(value, 1));
    for (uint32_t i = 0; i < nf_lane_count(type); i++) {
        const nf_value *x = lane_at(a, &s, i), *y = lane_at(b, &s, i);
        out[i] = op == LLVMICmp ? nf_scalar_icmp(t, LLVMGetICmpPredicate(value), &s, x, y)
                                : nf_scalar_fcmp(t, LLVMGetFCmpPredicate(value), x, y);
    }
}

/* By one truth for all parts, or lane by lane. */
static void translate_select(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef condition = LLVMGetOperand(value, 0);
    const nf_value *c = nf_parts(t, condition);
    const nf_value *yes = nf_parts(t, LLVMGetOperand(value, 1));
    const nf_value *no = nf_parts(t, LLVMGetOperand(value, 2));
    uint32_t parts = nf_parts_of(type);
    bool by_lane = nf_is_vector(LLVMTypeOf(condition));
    uint32_t each = by_lane ? parts / nf_lane_count(type) : parts;
    for (uint32_t i = 0; i < parts; i++)
        out[i] = nf_make_select(t, nf_value_type(t->f, yes[i]), c[i / each], yes[i], no[i]);
}

static void translate_fneg(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    const nf_value *a = nf_parts(t, LLVMGetOperand(value, 0));
    for (uint32_t i = 0; i < nf_parts_of(LLVMTypeOf(value)); i++)
        out[i] = nf_make(t, NF_OP_FNEG, nf_value_type(t->f, a[i]), a[i], (nf_value){0});
}

/* The first part of the element that indices lead to; type becomes the element's. */
static uint32_t element_part(LLVMValueRef value, LLVMTypeRef *type)
{
    uint32_t part = 0;
    const unsigned *indices = LLVMGetIndices(value);
    for (unsigned i = 0; i < LLVMGetNumIndices(value); i++) {
        bool structure = LLVMGetTypeKind(*type) == LLVMStructTypeKind;
        for (unsigned k = 0; structure && k < indices[i]; k++)
            part += nf_parts_of(LLVMStructGetTypeAtIndex(*type, k));
        *type = structure ? LLVMStructGetTypeAtIndex(*type, indices[i]) : LLVMGetElementType(*type);
        if (!structure) part += indices[i] * nf_parts_of(*type);
    }
    return part;
}

static void translate_extract_value(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMValueRef whole = LLVMGetOperand(value, 0);
    LLVMTypeRef type = LLVMTypeOf(whole);
    const char *refusal = nf_type_refusal(type);
    if (refusal) {
        nf_refuse(t, refusal);
        return;
    }
    uint32_t part = element_part(value, &type);
    memcpy(out, nf_parts(t, whole) + part, nf_parts_of(type) * sizeof *out);
}

static void translate_insert_value(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    LLVMValueRef element = LLVMGetOperand(value, 1);
    LLVMTypeRef whole = LLVMTypeOf(value), type = whole;
    uint32_t part = element_part(value, &type);
    memcpy(out, nf_parts(t, LLVMGetOperand(value, 0)), nf_parts_of(whole) * sizeof *out);
    memcpy(out + part, nf_parts(t, element), nf_parts_of(type) * sizeof *out);
}

static void translate_freeze(nf_translator *t, LLVMValueRef value, nf_value *out)
{
    memcpy(out, nf_parts(t, LLVMGetOperand(value, 0)),
           nf_parts_of(LLVMTypeOf(value)) * sizeof *out);
}

static void translate_fence(nf_translator *t)
{
    nf_make_call(t, "__nf_atomic_fence", NF_VOID, NULL, 0);
}

static const char *refusal_of_opcode(LLVMOpcode op)
{
    switch (op) {
    case LLVMVAArg: return "va_arg";
    case LLVMLandingPad:
    case LLVMCatchPad:
    case LLVMCleanupPad: return "exception handling";
    default: return "an instruction that NIR does not have";
    }
}

void nf_translate(nf_translator *t, LLVMOpcode op, LLVMValueRef value, nf_value *out)
{
    switch (op) {
    case LLVMFNeg: translate_fneg(t, value, out); break;
    case LLVMICmp:
    case LLVMFCmp: translate_compare(t, op, value, out); break;
    case LLVMSelect: translate_select(t, value, out); break;
    case LLVMLoad: nf_import_load(t, value, out); break;
    case LLVMStore: nf_import_store(t, value); break;
    case LLVMGetElementPtr: nf_import_gep(t, value, out); break;
    case LLVMCall: nf_import_call(t, value, out); break;
    case LLVMExtractValue: translate_extract_value(t, value, out); break;
    case LLVMInsertValue: translate_insert_value(t, value, out); break;
    case LLVMExtractElement: nf_import_extract_element(t, value, out); break;
    case LLVMInsertElement: nf_import_insert_element(t, value, out); break;
    case LLVMShuffleVector: nf_import_shuffle(t, value, out); break;
    case LLVMBitCast: nf_import_bitcast(t, value, out); break;
    case LLVMFreeze: translate_freeze(t, value, out); break;
    case LLVMFence: translate_fence(t); break;
    case LLVMAtomicCmpXchg: nf_import_cmpxchg(t, value, out); break;
    case LLVMAtomicRMW: nf_import_rmw(t, value, out); break;
    default:
        if (LLVMIsABinaryOperator(value) || (op >= LLVMAdd && op <= LLVMXor))
            translate_binary(t, op, value, out);
        else if ((op >= LLVMTrunc && op <= LLVMIntToPtr) || op == LLVMAddrSpaceCast)
            translate_cast(t, op, value, out);
        else
            nf_refuse(t, refusal_of_opcode(op));
    }
}

static void translate_instruction(nf_translator *t, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    if (LLVMIsAAllocaInst(value)) return; /* made where it is used */
    if (LLVMIsAGetElementPtrInst(value) && nf_gep_is_lazy(t, value)) return;
    if (nf_is_tail_call(t, value)) return; /* the block's end makes it */
    const char *refusal = nf_type_refusal(type);
    if (refusal && !LLVMIsACallInst(value)) {
        nf_refuse(t, LLVMIsALandingPadInst(value) ? "exception handling" : refusal);
        return;
    }
    nf_value *parts = nf_parts_new(t, nf_parts_of(type));
    nf_translate(t, LLVMGetInstructionOpcode(value), value, parts);
    know(t, value, parts, (nf_block){0});
}

/* --- blocks and phis --- */

static source_block *block_of(const body *b, LLVMBasicBlockRef block)
{
    uint64_t number = 0;
    nf_map_get(&b->t->blocks, (uintptr_t)block, &number);
    return &b->blocks[number];
}

static void blocks_number(body *b)
{
    nf_translator *t = b->t;
    b->count = LLVMCountBasicBlocks(t->function);
    b->blocks = NF_NEW_ARRAY(t->arena, source_block, b->count);
    b->order = NF_NEW_ARRAY(t->arena, uint32_t, b->count);
    if (t->arena->failed) return;
    uint32_t number = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(t->function); block;
         block = LLVMGetNextBasicBlock(block)) {
        b->blocks[number].block = block;
        nf_map_put(&t->blocks, (uintptr_t)block, number++);
    }
}

/* Depth first from the entry; what is left last comes first. */
static void blocks_order(body *b)
{
    uint32_t *stack = NF_NEW_ARRAY(b->t->arena, uint32_t, b->count);
    bool *seen = NF_NEW_ARRAY(b->t->arena, bool, b->count);
    if (b->t->arena->failed) return;
    uint32_t depth = 1, left = b->count;
    seen[0] = true;
    while (depth) {
        source_block *here = &b->blocks[stack[depth - 1]];
        LLVMValueRef end = LLVMGetBasicBlockTerminator(here->block);
        if (here->successor < LLVMGetNumSuccessors(end)) {
            LLVMBasicBlockRef next = LLVMGetSuccessor(end, here->successor++);
            uint32_t number = (uint32_t)(block_of(b, next) - b->blocks);
            if (!seen[number]) stack[depth++] = number;
            seen[number] = true;
        } else {
            b->order[--left] = stack[--depth];
        }
    }
    b->order_count = b->count - left;
    memmove(b->order, b->order + left, b->order_count * sizeof *b->order);
    for (uint32_t i = 0; i < b->count; i++)
        if (seen[i]) b->blocks[i].start = i ? nf_func_block(b->t->f) : nf_func_entry(b->t->f);
}

static uint64_t incoming_key(uint32_t phi, uint32_t block)
{
    return (uint64_t)phi << 32 | block;
}

static LLVMValueRef first_phi(LLVMBasicBlockRef block)
{
    LLVMValueRef first = LLVMGetFirstInstruction(block);
    return first && LLVMIsAPHINode(first) ? first : NULL;
}

static LLVMValueRef next_phi(LLVMValueRef phi)
{
    LLVMValueRef next = LLVMGetNextInstruction(phi);
    return next && LLVMIsAPHINode(next) ? next : NULL;
}

/* Makes the parameters of a block. */
static void phis_declare(body *b, source_block *s, uint32_t *numbers)
{
    nf_translator *t = b->t;
    s->first_phi = *numbers;
    for (LLVMValueRef phi = first_phi(s->block); phi; phi = next_phi(phi)) {
        LLVMTypeRef type = LLVMTypeOf(phi);
        const char *refusal = nf_type_refusal(type);
        if (refusal) nf_refuse(t, refusal);
        nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
        nf_value *parts = nf_parts_new(t, nf_parts_of(type)), *part = parts;
        for (uint32_t i = 0; i < leaves.count; i++)
            for (uint32_t k = 0; k < leaves.data[i].scalar.limbs; k++)
                *part++ = nf_block_param(t->f, s->start, leaves.data[i].scalar.type);
        know(t, phi, parts, (nf_block){0});
        for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
            source_block *from = block_of(b, LLVMGetIncomingBlock(phi, i));
            nf_map_put(&t->incoming, incoming_key(*numbers, (uint32_t)(from - b->blocks)), i);
        }
        ++*numbers;
    }
}

typedef NF_VEC(nf_value) values;

/* The arguments on the way from one block to another. */
static values edge_arguments(body *b, const source_block *from, const source_block *to)
{
    nf_translator *t = b->t;
    values args = {0};
    uint32_t number = to->first_phi;
    for (LLVMValueRef phi = first_phi(to->block); phi; phi = next_phi(phi), number++) {
        uint64_t index = 0;
        nf_map_get(&t->incoming, incoming_key(number, (uint32_t)(from - b->blocks)), &index);
        LLVMValueRef value = LLVMGetIncomingValue(phi, (unsigned)index);
        const nf_value *parts = nf_parts(t, value);
        for (uint32_t i = 0; i < nf_parts_of(LLVMTypeOf(phi)); i++)
            NF_VEC_PUSH(t->arena, &args, parts[i]);
    }
    return args;
}

/* --- ends of blocks --- */

/* What LLVM compiles relies on the sign above a _BitInt(24). */
static nf_value result_extend(nf_translator *t, LLVMTypeRef type, nf_value result)
{
    if (!nf_has_attribute(t->function, LLVMAttributeReturnIndex, "signext")) return result;
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    return nf_make_signed(t, &leaves.data[0].scalar, result);
}

static void end_return(nf_translator *t, LLVMValueRef end)
{
    LLVMValueRef value = LLVMGetNumOperands(end) ? LLVMGetOperand(end, 0) : NULL;
    if (value == NULL) {
        bool status = nf_signature_at(t->in->module, t->f->signature)->result == NF_I32; /* main */
        nf_build_ret(t->f, t->at, status ? nf_make_number(t, NF_I32, 0) : t->result_pointer);
        return;
    }
    LLVMTypeRef type = LLVMTypeOf(value);
    const nf_value *parts = nf_parts(t, value);
    nf_value result = nf_parts_of(type) ? parts[0] : (nf_value){0};
    result = result_extend(t, type, result);
    if (nf_is_vector(type)) {
        nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
        nf_value bits = {0};
        nf_pack(t, &leaves, parts, &bits);
        result = nf_make(t, NF_OP_BITCAST, NF_F64, bits, (nf_value){0});
    }
    nf_build_ret(t->f, t->at, result);
}

static void end_branch(body *b, const source_block *from, LLVMValueRef end)
{
    nf_translator *t = b->t;
    const source_block *first = block_of(b, LLVMGetSuccessor(end, 0));
    if (!LLVMIsConditional(end)) {
        values args = edge_arguments(b, from, first);
        nf_build_br(t->f, t->at, first->start, args.data, args.count);
        return;
    }
    const source_block *second = block_of(b, LLVMGetSuccessor(end, 1));
    nf_value condition = nf_part(t, LLVMGetCondition(end));
    values yes = edge_arguments(b, from, first), no = edge_arguments(b, from, second);
    nf_build_brif(t->f, t->at, condition, first->start, yes.data, yes.count, second->start, no.data,
                  no.count);
}

/* A switch on more than 64 bits: one comparison after the other. */
static void end_wide_switch(body *b, const source_block *from, LLVMValueRef end, const nf_scalar *s)
{
    nf_translator *t = b->t;
    for (unsigned i = 1; i < LLVMGetNumSuccessors(end); i++) {
        const source_block *to = block_of(b, LLVMGetSuccessor(end, i));
        const nf_value *value = nf_parts(t, LLVMGetOperand(end, 0));
        const nf_value *key = nf_parts(t, LLVMGetOperand(end, 2 * i));
        nf_value same = nf_scalar_icmp(t, LLVMIntEQ, s, value, key);
        values args = edge_arguments(b, from, to);
        nf_block next = nf_func_block(t->f);
        nf_build_brif(t->f, t->at, same, to->start, args.data, args.count, next, NULL, 0);
        t->at = next;
    }
    const source_block *otherwise = block_of(b, LLVMGetSuccessor(end, 0));
    values args = edge_arguments(b, from, otherwise);
    nf_build_br(t->f, t->at, otherwise->start, args.data, args.count);
}

static void end_switch(body *b, const source_block *from, LLVMValueRef end)
{
    nf_translator *t = b->t;
    nf_scalar s;
    nf_scalar_of(LLVMTypeOf(LLVMGetOperand(end, 0)), &s);
    if (s.limbs > 1) {
        end_wide_switch(b, from, end, &s);
        return;
    }
    nf_value value = nf_part(t, LLVMGetOperand(end, 0));
    unsigned count = LLVMGetNumSuccessors(end);
    values *args = NF_NEW_ARRAY(t->arena, values, count);
    if (args == NULL) return;
    for (unsigned i = 0; i < count; i++)
        args[i] = edge_arguments(b, from, block_of(b, LLVMGetSuccessor(end, i)));
    const source_block *otherwise = block_of(b, LLVMGetSuccessor(end, 0));
    nf_value the_switch =
        nf_build_switch(t->f, t->at, value, otherwise->start, args[0].data, args[0].count);
    for (unsigned i = 1; i < count; i++) {
        const source_block *to = block_of(b, LLVMGetSuccessor(end, i));
        int64_t key = (int64_t)nf_constant_limb(t->in, LLVMGetOperand(end, 2 * i), 0);
        nf_switch_case(t->f, the_switch, key, to->start, args[i].data, args[i].count);
    }
}

static void end_translate(body *b, const source_block *from)
{
    nf_translator *t = b->t;
    LLVMValueRef end = LLVMGetBasicBlockTerminator(from->block);
    LLVMValueRef before = LLVMGetPreviousInstruction(end);
    t->at = from->end;
    switch (LLVMGetInstructionOpcode(end)) {
    case LLVMRet:
        if (before && nf_is_tail_call(t, before))
            nf_import_tail_call(t, before);
        else
            end_return(t, end);
        break;
    case LLVMBr: end_branch(b, from, end); break;
    case LLVMSwitch: end_switch(b, from, end); break;
    case LLVMUnreachable: nf_build_trap(t->f, t->at); break;
    case LLVMIndirectBr: nf_refuse(t, "a computed goto"); break;
    case LLVMCallBr: nf_refuse(t, "inline assembly"); break;
    default: nf_refuse(t, "exception handling");
    }
}

/* --- parameters --- */

static nf_value parameter_part(nf_translator *t, const nf_slot *slot, LLVMTypeRef type,
                               nf_value value)
{
    nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
    uint32_t part = 0;
    for (uint32_t i = 0; i < leaves.count; part += leaves.data[i++].scalar.limbs) {
        const nf_scalar *s = &leaves.data[i].scalar;
        if (slot->index >= part + s->limbs) continue;
        if (s->is_float) return value;
        if (s->limbs == 1) return nf_make_clean(t, s, nf_make_resize(t, s->type, value));
        nf_scalar top = {NF_I64, false, (s->bits - 1) % NF_LIMB_BITS + 1, 1};
        return slot->index + 1 == part + s->limbs ? nf_make_clean(t, &top, value) : value;
    }
    return value;
}

/* A word of a structure that was passed on the stack goes to its place in a local. */
static void parameter_word(nf_translator *t, const nf_slot *slot, nf_local *local, uint64_t size,
                           nf_value value, nf_value *parts)
{
    enum { WORD_BYTES = 8, ALIGN_LOG2 = 4 };
    if (slot->argument == UINT32_MAX) return;
    if (slot->index == 0) {
        uint64_t bytes = (size + WORD_BYTES - 1) & ~(uint64_t)(WORD_BYTES - 1);
        *local = nf_func_local(t->f, (uint32_t)bytes, ALIGN_LOG2);
        parts[0] = nf_build_local(t->f, t->at, *local, 0);
    }
    nf_address to = {
        .base = parts[0], .offset = (int32_t)(WORD_BYTES * slot->index), .align_log2 = 3};
    nf_build_store(t->f, t->at, value, to);
}

static void parameters_take(nf_translator *t)
{
    nf_plan plan = nf_plan_of_function(t->in, t->arena, t->function);
    nf_local local = {0};
    for (uint32_t i = 0; i < LLVMCountParams(t->function); i++) {
        LLVMValueRef param = LLVMGetParam(t->function, i);
        know(t, param, nf_parts_new(t, nf_parts_of(LLVMTypeOf(param))), (nf_block){0});
    }
    for (uint32_t i = 0; i < plan.slots.count; i++) {
        const nf_slot *slot = &plan.slots.data[i];
        nf_value value = nf_func_param(t->f, i);
        if (slot->kind == NF_SLOT_FILLER || slot->argument == UINT32_MAX) continue;
        LLVMValueRef param = LLVMGetParam(t->function, slot->argument);
        LLVMTypeRef type = LLVMTypeOf(param);
        nf_value *parts = (nf_value *)nf_parts(t, param);
        if (slot->kind == NF_SLOT_WORD) {
            uint64_t size = nf_byval_size(t->in, t->function, slot->argument);
            parameter_word(t, slot, &local, size, value, parts);
        } else if (slot->packed) {
            nf_leaves leaves = nf_leaves_of(t->in, t->arena, type);
            nf_value bits = nf_make(t, NF_OP_BITCAST, NF_I64, value, (nf_value){0});
            nf_unpack(t, &leaves, &bits, parts);
        } else {
            parts[slot->index] = parameter_part(t, slot, type, value);
        }
        int attribute = (int)slot->argument + 1;
        if (slot->kind == NF_SLOT_PART && slot->type == NF_I64 &&
            nf_has_attribute(t->function, attribute, "noalias"))
            nf_func_noalias(t->f, i);
    }
    if (plan.result_pointer) t->result_pointer = nf_part(t, LLVMGetParam(t->function, 0));
}

/* --- the whole --- */

static void blocks_translate(body *b)
{
    nf_translator *t = b->t;
    for (uint32_t i = 0; i < b->order_count && t->reason == NULL; i++) {
        source_block *s = &b->blocks[b->order[i]];
        t->at = s->start;
        if (b->order[i] == 0) parameters_take(t);
        LLVMValueRef end = LLVMGetBasicBlockTerminator(s->block);
        for (LLVMValueRef v = LLVMGetFirstInstruction(s->block); v != end && t->reason == NULL;
             v = LLVMGetNextInstruction(v))
            if (!LLVMIsAPHINode(v)) translate_instruction(t, v);
        s->end = t->at;
    }
    for (uint32_t i = 0; i < b->order_count && t->reason == NULL; i++)
        end_translate(b, &b->blocks[b->order[i]]);
}

static void body_translate(nf_translator *t)
{
    body b = {.t = t};
    uint32_t phis = 0;
    blocks_number(&b);
    if (t->arena->failed) return;
    blocks_order(&b);
    for (uint32_t i = 0; i < b.count; i++)
        if (b.blocks[i].start.id) phis_declare(&b, &b.blocks[i], &phis);
    blocks_translate(&b);
}

void nf_import_function(nf_importer *in, nf_arena *arena, nf_func *f, LLVMValueRef function,
                        const char **refusal)
{
    nf_translator t = {.in = in, .f = f, .function = function, .arena = arena};
    t.reassociates = true;
    nf_map_init(&t.values, arena);
    nf_map_init(&t.blocks, arena);
    nf_map_init(&t.locals, arena);
    nf_map_init(&t.classes, arena);
    nf_map_init(&t.incoming, arena);
    body_translate(&t);
    if (t.floats && t.reassociates) f->attributes |= NF_ATTR_REASSOC;
    *refusal = t.reason;
}

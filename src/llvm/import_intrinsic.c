/*
 * LLVM's intrinsic functions: the table, and those that are about memory, hints and whole vectors.
 *
 * A row names an intrinsic without its types and says what makes it: a function for the whole call,
 * or one for a lane, which is then run for every lane of a vector. What is not in the table makes its
 * caller foreign; so do the intrinsics of single machines (llvm.x86.*).
 *
 * Copies and fills of few bytes become loads and stores, all loads first, which is right for memmove
 * too; others call C's functions.
 */
#include "import_internal.h"

#include <string.h>
#include "base/text.h"

typedef struct row row;
typedef void whole_fn(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out);

struct row {
    const char *name; /* behind "llvm." */
    whole_fn *whole;
    nf_lane_fn *lane;
    int detail;
    const char *text;
};

/* --- hints --- */

static void drop(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r;
    if (LLVMGetTypeKind(LLVMTypeOf(call)) == LLVMPointerTypeKind)
        *out = nf_make_number(t, NF_I64, 0);
}

/* The first argument comes back. */
static void pass(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r;
    memcpy(out, nf_parts(t, LLVMGetOperand(call, 0)), nf_parts_of(LLVMTypeOf(call)) * sizeof *out);
}

static void constant(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    nf_scalar s;
    nf_scalar_of(LLVMTypeOf(call), &s);
    *out = nf_make_number(t, s.type, r->detail);
}

static void refuse(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)call, (void)out;
    nf_refuse(t, r->text);
}

/* What follows cannot be reached, but may be referred to. */
static void trap(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)call, (void)r, (void)out;
    nf_build_trap(t->f, t->at);
    t->at = nf_func_block(t->f);
}

/* Bytes behind a pointer, when it leads into a variable at a constant offset. */
static bool object_size(nf_translator *t, LLVMValueRef pointer, int64_t *left)
{
    int64_t offset = 0;
    while (LLVMIsAGetElementPtrInst(pointer) ||
           (LLVMIsAConstantExpr(pointer) && LLVMGetConstOpcode(pointer) == LLVMGetElementPtr)) {
        if (!nf_constant_offset(t->in, pointer, &offset)) return false;
        pointer = LLVMGetOperand(pointer, 0);
    }
    LLVMTypeRef type = NULL;
    if (LLVMIsAAllocaInst(pointer) && LLVMIsAConstantInt(LLVMGetOperand(pointer, 0)))
        type = LLVMGetAllocatedType(pointer);
    else if (LLVMIsAGlobalVariable(pointer) && !LLVMIsDeclaration(pointer))
        type = LLVMGlobalGetValueType(pointer);
    if (type == NULL) return false;
    int64_t size = (int64_t)nf_type_size(t->in, type);
    if (LLVMIsAAllocaInst(pointer))
        size *= (int64_t)LLVMConstIntGetZExtValue(LLVMGetOperand(pointer, 0));
    *left = offset < 0 || offset > size ? 0 : size - offset;
    return true;
}

static void objectsize(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r;
    nf_scalar s;
    int64_t size;
    nf_scalar_of(LLVMTypeOf(call), &s);
    bool minimum = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 1)) != 0;
    if (!object_size(t, LLVMGetOperand(call, 0), &size)) size = minimum ? 0 : -1;
    *out = nf_make_number(t, s.type, size);
}

static void ptrmask(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r;
    nf_value mask = nf_make_resize(t, NF_I64, nf_part(t, LLVMGetOperand(call, 1)));
    *out = nf_make(t, NF_OP_AND, NF_I64, nf_part(t, LLVMGetOperand(call, 0)), mask);
}

/* --- copies and fills --- */

enum { SMALL_BYTES = 128, PIECES_MAX = SMALL_BYTES / 8 + 3, WORD_BYTES = 8 };

static uint32_t piece_of(uint64_t left)
{
    return left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

static nf_type type_of_piece(uint32_t bytes)
{
    return bytes == 8 ? NF_I64 : bytes == 4 ? NF_I32 : bytes == 2 ? NF_I16 : NF_I8;
}

/* The address of an argument, with the alignment that the call promises for it. */
static nf_address memory_argument(nf_translator *t, LLVMValueRef call, uint32_t argument)
{
    nf_address address = nf_address_of(t, LLVMGetOperand(call, argument));
    unsigned kind = LLVMGetEnumAttributeKindForName("align", 5);
    LLVMAttributeRef align = LLVMGetCallSiteEnumAttribute(call, argument + 1, kind);
    unsigned log2 = align ? nf_log2(LLVMGetEnumAttributeValue(align)) : 0;
    address.align_log2 = log2 < NF_ALIGN_LOG2_MAX ? log2 : NF_ALIGN_LOG2_MAX;
    address.is_volatile = LLVMConstIntGetZExtValue(LLVMGetOperand(call, 3)) != 0;
    return address;
}

static nf_address piece_at(nf_address address, uint64_t offset)
{
    address.offset += (int32_t)offset;
    if (offset && (unsigned)__builtin_ctzll(offset) < address.align_log2)
        address.align_log2 = (unsigned)__builtin_ctzll(offset);
    return address;
}

static void copy_small(nf_translator *t, nf_address to, nf_address from, uint64_t size)
{
    nf_value pieces[PIECES_MAX];
    uint32_t count = 0;
    for (uint64_t at = 0; at < size; at += piece_of(size - at))
        pieces[count++] =
            nf_build_load(t->f, t->at, type_of_piece(piece_of(size - at)), piece_at(from, at));
    count = 0;
    for (uint64_t at = 0; at < size; at += piece_of(size - at))
        nf_build_store(t->f, t->at, pieces[count++], piece_at(to, at));
}

static void fill_small(nf_translator *t, nf_address to, nf_value byte, uint64_t size)
{
    nf_value word = nf_make_resize(t, NF_I64, byte);
    word = nf_make_with(t, NF_OP_MUL, NF_I64, word, 0x0101010101010101);
    for (uint64_t at = 0; at < size; at += piece_of(size - at)) {
        nf_value piece = nf_make_resize(t, type_of_piece(piece_of(size - at)), word);
        nf_build_store(t->f, t->at, piece, piece_at(to, at));
    }
}

static bool is_small(LLVMValueRef length)
{
    return LLVMIsAConstantInt(length) && LLVMConstIntGetZExtValue(length) <= SMALL_BYTES;
}

static void copy(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)out;
    LLVMValueRef length = LLVMGetOperand(call, 2);
    if (is_small(length)) {
        nf_address to = memory_argument(t, call, 0), from = memory_argument(t, call, 1);
        copy_small(t, to, from, LLVMConstIntGetZExtValue(length));
        return;
    }
    nf_value args[3];
    for (uint32_t i = 0; i < 3; i++)
        args[i] = nf_make_resize(t, NF_I64, nf_part(t, LLVMGetOperand(call, i)));
    nf_make_call(t, r->text, NF_I64, args, 3);
}

static void fill(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r, (void)out;
    LLVMValueRef length = LLVMGetOperand(call, 2);
    nf_value byte = nf_part(t, LLVMGetOperand(call, 1));
    if (is_small(length)) {
        fill_small(t, memory_argument(t, call, 0), byte, LLVMConstIntGetZExtValue(length));
        return;
    }
    nf_value args[3] = {nf_part(t, LLVMGetOperand(call, 0)), nf_make_resize(t, NF_I32, byte),
                        nf_make_resize(t, NF_I64, nf_part(t, length))};
    nf_make_call(t, "memset", NF_I64, args, 3);
}

static void copy_va_list(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    enum { VA_LIST_BYTES = 24 };
    (void)r, (void)out;
    nf_address to = nf_address_of(t, LLVMGetOperand(call, 0));
    copy_small(t, to, nf_address_of(t, LLVMGetOperand(call, 1)), VA_LIST_BYTES);
}

/* frexp: the mantissa, and the exponent through memory. */
static void split_float(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    (void)r;
    LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(call, 0));
    nf_scalar s, exponent;
    nf_scalar_of(LLVMStructGetTypeAtIndex(LLVMTypeOf(call), 1), &exponent);
    if (!nf_scalar_of(type, &s) || exponent.type != NF_I32) {
        nf_refuse(t, "llvm.frexp of this type");
        return;
    }
    nf_value place = nf_build_local(t->f, t->at, nf_func_local(t->f, 4, 2), 0);
    nf_value args[2] = {nf_part(t, LLVMGetOperand(call, 0)), place};
    out[0] = nf_make_call(t, s.type == NF_F32 ? "frexpf" : "frexp", s.type, args, 2);
    out[1] = nf_build_load(t->f, t->at, NF_I32, (nf_address){.base = place, .align_log2 = 2});
}

/* --- reductions of vectors --- */

/* Lane by lane from the first; a start value, where there is one, comes before it. */
static void reduce(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    LLVMValueRef vector = LLVMGetOperand(call, LLVMGetNumArgOperands(call) - 1);
    LLVMTypeRef type = LLVMTypeOf(vector);
    nf_scalar s;
    if (nf_type_refusal(type) || !nf_scalar_of(nf_lane_type(type), &s)) {
        nf_refuse(t, "a vector of this type");
        return;
    }
    const nf_value *lanes = nf_parts(t, vector), *so_far = lanes;
    uint32_t i = 1;
    if (LLVMGetNumArgOperands(call) == 2) {
        so_far = nf_parts(t, LLVMGetOperand(call, 0));
        i = 0;
    }
    for (; i < nf_lane_count(type); i++) {
        nf_value *next = nf_parts_new(t, s.limbs);
        nf_lane lane = {s, s, so_far, lanes + i * s.limbs, NULL, next, call, r->detail, r->text};
        if (r->lane)
            r->lane(t, &lane);
        else
            nf_scalar_binary(t, (LLVMOpcode)r->detail, &s, lane.a, lane.b, next);
        so_far = next;
    }
    memcpy(out, so_far, s.limbs * sizeof *out);
}

static const row rows[] = {
    {"lifetime.start", drop, NULL, 0, NULL},
    {"lifetime.end", drop, NULL, 0, NULL},
    {"invariant.start", drop, NULL, 0, NULL},
    {"invariant.end", drop, NULL, 0, NULL},
    {"assume", drop, NULL, 0, NULL},
    {"donothing", drop, NULL, 0, NULL},
    {"sideeffect", drop, NULL, 0, NULL},
    {"prefetch", drop, NULL, 0, NULL},
    {"pseudoprobe", drop, NULL, 0, NULL},
    {"var.annotation", drop, NULL, 0, NULL},
    {"experimental.noalias.scope.decl", drop, NULL, 0, NULL},
    {"dbg.declare", drop, NULL, 0, NULL},
    {"dbg.value", drop, NULL, 0, NULL},
    {"dbg.label", drop, NULL, 0, NULL},
    {"dbg.assign", drop, NULL, 0, NULL},
    {"va_end", drop, NULL, 0, NULL},
    {"stacksave", drop, NULL, 0, NULL},
    {"stackrestore", drop, NULL, 0, NULL},
    {"expect", pass, NULL, 0, NULL},
    {"expect.with.probability", pass, NULL, 0, NULL},
    {"annotation", pass, NULL, 0, NULL},
    {"ptr.annotation", pass, NULL, 0, NULL},
    {"launder.invariant.group", pass, NULL, 0, NULL},
    {"strip.invariant.group", pass, NULL, 0, NULL},
    {"ssa.copy", pass, NULL, 0, NULL},
    {"arithmetic.fence", pass, NULL, 0, NULL},
    {"threadlocal.address", pass, NULL, 0, NULL},
    {"is.constant", constant, NULL, 0, NULL},
    {"get.rounding", constant, NULL, 1, NULL},
    {"objectsize", objectsize, NULL, 0, NULL},
    {"ptrmask", ptrmask, NULL, 0, NULL},
    {"trap", trap, NULL, 0, NULL},
    {"ubsantrap", trap, NULL, 0, NULL},
    {"va_start", refuse, NULL, 0, "varargs function"},
    {"memcpy", copy, NULL, 0, "memcpy"},
    {"memcpy.inline", copy, NULL, 0, "memcpy"},
    {"memmove", copy, NULL, 0, "memmove"},
    {"memset", fill, NULL, 0, NULL},
    {"memset.inline", fill, NULL, 0, NULL},
    {"va_copy", copy_va_list, NULL, 0, NULL},
    {"frexp", split_float, NULL, 0, NULL},

    {"ctpop", NULL, nf_lane_bits, NF_OP_POPCNT, NULL},
    {"ctlz", NULL, nf_lane_bits, NF_OP_CLZ, NULL},
    {"cttz", NULL, nf_lane_bits, NF_OP_CTZ, NULL},
    {"bswap", NULL, nf_lane_bits, NF_OP_BSWAP, NULL},
    {"bitreverse", NULL, nf_lane_bits, NF_OP_NONE, NULL},
    {"abs", NULL, nf_lane_bits, NF_OP_ABS, NULL},
    {"smin", NULL, nf_lane_min_max, NF_OP_SMIN, NULL},
    {"smax", NULL, nf_lane_min_max, NF_OP_SMAX, NULL},
    {"umin", NULL, nf_lane_min_max, NF_OP_UMIN, NULL},
    {"umax", NULL, nf_lane_min_max, NF_OP_UMAX, NULL},
    {"ucmp", NULL, nf_lane_three_way, LLVMIntUGT, NULL},
    {"scmp", NULL, nf_lane_three_way, LLVMIntSGT, NULL},
    {"fshl", NULL, nf_lane_funnel, LLVMShl, NULL},
    {"fshr", NULL, nf_lane_funnel, LLVMLShr, NULL},
    {"sadd.sat", NULL, nf_lane_saturate, NF_OP_SADD_OVERFLOW, NULL},
    {"uadd.sat", NULL, nf_lane_saturate, NF_OP_UADD_OVERFLOW, NULL},
    {"ssub.sat", NULL, nf_lane_saturate, NF_OP_SSUB_OVERFLOW, NULL},
    {"usub.sat", NULL, nf_lane_saturate, NF_OP_USUB_OVERFLOW, NULL},
    {"sadd.with.overflow", NULL, nf_lane_overflow, NF_OP_SADD_OVERFLOW, NULL},
    {"uadd.with.overflow", NULL, nf_lane_overflow, NF_OP_UADD_OVERFLOW, NULL},
    {"ssub.with.overflow", NULL, nf_lane_overflow, NF_OP_SSUB_OVERFLOW, NULL},
    {"usub.with.overflow", NULL, nf_lane_overflow, NF_OP_USUB_OVERFLOW, NULL},
    {"smul.with.overflow", NULL, nf_lane_overflow, NF_OP_SMUL_OVERFLOW, NULL},
    {"umul.with.overflow", NULL, nf_lane_overflow, NF_OP_UMUL_OVERFLOW, NULL},

    {"sqrt", NULL, nf_lane_float, NF_OP_FSQRT, NULL},
    {"fabs", NULL, nf_lane_float, NF_OP_FABS, NULL},
    {"floor", NULL, nf_lane_float, NF_OP_FFLOOR, NULL},
    {"ceil", NULL, nf_lane_float, NF_OP_FCEIL, NULL},
    {"trunc", NULL, nf_lane_float, NF_OP_FTRUNC, NULL},
    {"rint", NULL, nf_lane_float, NF_OP_FNEAREST, NULL},
    {"nearbyint", NULL, nf_lane_float, NF_OP_FNEAREST, NULL},
    {"roundeven", NULL, nf_lane_float, NF_OP_FNEAREST, NULL},
    {"copysign", NULL, nf_lane_float, NF_OP_FCOPYSIGN, NULL},
    {"canonicalize", NULL, nf_lane_float, NF_OP_NONE, NULL},
    {"minnum", NULL, nf_lane_float_min_max, NF_OP_FMIN, NULL},
    {"maxnum", NULL, nf_lane_float_min_max, NF_OP_FMAX, NULL},
    {"minimum", NULL, nf_lane_float_min_max, -NF_OP_FMIN, NULL},
    {"maximum", NULL, nf_lane_float_min_max, -NF_OP_FMAX, NULL},
    {"fma", NULL, nf_lane_fma, NF_OP_FMA, NULL},
    {"fmuladd", NULL, nf_lane_fma, NF_OP_FMULADD, NULL},
    {"is.fpclass", NULL, nf_lane_class, 0, NULL},
    {"fptosi.sat", NULL, nf_lane_float_to_int_saturated, 1, NULL},
    {"fptoui.sat", NULL, nf_lane_float_to_int_saturated, 0, NULL},
    {"sin", NULL, nf_lane_libm, 1, "sin"},
    {"cos", NULL, nf_lane_libm, 1, "cos"},
    {"tan", NULL, nf_lane_libm, 1, "tan"},
    {"asin", NULL, nf_lane_libm, 1, "asin"},
    {"acos", NULL, nf_lane_libm, 1, "acos"},
    {"atan", NULL, nf_lane_libm, 1, "atan"},
    {"sinh", NULL, nf_lane_libm, 1, "sinh"},
    {"cosh", NULL, nf_lane_libm, 1, "cosh"},
    {"tanh", NULL, nf_lane_libm, 1, "tanh"},
    {"exp", NULL, nf_lane_libm, 1, "exp"},
    {"exp2", NULL, nf_lane_libm, 1, "exp2"},
    {"exp10", NULL, nf_lane_libm, 1, "exp10"},
    {"log", NULL, nf_lane_libm, 1, "log"},
    {"log2", NULL, nf_lane_libm, 1, "log2"},
    {"log10", NULL, nf_lane_libm, 1, "log10"},
    {"round", NULL, nf_lane_libm, 1, "round"},
    {"pow", NULL, nf_lane_libm, 2, "pow"},
    {"ldexp", NULL, nf_lane_libm, 2, "ldexp"},
    {"lround", NULL, nf_lane_libm, 1, "lround"},
    {"llround", NULL, nf_lane_libm, 1, "llround"},
    {"lrint", NULL, nf_lane_libm, 1, "lrint"},
    {"llrint", NULL, nf_lane_libm, 1, "llrint"},
    {"powi", NULL, nf_lane_libm, 2, "powi"},

    {"vector.reduce.add", reduce, NULL, LLVMAdd, NULL},
    {"vector.reduce.mul", reduce, NULL, LLVMMul, NULL},
    {"vector.reduce.and", reduce, NULL, LLVMAnd, NULL},
    {"vector.reduce.or", reduce, NULL, LLVMOr, NULL},
    {"vector.reduce.xor", reduce, NULL, LLVMXor, NULL},
    {"vector.reduce.fadd", reduce, NULL, LLVMFAdd, NULL},
    {"vector.reduce.fmul", reduce, NULL, LLVMFMul, NULL},
    {"vector.reduce.smin", reduce, nf_lane_min_max, NF_OP_SMIN, NULL},
    {"vector.reduce.smax", reduce, nf_lane_min_max, NF_OP_SMAX, NULL},
    {"vector.reduce.umin", reduce, nf_lane_min_max, NF_OP_UMIN, NULL},
    {"vector.reduce.umax", reduce, nf_lane_min_max, NF_OP_UMAX, NULL},
    {"vector.reduce.fmin", reduce, nf_lane_float_min_max, NF_OP_FMIN, NULL},
    {"vector.reduce.fmax", reduce, nf_lane_float_min_max, NF_OP_FMAX, NULL},
    {"vector.reduce.fminimum", reduce, nf_lane_float_min_max, -NF_OP_FMIN, NULL},
    {"vector.reduce.fmaximum", reduce, nf_lane_float_min_max, -NF_OP_FMAX, NULL},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows, LANE_ARGS_MAX = 3 };

/* The row of an intrinsic, by its number; the names are looked up once a unit. */
static const row *row_of(nf_importer *in, unsigned id)
{
    if (in->intrinsics.count == 0) {
        for (uint32_t i = 0; i < ROW_COUNT; i++) {
            char name[64];
            size_t length = nf_format(name, sizeof name, "llvm.%s", rows[i].name);
            nf_map_put(&in->intrinsics, LLVMLookupIntrinsicID(name, length), i);
        }
    }
    uint64_t found;
    return nf_map_get(&in->intrinsics, id, &found) ? &rows[found] : NULL;
}

static void refuse_by_name(nf_translator *t, unsigned id)
{
    size_t length;
    const char *name = LLVMIntrinsicGetName(id, &length);
    char *text = nf_arena_string(t->in->result, name, length);
    nf_refuse(t, text ? text : "an intrinsic function");
}

/* Takes the arguments, and what lies between their lanes; false: one has a type that is refused. */
static bool arguments_take(nf_translator *t, LLVMValueRef call, const nf_value **args,
                           uint32_t *each)
{
    for (uint32_t i = 0; i < LANE_ARGS_MAX && i < LLVMGetNumArgOperands(call); i++) {
        LLVMValueRef arg = LLVMGetOperand(call, i);
        LLVMTypeRef type = LLVMTypeOf(arg);
        const char *refusal = nf_type_refusal(type);
        if (refusal) nf_refuse(t, refusal);
        if (refusal) return false;
        args[i] = nf_parts(t, arg);
        if (nf_is_vector(type)) each[i] = nf_parts_of(nf_lane_type(type));
    }
    return true;
}

/* Runs a row's function for each lane of the first argument. */
static void by_lanes(nf_translator *t, LLVMValueRef call, const row *r, nf_value *out)
{
    const nf_value *args[LANE_ARGS_MAX] = {NULL};
    uint32_t each[LANE_ARGS_MAX] = {0};
    LLVMTypeRef first = LLVMTypeOf(LLVMGetOperand(call, 0)), result = LLVMTypeOf(call);
    nf_lane lane = {.call = call, .detail = r->detail, .name = r->text};
    bool fine = nf_scalar_of(nf_lane_type(first), &lane.scalar);
    bool pair = LLVMGetTypeKind(result) == LLVMStructTypeKind;
    if (!pair) fine = fine && nf_scalar_of(nf_lane_type(result), &lane.result);
    if (!fine || (pair && nf_is_vector(first))) {
        refuse_by_name(t, LLVMGetIntrinsicID(LLVMGetCalledValue(call)));
        return;
    }
    if (!arguments_take(t, call, args, each)) return;
    for (uint32_t i = 0; i < nf_lane_count(first) && t->reason == NULL; i++) {
        lane.a = args[0] + i * each[0];
        lane.b = args[1] ? args[1] + i * each[1] : NULL;
        lane.c = args[2] ? args[2] + i * each[2] : NULL;
        lane.out = out + i * lane.result.limbs;
        r->lane(t, &lane);
    }
}

/* Rows are for the types that programs have; of others they leave parts out. */
static bool is_whole(LLVMTypeRef type, const nf_value *out)
{
    if (LLVMGetTypeKind(type) == LLVMVoidTypeKind) return true;
    uint32_t parts = nf_parts_of(type), made = 0;
    while (made < parts && out[made].id) made++;
    return made == parts;
}

void nf_import_intrinsic(nf_translator *t, LLVMValueRef call, LLVMValueRef callee, nf_value *out)
{
    unsigned id = LLVMGetIntrinsicID(callee);
    const row *r = row_of(t->in, id);
    if (r == NULL)
        refuse_by_name(t, id);
    else if (r->whole)
        r->whole(t, call, r, out);
    else
        by_lanes(t, call, r, out);
    if (t->reason == NULL && !is_whole(LLVMTypeOf(call), out)) refuse_by_name(t, id);
}

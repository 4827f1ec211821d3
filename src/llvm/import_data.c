/*
 * Data: LLVM's globals become data symbols, bytes with the addresses of other symbols in them.
 *
 * All symbols are declared before any initialiser is written, for these refer to each other in any
 * order. Functions are declared by import.c. An alias is whatever it stands for.
 *
 * A thread-local variable x is emulated as GCC's run-time library does: a control block
 * __emutls_v.x = {size, alignment, number, template}, whose address __emutls_get_address() turns into
 * that of the calling thread's copy, and the copies' first value __emutls_t.x. Code that LLVM makes
 * with -emulated-tls means the same two.
 *
 * The address of a label (blockaddress) exists in compiled code only. Data with one in it has no
 * symbol; the functions that use it are foreign, and who compiles them compiles it too.
 */
#include "import_internal.h"

#include <string.h>
#include "base/text.h"
#include "os/os.h"

enum { ADDRESS_BYTES = 8, DEPTH_MAX = 64 };

typedef struct image {
    nf_importer *in;
    LLVMValueRef global; /* for messages */
    uint8_t *bytes;
    uint64_t size, used; /* used: up to the last byte that was written */
    nf_symbol symbol;
    nf_status status;
} image;

/* --- constants --- */

uint64_t nf_constant_limb(nf_importer *in, LLVMValueRef constant, uint32_t limb)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    if (LLVMGetIntTypeWidth(type) <= NF_LIMB_BITS) return LLVMConstIntGetZExtValue(constant);
    LLVMValueRef distance = LLVMConstInt(type, (uint64_t)limb * NF_LIMB_BITS, false);
    LLVMValueRef shifted = LLVMBuildLShr(in->folder, constant, distance, "");
    LLVMTypeRef word = LLVMInt64TypeInContext(in->unit->context);
    return LLVMConstIntGetZExtValue(LLVMBuildTrunc(in->folder, shifted, word, ""));
}

LLVMValueRef nf_constant_bits(LLVMValueRef constant)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    LLVMContextRef context = LLVMGetTypeContext(type);
    unsigned bits = 0;
    switch (LLVMGetTypeKind(type)) {
    case LLVMHalfTypeKind:
    case LLVMBFloatTypeKind: bits = 16; break;
    case LLVMFloatTypeKind: bits = 32; break;
    case LLVMDoubleTypeKind: bits = 64; break;
    case LLVMX86_FP80TypeKind: bits = 80; break;
    default: bits = 128; break;
    }
    return LLVMConstBitCast(constant, LLVMIntTypeInContext(context, bits));
}

bool nf_constant_offset(nf_importer *in, LLVMValueRef gep, int64_t *offset)
{
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    int operands = LLVMGetNumOperands(gep);
    for (int i = 1; i < operands; i++) {
        LLVMValueRef index = LLVMGetOperand(gep, (unsigned)i);
        if (!LLVMIsAConstantInt(index)) return false;
        if (LLVMGetIntTypeWidth(LLVMTypeOf(index)) > NF_LIMB_BITS) return false;
        int64_t number = LLVMConstIntGetSExtValue(index);
        if (i > 1 && LLVMGetTypeKind(type) == LLVMStructTypeKind) {
            *offset += (int64_t)nf_field_offset(in, type, (uint32_t)number);
            type = LLVMStructGetTypeAtIndex(type, (unsigned)number);
            continue;
        }
        if (i > 1) type = LLVMGetElementType(type);
        *offset = (int64_t)((uint64_t)*offset + (uint64_t)number * nf_type_size(in, type));
    }
    return true;
}

nf_symbol nf_symbol_of(nf_importer *in, LLVMValueRef global)
{
    uint64_t id = 0;
    nf_map_get(&in->symbols, (uintptr_t)global, &id);
    return (nf_symbol){(uint32_t)id};
}

static nf_static_address address_at(nf_importer *in, LLVMValueRef constant, uint32_t depth);

/* symbol + number, number + symbol, symbol - number */
static nf_static_address address_of_sum(nf_importer *in, LLVMValueRef sum, bool minus,
                                        uint32_t depth)
{
    LLVMValueRef a = LLVMGetOperand(sum, 0), b = LLVMGetOperand(sum, 1);
    if (LLVMIsAConstantInt(a) && !minus) {
        LLVMValueRef swapped = a;
        a = b;
        b = swapped;
    }
    if (!LLVMIsAConstantInt(b)) return (nf_static_address){0};
    nf_static_address found = address_at(in, a, depth);
    int64_t number = LLVMConstIntGetSExtValue(b);
    found.offset += minus ? -number : number;
    return found;
}

static nf_static_address address_of_expression(nf_importer *in, LLVMValueRef constant,
                                               uint32_t depth)
{
    LLVMOpcode op = LLVMGetConstOpcode(constant);
    LLVMValueRef first = LLVMGetOperand(constant, 0);
    nf_static_address found = {0};
    switch (op) {
    case LLVMPtrToInt:
        if (LLVMGetIntTypeWidth(LLVMTypeOf(constant)) != NF_LIMB_BITS) return found;
        return address_at(in, first, depth);
    case LLVMBitCast:
    case LLVMAddrSpaceCast:
    case LLVMIntToPtr: return address_at(in, first, depth);
    case LLVMAdd:
    case LLVMSub: return address_of_sum(in, constant, op == LLVMSub, depth);
    case LLVMGetElementPtr: {
        int64_t offset = 0;
        found = address_at(in, first, depth);
        if (!nf_constant_offset(in, constant, &offset)) return (nf_static_address){0};
        found.offset += offset;
        return found;
    }
    default: return found;
    }
}

static nf_static_address address_at(nf_importer *in, LLVMValueRef constant, uint32_t depth)
{
    nf_static_address found = {0};
    if (depth > DEPTH_MAX) return found;
    if (LLVMIsAGlobalAlias(constant))
        return address_at(in, LLVMAliasGetAliasee(constant), depth + 1);
    if (LLVMIsAGlobalValue(constant)) {
        if (LLVMIsAGlobalVariable(constant) && LLVMIsThreadLocal(constant)) return found;
        found.symbol = nf_symbol_of(in, constant);
        return found;
    }
    if (LLVMIsAConstantExpr(constant)) return address_of_expression(in, constant, depth + 1);
    return found;
}

nf_static_address nf_static_address_of(nf_importer *in, LLVMValueRef constant)
{
    return address_at(in, constant, 0);
}

/* --- initialisers as bytes --- */

static void image_fails(image *m, const char *what)
{
    if (m->status != NF_OK) return;
    size_t length;
    m->status = nf_fail_at(m->in->error, NF_UNSUPPORTED, m->in->unit->name, 0, 0,
                           "data @%s has %s in it", LLVMGetValueName2(m->global, &length), what);
}

static void put_bytes(image *m, uint64_t offset, uint64_t bits, uint32_t count)
{
    if (bits == 0) return;
    memcpy(m->bytes + offset, &bits, count);
    if (offset + count > m->used) m->used = offset + count;
}

static void put_integer(image *m, uint64_t offset, LLVMValueRef constant)
{
    uint64_t left = LLVMStoreSizeOfType(m->in->layout, LLVMTypeOf(constant));
    for (uint32_t limb = 0; left; limb++) {
        uint32_t count = left < ADDRESS_BYTES ? (uint32_t)left : ADDRESS_BYTES;
        put_bytes(m, offset + (uint64_t)limb * ADDRESS_BYTES,
                  nf_constant_limb(m->in, constant, limb), count);
        left -= count;
    }
}

/* The difference of two places in one symbol, as in tables of relative jumps. */
static bool put_difference(image *m, uint64_t offset, LLVMValueRef constant)
{
    uint32_t bytes = (uint32_t)LLVMStoreSizeOfType(m->in->layout, LLVMTypeOf(constant));
    if (LLVMGetConstOpcode(constant) == LLVMTrunc) constant = LLVMGetOperand(constant, 0);
    if (!LLVMIsAConstantExpr(constant) || LLVMGetConstOpcode(constant) != LLVMSub) return false;
    nf_static_address a = nf_static_address_of(m->in, LLVMGetOperand(constant, 0));
    nf_static_address b = nf_static_address_of(m->in, LLVMGetOperand(constant, 1));
    if (a.symbol.id == 0 || a.symbol.id != b.symbol.id) return false;
    put_bytes(m, offset, (uint64_t)(a.offset - b.offset), bytes);
    return true;
}

static void put_address(image *m, uint64_t offset, LLVMValueRef constant)
{
    nf_static_address address = nf_static_address_of(m->in, constant);
    if (address.symbol.id == 0) {
        LLVMValueRef inner = LLVMIsAConstantExpr(constant) ? LLVMGetOperand(constant, 0) : NULL;
        if (inner && LLVMGetConstOpcode(constant) == LLVMIntToPtr && LLVMIsAConstantInt(inner))
            put_integer(m, offset, inner);
        else if (!inner || !put_difference(m, offset, constant))
            image_fails(m, "an expression that is not known before the program runs");
        return;
    }
    if (nf_module_data_reloc(m->in->module, m->symbol, offset, address.symbol, address.offset) !=
        NF_OK)
        image_fails(m, "addresses that overlap");
}

static void put_constant(image *m, uint64_t offset, LLVMValueRef constant);

/* Lanes that are no whole bytes lie without gaps, the first in the lowest bits:
 *     <4 x i1> <1, 0, 1, 1>    0b1101 */
static void put_bits(image *m, uint64_t offset, LLVMValueRef constant, uint64_t lane_bits)
{
    uint32_t count = LLVMGetVectorSize(LLVMTypeOf(constant));
    for (uint64_t at = 0; at < count * lane_bits; at++) {
        uint64_t bit = at % lane_bits;
        LLVMValueRef lane = LLVMGetAggregateElement(constant, (unsigned)(at / lane_bits));
        if (lane && LLVMIsUndef(lane)) continue;
        if (lane == NULL || !LLVMIsAConstantInt(lane)) {
            image_fails(m, "a vector of odd lanes");
            return;
        }
        uint64_t limb = nf_constant_limb(m->in, lane, (uint32_t)(bit / NF_LIMB_BITS));
        uint64_t byte = offset + at / 8, shifted = (limb >> bit % NF_LIMB_BITS & 1) << at % 8;
        put_bytes(m, byte, m->bytes[byte] | shifted, 1);
    }
}

static void put_elements(image *m, uint64_t offset, LLVMValueRef constant)
{
    LLVMTypeRef type = LLVMTypeOf(constant);
    LLVMTypeKind kind = LLVMGetTypeKind(type);
    uint64_t count = kind == LLVMStructTypeKind  ? LLVMCountStructElementTypes(type)
                     : kind == LLVMArrayTypeKind ? LLVMGetArrayLength2(type)
                                                 : LLVMGetVectorSize(type);
    uint64_t step = 0;
    if (kind == LLVMArrayTypeKind) step = nf_type_size(m->in, LLVMGetElementType(type));
    if (kind == LLVMVectorTypeKind) {
        uint64_t bits = LLVMSizeOfTypeInBits(m->in->layout, LLVMGetElementType(type));
        step = bits / 8;
        if (bits % 8) {
            put_bits(m, offset, constant, bits);
            return;
        }
    }
    for (uint64_t i = 0; i < count && m->status == NF_OK; i++) {
        uint64_t at =
            kind == LLVMStructTypeKind ? nf_field_offset(m->in, type, (uint32_t)i) : i * step;
        LLVMValueRef element = LLVMGetAggregateElement(constant, (unsigned)i);
        if (element)
            put_constant(m, offset + at, element);
        else
            image_fails(m, "fewer elements than its type has");
    }
}

static bool has_elements(LLVMValueRef constant)
{
    LLVMTypeKind kind = LLVMGetTypeKind(LLVMTypeOf(constant));
    return kind == LLVMStructTypeKind || kind == LLVMArrayTypeKind || kind == LLVMVectorTypeKind;
}

static void put_string(image *m, uint64_t offset, LLVMValueRef constant)
{
    size_t length;
    const char *text = LLVMGetAsString(constant, &length);
    memcpy(m->bytes + offset, text, length);
    if (offset + length > m->used) m->used = offset + length;
}

static void put_constant(image *m, uint64_t offset, LLVMValueRef constant)
{
    if (m->status != NF_OK || LLVMIsNull(constant) || LLVMIsUndef(constant)) return;
    if (LLVMIsAConstantDataArray(constant) && LLVMIsConstantString(constant)) {
        put_string(m, offset, constant);
    } else if (LLVMIsAConstantInt(constant)) {
        put_integer(m, offset, constant);
    } else if (LLVMIsAConstantFP(constant)) {
        put_integer(m, offset, nf_constant_bits(constant));
    } else if (LLVMIsAConstantExpr(constant) || LLVMIsAGlobalValue(constant)) {
        put_address(m, offset, constant);
    } else if (has_elements(constant)) {
        put_elements(m, offset, constant);
    } else {
        image_fails(m, "a constant of an unknown kind");
    }
}

/* --- globals --- */

static bool mentions_label(LLVMValueRef constant, uint32_t depth)
{
    if (LLVMIsABlockAddress(constant)) return true;
    if (depth > DEPTH_MAX || LLVMIsAGlobalValue(constant)) return false;
    int count = LLVMGetNumOperands(constant);
    for (int i = 0; i < count; i++)
        if (mentions_label(LLVMGetOperand(constant, (unsigned)i), depth + 1)) return true;
    return false;
}

bool nf_llvm_has_label(LLVMValueRef global)
{
    LLVMValueRef initial = LLVMGetInitializer(global);
    return initial && mentions_label(initial, 0);
}

static bool is_special(LLVMValueRef global)
{
    size_t length;
    return strncmp(LLVMGetValueName2(global, &length), "llvm.", 5) == 0;
}

static nf_symbol data_declare(nf_importer *in, const char *name, LLVMValueRef global)
{
    LLVMTypeRef type = LLVMGlobalGetValueType(global);
    unsigned align = LLVMGetAlignment(global);
    if (align == 0) align = LLVMPreferredAlignmentOfGlobal(in->layout, global);
    bool readonly = LLVMIsGlobalConstant(global) && !LLVMIsThreadLocal(global);
    return nf_module_data(in->module, name, NULL, 0, nf_type_size(in, type), nf_log2(align),
                          readonly);
}

/* A symbol that may be missing is looked up now: NIR has no weak ones. */
static bool is_missing(LLVMValueRef global, const char *name)
{
    return LLVMGetLinkage(global) == LLVMExternalWeakLinkage && nf_os_symbol(name) == NULL;
}

static char *name_with(nf_importer *in, const char *prefix, LLVMValueRef global)
{
    nf_text text;
    size_t length;
    nf_text_init(&text, &in->arena);
    nf_text_format(&text, "%s%s", prefix, LLVMGetValueName2(global, &length));
    return text.data;
}

static nf_symbol declare(nf_importer *in, LLVMValueRef global)
{
    size_t length;
    const char *name = LLVMGetValueName2(global, &length);
    if (LLVMIsThreadLocal(global)) {
        const char *control = name_with(in, "__emutls_v.", global);
        enum { CONTROL_BYTES = 32 };
        if (LLVMIsDeclaration(global)) return nf_module_extern_data(in->module, control);
        return nf_module_data(in->module, control, NULL, 0, CONTROL_BYTES, 3, false);
    }
    if (LLVMIsDeclaration(global)) {
        if (is_missing(global, name)) return (nf_symbol){0};
        return nf_module_extern_data(in->module, name);
    }
    if (nf_llvm_has_label(global)) return (nf_symbol){0};
    return data_declare(in, name, global);
}

static nf_status image_make(nf_importer *in, LLVMValueRef global, nf_symbol symbol)
{
    uint64_t size = nf_type_size(in, LLVMGlobalGetValueType(global));
    LLVMValueRef initial = LLVMGetInitializer(global);
    if (initial == NULL || LLVMIsNull(initial) || LLVMIsUndef(initial) || size == 0) return NF_OK;
    image m = {.in = in, .global = global, .size = size, .symbol = symbol};
    m.bytes = size <= NF_DATA_INITIAL_BYTES_MAX ? nf_arena_alloc(&in->module->arena, size) : NULL;
    if (m.bytes == NULL) return nf_fail(in->error, NF_MEMORY, "no memory for data");
    put_constant(&m, 0, initial);
    nf_symbol_data *data = nf_symbol_at(in->module, symbol);
    uint32_t relocs = data->relocs.count;
    data->initial = m.bytes;
    data->initial_size = m.used;
    if (relocs && data->relocs.data[relocs - 1].offset + ADDRESS_BYTES > m.used)
        data->initial_size = data->relocs.data[relocs - 1].offset + ADDRESS_BYTES;
    return m.status;
}

/* The control block of a thread-local variable; symbol is its own. */
static nf_status thread_local_make(nf_importer *in, LLVMValueRef global, nf_symbol symbol)
{
    enum { TEMPLATE_OFFSET = 24 };
    uint64_t size = nf_type_size(in, LLVMGlobalGetValueType(global));
    unsigned align = LLVMGetAlignment(global);
    if (align == 0) align = LLVMPreferredAlignmentOfGlobal(in->layout, global);
    uint64_t *words = nf_arena_alloc(&in->module->arena, TEMPLATE_OFFSET + ADDRESS_BYTES);
    if (words == NULL) return nf_fail(in->error, NF_MEMORY, "no memory for data");
    words[0] = size;
    words[1] = align;
    nf_symbol_data *data = nf_symbol_at(in->module, symbol);
    data->initial = (const uint8_t *)words;
    data->initial_size = TEMPLATE_OFFSET + ADDRESS_BYTES;
    LLVMValueRef initial = LLVMGetInitializer(global);
    if (initial == NULL || LLVMIsNull(initial)) return NF_OK;
    nf_symbol first = data_declare(in, name_with(in, "__emutls_t.", global), global);
    nf_module_data_reloc(in->module, symbol, TEMPLATE_OFFSET, first, 0);
    return image_make(in, global, first);
}

nf_status nf_import_data(nf_importer *in)
{
    LLVMModuleRef module = in->unit->module;
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        if (!is_special(g)) nf_map_put(&in->symbols, (uintptr_t)g, declare(in, g).id);
    nf_status status = NF_OK;
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g && status == NF_OK;
         g = LLVMGetNextGlobal(g)) {
        nf_symbol symbol = nf_symbol_of(in, g);
        if (symbol.id == 0 || LLVMIsDeclaration(g)) continue;
        status =
            LLVMIsThreadLocal(g) ? thread_local_make(in, g, symbol) : image_make(in, g, symbol);
    }
    return status;
}

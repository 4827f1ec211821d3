/*
 * Tables of relative addresses. See relative.h.
 *
 * Where code is independent of its position, clang -O1 keeps a constant array of addresses as 32-bit
 * distances from the array, so that the linker need not touch it. Here each data symbol has a place
 * of its own, and a distance of two of them is known to nobody. What clang did is undone:
 *
 *     @names.rel = internal constant [2 x i32] [i32 trunc (i64 sub (i64 ptrtoint (ptr @a to i64),
 *                                                          i64 ptrtoint (ptr @names.rel to i64)) to
 *                                      i32), ...]
 *     %p = call ptr @llvm.load.relative.i64(ptr @names.rel, i64 %offset)
 *
 * becomes
 *
 *     @0 = internal constant [2 x ptr] [ptr @a, ...]
 *     %twice = shl i64 %offset, 1
 *     %place = getelementptr i8, ptr @0, i64 %twice
 *     %p = load ptr, ptr %place
 *
 * The offset counts bytes, four to an entry of the first table and eight to one of the second.
 */
#include "relative.h"

#include <string.h>
#include "os/os.h"

enum { DISTANCE_BITS = 32 };

static bool is_load(LLVMValueRef user, LLVMValueRef table)
{
    static const char intrinsic[] = "llvm.load.relative.";
    if (!LLVMIsACallInst(user) || LLVMGetOperand(user, 0) != table) return false;
    LLVMValueRef callee = LLVMGetCalledValue(user);
    size_t length;
    return LLVMIsAFunction(callee) &&
           strncmp(LLVMGetValueName2(callee, &length), intrinsic, sizeof intrinsic - 1) == 0;
}

static LLVMValueRef operand_of(LLVMValueRef constant, LLVMOpcode op, unsigned index)
{
    if (constant == NULL || !LLVMIsAConstantExpr(constant)) return NULL;
    return LLVMGetConstOpcode(constant) == op ? LLVMGetOperand(constant, index) : NULL;
}

/* The address in "its distance from the table", or NULL. */
static LLVMValueRef address_of_entry(LLVMValueRef entry, LLVMValueRef table)
{
    LLVMValueRef distance = operand_of(entry, LLVMTrunc, 0);
    LLVMValueRef from = operand_of(operand_of(distance, LLVMSub, 1), LLVMPtrToInt, 0);
    return from == table ? operand_of(operand_of(distance, LLVMSub, 0), LLVMPtrToInt, 0) : NULL;
}

/* Whether a constant is used for nothing but the initialiser. */
static bool serves_only(LLVMValueRef constant, LLVMValueRef initial)
{
    for (LLVMUseRef use = LLVMGetFirstUse(constant); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (user == initial) continue;
        if (!LLVMIsAConstantExpr(user) || !serves_only(user, initial)) return false;
    }
    return true;
}

static bool is_array_of_distances(LLVMTypeRef type)
{
    if (LLVMGetTypeKind(type) != LLVMArrayTypeKind) return false;
    LLVMTypeRef entry = LLVMGetElementType(type);
    return LLVMGetTypeKind(entry) == LLVMIntegerTypeKind &&
           LLVMGetIntTypeWidth(entry) == DISTANCE_BITS;
}

static bool is_table(LLVMValueRef global)
{
    LLVMLinkage linkage = LLVMGetLinkage(global);
    if (linkage != LLVMInternalLinkage && linkage != LLVMPrivateLinkage) return false;
    if (!LLVMIsGlobalConstant(global) || !is_array_of_distances(LLVMGlobalGetValueType(global)))
        return false;
    LLVMValueRef initial = LLVMGetInitializer(global);
    for (LLVMUseRef use = LLVMGetFirstUse(global); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (is_load(user, global)) continue;
        if (!LLVMIsAConstantExpr(user) || !serves_only(user, initial)) return false;
    }
    return true;
}

/* The addresses as an array, or NULL: an entry is of another form. */
static LLVMValueRef addresses_of(LLVMValueRef table, nf_arena *arena)
{
    unsigned count = (unsigned)LLVMGetArrayLength2(LLVMGlobalGetValueType(table));
    LLVMValueRef initial = LLVMGetInitializer(table);
    LLVMValueRef *addresses = nf_arena_alloc(arena, count * sizeof *addresses);
    if (addresses == NULL || count == 0) return NULL;
    for (unsigned i = 0; i < count; i++) {
        addresses[i] = address_of_entry(LLVMGetAggregateElement(initial, i), table);
        if (addresses[i] == NULL) return NULL;
    }
    return LLVMConstArray2(LLVMTypeOf(addresses[0]), addresses, count);
}

static void load_lower(LLVMBuilderRef builder, LLVMValueRef load, LLVMValueRef wide)
{
    LLVMValueRef offset = LLVMGetOperand(load, 1);
    LLVMTypeRef byte = LLVMInt8TypeInContext(LLVMGetTypeContext(LLVMTypeOf(offset)));
    LLVMPositionBuilderBefore(builder, load);
    LLVMValueRef one = LLVMConstInt(LLVMTypeOf(offset), 1, false);
    LLVMValueRef twice = LLVMBuildShl(builder, offset, one, "");
    LLVMValueRef place = LLVMBuildGEP2(builder, byte, wide, &twice, 1, "");
    LLVMReplaceAllUsesWith(load, LLVMBuildLoad2(builder, LLVMTypeOf(load), place, ""));
    LLVMInstructionEraseFromParent(load);
}

static void table_lower(LLVMModuleRef module, LLVMBuilderRef builder, LLVMValueRef table,
                        LLVMValueRef addresses)
{
    LLVMValueRef wide = LLVMAddGlobal(module, LLVMTypeOf(addresses), "");
    LLVMSetInitializer(wide, addresses);
    LLVMSetGlobalConstant(wide, true);
    LLVMSetLinkage(wide, LLVMInternalLinkage);
    for (LLVMUseRef use = LLVMGetFirstUse(table), next; use; use = next) {
        LLVMValueRef user = LLVMGetUser(use);
        next = LLVMGetNextUse(use);
        if (is_load(user, table)) load_lower(builder, user, wide);
    }
    LLVMSetInitializer(table, LLVMGetUndef(LLVMGlobalGetValueType(table)));
    LLVMDeleteGlobal(table);
}

void nf_llvm_relative_lower(LLVMModuleRef module)
{
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
    for (LLVMValueRef g = LLVMGetFirstGlobal(module), next; g; g = next) {
        next = LLVMGetNextGlobal(g);
        if (LLVMIsDeclaration(g) || !is_table(g)) continue;
        LLVMValueRef addresses = addresses_of(g, &arena);
        if (addresses) table_lower(module, builder, g, addresses);
    }
    LLVMDisposeBuilder(builder);
    nf_arena_free(&arena);
}

/*
 * Addresses and accesses, from NIR to LLVM.
 *
 * NIR's addresses are integers. LLVM finds out little about what inttoptr gives, so a pointer is
 * built along the sum that an address is: from the operand that is the address (opt/alias.h knows
 * its root) by getelementptr, whose arithmetic wraps as NIR's does. inttoptr stands only at the
 * root: a parameter, a loaded value.
 *
 *     %q = add.i64 %p, %x                    %P = inttoptr i64 %p to ptr
 *     load.i32 [%q + %i*4 + 8]               getelementptr i8, getelementptr i32, getelementptr i8,
 *                                              ptr %P, %x  %i  8
 *
 * What NIR knows of overlaps becomes scoped metadata, in two domains: a scope for each alias class,
 * and one for each noalias parameter. Accesses through other parameters are apart from the latter's;
 * what a function knows by a symbol or from memory may not be, so LLVM's noalias attribute, which
 * says so, would be wrong.
 *
 * A null pointer is an address like any other (null_pointer_is_valid); locals hold anything until
 * they are written, but always the same (freeze).
 */
#include "lower_internal.h"

#include <string.h>
#include "metadata.h"

enum {
    POINTER_DEPTH_MAX = 16, /* of sums that are followed */
    INITIALISER_BYTES_MAX = 1 << 16,
};

/* --- symbols and locals --- */

/* Bytes that can't change are there for loads to be folded; they are emitted elsewhere. */
static void give_bytes(lowerer *l, LLVMValueRef global, const nf_symbol_data *data)
{
    bool known = data->kind == NF_SYMBOL_DATA && data->readonly && data->relocs.count == 0 &&
                 data->size == data->initial_size && data->size <= INITIALISER_BYTES_MAX;
    if (!known || data->size == 0) return;
    LLVMSetInitializer(global, LLVMConstStringInContext2(l->context, (const char *)data->initial,
                                                         (size_t)data->size, true));
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMAvailableExternallyLinkage);
}

static LLVMValueRef declare_data(lowerer *l, const nf_symbol_data *data)
{
    bool sized = data->kind == NF_SYMBOL_DATA;
    LLVMTypeRef type = LLVMArrayType2(lower_type(l, NF_I8), sized ? data->size : 0);
    LLVMValueRef global = LLVMAddGlobal(l->module, type, data->name);
    LLVMSetAlignment(global, sized ? 1u << data->align_log2 : 1);
    give_bytes(l, global, data);
    return global;
}

/* What a function promises of memory, as LLVM's number: none, or 01 (reads) for each of three kinds
 * of places. */
enum { MEMORY_NONE = 0, MEMORY_READ = 0x15 };

static LLVMValueRef declare_function(lowerer *l, const nf_symbol_data *symbol)
{
    static const char *const twice[] = {"setjmp", "_setjmp", "sigsetjmp", "__sigsetjmp", "vfork"};
    const LLVMAttributeIndex whole = (LLVMAttributeIndex)LLVMAttributeFunctionIndex;
    LLVMValueRef function =
        LLVMAddFunction(l->module, symbol->name, lower_signature(l, symbol->signature));
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
        if (strcmp(symbol->name, twice[i]) == 0)
            lower_attribute(l, function, whole, "returns_twice", 0);
    uint32_t attributes = symbol->func ? symbol->func->attributes : 0;
    if (attributes & (NF_ATTR_PURE | NF_ATTR_READONLY)) {
        lower_attribute(l, function, whole, "memory",
                        attributes & NF_ATTR_PURE ? MEMORY_NONE : MEMORY_READ);
        lower_attribute(l, function, whole, "willreturn", 0);
        lower_attribute(l, function, whole, "nounwind", 0);
    }
    return function;
}

LLVMValueRef lower_symbol(lowerer *l, nf_symbol symbol)
{
    static const char reserved[] = "llvm.";
    const nf_symbol_data *data = nf_symbol_at(l->f->module, symbol);
    LLVMValueRef declared = l->symbols[symbol.id];
    if (declared) return declared;
    if (strncmp(data->name, reserved, sizeof reserved - 1) == 0)
        lower_fail(l, NF_UNSUPPORTED, "LLVM keeps the name %s for itself", data->name);
    bool code = data->kind == NF_SYMBOL_FUNC || data->kind == NF_SYMBOL_EXTERN;
    declared = code ? declare_function(l, data) : declare_data(l, data);
    l->symbols[symbol.id] = declared;
    return declared;
}

void lower_locals(lowerer *l)
{
    for (uint32_t i = 1; i < l->f->locals.count; i++) {
        const nf_local_data *local = &l->f->locals.data[i];
        LLVMTypeRef type = LLVMArrayType2(lower_type(l, NF_I8), local->size);
        l->locals[i] = LLVMBuildAlloca(l->builder, type, "");
        LLVMSetAlignment(l->locals[i], 1u << local->align_log2);
    }
}

/* --- pointers --- */

static LLVMValueRef add_bytes(lowerer *l, LLVMValueRef pointer, LLVMValueRef bytes)
{
    return LLVMBuildGEP2(l->builder, lower_type(l, NF_I8), pointer, &bytes, 1, "");
}

static LLVMValueRef add_offset(lowerer *l, LLVMValueRef pointer, int64_t offset)
{
    return offset ? add_bytes(l, pointer, lower_number(l, NF_I64, offset)) : pointer;
}

static bool leads(const lowerer *l, nf_value operand, nf_value sum)
{
    nf_root a = l->alias.roots[operand.id], b = l->alias.roots[sum.id];
    return a.kind == b.kind && a.id == b.id && a.kind != NF_ROOT_NUMBER && a.kind != NF_ROOT_NONE;
}

static LLVMValueRef pointer_of(lowerer *l, nf_value v, unsigned depth);

/* Built anew at each use where it is a sum: its operands' pointers are, and LLVM finds equal ones. */
static LLVMValueRef pointer_of_sum(lowerer *l, nf_value v, const nf_inst *inst, unsigned depth)
{
    bool first = leads(l, inst->a, v);
    if (!first && !leads(l, inst->b, v)) return NULL;
    LLVMValueRef base = pointer_of(l, first ? inst->a : inst->b, depth + 1);
    return add_bytes(l, base, lower_value(l, first ? inst->b : inst->a));
}

static LLVMValueRef pointer_of(lowerer *l, nf_value v, unsigned depth)
{
    const nf_inst *inst = nf_inst_at(l->f, v);
    LLVMValueRef pointer = NULL;
    if (inst->op == NF_OP_LOCAL) return add_offset(l, l->locals[inst->extra], inst->imm);
    if (inst->op == NF_OP_SYMBOL)
        return add_offset(l, lower_symbol(l, (nf_symbol){inst->extra}), inst->imm);
    if (inst->op == NF_OP_ADD && depth < POINTER_DEPTH_MAX)
        pointer = pointer_of_sum(l, v, inst, depth);
    if (pointer) return pointer;
    return LLVMBuildIntToPtr(l->builder, lower_value(l, v), LLVMPointerTypeInContext(l->context, 0),
                             "");
}

static LLVMValueRef address_of(lowerer *l, const nf_inst *inst)
{
    bool masked = inst->op == NF_OP_MLOAD || inst->op == NF_OP_MSTORE;
    LLVMValueRef pointer = pointer_of(l, inst->a, 0);
    if (!masked && inst->b.id) {
        LLVMTypeRef unit = LLVMIntTypeInContext(l->context, 8u << inst->sub);
        LLVMValueRef index = lower_value(l, inst->b);
        pointer = LLVMBuildGEP2(l->builder, unit, pointer, &index, 1, "");
    }
    return add_offset(l, pointer, inst->imm);
}

/* --- overlaps --- */

static LLVMMetadataRef new_node(lowerer *l, LLVMMetadataRef parent)
{
    LLVMMetadataRef operands[2] = {NULL, parent};
    return nf_llvm_distinct_node(l->context, operands, parent ? 2 : 1);
}

static LLVMMetadataRef scope(lowerer *l, LLVMMetadataRef *domain, LLVMMetadataRef *place)
{
    if (*domain == NULL) *domain = new_node(l, NULL);
    if (*place == NULL) *place = new_node(l, *domain);
    return *place;
}

typedef struct scope_list {
    LLVMMetadataRef scopes[NF_ALIAS_MAX + NF_NOALIAS_PARAMS_MAX + 2];
    unsigned count;
} scope_list;

static void attach(lowerer *l, LLVMValueRef access, const char *kind, scope_list *list)
{
    if (list->count == 0) return;
    LLVMMetadataRef node = LLVMMDNodeInContext2(l->context, list->scopes, list->count);
    LLVMSetMetadata(access, LLVMGetMDKindIDInContext(l->context, kind, (unsigned)strlen(kind)),
                    LLVMMetadataAsValue(l->context, node));
}

static void list_classes(lowerer *l, unsigned class, scope_list *in, scope_list *apart)
{
    for (unsigned c = 1; class && c <= l->f->alias_classes; c++) {
        scope_list *list = c == class ? in : apart;
        list->scopes[list->count++] = scope(l, &l->class_domain, &l->class_scopes[c]);
    }
}

static void list_params(lowerer *l, nf_root root, scope_list *in, scope_list *apart)
{
    if (root.kind != NF_ROOT_NOALIAS && root.kind != NF_ROOT_PARAM) return;
    for (unsigned i = 0; i < NF_NOALIAS_PARAMS_MAX; i++) {
        if (!(l->f->noalias >> i & 1)) continue;
        bool own = root.kind == NF_ROOT_NOALIAS && root.id == i;
        scope_list *list = own ? in : apart;
        list->scopes[list->count++] = scope(l, &l->param_domain, &l->param_scopes[i]);
    }
}

static void say_overlaps(lowerer *l, const nf_inst *inst, LLVMValueRef access)
{
    scope_list in = {.count = 0}, apart = {.count = 0};
    list_classes(l, inst->mem.alias, &in, &apart);
    list_params(l, l->alias.roots[inst->a.id], &in, &apart);
    attach(l, access, "alias.scope", &in);
    attach(l, access, "noalias", &apart);
}

/* --- accesses --- */

static void set_flags(const nf_inst *inst, LLVMValueRef access)
{
    LLVMSetAlignment(access, 1u << inst->mem.align_log2);
    LLVMSetVolatile(access, inst->mem.flags & NF_MEM_VOLATILE);
    if (inst->mem.flags & NF_MEM_ATOMIC)
        LLVMSetOrdering(access, LLVMAtomicOrderingSequentiallyConsistent);
}

static LLVMValueRef load(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef access =
        LLVMBuildLoad2(l->builder, lower_type(l, inst->type), address_of(l, inst), "");
    set_flags(inst, access);
    say_overlaps(l, inst, access);
    bool local = l->alias.roots[inst->a.id].kind == NF_ROOT_LOCAL;
    return local ? LLVMBuildFreeze(l->builder, access, "") : access;
}

static LLVMValueRef store(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef access = LLVMBuildStore(l->builder, lower_value(l, inst->c), address_of(l, inst));
    set_flags(inst, access);
    say_overlaps(l, inst, access);
    return access;
}

static LLVMValueRef masked(lowerer *l, const nf_inst *inst)
{
    LLVMTypeRef types[] = {lower_type(l, inst->type), LLVMPointerTypeInContext(l->context, 0)};
    LLVMValueRef align = lower_number(l, NF_I32, 1 << inst->mem.align_log2);
    LLVMValueRef address = address_of(l, inst), mask = lower_mask(l, inst->b), access;
    if (inst->op == NF_OP_MLOAD) {
        LLVMValueRef args[] = {address, align, mask, LLVMConstNull(types[0])};
        access = lower_intrinsic(l, "llvm.masked.load", types, 2, args, 4);
    } else {
        LLVMValueRef args[] = {lower_value(l, inst->c), address, align, mask};
        access = lower_intrinsic(l, "llvm.masked.store", types, 2, args, 4);
    }
    say_overlaps(l, inst, access);
    return access;
}

LLVMValueRef lower_memory(lowerer *l, const nf_inst *inst)
{
    LLVMValueRef base;
    switch (inst->op) {
    case NF_OP_LOAD: return load(l, inst);
    case NF_OP_STORE: return store(l, inst);
    case NF_OP_MLOAD:
    case NF_OP_MSTORE: return masked(l, inst);
    case NF_OP_LOCAL: base = l->locals[inst->extra]; break;
    case NF_OP_SYMBOL: base = lower_symbol(l, (nf_symbol){inst->extra}); break;
    default: return NULL;
    }
    return LLVMBuildPtrToInt(l->builder, add_offset(l, base, inst->imm), lower_type(l, NF_I64), "");
}

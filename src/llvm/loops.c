/*
 * Loop metadata: how LLVM is told to interleave, unroll and fold tails without its command line.
 *
 * A loop's metadata hangs on the branches that go back to its header. Those are found by a walk in
 * depth: a branch to a block that the walk is still in goes back. All branches to one header get
 * the same node, which is what LLVM takes for the loop's. What a loop says already (a pragma) wins;
 * so does what LLVM finds unsound or useless. But a ban on unrolling goes, for clang puts it on every
 * loop when it is told to leave the unrolling to us (-fno-unroll-loops).
 *
 *     br i1 %again, label %header, label %exit, !llvm.loop !0
 *     !0 = distinct !{!0, !1}      !1 = !{!"llvm.loop.interleave.count", i32 4}
 *
 * LLVM's language reference, 'llvm.loop'.
 */
#include "loops.h"

#include <string.h>
#include "base/map.h"
#include "metadata.h"
#include "os/os.h"

enum { HINTS_MAX = 4, OPERANDS_MAX = 32 };

/* Of a block in the walk. */
enum { ENTERED = 1, LEFT = 2 };

typedef struct marker {
    LLVMContextRef context;
    nf_arena arena;
    unsigned kind; /* of llvm.loop */
    LLVMMetadataRef hints[HINTS_MAX];
    const char *names[HINTS_MAX];
    unsigned hint_count;
    nf_map states; /* of blocks */
    nf_map nodes;  /* by header */
} marker;

/* --- nodes --- */

static LLVMMetadataRef text(marker *m, const char *name)
{
    return LLVMMDStringInContext2(m->context, name, strlen(name));
}

static void hint(marker *m, const char *name, LLVMTypeRef type, unsigned value)
{
    LLVMMetadataRef pair[] = {text(m, name), LLVMValueAsMetadata(LLVMConstInt(type, value, false))};
    m->names[m->hint_count] = name;
    m->hints[m->hint_count++] = LLVMMDNodeInContext2(m->context, pair, 2);
}

static void hints_make(marker *m, const nf_llvm_options *options)
{
    LLVMTypeRef i32 = LLVMInt32TypeInContext(m->context), i1 = LLVMInt1TypeInContext(m->context);
    if (options->interleave) hint(m, "llvm.loop.interleave.count", i32, options->interleave);
    if (options->unroll > 1) hint(m, "llvm.loop.unroll.count", i32, options->unroll);
    if (options->tail_folding) hint(m, "llvm.loop.vectorize.predicate.enable", i1, 1);
}

/* What a loop's operand says: "llvm.loop.mustprogress"; NULL when it is something else. */
static const char *words_of(LLVMValueRef operand, unsigned *length)
{
    LLVMValueRef words[OPERANDS_MAX]; /* all are written */
    if (operand == NULL || !LLVMIsAMDNode(operand)) return NULL;
    unsigned count = LLVMGetMDNodeNumOperands(operand);
    if (count == 0 || count > OPERANDS_MAX) return NULL;
    LLVMGetMDNodeOperands(operand, words);
    return words[0] ? LLVMGetMDString(words[0], length) : NULL;
}

static bool forbids_unrolling(LLVMValueRef operand)
{
    static const char disable[] = "llvm.loop.unroll.disable";
    unsigned length;
    const char *words = words_of(operand, &length);
    return words && length == sizeof disable - 1 && memcmp(words, disable, length) == 0;
}

/* "llvm.loop.unroll.count" and "llvm.loop.unroll.full" are of one family. */
static bool same_family(const char *a, size_t a_length, const char *b)
{
    const char *end = strrchr(b, '.');
    size_t length = (size_t)(end - b);
    return a_length > length && memcmp(a, b, length) == 0;
}

/* Whether one of the loop's own operands speaks of what the hint does. */
static bool spoken_of(const LLVMValueRef *operands, unsigned count, const char *name)
{
    for (unsigned i = 1; i < count; i++) {
        unsigned length;
        const char *words = words_of(operands[i], &length);
        if (words && !forbids_unrolling(operands[i]) && same_family(words, length, name))
            return true;
    }
    return false;
}

/* The node for a loop that had this one, or none; NULL when it shall stay as it is. */
static LLVMMetadataRef node_with_hints(marker *m, LLVMValueRef old)
{
    LLVMValueRef had[OPERANDS_MAX];
    LLVMMetadataRef operands[OPERANDS_MAX + HINTS_MAX];
    unsigned had_count = old ? LLVMGetMDNodeNumOperands(old) : 0, count = 1;
    if (had_count > OPERANDS_MAX) return NULL;
    if (old) LLVMGetMDNodeOperands(old, had);
    for (unsigned i = 1; i < had_count; i++) {
        if (had[i] == NULL) return NULL;
        if (!forbids_unrolling(had[i])) operands[count++] = LLVMValueAsMetadata(had[i]);
    }
    bool changed = old && count != had_count;
    for (unsigned i = 0; i < m->hint_count; i++) {
        if (spoken_of(had, had_count, m->names[i])) continue;
        operands[count++] = m->hints[i];
        changed = true;
    }
    return changed ? nf_llvm_distinct_node(m->context, operands, count) : NULL;
}

static void mark_branch(marker *m, LLVMValueRef branch, LLVMBasicBlockRef header)
{
    uint64_t known = 0;
    if (!nf_map_get(&m->nodes, (uintptr_t)header, &known)) {
        known = (uintptr_t)node_with_hints(m, LLVMGetMetadata(branch, m->kind));
        nf_map_put(&m->nodes, (uintptr_t)header, known);
    }
    if (known == 0) return;
    LLVMMetadataRef node = (LLVMMetadataRef)(uintptr_t)known;
    LLVMSetMetadata(branch, m->kind, LLVMMetadataAsValue(m->context, node));
}

/* --- the walk --- */

typedef struct visit {
    LLVMValueRef terminator;
    unsigned next; /* successor */
} visit;

static uint64_t state_of(const marker *m, LLVMBasicBlockRef block)
{
    uint64_t state = 0;
    nf_map_get(&m->states, (uintptr_t)block, &state);
    return state;
}

static visit enter(marker *m, LLVMBasicBlockRef block)
{
    nf_map_put(&m->states, (uintptr_t)block, ENTERED);
    return (visit){LLVMGetBasicBlockTerminator(block), 0};
}

static void mark_function(marker *m, LLVMValueRef function)
{
    unsigned depth = 0;
    visit *stack = NF_NEW_ARRAY(&m->arena, visit, LLVMCountBasicBlocks(function));
    if (stack == NULL) return;
    nf_map_init(&m->states, &m->arena);
    nf_map_init(&m->nodes, &m->arena);
    stack[depth++] = enter(m, LLVMGetEntryBasicBlock(function));
    while (depth) {
        visit *top = &stack[depth - 1];
        if (top->next == LLVMGetNumSuccessors(top->terminator)) {
            nf_map_put(&m->states, (uintptr_t)LLVMGetInstructionParent(top->terminator), LEFT);
            depth--;
            continue;
        }
        LLVMBasicBlockRef to = LLVMGetSuccessor(top->terminator, top->next++);
        uint64_t state = state_of(m, to);
        if (state == ENTERED && LLVMIsABranchInst(top->terminator))
            mark_branch(m, top->terminator, to);
        else if (state == 0)
            stack[depth++] = enter(m, to);
    }
}

void nf_llvm_loops_mark(LLVMModuleRef module, const nf_llvm_options *options)
{
    static const char loop[] = "llvm.loop";
    marker m = {.context = LLVMGetModuleContext(module)};
    m.kind = LLVMGetMDKindIDInContext(m.context, loop, sizeof loop - 1);
    hints_make(&m, options);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        if (LLVMIsDeclaration(f)) continue;
        nf_arena_init(&m.arena, nf_os_allocator());
        mark_function(&m, f);
        nf_arena_free(&m.arena);
    }
}

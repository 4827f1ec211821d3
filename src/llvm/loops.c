/*
 * Loop metadata: how LLVM is told to unroll and fold tails without its command line.
 *
 * A loop's metadata hangs on the branches that go back to its header. Those are found by a walk in
 * depth: a branch to a block that the walk is still in goes back. All branches to one header get
 * the same node, which is what LLVM takes for the loop's. What a loop says already (a pragma) wins;
 * so does what LLVM finds unsound or useless. But a ban on unrolling goes, for clang puts it on every
 * loop when it is told to leave the unrolling to us (-fno-unroll-loops).
 *
 * Only innermost loops get hints: an unroll count on a whole nest multiplies, and LLVM takes seconds.
 * None says how often to interleave: LLVM 19 takes such a count for a promise that it may, and
 * p[i + 2] = f(p[i]) by two vectors of two comes out wrong. That is left to the vectoriser's options.
 *
 *     br i1 %again, label %header, label %exit, !llvm.loop !0
 *     !0 = distinct !{!0, !1}      !1 = !{!"llvm.loop.unroll.count", i32 4}
 *
 * LLVM's language reference, 'llvm.loop'.
 */
#include "loops.h"

#include <string.h>
#include "base/map.h"
#include "base/vec.h"
#include "metadata.h"
#include "os/os.h"

enum {
    HINTS_MAX = 4,
    OPERANDS_MAX = 32,
    HINTED_INSTRUCTIONS_MAX = 2000, /* of a function; what is larger takes LLVM long enough */
};

/* Of a block in the walk. */
enum { ENTERED = 1, LEFT = 2 };

/* From block to block; back: to a block that the walk was still in. */
typedef struct edge {
    LLVMBasicBlockRef from, to;
    bool back;
} edge;

typedef struct marker {
    LLVMContextRef context;
    nf_arena arena;
    unsigned kind; /* of llvm.loop */
    LLVMMetadataRef hints[HINTS_MAX];
    const char *names[HINTS_MAX];
    unsigned hint_count;
    bool small; /* the function at hand may have hints */
    NF_VEC(edge) edges;
    nf_map states;  /* of blocks */
    nf_map headers; /* a set */
    nf_map nodes;   /* by header */
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
static LLVMMetadataRef node_with_hints(marker *m, LLVMValueRef old, bool hinted)
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
    for (unsigned i = 0; hinted && i < m->hint_count; i++) {
        if (spoken_of(had, had_count, m->names[i])) continue;
        operands[count++] = m->hints[i];
        changed = true;
    }
    return changed ? nf_llvm_distinct_node(m->context, operands, count) : NULL;
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

static bool push_edge(marker *m, LLVMValueRef from, LLVMBasicBlockRef to, bool back)
{
    edge e = {LLVMGetInstructionParent(from), to, back};
    if (back) nf_map_put(&m->headers, (uintptr_t)to, 0);
    return NF_VEC_PUSH(&m->arena, &m->edges, e);
}

/* Collects the edges, and which of them go back. False when memory is out. */
static bool walk(marker *m, LLVMValueRef function)
{
    unsigned depth = 0;
    visit *stack = NF_NEW_ARRAY(&m->arena, visit, LLVMCountBasicBlocks(function));
    if (stack == NULL) return false;
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
        if (!push_edge(m, top->terminator, to, state == ENTERED)) return false;
        if (state == 0) stack[depth++] = enter(m, to);
    }
    return true;
}

/* --- loops --- */

/* Whether a loop to this header lies in no other header's way back: the blocks from which its
 * latches are reached, up to the header, have no other header among them. Edges are looked through
 * until nothing is added; they are in the order of a walk in depth, so from behind that is soon. */
static bool is_innermost(marker *m, LLVMBasicBlockRef header)
{
    nf_map inside;
    bool added = true;
    nf_map_init(&inside, &m->arena);
    nf_map_put(&inside, (uintptr_t)header, 0);
    while (added) {
        added = false;
        for (uint32_t i = m->edges.count; i-- > 0;) {
            const edge *e = &m->edges.data[i];
            bool leads_in = e->back
                                ? e->to == header
                                : e->to != header && nf_map_get(&inside, (uintptr_t)e->to, NULL);
            if (!leads_in || nf_map_get(&inside, (uintptr_t)e->from, NULL)) continue;
            if (nf_map_get(&m->headers, (uintptr_t)e->from, NULL)) return false;
            nf_map_put(&inside, (uintptr_t)e->from, 0);
            added = true;
        }
    }
    return true;
}

static LLVMMetadataRef node_for(marker *m, LLVMBasicBlockRef header, LLVMValueRef old)
{
    uint64_t known = 0;
    if (!nf_map_get(&m->nodes, (uintptr_t)header, &known)) {
        known = (uintptr_t)node_with_hints(m, old, m->small && is_innermost(m, header));
        nf_map_put(&m->nodes, (uintptr_t)header, known);
    }
    return (LLVMMetadataRef)(uintptr_t)known;
}

static bool is_small(LLVMValueRef function)
{
    unsigned count = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            if (++count > HINTED_INSTRUCTIONS_MAX) return false;
    return true;
}

static void mark_function(marker *m, LLVMValueRef function)
{
    m->small = is_small(function);
    nf_map_init(&m->states, &m->arena);
    nf_map_init(&m->nodes, &m->arena);
    nf_map_init(&m->headers, &m->arena);
    if (!walk(m, function)) return;
    for (uint32_t i = 0; i < m->edges.count; i++) {
        const edge *e = &m->edges.data[i];
        LLVMValueRef branch = LLVMGetBasicBlockTerminator(e->from);
        if (!e->back || !LLVMIsABranchInst(branch)) continue;
        LLVMMetadataRef node = node_for(m, e->to, LLVMGetMetadata(branch, m->kind));
        if (node) LLVMSetMetadata(branch, m->kind, LLVMMetadataAsValue(m->context, node));
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
        __builtin_memset(&m.edges, 0, sizeof m.edges);
        mark_function(&m, f);
        nf_arena_free(&m.arena);
    }
}

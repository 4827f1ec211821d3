/*
 * From an address of the guest to the graph of instructions that is compiled for it.
 *
 * Instructions are found breadth first along every way that control may take, so the graph is right
 * whatever it is cut down to: what is not in it is reached by leaving the region. A node is an
 * instruction in a context, that is the chain of calls from which the region would return; so a
 * subroutine is copied to each of its callers, and its return goes to one known place, behind one
 * comparison.
 *
 * If the entry lies in a loop, the region is all that the entry reaches and that reaches the entry:
 * the nest of loops around it, with the calls in it. Ways out of the loops are left out, because
 * they are taken once. If it lies in none, the region is the first instructions that it reaches, up
 * to where others have a region.
 *
 *     x3000 LD   R1 ─┐  entry x3001:            region: x3001 to x3004,
 *     x3001 ADD  R2  │  x3001 ◄──────┐                  a way back from x3004
 *     x3002 STR  R2  │    │          │
 *     x3003 ADD  R1  │    ▼          │
 *     x3004 BRp  x3001  x3004 ───────┘──► x3005 (outside)
 *
 * A loop that gets hot is mostly an inner one. The region is then begun at the head of the nest, so
 * that its loops are loops in loops for the passes, too; and only when that did not help, because
 * the inner loop goes on, is there one for the inner loop by itself, which goes on in the other.
 *
 * Then the nodes are put in reverse postorder. An edge that does not go forward in this order is a
 * way back: every cycle has one, in irreducible graphs too. Lengths are those of the longest ways
 * along forward edges.
 */
#include "vm_internal.h"

typedef struct finder {
    nf_vm_graph *graph;
    nf_map index; /* from pc and context to node */
    uint32_t limit;
} finder;

enum { CONTEXT_SHIFT = 48 };

static nf_vm_node *node_at(const nf_vm_graph *graph, uint32_t node)
{
    return &graph->nodes.data[node];
}

/* --- finding instructions --------------------------------------------------------------------- */

/* A nest of loops around the entry has a region of its own, which begins at pc: then this one is
 * for what is inside, and goes on there. */
static bool is_outer(const finder *f, uint64_t pc, uint32_t context)
{
    const nf_vm_graph *graph = f->graph;
    if (context != 0 || graph->nodes.count == 0) return false;
    return nf_vm_cache_covers(graph->vm, graph->mode, pc, node_at(graph, 0)->inst.pc);
}

/* NO_NODE: there are enough. */
static uint32_t node_find(finder *f, uint64_t pc, uint32_t context)
{
    nf_vm_graph *graph = f->graph;
    uint64_t key = pc ^ (uint64_t)context << CONTEXT_SHIFT, found;
    if (nf_map_get(&f->index, key, &found)) {
        const nf_vm_node *node = node_at(graph, (uint32_t)found);
        return node->inst.pc == pc && node->context == context ? (uint32_t)found : NF_VM_NO_NODE;
    }
    if (graph->nodes.count >= f->limit || is_outer(f, pc, context)) return NF_VM_NO_NODE;
    nf_vm_node node = {.context = context, .succ = {NF_VM_NO_NODE, NF_VM_NO_NODE}};
    graph->vm->guest->decode(graph->vm->state, graph->mode, pc, &node.inst);
    nf_map_put(&f->index, key, graph->nodes.count);
    if (!NF_VEC_PUSH(graph->arena, &graph->nodes, node)) return NF_VM_NO_NODE;
    return graph->nodes.count - 1;
}

/* A context for what is called from here; 0, which is no such context, when calls are nested too
 * deep, or recursive. */
static uint32_t context_make(nf_vm_graph *graph, uint32_t caller, uint64_t return_pc)
{
    const nf_vm_context *contexts = graph->contexts.data;
    if (contexts[caller].depth == NF_VM_CALL_DEPTH_MAX) return 0;
    for (uint32_t c = caller; c != 0; c = contexts[c].caller)
        if (contexts[c].return_pc == return_pc) return 0;
    for (uint32_t c = 1; c < graph->contexts.count; c++)
        if (contexts[c].caller == caller && contexts[c].return_pc == return_pc) return c;
    nf_vm_context made = {caller, contexts[caller].depth + 1, return_pc};
    return NF_VEC_PUSH(graph->arena, &graph->contexts, made) ? graph->contexts.count - 1 : 0;
}

static uint32_t called_find(finder *f, uint32_t caller, uint64_t target, uint64_t return_pc)
{
    uint32_t context = context_make(f->graph, caller, return_pc);
    return context ? node_find(f, target, context) : NF_VM_NO_NODE;
}

static uint32_t returned_find(finder *f, uint32_t context)
{
    nf_vm_context from = f->graph->contexts.data[context];
    return context ? node_find(f, from.return_pc, from.caller) : NF_VM_NO_NODE;
}

static void successors_find(finder *f, uint32_t node)
{
    nf_vm_graph *graph = f->graph;
    nf_vm_inst inst = node_at(graph, node)->inst;
    uint32_t context = node_at(graph, node)->context;
    uint32_t first = NF_VM_NO_NODE, second = NF_VM_NO_NODE;
    if (graph->vm->config.single_blocks && inst.flow != NF_VM_NEXT) return;
    switch (inst.flow) {
    case NF_VM_NEXT: first = node_find(f, inst.next, context); break;
    case NF_VM_BRANCH:
        first = node_find(f, inst.next, context);
        second = node_find(f, inst.target, context);
        break;
    case NF_VM_JUMP: first = node_find(f, inst.target, context); break;
    case NF_VM_CALL: first = called_find(f, context, inst.target, inst.next); break;
    case NF_VM_INDIRECT: first = returned_find(f, context); break;
    case NF_VM_CALL_INDIRECT:
    case NF_VM_HELP: break;
    }
    node_at(graph, node)->succ[0] = first;
    node_at(graph, node)->succ[1] = second;
}

/* --- what stays ------------------------------------------------------------------------------- */

/* Spreads `reaches` backwards until nothing changes; nearly always two rounds, for nodes lie in the
 * order in which they were found. */
static void reaching_mark(nf_vm_graph *graph)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (uint32_t n = graph->nodes.count; n-- > 0;) {
            nf_vm_node *node = node_at(graph, n);
            for (unsigned s = 0; s < 2 && !node->reaches; s++) {
                uint32_t to = node->succ[s];
                if (to == NF_VM_NO_NODE) continue;
                node->reaches = to == 0 || node_at(graph, to)->reaches;
                changed |= node->reaches;
            }
        }
    }
}

static bool stays_in_straight(const nf_vm_graph *graph, uint32_t n)
{
    const nf_vm_node *node = node_at(graph, n);
    return n < NF_VM_STRAIGHT_NODES_MAX &&
           (n == 0 || nf_vm_cache_find(graph->vm, graph->mode, node->inst.pc) == NULL);
}

static void others_cut(nf_vm_graph *graph)
{
    bool loops = node_at(graph, 0)->reaches;
    for (uint32_t n = 0; n < graph->nodes.count; n++) {
        nf_vm_node *node = node_at(graph, n);
        for (unsigned s = 0; s < 2; s++) {
            uint32_t to = node->succ[s];
            if (to == NF_VM_NO_NODE) continue;
            bool stays = loops ? node_at(graph, to)->reaches : stays_in_straight(graph, to);
            if (!stays && node_at(graph, to)->inst.flow != NF_VM_HELP)
                node->succ[s] = NF_VM_NO_NODE;
        }
    }
}

/* --- order ------------------------------------------------------------------------------------ */

typedef struct walk_step {
    uint32_t node;
    int succ; /* which comes next */
} walk_step;

/* Depth first, branches' targets before what is behind the branch, so that this comes right behind
 * it in the reverse order. Fills graph->order from its end. */
static bool order_make(nf_vm_graph *graph)
{
    uint32_t count = graph->nodes.count, depth = 0, place = count;
    walk_step *stack = NF_NEW_ARRAY(graph->arena, walk_step, count);
    bool *seen = NF_NEW_ARRAY(graph->arena, bool, count);
    uint32_t *order = NF_NEW_ARRAY(graph->arena, uint32_t, count);
    if (stack == NULL || seen == NULL || order == NULL) return false;
    stack[depth++] = (walk_step){0, 1};
    seen[0] = true;
    while (depth > 0) {
        walk_step *top = &stack[depth - 1];
        if (top->succ < 0) {
            order[--place] = top->node;
            depth--;
            continue;
        }
        uint32_t to = node_at(graph, top->node)->succ[top->succ--];
        if (to == NF_VM_NO_NODE || node_at(graph, to)->inst.flow == NF_VM_HELP) continue;
        node_at(graph, to)->pred_count++;
        if (seen[to]) continue;
        seen[to] = true;
        stack[depth++] = (walk_step){to, 1};
    }
    graph->order = order + place;
    graph->order_count = count - place;
    for (uint32_t i = 0; i < graph->order_count; i++)
        node_at(graph, graph->order[i])->order = i + 1;
    return true;
}

static void lengths_find(nf_vm_graph *graph)
{
    for (uint32_t i = graph->order_count; i-- > 0;) {
        nf_vm_node *node = node_at(graph, graph->order[i]);
        graph->writes |= node->inst.writes;
        node->length = 1;
        for (unsigned s = 0; s < 2; s++) {
            if (!nf_vm_is_inside(graph, node->succ[s])) continue;
            const nf_vm_node *to = node_at(graph, node->succ[s]);
            if (!nf_vm_goes_back(node, to) && node->length < to->length + 1)
                node->length = to->length + 1;
        }
    }
}

/* The lowest address of a nest of loops is where it is entered, in code as people and compilers
 * write it. */
static void head_find(nf_vm_graph *graph)
{
    graph->head = node_at(graph, 0)->inst.pc;
    for (uint32_t i = 0; i < graph->order_count && node_at(graph, 0)->reaches; i++) {
        const nf_vm_node *node = node_at(graph, graph->order[i]);
        if (node->context == 0 && node->inst.pc < graph->head) graph->head = node->inst.pc;
    }
}

nf_status nf_vm_graph_make(nf_vm *vm, uint32_t mode, uint64_t pc, nf_arena *arena,
                           nf_vm_graph *graph, nf_error *error)
{
    *graph = (nf_vm_graph){.vm = vm, .arena = arena, .mode = mode};
    finder f = {.graph = graph, .limit = NF_VM_NODES_MAX};
    nf_map_init(&f.index, arena);
    NF_VEC_PUSH(arena, &graph->contexts, (nf_vm_context){0});
    node_find(&f, pc, 0);
    for (uint32_t n = 0; n < graph->nodes.count && !arena->failed; n++) successors_find(&f, n);
    if (arena->failed) return nf_fail(error, NF_MEMORY, "no memory for a region");
    if (node_at(graph, 0)->inst.flow == NF_VM_HELP)
        return nf_fail(error, NF_UNSUPPORTED, "the first instruction is not compiled");
    reaching_mark(graph);
    others_cut(graph);
    if (!order_make(graph)) return nf_fail(error, NF_MEMORY, "no memory for a region");
    lengths_find(graph);
    head_find(graph);
    return NF_OK;
}

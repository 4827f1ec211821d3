/*
 * Which accesses of a region need no check of their own, because one at its entry suffices.
 *
 * A loop mostly reaches memory through variables that it leaves alone, or leaves as it found them: a
 * pointer to a record, a stack pointer that subroutines push and pop. Wherever the address of an
 * access is what a variable was at the region's entry and a number, or a number alone, its checks
 * can be done there, together with those of all accesses by the same variable. In the loop is then
 * nothing left of them, and no way out on which the registers of that place are alive.
 *
 *     loop:  ADD R6, R6, #-1                 entry: R6 - 1 is plain memory, and nothing is
 *            STR R7, R6, #0                         derived from the word there
 *            LDR R0, R5, #2                         R5 + 2 is plain memory
 *            ADD R6, R6, #1
 *            BRnzp loop
 *
 * This takes more for granted than the program does, which may never execute one of these
 * instructions; so a region whose guards fail is made again without them (vm.c).
 *
 * Origins are found by data flow over the graph: for each variable in front of each node, the sum
 * that it is of the variables at the entry. Where ways meet with different sums, it is unknown. A
 * sum changes at most twice, so a few rounds in reverse postorder suffice.
 */
#include "vm_internal.h"

enum {
    GUARDS_MAX = 8,
    WRITES_MAX = 16, /* of a guard */
    DISTANCE_MAX = 256,
};

typedef struct origins {
    nf_vm_graph *graph;
    uint32_t var_count;
    nf_vm_sum *sums; /* by node and variable, in front of the node */
    bool *visited;
} origins;

static nf_vm_sum *sums_of(const origins *o, uint32_t node)
{
    return o->sums + (size_t)node * o->var_count;
}

/* A sum of variables in front of a node, as one of those at the entry. */
static nf_vm_sum resolve(const nf_vm_sum *sums, nf_vm_sum sum)
{
    if (sum.var >= NF_VM_CONSTANT) return sum;
    nf_vm_sum root = sums[sum.var];
    if (root.var == NF_VM_UNKNOWN) return root;
    root.addend += sum.addend;
    if (root.addend > DISTANCE_MAX || root.addend < -DISTANCE_MAX)
        if (root.var != NF_VM_CONSTANT) root.var = NF_VM_UNKNOWN;
    return root;
}

/* The sums behind a node. */
static void node_pass(const origins *o, uint32_t node, nf_vm_sum *after)
{
    const nf_vm_inst *inst = &o->graph->nodes.data[node].inst;
    const nf_vm_sum *before = sums_of(o, node);
    for (uint32_t v = 0; v < o->var_count; v++) {
        after[v] = before[v];
        if (inst->writes >> v & 1) after[v].var = NF_VM_UNKNOWN;
    }
    if (inst->writes >> inst->result & 1) after[inst->result] = resolve(before, inst->sum);
}

static bool is_equal(nf_vm_sum a, nf_vm_sum b)
{
    return a.var == b.var && (a.var == NF_VM_UNKNOWN || a.addend == b.addend);
}

/* True when something has changed. */
static bool sums_meet(const origins *o, uint32_t to, const nf_vm_sum *after)
{
    nf_vm_sum *sums = sums_of(o, to);
    bool changed = !o->visited[to];
    for (uint32_t v = 0; v < o->var_count; v++) {
        if (!o->visited[to]) {
            sums[v] = after[v];
        } else if (!is_equal(sums[v], after[v]) && sums[v].var != NF_VM_UNKNOWN) {
            sums[v].var = NF_VM_UNKNOWN;
            changed = true;
        }
    }
    o->visited[to] = true;
    return changed;
}

static void origins_find(const origins *o)
{
    const nf_vm_graph *graph = o->graph;
    nf_vm_sum after[NF_VM_VARS_MAX];
    for (uint32_t v = 0; v < o->var_count; v++) sums_of(o, 0)[v] = (nf_vm_sum){(uint8_t)v, 0};
    o->visited[0] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < graph->order_count; i++) {
            const nf_vm_node *node = &graph->nodes.data[graph->order[i]];
            node_pass(o, graph->order[i], after);
            for (unsigned s = 0; s < 2; s++)
                if (nf_vm_is_inside(graph, node->succ[s]))
                    changed |= sums_meet(o, node->succ[s], after);
        }
    }
}

/* --- guards ----------------------------------------------------------------------------------- */

/* From 1, as nf_vm_node has it; 0: there are enough, or no memory. */
static uint32_t guard_find(nf_vm_graph *graph, nf_vm_sum root)
{
    for (uint32_t i = 0; i < graph->guards.count; i++)
        if (graph->guards.data[i].root.var == root.var) return i + 1;
    if (graph->guards.count == GUARDS_MAX) return 0;
    nf_vm_guard guard = {.root = {root.var, 0},
                         .min = root.addend,
                         .max = root.addend,
                         .writes = NF_NEW_ARRAY(graph->arena, int32_t, WRITES_MAX)};
    if (guard.writes == NULL || !NF_VEC_PUSH(graph->arena, &graph->guards, guard)) return 0;
    return graph->guards.count;
}

/* False: there are enough. */
static bool write_add(nf_vm_guard *guard, int32_t distance)
{
    int32_t *writes = (int32_t *)guard->writes;
    for (uint32_t i = 0; i < guard->write_count; i++)
        if (writes[i] == distance) return true;
    if (guard->write_count == WRITES_MAX) return false;
    writes[guard->write_count++] = distance;
    return true;
}

static void access_guard(nf_vm_graph *graph, nf_vm_node *node, nf_vm_sum root)
{
    uint32_t index = guard_find(graph, root);
    if (index == 0) return;
    nf_vm_guard *guard = &graph->guards.data[index - 1];
    if (node->inst.access == NF_VM_WRITE && !write_add(guard, root.addend)) return;
    if (guard->min > root.addend) guard->min = root.addend;
    if (guard->max < root.addend) guard->max = root.addend;
    node->guard = index;
    node->distance = root.addend;
}

void nf_vm_graph_guard(nf_vm_graph *graph)
{
    if (!graph->nodes.data[0].reaches) return; /* no loop: nothing is checked twice */
    uint32_t vars = graph->vm->guest->var_count, nodes = graph->nodes.count;
    origins o = {graph, vars, NF_NEW_ARRAY(graph->arena, nf_vm_sum, (size_t)nodes * vars),
                 NF_NEW_ARRAY(graph->arena, bool, nodes)};
    if (o.sums == NULL || o.visited == NULL) return;
    origins_find(&o);
    for (uint32_t i = 0; i < graph->order_count; i++) {
        nf_vm_node *node = &graph->nodes.data[graph->order[i]];
        if (node->inst.access != NF_VM_READ && node->inst.access != NF_VM_WRITE) continue;
        nf_vm_sum root = resolve(sums_of(&o, graph->order[i]), node->inst.address);
        if (root.var != NF_VM_UNKNOWN) access_guard(graph, node, root);
    }
}

/*
 * Short lines around which a branch goes, as part of the line that it is in.
 *
 * A branch that skips some instructions, and that goes this way and that without a pattern, costs
 * more than the instructions. So they are executed whether it is taken or not, and what they did is
 * taken back: variables are selected by the branch's condition, and so are words that are stored,
 * between the new one and the one that is there.
 *
 *     BRnz L               %skip = icmp.sle ...
 *     STR  R4, R1, #0      %old = load [%r1]; store [%r1], select(%skip, %old, %r4)
 *     ADD  R4, R3, #0
 *  L: ...                  %r4' = select(%skip, %r4, %r3)
 *
 * (To select the address instead is slower: loads behind it wait until it is known.)
 *
 * Whether this pays depends on how well the branch is predicted, which nobody knows beforehand; so
 * it is a way to compile a region that races against the other (race.c). Only lines of plain
 * instructions are taken, which nothing else leads into, and whose stores go by variables that the
 * line leaves alone: their checks are done in front of the branch.
 */
#include "vm_internal.h"

/* written: variables, by the line so far. */
static bool is_side(const nf_vm_graph *graph, uint32_t n, const nf_vm_node *before,
                    uint64_t written)
{
    if (!nf_vm_is_inside(graph, n)) return false;
    const nf_vm_node *node = &graph->nodes.data[n];
    uint8_t base = node->inst.address.var;
    if (node->inst.access == NF_VM_ODD_ACCESS) return false;
    if (node->inst.access == NF_VM_WRITE && base != NF_VM_CONSTANT && written >> base & 1)
        return false;
    return node->pred_count == 1 && node->inst.flow == NF_VM_NEXT && !nf_vm_goes_back(before, node);
}

/* How many instructions the branch skips; 0: not a short line that leads to its target. */
static uint32_t side_length(const nf_vm_graph *graph, const nf_vm_node *branch)
{
    const nf_vm_node *node = branch;
    uint32_t target = branch->succ[1], n = branch->succ[0], length = 0;
    uint64_t written = 0;
    if (branch->inst.flow != NF_VM_BRANCH || !nf_vm_is_inside(graph, target) ||
        nf_vm_goes_back(branch, &graph->nodes.data[target]))
        return 0;
    while (n != target) {
        if (length == NF_VM_SIDE_MAX || !is_side(graph, n, node, written)) return 0;
        node = &graph->nodes.data[n];
        written |= node->inst.writes;
        n = node->succ[0];
        length++;
    }
    return nf_vm_goes_back(node, &graph->nodes.data[target]) ? 0 : length;
}

uint32_t nf_vm_graph_flatten(nf_vm_graph *graph)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        nf_vm_node *branch = &graph->nodes.data[graph->order[i]];
        branch->side = side_length(graph, branch);
        if (branch->side == 0) continue;
        for (uint32_t n = branch->succ[0]; n != branch->succ[1]; n = graph->nodes.data[n].succ[0])
            graph->nodes.data[n].is_side = true;
        graph->nodes.data[branch->succ[1]].pred_count--;
        count++;
    }
    return count;
}

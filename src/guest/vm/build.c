/*
 * From a region's graph to NIR.
 *
 * Nodes are visited in reverse postorder. Each has a state: the block where its code goes, the
 * guest's variables as values, and the budget, which is a value and a number of instructions that
 * were executed since that value was true. A node with one way in inherits the state of the node
 * before; where ways meet, a block with parameters begins: one for each variable that any
 * instruction of the region writes, and the budget. So counting costs nothing along a line of code
 * and one subtraction where lines meet:
 *
 *     loop(%b, %r1, %condition):          x3001  ADD R1, R1, #-1
 *       %x = add.i16 %r1, -1              x3002  BRp x3001
 *       %c = icmp.sgt.i16 %x, 0
 *       brif %c, back, out
 *     back:
 *       %left = add.i64 %b, -2
 *       %few = icmp.slt.i64 %left, 2      two instructions to the next check
 *       brif %few, stop, loop(%left, %x, %x)
 *
 * Every way out is a block of its own, behind the others: it stores the variables that are not what
 * was loaded at the entry, and the PC. One that knows no reason but that the region ends goes on in
 * the next region by a tail call: by a direct jump that is linked (link.c) where the address is
 * known, else to what it looks up.
 *
 * Condition codes are whatever variable the guest makes of them; what nobody reads, T2 removes.
 */
#include "vm_internal.h"
#include "base/text.h"

typedef struct node_state {
    nf_block block;
    nf_value budget;
    uint32_t spent;
    nf_value *values; /* by variable */
} node_state;

typedef struct builder {
    nf_vm_build public; /* first: translators get its address */
    const nf_vm_graph *graph;
    nf_vm *vm;
    nf_func *func;
    nf_value *loaded; /* values of the variables at the entry */
    node_state *states;
    node_state now;
    uint32_t node;
    nf_value line_budget;       /* behind the line that is executed in any case */
    nf_value skipped;           /* by the branch in front of the line */
    bool guarding;              /* at the entry */
    nf_value condition, target; /* what the translator ended the instruction with */
    nf_signature signature;
    nf_module *module;
    nf_vm_exits *exits;
    NF_VEC(nf_block) ends; /* ways out, and checks of the budget */
} builder;

static const nf_vm_node *node_of(const builder *b, uint32_t node)
{
    return &b->graph->nodes.data[node];
}

static bool is_merge(const builder *b, uint32_t node)
{
    return node_of(b, node)->pred_count + (node == 0) > 1;
}

static nf_value plus(nf_func *f, nf_block block, nf_value value, int64_t number)
{
    if (number == 0) return value;
    nf_value by = nf_build_iconst(f, block, NF_I64, number);
    return nf_build(f, block, NF_OP_ADD, NF_I64, value, by, (nf_value){0});
}

static nf_value add_const(builder *b, nf_block block, nf_value value, int64_t number)
{
    return plus(b->func, block, value, number);
}

/* Of regions: the state's address and the budget; left << 2 | reason. */
static nf_signature signature_make(nf_module *module)
{
    static const nf_type parameters[] = {NF_I64, NF_I64};
    return nf_module_signature(module, NF_I64, parameters, 2, false);
}

static void leave_build(nf_func *f, nf_block block, nf_value left, nf_vm_reason reason)
{
    nf_value bits = nf_build_iconst(f, block, NF_I64, NF_VM_REASON_BITS);
    nf_value result = nf_build(f, block, NF_OP_SHL, NF_I64, left, bits, (nf_value){0});
    nf_build_ret(f, block, plus(f, block, result, reason));
}

/* --- ways out --------------------------------------------------------------------------------- */

/* What the state is when the region is left. */
typedef struct way_out {
    nf_vm_reason reason;
    uint32_t spent;
    uint64_t pc;
    nf_value pc_value; /* instead of pc, if there is one */
} way_out;

static nf_block end_block(builder *b)
{
    nf_block block = nf_func_block(b->func);
    NF_VEC_PUSH(b->graph->arena, &b->ends, block);
    return block;
}

static nf_address var_address(const builder *b, const nf_vm_var *var)
{
    return (nf_address){
        .base = b->public.state, .offset = (int32_t)var->offset, .alias = NF_VM_ALIAS_VARS};
}

static void state_store(builder *b, nf_block block, nf_value pc)
{
    const nf_vm_guest *guest = b->vm->guest;
    for (uint32_t v = 0; v < guest->var_count; v++)
        if (b->now.values[v].id != b->loaded[v].id)
            nf_build_store(b->func, block, b->now.values[v], var_address(b, &guest->vars[v]));
    nf_build_store(b->func, block, pc, var_address(b, &guest->pc));
}

static void leave(builder *b, nf_block block, nf_value left, nf_vm_reason reason)
{
    leave_build(b->func, block, left, reason);
}

void nf_vm_exit_name(char name[NF_VM_EXIT_NAME_BYTES], uint64_t pc)
{
    nf_format(name, NF_VM_EXIT_NAME_BYTES, "x%llx", (unsigned long long)pc);
}

/* What stands for the region at pc. */
static nf_symbol exit_symbol(builder *b, uint64_t pc)
{
    char name[NF_VM_EXIT_NAME_BYTES];
    nf_vm_exit_name(name, pc);
    nf_symbol symbol = nf_module_extern(b->module, name, b->signature);
    if (symbol.id == 0 || nf_symbol_at(b->module, symbol)->is_near) return symbol;
    nf_symbol_at(b->module, symbol)->is_near = true;
    NF_VEC_PUSH(b->graph->arena, b->exits, pc);
    return symbol;
}

/* On to the region at pc; where there is none, to what leaves. */
static void chain_direct(builder *b, nf_block block, nf_value left, uint64_t pc)
{
    nf_value arguments[] = {b->public.state, left};
    nf_build_tail_call(b->func, block, exit_symbol(b, pc), arguments, 2);
}

/* The same where the address is computed. */
static void chain_indirect(builder *b, nf_block block, nf_value left, nf_value pc)
{
    nf_block on = end_block(b), cold = end_block(b);
    nf_value entry = nf_vm_cache_lookup_build(b->vm, b->graph->mode, b->func, block, pc);
    nf_value zero = nf_build_iconst(b->func, block, NF_I64, 0);
    nf_value there = nf_build_compare(b->func, block, NF_NE, entry, zero);
    nf_build_brif(b->func, block, there, on, NULL, 0, cold, NULL, 0);
    nf_value arguments[] = {b->public.state, left};
    nf_build_tail_call_indirect(b->func, on, entry, b->signature, arguments, 2);
    leave(b, cold, left, NF_VM_COLD);
}

static nf_block way_out_build(builder *b, const way_out *way)
{
    nf_block block = end_block(b);
    nf_value pc = way->pc_value;
    if (pc.id == 0) pc = nf_build_iconst(b->func, block, b->vm->guest->pc.type, (int64_t)way->pc);
    state_store(b, block, pc);
    nf_value left = add_const(b, block, b->now.budget, -(int64_t)way->spent);
    if (way->reason != NF_VM_COLD || b->vm->config.single_blocks)
        leave(b, block, left, way->reason);
    else if (way->pc_value.id)
        chain_indirect(b, block, left, pc);
    else
        chain_direct(b, block, left, way->pc);
    return block;
}

/* --- what translators call -------------------------------------------------------------------- */

nf_value nf_vm_get(nf_vm_build *build, unsigned var)
{
    return ((builder *)build)->now.values[var];
}

void nf_vm_set(nf_vm_build *build, unsigned var, nf_value value)
{
    ((builder *)build)->now.values[var] = value;
}

/* The instruction goes on in a block of its own unless the condition is true. */
void nf_vm_help_if(nf_vm_build *build, nf_value condition)
{
    builder *b = (builder *)build;
    nf_vm_reason reason = b->guarding ? NF_VM_GUARDED : NF_VM_HELPED;
    way_out way = {reason, b->now.spent, node_of(b, b->node)->inst.pc, {0}};
    nf_block out = way_out_build(b, &way), on = nf_func_block(b->func);
    nf_build_brif(b->func, build->block, condition, out, NULL, 0, on, NULL, 0);
    build->block = on;
}

nf_value nf_vm_skipped(const nf_vm_build *build)
{
    return ((const builder *)build)->skipped;
}

const nf_vm_guard *nf_vm_guarded(const nf_vm_build *build, int32_t *distance)
{
    const builder *b = (const builder *)build;
    const nf_vm_node *node = node_of(b, b->node);
    *distance = node->distance;
    return node->guard ? &b->graph->guards.data[node->guard - 1] : NULL;
}

void nf_vm_branch_if(nf_vm_build *build, nf_value condition)
{
    ((builder *)build)->condition = condition;
}

void nf_vm_jump_to(nf_vm_build *build, nf_value target)
{
    ((builder *)build)->target = target;
}

/* --- edges ------------------------------------------------------------------------------------ */

static nf_value *values_copy(builder *b)
{
    uint32_t count = b->vm->guest->var_count;
    nf_value *copy = NF_NEW_ARRAY(b->graph->arena, nf_value, count);
    if (copy) __builtin_memcpy(copy, b->now.values, count * sizeof *copy);
    return copy;
}

/* Ends the block with a branch to where ways meet. */
static void merge_enter(builder *b, nf_block block, uint32_t to, nf_value budget)
{
    nf_value arguments[NF_VM_VARS_MAX + 1];
    uint32_t count = 0;
    for (uint32_t v = 0; v < b->vm->guest->var_count; v++)
        if (b->graph->writes >> v & 1) arguments[count++] = b->now.values[v];
    arguments[count++] = budget;
    nf_build_br(b->func, block, b->states[to].block, arguments, count);
}

/* A way back: through a block that leaves when the budget does not suffice. */
static nf_block back_build(builder *b, uint32_t to)
{
    nf_block block = nf_func_block(b->func), on = nf_func_block(b->func);
    const nf_vm_node *node = node_of(b, to);
    nf_value left = add_const(b, block, b->now.budget, -(int64_t)b->now.spent);
    nf_value need = nf_build_iconst(b->func, block, NF_I64, node->length);
    nf_value few = nf_build_compare(b->func, block, NF_SLT, left, need);
    way_out way = {NF_VM_BUDGET, b->now.spent, node->inst.pc, {0}};
    nf_build_brif(b->func, block, few, way_out_build(b, &way), NULL, 0, on, NULL, 0);
    merge_enter(b, on, to, left);
    return block;
}

/* A block that leads to where the edge goes; the instruction is executed. */
static nf_block edge_build(builder *b, unsigned s, uint64_t pc)
{
    const nf_vm_node *from = node_of(b, b->node);
    uint32_t to = from->succ[s];
    if (!nf_vm_is_inside(b->graph, to)) {
        way_out way = {to == NF_VM_NO_NODE ? NF_VM_COLD : NF_VM_HELPED, b->now.spent, pc, {0}};
        return way_out_build(b, &way);
    }
    if (nf_vm_goes_back(from, node_of(b, to))) return back_build(b, to);
    nf_block block = nf_func_block(b->func);
    if (is_merge(b, to)) {
        merge_enter(b, block, to, add_const(b, block, b->now.budget, -(int64_t)b->now.spent));
    } else {
        b->states[to] = b->now;
        b->states[to].block = block;
        b->states[to].values = values_copy(b);
    }
    return block;
}

static void go_on(builder *b, uint64_t pc)
{
    uint32_t to = node_of(b, b->node)->succ[0];
    if (nf_vm_is_inside(b->graph, to) && !is_merge(b, to)) {
        b->states[to] = b->now; /* which is of no more use here */
        b->states[to].block = b->public.block;
        return;
    }
    nf_build_br(b->func, b->public.block, edge_build(b, 0, pc), NULL, 0);
}

static void branch(builder *b, const nf_vm_inst *inst)
{
    nf_block taken = edge_build(b, 1, inst->target), next = edge_build(b, 0, inst->next);
    nf_build_brif(b->func, b->public.block, b->condition, taken, NULL, 0, next, NULL, 0);
}

static nf_value choose(builder *b, nf_type type, nf_value condition, nf_value yes, nf_value no)
{
    if (yes.id == no.id) return no;
    return nf_build(b->func, b->public.block, NF_OP_SELECT, type, condition, yes, no);
}

/* A branch around a line that is executed in any case. */
static void branch_flat(builder *b)
{
    uint32_t n = b->node, side = node_of(b, n)->side;
    const nf_vm_guest *guest = b->vm->guest;
    node_state before = b->now;
    nf_value skipped = b->condition;
    b->now.values = values_copy(b);
    for (uint32_t i = 0; i < side && b->now.values; i++) {
        b->node = node_of(b, b->node)->succ[0];
        b->skipped = skipped;
        guest->translate(&b->public, &node_of(b, b->node)->inst);
        b->now.spent++;
    }
    b->skipped = (nf_value){0};
    b->node = n;
    if (b->now.values == NULL) return;
    for (uint32_t v = 0; v < guest->var_count; v++)
        b->now.values[v] =
            choose(b, guest->vars[v].type, skipped, before.values[v], b->now.values[v]);
    b->now.budget = choose(b, NF_I64, skipped, before.budget, b->line_budget);
    b->now.spent = before.spent;
    nf_build_br(b->func, b->public.block, edge_build(b, 1, 0), NULL, 0);
}

/* To where it is known to go if it does go there. */
static void jump(builder *b)
{
    const nf_vm_node *node = node_of(b, b->node);
    way_out way = {NF_VM_COLD, b->now.spent, 0, b->target};
    nf_block elsewhere = way_out_build(b, &way);
    nf_block block = b->public.block;
    if (node->succ[0] == NF_VM_NO_NODE) {
        nf_build_br(b->func, block, elsewhere, NULL, 0);
        return;
    }
    uint64_t pc = node_of(b, node->succ[0])->inst.pc;
    nf_value expected = nf_build_iconst(b->func, block, b->vm->guest->pc.type, (int64_t)pc);
    nf_value is_there = nf_build_compare(b->func, block, NF_EQ, b->target, expected);
    nf_build_brif(b->func, block, is_there, edge_build(b, 0, pc), NULL, 0, elsewhere, NULL, 0);
}

/* --- nodes ------------------------------------------------------------------------------------ */

/* In front of the branch: what has to be done before the comparison, which selects are to follow. */
static void line_begin(builder *b)
{
    const nf_vm_inst *line[NF_VM_SIDE_MAX];
    const nf_vm_node *node = node_of(b, b->node);
    uint32_t count = node->side;
    for (uint32_t i = 0; i < count; i++) {
        node = node_of(b, node->succ[0]);
        line[i] = &node->inst;
    }
    b->vm->guest->check(&b->public, line, count);
    b->line_budget = add_const(b, b->public.block, b->now.budget, -(int64_t)count);
}

static void node_build(builder *b, uint32_t n)
{
    const nf_vm_inst *inst = &node_of(b, n)->inst;
    b->node = n;
    b->now = b->states[n];
    b->public.block = b->now.block;
    if (node_of(b, n)->side) line_begin(b);
    b->vm->guest->translate(&b->public, inst);
    b->now.spent++;
    switch (inst->flow) {
    case NF_VM_NEXT: go_on(b, inst->next); break;
    case NF_VM_JUMP:
    case NF_VM_CALL: go_on(b, inst->target); break;
    case NF_VM_BRANCH:
        if (node_of(b, n)->side)
            branch_flat(b);
        else
            branch(b, inst);
        break;
    case NF_VM_CALL_INDIRECT:
    case NF_VM_INDIRECT: jump(b); break;
    case NF_VM_HELP: break; /* not in a region */
    }
}

/* The block, and the state that its parameters are. */
static void merge_prepare(builder *b, uint32_t n)
{
    node_state *state = &b->states[n];
    const nf_vm_guest *guest = b->vm->guest;
    b->now.values = b->loaded;
    state->values = values_copy(b);
    state->block = nf_func_block(b->func);
    for (uint32_t v = 0; v < guest->var_count && state->values; v++)
        if (b->graph->writes >> v & 1)
            state->values[v] = nf_block_param(b->func, state->block, guest->vars[v].type);
    state->budget = nf_block_param(b->func, state->block, NF_I64);
    state->spent = 0;
}

/* Behind the loads. */
static void guards_build(builder *b)
{
    b->guarding = true;
    for (uint32_t i = 0; i < b->graph->guards.count; i++) {
        nf_vm_guard *guard = (nf_vm_guard *)&b->graph->guards.data[i];
        if (guard->root.var != NF_VM_CONSTANT) guard->value = b->loaded[guard->root.var];
        b->vm->guest->guard(&b->public, guard);
    }
    b->guarding = false;
}

static void entry_build(builder *b)
{
    nf_func *f = b->func;
    const nf_vm_guest *guest = b->vm->guest;
    nf_block entry = nf_func_entry(f), on = nf_func_block(f);
    b->public.state = nf_func_param(f, 0);
    b->now = (node_state){.block = on, .budget = nf_func_param(f, 1), .values = b->loaded};
    nf_value need = nf_build_iconst(f, entry, NF_I64, node_of(b, 0)->length);
    nf_value few = nf_build_compare(f, entry, NF_SLT, b->now.budget, need);
    nf_block stop = end_block(b);
    leave(b, stop, b->now.budget, NF_VM_BUDGET);
    nf_build_brif(f, entry, few, stop, NULL, 0, on, NULL, 0);
    for (uint32_t v = 0; v < guest->var_count; v++)
        b->loaded[v] = nf_build_load(f, on, guest->vars[v].type, var_address(b, &guest->vars[v]));
    b->public.block = on;
    guards_build(b);
    on = b->now.block = b->public.block;
    if (is_merge(b, 0)) {
        merge_prepare(b, 0);
        merge_enter(b, on, 0, b->now.budget);
    } else {
        b->states[0] = b->now;
        b->states[0].values = values_copy(b);
    }
}

static bool builder_make(builder *b, const nf_vm_graph *graph, nf_module *module)
{
    *b = (builder){.graph = graph, .vm = graph->vm, .module = module};
    b->signature = signature_make(module);
    b->func = nf_module_function(module, "region", b->signature, NF_ATTR_EXPORT);
    b->loaded = NF_NEW_ARRAY(graph->arena, nf_value, graph->vm->guest->var_count);
    b->states = NF_NEW_ARRAY(graph->arena, node_state, graph->nodes.count);
    b->public.func = b->func;
    b->public.guest_state = graph->vm->state;
    b->public.mode = graph->mode;
    return b->func && b->loaded && b->states;
}

nf_status nf_vm_graph_build(const nf_vm_graph *graph, nf_module *module, nf_func **func,
                            nf_vm_exits *exits, nf_error *error)
{
    builder b;
    *exits = (nf_vm_exits){0};
    if (!builder_make(&b, graph, module))
        return nf_fail(error, NF_MEMORY, "no memory for a region");
    b.exits = exits;
    entry_build(&b);
    for (uint32_t i = 0; i < graph->order_count; i++)
        if (graph->order[i] != 0 && is_merge(&b, graph->order[i]))
            merge_prepare(&b, graph->order[i]);
    for (uint32_t i = 0; i < graph->order_count && !graph->arena->failed; i++)
        if (!node_of(&b, graph->order[i])->is_side) node_build(&b, graph->order[i]);
    for (uint32_t i = 0; i < b.ends.count; i++)
        nf_block_move(b.func, b.ends.data[i], (nf_block){0});
    if (graph->arena->failed || b.func->arena->failed || module->arena.failed)
        return nf_fail(error, NF_MEMORY, "no memory for a region's NIR");
    *func = b.func;
    return NF_OK;
}

nf_func *nf_vm_cold_build(nf_module *module)
{
    nf_func *f = nf_module_function(module, "cold", signature_make(module), NF_ATTR_EXPORT);
    if (f) leave_build(f, nf_func_entry(f), nf_func_param(f, 1), NF_VM_COLD);
    return f;
}

/*
 * Edges, branches and returns.
 *
 * An edge is the moves of its arguments into the parameters' places, the back-edge counter where it
 * goes to this block or an earlier one, and a jump unless the target comes next. An edge without
 * moves and counter is plain: a conditional jump goes straight to its target.
 *
 *   brif, false edge plain      brif, true edge plain      neither
 *     jcc(not) F                  jcc T                      jcc(not) other
 *     moves of T                  moves of F                 moves of T;  jmp T
 *     jmp T (unless next)         jmp F (unless next)     other:
 *                                                            moves of F;  jmp F (unless next)
 */
#include "baseline_internal.h"

static bool is_back_edge(const nf_baseline *job, const nf_edge *edge)
{
    return job->index[edge->to.id] <= job->block;
}

static bool is_counted(const nf_baseline *job, const nf_edge *edge)
{
    return job->count.at != AT_NONE && is_back_edge(job, edge);
}

static const uint32_t *params_of(const nf_baseline *job, const nf_edge *edge)
{
    return job->f->pool.data + job->f->blocks.data[edge->to.id].params;
}

/* Whether value `arg` has to move to be where parameter `param` is. */
static bool needs_move(const nf_baseline *job, uint32_t arg, uint32_t param)
{
    nf_operand from = job->values[arg].place, to = job->values[param].place;
    if (to.at == AT_NONE) return false;
    if (to.at != from.at) return true;
    return to.at == AT_REG ? to.reg != from.reg : to.disp != from.disp;
}

bool nf_edge_is_plain(nf_baseline *job, const nf_edge *edge)
{
    const uint32_t *args = job->f->pool.data + edge->args, *params = params_of(job, edge);
    if (is_counted(job, edge)) return false;
    for (uint32_t i = 0; i < edge->arg_count; i++)
        if (needs_move(job, args[i], params[i])) return false;
    return true;
}

static void edge_moves(nf_baseline *job, const nf_edge *edge)
{
    const uint32_t *args = job->f->pool.data + edge->args, *params = params_of(job, edge);
    for (uint32_t i = 0; i < edge->arg_count; i++) {
        if (!needs_move(job, args[i], params[i])) continue;
        nf_value arg = {args[i]};
        nf_move_later(job, job->values[params[i]].place, job->values[args[i]].place, arg);
    }
    if (job->pending_count) nf_moves_emit(job);
}

void nf_emit_edge(nf_baseline *job, const nf_edge *edge, bool fall_through)
{
    uint32_t to = job->index[edge->to.id];
    if (edge->arg_count) edge_moves(job, edge);
    if (is_counted(job, edge)) nf_emit_back_edge(job, to);
    if (!fall_through || to != job->block + 1) nf_asm_jmp(&job->a, job->blocks[to].label);
}

static nf_label label_of(const nf_baseline *job, const nf_edge *edge)
{
    return job->blocks[job->index[edge->to.id]].label;
}

void nf_emit_br(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    nf_emit_edge(job, &job->f->edges.data[inst->extra], true);
}

void nf_emit_brif(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    const nf_edge *if_true = &job->f->edges.data[inst->extra], *if_false = if_true + 1;
    bool true_plain = nf_edge_is_plain(job, if_true), false_plain = nf_edge_is_plain(job, if_false);
    nf_operand condition = nf_operand_of(job, inst->a);
    if (condition.at != AT_FUSED && nf_compares_itself(job, inst))
        nf_emit_scalar(job, inst->a, nf_inst_at(job->f, inst->a)); /* it has other uses too */
    nf_test test = nf_condition(job, condition);
    bool true_next = job->index[if_true->to.id] == job->block + 1;
    if (!true_plain && !false_plain && is_back_edge(job, if_false)) {
        const nf_edge *around = if_false; /* the turn of a loop jumps once */
        if_false = if_true;
        if_true = around;
        test = nf_test_not(test);
    }
    if (false_plain && (!true_plain || true_next)) {
        nf_jump_if(job, nf_test_not(test), label_of(job, if_false));
        nf_emit_edge(job, if_true, true);
    } else if (true_plain) {
        nf_jump_if(job, test, label_of(job, if_true));
        nf_emit_edge(job, if_false, true);
    } else {
        nf_label other = nf_asm_label(&job->a);
        nf_jump_if(job, nf_test_not(test), other);
        nf_emit_edge(job, if_true, false);
        nf_asm_bind(&job->a, other);
        nf_emit_edge(job, if_false, true);
    }
}

void nf_emit_ret(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    if (inst->a.id != 0) {
        nf_type type = nf_type_of(job->f, inst->a);
        nf_operand o = nf_operand_of(job, inst->a);
        if (NF_TYPE_IS_FLOAT(type))
            nf_operand_float_to(job, o, nf_type_bytes(type), NF_XMM0);
        else
            nf_operand_int_to(job, o, nf_type_bytes(type), NF_RAX);
    }
    nf_count_flush(job);
    nf_emit_epilogue(job);
    nf_asm_zero_operand(&job->a, NF_X_RET, 8);
}

void nf_emit_trap(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v, (void)inst;
    nf_asm_zero_operand(&job->a, NF_X_UD2, 8);
}

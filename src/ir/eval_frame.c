/*
 * The evaluator's stack and frames; see eval_frame.h.
 *
 * The stack is a list of segments of arena memory; a frame that does not fit the current one goes
 * to the next, which is made when there is none that is large enough. Going back to a mark frees
 * everything behind it and keeps the segments:
 *
 *     [ frame | vectors | arguments | frame ..... ]─►[ frame ... ]─►[ free ]
 *               └ mark of the call                     └ current
 *
 * Invariant: segments behind the current one are unused.
 */
#include "eval_frame.h"
#include "base/text.h"

enum { SEGMENT_BYTES_MIN = 64 << 10, MESSAGE_BYTES = 192 };

typedef struct nf_eval_segment {
    struct nf_eval_segment *next;
    size_t bytes, used;
    char *memory;
} segment;

struct nf_eval_stack {
    segment *current;
    uint32_t depth;
    nf_map functions;
};

static segment *segment_new(nf_arena *arena, size_t bytes)
{
    if (bytes < SEGMENT_BYTES_MIN) bytes = SEGMENT_BYTES_MIN;
    segment *made = NF_NEW(arena, segment);
    if (made == NULL) return NULL;
    made->memory = nf_arena_alloc_aligned(arena, bytes, sizeof(nf_bits));
    made->bytes = bytes;
    return made->memory ? made : NULL;
}

bool nf_eval_stack_ready(nf_eval *eval)
{
    if (eval->stack) return true;
    struct nf_eval_stack *stack = NF_NEW(eval->arena, struct nf_eval_stack);
    if (stack == NULL) return false;
    stack->current = segment_new(eval->arena, SEGMENT_BYTES_MIN);
    if (stack->current == NULL) return false;
    nf_map_init(&stack->functions, eval->arena);
    eval->stack = stack;
    return true;
}

uint32_t *nf_eval_depth(nf_eval *eval)
{
    return &eval->stack->depth;
}

nf_map *nf_eval_functions(nf_eval *eval)
{
    return &eval->stack->functions;
}

nf_eval_mark nf_eval_mark_get(nf_eval *eval)
{
    segment *current = eval->stack->current;
    return (nf_eval_mark){current, current->used};
}

void nf_eval_release(nf_eval *eval, nf_eval_mark mark)
{
    eval->stack->current = mark.segment;
    mark.segment->used = mark.used;
}

/* Makes a segment with room for bytes the current one. */
static bool segment_advance(nf_eval *eval, size_t bytes)
{
    segment *current = eval->stack->current;
    if (current->next == NULL || current->next->bytes < bytes) {
        segment *made = segment_new(eval->arena, bytes);
        if (made == NULL) return false;
        made->next = current->next;
        current->next = made;
    }
    eval->stack->current = current->next;
    eval->stack->current->used = 0;
    return true;
}

void *nf_eval_push_bytes(nf_eval *eval, size_t bytes, size_t align)
{
    segment *current = eval->stack->current;
    size_t start = (current->used + align - 1) & ~(align - 1);
    if (start > current->bytes || bytes > current->bytes - start) {
        if (!segment_advance(eval, bytes)) return NULL;
        current = eval->stack->current;
        start = 0;
    }
    current->used = start + bytes;
    return current->memory + start;
}

static void *push_zeroed(nf_eval *eval, size_t bytes, size_t align)
{
    void *memory = nf_eval_push_bytes(eval, bytes, align);
    return memory ? __builtin_memset(memory, 0, bytes) : NULL;
}

/* --- frames --- */

nf_bits *nf_eval_define_vector(nf_eval_machine *m, nf_value v)
{
    uint64_t *cell = &m->frame->cells[v.id];
    if (*cell == 0) *cell = (uintptr_t)push_zeroed(m->eval, sizeof(nf_bits), sizeof(nf_bits));
    return (nf_bits *)(uintptr_t)*cell;
}

static bool locals_make(nf_eval *eval, nf_eval_frame *frame)
{
    const nf_func *func = frame->func;
    frame->locals =
        nf_eval_push_bytes(eval, func->locals.count * sizeof(uint64_t), sizeof(uint64_t));
    if (frame->locals == NULL) return false;
    for (uint32_t i = 1; i < func->locals.count; i++) {
        const nf_local_data *local = &func->locals.data[i];
        void *memory = push_zeroed(eval, local->size, (size_t)1 << local->align_log2);
        if (memory == NULL) return false;
        frame->locals[i] = (uintptr_t)memory;
    }
    return true;
}

static bool params_make(nf_eval_machine *m, const nf_bits *args)
{
    const nf_func *func = m->frame->func;
    for (uint32_t i = 0, count = nf_block_at(func, func->entry)->param_count; i < count; i++) {
        nf_value param = nf_param_at(func, func->entry, i);
        nf_bits *to = nf_eval_define(m, param);
        if (to == NULL) return false;
        __builtin_memcpy(to, &args[i], nf_type_bytes(nf_type_of(func, param)));
    }
    return true;
}

nf_status nf_eval_enter(nf_eval_machine *m, const nf_func *func, const nf_bits *args,
                        nf_eval_mark below)
{
    nf_eval *eval = m->eval;
    if (eval->stack->depth >= eval->depth_max)
        return nf_eval_fail(m, NF_LIMIT, "calls are nested deeper than %u", eval->depth_max);
    if (!nf_func_load(func)) return NF_MEMORY;
    nf_eval_frame *frame = push_zeroed(eval, sizeof *frame, _Alignof(nf_eval_frame));
    if (frame == NULL) return NF_MEMORY;
    frame->caller = m->frame;
    frame->func = func;
    frame->below = below;
    frame->at = nf_block_at(func, func->entry)->first;
    frame->cells = push_zeroed(eval, func->insts.count * sizeof(uint64_t), sizeof(uint64_t));
    if (frame->cells == NULL || !locals_make(eval, frame)) return NF_MEMORY;
    m->frame = frame;
    eval->stack->depth++;
    return params_make(m, args) ? NF_OK : NF_MEMORY;
}

void nf_eval_leave(nf_eval_machine *m)
{
    nf_eval_frame *frame = m->frame;
    m->frame = frame->caller;
    m->eval->stack->depth--;
    nf_eval_release(m->eval, frame->below);
}

nf_status nf_eval_call_done(nf_eval_machine *m, const nf_bits *result)
{
    nf_value call = m->frame->at;
    const nf_inst *inst = nf_inst_at(m->frame->func, call);
    if (inst->type != NF_VOID) {
        nf_bits *to = nf_eval_define(m, call);
        if (to == NULL) return NF_MEMORY;
        __builtin_memcpy(to, result, nf_type_bytes(inst->type));
    }
    m->frame->at = inst->next;
    return NF_OK;
}

nf_status nf_eval_return(nf_eval_machine *m, const nf_bits *result)
{
    nf_type type = nf_signature_at(m->frame->func->module, m->frame->func->signature)->result;
    nf_bits value = {{0}};
    if (type != NF_VOID) __builtin_memcpy(&value, result, nf_type_bytes(type));
    nf_eval_leave(m);
    if (m->frame) return nf_eval_call_done(m, &value);
    if (type != NF_VOID) *m->result = value;
    return NF_OK;
}

nf_status nf_eval_fail(const nf_eval_machine *m, nf_status status, const char *format, ...)
{
    const nf_eval_frame *frame = m->frame;
    if (frame == NULL) return nf_fail(m->eval->error, status, "%s", nf_status_text(status));
    char detail[MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    nf_format_list(detail, sizeof detail, format, list);
    va_end(list);
    const nf_func *func = frame->func;
    uint32_t line =
        frame->at.id < func->debug.lines.count ? func->debug.lines.data[frame->at.id] : 0;
    return nf_fail_at(m->eval->error, status, func->module->name, line, 0, "in %s: %s",
                      nf_symbol_at(func->module, func->symbol)->name, detail);
}

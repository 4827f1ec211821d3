/*
 * The evaluator's frames: where the values of a function that is being evaluated live.
 *
 *   cells[id]   a scalar's bits, zero-extended to 8 bytes; or for a vector the address of its 64
 * bytes, made when the value is first defined
 *
 * All of it lies on a stack of its own, made of arena memory: what a frame has taken is given back
 * when it returns, so that a loop of calls runs in constant memory. Freestanding.
 */
#ifndef NF_IR_EVAL_FRAME_H
#define NF_IR_EVAL_FRAME_H

#include "eval_internal.h"
#include "base/map.h"

/* A place in the stack, to go back to. */
typedef struct nf_eval_mark {
    struct nf_eval_segment *segment;
    size_t used;
} nf_eval_mark;

typedef struct nf_eval_frame {
    struct nf_eval_frame *caller; /* interpreted one, or NULL */
    const nf_func *func;
    uint64_t *cells;    /* by value id */
    uint64_t *locals;   /* addresses by local id */
    nf_value at;        /* the instruction to go on with; the call while a callee runs */
    nf_eval_mark below; /* the stack without this frame */
} nf_eval_frame;

/* One nf_eval_run(). */
typedef struct nf_eval_machine {
    nf_eval *eval;
    nf_eval_frame *frame; /* the innermost; NULL when the outermost has returned */
    nf_bits *result;      /* of the outermost */
} nf_eval_machine;

/* --- the stack (eval_frame.c) --- */
bool nf_eval_stack_ready(nf_eval *eval);  /* makes it when it is not there; false: out of memory */
uint32_t *nf_eval_depth(nf_eval *eval);   /* of frames, over all runs of this nf_eval */
nf_map *nf_eval_functions(nf_eval *eval); /* link address to symbol id; eval_call.c fills it */
nf_eval_mark nf_eval_mark_get(nf_eval *eval);
void nf_eval_release(nf_eval *eval, nf_eval_mark mark);
/* Not zeroed; NULL when memory is out. */
void *nf_eval_push_bytes(nf_eval *eval, size_t bytes, size_t align);

/* --- frames (eval_frame.c) --- */
/* Enters func with its arguments; `below` is the stack to go back to. NF_LIMIT or NF_MEMORY. */
nf_status nf_eval_enter(nf_eval_machine *m, const nf_func *func, const nf_bits *args,
                        nf_eval_mark below);
/* Leaves the innermost frame. */
void nf_eval_leave(nf_eval_machine *m);
/* Leaves it with a result, which becomes that of the caller's call, and the caller goes on. */
nf_status nf_eval_return(nf_eval_machine *m, const nf_bits *result);
/* Makes the result of a call and steps over it. */
nf_status nf_eval_call_done(nf_eval_machine *m, const nf_bits *result);

/* Where a value's bits are. */
static inline nf_bits *nf_eval_value(const nf_eval_frame *frame, nf_value v)
{
    uint64_t *cell = &frame->cells[v.id];
    return NF_TYPE_IS_VECTOR(nf_type_of(frame->func, v)) ? (nf_bits *)(uintptr_t)*cell
                                                         : (nf_bits *)cell;
}

/* The same, for a value that is about to be defined; NULL when memory is out. */
nf_bits *nf_eval_define_vector(nf_eval_machine *m, nf_value v);
static inline nf_bits *nf_eval_define(nf_eval_machine *m, nf_value v)
{
    if (NF_TYPE_IS_VECTOR(nf_type_of(m->frame->func, v))) return nf_eval_define_vector(m, v);
    return (nf_bits *)&m->frame->cells[v.id];
}

/* --- calls (eval_call.c): the call or tail call at m->frame->at --- */
nf_status nf_eval_call(nf_eval_machine *m);

/* Fails with the function and line of the current instruction. */
nf_status nf_eval_fail(const nf_eval_machine *m, nf_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

/* An interpreter's loop: a stack machine whose program counts the steps that Collatz's rule takes
 * from numbers to 1. A switch that nobody can predict in full, and state in a few variables. */
#include "kernel.h"

KERNEL("bytecode", "the last number to start from", 300)

enum op { PUSH, LOAD, STORE, ADD, MUL, SHIFT_RIGHT, AND, SUB, JUMP, JUMP_ZERO, HALT };
enum { SLOTS = 4, DEPTH = 16 };

typedef struct instruction {
    uint8_t op;
    int32_t operand;
} instruction;

/* 0: number, 1: steps */
static const instruction program[] = {
    {LOAD, 0},  {PUSH, 1}, {SUB, 0},  {JUMP_ZERO, 21},  {LOAD, 1},  {PUSH, 1}, {ADD, 0}, {STORE, 1},
    {LOAD, 0},  {PUSH, 1}, {AND, 0},  {JUMP_ZERO, 17},  {LOAD, 0},  {PUSH, 3}, {MUL, 0}, {PUSH, 1},
    {JUMP, 22}, {LOAD, 0}, {PUSH, 1}, {SHIFT_RIGHT, 0}, {JUMP, 24}, {HALT, 0}, {ADD, 0}, {JUMP, 24},
    {STORE, 0}, {JUMP, 0},
};

static __attribute__((noinline)) int64_t interpret(const instruction *code, int64_t *slots)
{
    int64_t stack[DEPTH];
    int64_t *top = stack;
    for (const instruction *at = code;; at++) {
        switch ((enum op)at->op) {
        case PUSH: *top++ = at->operand; break;
        case LOAD: *top++ = slots[at->operand]; break;
        case STORE: slots[at->operand] = *--top; break;
        case ADD: top--, top[-1] += top[0]; break;
        case MUL: top--, top[-1] *= top[0]; break;
        case SHIFT_RIGHT: top--, top[-1] >>= top[0]; break;
        case AND: top--, top[-1] &= top[0]; break;
        case SUB: top--, top[-1] -= top[0]; break;
        case JUMP: at = code + at->operand - 1; break;
        case JUMP_ZERO:
            if (*--top == 0) at = code + at->operand - 1;
            break;
        case HALT: return slots[1];
        }
    }
}

uint64_t workload(uint64_t size)
{
    uint64_t steps = 0;
    for (uint64_t n = 1; n <= size; n++) {
        int64_t slots[SLOTS] = {(int64_t)n};
        steps = workload_mix(steps, (uint64_t)interpret(program, slots));
    }
    return steps;
}

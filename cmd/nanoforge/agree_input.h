/* Arguments and memory for functions of any signature, by a number. */
#ifndef NF_AGREE_INPUT_H
#define NF_AGREE_INPUT_H

#include "ir/eval.h"

enum { INPUT_BUFFERS = 8, INPUT_BUFFER_BYTES = 16 << 10, INPUT_PARAMS_MAX = 128 };

/* The buffers, with room around each that faults; the same in every process forked later. */
bool input_buffers_map(void);
void input_buffers_unmap(void);

/* Fills the buffers, and an argument for each parameter of the function: what is used as an address
 * gets a buffer's. How many buffers were given out. */
uint32_t input_make(const nf_func *func, uint32_t number, nf_bits args[INPUT_PARAMS_MAX]);
/* Of what is in them now. */
uint64_t input_buffers_hash(uint32_t count);

#endif

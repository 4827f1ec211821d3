/* Which blocks are seldom run; see select_cold.c. Freestanding. */
#ifndef NF_X64_SELECT_COLD_H
#define NF_X64_SELECT_COLD_H

#include "ir/cfg.h"

typedef enum nf_cold {
    NF_WARM,
    NF_COLD_ASIDE, /* a slow path beside a loop's way round */
    NF_COLD_FATAL, /* leads to a trap */
} nf_cold;

/* Fills kinds, by block id, zeroed by the caller. False: no memory. */
bool nf_select_cold(const nf_cfg *cfg, nf_arena *arena, uint8_t *kinds);

#endif

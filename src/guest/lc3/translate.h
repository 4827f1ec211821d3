/* The LC-3 as a guest of the block engine: translate.c. The state is an nf_lc3. */
#ifndef NF_GUEST_LC3_TRANSLATE_H
#define NF_GUEST_LC3_TRANSLATE_H

#include "guest/vm/vm.h"
#include "machine_internal.h"

/* Which words are plain memory, as access_low and access_span say it. */
enum { NF_LC3_MODE_FREE, NF_LC3_MODE_CONFINED, NF_LC3_MODES };

static inline uint32_t nf_lc3_mode(const nf_lc3 *machine)
{
    return machine->access_low == 0 ? NF_LC3_MODE_FREE : NF_LC3_MODE_CONFINED;
}

extern const nf_vm_guest nf_lc3_guest;

#endif

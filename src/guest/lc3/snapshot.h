/*
 * The state of an LC-3 as bytes: all that decides what it does next, but the outside world.
 *
 *     nf_lc3_snapshot_write(machine, bytes);         NF_LC3_SNAPSHOT_BYTES of them
 *     nf_lc3_snapshot_read(machine, name, bytes, size, error);
 *
 * A machine that is restored goes on as the one that was saved would have, given the same keys from
 * then on: machine->keys_taken says how many were taken before. Freestanding.
 */
#ifndef NF_GUEST_LC3_SNAPSHOT_H
#define NF_GUEST_LC3_SNAPSHOT_H

#include "machine.h"

enum {
    NF_LC3_SNAPSHOT_HEADER_BYTES = 8 + 2, /* magic; edition and ignored privilege */
    NF_LC3_SNAPSHOT_FIELDS_BYTES = 2      /* the PSR */
#define NF_LC3_FIELD(name)        +sizeof(((nf_lc3 *)0)->name)
#define NF_LC3_ARRAY(name, count) +sizeof(((nf_lc3 *)0)->name)
#include "snapshot.def"
    ,
    NF_LC3_SNAPSHOT_BYTES =
        NF_LC3_SNAPSHOT_HEADER_BYTES + NF_LC3_SNAPSHOT_FIELDS_BYTES + 2 * NF_LC3_WORDS,
};

void nf_lc3_snapshot_write(const nf_lc3 *machine, uint8_t bytes[NF_LC3_SNAPSHOT_BYTES]);

/* Any bytes; NF_CORRUPT when they are no snapshot, and the machine stays as it is. Edition and
 * privilege become the snapshot's; hooks, engine and statistics stay. name is for the message. */
nf_status nf_lc3_snapshot_read(nf_lc3 *machine, const char *name, const uint8_t *bytes, size_t size,
                               nf_error *error);

#endif

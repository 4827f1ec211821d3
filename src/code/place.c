/*
 * A blob becomes a code object: copied behind one transaction, its relocations resolved for the
 * address at which it will run.
 */
#include "code.h"
#include "base/assert.h"

/* Writes one field; false when a rel32 can't span the distance. */
static bool relocate(uint8_t *field, uint64_t field_address, uint64_t blob_address,
                     const nf_reloc *reloc)
{
    int64_t distance;
    uint64_t word;
    switch ((nf_reloc_kind)reloc->kind) {
    case NF_RELOC_REL32:
        distance = (int64_t)(reloc->target - (field_address + 4)) + reloc->addend;
        if (distance != (int32_t)distance) return false;
        __builtin_memcpy(field, &(int32_t){(int32_t)distance}, 4);
        return true;
    case NF_RELOC_ABS64: word = reloc->target + (uint64_t)reloc->addend; break;
    case NF_RELOC_SELF64: word = blob_address + (uint64_t)reloc->addend; break;
    default: return false;
    }
    __builtin_memcpy(field, &word, 8);
    return true;
}

nf_status nf_code_place(nf_code_memory *memory, const nf_blob *blob, const char *name, void *owner,
                        uint64_t *address, nf_error *error)
{
    nf_code_tx tx;
    uint32_t lead = -blob->origin & (NF_CODE_ALIGN - 1);
    NF_ASSERT(blob->align <= NF_CODE_ALIGN);
    nf_status status = nf_code_begin(memory, lead + blob->total_bytes, &tx, error);
    if (status != NF_OK) return status;
    tx.rw += lead;
    tx.address += lead;
    __builtin_memcpy(tx.rw, blob->bytes, blob->total_bytes);
    for (uint32_t i = 0; i < blob->reloc_count; i++) {
        const nf_reloc *reloc = &blob->relocs[i];
        if (relocate(tx.rw + reloc->offset, tx.address + reloc->offset, tx.address, reloc))
            continue;
        status =
            nf_fail(error, NF_LIMIT, "%s: a target at 0x%llx is out of reach of code at 0x%llx",
                    name, (unsigned long long)reloc->target, (unsigned long long)tx.address);
        nf_code_abort(&tx);
        return status;
    }
    *address = tx.address;
    nf_code_commit(&tx, blob->total_bytes, name, owner);
    return NF_OK;
}

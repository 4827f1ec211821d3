/*
 * Saving and restoring LC-3 machines.
 *
 *     | magic 8 | edition | privilege | PSR 2 | the fields of snapshot.def | memory, 65536 words |
 *
 * The size is fixed, and every value of every field is a state that a machine can be in, but for
 * edition and the two booleans; so nothing else needs checking. Words that differ are written as a
 * store would, and engines forget what they derived from them.
 */
#include "snapshot.h"
#include "machine_internal.h"

static const uint8_t magic[8] = {'N', 'F', 'L', 'C', '3', 0, 0, 1};

static uint8_t *number_write(uint8_t *out, const void *field, size_t bytes)
{
    uint64_t number = 0;
    __builtin_memcpy(&number, field, bytes); /* the host is little-endian */
    for (size_t i = 0; i < bytes; i++) *out++ = (uint8_t)(number >> 8 * i);
    return out;
}

static const uint8_t *number_read(const uint8_t *in, void *field, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++) number |= (uint64_t)*in++ << 8 * i;
    __builtin_memcpy(field, &number, bytes);
    return in;
}

void nf_lc3_snapshot_write(const nf_lc3 *machine, uint8_t bytes[NF_LC3_SNAPSHOT_BYTES])
{
    uint16_t psr = nf_lc3_psr(machine);
    __builtin_memcpy(bytes, magic, sizeof magic);
    uint8_t *out = bytes + sizeof magic;
    *out++ = (uint8_t)machine->config.edition;
    *out++ = machine->config.ignore_privilege;
    out = number_write(out, &psr, sizeof psr);
#define NF_LC3_FIELD(name) out = number_write(out, &machine->name, sizeof machine->name);
#define NF_LC3_ARRAY(name, count)                                                                  \
    for (size_t i = 0; i < (count); i++)                                                           \
        out = number_write(out, &machine->name[i], sizeof machine->name[i]);
#include "snapshot.def"
    for (size_t i = 0; i < NF_LC3_WORDS; i++)
        out = number_write(out, &machine->memory[i], sizeof machine->memory[i]);
}

static nf_status header_check(const char *name, const uint8_t *bytes, size_t size, nf_error *error)
{
    if (size < sizeof magic || __builtin_memcmp(bytes, magic, sizeof magic) != 0)
        return nf_fail_at(error, NF_CORRUPT, name, 0, 0, "this is no snapshot of an LC-3");
    if (size != NF_LC3_SNAPSHOT_BYTES)
        return nf_fail_at(error, NF_CORRUPT, name, 0, 0,
                          "a snapshot has %u bytes, this file %zu: it is damaged",
                          (unsigned)NF_LC3_SNAPSHOT_BYTES, size);
    uint8_t edition = bytes[sizeof magic], privilege = bytes[sizeof magic + 1];
    if ((edition != NF_LC3_EDITION_2 && edition != NF_LC3_EDITION_3) || privilege > 1)
        return nf_fail_at(error, NF_CORRUPT, name, 0, 0, "the snapshot is damaged");
    return NF_OK;
}

static const uint8_t *memory_read(nf_lc3 *machine, const uint8_t *in)
{
    for (uint32_t i = 0; i < NF_LC3_WORDS; i++) {
        uint16_t word, address = (uint16_t)i;
        in = number_read(in, &word, sizeof word);
        if (word == machine->memory[address]) continue;
        machine->memory[address] = word;
        if (machine->code_map[address] & NF_LC3_CODE) nf_lc3_code_written(machine, address);
    }
    return in;
}

nf_status nf_lc3_snapshot_read(nf_lc3 *machine, const char *name, const uint8_t *bytes, size_t size,
                               nf_error *error)
{
    nf_status status = header_check(name, bytes, size, error);
    if (status != NF_OK) return status;
    const uint8_t *in = bytes + sizeof magic;
    uint8_t other_edition = *in != machine->config.edition;
    machine->config.edition = (nf_lc3_edition)*in++;
    machine->config.ignore_privilege = *in++;
    uint16_t psr;
    in = number_read(in, &psr, sizeof psr);
    const uint8_t *fields = in;
    memory_read(machine, bytes + NF_LC3_SNAPSHOT_BYTES - sizeof machine->memory);
    if (other_edition) nf_lc3_cells_free(machine); /* LEA is another */
    in = fields;
#define NF_LC3_FIELD(name) in = number_read(in, &machine->name, sizeof machine->name);
#define NF_LC3_ARRAY(name, count)                                                                  \
    for (size_t i = 0; i < (count); i++)                                                           \
        in = number_read(in, &machine->name[i], sizeof machine->name[i]);
#include "snapshot.def"
    if (machine->os_fast) nf_lc3_os_mark(machine);
    machine->attention = 0;
    nf_lc3_set_psr(machine, psr);
    return NF_OK;
}

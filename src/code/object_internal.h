/* What the parts of the object reader share: sections and symbols in the making. See object.h. */
#ifndef NF_CODE_OBJECT_INTERNAL_H
#define NF_CODE_OBJECT_INTERNAL_H

#include "object.h"

/* The numbers of the ELF specification that are used here. */
enum {
    ELF_HEADER_BYTES = 64,
    ELF_SECTION_BYTES = 64,
    ELF_SYMBOL_BYTES = 24,
    ELF_RELA_BYTES = 24,
    ELF_CLASS_64 = 2,
    ELF_LITTLE_ENDIAN = 1,
    ELF_TYPE_RELOCATABLE = 1,
    ELF_MACHINE_X86_64 = 62,
    SECTION_SYMBOLS = 2, /* types of sections */
    SECTION_STRINGS = 3,
    SECTION_RELA = 4,
    SECTION_NOTE = 7,
    SECTION_NO_BITS = 8,
    SECTION_REL = 9,
    SECTION_UNWIND = 0x70000001,
    FLAG_WRITE = 1, /* of sections */
    FLAG_ALLOCATED = 2,
    FLAG_EXECUTABLE = 4,
    FLAG_COMPRESSED = 1 << 11,
    FLAG_THREAD_LOCAL = 1 << 10,
    INDEX_UNDEFINED = 0, /* places of symbols */
    INDEX_RESERVED = 0xff00,
    INDEX_ABSOLUTE = 0xfff1,
    INDEX_COMMON = 0xfff2,
    BINDING_LOCAL = 0,
    BINDING_WEAK = 2,
    SYMBOL_FUNCTION = 2,
    SYMBOL_SECTION = 3,
    SYMBOL_THREAD_LOCAL = 6,
};

typedef struct object_section {
    const char *name;
    uint64_t flags, offset, size, align;
    uint32_t type, link, info;
    uint32_t place; /* in the blob */
    bool kept;
} object_section;

typedef enum object_lookup { LOOKUP_NEW, LOOKUP_FOUND, LOOKUP_MISSING } object_lookup;

typedef struct object_symbol {
    const char *name;
    uint64_t value;
    uint64_t address; /* what resolve() said */
    uint16_t section; /* or INDEX_... */
    uint8_t type, binding;
    uint8_t lookup; /* object_lookup */
    bool has_got, has_stub;
    uint32_t got, stub; /* places in the blob */
} object_symbol;

typedef struct object_reader {
    const uint8_t *bytes;
    size_t size;
    const nf_object_options *options;
    nf_arena *arena;
    nf_error *error;
    object_section *sections;
    uint32_t section_count;
    object_symbol *symbols;
    uint32_t symbol_count;
    uint32_t code_bytes, total_bytes, align, origin;
    uint8_t *out; /* the blob's bytes, once it is laid out */
    NF_VEC(nf_reloc) relocs;
} object_reader;

static inline uint16_t object_u16(const uint8_t *at)
{
    uint16_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}
static inline uint32_t object_u32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}
static inline uint64_t object_u64(const uint8_t *at)
{
    uint64_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

/* Whether the function's code is in the blob. */
static inline bool object_symbol_is_here(const object_reader *r, const object_symbol *s)
{
    return s->section != INDEX_UNDEFINED && s->section < r->section_count &&
           r->sections[s->section].kept;
}

/* --- object_reloc.c --- */
/* Finds out which symbols need an entry of the GOT or a stub; checks every relocation. */
nf_status object_relocs_scan(object_reader *r);
/* Fills stubs and GOT, and applies the relocations. */
nf_status object_relocs_apply(object_reader *r);

enum { OBJECT_STUB_BYTES = 8, OBJECT_GOT_BYTES = 8 };

#endif

/* What the disassembler's files share: memory with a kind and a name for each address. */
#ifndef NF_GUEST_LC3_DISASM_INTERNAL_H
#define NF_GUEST_LC3_DISASM_INTERNAL_H

#include "disasm.h"
#include "base/bitset.h"

enum { NF_LC3_MAP_WORDS = 0x10000 };

typedef enum nf_lc3_kind {
    NF_LC3_KIND_NONE, /* the object has no word there */
    NF_LC3_KIND_UNKNOWN,
    NF_LC3_KIND_CODE,
    NF_LC3_KIND_DATA,
    NF_LC3_KIND_STRING, /* the first character */
    NF_LC3_KIND_INSIDE, /* of a string; the last is its zero */
} nf_lc3_kind;

typedef struct nf_lc3_disasm_map {
    const nf_lc3_object *object;
    nf_arena *arena;
    uint16_t words[NF_LC3_MAP_WORDS];
    uint8_t kinds[NF_LC3_MAP_WORDS];
    const char *names[NF_LC3_MAP_WORDS]; /* NULL: none */
    nf_string_map taken;                 /* names in use, in small letters */
    nf_bitset origins;                   /* where segments begin, which no line reaches across */
} nf_lc3_disasm_map;

/* NULL when memory is out. */
nf_lc3_disasm_map *nf_lc3_disasm_map_new(const nf_lc3_object *object, nf_arena *arena);

/* Whether the word is shown as an instruction. */
bool nf_lc3_shows_instruction(const nf_lc3_disasm_map *map, uint16_t address);

#endif

/*
 * What is code, what is data, and what they are called: the disassembler's view of an object.
 *
 *   1  the object's words and labels; vectors are data
 *   2  from the start, and from every origin above the vectors, all that can be reached is code;
 *      what code loads or stores is data
 *   3  of the rest, characters up to a zero are a string, where LEA leads to it or where they are
 *      many
 *   4  targets that have no name get one
 *
 * Only step 2 is sure, and only where a program does not change itself; but whatever is guessed,
 * the words stay the same. A name stands where a line begins, so the inside of a string gets none.
 */
#include "disasm_internal.h"
#include "asm_internal.h"

enum {
    VECTORS_END = 0x200,
    STRING_MIN = 4, /* characters that are taken for a string though nothing leads there */
    NAME_BYTES = 8, /* L_3005 */
    NAME_LENGTH_MAX = 40,
    FIRST_PRINTABLE = ' ',
    LAST_PRINTABLE = '~',
};

/* --- words and names --- */

static void words_take(nf_lc3_disasm_map *map)
{
    for (uint32_t i = 0; i < map->object->segments.count; i++) {
        const nf_lc3_segment *segment = &map->object->segments.data[i];
        nf_bitset_add(&map->origins, segment->origin);
        for (uint32_t k = 0; k < segment->words.count; k++) {
            uint32_t address = segment->origin + k;
            map->words[address] = segment->words.data[k];
            map->kinds[address] = address < VECTORS_END ? NF_LC3_KIND_DATA : NF_LC3_KIND_UNKNOWN;
        }
    }
}

/* False when the name is in use, or there is one already. */
static bool name_give(nf_lc3_disasm_map *map, uint16_t address, const char *name)
{
    size_t length = nf_string_length(name);
    char *key = nf_arena_string(map->arena, name, length);
    if (key == NULL || map->names[address]) return false;
    for (size_t i = 0; i < length; i++)
        if (key[i] >= 'A' && key[i] <= 'Z') key[i] = (char)(key[i] - 'A' + 'a');
    if (nf_string_map_get(&map->taken, key, (uint32_t)length, NULL)) return false;
    nf_string_map_put(&map->taken, key, (uint32_t)length, address);
    map->names[address] = name;
    return true;
}

static void symbols_take(nf_lc3_disasm_map *map)
{
    for (uint32_t i = 0; i < map->object->symbols.count; i++) {
        const nf_lc3_symbol *symbol = &map->object->symbols.data[i];
        if (map->kinds[symbol->address] != NF_LC3_KIND_NONE &&
            nf_string_length(symbol->name) <= NAME_LENGTH_MAX &&
            nf_lc3_label_is_valid(symbol->name))
            name_give(map, symbol->address, symbol->name);
    }
}

/* --- code --- */

typedef NF_VEC(uint16_t) addresses;

static void reach(nf_lc3_disasm_map *map, addresses *work, uint16_t address)
{
    if (map->kinds[address] == NF_LC3_KIND_CODE || map->kinds[address] == NF_LC3_KIND_NONE) return;
    if (nf_lc3_decode(map->words[address]).op == NF_LC3_ILLEGAL) return;
    if (NF_VEC_PUSH(map->arena, work, address)) map->kinds[address] = NF_LC3_KIND_CODE;
}

static bool always_goes(nf_lc3_inst inst)
{
    enum { ALL_CONDITIONS = 7 };
    return inst.op == NF_LC3_BR && inst.dr == ALL_CONDITIONS;
}

/* Whether what follows the instruction may be reached through it. */
static bool goes_on(nf_lc3_inst inst, uint16_t word)
{
    enum { HALT = 0xf025 };
    return !always_goes(inst) && inst.op != NF_LC3_JMP && inst.op != NF_LC3_RTI && word != HALT;
}

static void follow(nf_lc3_disasm_map *map, addresses *work, uint16_t address)
{
    nf_lc3_inst inst = nf_lc3_decode(map->words[address]);
    nf_lc3_class class = nf_lc3_op_info_of(inst.op)->class;
    uint16_t target;
    if (goes_on(inst, map->words[address])) reach(map, work, (uint16_t)(address + 1));
    if (!nf_lc3_target(map->words[address], address, &target)) return;
    if (class == NF_LC3_CLASS_CALL || (class == NF_LC3_CLASS_BRANCH && inst.dr))
        reach(map, work, target);
    else if ((class == NF_LC3_CLASS_LOAD || class == NF_LC3_CLASS_STORE) &&
             map->kinds[target] == NF_LC3_KIND_UNKNOWN)
        map->kinds[target] = NF_LC3_KIND_DATA;
}

static void code_find(nf_lc3_disasm_map *map)
{
    addresses work = {0};
    reach(map, &work, map->object->start);
    for (uint32_t i = 0; i < map->object->segments.count; i++)
        if (map->object->segments.data[i].origin >= VECTORS_END)
            reach(map, &work, map->object->segments.data[i].origin);
    while (work.count) follow(map, &work, work.data[--work.count]);
}

/* --- strings --- */

static bool is_character(uint16_t word)
{
    return (word >= FIRST_PRINTABLE && word <= LAST_PRINTABLE) || word == '\n' || word == '\t' ||
           word == '\r';
}

static bool is_data(const nf_lc3_disasm_map *map, uint32_t address)
{
    return address < NF_LC3_MAP_WORDS &&
           (map->kinds[address] == NF_LC3_KIND_UNKNOWN || map->kinds[address] == NF_LC3_KIND_DATA);
}

/* Whether a string that began before the address can go on there. */
static bool is_inside(const nf_lc3_disasm_map *map, uint32_t address)
{
    return is_data(map, address) && map->names[address] == NULL &&
           !nf_bitset_has(&map->origins, address);
}

/* The characters from here to a zero that belongs to them; 0 when there is no such string. */
static uint32_t string_length(const nf_lc3_disasm_map *map, uint32_t address)
{
    uint32_t length = 1;
    if (!is_data(map, address) || !is_character(map->words[address])) return 0;
    while (is_inside(map, address + length) && is_character(map->words[address + length])) length++;
    return is_inside(map, address + length) && map->words[address + length] == 0 ? length : 0;
}

static void string_mark(nf_lc3_disasm_map *map, uint32_t address, uint32_t length)
{
    if (length == 0) return;
    map->kinds[address] = NF_LC3_KIND_STRING;
    for (uint32_t i = 1; i <= length; i++) map->kinds[address + i] = NF_LC3_KIND_INSIDE;
}

static void strings_find(nf_lc3_disasm_map *map)
{
    for (uint32_t address = 0; address < NF_LC3_MAP_WORDS; address++) {
        uint16_t target;
        if (map->kinds[address] == NF_LC3_KIND_CODE &&
            nf_lc3_decode(map->words[address]).op == NF_LC3_LEA &&
            nf_lc3_target(map->words[address], (uint16_t)address, &target))
            string_mark(map, target, string_length(map, target));
    }
    for (uint32_t address = 0; address < NF_LC3_MAP_WORDS; address++) {
        uint32_t length = string_length(map, address);
        if (length >= STRING_MIN) string_mark(map, address, length);
    }
}

/* --- names for targets --- */

bool nf_lc3_shows_instruction(const nf_lc3_disasm_map *map, uint16_t address)
{
    uint8_t kind = map->kinds[address];
    return kind == NF_LC3_KIND_CODE || (kind == NF_LC3_KIND_UNKNOWN && map->words[address] != 0 &&
                                        nf_lc3_decode(map->words[address]).op != NF_LC3_ILLEGAL);
}

static void targets_name(nf_lc3_disasm_map *map)
{
    for (uint32_t address = 0; address < NF_LC3_MAP_WORDS; address++) {
        uint16_t target;
        if (!nf_lc3_shows_instruction(map, (uint16_t)address) ||
            !nf_lc3_target(map->words[address], (uint16_t)address, &target) || map->names[target] ||
            map->kinds[target] == NF_LC3_KIND_NONE || map->kinds[target] == NF_LC3_KIND_INSIDE)
            continue;
        char *name = nf_arena_alloc_aligned(map->arena, NAME_BYTES, 1);
        if (name == NULL) return;
        nf_format(name, NAME_BYTES, "L_%04x", target);
        name_give(map, target, name);
    }
}

nf_lc3_disasm_map *nf_lc3_disasm_map_new(const nf_lc3_object *object, nf_arena *arena)
{
    nf_lc3_disasm_map *map = NF_NEW(arena, nf_lc3_disasm_map);
    if (map == NULL) return NULL;
    map->object = object;
    map->arena = arena;
    map->origins = nf_bitset_new(arena, NF_LC3_MAP_WORDS);
    if (map->origins.words == NULL) return NULL;
    nf_string_map_init(&map->taken, arena);
    words_take(map);
    symbols_take(map);
    code_find(map);
    strings_find(map);
    targets_name(map);
    return map;
}

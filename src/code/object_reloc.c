/*
 * The relocations of an object: which way each takes, stubs and GOT, and the fields.
 *
 * Each relocation is looked at twice: before the layout, for what it needs, and behind it, to be
 * applied. Both ask way_of(), which depends on nothing that the layout changes.
 *
 *   form        to the object's own code or data   near             far
 *   relative    a number                           REL32            REL32, placing it will fail
 *   call        a number                           REL32            a number, to the stub
 *   GOT         the instruction is changed to take the address itself where it can be, and then
 *               as relative; else a number, to the entry
 *   absolute    SELF64                             ABS64            ABS64
 *
 * The change (AMD64 supplement, B.2):  mov reg, [rip + entry] -> lea reg, [rip + symbol]
 *                                      call [rip + entry]     -> addr32 call symbol
 *                                      jmp [rip + entry]      -> jmp symbol; nop
 */
#include "object_internal.h"

/* The relocation types of the AMD64 supplement, table 4.9. */
enum {
    R_NONE = 0,
    R_64 = 1,
    R_PC32 = 2,
    R_PLT32 = 4,
    R_GOTPCREL = 9,
    R_32 = 10,
    R_32S = 11,
    R_PC64 = 24,
    R_GOTPCRELX = 41,
    R_REX_GOTPCRELX = 42,
};

typedef enum form {
    FORM_RELATIVE,
    FORM_CALL,
    FORM_GOT,
    FORM_GOT_RELAXED, /* the instruction may be changed */
    FORM_ABSOLUTE,
    FORM_ABSOLUTE_UNSIGNED,
    FORM_ABSOLUTE_SIGNED,
} form;

static const struct reloc_type {
    uint8_t type, form, bytes;
} reloc_types[] = {
    {R_64, FORM_ABSOLUTE, 8},
    {R_PC32, FORM_RELATIVE, 4},
    {R_PLT32, FORM_CALL, 4},
    {R_GOTPCREL, FORM_GOT, 4},
    {R_32, FORM_ABSOLUTE_UNSIGNED, 4},
    {R_32S, FORM_ABSOLUTE_SIGNED, 4},
    {R_PC64, FORM_RELATIVE, 8},
    {R_GOTPCRELX, FORM_GOT_RELAXED, 4},
    {R_REX_GOTPCRELX, FORM_GOT_RELAXED, 4},
};

enum {
    OPCODE_MOV = 0x8b,
    OPCODE_LEA = 0x8d,
    OPCODE_GROUP5 = 0xff,
    MODRM_CALL = 0x15, /* [rip + disp32] */
    MODRM_JMP = 0x25,
    MODRM_RIP_MASK = 0xc7,
    MODRM_RIP = 0x05,
    PREFIX_ADDR32 = 0x67,
    OPCODE_CALL_REL32 = 0xe8,
    OPCODE_JMP_REL32 = 0xe9,
    OPCODE_NOP = 0x90,
    FIELD_BYTES = 4, /* of a displacement; relative ones count from its end */
    REACH_SPARE = 1 << 16,
};

/* One relocation, checked. */
typedef struct site {
    object_section *section;
    object_symbol *symbol;
    uint64_t offset; /* in the section */
    int64_t addend;
    const struct reloc_type *type;
} site;

typedef enum way { WAY_DIRECT, WAY_STUB, WAY_GOT, WAY_CHANGED } way;

/* --- where symbols are --- */

static nf_status look_up(object_reader *r, object_symbol *s)
{
    if (s->section == INDEX_ABSOLUTE) {
        s->address = s->value;
        s->lookup = LOOKUP_FOUND;
    }
    if (s->lookup != LOOKUP_NEW) return NF_OK;
    bool own =
        object_symbol_is_here(r, s) && (s->binding == BINDING_LOCAL || s->type != SYMBOL_FUNCTION);
    bool found = !own && s->name[0] && r->options->resolve &&
                 r->options->resolve(r->options->context, s->name, &s->address);
    s->lookup = found ? LOOKUP_FOUND : LOOKUP_MISSING;
    if (found || object_symbol_is_here(r, s)) return NF_OK;
    s->address = 0;
    if (s->binding == BINDING_WEAK) return NF_OK;
    return nf_fail(r->error, NF_SYMBOL, "undefined symbol: %s", s->name);
}

/* Whether whoever takes the address takes the place in the blob: resolve() goes first. */
static bool address_is_here(const object_reader *r, const object_symbol *s)
{
    bool known =
        s->type == SYMBOL_FUNCTION && s->binding != BINDING_LOCAL && s->lookup == LOOKUP_FOUND;
    return object_symbol_is_here(r, s) && !known;
}

static bool is_near(const object_reader *r, uint64_t address)
{
    uint64_t start = r->options->code_start, end = r->options->code_end;
    if (start == end) return false;
    int64_t reach = (int64_t)INT32_MAX - REACH_SPARE;
    int64_t from_start = (int64_t)(address - start), from_end = (int64_t)(address - end);
    return from_start <= reach && from_start >= -reach && from_end <= reach && from_end >= -reach;
}

static uint32_t place_of(const object_reader *r, const object_symbol *s)
{
    return r->sections[s->section].place + (uint32_t)s->value;
}

/* --- ways --- */

/* Whether the instruction that holds the field is one that can do without the GOT. */
static bool can_change(const object_reader *r, const site *s)
{
    if (s->type->form != FORM_GOT_RELAXED || s->offset < 2 || s->addend != -FIELD_BYTES)
        return false;
    const uint8_t *field = r->bytes + s->section->offset + s->offset;
    if (field[-2] == OPCODE_MOV) return (field[-1] & MODRM_RIP_MASK) == MODRM_RIP;
    return field[-2] == OPCODE_GROUP5 && (field[-1] == MODRM_CALL || field[-1] == MODRM_JMP);
}

static way way_of(const object_reader *r, const site *s)
{
    const object_symbol *symbol = s->symbol;
    switch ((form)s->type->form) {
    case FORM_CALL:
        if (object_symbol_is_here(r, symbol) || is_near(r, symbol->address)) return WAY_DIRECT;
        return WAY_STUB;
    case FORM_GOT: return WAY_GOT;
    case FORM_GOT_RELAXED:
        if (!can_change(r, s)) return WAY_GOT;
        return address_is_here(r, symbol) || is_near(r, symbol->address) ? WAY_CHANGED : WAY_GOT;
    default: return WAY_DIRECT;
    }
}

static nf_status note_needs(object_reader *r, const site *s)
{
    nf_status status = look_up(r, s->symbol);
    if (status != NF_OK) return status;
    way chosen = way_of(r, s);
    if (chosen == WAY_STUB) s->symbol->has_stub = true;
    if (chosen == WAY_STUB || chosen == WAY_GOT) s->symbol->has_got = true;
    return NF_OK;
}

/* --- fields --- */

static nf_status out_of_range(object_reader *r, const site *s)
{
    return nf_fail(r->error, NF_LIMIT, "a relocation in %s is out of range: %s", s->section->name,
                   s->symbol->name);
}

static bool push_reloc(object_reader *r, nf_reloc reloc)
{
    return NF_VEC_PUSH(r->arena, &r->relocs, reloc);
}

static nf_status no_memory(object_reader *r)
{
    return nf_fail(r->error, NF_MEMORY, "no memory for an object's relocations");
}

/* A distance within the blob, from the field at `at`. */
static nf_status write_distance(object_reader *r, const site *s, uint32_t at, uint32_t to)
{
    int64_t distance = (int64_t)((uint64_t)to + (uint64_t)s->addend - at);
    if (s->type->bytes == FIELD_BYTES && distance != (int32_t)distance) return out_of_range(r, s);
    __builtin_memcpy(r->out + at, &distance, s->type->bytes);
    return NF_OK;
}

/* The symbol's place, relative to a field of the blob. */
static nf_status write_relative(object_reader *r, const site *s, uint32_t at, bool here)
{
    if (here) return write_distance(r, s, at, place_of(r, s->symbol));
    if (s->type->bytes != FIELD_BYTES)
        return nf_fail(r->error, NF_UNSUPPORTED, "a 64-bit distance to %s", s->symbol->name);
    nf_reloc reloc = {.offset = at,
                      .kind = NF_RELOC_REL32,
                      .target = s->symbol->address,
                      .addend = (int64_t)((uint64_t)s->addend + FIELD_BYTES)};
    return push_reloc(r, reloc) ? NF_OK : no_memory(r);
}

static nf_status write_absolute(object_reader *r, const site *s, uint32_t at)
{
    nf_reloc reloc = {.offset = at};
    if (address_is_here(r, s->symbol)) {
        reloc.kind = NF_RELOC_SELF64;
        reloc.addend = (int64_t)(place_of(r, s->symbol) + (uint64_t)s->addend);
    } else {
        reloc.kind = NF_RELOC_ABS64;
        reloc.target = s->symbol->address;
        reloc.addend = s->addend;
    }
    return push_reloc(r, reloc) ? NF_OK : no_memory(r);
}

static nf_status write_absolute_short(object_reader *r, const site *s, uint32_t at)
{
    if (address_is_here(r, s->symbol)) return out_of_range(r, s);
    uint64_t value = s->symbol->address + (uint64_t)s->addend;
    bool is_signed = s->type->form == FORM_ABSOLUTE_SIGNED;
    bool fits = is_signed ? (int64_t)value == (int32_t)value : value == (uint32_t)value;
    if (!fits) return out_of_range(r, s);
    __builtin_memcpy(r->out + at, &value, FIELD_BYTES);
    return NF_OK;
}

/* Changes the instruction around the field; the place of the new field. */
static uint32_t change(uint8_t *out, uint32_t at)
{
    if (out[at - 2] == OPCODE_MOV) {
        out[at - 2] = OPCODE_LEA;
        return at;
    }
    if (out[at - 1] == MODRM_CALL) {
        out[at - 2] = PREFIX_ADDR32;
        out[at - 1] = OPCODE_CALL_REL32;
        return at;
    }
    out[at - 2] = OPCODE_JMP_REL32;
    out[at + FIELD_BYTES - 1] = OPCODE_NOP;
    return at - 1;
}

static nf_status apply(object_reader *r, const site *s)
{
    uint32_t at = s->section->place + (uint32_t)s->offset;
    switch (way_of(r, s)) {
    case WAY_STUB: return write_distance(r, s, at, s->symbol->stub);
    case WAY_GOT: return write_distance(r, s, at, s->symbol->got);
    case WAY_CHANGED:
        return write_relative(r, s, change(r->out, at), address_is_here(r, s->symbol));
    case WAY_DIRECT: break;
    }
    switch ((form)s->type->form) {
    case FORM_ABSOLUTE: return write_absolute(r, s, at);
    case FORM_ABSOLUTE_SIGNED:
    case FORM_ABSOLUTE_UNSIGNED: return write_absolute_short(r, s, at);
    case FORM_CALL: return write_relative(r, s, at, object_symbol_is_here(r, s->symbol));
    default: return write_relative(r, s, at, address_is_here(r, s->symbol));
    }
}

/* --- the walk --- */

static nf_status read_site(object_reader *r, site *s, const uint8_t *record, bool *skip)
{
    uint64_t info = object_u64(record + 8);
    uint32_t type = (uint32_t)info;
    *skip = type == R_NONE;
    if (*skip) return NF_OK;
    s->offset = object_u64(record);
    s->addend = (int64_t)object_u64(record + 16);
    s->type = NULL;
    for (unsigned i = 0; i < sizeof reloc_types / sizeof *reloc_types; i++)
        if (reloc_types[i].type == type) s->type = &reloc_types[i];
    if (s->type == NULL)
        return nf_fail(r->error, NF_UNSUPPORTED, "section %s has a relocation of type %u",
                       s->section->name, type);
    if (info >> 32 == 0 || info >> 32 >= r->symbol_count || s->offset > s->section->size ||
        s->type->bytes > s->section->size - s->offset)
        return nf_fail(r->error, NF_CORRUPT, "the object is corrupt: a relocation in %s",
                       s->section->name);
    s->symbol = &r->symbols[info >> 32];
    bool inside = s->symbol->section != INDEX_UNDEFINED && s->symbol->section < INDEX_RESERVED;
    if ((inside && !object_symbol_is_here(r, s->symbol)) || s->symbol->type == SYMBOL_THREAD_LOCAL)
        return nf_fail(r->error, NF_UNSUPPORTED, "section %s uses data that is not read-only: %s",
                       s->section->name, s->symbol->name);
    return NF_OK;
}

typedef nf_status site_visit(object_reader *r, const site *s);

static nf_status walk_section(object_reader *r, const object_section *relocs, site_visit *visit)
{
    site s = {.section = &r->sections[relocs->info]};
    nf_status status = NF_OK;
    if (relocs->type != SECTION_RELA || relocs->size % ELF_RELA_BYTES)
        return nf_fail(r->error, NF_CORRUPT, "the object is corrupt: relocations of %s",
                       s.section->name);
    for (uint64_t at = 0; at < relocs->size && status == NF_OK; at += ELF_RELA_BYTES) {
        bool skip;
        status = read_site(r, &s, r->bytes + relocs->offset + at, &skip);
        if (status == NF_OK && !skip) status = visit(r, &s);
    }
    return status;
}

static nf_status walk(object_reader *r, site_visit *visit)
{
    nf_status status = NF_OK;
    for (uint32_t i = 1; i < r->section_count && status == NF_OK; i++) {
        const object_section *s = &r->sections[i];
        if (s->type != SECTION_RELA && s->type != SECTION_REL) continue;
        if (s->info >= r->section_count)
            return nf_fail(r->error, NF_CORRUPT, "the object is corrupt: relocations of nothing");
        if (r->sections[s->info].kept) status = walk_section(r, s, visit);
    }
    return status;
}

nf_status object_relocs_scan(object_reader *r)
{
    return walk(r, note_needs);
}

/* jmp [rip + got]; the rest is int3 already. */
static void write_stub(object_reader *r, const object_symbol *s)
{
    uint8_t *stub = r->out + s->stub;
    int32_t distance = (int32_t)(s->got - (s->stub + 2 + FIELD_BYTES));
    stub[0] = OPCODE_GROUP5;
    stub[1] = MODRM_JMP;
    __builtin_memcpy(stub + 2, &distance, FIELD_BYTES);
}

static bool write_got(object_reader *r, const object_symbol *s)
{
    nf_reloc reloc = {.offset = s->got, .kind = NF_RELOC_ABS64, .target = s->address};
    if (address_is_here(r, s)) {
        reloc.kind = NF_RELOC_SELF64;
        reloc.target = 0;
        reloc.addend = place_of(r, s);
    }
    return push_reloc(r, reloc);
}

nf_status object_relocs_apply(object_reader *r)
{
    for (uint32_t i = 0; i < r->symbol_count; i++) {
        const object_symbol *s = &r->symbols[i];
        if (s->has_stub) write_stub(r, s);
        if (s->has_got && !write_got(r, s)) return no_memory(r);
    }
    return walk(r, apply);
}

/*
 * Reads a relocatable ELF object: headers, sections, symbols; lays the sections out as one blob. The
 * relocations are object_reloc.c's.
 *
 * Sections are laid out in four rounds: the entry's, other code, (stubs), data, (GOT); behind an
 * endbr64, where an entry is wanted. All offsets and sizes of the file are checked once, where they are read, so that what comes later may use
 * them: a kept section's bytes lie in the file, a symbol's value in its section, a name ends.
 *
 * Example: clang's object of `int f(int x) { return g(x) + table[x]; }`, with g in libc's reach and
 * the table not, becomes
 *
 *     0x00  f: ... call 0x40 ... mov rax, [rip + 0x58] ...     .text
 *     0x40  jmp [rip + 0x50]                                   g's stub
 *     0x48  0x7f12...                                          GOT: table
 *     0x50  0x7f33...                                          GOT: g
 */
#include "object_internal.h"

#include "base/text.h"

enum { INT3 = 0xcc, ALIGN_MIN = 16, ALIGN_MAX = 64, NO_SECTION = UINT32_MAX };
static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

static nf_status corrupt(object_reader *r, const char *what)
{
    return nf_fail(r->error, NF_CORRUPT, "the object is corrupt: %s", what);
}

static bool in_file(const object_reader *r, uint64_t offset, uint64_t size)
{
    return offset <= r->size && size <= r->size - offset;
}

/* --- sections --- */

/* The string at an offset of a string table, which must end with an end; else NULL. */
static const char *string_at(const object_reader *r, const object_section *table, uint64_t offset)
{
    const char *start = (const char *)r->bytes + table->offset;
    return offset < table->size && start[table->size - 1] == '\0' ? start + offset : NULL;
}

static nf_status read_header(object_reader *r, uint64_t *section_offset, uint32_t *names)
{
    static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_LITTLE_ENDIAN};
    const uint8_t *h = r->bytes;
    if (r->size < ELF_HEADER_BYTES) return corrupt(r, "it is too short");
    if (__builtin_memcmp(h, magic, sizeof magic) != 0) return corrupt(r, "it is not 64-bit ELF");
    if (object_u16(h + 16) != ELF_TYPE_RELOCATABLE || object_u16(h + 18) != ELF_MACHINE_X86_64)
        return nf_fail(r->error, NF_UNSUPPORTED, "the object is not a relocatable one for x86-64");
    *section_offset = object_u64(h + 40);
    r->section_count = object_u16(h + 60);
    *names = object_u16(h + 62);
    if (object_u16(h + 58) != ELF_SECTION_BYTES || r->section_count == 0 ||
        !in_file(r, *section_offset, (uint64_t)r->section_count * ELF_SECTION_BYTES))
        return corrupt(r, "its table of sections");
    if (*names >= r->section_count) return corrupt(r, "the place of its sections' names");
    return NF_OK;
}

static nf_status read_section(object_reader *r, object_section *s, const uint8_t *record)
{
    *s = (object_section){.type = object_u32(record + 4),
                          .flags = object_u64(record + 8),
                          .offset = object_u64(record + 24),
                          .size = object_u64(record + 32),
                          .link = object_u32(record + 40),
                          .info = object_u32(record + 44),
                          .align = object_u64(record + 48)};
    if (s->type != SECTION_NO_BITS && !in_file(r, s->offset, s->size))
        return corrupt(r, "a section lies outside the file");
    if ((s->align & (s->align - 1)) != 0) return corrupt(r, "a section's alignment");
    if (s->align == 0) s->align = 1;
    return NF_OK;
}

static nf_status read_sections(object_reader *r)
{
    uint64_t offset = 0;
    uint32_t names = 0;
    nf_status status = read_header(r, &offset, &names);
    if (status != NF_OK) return status;
    r->sections = NF_NEW_ARRAY(r->arena, object_section, r->section_count);
    if (r->sections == NULL) return nf_fail(r->error, NF_MEMORY, "no memory for an object");
    const uint8_t *records = r->bytes + offset;
    for (uint32_t i = 0; i < r->section_count && status == NF_OK; i++)
        status = read_section(r, &r->sections[i], records + (size_t)i * ELF_SECTION_BYTES);
    if (status != NF_OK) return status;
    if (r->sections[names].type != SECTION_STRINGS) return corrupt(r, "its sections' names");
    for (uint32_t i = 0; i < r->section_count; i++) {
        uint32_t name = object_u32(records + (size_t)i * ELF_SECTION_BYTES);
        r->sections[i].name = string_at(r, &r->sections[names], name);
        if (r->sections[i].name == NULL) return corrupt(r, "a section's name");
    }
    return NF_OK;
}

static bool starts_with(const char *text, const char *prefix)
{
    size_t i = 0;
    while (text && prefix[i] && text[i] == prefix[i]) i++;
    return prefix[i] == 0;
}

/* Marks what belongs into the blob. */
static nf_status choose_section(object_reader *r, object_section *s)
{
    bool unwind = s->type == SECTION_UNWIND || nf_string_equal(s->name, ".eh_frame");
    if (!(s->flags & FLAG_ALLOCATED) || s->size == 0 || s->type == SECTION_NOTE || unwind)
        return NF_OK;
    bool written = s->flags & FLAG_WRITE && !starts_with(s->name, ".data.rel.ro");
    if (written || s->flags & (FLAG_THREAD_LOCAL | FLAG_COMPRESSED) || s->type == SECTION_NO_BITS)
        return nf_fail(r->error, NF_UNSUPPORTED, "the object has data that is not read-only: %s",
                       s->name);
    if (s->align > ALIGN_MAX)
        return nf_fail(r->error, NF_UNSUPPORTED, "section %s wants an alignment above %d", s->name,
                       ALIGN_MAX);
    s->kept = true;
    return NF_OK;
}

static nf_status choose_sections(object_reader *r)
{
    nf_status status = NF_OK;
    for (uint32_t i = 1; i < r->section_count && status == NF_OK; i++)
        status = choose_section(r, &r->sections[i]);
    return status;
}

/* --- symbols --- */

static nf_status read_symbol(object_reader *r, const object_section *strings, object_symbol *s,
                             const uint8_t *record)
{
    *s = (object_symbol){.name = string_at(r, strings, object_u32(record)),
                         .type = record[4] & 15,
                         .binding = record[4] >> 4,
                         .section = object_u16(record + 6),
                         .value = object_u64(record + 8)};
    if (s->name == NULL) return corrupt(r, "a symbol's name");
    if (s->section >= INDEX_RESERVED) {
        if (s->section == INDEX_COMMON)
            return nf_fail(r->error, NF_UNSUPPORTED,
                           "the object has data that is not read-only: "
                           "%s",
                           s->name);
        return NF_OK;
    }
    if (s->section >= r->section_count) return corrupt(r, "a symbol's section");
    if (s->section != INDEX_UNDEFINED && s->value > r->sections[s->section].size)
        return corrupt(r, "a symbol lies outside its section");
    return NF_OK;
}

static nf_status read_symbols(object_reader *r)
{
    uint32_t table = 0;
    for (uint32_t i = 1; i < r->section_count; i++)
        if (r->sections[i].type == SECTION_SYMBOLS) table = i;
    if (table == 0) return corrupt(r, "it has no symbols");
    const object_section *symbols = &r->sections[table];
    if (symbols->link >= r->section_count || r->sections[symbols->link].type != SECTION_STRINGS ||
        symbols->size % ELF_SYMBOL_BYTES)
        return corrupt(r, "its table of symbols");
    if (symbols->size / ELF_SYMBOL_BYTES > UINT32_MAX) return corrupt(r, "too many symbols");
    r->symbol_count = (uint32_t)(symbols->size / ELF_SYMBOL_BYTES);
    r->symbols = NF_NEW_ARRAY(r->arena, object_symbol, r->symbol_count);
    if (r->symbols == NULL) return nf_fail(r->error, NF_MEMORY, "no memory for an object");
    nf_status status = NF_OK;
    for (uint32_t i = 0; i < r->symbol_count && status == NF_OK; i++)
        status = read_symbol(r, &r->sections[symbols->link], &r->symbols[i],
                             r->bytes + symbols->offset + (size_t)i * ELF_SYMBOL_BYTES);
    return status;
}

/* --- layout --- */

/* The next place in the blob with this alignment; the cursor moves behind it. */
static bool take(const object_reader *r, uint64_t *cursor, uint64_t size, uint64_t align,
                 uint32_t *place)
{
    *cursor += (r->origin - *cursor) & (align - 1);
    if (size > NF_ASM_CODE_BYTES_MAX || *cursor + size > NF_ASM_CODE_BYTES_MAX) return false;
    *place = (uint32_t)*cursor;
    *cursor += size;
    return true;
}

static bool place_section(object_reader *r, object_section *s, uint64_t *cursor)
{
    if (s->align > r->align) r->align = (uint32_t)s->align;
    return take(r, cursor, s->size, s->align, &s->place);
}

/* Sections with or without code, but for the entry's, which was first. */
static bool place_sections(object_reader *r, bool code, uint32_t entry, uint64_t *cursor)
{
    for (uint32_t i = 1; i < r->section_count; i++) {
        object_section *s = &r->sections[i];
        bool executable = s->flags & FLAG_EXECUTABLE;
        if (s->kept && i != entry && executable == code && !place_section(r, s, cursor))
            return false;
    }
    return true;
}

static bool place_stubs(object_reader *r, uint64_t *cursor)
{
    for (uint32_t i = 0; i < r->symbol_count; i++)
        if (r->symbols[i].has_stub &&
            !take(r, cursor, OBJECT_STUB_BYTES, OBJECT_STUB_BYTES, &r->symbols[i].stub))
            return false;
    return true;
}

static bool place_got(object_reader *r, uint64_t *cursor)
{
    for (uint32_t i = 0; i < r->symbol_count; i++)
        if (r->symbols[i].has_got &&
            !take(r, cursor, OBJECT_GOT_BYTES, OBJECT_GOT_BYTES, &r->symbols[i].got))
            return false;
    return true;
}

static bool is_function(const object_reader *r, const object_symbol *s)
{
    return s->type == SYMBOL_FUNCTION && s->binding != BINDING_LOCAL &&
           object_symbol_is_here(r, s) && r->sections[s->section].flags & FLAG_EXECUTABLE;
}

/* The entry's section; NO_SECTION when none is wanted. */
static nf_status find_entry(object_reader *r, uint32_t *section)
{
    const char *entry = r->options->entry;
    *section = NO_SECTION;
    if (entry == NULL) return NF_OK;
    for (uint32_t i = 0; i < r->symbol_count; i++) {
        const object_symbol *s = &r->symbols[i];
        if (!is_function(r, s) || !nf_string_equal(s->name, entry)) continue;
        *section = s->section;
        if (s->value == 0) return NF_OK;
        return nf_fail(r->error, NF_UNSUPPORTED, "%s is not at its section's start", entry);
    }
    return nf_fail(r->error, NF_SYMBOL, "the object has no function %s", entry);
}

static nf_status lay_out(object_reader *r)
{
    uint32_t entry;
    nf_status status = find_entry(r, &entry);
    if (status != NF_OK) return status;
    r->origin = entry == NO_SECTION ? 0 : sizeof endbr64;
    r->align = ALIGN_MIN;
    uint64_t cursor = r->origin;
    bool fits = (entry == NO_SECTION || place_section(r, &r->sections[entry], &cursor)) &&
                place_sections(r, true, entry, &cursor) && place_stubs(r, &cursor);
    r->code_bytes = (uint32_t)cursor;
    fits = fits && place_sections(r, false, entry, &cursor) && place_got(r, &cursor);
    r->total_bytes = (uint32_t)cursor;
    if (!fits)
        return nf_fail(r->error, NF_LIMIT, "an object of more than %d bytes",
                       NF_ASM_CODE_BYTES_MAX);
    return NF_OK;
}

static nf_status copy_sections(object_reader *r)
{
    r->out = nf_arena_alloc(r->arena, r->total_bytes);
    if (r->out == NULL) return nf_fail(r->error, NF_MEMORY, "no memory for an object");
    __builtin_memset(r->out, INT3, r->code_bytes);
    __builtin_memcpy(r->out, endbr64, r->origin);
    for (uint32_t i = 1; i < r->section_count; i++) {
        const object_section *s = &r->sections[i];
        if (s->kept) __builtin_memcpy(r->out + s->place, r->bytes + s->offset, s->size);
    }
    return NF_OK;
}

/* --- what comes out --- */

static bool list_functions(object_reader *r, nf_object *object)
{
    nf_object_symbol *list = NF_NEW_ARRAY(r->arena, nf_object_symbol, r->symbol_count);
    uint32_t count = 0;
    for (uint32_t i = 0; list && i < r->symbol_count; i++) {
        const object_symbol *s = &r->symbols[i];
        if (!is_function(r, s)) continue;
        char *name = nf_arena_string(r->arena, s->name, nf_string_length(s->name));
        if (name == NULL) return false;
        list[count++] =
            (nf_object_symbol){name, r->sections[s->section].place + (uint32_t)s->value};
    }
    object->symbols = list;
    object->symbol_count = count;
    return list != NULL;
}

nf_status nf_object_read(const void *bytes, size_t size, const nf_object_options *options,
                         nf_arena *arena, nf_object *object, nf_error *error)
{
    *object = (nf_object){0};
    object_reader r = {
        .bytes = bytes, .size = size, .options = options, .arena = arena, .error = error};
    nf_status status = read_sections(&r);
    if (status == NF_OK) status = choose_sections(&r);
    if (status == NF_OK) status = read_symbols(&r);
    if (status == NF_OK) status = object_relocs_scan(&r);
    if (status == NF_OK) status = lay_out(&r);
    if (status == NF_OK) status = copy_sections(&r);
    if (status == NF_OK) status = object_relocs_apply(&r);
    if (status != NF_OK) return status;
    object->blob = (nf_blob){.bytes = r.out,
                             .code_bytes = r.code_bytes,
                             .total_bytes = r.total_bytes,
                             .align = r.align,
                             .origin = r.origin,
                             .relocs = r.relocs.data,
                             .reloc_count = r.relocs.count};
    if (!list_functions(&r, object)) return nf_fail(error, NF_MEMORY, "no memory for an object");
    return NF_OK;
}

bool nf_object_find(const nf_object *object, const char *name, uint32_t *offset)
{
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        if (!nf_string_equal(object->symbols[i].name, name)) continue;
        *offset = object->symbols[i].offset;
        return true;
    }
    return false;
}

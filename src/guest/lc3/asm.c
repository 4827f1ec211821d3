/*
 * The assembler as a whole; see asm.h. Two passes over the statements: the first gives every one an
 * address and every label one with it, the second makes words. Both go on behind an error, so that
 * a file's errors are told at once; a statement in error keeps its place, so that one error does not
 * lead to others.
 *
 *     .ORIG x3000             pass 1                              pass 2
 *     LOOP ADD R0, R0, #-1    x3000  LOOP = x3000                 x103f
 *          BRp LOOP           x3001                               x03fe, LOOP being 2 words back
 *     .END
 */
#include "asm_internal.h"
#include "base/status.h"

enum { ADDRESSES = 0x10000, ADDRESS_MAX = 0xffff };

static bool labels_keep(nf_lc3_asm *a)
{
    for (uint32_t i = 0; i < a->labels.count; i++) {
        const nf_lc3_label *label = &a->labels.data[i];
        uint32_t address = label->address <= ADDRESS_MAX ? label->address : 0; /* around the end */
        if (!nf_lc3_object_symbol(a->object, (uint16_t)address, label->name, label->token.length))
            return false;
    }
    return true;
}

/* The first error, as others report theirs. */
static nf_status failed(const nf_lc3_messages *messages, const char *name, nf_error *error)
{
    for (uint32_t i = 0; i < messages->list.count; i++) {
        const nf_lc3_message *m = &messages->list.data[i];
        if (m->severity == NF_LC3_ERROR)
            return nf_fail_at(error, NF_SYNTAX, name, m->line, m->column, "%s", m->text);
    }
    return nf_fail(error, NF_SYNTAX, "the file has errors");
}

nf_status nf_lc3_assemble(nf_arena *arena, const char *name, const char *text, size_t size,
                          nf_lc3_object *object, nf_lc3_messages *messages, nf_error *error)
{
    nf_lc3_asm a = {
        .arena = arena,
        .object = object,
        .messages = messages,
        .used = nf_bitset_new(arena, ADDRESSES),
    };
    *messages = (nf_lc3_messages){0};
    nf_lc3_object_init(object, arena);
    nf_string_map_init(&a.label_index, arena);
    if (a.used.words) {
        nf_lc3_asm_parse(&a, text, size);
        if (!arena->failed) nf_lc3_asm_emit(&a);
    }
    if (arena->failed || !labels_keep(&a)) return nf_fail(error, NF_MEMORY, "out of memory");
    nf_lc3_messages_sort(messages);
    return messages->error_count ? failed(messages, name, error) : NF_OK;
}

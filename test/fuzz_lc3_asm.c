/*
 * Any text as LC-3 assembly: errors that can be shown, or an object whose disassembly assembles to
 * the same words.
 * Run: build/fuzz/fuzz_lc3_asm test/corpus/fuzz_lc3_asm
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guest/lc3/asm.h"
#include "guest/lc3/disasm.h"
#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { SHOWN_MAX = 4 };

static void expect(bool truth)
{
    if (!truth) __builtin_trap();
}

/* The first few: each is looked up in the text from its beginning. */
static void show(nf_arena *arena, const nf_lc3_messages *messages, const char *text, size_t size)
{
    nf_text out;
    nf_text_init(&out, arena);
    for (uint32_t i = 0; i < messages->list.count && i < SHOWN_MAX; i++)
        nf_lc3_message_format(&messages->list.data[i], "fuzz", text, size, &out);
    for (size_t i = 0; i < out.length; i++)
        expect((uint8_t)out.data[i] >= ' ' || out.data[i] == '\n' || out.data[i] == '\t');
}

static void disassemble(nf_arena *arena, const nf_lc3_object *object)
{
    nf_text text;
    nf_lc3_object again;
    nf_lc3_messages messages;
    nf_text_init(&text, arena);
    expect(nf_lc3_disassemble(object, false, &text, NULL) == NF_OK);
    expect(nf_lc3_assemble(arena, "again", text.data, text.length, &again, &messages, NULL) ==
           NF_OK);
    expect(object->segments.count == again.segments.count);
    for (uint32_t i = 0; i < object->segments.count; i++) {
        const nf_lc3_segment *a = &object->segments.data[i], *b = &again.segments.data[i];
        expect(a->origin == b->origin && a->words.count == b->words.count);
        expect(a->words.count == 0 ||
               memcmp(a->words.data, b->words.data, a->words.count * sizeof *a->words.data) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    nf_arena arena;
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_error error = {0};
    nf_text listing;
    nf_arena_init(&arena, nf_os_allocator());
    nf_text_init(&listing, &arena);
    nf_status status =
        nf_lc3_assemble(&arena, "fuzz", (const char *)bytes, size, &object, &messages, &error);
    expect((status == NF_OK) == (messages.error_count == 0));
    if (status != NF_OK) expect(error.message[0] != 0 && error.line > 0);
    show(&arena, &messages, (const char *)bytes, size);
    if (status == NF_OK) {
        disassemble(&arena, &object);
        nf_lc3_listing_write(&object, (const char *)bytes, size, &listing);
    }
    nf_arena_free(&arena);
    return 0;
}

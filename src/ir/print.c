/*
 * Modules as text; functions are print_func.c's.
 *
 * Symbols are printed in the order of their ids, which is the order in which reading makes them.
 * Data is printed by its content alone, so that printing what was read from printed text gives the
 * same text: addresses, long runs of zeros, and what is between them as text or numbers.
 *
 *     68 69 0a 00 | address of @f | 0 x 20      { "hi\n\00", i64 @f, zero 20 }
 */
#include "print.h"

enum {
    ZERO_RUN_MIN = 16, /* shorter ones are part of what is around them */
    NUMBERS_PER_LINE = 12,
    TEXT_BYTES_PER_LINE = 64,
};

/* --- data --- */

typedef struct data_printer {
    nf_text *text;
    const nf_symbol_data *data;
    bool more; /* an item stands before */
} data_printer;

static uint8_t byte_at(const nf_symbol_data *data, uint64_t offset)
{
    return offset < data->initial_size ? data->initial[offset] : 0;
}

static void item_begin(data_printer *p)
{
    nf_text_format(p->text, p->more ? ",\n  " : "\n  ");
    p->more = true;
}

/* Zeros from offset on, at most up to end; those behind the initial bytes are not looked at. */
static uint64_t zero_run(const nf_symbol_data *data, uint64_t offset, uint64_t end)
{
    uint64_t at = offset;
    while (at < end && at < data->initial_size && data->initial[at] == 0) at++;
    return (at >= data->initial_size ? end : at) - offset;
}

static bool is_text_byte(uint8_t byte)
{
    return (byte >= ' ' && byte <= '~') || byte == '\n';
}

/* Three quarters of readable characters make a text. */
static bool is_text(const nf_symbol_data *data, uint64_t start, uint64_t end)
{
    uint64_t readable = 0;
    for (uint64_t at = start; at < end; at++) readable += is_text_byte(byte_at(data, at));
    return readable * 4 >= (end - start) * 3;
}

/* At most TEXT_BYTES_PER_LINE bytes. */
static void print_line(nf_text *text, const nf_symbol_data *data, uint64_t start, uint64_t end)
{
    char line[TEXT_BYTES_PER_LINE];
    for (uint64_t at = start; at < end; at++) line[at - start] = (char)byte_at(data, at);
    nf_print_quoted(text, line, end - start);
}

static void print_text(data_printer *p, uint64_t start, uint64_t end)
{
    for (uint64_t at = start, next; at < end; at = next) {
        next = end - at > TEXT_BYTES_PER_LINE ? at + TEXT_BYTES_PER_LINE : end;
        item_begin(p);
        print_line(p->text, p->data, at, next);
    }
}

/* As i32 when the bytes are whole ones, else as i8. */
static void print_numbers(data_printer *p, uint64_t start, uint64_t end)
{
    unsigned width = (end - start) % 4 ? 1 : 4;
    uint64_t printed = 0;
    for (uint64_t at = start; at < end; at += width, printed++) {
        int32_t number = (int8_t)byte_at(p->data, at);
        if (width == 4)
            number = (int32_t)(byte_at(p->data, at) | (uint32_t)byte_at(p->data, at + 1) << 8 |
                               (uint32_t)byte_at(p->data, at + 2) << 16 |
                               (uint32_t)byte_at(p->data, at + 3) << 24);
        if (printed % NUMBERS_PER_LINE == 0) {
            item_begin(p);
            nf_text_format(p->text, "i%u %d", width * 8, number);
        } else {
            nf_text_format(p->text, ", %d", number);
        }
    }
}

static void print_bytes(data_printer *p, uint64_t start, uint64_t end)
{
    if (start == end) return;
    if (is_text(p->data, start, end))
        print_text(p, start, end);
    else
        print_numbers(p, start, end);
}

/* Bytes between addresses. */
static void print_segment(data_printer *p, uint64_t start, uint64_t end)
{
    uint64_t from = start;
    for (uint64_t at = start; at < end;) {
        uint64_t zeros = zero_run(p->data, at, end);
        if (zeros >= ZERO_RUN_MIN) {
            print_bytes(p, from, at);
            item_begin(p);
            nf_text_format(p->text, "zero %llu", (unsigned long long)zeros);
            from = at + zeros;
        }
        at += zeros ? zeros : 1;
    }
    print_bytes(p, from, end);
}

static void print_items(const nf_module *module, nf_text *text, const nf_symbol_data *data)
{
    data_printer p = {text, data, false};
    uint64_t offset = 0;
    nf_text_format(text, " {");
    for (uint32_t i = 0; i < data->relocs.count; i++) {
        const nf_data_reloc *reloc = &data->relocs.data[i];
        print_segment(&p, offset, reloc->offset);
        item_begin(&p);
        nf_text_format(text, "i64 ");
        nf_print_name(text, '@', nf_symbol_at(module, reloc->target)->name);
        nf_print_addend(text, reloc->addend);
        offset = reloc->offset + NF_DATA_ADDRESS_BYTES;
    }
    print_segment(&p, offset, data->size);
    nf_text_format(text, "\n}\n");
}

static void print_data(const nf_module *module, nf_text *text, const nf_symbol_data *data)
{
    nf_text_format(text, "data ");
    nf_print_name(text, '@', data->name);
    if (data->align_log2) nf_text_format(text, " align %u", 1u << data->align_log2);
    if (data->readonly) nf_text_format(text, " readonly");
    bool has_addresses = data->relocs.count != 0;
    bool is_short = data->size <= TEXT_BYTES_PER_LINE && is_text(data, 0, data->size);
    if (!has_addresses && zero_run(data, 0, data->size) == data->size) {
        nf_text_format(text, " zero %llu\n", (unsigned long long)data->size);
    } else if (!has_addresses && is_short) {
        nf_text_format(text, " = ");
        print_line(text, data, 0, data->size);
        nf_text_format(text, "\n");
    } else {
        print_items(module, text, data);
    }
}

/* --- modules --- */

static void print_extern(const nf_module *module, nf_text *text, const nf_symbol_data *symbol)
{
    nf_text_format(text, symbol->kind == NF_SYMBOL_EXTERN ? "extern " : "extern data ");
    nf_print_name(text, '@', symbol->name);
    if (symbol->kind == NF_SYMBOL_EXTERN)
        nf_print_signature(text, nf_signature_at(module, symbol->signature));
    nf_text_append(text, "\n", 1);
}

static void print_symbols(const nf_module *module, nf_text *text, nf_arena *scratch)
{
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        const nf_symbol_data *symbol = &module->symbols.data[i];
        bool is_func = symbol->kind == NF_SYMBOL_FUNC;
        if (is_func && i > 1) nf_text_append(text, "\n", 1);
        if (is_func)
            nf_func_print(symbol->func, scratch, text);
        else if (symbol->kind == NF_SYMBOL_DATA)
            print_data(module, text, symbol);
        else
            print_extern(module, text, symbol);
        nf_arena_reset(scratch);
    }
}

nf_status nf_module_print(nf_module *module, const char **text, size_t *length)
{
    nf_arena scratch, growing;
    nf_text printed;
    NF_REQUIRE(module, NULL);
    NF_REQUIRE(text, NULL);
    NF_REQUIRE(length, NULL);
    nf_arena_init(&scratch, module->arena.allocator);
    nf_arena_init(&growing, module->arena.allocator);
    nf_text_init(&printed, &growing);
    print_symbols(module, &printed, &scratch);
    char *copy =
        growing.failed ? NULL : nf_arena_string(&module->arena, printed.data, printed.length);
    *text = copy;
    *length = copy ? printed.length : 0;
    nf_arena_free(&scratch);
    nf_arena_free(&growing);
    return copy ? NF_OK : NF_MEMORY;
}

/*
 * Bytes to a module; see binary.h. The reader's primitives, and all sections but the functions'.
 *
 * Nothing that the bytes say is believed before it has been compared with what is there: a count
 * with the bytes left, an id with the number of what it names, a type and an operation with their
 * tables. What the verifier checks anyway (dominance, operand types, terminators) is left to it.
 * The checksum comes first, so that damage is told from a wrong encoder.
 */
#include "binary_reader.h"
#include "base/hash.h"
#include "base/text.h"

enum {
    NUMBER_BITS = 64,
    /* The least that a function has in all sections together: the number of functions is bounded by
     * it before their records are made. */
    FUNC_BYTES_MIN = 20,
    MESSAGE_BYTES = 128,
};

/* --- the reader --- */

bool nf_reader_fail(nf_reader *r, nf_status status, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list list;
    if (r->status) return false;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    r->status = nf_fail_at(r->error, status, r->name, 0, 0, "byte %zu: %s",
                           (size_t)(r->at - r->start), message);
    r->at = r->end;
    return false;
}

bool nf_reader_memory(nf_reader *r)
{
    if (r->status == NF_OK) r->status = nf_fail(r->error, NF_MEMORY, "out of memory");
    r->at = r->end;
    return false;
}

uint8_t nf_read_byte(nf_reader *r)
{
    if (r->at == r->end) {
        CORRUPT(r, "the section ends too early");
        return 0;
    }
    return *r->at++;
}

uint64_t nf_read_number(nf_reader *r)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < NUMBER_BITS; shift += 7) {
        uint8_t byte = nf_read_byte(r);
        uint64_t bits = byte & 0x7f;
        if (shift == NUMBER_BITS - 1 && bits > 1) break;
        number |= bits << shift;
        if ((byte & 0x80) == 0) return number;
    }
    CORRUPT(r, "a number has more than 64 bits");
    return 0;
}

int64_t nf_read_signed(nf_reader *r)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < NUMBER_BITS;) {
        uint8_t byte = nf_read_byte(r);
        uint64_t bits = byte & 0x7f;
        if (shift == NUMBER_BITS - 1 && bits != 0 && bits != 0x7f) break;
        number |= bits << shift;
        shift += 7;
        if (byte & 0x80) continue;
        if (shift < NUMBER_BITS && byte & 0x40) number |= ~UINT64_C(0) << shift;
        return (int64_t)number;
    }
    CORRUPT(r, "a number has more than 64 bits");
    return 0;
}

uint32_t nf_read_below(nf_reader *r, uint64_t max, const char *what)
{
    uint64_t number = nf_read_number(r);
    if (number <= max) return (uint32_t)number;
    CORRUPT(r, "%s is %llu, more than %llu", what, (unsigned long long)number,
            (unsigned long long)max);
    return 0;
}

uint32_t nf_read_count(nf_reader *r, size_t item_bytes, uint32_t max, const char *what)
{
    uint64_t count = nf_read_number(r);
    if (count > nf_reader_left(r) / item_bytes) {
        CORRUPT(r, "%llu %s do not fit into what is left", (unsigned long long)count, what);
        return 0;
    }
    if (count <= max) return (uint32_t)count;
    nf_reader_fail(r, NF_LIMIT, "more than %u %s", max, what);
    return 0;
}

const uint8_t *nf_read_extent(nf_reader *r, const char *what)
{
    const uint8_t *end = r->end;
    uint64_t size = nf_read_number(r);
    if (size > nf_reader_left(r)) CORRUPT(r, "%s is larger than what is left", what);
    r->end = r->status ? r->at : r->at + size;
    return end;
}

void nf_read_extent_end(nf_reader *r, const uint8_t *end)
{
    if (r->status == NF_OK && r->at != r->end) CORRUPT(r, "there are bytes too many");
    r->end = end;
    if (r->status) r->at = end;
}

const uint8_t *nf_read_bytes(nf_reader *r, uint64_t count)
{
    const uint8_t *bytes = r->at;
    if (count > nf_reader_left(r)) {
        CORRUPT(r, "%llu bytes do not fit into what is left", (unsigned long long)count);
        return NULL;
    }
    r->at += count;
    return bytes;
}

/* A name where it is, without a zero behind it; NULL on failure. */
static const char *read_name(nf_reader *r, uint32_t *length)
{
    *length = nf_read_count(r, 1, NF_NAME_BYTES_MAX, "bytes of a name");
    const char *bytes = (const char *)nf_read_bytes(r, *length);
    for (uint32_t i = 0; i < *length && r->status == NF_OK; i++)
        if (bytes[i] == 0) CORRUPT(r, "there is a zero in a name");
    return r->status ? NULL : bytes;
}

const char *nf_read_string(nf_reader *r)
{
    uint32_t length;
    const char *name = read_name(r, &length);
    const char *copy = name ? nf_arena_string(r->arena, name, length) : NULL;
    if (copy == NULL) nf_reader_memory(r);
    return copy;
}

nf_type nf_read_type(nf_reader *r, bool void_too)
{
    nf_type type = nf_read_byte(r);
    if (nf_type_valid(type) || (void_too && type == NF_VOID)) return type;
    CORRUPT(r, "%u is no type", type);
    return NF_VOID;
}

/* --- operations and signatures --- */

static nf_op op_named(const char *text)
{
    size_t length = nf_string_length(text);
    for (nf_op op = NF_OP_PARAM + 1; op < NF_OP_COUNT; op++)
        if (nf_string_length(nf_ops[op].text) == length &&
            __builtin_memcmp(nf_ops[op].text, text, length) == 0)
            return op;
    return NF_OP_NONE;
}

static void read_operations(nf_reader *r)
{
    r->op_count = nf_read_count(r, 2, NF_OPCODES_MAX, "operations");
    for (uint32_t i = 0; i < r->op_count; i++) {
        const char *text = nf_read_string(r);
        if (text == NULL) return;
        r->ops[i] = op_named(text);
        if (r->ops[i] == NF_OP_NONE)
            nf_reader_fail(r, NF_UNSUPPORTED, "there is no operation %s", text);
    }
}

static void read_signature(nf_reader *r, uint32_t id)
{
    nf_type result = nf_read_type(r, true);
    bool variadic = nf_read_below(r, 1, "variadic") != 0;
    uint32_t count = nf_read_count(r, 1, NF_SIGNATURE_PARAMS_MAX, "parameters");
    nf_type params[NF_SIGNATURE_PARAMS_MAX];
    for (uint32_t i = 0; i < count; i++) params[i] = nf_read_type(r, false);
    if (r->status) return;
    nf_signature made = nf_module_signature(r->module, result, params, count, variadic);
    if (made.id == 0)
        nf_reader_memory(r);
    else if (made.id != id)
        CORRUPT(r, "a signature is there twice");
}

static void read_signatures(nf_reader *r)
{
    enum { SIGNATURE_BYTES_MIN = 3 };
    uint32_t count = nf_read_count(r, SIGNATURE_BYTES_MIN, NF_SYMBOLS_MAX, "signatures");
    for (uint32_t i = 1; i <= count && r->status == NF_OK; i++) read_signature(r, i);
}

/* --- symbols and data --- */

static nf_signature read_signature_id(nf_reader *r)
{
    uint32_t id = nf_read_below(r, r->module->signatures.count - 1, "a signature");
    if (id == 0) CORRUPT(r, "a function has no signature");
    return (nf_signature){id};
}

static nf_symbol func_make(nf_reader *r, const char *name, nf_signature signature)
{
    nf_func *f = nf_module_function_bare(r->module, name, signature, 0);
    return f ? f->symbol : (nf_symbol){0};
}

static nf_symbol data_make(nf_reader *r, const char *name)
{
    uint32_t size = nf_read_below(r, NF_DATA_BYTES_MAX, "the size of data");
    uint32_t align_log2 = nf_read_below(r, NF_ALIGN_LOG2_MAX, "an alignment");
    bool readonly = nf_read_below(r, 1, "readonly") != 0;
    if (r->status) return (nf_symbol){0};
    return nf_module_data(r->module, name, NULL, 0, size, align_log2, readonly);
}

/* The module makes its own copy. */
static void symbol_name(nf_reader *r, char name[NF_NAME_BYTES_MAX + 1])
{
    uint32_t length;
    const char *bytes = read_name(r, &length);
    if (bytes) __builtin_memcpy(name, bytes, length);
    name[bytes ? length : 0] = 0;
}

static void read_symbol(nf_reader *r, uint32_t id, uint32_t *funcs_left)
{
    nf_symbol made = {0};
    char name[NF_NAME_BYTES_MAX + 1];
    nf_symbol_kind kind = (nf_symbol_kind)nf_read_below(r, NF_SYMBOL_EXTERN_DATA, "a kind");
    symbol_name(r, name);
    uint32_t line = nf_read_below(r, UINT32_MAX, "a line");
    nf_signature signature = {0};
    if (kind == NF_SYMBOL_FUNC || kind == NF_SYMBOL_EXTERN) signature = read_signature_id(r);
    if (kind == NF_SYMBOL_FUNC && (*funcs_left)-- == 0)
        CORRUPT(r, "more functions than there are bytes for");
    if (r->status) return;
    switch (kind) {
    case NF_SYMBOL_FUNC: made = func_make(r, name, signature); break;
    case NF_SYMBOL_EXTERN: made = nf_module_extern(r->module, name, signature); break;
    case NF_SYMBOL_DATA: made = data_make(r, name); break;
    case NF_SYMBOL_EXTERN_DATA: made = nf_module_extern_data(r->module, name); break;
    }
    if (r->status) return;
    if (r->arena->failed)
        nf_reader_memory(r);
    else if (made.id != id)
        CORRUPT(r, "@%s is there twice", name);
    else
        nf_symbol_at(r->module, made)->line = line;
}

static void read_symbols(nf_reader *r, size_t bytes_behind)
{
    enum { SYMBOL_BYTES_MIN = 3, SYMBOL_BYTES = 256 /* of memory, mostly */ };
    uint32_t count = nf_read_count(r, SYMBOL_BYTES_MIN, NF_SYMBOLS_MAX - 1, "symbols");
    size_t funcs_max = bytes_behind / FUNC_BYTES_MIN;
    uint32_t funcs_left = funcs_max < count ? (uint32_t)funcs_max : count;
    if (r->status == NF_OK) nf_arena_expect(r->arena, (size_t)count * SYMBOL_BYTES);
    if (r->status == NF_OK && !(NF_VEC_RESERVE(r->arena, &r->module->symbols, count) &&
                                nf_string_map_reserve(&r->module->symbol_index, count)))
        nf_reader_memory(r);
    for (uint32_t i = 1; i <= count && r->status == NF_OK; i++) read_symbol(r, i, &funcs_left);
}

static const uint8_t *initial_copy(nf_reader *r, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = nf_arena_take(r->arena, size, 1);
    if (copy == NULL)
        nf_reader_memory(r);
    else
        __builtin_memcpy(copy, bytes, size);
    return copy;
}

static void read_initial(nf_reader *r, nf_symbol_data *symbol)
{
    uint64_t size = nf_read_number(r);
    const uint8_t *bytes = nf_read_bytes(r, size);
    if (size > symbol->size) CORRUPT(r, "@%s has more bytes than its size", symbol->name);
    if (r->status || size == 0) return;
    symbol->initial = r->lazy ? bytes : initial_copy(r, bytes, size);
    symbol->initial_size = size;
}

static void read_data(nf_reader *r, nf_symbol id)
{
    enum { RELOC_BYTES_MIN = 3 };
    nf_symbol_data *symbol = nf_symbol_at(r->module, id);
    uint64_t offset = 0;
    read_initial(r, symbol);
    uint32_t count = nf_read_count(r, RELOC_BYTES_MIN, UINT32_MAX, "addresses");
    for (uint32_t i = 0; i < count && r->status == NF_OK; i++) {
        offset += nf_read_below(r, symbol->size - offset, "an offset in data");
        nf_symbol target = {nf_read_below(r, r->module->symbols.count - 1, "a symbol")};
        int64_t addend = nf_read_signed(r);
        if (r->status) return;
        nf_status status = nf_module_data_reloc(r->module, id, offset, target, addend);
        if (status == NF_MEMORY) nf_reader_memory(r);
        if (status == NF_ARGUMENT) CORRUPT(r, "an address in @%s is misplaced", symbol->name);
    }
}

/* --- sections --- */

static void read_payload(nf_reader *r, nf_section section, size_t bytes_behind)
{
    switch (section) {
    case NF_SECTION_OPERATIONS: read_operations(r); return;
    case NF_SECTION_SIGNATURES: read_signatures(r); return;
    case NF_SECTION_SYMBOLS: read_symbols(r, bytes_behind); return;
    default: break;
    }
    for (uint32_t i = 1; i < r->module->symbols.count && r->status == NF_OK; i++) {
        const nf_symbol_data *symbol = &r->module->symbols.data[i];
        if (section == NF_SECTION_DATA && symbol->kind == NF_SYMBOL_DATA)
            read_data(r, (nf_symbol){i});
        if (section == NF_SECTION_FUNCTIONS && symbol->func) nf_read_func(r, symbol->func);
    }
}

static void read_section(nf_reader *r, nf_section section)
{
    if (nf_read_byte(r) != section) CORRUPT(r, "section %d is not here", (int)section);
    const uint8_t *end = nf_read_extent(r, "the section");
    read_payload(r, section, (size_t)(end - r->end));
    nf_read_extent_end(r, end);
}

static uint64_t checksum_read(const uint8_t *bytes)
{
    uint64_t checksum = 0;
    for (unsigned i = 0; i < NF_BINARY_CHECKSUM_BYTES; i++) checksum |= (uint64_t)bytes[i] << i * 8;
    return checksum;
}

static void read_module(nf_reader *r)
{
    size_t size = nf_reader_left(r);
    if (!nf_binary_is(r->at, size)) {
        CORRUPT(r, "this is no binary NIR");
        return;
    }
    r->at += NF_BINARY_MAGIC_BYTES;
    uint64_t version = nf_read_number(r);
    if (version != NF_BINARY_VERSION)
        nf_reader_fail(r, NF_UNSUPPORTED, "version %llu, not %d", (unsigned long long)version,
                       NF_BINARY_VERSION);
    if (nf_reader_left(r) < NF_BINARY_CHECKSUM_BYTES) CORRUPT(r, "the module is cut off");
    if (r->status) return;
    r->end -= NF_BINARY_CHECKSUM_BYTES;
    if (!r->lazy &&
        checksum_read(r->end) != nf_hash_bytes(r->start, size - NF_BINARY_CHECKSUM_BYTES))
        CORRUPT(r, "the checksum is wrong: the module is damaged");
    for (int section = NF_SECTION_OPERATIONS; section < NF_SECTION_END && r->status == NF_OK;
         section++)
        read_section(r, (nf_section)section);
    if (r->status == NF_OK && r->at != r->end) CORRUPT(r, "there are bytes behind the module");
}

static nf_status decode(const nf_allocator *allocator, const char *name, const void *bytes,
                        size_t size, bool lazy, nf_module **module, nf_error *error)
{
    const uint8_t *start = bytes;
    nf_reader r = {.start = start,
                   .at = start,
                   .end = start + size,
                   .name = name,
                   .error = error,
                   .lazy = lazy};
    *module = NULL;
    r.module = nf_module_new(allocator, name);
    if (r.module == NULL) {
        nf_reader_memory(&r);
        return r.status;
    }
    r.arena = &r.module->arena;
    if (!lazy || nf_bodies_make(&r)) read_module(&r);
    if (r.status == NF_OK && r.arena->failed) nf_reader_memory(&r);
    if (r.status)
        nf_module_free(r.module);
    else
        *module = r.module;
    return r.status;
}

nf_status nf_binary_decode(const nf_allocator *allocator, const char *name, const void *bytes,
                           size_t size, nf_module **module, nf_error *error)
{
    return decode(allocator, name, bytes, size, false, module, error);
}

nf_status nf_binary_decode_lazily(const nf_allocator *allocator, const char *name,
                                  const void *bytes, size_t size, nf_module **module,
                                  nf_error *error)
{
    return decode(allocator, name, bytes, size, true, module, error);
}

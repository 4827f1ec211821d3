/*
 * Modules as text, in two passes; the syntax is described in docs/nir-preface.md.
 *
 * The first reads everything but the functions' bodies, which it only skips, so that the second,
 * which reads them, knows every symbol whatever the order of the text. Symbols have their ids in
 * the order of the text, and so does the printer.
 *
 * Addresses in data may name later symbols too; they wait in a list until the first pass has ended.
 */
#include "parse.h"
#include "parse_internal.h"
#include "number.h"

/* A body that the first pass stepped over. */
typedef struct later_body {
    nf_func *func;
    nf_lexer lexer; /* behind the opening brace */
} later_body;

/* An address inside data, to be looked up when all symbols are known. */
typedef struct later_address {
    nf_symbol data;
    uint64_t offset;
    nf_token target;
    int64_t addend;
} later_address;

typedef struct reader {
    nf_parser parser;
    nf_arena headers; /* what the first pass remembers */
    nf_arena scratch; /* of one data symbol or body */
    NF_VEC(later_body) bodies;
    NF_VEC(later_address) addresses;
    NF_VEC(uint8_t) bytes;  /* of the data symbol that is being read */
    uint32_t first_address; /* its first one in addresses */
} reader;

static bool memory_fail(reader *r)
{
    return nf_parse_fail(&r->parser, &r->parser.token, NF_MEMORY, "out of memory");
}

/* --- symbols --- */

/* Takes a name that must be new. */
static bool new_symbol(reader *r, nf_token *name, const char **text)
{
    nf_parser *p = &r->parser;
    *name = p->token;
    if (!nf_parse_expect(p, TOKEN_GLOBAL, "a name, as @name")) return false;
    if (nf_string_map_get(&p->module->symbol_index, name->text, name->length, NULL))
        return nf_parse_fail(p, name, NF_SYNTAX, "@%.*s is defined twice", (int)name->length,
                             name->text);
    if (p->module->symbols.count >= NF_SYMBOLS_MAX)
        return nf_parse_fail(p, name, NF_LIMIT, "more than %d symbols", NF_SYMBOLS_MAX);
    *text = nf_parse_name(p, name);
    return *text || memory_fail(r);
}

static bool symbol_made(reader *r, nf_symbol symbol, uint32_t line)
{
    if (symbol.id == 0) return memory_fail(r);
    nf_symbol_at(r->parser.module, symbol)->line = line;
    return true;
}

/* extern @name(i64) -> i32, extern data @name */
static bool external(reader *r)
{
    nf_parser *p = &r->parser;
    bool is_data = nf_parse_accept_word(p, "data");
    nf_token name;
    const char *text;
    nf_signature signature;
    if (!new_symbol(r, &name, &text)) return false;
    if (is_data) return symbol_made(r, nf_module_extern_data(p->module, text), name.line);
    if (!nf_parse_signature(p, &signature)) return false;
    return symbol_made(r, nf_module_extern(p->module, text, signature), name.line);
}

/* --- data --- */

static bool bytes_append(reader *r, const void *bytes, size_t count)
{
    nf_parser *p = &r->parser;
    if (count == 0) return true;
    if (count > NF_DATA_INITIAL_BYTES_MAX - r->bytes.count)
        return nf_parse_fail(p, &p->token, NF_LIMIT, "more than %d bytes of initial data",
                             NF_DATA_INITIAL_BYTES_MAX);
    if (!NF_VEC_RESERVE(&r->scratch, &r->bytes, count)) return memory_fail(r);
    if (bytes)
        __builtin_memcpy(r->bytes.data + r->bytes.count, bytes, count);
    else
        __builtin_memset(r->bytes.data + r->bytes.count, 0, count);
    r->bytes.count += (uint32_t)count;
    return true;
}

/* @name + 4 as the value of an i64 */
static bool data_address(reader *r)
{
    nf_parser *p = &r->parser;
    later_address address = {.offset = r->bytes.count, .target = p->token};
    nf_parse_step(p);
    if (!nf_parse_addend(p, &address.addend)) return false;
    if (!NF_VEC_PUSH(&r->headers, &r->addresses, address)) return memory_fail(r);
    return bytes_append(r, NULL, NF_DATA_ADDRESS_BYTES);
}

static bool data_value(reader *r, nf_type type)
{
    nf_parser *p = &r->parser;
    uint64_t bits = 0;
    int64_t number = 0;
    if (type == NF_I64 && p->token.kind == TOKEN_GLOBAL) return data_address(r);
    bool read =
        NF_TYPE_IS_FLOAT(type) ? nf_parse_float(p, type, &bits) : nf_parse_int(p, type, &number);
    if (NF_TYPE_IS_INT(type)) bits = (uint64_t)number;
    return read && bytes_append(r, &bits, nf_type_bytes(type)); /* little-endian, as the target */
}

static bool string_bytes(reader *r)
{
    nf_token string = r->parser.token;
    return nf_parse_expect(&r->parser, TOKEN_STRING, "a string") &&
           bytes_append(r, string.text, string.length);
}

/* zero N; what ends the data takes no room in the initial bytes. */
static bool zeros(reader *r, uint64_t *tail)
{
    return nf_parse_uint(&r->parser, "a size", NF_DATA_BYTES_MAX, tail);
}

/* { i32 1, 2, 3, i64 @f, "text", zero 16 }: a value without a type has the one before. */
static bool data_items(reader *r, uint64_t *tail)
{
    nf_parser *p = &r->parser;
    nf_type type = NF_VOID, next;
    for (bool first = true; !nf_parse_accept(p, '}'); first = false) {
        if (!first && !nf_parse_expect(p, ',', "',' or '}'")) return false;
        if (*tail && !bytes_append(r, NULL, *tail)) return false;
        *tail = 0;
        if (p->token.kind == TOKEN_STRING) {
            if (!string_bytes(r)) return false;
            continue;
        }
        if (nf_parse_accept_word(p, "zero")) {
            if (!zeros(r, tail)) return false;
            continue;
        }
        next =
            p->token.kind == TOKEN_WORD ? nf_type_parse(p->token.text, p->token.length) : NF_VOID;
        if (NF_TYPE_IS_VECTOR(next))
            return nf_parse_fail(p, &p->token, NF_TYPE, "data has no vectors");
        if (next != NF_VOID) nf_parse_step(p);
        if (next != NF_VOID) type = next;
        if (type == NF_VOID) return nf_parse_expected(p, "a type, a string or zero");
        if (!data_value(r, type)) return false;
    }
    return true;
}

static bool data_content(reader *r, uint64_t *tail)
{
    nf_parser *p = &r->parser;
    if (nf_parse_accept(p, '=')) return string_bytes(r);
    if (nf_parse_accept(p, '{')) return data_items(r, tail);
    if (nf_parse_accept_word(p, "zero")) return zeros(r, tail);
    return nf_parse_expected(p, "'= \"text\"', '{' or 'zero'");
}

/* data @name [align N] [readonly] content */
static bool data(reader *r)
{
    nf_parser *p = &r->parser;
    nf_token name;
    const char *text;
    unsigned align_log2 = 0;
    uint64_t tail = 0;
    if (!new_symbol(r, &name, &text)) return false;
    if (nf_parse_accept_word(p, "align") && !nf_parse_align(p, NF_ALIGN_LOG2_MAX, &align_log2))
        return false;
    bool readonly = nf_parse_accept_word(p, "readonly");
    r->bytes.data = NULL;
    r->bytes.count = r->bytes.capacity = 0;
    r->first_address = r->addresses.count;
    if (!data_content(r, &tail)) return false;
    if (tail > NF_DATA_BYTES_MAX - r->bytes.count)
        return nf_parse_fail(p, &name, NF_LIMIT, "more than %d bytes of data", NF_DATA_BYTES_MAX);
    nf_symbol symbol = nf_module_data(p->module, text, r->bytes.data, r->bytes.count,
                                      r->bytes.count + tail, align_log2, readonly);
    for (uint32_t i = r->first_address; i < r->addresses.count; i++)
        r->addresses.data[i].data = symbol;
    nf_arena_reset(&r->scratch);
    return symbol_made(r, symbol, name.line);
}

static bool addresses_resolve(reader *r)
{
    nf_parser *p = &r->parser;
    for (uint32_t i = 0; i < r->addresses.count; i++) {
        const later_address *address = &r->addresses.data[i];
        nf_symbol target;
        p->token = address->target;
        if (!nf_parse_symbol(p, &target)) return false;
        nf_status status = nf_module_data_reloc(p->module, address->data, address->offset, target,
                                                address->addend);
        if (status) return memory_fail(r);
    }
    return true;
}

/* --- functions --- */

typedef struct header {
    nf_type types[NF_SIGNATURE_PARAMS_MAX];
    const char *names[NF_SIGNATURE_PARAMS_MAX];
    uint32_t count;
    uint64_t noalias;
} header;

/* %name: type [noalias] */
static bool func_param(reader *r, header *h)
{
    nf_parser *p = &r->parser;
    nf_token name = p->token;
    uint32_t index = h->count;
    if (index == NF_SIGNATURE_PARAMS_MAX)
        return nf_parse_fail(p, &name, NF_LIMIT, "more than %d parameters", index);
    if (!nf_parse_expect(p, TOKEN_VALUE, "a parameter, as %name: i64") ||
        !nf_parse_expect(p, ':', "':' and the parameter's type") ||
        !nf_parse_type(p, &h->types[index]))
        return false;
    h->names[index] = nf_parse_name(p, &name);
    if (h->names[index] == NULL) return memory_fail(r);
    for (uint32_t i = 0; i < index; i++)
        if (nf_string_length(h->names[i]) == name.length &&
            __builtin_memcmp(h->names[i], name.text, name.length) == 0)
            return nf_parse_fail(p, &name, NF_SYNTAX, "%%%s is defined twice", h->names[i]);
    h->count++;
    nf_token at = p->token;
    if (!nf_parse_accept_word(p, "noalias")) return true;
    if (index >= NF_NOALIAS_PARAMS_MAX)
        return nf_parse_fail(p, &at, NF_LIMIT, "only the first %d parameters can be noalias",
                             NF_NOALIAS_PARAMS_MAX);
    h->noalias |= UINT64_C(1) << index;
    return true;
}

static bool func_params(reader *r, header *h)
{
    if (!nf_parse_expect(&r->parser, '(', "'(' and the parameters")) return false;
    while (r->parser.token.kind != ')') {
        if (h->count && !nf_parse_expect(&r->parser, ',', "',' or ')'")) return false;
        if (!func_param(r, h)) return false;
    }
    nf_parse_step(&r->parser);
    return true;
}

/* Words up to the opening brace. */
static bool func_attributes(reader *r, uint32_t *attributes, double *tolerance)
{
    nf_parser *p = &r->parser;
    while (p->token.kind != '{') {
        uint32_t attribute = 0;
        uint64_t bits;
        for (uint32_t i = 0; i < NF_ATTR_COUNT && attribute == 0; i++)
            if (nf_parse_accept_word(p, nf_attr_text[i])) attribute = 1u << i;
        *attributes |= attribute;
        if (attribute) continue;
        if (!nf_parse_accept_word(p, "tolerance"))
            return nf_parse_expected(p, "an attribute or '{'");
        if (!nf_parse_float(p, NF_F64, &bits)) return false;
        __builtin_memcpy(tolerance, &bits, sizeof bits);
    }
    return true;
}

/* func @name(%a: i64) -> i64 attributes { ... } */
static bool func(reader *r)
{
    nf_parser *p = &r->parser;
    header h = {.count = 0};
    nf_token name;
    const char *text;
    nf_type result;
    uint32_t attributes = 0;
    double tolerance = 0;
    if (!new_symbol(r, &name, &text) || !func_params(r, &h) || !nf_parse_result(p, &result) ||
        !func_attributes(r, &attributes, &tolerance))
        return false;
    nf_signature signature = nf_module_signature(p->module, result, h.types, h.count, false);
    nf_func *f = nf_module_function(p->module, text, signature, attributes);
    if (f == NULL) return memory_fail(r);
    f->noalias = h.noalias;
    f->tolerance = tolerance;
    for (uint32_t i = 0; i < h.count; i++) {
        nf_value param = nf_func_param(f, i);
        nf_name_set(f, &f->debug.value_names, param.id, h.names[i]);
        nf_line_set(f, param, name.line);
    }
    later_body later = {f, p->lexer};
    if (!NF_VEC_PUSH(&r->headers, &r->bodies, later)) return memory_fail(r);
    if (!nf_lexer_skip_body(&p->lexer))
        return nf_parse_fail(p, &name, NF_SYNTAX, "the function has no closing '}'");
    nf_parse_step(p);
    return symbol_made(r, f->symbol, name.line);
}

/* --- the module --- */

static bool headers(reader *r)
{
    nf_parser *p = &r->parser;
    nf_parse_step(p);
    while (p->token.kind != TOKEN_END) {
        bool read;
        if (nf_parse_accept_word(p, "func"))
            read = func(r);
        else if (nf_parse_accept_word(p, "data"))
            read = data(r);
        else if (nf_parse_accept_word(p, "extern"))
            read = external(r);
        else
            read = nf_parse_expected(p, "func, data or extern");
        if (!read) return false;
        if (p->module->arena.failed || r->headers.failed) return memory_fail(r);
    }
    return addresses_resolve(r);
}

static bool bodies(reader *r)
{
    nf_parser *p = &r->parser;
    for (uint32_t i = 0; i < r->bodies.count; i++) {
        p->lexer = r->bodies.data[i].lexer;
        p->lexer.arena = &r->scratch;
        nf_parse_step(p);
        if (!nf_parse_body(p, r->bodies.data[i].func, &r->scratch)) return false;
        if (p->module->arena.failed || r->scratch.failed) return memory_fail(r);
        nf_arena_reset(&r->scratch);
    }
    return true;
}

static bool ops_index(reader *r)
{
    nf_parser *p = &r->parser;
    nf_string_map_init(&p->ops, &r->headers);
    for (uint32_t op = NF_OP_NONE + 1; op < NF_OP_COUNT; op++) {
        const char *text = nf_ops[op].text;
        if (op == NF_OP_PARAM) continue;
        if (!nf_string_map_put(&p->ops, text, (uint32_t)nf_string_length(text), op))
            return memory_fail(r);
    }
    return true;
}

nf_status nf_text_parse(const nf_allocator *allocator, const char *name, const char *text,
                        size_t size, nf_module **module, nf_error *error)
{
    reader r = {.parser = {.error = error}};
    nf_parser *p = &r.parser;
    *module = NULL;
    if (size > NF_TEXT_BYTES_MAX)
        return nf_fail_at(error, NF_LIMIT, name, 0, 0, "more than %d bytes of text",
                          NF_TEXT_BYTES_MAX);
    p->module = nf_module_new(allocator, name);
    if (p->module == NULL) return nf_fail_at(error, NF_MEMORY, name, 0, 0, "out of memory");
    nf_arena_init(&r.headers, p->module->arena.allocator);
    nf_arena_init(&r.scratch, p->module->arena.allocator);
    nf_lexer_init(&p->lexer, size ? text : "", size, &r.headers);
    bool parsed = ops_index(&r) && headers(&r) && bodies(&r);
    nf_arena_free(&r.headers);
    nf_arena_free(&r.scratch);
    if (parsed)
        *module = p->module;
    else
        nf_module_free(p->module);
    return p->status;
}

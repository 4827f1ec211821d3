/* What both levels of the parser are made of: tokens, numbers, types, names. See parse_internal.h.
 */
#include "parse_internal.h"
#include "number.h"

enum { EXCERPT_BYTES = 40 };

bool nf_parse_fail(nf_parser *p, const nf_token *token, nf_status status, const char *format, ...)
{
    char message[NF_ERROR_MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    p->status =
        nf_fail_at(p->error, status, p->module->name, token->line, token->column, "%s", message);
    return false;
}

/* The token as the source has it, cut. */
static const char *excerpt(const nf_token *token, char text[EXCERPT_BYTES])
{
    const char *sigil = "";
    switch (token->kind) {
    case TOKEN_END: return "the end of the text";
    case TOKEN_ARROW: return "'->'";
    case TOKEN_STRING: return "a string";
    case TOKEN_VALUE: sigil = "%"; break;
    case TOKEN_GLOBAL: sigil = "@"; break;
    case TOKEN_LOCAL: sigil = "$"; break;
    default: break;
    }
    int length = token->length < EXCERPT_BYTES / 2 ? (int)token->length : EXCERPT_BYTES / 2;
    nf_format(text, EXCERPT_BYTES, "'%s%.*s%s'", sigil, length, token->text,
              token->length > (uint32_t)length ? "..." : "");
    return text;
}

bool nf_parse_expected(nf_parser *p, const char *what)
{
    char text[EXCERPT_BYTES];
    if (p->token.kind == TOKEN_BAD)
        return nf_parse_fail(p, &p->token, NF_SYNTAX, "%s", p->token.text);
    return nf_parse_fail(p, &p->token, NF_SYNTAX, "expected %s, found %s", what,
                         excerpt(&p->token, text));
}

void nf_parse_step(nf_parser *p)
{
    p->token = nf_lexer_next(&p->lexer);
}

bool nf_parse_accept(nf_parser *p, uint8_t kind)
{
    if (p->token.kind != kind) return false;
    nf_parse_step(p);
    return true;
}

static bool token_is(const nf_token *token, const char *word)
{
    size_t length = nf_string_length(word);
    return token->kind == TOKEN_WORD && token->length == length &&
           __builtin_memcmp(token->text, word, length) == 0;
}

bool nf_parse_accept_word(nf_parser *p, const char *word)
{
    if (!token_is(&p->token, word)) return false;
    nf_parse_step(p);
    return true;
}

bool nf_parse_expect(nf_parser *p, uint8_t kind, const char *what)
{
    return nf_parse_accept(p, kind) || nf_parse_expected(p, what);
}

/* --- numbers --- */

static bool integer(nf_parser *p, const char *what, bool *negative, uint64_t *magnitude)
{
    if (p->token.kind != TOKEN_WORD ||
        !nf_integer_parse(p->token.text, p->token.length, negative, magnitude))
        return nf_parse_expected(p, what);
    return true;
}

bool nf_parse_uint(nf_parser *p, const char *what, uint64_t max, uint64_t *number)
{
    bool negative;
    if (!integer(p, what, &negative, number)) return false;
    if (negative || *number > max)
        return nf_parse_fail(p, &p->token, NF_LIMIT, "%s must be from 0 to %llu", what,
                             (unsigned long long)max);
    nf_parse_step(p);
    return true;
}

bool nf_parse_int(nf_parser *p, nf_type type, int64_t *number)
{
    unsigned bits = nf_type_element_bytes(type) * 8;
    uint64_t magnitude, top = UINT64_C(1) << (bits - 1);
    bool negative;
    if (!integer(p, "an integer", &negative, &magnitude)) return false;
    if (negative ? magnitude > top : magnitude > (top | (top - 1)))
        return nf_parse_fail(p, &p->token, NF_TYPE, "the number does not fit %s",
                             nf_type_text(type));
    *number = nf_type_canonical(type, (int64_t)(negative ? 0 - magnitude : magnitude));
    nf_parse_step(p);
    return true;
}

bool nf_parse_float(nf_parser *p, nf_type type, uint64_t *bits)
{
    if (p->token.kind != TOKEN_WORD) return nf_parse_expected(p, "a floating-point number");
    if (!nf_float_parse(p->token.text, p->token.length, type, bits))
        return nf_parse_fail(p, &p->token, NF_SYNTAX,
                             "expected a floating-point number that fits %s, as 1.5, 0x1.8p0, inf, "
                             "nan:0x1 or the bits 0x3fc00000",
                             nf_type_text(type));
    nf_parse_step(p);
    return true;
}

bool nf_parse_addend(nf_parser *p, int64_t *addend)
{
    bool minus = p->token.kind == '-', sign = minus || p->token.kind == '+';
    bool negative;
    uint64_t magnitude;
    *addend = 0;
    if (sign)
        nf_parse_step(p);
    else if (p->token.kind != TOKEN_WORD || p->token.text[0] != '-')
        return true;
    if (!integer(p, "an integer", &negative, &magnitude)) return false;
    if ((sign && negative) || magnitude > INT64_MAX)
        return nf_parse_fail(p, &p->token, NF_SYNTAX, "the offset is out of range");
    *addend = minus || negative ? -(int64_t)magnitude : (int64_t)magnitude;
    nf_parse_step(p);
    return true;
}

bool nf_parse_align(nf_parser *p, unsigned log2_max, unsigned *align_log2)
{
    nf_token at = p->token;
    uint64_t align;
    if (!nf_parse_uint(p, "an alignment", UINT64_C(1) << log2_max, &align)) return false;
    if (align == 0 || (align & (align - 1)))
        return nf_parse_fail(p, &at, NF_SYNTAX, "an alignment is a power of two");
    *align_log2 = (unsigned)__builtin_ctzll(align);
    return true;
}

/* --- types --- */

bool nf_parse_type(nf_parser *p, nf_type *type)
{
    *type = p->token.kind == TOKEN_WORD ? nf_type_parse(p->token.text, p->token.length) : NF_VOID;
    if (*type == NF_VOID) return nf_parse_expected(p, "a type");
    nf_parse_step(p);
    return true;
}

bool nf_parse_result(nf_parser *p, nf_type *result)
{
    *result = NF_VOID;
    if (!nf_parse_expect(p, TOKEN_ARROW, "'->' and the result type")) return false;
    return nf_parse_accept_word(p, "void") || nf_parse_type(p, result);
}

bool nf_parse_signature(nf_parser *p, nf_signature *signature)
{
    nf_type params[NF_SIGNATURE_PARAMS_MAX], result;
    uint32_t count = 0;
    bool variadic = false;
    if (!nf_parse_expect(p, '(', "'(' and the parameter types")) return false;
    while (p->token.kind != ')' && !variadic) {
        if (count && !nf_parse_expect(p, ',', "',' or ')'")) return false;
        variadic = nf_parse_accept_word(p, "...");
        if (variadic) break;
        if (count == NF_SIGNATURE_PARAMS_MAX)
            return nf_parse_fail(p, &p->token, NF_LIMIT, "more than %d parameters", count);
        if (!nf_parse_type(p, &params[count++])) return false;
    }
    if (!nf_parse_expect(p, ')', "')'") || !nf_parse_result(p, &result)) return false;
    *signature = nf_module_signature(p->module, result, params, count, variadic);
    return true;
}

/* --- names --- */

const char *nf_parse_name(nf_parser *p, const nf_token *token)
{
    return nf_arena_string(&p->module->arena, token->text, token->length);
}

bool nf_parse_symbol(nf_parser *p, nf_symbol *symbol)
{
    if (p->token.kind != TOKEN_GLOBAL) return nf_parse_expected(p, "a symbol, as @name");
    if (!nf_string_map_get(&p->module->symbol_index, p->token.text, p->token.length, &symbol->id)) {
        char text[EXCERPT_BYTES];
        return nf_parse_fail(p, &p->token, NF_SYMBOL, "%s is not defined",
                             excerpt(&p->token, text));
    }
    nf_parse_step(p);
    return true;
}

/*
 * Pass 1: lines to statements, each with its address, and the table of labels.
 *
 *     label... operation operand...         a label may have a line of its own
 *
 * The first word that names an operation ends the labels. So a misspelt operation looks as a label
 * does; it is told by what follows: a label stands before an operation, before a colon or alone.
 *
 *     LOOP ADD R0, R0, #1        label, operation
 *     LOOP: ADD: .FILL 0         two labels, operation
 *     LOOP AD R0, R0, #1         no operation: the error is at AD, which is like ADD
 */
#include "asm_internal.h"

enum { USER_START = 0x3000, ADDRESS_MAX = 0xffff, MEMORY_WORDS = 0x10000 };

/* --- labels --- */

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

nf_lc3_label *nf_lc3_label_find(nf_lc3_asm *a, const char *name, size_t length)
{
    uint32_t index;
    char *key = nf_arena_string(a->arena, name, length);
    for (size_t i = 0; key && i < length; i++) key[i] = lower(key[i]);
    return key && nf_string_map_get(&a->label_index, key, (uint32_t)length, &index)
               ? &a->labels.data[index]
               : NULL;
}

/* Why a word can't be a label, or NULL. */
static const char *label_refusal(const nf_lc3_token *token)
{
    int32_t number;
    nf_lc3_number_kind kind = nf_lc3_number_parse(token, &number);
    if (nf_lc3_register_parse(token) >= 0) return "is a register";
    if (kind == NF_LC3_NUMBER_BAD) return "begins as a number does";
    return kind == NF_LC3_NUMBER_DECIMAL || kind == NF_LC3_NUMBER_PATTERN ? "reads as a number"
                                                                          : NULL;
}

bool nf_lc3_label_is_valid(const char *name)
{
    size_t length = nf_string_length(name);
    nf_lc3_source_line line = {name, name + length, 1};
    nf_lc3_token token = nf_lc3_token_next(&line, &name);
    return token.kind == NF_LC3_TOKEN_WORD && token.length == length && token.text[0] != '.' &&
           label_refusal(&token) == NULL;
}

static void label_define(nf_lc3_asm *a, uint32_t line, const nf_lc3_token *token, bool alone)
{
    const char *refusal = label_refusal(token);
    if (refusal) {
        NF_LC3_SAY(a, NF_LC3_ERROR, line, token, "'%.*s' %s and can't be a label",
                   nf_lc3_token_shown(token), token->text, refusal);
        return;
    }
    const nf_lc3_label *first = nf_lc3_label_find(a, token->text, token->length);
    if (first) {
        NF_LC3_SAY(a, NF_LC3_ERROR, line, token, "there is a label '%s' already", first->name);
        NF_LC3_SAY(a, NF_LC3_NOTE, first->line, &first->token, "it is here");
        return;
    }
    const char *name = nf_arena_string(a->arena, token->text, token->length);
    char *key = nf_arena_string(a->arena, token->text, token->length);
    if (name == NULL || key == NULL) return;
    for (uint32_t i = 0; i < token->length; i++) key[i] = lower(key[i]);
    nf_string_map_put(&a->label_index, key, token->length, a->labels.count);
    NF_VEC_PUSH(a->arena, &a->labels,
                (nf_lc3_label){name, *token, line, a->location, alone, false});
}

/* --- statements --- */

static bool is_directive(const nf_lc3_operation *operation, nf_lc3_directive directive)
{
    return operation->kind == NF_LC3_DIRECTIVE && operation->index == directive;
}

/* Whatever needs an address needs .ORIG; without one the rest is looked at as if at x3000. */
static void need_origin(nf_lc3_asm *a, uint32_t line, const nf_lc3_token *token)
{
    if (a->part != NF_LC3_BEFORE) return;
    NF_LC3_SAY(a, NF_LC3_ERROR, line, token, "this has no address: .ORIG must come first");
    a->part = NF_LC3_ASSUMED;
    a->location = USER_START;
}

static void origin_set(nf_lc3_asm *a, nf_lc3_statement *s)
{
    int32_t number;
    if (a->part == NF_LC3_INSIDE)
        NF_LC3_SAY(a, NF_LC3_WARNING, s->line.number, &s->name, ".END is missing before this");
    a->part = NF_LC3_INSIDE;
    a->location = USER_START;
    if (s->operand_count && nf_lc3_asm_number(a, s, s->operands, 0, ADDRESS_MAX, &number))
        a->location = (uint32_t)number;
}

static uint32_t string_size(const nf_lc3_statement *s)
{
    uint32_t size = 1;
    bool unknown;
    if (s->operand_count == 0) return size;
    const char *at = s->operands->text, *end = at + s->operands->length;
    for (; at < end; size++) nf_lc3_string_next(&at, end, &unknown);
    return size;
}

static uint32_t block_size(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    int32_t number;
    if (s->operand_count == 0 || !nf_lc3_asm_number(a, s, s->operands, 0, ADDRESS_MAX, &number))
        return 0;
    if (number == 0)
        NF_LC3_SAY(a, NF_LC3_WARNING, s->line.number, s->operands, "this makes no word at all");
    return (uint32_t)number;
}

/* How many words a statement makes. That operands are missing is pass 2's to tell. */
static uint32_t size_of(nf_lc3_asm *a, const nf_lc3_statement *s)
{
    if (s->operation.kind != NF_LC3_DIRECTIVE) return 1;
    switch (s->operation.index) {
    case NF_LC3_DIRECTIVE_FILL: return 1;
    case NF_LC3_DIRECTIVE_STRINGZ: return string_size(s);
    case NF_LC3_DIRECTIVE_BLKW: return block_size(a, s);
    default: return 0;
    }
}

/* False when the line has something that is no operand. */
static bool operands_take(nf_lc3_asm *a, nf_lc3_statement *s, const char *at)
{
    NF_VEC(nf_lc3_token) operands = {0};
    nf_lc3_token token;
    while ((token = nf_lc3_token_next(&s->line, &at)).kind != NF_LC3_TOKEN_END) {
        bool open = token.kind == NF_LC3_TOKEN_OPEN;
        if (open || token.kind == NF_LC3_TOKEN_COLON) {
            NF_LC3_SAY(a, NF_LC3_ERROR, s->line.number, &token, "%s",
                       open ? "this quote is not closed on its line"
                            : "a colon belongs behind a label only");
            return false;
        }
        if (!NF_VEC_PUSH(a->arena, &operands, token)) return false;
    }
    s->operands = operands.data;
    s->operand_count = operands.count;
    return true;
}

/* --- lines --- */

/* A line as it is taken apart: labels, and what comes behind them. */
typedef struct parts {
    nf_lc3_source_line line;
    NF_VEC(nf_lc3_token) labels;
} parts;

static void labels_define(nf_lc3_asm *a, const parts *p, bool alone)
{
    if (p->labels.count) need_origin(a, p->line.number, p->labels.data);
    for (uint32_t i = 0; i < p->labels.count; i++)
        label_define(a, p->line.number, &p->labels.data[i], alone);
}

static void passed_over_tell(nf_lc3_asm *a, uint32_t line, const nf_lc3_token *token)
{
    if (!a->passed_over)
        NF_LC3_SAY(a, NF_LC3_WARNING, line, token, "what stands behind .END is not assembled");
    a->passed_over = true;
}

/* What stands behind .END on its line is passed over, as by lc3as. */
static void end_take(nf_lc3_asm *a, const parts *p, const char *at)
{
    nf_lc3_token token = nf_lc3_token_next(&p->line, &at);
    if (token.kind != NF_LC3_TOKEN_END) passed_over_tell(a, p->line.number, &token);
    a->part = NF_LC3_BEHIND;
}

/* A label in front of .ORIG is the origin's name. */
static void statement_take(nf_lc3_asm *a, const parts *p, const nf_lc3_token *name,
                           const nf_lc3_operation *operation, const char *at)
{
    nf_lc3_statement s = {.line = p->line, .operation = *operation, .name = *name};
    bool ends = is_directive(operation, NF_LC3_DIRECTIVE_END);
    s.bad = !ends && !operands_take(a, &s, at);
    if (is_directive(operation, NF_LC3_DIRECTIVE_ORIG))
        origin_set(a, &s);
    else
        need_origin(a, p->line.number, name);
    labels_define(a, p, false);
    s.address = a->location;
    s.size = s.bad ? 1 : size_of(a, &s);
    a->location += s.size;
    if (a->location > MEMORY_WORDS) a->location = MEMORY_WORDS; /* pass 2 tells where */
    if (ends) end_take(a, p, at);
    NF_VEC_PUSH(a->arena, &a->statements, s);
}

static const char *like(const nf_lc3_token *word)
{
    return nf_lc3_operation_like(word->text, word->length, nf_lc3_name_tolerance(word->length));
}

/* No operation is called so. Its labels are defined and it has an address, so that this is the only
 * error that it leads to. */
static void unknown_operation(nf_lc3_asm *a, const parts *p, const nf_lc3_token *name)
{
    const char *kind = name->text[0] == '.' ? "directive" : "instruction";
    const char *meant = like(name);
    need_origin(a, p->line.number, name);
    labels_define(a, p, false);
    a->location++;
    if (meant)
        NF_LC3_SAY(a, NF_LC3_ERROR, p->line.number, name, "there is no %s '%.*s'; did you mean %s?",
                   kind, nf_lc3_token_shown(name), name->text, meant);
    else
        NF_LC3_SAY(a, NF_LC3_ERROR, p->line.number, name, "there is no %s '%.*s'", kind,
                   nf_lc3_token_shown(name), name->text);
}

static bool names_operation(const nf_lc3_token *token)
{
    nf_lc3_operation operation;
    return token->kind == NF_LC3_TOKEN_WORD &&
           (token->text[0] == '.' || nf_lc3_operation_find(token->text, token->length, &operation));
}

/* Whether a word that names no operation is a label, by what stands behind it. *blamed: what should
 * be an operation if it is none. */
static bool is_label(const parts *p, const nf_lc3_token *word, const char *at, nf_lc3_token *blamed)
{
    nf_lc3_token next = nf_lc3_token_next(&p->line, &at), third = nf_lc3_token_next(&p->line, &at);
    *blamed = *word;
    if (next.kind == NF_LC3_TOKEN_END || names_operation(&next)) return true;
    if (next.kind != NF_LC3_TOKEN_WORD) return false;
    if (third.kind == NF_LC3_TOKEN_COLON || names_operation(&third)) return true;
    if (like(&next) && !like(word) && nf_lc3_register_parse(&next) < 0) *blamed = next;
    return false;
}

/* An instruction's name in front of a directive can only be meant as a label. */
static bool is_mistaken_label(const parts *p, const nf_lc3_operation *operation, const char *at)
{
    nf_lc3_token next = nf_lc3_token_next(&p->line, &at);
    return operation->kind != NF_LC3_DIRECTIVE && next.kind == NF_LC3_TOKEN_WORD &&
           next.text[0] == '.';
}

static void stray(nf_lc3_asm *a, const parts *p, const nf_lc3_token *token)
{
    const char *what = token->kind == NF_LC3_TOKEN_OPEN    ? "this quote is not closed on its line"
                       : token->kind == NF_LC3_TOKEN_COLON ? "no label stands before this colon"
                                                           : "expected a label or an instruction";
    NF_LC3_SAY(a, NF_LC3_ERROR, p->line.number, token, "%s", what);
}

static void line_parse(nf_lc3_asm *a, const nf_lc3_source_line *line)
{
    parts p = {.line = *line};
    const char *at = line->text;
    for (;;) {
        nf_lc3_operation operation;
        nf_lc3_token token = nf_lc3_token_next(line, &at), blamed;
        const char *behind = at;
        if (token.kind == NF_LC3_TOKEN_END) break;
        if (token.kind != NF_LC3_TOKEN_WORD) {
            stray(a, &p, &token);
            return;
        }
        if (nf_lc3_token_next(line, &behind).kind == NF_LC3_TOKEN_COLON) {
            at = behind;
        } else if (nf_lc3_operation_find(token.text, token.length, &operation)) {
            if (!is_mistaken_label(&p, &operation, at)) {
                statement_take(a, &p, &token, &operation, at);
                return;
            }
            NF_LC3_SAY(a, NF_LC3_ERROR, line->number, &token,
                       "%s is an instruction; a label that is called so needs a colon",
                       operation.name);
        } else if (token.text[0] == '.' || !is_label(&p, &token, at, &blamed)) {
            bool is_next = token.text[0] != '.' && blamed.text != token.text;
            if (is_next) NF_VEC_PUSH(a->arena, &p.labels, token);
            unknown_operation(a, &p, is_next ? &blamed : &token);
            return;
        }
        if (!NF_VEC_PUSH(a->arena, &p.labels, token)) return;
    }
    labels_define(a, &p, true);
}

/* Behind .END everything but .ORIG is passed over. */
static bool is_passed_over(nf_lc3_asm *a, const nf_lc3_source_line *line)
{
    nf_lc3_operation operation;
    const char *at = line->text;
    nf_lc3_token token = nf_lc3_token_next(line, &at);
    if (a->part != NF_LC3_BEHIND || token.kind == NF_LC3_TOKEN_END) return false;
    if (token.kind == NF_LC3_TOKEN_WORD &&
        nf_lc3_operation_find(token.text, token.length, &operation) &&
        is_directive(&operation, NF_LC3_DIRECTIVE_ORIG))
        return false;
    passed_over_tell(a, line->number, &token);
    return true;
}

void nf_lc3_asm_parse(nf_lc3_asm *a, const char *text, size_t size)
{
    static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8 */
    const char *at = text, *end = text + size;
    nf_lc3_source_line line = {text, text, 0};
    if (size >= sizeof mark - 1 && __builtin_memcmp(text, mark, sizeof mark - 1) == 0)
        at += sizeof mark - 1;
    while (at < end) {
        line = nf_lc3_line_next(&at, end, line.number + 1);
        if (!is_passed_over(a, &line)) line_parse(a, &line);
    }
    if (a->part == NF_LC3_BEFORE)
        nf_lc3_asm_say(a, NF_LC3_ERROR, 1, 1, 1, "there is no .ORIG, and nothing to assemble");
    else if (a->part == NF_LC3_INSIDE)
        nf_lc3_asm_say(a, NF_LC3_WARNING, line.number, (uint32_t)(line.end - line.text) + 1, 1,
                       ".END is missing at the end");
}

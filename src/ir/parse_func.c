/*
 * A function's body as text. Blocks, values and locals by name; each statement gives one record.
 *
 * Names may be used before they are defined, values too: a block that dominates may stand further
 * down. An unknown value gets a placeholder record (NF_OP_NONE), which its definition fills; a
 * block is made when it is first named, and goes to the end of the layout when its label comes, so
 * that the layout is the text's. What is never defined is an error where it was first used.
 *
 *     br loop(%n)        block 2 and value 3 are made, both still open
 *   loop(%i: i64):       block 2 is closed
 *     %n = iconst.i64 9  value 3 is filled
 *
 * The type behind an operation's dot is the record's, but for a few shapes (icmp, extract, switch
 * and so on) it is only the operand's, so that the verifier could not miss it. These are compared
 * here, at once or, when the operand is still open, at the end of the body.
 */
#include "parse_internal.h"
#include "base/text.h"

/* A use of a name that had no definition yet. */
typedef struct open_name {
    uint32_t id;
    nf_token token;
} open_name;

/* An operand whose type was written but is not in the record. */
typedef struct type_check {
    nf_value operand;
    nf_type written;
    nf_token token;
} type_check;

typedef struct body {
    nf_parser *p;
    nf_func *f;
    nf_arena *arena;
    nf_block block; /* the one that statements go to; none before the first label */
    nf_string_map values, blocks, locals;
    NF_VEC(bool) block_closed; /* by block id */
    NF_VEC(open_name) open_values;
    NF_VEC(open_name) open_blocks;
    NF_VEC(type_check) type_checks;
    NF_VEC(nf_value) args;
    NF_VEC(nf_edge) edges;
} body;

static bool name_fail(body *b, const nf_token *token, const char *sigil, const char *what)
{
    return nf_parse_fail(b->p, token, NF_SYNTAX, "%s%.*s %s", sigil, (int)token->length,
                         token->text, what);
}

static bool comma(body *b)
{
    return nf_parse_expect(b->p, ',', "','");
}

/* --- values --- */

static bool value_put(body *b, const nf_token *token, nf_value v)
{
    const char *name = nf_parse_name(b->p, token);
    if (name == NULL || v.id == 0) return false;
    nf_name_set(b->f, &b->f->debug.value_names, v.id, name);
    return nf_string_map_put(&b->values, name, token->length, v.id);
}

/* The value that is named by the token that is looked at. */
static bool value_use(body *b, nf_value *value)
{
    nf_parser *p = b->p;
    if (p->token.kind != TOKEN_VALUE) return nf_parse_expected(p, "a value, as %name");
    if (!nf_string_map_get(&b->values, p->token.text, p->token.length, &value->id)) {
        *value = nf_inst_new(b->f, &(nf_inst){.op = NF_OP_NONE});
        open_name open = {value->id, p->token};
        if (!value_put(b, &p->token, *value) || !NF_VEC_PUSH(b->arena, &b->open_values, open))
            return nf_parse_fail(p, &p->token, NF_MEMORY, "out of memory");
    }
    nf_parse_step(p);
    return true;
}

/* A record for the name: a new one, or the placeholder of earlier uses. */
static bool value_define(body *b, const nf_token *token, const nf_inst *record, nf_value *value)
{
    if (nf_string_map_get(&b->values, token->text, token->length, &value->id)) {
        nf_inst *inst = nf_inst_at(b->f, *value);
        if (inst->op != NF_OP_NONE) return name_fail(b, token, "%", "is defined twice");
        *inst = *record;
        return true;
    }
    *value = nf_inst_new(b->f, record);
    return value_put(b, token, *value) ||
           nf_parse_fail(b->p, token, NF_MEMORY, "out of memory or too many instructions");
}

/* ( %a, %b ), collected in b->args. */
static bool value_list(body *b)
{
    b->args.count = 0;
    if (!nf_parse_expect(b->p, '(', "'(' and the arguments")) return false;
    while (b->p->token.kind != ')') {
        nf_value value;
        if (b->args.count && !nf_parse_expect(b->p, ',', "',' or ')'")) return false;
        if (!value_use(b, &value)) return false;
        NF_VEC_PUSH(b->arena, &b->args, value);
    }
    nf_parse_step(b->p);
    return true;
}

/* --- blocks --- */

static bool token_names_block(const nf_token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

static bool block_put(body *b, const nf_token *token, nf_block block)
{
    const char *name = nf_parse_name(b->p, token);
    if (name == NULL || block.id == 0) return false;
    nf_name_set(b->f, &b->f->debug.block_names, block.id, name);
    while (b->block_closed.count <= block.id)
        if (!NF_VEC_PUSH(b->arena, &b->block_closed, false)) return false;
    return nf_string_map_put(&b->blocks, name, token->length, block.id);
}

static bool block_new(body *b, const nf_token *token, nf_block *block)
{
    if (b->f->blocks.count >= NF_BLOCKS_MAX)
        return nf_parse_fail(b->p, token, NF_LIMIT, "more than %d blocks", NF_BLOCKS_MAX);
    *block = nf_func_block(b->f);
    return block_put(b, token, *block) || nf_parse_fail(b->p, token, NF_MEMORY, "out of memory");
}

static bool block_use(body *b, nf_block *block)
{
    nf_parser *p = b->p;
    if (!token_names_block(&p->token)) return nf_parse_expected(p, "a block");
    if (!nf_string_map_get(&b->blocks, p->token.text, p->token.length, &block->id)) {
        open_name open = {0, p->token};
        if (!block_new(b, &p->token, block)) return false;
        open.id = block->id;
        NF_VEC_PUSH(b->arena, &b->open_blocks, open);
    }
    nf_parse_step(p);
    return true;
}

/* Block and arguments, as a new one of b->edges. */
static bool edge(body *b, int64_t key)
{
    nf_edge edge = {.key = key};
    if (!block_use(b, &edge.to)) return false;
    if (b->p->token.kind == '(') {
        if (!value_list(b)) return false;
        edge.args = nf_pool_new(b->f, b->args.data, b->args.count);
        edge.arg_count = edge.arg_capacity = edge.args ? b->args.count : 0;
    }
    NF_VEC_PUSH(b->arena, &b->edges, edge);
    return true;
}

static void edges_store(body *b, nf_inst *record)
{
    uint32_t first = nf_edges_new(b->f, b->edges.count);
    if (first == 0) return;
    __builtin_memcpy(&b->f->edges.data[first], b->edges.data, b->edges.count * sizeof(nf_edge));
    record->extra = first;
    record->c.id = b->edges.count;
}

static bool block_params(body *b)
{
    nf_parser *p = b->p;
    for (bool first = true; !nf_parse_accept(p, ')'); first = false) {
        nf_token name;
        nf_inst record = {.op = NF_OP_PARAM};
        nf_value value;
        if (!first && !nf_parse_expect(p, ',', "',' or ')'")) return false;
        name = p->token;
        if (!nf_parse_expect(p, TOKEN_VALUE, "a parameter, as %name: i64") ||
            !nf_parse_expect(p, ':', "':' and the parameter's type") ||
            !nf_parse_type(p, &record.type) || !value_define(b, &name, &record, &value))
            return false;
        nf_block_param_append(b->f, b->block, value);
        nf_line_set(b->f, value, name.line);
    }
    return true;
}

/* name: or name(%a: i64): */
static bool label(body *b)
{
    nf_parser *p = b->p;
    nf_token name = p->token;
    nf_block block;
    bool is_first = b->block.id == 0;
    if (is_first) {
        block = b->f->entry;
        if (!block_put(b, &name, block)) return nf_parse_fail(p, &name, NF_MEMORY, "out of memory");
    } else if (!nf_string_map_get(&b->blocks, name.text, name.length, &block.id)) {
        if (!block_new(b, &name, &block)) return false;
    } else if (b->block_closed.data[block.id]) {
        return name_fail(b, &name, "block ", "is defined twice");
    } else {
        nf_block_move(b->f, block, (nf_block){0});
    }
    b->block = block;
    b->block_closed.data[block.id] = true;
    nf_parse_step(p);
    if (is_first && p->token.kind == '(')
        return nf_parse_fail(p, &p->token, NF_SYNTAX,
                             "the first block has the function's parameters, no list of its own");
    if (nf_parse_accept(p, '(') && !block_params(b)) return false;
    return nf_parse_expect(p, ':', "':'");
}

/* --- locals --- */

/* local $name: bytes [align n] */
static bool local_define(body *b)
{
    nf_parser *p = b->p;
    nf_token name = p->token;
    uint64_t size;
    unsigned align_log2 = 0;
    uint32_t known;
    if (!nf_parse_expect(p, TOKEN_LOCAL, "a local's name, as $name")) return false;
    if (nf_string_map_get(&b->locals, name.text, name.length, &known))
        return name_fail(b, &name, "$", "is defined twice");
    if (!nf_parse_expect(p, ':', "':' and the size in bytes") ||
        !nf_parse_uint(p, "a local's size", NF_LOCAL_BYTES_MAX, &size))
        return false;
    if (nf_parse_accept_word(p, "align") &&
        !nf_parse_align(p, NF_LOCAL_ALIGN_LOG2_MAX, &align_log2))
        return false;
    nf_local local = nf_func_local(b->f, (uint32_t)size, align_log2);
    const char *text = nf_parse_name(p, &name);
    if (local.id == 0 || text == NULL ||
        !nf_string_map_put(&b->locals, text, name.length, local.id))
        return nf_parse_fail(p, &name, NF_MEMORY, "out of memory");
    nf_name_set(b->f, &b->f->debug.local_names, local.id, text);
    return true;
}

static bool local_use(body *b, nf_inst *record)
{
    nf_parser *p = b->p;
    if (p->token.kind != TOKEN_LOCAL) return nf_parse_expected(p, "a local, as $name");
    if (!nf_string_map_get(&b->locals, p->token.text, p->token.length, &record->extra))
        return name_fail(b, &p->token, "$", "is not defined");
    nf_parse_step(p);
    return nf_parse_addend(p, &record->imm);
}

/* --- operands --- */

static bool one(body *b, nf_inst *r)
{
    return value_use(b, &r->a);
}
static bool two(body *b, nf_inst *r)
{
    return one(b, r) && comma(b) && value_use(b, &r->b);
}
static bool three(body *b, nf_inst *r)
{
    return two(b, r) && comma(b) && value_use(b, &r->c);
}

static bool lane(body *b, nf_inst *record)
{
    uint64_t number;
    enum { LANES_MAX = 64 };
    if (!comma(b) || !nf_parse_uint(b->p, "a lane", LANES_MAX - 1, &number)) return false;
    record->imm = (int64_t)number;
    return true;
}

static bool fconst(body *b, nf_inst *record)
{
    uint64_t bits;
    if (!nf_parse_float(b->p, record->type, &bits)) return false;
    record->imm = (int64_t)bits;
    return true;
}

static bool symbol(body *b, nf_inst *record)
{
    nf_symbol target;
    if (!nf_parse_symbol(b->p, &target)) return false;
    record->extra = target.id;
    return nf_parse_addend(b->p, &record->imm);
}

/* Behind a base: + %index [* scale] */
static bool address_index(body *b, nf_inst *record)
{
    uint64_t scale = 1;
    nf_token at;
    nf_parse_step(b->p);
    if (!value_use(b, &record->b)) return false;
    if (!nf_parse_accept(b->p, '*')) return true;
    at = b->p->token;
    if (!nf_parse_uint(b->p, "a scale", 1 << NF_SCALE_LOG2_MAX, &scale)) return false;
    if (scale == 0 || (scale & (scale - 1)))
        return nf_parse_fail(b->p, &at, NF_SYNTAX, "a scale is 1, 2, 4 or 8");
    record->sub = (uint8_t)__builtin_ctzll(scale);
    return true;
}

static bool address_flags(body *b, nf_memflags *mem)
{
    nf_parser *p = b->p;
    for (;;) {
        unsigned align_log2;
        uint64_t alias;
        if (nf_parse_accept_word(p, "align")) {
            if (!nf_parse_align(p, NF_ALIGN_LOG2_MAX, &align_log2)) return false;
            mem->align_log2 = (uint8_t)align_log2;
        } else if (nf_parse_accept_word(p, "alias")) {
            if (!nf_parse_uint(p, "an alias class", NF_ALIAS_MAX, &alias)) return false;
            mem->alias = (uint8_t)alias;
            if (alias > b->f->alias_classes) b->f->alias_classes = (uint32_t)alias;
        } else if (nf_parse_accept_word(p, "volatile")) {
            mem->flags |= NF_MEM_VOLATILE;
        } else if (nf_parse_accept_word(p, "atomic")) {
            mem->flags |= NF_MEM_ATOMIC;
        } else {
            return true;
        }
    }
}

/* [%base + %index*scale + offset] flags */
static bool address(body *b, nf_inst *record, bool may_have_index)
{
    nf_parser *p = b->p;
    if (!nf_parse_expect(p, '[', "'[' and an address") || !one(b, record)) return false;
    bool indexed = p->token.kind == '+' && nf_lexer_peek(&p->lexer) == '%';
    if (indexed && !may_have_index)
        return nf_parse_fail(p, &p->token, NF_SYNTAX, "a masked access has no index");
    if (indexed && !address_index(b, record)) return false;
    nf_token at = p->token;
    if (!nf_parse_addend(p, &record->imm)) return false;
    if (record->imm != (int32_t)record->imm)
        return nf_parse_fail(p, &at, NF_SYNTAX, "an offset has at most 32 bits");
    return nf_parse_expect(p, ']', "']'") && address_flags(b, &record->mem);
}

static void args_store(body *b, nf_inst *record)
{
    record->extra = nf_pool_new(b->f, b->args.data, b->args.count);
    record->c.id = record->extra ? b->args.count : 0;
}

static nf_type signature_result(const body *b, nf_signature signature)
{
    return nf_signature_at(b->p->module, signature)->result;
}

/* @f(%a, %b) */
static bool call(body *b, nf_inst *record)
{
    nf_symbol callee;
    if (!nf_parse_symbol(b->p, &callee) || !value_list(b)) return false;
    record->imm = callee.id;
    args_store(b, record);
    if (record->op == NF_OP_CALL)
        record->type = signature_result(b, nf_symbol_at(b->p->module, callee)->signature);
    return true;
}

/* %f(%a, %b) : (i64, i64) -> i64 */
static bool call_indirect(body *b, nf_inst *record)
{
    nf_signature signature;
    if (!one(b, record) || !value_list(b) ||
        !nf_parse_expect(b->p, ':', "':' and the callee's signature") ||
        !nf_parse_signature(b->p, &signature))
        return false;
    record->imm = signature.id;
    args_store(b, record);
    if (record->op == NF_OP_CALL_INDIRECT) record->type = signature_result(b, signature);
    return true;
}

/* %v, other(%x), 1: one, -2: two(%y) */
static bool cases(body *b, nf_inst *record, nf_type written)
{
    int64_t key = 0;
    if (!one(b, record) || !comma(b) || !edge(b, key)) return false;
    while (nf_parse_accept(b->p, ','))
        if (!nf_parse_int(b->p, written, &key) ||
            !nf_parse_expect(b->p, ':', "':' and the case's block") || !edge(b, key))
            return false;
    return true;
}

/* Behind ret; a name in front of '=' begins another statement, which the verifier will blame. */
static bool has_result(nf_parser *p)
{
    return p->token.kind == TOKEN_VALUE && nf_lexer_peek(&p->lexer) != '=';
}

static bool terminator(body *b, nf_inst *record, nf_type written)
{
    bool parsed;
    b->edges.count = 0;
    switch (nf_ops[record->op].shape) {
    case NF_SHAPE_BR: parsed = edge(b, 0); break;
    case NF_SHAPE_BRIF:
        parsed = one(b, record) && comma(b) && edge(b, 0) && comma(b) && edge(b, 0);
        break;
    case NF_SHAPE_SWITCH: parsed = cases(b, record, written); break;
    case NF_SHAPE_RET: return !has_result(b->p) || one(b, record);
    default: return true;
    }
    if (parsed) edges_store(b, record);
    return parsed;
}

static bool operands(body *b, nf_inst *r, nf_type written)
{
    switch (nf_ops[r->op].shape) {
    case NF_SHAPE_ICONST: return nf_parse_int(b->p, r->type, &r->imm);
    case NF_SHAPE_FCONST: return fconst(b, r);
    case NF_SHAPE_SYMBOL: return symbol(b, r);
    case NF_SHAPE_LOCAL: return local_use(b, r);
    case NF_SHAPE_UNARY:
    case NF_SHAPE_CONVERT:
    case NF_SHAPE_SPLAT:
    case NF_SHAPE_REDUCE: return one(b, r);
    case NF_SHAPE_BINARY:
    case NF_SHAPE_OVERFLOW:
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP: return two(b, r);
    case NF_SHAPE_TERNARY:
    case NF_SHAPE_SELECT: return three(b, r);
    case NF_SHAPE_IOTA: return true;
    case NF_SHAPE_EXTRACT: return one(b, r) && lane(b, r);
    case NF_SHAPE_INSERT: return two(b, r) && lane(b, r);
    case NF_SHAPE_LOAD: return address(b, r, true);
    case NF_SHAPE_STORE: return value_use(b, &r->c) && comma(b) && address(b, r, true);
    case NF_SHAPE_MLOAD: return value_use(b, &r->b) && comma(b) && address(b, r, false);
    case NF_SHAPE_MSTORE:
        return value_use(b, &r->c) && comma(b) && value_use(b, &r->b) && comma(b) &&
               address(b, r, false);
    case NF_SHAPE_CALL:
    case NF_SHAPE_TAIL_CALL: return call(b, r);
    case NF_SHAPE_CALL_INDIRECT:
    case NF_SHAPE_TAIL_CALL_INDIRECT: return call_indirect(b, r);
    default: return terminator(b, r, written);
    }
}

/* --- statements --- */

static uint32_t part_length(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at != '.') at++;
    return (uint32_t)(at - start);
}

static bool condition(const char *text, uint32_t length, bool is_float, uint8_t *cond)
{
    unsigned first = is_float ? NF_FOEQ : NF_EQ, end = is_float ? NF_COND_COUNT : NF_FOEQ;
    for (unsigned i = first; i < end; i++) {
        if (length != nf_string_length(nf_cond_text[i])) continue;
        if (__builtin_memcmp(text, nf_cond_text[i], length) == 0) return *cond = (uint8_t)i, true;
    }
    return false;
}

/* Takes a word as icmp.slt.i64 apart. */
static bool operation(body *b, nf_inst *record, nf_type *written)
{
    nf_parser *p = b->p;
    const char *at = p->token.text, *end = at + p->token.length;
    uint32_t op, length = part_length(at, end);
    if (p->token.kind != TOKEN_WORD) return nf_parse_expected(p, "an operation");
    if (!nf_string_map_get(&p->ops, at, length, &op))
        return nf_parse_fail(p, &p->token, NF_SYNTAX, "there is no operation %.*s", (int)length,
                             at);
    const nf_op_info *info = &nf_ops[op];
    record->op = (uint16_t)op;
    at += length + (at + length < end);
    if (info->shape == NF_SHAPE_ICMP || info->shape == NF_SHAPE_FCMP) {
        length = part_length(at, end);
        if (!condition(at, length, info->shape == NF_SHAPE_FCMP, &record->sub))
            return nf_parse_fail(p, &p->token, NF_SYNTAX, "%s has no condition '%.*s'", info->text,
                                 (int)length, at);
        at += length + (at + length < end);
    }
    *written = nf_type_parse(at, (size_t)(end - at));
    bool typed = info->types != NF_TYPES_X;
    if (typed ? !nf_type_in_class(*written, info->types) : end[-1] == '.' || at != end)
        return nf_parse_fail(p, &p->token, NF_TYPE, "%s has no form for type '%.*s'", info->text,
                             (int)(end - at), at);
    record->type = nf_op_result_type((nf_op)op, *written);
    nf_parse_step(p);
    return true;
}

static bool type_compare(body *b, const type_check *check)
{
    nf_type type = nf_type_of(b->f, check->operand);
    if (type == check->written) return true;
    return nf_parse_fail(b->p, &check->token, NF_TYPE, "the operand is %s, not %s",
                         nf_type_text(type), nf_type_text(check->written));
}

/* Compares a written type that the record has not. */
static bool written_check(body *b, const nf_inst *record, nf_type written, const nf_token *token)
{
    switch (nf_ops[record->op].shape) {
    case NF_SHAPE_OVERFLOW:
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP:
    case NF_SHAPE_EXTRACT:
    case NF_SHAPE_REDUCE:
    case NF_SHAPE_SWITCH: break;
    default: return true;
    }
    type_check check = {record->a, written, *token};
    if (nf_inst_at(b->f, record->a)->op != NF_OP_NONE) return type_compare(b, &check);
    NF_VEC_PUSH(b->arena, &b->type_checks, check);
    return true;
}

/* Whether a name in front of '=' is there exactly when it can be. Calls may drop their result. */
static bool name_check(body *b, const nf_inst *record, const nf_token *name, const nf_token *op)
{
    bool defines = nf_inst_defines(record), named = name->kind == TOKEN_VALUE;
    bool may_drop = (nf_ops[record->op].effects & NF_EFFECT_CALL) != 0;
    if (named && !defines)
        return nf_parse_fail(b->p, name, NF_SYNTAX, "%s gives no value", nf_ops[record->op].text);
    if (!named && defines && !may_drop)
        return nf_parse_fail(b->p, op, NF_SYNTAX, "the value of %s needs a name, as %%x = %s",
                             nf_ops[record->op].text, nf_ops[record->op].text);
    return true;
}

static bool statement(body *b)
{
    nf_parser *p = b->p;
    nf_token name = p->token, op;
    nf_inst record = {.op = NF_OP_NONE};
    nf_type written = NF_VOID;
    nf_value value;
    if (nf_parse_accept(p, TOKEN_VALUE) && !nf_parse_expect(p, '=', "'='")) return false;
    op = p->token;
    if (!operation(b, &record, &written) || !operands(b, &record, written) ||
        !written_check(b, &record, written, &op) || !name_check(b, &record, &name, &op))
        return false;
    if (name.kind == TOKEN_VALUE) {
        if (!value_define(b, &name, &record, &value)) return false;
    } else {
        value = nf_inst_new(b->f, &record);
        if (value.id == 0)
            return nf_parse_fail(p, &op, NF_LIMIT, "out of memory or too many instructions");
    }
    nf_inst_append(b->f, b->block, value);
    nf_line_set(b->f, value, name.line);
    return true;
}

/* --- the body --- */

static bool params_name(body *b)
{
    const nf_block_data *entry = nf_block_at(b->f, b->f->entry);
    for (uint32_t i = 0; i < entry->param_count; i++) {
        nf_value v = nf_param_at(b->f, b->f->entry, i);
        const char *name = nf_name_at(&b->f->debug.value_names, v.id);
        if (!nf_string_map_put(&b->values, name, (uint32_t)nf_string_length(name), v.id))
            return nf_parse_fail(b->p, &b->p->token, NF_MEMORY, "out of memory");
    }
    return true;
}

static bool all_defined(body *b)
{
    for (uint32_t i = 0; i < b->open_values.count; i++) {
        const open_name *open = &b->open_values.data[i];
        if (nf_inst_at(b->f, (nf_value){open->id})->op == NF_OP_NONE)
            return name_fail(b, &open->token, "%", "is not defined");
    }
    for (uint32_t i = 0; i < b->open_blocks.count; i++) {
        const open_name *open = &b->open_blocks.data[i];
        if (!b->block_closed.data[open->id])
            return name_fail(b, &open->token, "block ", "is not defined");
    }
    for (uint32_t i = 0; i < b->type_checks.count; i++)
        if (!type_compare(b, &b->type_checks.data[i])) return false;
    return true;
}

bool nf_parse_body(nf_parser *p, nf_func *f, nf_arena *scratch)
{
    body b = {.p = p, .f = f, .arena = scratch};
    nf_string_map_init(&b.values, scratch);
    nf_string_map_init(&b.blocks, scratch);
    nf_string_map_init(&b.locals, scratch);
    if (!params_name(&b)) return false;
    while (nf_lexer_peek(&p->lexer) == '$' && nf_parse_accept_word(p, "local"))
        if (!local_define(&b)) return false;
    while (p->token.kind != '}') {
        char next = nf_lexer_peek(&p->lexer);
        bool is_label = token_names_block(&p->token) && (next == ':' || next == '(');
        if (!is_label && b.block.id == 0) return nf_parse_expected(p, "a block, as entry:");
        if (!(is_label ? label(&b) : statement(&b))) return false;
        if (f->arena->failed || scratch->failed)
            return nf_parse_fail(p, &p->token, NF_MEMORY, "out of memory");
    }
    if (b.block.id == 0) return nf_parse_expected(p, "a block, as entry:");
    return all_defined(&b);
}

/*
 * Functions as text. See print.h; the syntax is that of parse_func.c.
 *
 * First every value, block and local gets its printed name. Names of the debug tables go first;
 * what has none, or one that is taken (only a binary can say so), gets v and its id, then v7.1,
 * v7.2 until one is free. So what was printed and read keeps its names when it is printed again.
 */
#include "print.h"
#include "number.h"
#include "lex.h"

/* --- names --- */

void nf_print_quoted(nf_text *text, const char *bytes, size_t length)
{
    nf_text_append(text, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte == '"' || byte == '\\')
            nf_text_format(text, "\\%c", byte);
        else if (byte == '\n')
            nf_text_append(text, "\\n", 2);
        else if (byte < ' ' || byte > '~')
            nf_text_format(text, "\\%02x", byte);
        else
            nf_text_append(text, &bytes[i], 1);
    }
    nf_text_append(text, "\"", 1);
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

void nf_print_name(nf_text *text, char sigil, const char *name)
{
    size_t length = nf_string_length(name);
    bool is_plain = nf_name_is_plain(name, length) && (sigil || is_letter(name[0]));
    if (sigil) nf_text_append(text, &sigil, 1);
    if (is_plain)
        nf_text_append(text, name, length);
    else
        nf_print_quoted(text, name, length);
}

/* Names for one kind of thing. */
typedef struct naming {
    nf_arena *arena;
    const char **spelled; /* by id: what is printed */
    nf_string_map taken;
    const char *prefix; /* of made names */
    char sigil;
} naming;

static bool naming_init(naming *n, nf_arena *arena, uint32_t count, char sigil, const char *prefix)
{
    *n = (naming){.arena = arena,
                  .spelled = NF_NEW_ARRAY(arena, const char *, count),
                  .prefix = prefix,
                  .sigil = sigil};
    nf_string_map_init(&n->taken, arena);
    return n->spelled != NULL;
}

/* Gives the name to an id that has none yet, unless another one has it. */
static void name_take(naming *n, uint32_t id, const char *name)
{
    nf_text text;
    if (name == NULL || n->spelled[id]) return;
    uint32_t length = (uint32_t)nf_string_length(name);
    if (length == 0 || nf_string_map_get(&n->taken, name, length, NULL)) return;
    nf_text_init(&text, n->arena);
    nf_print_name(&text, n->sigil, name);
    nf_string_map_put(&n->taken, name, length, id);
    n->spelled[id] = text.data;
}

static void name_make(naming *n, uint32_t id)
{
    enum { BYTES = 32 };
    if (n->spelled[id]) return;
    char *name = nf_arena_alloc_aligned(n->arena, BYTES, 1);
    if (name == NULL) return;
    nf_format(name, BYTES, "%s%u", n->prefix, id);
    name_take(n, id, name);
    for (uint32_t i = 1; n->spelled[id] == NULL && !n->arena->failed; i++) {
        nf_format(name, BYTES, "%s%u.%u", n->prefix, id, i);
        name_take(n, id, name);
    }
}

typedef void value_visit(void *context, nf_value v);

static void values_each(const nf_func *f, value_visit *visit, void *context)
{
    NF_FOR_BLOCKS(f, b)
    {
        for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
            visit(context, nf_param_at(f, b, i));
        NF_FOR_INSTS(f, b, v)
        {
            if (nf_inst_defines(nf_inst_at(f, v))) visit(context, v);
        }
    }
}

typedef struct value_naming {
    naming n;
    const nf_func *f;
} value_naming;

static void value_take(void *context, nf_value v)
{
    value_naming *values = context;
    name_take(&values->n, v.id, nf_name_at(&values->f->debug.value_names, v.id));
}

static void value_make(void *context, nf_value v)
{
    value_naming *values = context;
    name_make(&values->n, v.id);
}

static const char **values_name(const nf_func *f, nf_arena *arena)
{
    value_naming values = {.f = f};
    if (!naming_init(&values.n, arena, f->insts.count, '%', "v")) return NULL;
    values_each(f, value_take, &values);
    values_each(f, value_make, &values);
    return values.n.spelled;
}

static const char **blocks_name(const nf_func *f, nf_arena *arena)
{
    naming n;
    if (!naming_init(&n, arena, f->blocks.count, 0, "b")) return NULL;
    NF_FOR_BLOCKS(f, b) name_take(&n, b.id, nf_name_at(&f->debug.block_names, b.id));
    name_take(&n, f->entry.id, "entry");
    NF_FOR_BLOCKS(f, b) name_make(&n, b.id);
    return n.spelled;
}

static const char **locals_name(const nf_func *f, nf_arena *arena)
{
    naming n;
    if (!naming_init(&n, arena, f->locals.count, '$', "s")) return NULL;
    for (uint32_t i = 1; i < f->locals.count; i++)
        name_take(&n, i, nf_name_at(&f->debug.local_names, i));
    for (uint32_t i = 1; i < f->locals.count; i++) name_make(&n, i);
    return n.spelled;
}

bool nf_printer_init(nf_printer *printer, const nf_func *f, nf_arena *arena, nf_text *text)
{
    *printer = (nf_printer){.func = f,
                            .text = text,
                            .value_names = values_name(f, arena),
                            .block_names = blocks_name(f, arena),
                            .local_names = locals_name(f, arena)};
    return printer->value_names && printer->block_names && printer->local_names && !arena->failed;
}

/* --- parts --- */

static void print(const nf_printer *p, const char *string)
{
    nf_text_append(p->text, string, nf_string_length(string));
}

static void print_value(const nf_printer *p, const char *before, nf_value v)
{
    print(p, before);
    print(p, p->value_names[v.id]);
}

static void print_symbol(const nf_printer *p, uint32_t id)
{
    nf_print_name(p->text, '@', nf_symbol_at(p->func->module, (nf_symbol){id})->name);
}

void nf_print_addend(nf_text *text, int64_t addend)
{
    uint64_t magnitude = addend < 0 ? 0 - (uint64_t)addend : (uint64_t)addend;
    if (addend)
        nf_text_format(text, " %c %llu", addend < 0 ? '-' : '+', (unsigned long long)magnitude);
}

void nf_print_signature(nf_text *text, const nf_signature_data *signature)
{
    nf_text_append(text, "(", 1);
    for (uint32_t i = 0; i < signature->param_count; i++)
        nf_text_format(text, "%s%s", i ? ", " : "", nf_type_text(signature->params[i]));
    if (signature->variadic) nf_text_format(text, "%s...", signature->param_count ? ", " : "");
    nf_text_format(text, ") -> %s", nf_type_text(signature->result));
}

static void print_list(const nf_printer *p, const nf_value *values, uint32_t count)
{
    print(p, "(");
    for (uint32_t i = 0; i < count; i++) print_value(p, i ? ", " : "", values[i]);
    print(p, ")");
}

static void print_edge(const nf_printer *p, const nf_edge *edge)
{
    print(p, p->block_names[edge->to.id]);
    if (edge->arg_count) print_list(p, nf_edge_args(p->func, edge), edge->arg_count);
}

static void print_address(const nf_printer *p, const nf_inst *inst, bool may_have_index)
{
    print_value(p, "[", inst->a);
    if (may_have_index && inst->b.id) {
        print_value(p, " + ", inst->b);
        if (inst->sub) nf_text_format(p->text, "*%u", 1u << inst->sub);
    }
    nf_print_addend(p->text, inst->imm);
    print(p, "]");
    if (inst->mem.align_log2) nf_text_format(p->text, " align %u", 1u << inst->mem.align_log2);
    if (inst->mem.alias) nf_text_format(p->text, " alias %u", inst->mem.alias);
    if (inst->mem.flags & NF_MEM_VOLATILE) print(p, " volatile");
    if (inst->mem.flags & NF_MEM_ATOMIC) print(p, " atomic");
}

/* --- instructions --- */

static void print_memory(const nf_printer *p, const nf_inst *inst)
{
    bool masked = inst->op == NF_OP_MLOAD || inst->op == NF_OP_MSTORE;
    print(p, " ");
    if (inst->c.id) {
        print_value(p, "", inst->c);
        print(p, ", ");
    }
    if (masked) {
        print_value(p, "", inst->b);
        print(p, ", ");
    }
    print_address(p, inst, !masked);
}

static void print_call(const nf_printer *p, const nf_inst *inst)
{
    bool indirect = inst->a.id != 0;
    if (indirect) {
        print_value(p, " ", inst->a);
    } else {
        print(p, " ");
        print_symbol(p, (uint32_t)inst->imm);
    }
    print_list(p, nf_call_args(p->func, inst), nf_call_arg_count(inst));
    if (!indirect) return;
    print(p, " : ");
    nf_print_signature(p->text, nf_signature_at(p->func->module, nf_call_signature(p->func, inst)));
}

static void print_edges(const nf_printer *p, nf_value v)
{
    const nf_inst *inst = nf_inst_at(p->func, v);
    if (inst->a.id) print_value(p, " ", inst->a);
    for (uint32_t i = 0, count = nf_edge_count(p->func, v); i < count; i++) {
        const nf_edge *edge = nf_edge_at(p->func, v, i);
        print(p, i || inst->a.id ? ", " : " ");
        if (inst->op == NF_OP_SWITCH && i) nf_text_format(p->text, "%lld: ", (long long)edge->key);
        print_edge(p, edge);
    }
}

static void print_operands(const nf_printer *p, const nf_inst *inst)
{
    const nf_value operands[] = {inst->a, inst->b, inst->c};
    const char *before = " ";
    for (unsigned i = 0; i < nf_ops[inst->op].operands; i++, before = ", ")
        if (operands[i].id) print_value(p, before, operands[i]);
}

static void print_lane(const nf_printer *p, const nf_inst *inst)
{
    print_operands(p, inst);
    nf_text_format(p->text, ", %u", (unsigned)inst->imm);
}

static void print_rest(const nf_printer *p, nf_value v)
{
    const nf_inst *inst = nf_inst_at(p->func, v);
    switch (nf_ops[inst->op].shape) {
    case NF_SHAPE_ICONST: nf_text_format(p->text, " %lld", (long long)inst->imm); break;
    case NF_SHAPE_FCONST:
        print(p, " ");
        nf_float_print(p->text, inst->type, (uint64_t)inst->imm);
        break;
    case NF_SHAPE_SYMBOL:
        print(p, " ");
        print_symbol(p, inst->extra);
        nf_print_addend(p->text, inst->imm);
        break;
    case NF_SHAPE_LOCAL:
        nf_text_format(p->text, " %s", p->local_names[inst->extra]);
        nf_print_addend(p->text, inst->imm);
        break;
    case NF_SHAPE_EXTRACT:
    case NF_SHAPE_INSERT: print_lane(p, inst); break;
    case NF_SHAPE_LOAD:
    case NF_SHAPE_STORE:
    case NF_SHAPE_MLOAD:
    case NF_SHAPE_MSTORE: print_memory(p, inst); break;
    case NF_SHAPE_CALL:
    case NF_SHAPE_CALL_INDIRECT:
    case NF_SHAPE_TAIL_CALL:
    case NF_SHAPE_TAIL_CALL_INDIRECT: print_call(p, inst); break;
    case NF_SHAPE_BR:
    case NF_SHAPE_BRIF:
    case NF_SHAPE_SWITCH: print_edges(p, v); break;
    default: print_operands(p, inst); break;
    }
}

void nf_print_inst(const nf_printer *printer, nf_value v)
{
    const nf_inst *inst = nf_inst_at(printer->func, v);
    nf_type written = nf_inst_written_type(printer->func, inst);
    uint8_t shape = nf_ops[inst->op].shape;
    if (nf_inst_defines(inst)) {
        print_value(printer, "", v);
        print(printer, " = ");
    }
    print(printer, nf_ops[inst->op].text);
    if (shape == NF_SHAPE_ICMP || shape == NF_SHAPE_FCMP)
        nf_text_format(printer->text, ".%s", nf_cond_text[inst->sub]);
    if (written != NF_VOID) nf_text_format(printer->text, ".%s", nf_type_text(written));
    print_rest(printer, v);
}

/* --- functions --- */

/* "%a: i64, %b: i64" */
static void print_params(const nf_printer *p, nf_block b, uint64_t noalias)
{
    for (uint32_t i = 0; i < nf_block_at(p->func, b)->param_count; i++) {
        nf_value param = nf_param_at(p->func, b, i);
        print_value(p, i ? ", " : "", param);
        nf_text_format(p->text, ": %s", nf_type_text(nf_type_of(p->func, param)));
        if (i < NF_NOALIAS_PARAMS_MAX && noalias >> i & 1) print(p, " noalias");
    }
}

void nf_print_label(const nf_printer *printer, nf_block b)
{
    print(printer, printer->block_names[b.id]);
    if (b.id != printer->func->entry.id && nf_block_at(printer->func, b)->param_count) {
        print(printer, "(");
        print_params(printer, b, 0);
        print(printer, ")");
    }
    print(printer, ":");
}

static void print_header(const nf_printer *p)
{
    const nf_func *f = p->func;
    print(p, "func ");
    print_symbol(p, f->symbol.id);
    print(p, "(");
    print_params(p, f->entry, f->noalias);
    nf_text_format(p->text, ") -> %s",
                   nf_type_text(nf_signature_at(f->module, f->signature)->result));
    for (unsigned i = 0; i < NF_ATTR_COUNT; i++)
        if (f->attributes >> i & 1) nf_text_format(p->text, " %s", nf_attr_text[i]);
    if (f->tolerance != 0) {
        uint64_t bits;
        __builtin_memcpy(&bits, &f->tolerance, sizeof bits);
        print(p, " tolerance ");
        nf_float_print(p->text, NF_F64, bits);
    }
    print(p, " {\n");
}

static void print_locals(const nf_printer *p)
{
    for (uint32_t i = 1; i < p->func->locals.count; i++) {
        const nf_local_data *local = &p->func->locals.data[i];
        nf_text_format(p->text, "  local %s: %u", p->local_names[i], local->size);
        if (local->align_log2) nf_text_format(p->text, " align %u", 1u << local->align_log2);
        print(p, "\n");
    }
}

void nf_func_print(const nf_func *f, nf_arena *scratch, nf_text *text)
{
    nf_printer p;
    if (!nf_printer_init(&p, f, scratch, text)) {
        text->arena->failed = true;
        return;
    }
    print_header(&p);
    print_locals(&p);
    NF_FOR_BLOCKS(f, b)
    {
        nf_print_label(&p, b);
        print(&p, "\n");
        NF_FOR_INSTS(f, b, v)
        {
            print(&p, "  ");
            nf_print_inst(&p, v);
            print(&p, "\n");
        }
    }
    print(&p, "}\n");
}

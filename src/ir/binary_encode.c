/*
 * A module to bytes; see binary.h for the form and binary_internal.h for the records.
 *
 * Removed records leave holes in a function's ids. The file has none: its ids are ranks among what
 * is alive, so that a reader's work is bounded by the bytes that it has. A function without holes,
 * as the parser and the builder make them, keeps its ids and with them the names that are made from
 * ids.
 *
 * Example: "%5 = add.i32 %4, %3" behind %4 is four bytes, when add is the module's 7th operation:
 * 07 03 03 05 (operation, i32, one back, two back).
 */
#include "binary_internal.h"
#include "base/hash.h"
#include "base/text.h"

typedef struct encoder {
    const nf_module *module;
    nf_arena *arena; /* scratch: everything here goes away at the end */
    nf_text out;
    uint8_t opcodes[NF_OP_COUNT];
    nf_op ops[NF_OPCODES_MAX]; /* by opcode */
    uint32_t op_count;
    /* of the function at hand */
    const nf_func *func;
    uint32_t *value_ranks, *block_ranks; /* by id; 0: not alive */
    uint32_t value_count, block_count;
    uint32_t last_value, last_block;
} encoder;

/* --- numbers --- */

static void put_byte(encoder *e, uint8_t byte)
{
    nf_text_append(&e->out, (const char *)&byte, 1);
}

static void put(encoder *e, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) put_byte(e, (uint8_t)(number | 0x80));
    put_byte(e, (uint8_t)number);
}

static void put_signed(encoder *e, int64_t number)
{
    while (number < -0x40 || number >= 0x40) {
        put_byte(e, (uint8_t)((uint64_t)number | 0x80));
        number >>= 7;
    }
    put_byte(e, (uint8_t)(number & 0x7f));
}

static void put_string(encoder *e, const char *string)
{
    size_t length = nf_string_length(string);
    put(e, length);
    nf_text_append(&e->out, string, length);
}

/* What is put from here on gets its length in front of it. */
static nf_text extent_begin(encoder *e)
{
    nf_text whole = e->out;
    nf_text_init(&e->out, e->arena);
    return whole;
}

static void extent_end(encoder *e, nf_text whole)
{
    nf_text payload = e->out;
    e->out = whole;
    put(e, payload.length);
    nf_text_append(&e->out, payload.data, payload.length);
}

/* --- ranks: the file's ids --- */

static bool ranks_make(encoder *e, const nf_func *f)
{
    e->func = f;
    e->value_ranks = NF_NEW_ARRAY(e->arena, uint32_t, f->insts.count);
    e->block_ranks = NF_NEW_ARRAY(e->arena, uint32_t, f->blocks.count);
    if (e->value_ranks == NULL || e->block_ranks == NULL) return false;
    NF_FOR_BLOCKS(f, b)
    {
        e->block_ranks[b.id] = 1;
        for (uint32_t i = 0; i < nf_block_at(f, b)->param_count; i++)
            e->value_ranks[nf_param_at(f, b, i).id] = 1;
        NF_FOR_INSTS(f, b, v) e->value_ranks[v.id] = 1;
    }
    e->value_count = e->block_count = e->last_value = e->last_block = 0;
    for (uint32_t i = 1; i < f->insts.count; i++)
        if (e->value_ranks[i]) e->value_ranks[i] = ++e->value_count;
    for (uint32_t i = 1; i < f->blocks.count; i++)
        if (e->block_ranks[i]) e->block_ranks[i] = ++e->block_count;
    return true;
}

/* An id in the order of the layout: mostly the last one + 1, which is written as 0. */
static void put_next(encoder *e, uint32_t rank, uint32_t *last)
{
    put(e, nf_zigzag((int64_t)rank - (int64_t)(*last + 1)));
    *last = rank;
}

static void put_operand(encoder *e, nf_value operand, uint32_t from)
{
    int64_t distance = (int64_t)from - (int64_t)e->value_ranks[operand.id];
    put(e, operand.id ? nf_zigzag(distance) + 1 : 0);
}

/* --- instructions --- */

static void put_operands(encoder *e, const nf_value *values, uint32_t count, uint32_t from)
{
    put(e, count);
    for (uint32_t i = 0; i < count; i++) put_operand(e, values[i], from);
}

static void put_edges(encoder *e, nf_value v, uint32_t from)
{
    uint32_t count = nf_edge_count(e->func, v);
    put(e, count);
    for (uint32_t i = 0; i < count; i++) {
        const nf_edge *edge = nf_edge_at(e->func, v, i);
        if (nf_inst_at(e->func, v)->op == NF_OP_SWITCH && i > 0) put_signed(e, edge->key);
        put(e, e->block_ranks[edge->to.id]);
        put_operands(e, nf_edge_args(e->func, edge), edge->arg_count, from);
    }
}

static void put_field(encoder *e, nf_field field, nf_value v, uint32_t from)
{
    const nf_inst *inst = nf_inst_at(e->func, v);
    switch (field) {
    case NF_FIELD_TYPE: put_byte(e, inst->type); break;
    case NF_FIELD_A: put_operand(e, inst->a, from); break;
    case NF_FIELD_B: put_operand(e, inst->b, from); break;
    case NF_FIELD_C: put_operand(e, inst->c, from); break;
    case NF_FIELD_SUB: put_byte(e, inst->sub); break;
    case NF_FIELD_IMM: put_signed(e, inst->imm); break;
    case NF_FIELD_BITS:
        nf_text_append(&e->out, (const char *)&inst->imm, nf_type_bytes(inst->type));
        break;
    case NF_FIELD_MEM:
        put_byte(e, (uint8_t)(inst->mem.align_log2 | inst->mem.flags << 4));
        put_byte(e, inst->mem.alias);
        break;
    case NF_FIELD_SYMBOL:
    case NF_FIELD_LOCAL: put(e, inst->extra); break;
    case NF_FIELD_CALLEE:
    case NF_FIELD_SIGNATURE: put(e, (uint64_t)inst->imm); break;
    case NF_FIELD_ARGS:
        put_operands(e, nf_call_args(e->func, inst), nf_call_arg_count(inst), from);
        break;
    case NF_FIELD_EDGES: put_edges(e, v, from); break;
    case NF_FIELD_END: break;
    }
}

static void put_inst(encoder *e, nf_value v)
{
    const nf_inst *inst = nf_inst_at(e->func, v);
    uint32_t rank = e->value_ranks[v.id];
    bool has_id = rank != e->last_value + 1;
    put_byte(e, e->opcodes[inst->op] | (has_id ? NF_OPCODE_HAS_ID : 0));
    if (has_id)
        put_next(e, rank, &e->last_value);
    else
        e->last_value = rank;
    const uint8_t *fields = nf_binary_fields[nf_ops[inst->op].shape];
    for (uint32_t i = 0; i < NF_FIELDS_MAX && fields[i] != NF_FIELD_END; i++)
        put_field(e, (nf_field)fields[i], v, rank);
}

/* --- functions --- */

static void put_block(encoder *e, nf_block b)
{
    const nf_func *f = e->func;
    const nf_block_data *block = nf_block_at(f, b);
    uint32_t inst_count = 0;
    put_next(e, e->block_ranks[b.id], &e->last_block);
    put(e, block->param_count);
    for (uint32_t i = 0; i < block->param_count; i++) {
        nf_value param = nf_param_at(f, b, i);
        put_next(e, e->value_ranks[param.id], &e->last_value);
        put_byte(e, nf_type_of(f, param));
    }
    NF_FOR_INSTS(f, b, v) inst_count++;
    put(e, inst_count);
    NF_FOR_INSTS(f, b, v) put_inst(e, v);
}

static void put_locals_and_blocks(encoder *e, const nf_func *f)
{
    put(e, f->locals.count - 1);
    for (uint32_t i = 1; i < f->locals.count; i++) {
        put(e, f->locals.data[i].size);
        put_byte(e, f->locals.data[i].align_log2);
    }
    put(e, e->value_count);
    put(e, e->block_count);
    NF_FOR_BLOCKS(f, b) put_block(e, b);
}

/* Pairs of a distance from the id before and a name. ranks NULL: ids are written as they are. */
static void put_names(encoder *e, const nf_names *names, const uint32_t *ranks)
{
    uint32_t count = 0, last = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t id = 1; id < names->count; id++) {
            uint32_t rank = ranks ? ranks[id] : id;
            if (rank == 0 || names->data[id] == NULL) continue;
            if (pass == 0) {
                count++;
                continue;
            }
            put(e, rank - last);
            last = rank;
            put_string(e, names->data[id]);
        }
        if (pass == 0) put(e, count);
    }
}

static void put_func_names(encoder *e, const nf_func *f)
{
    put_names(e, &f->debug.value_names, e->value_ranks);
    put_names(e, &f->debug.block_names, e->block_ranks);
    put_names(e, &f->debug.local_names, NULL);
}

/* Whether to write lines, and distances from the line before, by id. */
static void put_func_lines(encoder *e, const nf_func *f)
{
    int64_t last = 0;
    bool any = false;
    for (uint32_t id = 1; id < f->insts.count; id++)
        any |= e->value_ranks[id] && nf_line_of(f, (nf_value){id}) != 0;
    put_byte(e, any);
    for (uint32_t id = 1; any && id < f->insts.count; id++) {
        if (e->value_ranks[id] == 0) continue;
        put_signed(e, (int64_t)nf_line_of(f, (nf_value){id}) - last);
        last = nf_line_of(f, (nf_value){id});
    }
}

static void put_func(encoder *e, const nf_func *f)
{
    nf_text whole = extent_begin(e);
    put(e, f->attributes);
    put(e, f->noalias);
    nf_text_append(&e->out, (const char *)&f->tolerance, sizeof f->tolerance);
    if (ranks_make(e, f)) {
        put_locals_and_blocks(e, f);
        put_func_names(e, f);
        put_func_lines(e, f);
    }
    extent_end(e, whole);
}

/* --- modules --- */

static void put_operations(encoder *e)
{
    put(e, e->op_count);
    for (uint32_t i = 0; i < e->op_count; i++) put_string(e, nf_ops[e->ops[i]].text);
}

static void put_signatures(encoder *e)
{
    put(e, e->module->signatures.count - 1);
    for (uint32_t i = 1; i < e->module->signatures.count; i++) {
        const nf_signature_data *signature = &e->module->signatures.data[i];
        put_byte(e, signature->result);
        put_byte(e, signature->variadic);
        put(e, signature->param_count);
        nf_text_append(&e->out, (const char *)signature->params, signature->param_count);
    }
}

static void put_symbols(encoder *e)
{
    put(e, e->module->symbols.count - 1);
    for (uint32_t i = 1; i < e->module->symbols.count; i++) {
        const nf_symbol_data *symbol = &e->module->symbols.data[i];
        put_byte(e, (uint8_t)symbol->kind);
        put_string(e, symbol->name);
        put(e, symbol->line);
        if (symbol->kind == NF_SYMBOL_FUNC || symbol->kind == NF_SYMBOL_EXTERN)
            put(e, symbol->signature.id);
        if (symbol->kind != NF_SYMBOL_DATA) continue;
        put(e, symbol->size);
        put_byte(e, symbol->align_log2);
        put_byte(e, symbol->readonly);
    }
}

static void put_data(encoder *e, const nf_symbol_data *symbol)
{
    uint64_t last = 0;
    put(e, symbol->initial_size);
    nf_text_append(&e->out, (const char *)symbol->initial, symbol->initial_size);
    put(e, symbol->relocs.count);
    for (uint32_t i = 0; i < symbol->relocs.count; i++) {
        const nf_data_reloc *reloc = &symbol->relocs.data[i];
        put(e, reloc->offset - last);
        put(e, reloc->target.id);
        put_signed(e, reloc->addend);
        last = reloc->offset;
    }
}

/* The payload of a section. */
static void put_payload(encoder *e, nf_section section)
{
    switch (section) {
    case NF_SECTION_OPERATIONS: put_operations(e); return;
    case NF_SECTION_SIGNATURES: put_signatures(e); return;
    case NF_SECTION_SYMBOLS: put_symbols(e); return;
    default: break;
    }
    for (uint32_t i = 1; i < e->module->symbols.count; i++) {
        const nf_symbol_data *symbol = &e->module->symbols.data[i];
        if (section == NF_SECTION_DATA && symbol->kind == NF_SYMBOL_DATA) put_data(e, symbol);
        if (section == NF_SECTION_FUNCTIONS && symbol->func) put_func(e, symbol->func);
    }
}

static void put_section(encoder *e, nf_section section)
{
    put_byte(e, (uint8_t)section);
    nf_text whole = extent_begin(e);
    put_payload(e, section);
    extent_end(e, whole);
}

/* Numbers the operations in the order in which they are met. */
static void opcodes_make(encoder *e)
{
    bool known[NF_OP_COUNT] = {false};
    for (uint32_t i = 1; i < e->module->symbols.count; i++) {
        const nf_func *f = e->module->symbols.data[i].func;
        if (f == NULL) continue;
        NF_FOR_BLOCKS(f, b)
        {
            NF_FOR_INSTS(f, b, v)
            {
                nf_op op = (nf_op)nf_inst_at(f, v)->op;
                if (known[op]) continue;
                known[op] = true;
                e->opcodes[op] = (uint8_t)e->op_count;
                e->ops[e->op_count++] = op;
            }
        }
    }
}

static void put_module(encoder *e)
{
    opcodes_make(e);
    nf_text_append(&e->out, NF_BINARY_MAGIC, NF_BINARY_MAGIC_BYTES);
    put(e, NF_BINARY_VERSION);
    for (int section = NF_SECTION_OPERATIONS; section < NF_SECTION_END; section++)
        put_section(e, (nf_section)section);
    uint64_t checksum = nf_hash_bytes(e->out.data, e->out.length);
    nf_text_append(&e->out, (const char *)&checksum, NF_BINARY_CHECKSUM_BYTES);
}

nf_status nf_module_encode(nf_module *module, const void **bytes, size_t *size)
{
    nf_arena scratch;
    NF_REQUIRE(module, NULL);
    NF_REQUIRE(bytes, NULL);
    NF_REQUIRE(size, NULL);
    encoder e = {.module = module, .arena = &scratch};
    nf_arena_init(&scratch, module->arena.allocator);
    nf_text_init(&e.out, &scratch);
    put_module(&e);
    void *copy = scratch.failed ? NULL : nf_arena_alloc(&module->arena, e.out.length);
    if (copy) __builtin_memcpy(copy, e.out.data, e.out.length);
    *bytes = copy;
    *size = copy ? e.out.length : 0;
    nf_arena_free(&scratch);
    return copy ? NF_OK : NF_MEMORY;
}

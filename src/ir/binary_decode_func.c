/*
 * Bytes to functions: the reading side of what binary_encode.c writes.
 *
 * A function says first how many values and blocks it has, which the bytes left bound; each record
 * then claims an id that nobody has yet, and at the end all are claimed. So the arrays are made
 * once, of the right size, and ids of operands may be checked before what they name is read.
 *
 * Invariant: every id stored in a record, edge or list is in range.
 */
#include "binary_reader.h"

typedef struct func_reader {
    nf_reader *r;
    nf_func *f;
    uint32_t values, blocks;         /* counts, and so the largest ids */
    uint32_t last_value, last_block; /* ids */
    uint32_t claimed;                /* values */
} func_reader;

/* --- ids --- */

/* The id after *last, or another one; 0 on failure. */
static uint32_t read_next(nf_reader *r, uint32_t *last, uint32_t max)
{
    int64_t id = (int64_t)((uint64_t)*last + 1 + (uint64_t)nf_unzigzag(nf_read_number(r)));
    if (r->status) return 0;
    if (id < 1 || id > (int64_t)max) {
        CORRUPT(r, "an id is out of range");
        return 0;
    }
    return *last = (uint32_t)id;
}

/* Takes the id for a record; 0 when it is taken. */
static nf_value claim(func_reader *fr, uint32_t id)
{
    if (id == 0) return (nf_value){0};
    if (fr->f->insts.data[id].op != NF_OP_NONE) {
        CORRUPT(fr->r, "value %u is there twice", id);
        return (nf_value){0};
    }
    fr->claimed++;
    return (nf_value){id};
}

static nf_value read_operand(func_reader *fr, nf_value from)
{
    uint64_t number = nf_read_number(fr->r);
    if (number == 0) return (nf_value){0};
    int64_t id = (int64_t)((uint64_t)from.id - (uint64_t)nf_unzigzag(number - 1));
    if (id < 1 || id > (int64_t)fr->values) {
        CORRUPT(fr->r, "an operand is out of range");
        return (nf_value){0};
    }
    return (nf_value){(uint32_t)id};
}

/* --- lists --- */

/* Room for count ids in the pool; the first one's place. */
static uint32_t pool_take(func_reader *fr, uint32_t count)
{
    nf_func *f = fr->f;
    uint32_t start = f->pool.count;
    if (count == 0) return 0;
    if (count > NF_POOL_MAX - start) {
        nf_reader_fail(fr->r, NF_LIMIT, "more than %d arguments", NF_POOL_MAX);
        return 0;
    }
    if (!NF_VEC_RESERVE(f->arena, &f->pool, count)) {
        nf_reader_memory(fr->r);
        return 0;
    }
    f->pool.count += count;
    return start;
}

/* A count and so many operands into the pool; the count. */
static uint32_t read_operands(func_reader *fr, nf_value from, uint32_t max, uint32_t *start)
{
    uint32_t count = nf_read_count(fr->r, 1, max, "arguments");
    *start = pool_take(fr, count);
    if (fr->r->status) return 0;
    for (uint32_t i = 0; i < count; i++) {
        nf_value operand = read_operand(fr, from);
        if (operand.id == 0) CORRUPT(fr->r, "an argument is missing");
        fr->f->pool.data[*start + i] = operand.id;
    }
    return count;
}

static void read_edges(func_reader *fr, nf_inst *inst, nf_value v)
{
    enum { EDGE_BYTES_MIN = 2 };
    nf_reader *r = fr->r;
    uint32_t count = nf_read_count(r, EDGE_BYTES_MIN, NF_CASES_MAX, "edges");
    if (r->status) return;
    inst->c.id = count;
    inst->extra = nf_edges_new(fr->f, count);
    if (fr->f->arena->failed) nf_reader_memory(r);
    for (uint32_t i = 0; i < count && r->status == NF_OK; i++) {
        nf_edge edge = {0};
        if (inst->op == NF_OP_SWITCH && i > 0) edge.key = nf_read_signed(r);
        edge.to.id = nf_read_below(r, fr->blocks, "a block");
        edge.arg_count = read_operands(fr, v, NF_BLOCK_PARAMS_MAX, &edge.args);
        edge.arg_capacity = edge.arg_count;
        if (edge.to.id == 0) CORRUPT(r, "an edge goes nowhere");
        fr->f->edges.data[inst->extra + i] = edge;
    }
}

/* --- instructions --- */

static void read_bits(nf_reader *r, nf_inst *inst)
{
    unsigned bytes = nf_type_bytes(inst->type);
    if (bytes > sizeof inst->imm) {
        CORRUPT(r, "a constant is a vector");
        return;
    }
    const uint8_t *bits = nf_read_bytes(r, bytes);
    for (unsigned i = 0; bits && i < bytes; i++) inst->imm |= (int64_t)((uint64_t)bits[i] << i * 8);
}

static void read_mem(func_reader *fr, nf_inst *inst)
{
    uint8_t packed = nf_read_byte(fr->r), alias = nf_read_byte(fr->r);
    inst->mem = (nf_memflags){.align_log2 = packed & 0xf, .flags = packed >> 4, .alias = alias};
    if (inst->mem.flags & ~(NF_MEM_VOLATILE | NF_MEM_ATOMIC))
        CORRUPT(fr->r, "an access has unknown flags");
    if (alias > fr->f->alias_classes) fr->f->alias_classes = alias;
}

static void read_field(func_reader *fr, nf_field field, nf_inst *inst, nf_value v)
{
    nf_reader *r = fr->r;
    const nf_module *module = r->module;
    switch (field) {
    case NF_FIELD_TYPE: inst->type = nf_read_type(r, false); break;
    case NF_FIELD_A: inst->a = read_operand(fr, v); break;
    case NF_FIELD_B: inst->b = read_operand(fr, v); break;
    case NF_FIELD_C: inst->c = read_operand(fr, v); break;
    case NF_FIELD_SUB: inst->sub = nf_read_byte(r); break;
    case NF_FIELD_IMM: inst->imm = nf_read_signed(r); break;
    case NF_FIELD_BITS: read_bits(r, inst); break;
    case NF_FIELD_MEM: read_mem(fr, inst); break;
    case NF_FIELD_SYMBOL:
        inst->extra = nf_read_below(r, module->symbols.count - 1, "a symbol");
        break;
    case NF_FIELD_LOCAL: inst->extra = nf_read_below(r, fr->f->locals.count - 1, "a local"); break;
    case NF_FIELD_CALLEE:
        inst->imm = nf_read_below(r, module->symbols.count - 1, "a symbol");
        break;
    case NF_FIELD_SIGNATURE:
        inst->imm = nf_read_below(r, module->signatures.count - 1, "a signature");
        break;
    case NF_FIELD_ARGS: inst->c.id = read_operands(fr, v, NF_CALL_ARGS_MAX, &inst->extra); break;
    case NF_FIELD_EDGES: read_edges(fr, inst, v); break;
    case NF_FIELD_END: break;
    }
}

static void read_inst(func_reader *fr, nf_block b)
{
    nf_reader *r = fr->r;
    uint8_t opcode = nf_read_byte(r), index = opcode & (NF_OPCODE_HAS_ID - 1);
    if (index >= r->op_count) CORRUPT(r, "operation %u is not in the list", index);
    uint32_t id = fr->last_value + 1;
    if (opcode & NF_OPCODE_HAS_ID)
        id = read_next(r, &fr->last_value, fr->values);
    else if (id > fr->values)
        CORRUPT(r, "an id is out of range");
    if (r->status) return;
    fr->last_value = id;
    nf_value v = claim(fr, id);
    nf_inst inst = {.op = (uint16_t)r->ops[index]};
    const uint8_t *fields = nf_binary_fields[nf_ops[inst.op].shape];
    bool has_type = fields[0] == NF_FIELD_TYPE;
    for (uint32_t i = 0; i < NF_FIELDS_MAX && fields[i] != NF_FIELD_END; i++)
        read_field(fr, (nf_field)fields[i], &inst, v);
    if (r->status) return;
    if (!has_type) inst.type = nf_binary_implied_type(fr->f, &inst);
    *nf_inst_at(fr->f, v) = inst;
    nf_inst_append(fr->f, b, v);
}

/* --- blocks --- */

/* The next block of the layout, linked behind the last one. */
static nf_block read_block_id(func_reader *fr)
{
    nf_func *f = fr->f;
    nf_block b = {read_next(fr->r, &fr->last_block, fr->blocks)};
    if (b.id == 0) return b;
    if (nf_block_at(f, b)->alive) {
        CORRUPT(fr->r, "block %u is there twice", b.id);
        return (nf_block){0};
    }
    *nf_block_at(f, b) = (nf_block_data){.prev = f->last_block, .alive = true};
    if (f->last_block.id)
        nf_block_at(f, f->last_block)->next = b;
    else
        f->entry = b;
    f->last_block = b;
    return b;
}

static void read_params(func_reader *fr, nf_block b)
{
    enum { PARAM_BYTES_MIN = 2 };
    nf_reader *r = fr->r;
    uint32_t count = nf_read_count(r, PARAM_BYTES_MIN, NF_BLOCK_PARAMS_MAX, "parameters");
    uint32_t start = pool_take(fr, count);
    if (r->status) return;
    nf_block_data *block = nf_block_at(fr->f, b);
    block->params = start;
    block->param_count = block->param_capacity = count;
    for (uint32_t i = 0; i < count; i++) {
        nf_value v = claim(fr, read_next(r, &fr->last_value, fr->values));
        nf_type type = nf_read_type(r, false);
        if (r->status) return;
        *nf_inst_at(fr->f, v) = (nf_inst){.op = NF_OP_PARAM, .type = type, .imm = i, .block = b};
        fr->f->pool.data[start + i] = v.id;
    }
}

static void read_block(func_reader *fr)
{
    nf_block b = read_block_id(fr);
    if (b.id == 0) return;
    read_params(fr, b);
    uint32_t count = nf_read_count(fr->r, 1, NF_INSTS_MAX, "instructions");
    for (uint32_t i = 0; i < count && fr->r->status == NF_OK; i++) read_inst(fr, b);
}

/* --- what is not in blocks --- */

static void read_header(nf_reader *r, nf_func *f)
{
    f->attributes = nf_read_below(r, UINT32_MAX, "the attributes");
    f->noalias = nf_read_number(r);
    const uint8_t *tolerance = nf_read_bytes(r, sizeof f->tolerance);
    if (tolerance) __builtin_memcpy(&f->tolerance, tolerance, sizeof f->tolerance);
}

static void read_locals(nf_reader *r, nf_func *f)
{
    enum { LOCAL_BYTES_MIN = 2 };
    uint32_t count = nf_read_count(r, LOCAL_BYTES_MIN, NF_LOCAL_BYTES_MAX, "locals");
    if (r->status) return;
    if (!NF_VEC_RESERVE(f->arena, &f->locals, count + 1)) {
        nf_reader_memory(r);
        return;
    }
    f->locals.data[0] = (nf_local_data){0};
    f->locals.count = 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = nf_read_below(r, NF_LOCAL_BYTES_MAX, "the size of a local");
        uint32_t align = nf_read_below(r, NF_LOCAL_ALIGN_LOG2_MAX, "an alignment");
        f->locals.data[f->locals.count++] = (nf_local_data){size, (uint8_t)align};
    }
}

static bool arrays_make(func_reader *fr)
{
    nf_func *f = fr->f;
    if (!NF_VEC_RESERVE(f->arena, &f->insts, fr->values + 1) ||
        !NF_VEC_RESERVE(f->arena, &f->blocks, fr->blocks + 1) ||
        !NF_VEC_PUSH(f->arena, &f->edges, (nf_edge){0}) || !NF_VEC_PUSH(f->arena, &f->pool, 0))
        return nf_reader_memory(fr->r);
    f->insts.count = fr->values + 1;
    f->blocks.count = fr->blocks + 1;
    __builtin_memset(f->insts.data, 0, f->insts.count * sizeof *f->insts.data);
    __builtin_memset(f->blocks.data, 0, f->blocks.count * sizeof *f->blocks.data);
    return true;
}

static void read_blocks(nf_reader *r, nf_func *f)
{
    enum { BLOCK_BYTES_MIN = 3 };
    func_reader fr = {.r = r, .f = f};
    fr.values = nf_read_count(r, 1, NF_INSTS_MAX - 1, "values");
    fr.blocks = nf_read_count(r, BLOCK_BYTES_MIN, NF_BLOCKS_MAX - 1, "blocks");
    if (r->status || !arrays_make(&fr)) return;
    for (uint32_t i = 0; i < fr.blocks && r->status == NF_OK; i++) read_block(&fr);
    if (r->status == NF_OK && fr.claimed != fr.values)
        CORRUPT(r, "%u values were announced, %u are there", fr.values, fr.claimed);
}

/* --- names and lines --- */

static void read_names(nf_reader *r, nf_names *names, uint32_t ids)
{
    enum { NAME_BYTES_MIN = 2 };
    uint32_t count = nf_read_count(r, NAME_BYTES_MIN, ids, "names"), id = 0;
    if (r->status || count == 0) return;
    if (!NF_VEC_RESERVE(r->arena, names, ids + 1)) {
        nf_reader_memory(r);
        return;
    }
    names->count = ids + 1;
    __builtin_memset(names->data, 0, names->count * sizeof *names->data);
    for (uint32_t i = 0; i < count && r->status == NF_OK; i++) {
        uint32_t distance = nf_read_below(r, ids - id, "the id of a name");
        if (distance == 0) CORRUPT(r, "two names for one thing");
        id += distance;
        names->data[id] = nf_read_string(r);
    }
}

static void read_func_names(nf_reader *r, nf_func *f)
{
    if (r->status) return;
    read_names(r, &f->debug.value_names, f->insts.count - 1);
    read_names(r, &f->debug.block_names, f->blocks.count - 1);
    read_names(r, &f->debug.local_names, f->locals.count - 1);
}

static void read_func_lines(nf_reader *r, nf_func *f)
{
    int64_t line = 0;
    if (nf_read_below(r, 1, "whether there are lines") == 0) return;
    if (f->insts.count - 1 > nf_reader_left(r)) {
        CORRUPT(r, "the lines do not fit into what is left");
        return;
    }
    if (!NF_VEC_RESERVE(r->arena, &f->debug.lines, f->insts.count)) {
        nf_reader_memory(r);
        return;
    }
    f->debug.lines.count = f->insts.count;
    f->debug.lines.data[0] = 0;
    for (uint32_t id = 1; id < f->insts.count; id++) {
        line = (int64_t)((uint64_t)line + (uint64_t)nf_read_signed(r));
        if (line < 0 || line > UINT32_MAX) CORRUPT(r, "a line is out of range");
        if (r->status) return;
        f->debug.lines.data[id] = (uint32_t)line;
    }
}

/* --- functions --- */

void nf_read_body(nf_reader *r, nf_func *f)
{
    read_locals(r, f);
    read_blocks(r, f);
    read_func_names(r, f);
    read_func_lines(r, f);
}

void nf_read_func(nf_reader *r, nf_func *f)
{
    const uint8_t *end = nf_read_extent(r, "the function");
    read_header(r, f);
    if (r->lazy && r->status == NF_OK)
        nf_body_keep(r, f);
    else
        nf_read_body(r, f);
    nf_read_extent_end(r, end);
}

/*
 * The verifier: the gate behind which everybody may trust a module.
 *
 * It reads anything that a decoder may have made of hostile bytes, so it looks at an id only after
 * it has seen that the id is in range, and walks a list only while next and prev agree, which no
 * cycle can do. The order is: the module, then for each function its arrays, its lists, its edges, and
 * only then, with dominators known, its instructions.
 *
 * Rules of a module
 *   names are there, unique and not too long; kinds, sizes and alignments are within their limits
 *   signatures are of scalars; a defined function is not variadic
 *   addresses in data lie inside it, in order, do not overlap and name a symbol
 *   @main gives i32 and has the first ones, or none, of the parameters i32, i64, i64
 * Rules of a function
 *   the entry's parameters are the signature's; only i64 parameters are noalias
 *   attributes are known and do not contradict each other; the tolerance is finite and not negative
 *   locals are within their limits
 *   every block ends with its only terminator; nobody goes to the entry
 *   edges go to blocks of the layout with arguments of the parameters' number and types
 * Rules of an instruction: verify_inst.c
 *
 * Unreachable blocks keep all rules but dominance.
 */
#include "verify_internal.h"

/* --- failing --- */

static const char *func_name(const nf_checker *c)
{
    return nf_symbol_at(c->module, c->f->symbol)->name;
}

bool nf_verify_fail(nf_checker *c, nf_value at, nf_status status, const char *format, ...)
{
    char message[NF_ERROR_MESSAGE_BYTES], name[64] = "";
    const nf_inst *inst = nf_inst_at(c->f, at);
    const char *given = nf_name_at(&c->f->debug.value_names, at.id);
    va_list list;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    if (given)
        nf_format(name, sizeof name, "%%%s = ", given);
    else if (nf_line_of(c->f, at) == 0 && at.id)
        nf_format(name, sizeof name, "%%v%u = ", at.id);
    c->status = nf_fail_at(c->error, status, c->module->name, nf_line_of(c->f, at), 0,
                           "in @%s, %s%s: %s", func_name(c), name,
                           inst->op < NF_OP_COUNT ? nf_ops[inst->op].text : "?", message);
    return false;
}

static bool symbol_fail(nf_checker *c, const nf_symbol_data *symbol, nf_status status,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool symbol_fail(nf_checker *c, const nf_symbol_data *symbol, nf_status status,
                        const char *format, ...)
{
    char message[NF_ERROR_MESSAGE_BYTES];
    va_list list;
    va_start(list, format);
    nf_format_list(message, sizeof message, format, list);
    va_end(list);
    c->status = nf_fail_at(c->error, status, c->module->name, symbol->line, 0, "@%s: %s",
                           symbol->name ? symbol->name : "", message);
    return false;
}

/* Fails at the function as a whole. */
#define FUNC_FAIL(c, status, ...)                                                                  \
    symbol_fail((c), nf_symbol_at((c)->module, (c)->f->symbol), (status), __VA_ARGS__)

static bool memory_fail(nf_checker *c)
{
    c->status = nf_fail(c->error, NF_MEMORY, "out of memory");
    return false;
}

/* --- the arrays of a function --- */

static bool arrays_are_sound(nf_checker *c)
{
    const nf_func *f = c->f;
    bool there = f->insts.count && f->blocks.count && f->edges.count && f->pool.count &&
                 f->locals.count && f->entry.id && f->entry.id < f->blocks.count;
    if (!there) return FUNC_FAIL(c, NF_INVALID, "the function has no entry block");
    if (f->insts.count > NF_INSTS_MAX)
        return FUNC_FAIL(c, NF_LIMIT, "more than %d instructions", NF_INSTS_MAX);
    if (f->blocks.count > NF_BLOCKS_MAX)
        return FUNC_FAIL(c, NF_LIMIT, "more than %d blocks", NF_BLOCKS_MAX);
    if (f->edges.count > NF_EDGES_MAX || f->pool.count > NF_POOL_MAX)
        return FUNC_FAIL(c, NF_LIMIT, "too many edges or arguments");
    return true;
}

static bool locals_are_sound(nf_checker *c)
{
    uint64_t bytes = 0;
    for (uint32_t i = 1; i < c->f->locals.count; i++) {
        const nf_local_data *local = &c->f->locals.data[i];
        bytes += local->size;
        if (local->align_log2 > NF_LOCAL_ALIGN_LOG2_MAX)
            return FUNC_FAIL(c, NF_LIMIT, "a local is aligned to more than %d",
                             1 << NF_LOCAL_ALIGN_LOG2_MAX);
        if (bytes > NF_LOCAL_BYTES_MAX)
            return FUNC_FAIL(c, NF_LIMIT, "the locals have more than %d bytes", NF_LOCAL_BYTES_MAX);
    }
    return true;
}

static bool attributes_are_sound(nf_checker *c)
{
    const nf_func *f = c->f;
    uint32_t both = NF_ATTR_INLINE | NF_ATTR_NOINLINE;
    if (f->attributes >> NF_ATTR_COUNT)
        return FUNC_FAIL(c, NF_INVALID, "there is an unknown attribute");
    if ((f->attributes & both) == both)
        return FUNC_FAIL(c, NF_INVALID, "inline and noinline contradict each other");
    if (!(f->tolerance >= 0 && f->tolerance <= __DBL_MAX__))
        return FUNC_FAIL(c, NF_INVALID, "the tolerance must be finite and not negative");
    return true;
}

/* --- lists --- */

static bool pool_holds(const nf_func *f, uint32_t start, uint32_t count)
{
    return count <= f->pool.count && start <= f->pool.count - count;
}

static bool params_place(nf_checker *c, nf_block b, uint32_t *place)
{
    const nf_func *f = c->f;
    const nf_block_data *block = nf_block_at(f, b);
    if (block->param_count > NF_BLOCK_PARAMS_MAX)
        return FUNC_FAIL(c, NF_LIMIT, "a block has more than %d parameters", NF_BLOCK_PARAMS_MAX);
    if (block->param_count > block->param_capacity ||
        !pool_holds(f, block->params, block->param_capacity))
        return FUNC_FAIL(c, NF_INVALID, "a block's parameters are out of range");
    for (uint32_t i = 0; i < block->param_count; i++) {
        nf_value v = nf_param_at(f, b, i);
        if (v.id == 0 || v.id >= f->insts.count)
            return FUNC_FAIL(c, NF_INVALID, "a block's parameters are out of range");
        const nf_inst *inst = nf_inst_at(f, v);
        if (inst->op != NF_OP_PARAM || inst->block.id != b.id || inst->imm != i)
            return nf_verify_fail(c, v, NF_INVALID, "parameter %u is not its block's", i);
        if (!nf_type_valid(inst->type))
            return nf_verify_fail(c, v, NF_TYPE, "the parameter has no type");
        c->position[v.id] = ++*place;
    }
    return true;
}

/* The instructions of a block, whose prev and next must agree. */
static bool insts_place(nf_checker *c, nf_block b, uint32_t *place)
{
    const nf_func *f = c->f;
    const nf_block_data *block = nf_block_at(f, b);
    nf_value prev = {0};
    for (nf_value v = block->first; v.id; prev = v, v = nf_inst_at(f, v)->next) {
        if (v.id >= f->insts.count)
            return FUNC_FAIL(c, NF_INVALID, "a block's list of instructions is broken");
        const nf_inst *inst = nf_inst_at(f, v);
        if (inst->block.id != b.id || inst->prev.id != prev.id)
            return FUNC_FAIL(c, NF_INVALID, "a block's list of instructions is broken");
        if (inst->op == NF_OP_NONE || inst->op == NF_OP_PARAM || inst->op >= NF_OP_COUNT)
            return nf_verify_fail(c, v, NF_INVALID, "there is no such operation");
        if (inst->type != NF_VOID && !nf_type_valid(inst->type))
            return nf_verify_fail(c, v, NF_TYPE, "there is no such type");
        bool ends = (nf_ops[inst->op].effects & NF_EFFECT_END) != 0;
        if (ends && inst->next.id)
            return nf_verify_fail(c, inst->next.id < f->insts.count ? inst->next : v, NF_INVALID,
                                  "an instruction stands behind the block's end");
        if (!ends && inst->next.id == 0)
            return nf_verify_fail(c, v, NF_INVALID, "the block does not end with a terminator");
        c->position[v.id] = ++*place;
    }
    if (prev.id == 0) {
        const char *name = nf_name_at(&f->debug.block_names, b.id);
        return name ? FUNC_FAIL(c, NF_INVALID, "block %s is empty", name)
                    : FUNC_FAIL(c, NF_INVALID, "block b%u is empty", b.id);
    }
    if (block->last.id != prev.id)
        return FUNC_FAIL(c, NF_INVALID, "a block's list of instructions is broken");
    return true;
}

/* Blocks in layout order, and what they hold: gives everything its position. */
static bool lists_are_sound(nf_checker *c)
{
    const nf_func *f = c->f;
    uint32_t place = 0, claimed = 0;
    nf_block prev = {0};
    for (nf_block b = f->entry; b.id; prev = b, b = nf_block_at(f, b)->next) {
        if (b.id >= f->blocks.count || nf_block_at(f, b)->prev.id != prev.id ||
            !nf_block_at(f, b)->alive)
            return FUNC_FAIL(c, NF_INVALID, "the list of blocks is broken");
        c->in_layout[b.id] = true;
        if (!params_place(c, b, &place) || !insts_place(c, b, &place)) return false;
    }
    if (f->last_block.id != prev.id)
        return FUNC_FAIL(c, NF_INVALID, "the list of blocks is broken");
    for (uint32_t id = 0; id < f->insts.count; id++) claimed += f->insts.data[id].block.id != 0;
    if (claimed != place)
        return FUNC_FAIL(c, NF_INVALID, "an instruction is in a block that does not list it");
    return true;
}

/* --- edges --- */

static bool edge_is_sound(nf_checker *c, nf_value v, const nf_edge *edge)
{
    const nf_func *f = c->f;
    if (edge->to.id >= f->blocks.count || !c->in_layout[edge->to.id])
        return nf_verify_fail(c, v, NF_INVALID, "the target is no block of the function");
    if (edge->to.id == f->entry.id)
        return nf_verify_fail(c, v, NF_INVALID, "the entry block cannot be a target");
    if (edge->arg_count > edge->arg_capacity || !pool_holds(f, edge->args, edge->arg_capacity))
        return nf_verify_fail(c, v, NF_INVALID, "the arguments are out of range");
    uint32_t expected = nf_block_at(f, edge->to)->param_count;
    if (edge->arg_count != expected)
        return nf_verify_fail(c, v, NF_TYPE, "the target takes %u arguments, %u are given",
                              expected, edge->arg_count);
    return true;
}

static bool edges_are_sound(nf_checker *c)
{
    const nf_func *f = c->f;
    NF_FOR_BLOCKS(f, b)
    {
        nf_value v = nf_block_at(f, b)->last;
        uint32_t count = nf_edge_count(f, v), first = nf_inst_at(f, v)->extra;
        if (count > NF_CASES_MAX)
            return nf_verify_fail(c, v, NF_LIMIT, "more than %d cases", NF_CASES_MAX);
        if (count && (count > f->edges.count || first == 0 || first > f->edges.count - count))
            return nf_verify_fail(c, v, NF_INVALID, "the edges are out of range");
        for (uint32_t i = 0; i < count; i++)
            if (!edge_is_sound(c, v, nf_edge_at(f, v, i))) return false;
    }
    return true;
}

/* --- functions --- */

static bool entry_matches(nf_checker *c)
{
    const nf_func *f = c->f;
    const nf_signature_data *signature = nf_signature_at(c->module, f->signature);
    if (signature->variadic) return FUNC_FAIL(c, NF_TYPE, "a defined function cannot be variadic");
    if (nf_block_at(f, f->entry)->param_count != signature->param_count)
        return FUNC_FAIL(c, NF_TYPE, "the entry's parameters are not the signature's");
    for (uint32_t i = 0; i < signature->param_count; i++)
        if (nf_type_of(f, nf_param_at(f, f->entry, i)) != signature->params[i])
            return FUNC_FAIL(c, NF_TYPE, "the entry's parameters are not the signature's");
    for (uint32_t i = 0; i < NF_NOALIAS_PARAMS_MAX; i++)
        if (f->noalias >> i & 1 && (i >= signature->param_count || signature->params[i] != NF_I64))
            return FUNC_FAIL(c, NF_TYPE, "only a parameter of type i64 can be noalias");
    return true;
}

static bool insts_are_sound(nf_checker *c)
{
    NF_FOR_BLOCKS(c->f, b)
    {
        NF_FOR_INSTS(c->f, b, v)
        {
            if (!nf_verify_inst(c, v)) return false;
        }
    }
    return true;
}

static bool func_is_sound(nf_checker *c)
{
    if (!arrays_are_sound(c) || !locals_are_sound(c) || !attributes_are_sound(c)) return false;
    c->position = NF_NEW_ARRAY(c->arena, uint32_t, c->f->insts.count);
    c->in_layout = NF_NEW_ARRAY(c->arena, bool, c->f->blocks.count);
    if (c->position == NULL || c->in_layout == NULL) return memory_fail(c);
    if (!lists_are_sound(c) || !entry_matches(c) || !edges_are_sound(c)) return false;
    if (nf_cfg_build(c->f, c->arena, &c->cfg)) return memory_fail(c);
    return insts_are_sound(c);
}

nf_status nf_func_verify(const nf_func *f, nf_arena *arena, nf_error *error)
{
    nf_checker c = {.module = f->module, .f = f, .arena = arena, .error = error};
    func_is_sound(&c);
    return c.status;
}

/* --- modules --- */

static bool type_is_scalar(nf_type type)
{
    return nf_type_valid(type) && !NF_TYPE_IS_VECTOR(type);
}

bool nf_signature_is_sound(const nf_signature_data *signature)
{
    bool sound = signature->param_count <= NF_SIGNATURE_PARAMS_MAX &&
                 (signature->result == NF_VOID || type_is_scalar(signature->result));
    for (uint32_t i = 0; sound && i < signature->param_count; i++)
        sound = type_is_scalar(signature->params[i]);
    return sound;
}

static bool symbol_signature_is_sound(nf_checker *c, const nf_symbol_data *symbol)
{
    uint32_t id = symbol->signature.id;
    if (symbol->kind != NF_SYMBOL_FUNC && symbol->kind != NF_SYMBOL_EXTERN) return true;
    if (id == 0 || id >= c->module->signatures.count)
        return symbol_fail(c, symbol, NF_INVALID, "the symbol has no signature");
    if (nf_signature_is_sound(nf_signature_at(c->module, symbol->signature))) return true;
    return symbol_fail(c, symbol, NF_TYPE, NF_SIGNATURE_RULE, NF_SIGNATURE_PARAMS_MAX);
}

static bool name_is_sound(nf_checker *c, const nf_symbol_data *symbol, nf_string_map *names)
{
    size_t length = symbol->name ? nf_string_length(symbol->name) : 0;
    if (length == 0 || length > NF_NAME_BYTES_MAX)
        return symbol_fail(c, symbol, NF_INVALID, "a symbol's name is empty or too long");
    if (nf_string_map_get(names, symbol->name, (uint32_t)length, NULL))
        return symbol_fail(c, symbol, NF_INVALID, "the name is taken twice");
    return nf_string_map_put(names, symbol->name, (uint32_t)length, 0) || memory_fail(c);
}

static bool relocs_are_sound(nf_checker *c, const nf_symbol_data *data)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < data->relocs.count; i++) {
        const nf_data_reloc *reloc = &data->relocs.data[i];
        if (reloc->target.id == 0 || reloc->target.id >= c->module->symbols.count)
            return symbol_fail(c, data, NF_SYMBOL, "the data has the address of no symbol");
        if (reloc->offset < end || reloc->offset > data->size ||
            data->size - reloc->offset < NF_DATA_ADDRESS_BYTES)
            return symbol_fail(c, data, NF_INVALID, "addresses in data overlap or leave it");
        end = reloc->offset + NF_DATA_ADDRESS_BYTES;
    }
    return true;
}

static bool data_is_sound(nf_checker *c, const nf_symbol_data *data)
{
    if (data->size > NF_DATA_BYTES_MAX || data->initial_size > NF_DATA_INITIAL_BYTES_MAX)
        return symbol_fail(c, data, NF_LIMIT, "more than %d bytes of data", NF_DATA_BYTES_MAX);
    if (data->initial_size > data->size || (data->initial_size && data->initial == NULL))
        return symbol_fail(c, data, NF_INVALID, "the initial bytes are more than the data");
    if (data->align_log2 > NF_ALIGN_LOG2_MAX)
        return symbol_fail(c, data, NF_LIMIT, "the alignment is more than %d",
                           1 << NF_ALIGN_LOG2_MAX);
    return relocs_are_sound(c, data);
}

static bool main_is_sound(nf_checker *c, const nf_symbol_data *symbol)
{
    static const char main_name[] = "main";
    const nf_signature_data *signature = nf_signature_at(c->module, symbol->signature);
    if (nf_string_length(symbol->name) != sizeof main_name - 1 ||
        __builtin_memcmp(symbol->name, main_name, sizeof main_name) != 0)
        return true;
    static const nf_type params[] = {NF_I32, NF_I64, NF_I64}; /* argc, argv, environ */
    uint32_t count = signature->param_count;
    if (signature->result == NF_I32 && count <= sizeof params / sizeof *params &&
        (count == 0 || __builtin_memcmp(signature->params, params, count) == 0))
        return true;
    return symbol_fail(c, symbol, NF_TYPE, "main must be () -> i32 or (i32, i64, i64) -> i32");
}

static bool func_symbol_is_sound(nf_checker *c, uint32_t id, const nf_symbol_data *symbol)
{
    const nf_func *f = symbol->func;
    if (f == NULL || f->module != c->module || f->symbol.id != id ||
        f->signature.id != symbol->signature.id)
        return symbol_fail(c, symbol, NF_INVALID, "the symbol has no function");
    nf_arena_reset(c->arena);
    c->f = f;
    return main_is_sound(c, symbol) && func_is_sound(c);
}

static bool symbol_is_sound(nf_checker *c, uint32_t id)
{
    const nf_symbol_data *symbol = &c->module->symbols.data[id];
    switch (symbol->kind) {
    case NF_SYMBOL_FUNC: return func_symbol_is_sound(c, id, symbol);
    case NF_SYMBOL_DATA: return data_is_sound(c, symbol);
    case NF_SYMBOL_EXTERN:
    case NF_SYMBOL_EXTERN_DATA: return true;
    }
    return symbol_fail(c, symbol, NF_INVALID, "the symbol is of no kind");
}

static bool module_is_sound(nf_checker *c, nf_string_map *names)
{
    const nf_module *module = c->module;
    if (module->symbols.count > NF_SYMBOLS_MAX) {
        c->status = nf_fail_at(c->error, NF_LIMIT, module->name, 0, 0, "more than %d symbols",
                               NF_SYMBOLS_MAX);
        return false;
    }
    for (uint32_t id = 1; id < module->symbols.count; id++) {
        const nf_symbol_data *symbol = &module->symbols.data[id];
        if (!name_is_sound(c, symbol, names) || !symbol_signature_is_sound(c, symbol)) return false;
    }
    for (uint32_t id = 1; id < module->symbols.count; id++)
        if (!symbol_is_sound(c, id)) return false;
    return true;
}

/* What never became a part of the module. */
static nf_status builder_status(const nf_module *module, nf_error *error)
{
    if (module->arena.failed)
        return nf_fail_at(error, NF_MEMORY, module->name, 0, 0, "memory was out when it was built");
    if (error && module->refused.status != NF_OK) *error = module->refused;
    return module->refused.status;
}

nf_status nf_module_verify(const nf_module *module, nf_error *error)
{
    nf_arena scratch, names;
    nf_string_map taken;
    NF_REQUIRE(module, error);
    nf_status status = builder_status(module, error);
    if (status != NF_OK) return status;
    nf_arena_init(&scratch, module->arena.allocator);
    nf_arena_init(&names, module->arena.allocator);
    nf_string_map_init(&taken, &names);
    nf_checker c = {.module = module, .arena = &scratch, .error = error};
    module_is_sound(&c, &taken);
    nf_arena_free(&scratch);
    nf_arena_free(&names);
    return c.status;
}

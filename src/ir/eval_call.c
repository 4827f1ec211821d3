/*
 * Calls that the evaluator makes: of NIR functions, which become frames, and of the host's, which
 * go through nf_os_call() as the System V ABI wants (psABI 1.0, 3.2.3):
 *
 *     i8 to i64       rdi rsi rdx rcx r8 r9, then the stack; narrow ones zero-extended
 *     f32, f64        xmm0 to xmm7, then the stack
 *     16-byte vector  the same, on the stack at multiples of 16
 *     result          rax, or xmm0
 *
 * A variadic callee finds its arguments in the same places. An indirect call goes to a machine
 * address; when that is a NIR function's in the link table it is evaluated like a direct one.
 */
#include "eval_frame.h"
#include "os/os.h"

enum {
    XMM_BYTES = 16,
    /* A tail call's arguments fit in registers. */
    TAIL_ARGS_MAX = NF_OS_CALL_INTEGERS + NF_OS_CALL_VECTORS,
};

typedef struct callee {
    nf_symbol symbol;    /* none: known by its address alone */
    const nf_func *func; /* NULL: the host's */
    uint64_t address;    /* the host's */
} callee;

/* --- host calls --- */

typedef struct host_args {
    nf_os_call_frame frame;
    uint32_t integers, vectors;
    uint64_t *stack; /* room for two words an argument and one for alignment each */
} host_args;

static void stack_arg(host_args *host, const nf_bits *bits, unsigned words)
{
    host->frame.stack_count += host->frame.stack_count & (words - 1);
    for (unsigned i = 0; i < words; i++) host->stack[host->frame.stack_count++] = bits->u64[i];
}

static void host_arg(host_args *host, nf_type type, const nf_bits *bits)
{
    unsigned words = nf_type_bytes(type) > sizeof(uint64_t) ? 2 : 1;
    if (!NF_TYPE_IS_FLOAT(type) && !NF_TYPE_IS_VECTOR(type)) {
        if (host->integers < NF_OS_CALL_INTEGERS)
            host->frame.integers[host->integers++] = bits->u64[0];
        else
            stack_arg(host, bits, 1);
    } else if (host->vectors < NF_OS_CALL_VECTORS) {
        __builtin_memcpy(host->frame.vectors[host->vectors++], bits, XMM_BYTES);
    } else {
        stack_arg(host, bits, words);
    }
}

static nf_status host_call(nf_eval_machine *m, const nf_inst *call, uint64_t address,
                           const nf_bits *args, nf_bits *result)
{
    const nf_func *func = m->frame->func;
    uint32_t count = nf_call_arg_count(call);
    nf_type type = nf_signature_at(func->module, nf_call_signature(func, call))->result;
    host_args host = {.stack =
                          nf_eval_push_bytes(m->eval, count * 3 * sizeof(uint64_t), XMM_BYTES)};
    if (host.stack == NULL) return NF_MEMORY;
    bool wide = nf_type_bytes(type) > XMM_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        nf_type arg_type = nf_type_of(func, nf_call_args(func, call)[i]);
        wide |= nf_type_bytes(arg_type) > XMM_BYTES;
        host_arg(&host, arg_type, &args[i]);
    }
    if (wide) return nf_eval_fail(m, NF_UNSUPPORTED, "a host call with vectors over 16 bytes");
    host.frame.stack = host.stack;
    nf_os_call((const void *)(uintptr_t)address, &host.frame);
    bool in_vector = NF_TYPE_IS_FLOAT(type) || NF_TYPE_IS_VECTOR(type);
    __builtin_memcpy(result, in_vector ? host.frame.result_vector : host.frame.result_integer,
                     nf_type_bytes(type));
    return NF_OK;
}

/* --- who is called --- */

static uint64_t link_address(const nf_eval *eval, uint32_t symbol)
{
    return eval->link && symbol < eval->link->count ? eval->link->addresses[symbol] : 0;
}

/* The link table turned round; made at the first indirect call. */
static bool functions_index(nf_eval *eval, const nf_module *module)
{
    nf_map *map = nf_eval_functions(eval);
    if (map->count) return true;
    for (uint32_t i = 1; i < module->symbols.count; i++) {
        uint64_t address = link_address(eval, i);
        if (module->symbols.data[i].func && address && !nf_map_put(map, address, i)) return false;
    }
    return true;
}

static nf_status callee_direct(const nf_eval_machine *m, nf_symbol symbol, callee *out)
{
    const nf_symbol_data *data = nf_symbol_at(m->frame->func->module, symbol);
    *out = (callee){symbol, data->func, link_address(m->eval, symbol.id)};
    if (out->func == NULL && out->address == 0)
        return nf_eval_fail(m, NF_SYMBOL, "%s is not known to the host", data->name);
    return NF_OK;
}

/* Whether the callee finds what it looks for: C calls through types that are not quite the
 * function's, as those of declarations without parameters. */
static bool finds_its_arguments(const nf_func *caller, const nf_inst *call, const nf_func *target)
{
    const nf_signature_data *signature = nf_signature_at(target->module, target->signature);
    if (target->signature.id == (uint32_t)call->imm) return true;
    if (nf_call_arg_count(call) < signature->param_count) return false;
    for (uint32_t i = 0; i < signature->param_count; i++) {
        nf_type given = nf_type_of(caller, nf_call_args(caller, call)[i]);
        bool integers = NF_TYPE_IS_INT(given) && NF_TYPE_IS_INT(signature->params[i]);
        if (given != signature->params[i] && !integers) return false;
    }
    nf_type result = signature->result, wanted = call->type;
    bool integers = NF_TYPE_IS_INT(result) && NF_TYPE_IS_INT(wanted);
    return result == wanted || integers || result == NF_VOID || wanted == NF_VOID;
}

static nf_status callee_indirect(const nf_eval_machine *m, const nf_inst *call, callee *out)
{
    const nf_module *module = m->frame->func->module;
    uint64_t id = 0;
    *out = (callee){.address = nf_eval_value(m->frame, call->a)->u64[0]};
    if (!functions_index(m->eval, module)) return NF_MEMORY;
    if (!nf_map_get(nf_eval_functions(m->eval), out->address, &id)) return NF_OK;
    out->symbol = (nf_symbol){(uint32_t)id};
    out->func = nf_symbol_at(module, out->symbol)->func;
    if (!finds_its_arguments(m->frame->func, call, out->func))
        return nf_eval_fail(m, NF_INVALID, "an indirect call of %s with another signature",
                            nf_symbol_at(module, out->symbol)->name);
    return NF_OK;
}

/* --- the call --- */

static nf_bits *args_gather(nf_eval_machine *m, const nf_inst *call)
{
    const nf_func *func = m->frame->func;
    uint32_t count = nf_call_arg_count(call);
    const nf_value *values = nf_call_args(func, call);
    nf_bits *args = nf_eval_push_bytes(m->eval, count * sizeof *args, sizeof *args);
    for (uint32_t i = 0; args && i < count; i++) {
        args[i] = (nf_bits){{0}};
        __builtin_memcpy(&args[i], nf_eval_value(m->frame, values[i]),
                         nf_type_bytes(nf_type_of(func, values[i])));
    }
    return args;
}

/* The callee takes the place of the current frame. */
static nf_status enter_instead(nf_eval_machine *m, const nf_func *func, const nf_bits *args)
{
    uint32_t count = nf_block_at(func, func->entry)->param_count;
    nf_bits kept[TAIL_ARGS_MAX];
    if (count > TAIL_ARGS_MAX)
        return nf_eval_fail(m, NF_LIMIT, "a tail call with more than %d arguments", TAIL_ARGS_MAX);
    __builtin_memcpy(kept, args, count * sizeof *kept);
    nf_eval_leave(m);
    return nf_eval_enter(m, func, kept, nf_eval_mark_get(m->eval));
}

nf_status nf_eval_call(nf_eval_machine *m)
{
    nf_eval *eval = m->eval;
    const nf_inst *call = nf_inst_at(m->frame->func, m->frame->at);
    bool indirect = call->op == NF_OP_CALL_INDIRECT || call->op == NF_OP_TAIL_CALL_INDIRECT;
    bool tail = nf_op_of(call)->effects & NF_EFFECT_END;
    callee to;
    nf_status status = indirect ? callee_indirect(m, call, &to)
                                : callee_direct(m, (nf_symbol){(uint32_t)call->imm}, &to);
    if (status) return status;
    nf_eval_mark mark = nf_eval_mark_get(eval);
    nf_bits *args = args_gather(m, call), result = {{0}};
    if (args == NULL) return NF_MEMORY;
    if (to.func == NULL) {
        status = host_call(m, call, to.address, args, &result);
    } else if (eval->call == NULL || !eval->call(eval->context, to.symbol, args, &result)) {
        return tail ? enter_instead(m, to.func, args) : nf_eval_enter(m, to.func, args, mark);
    }
    nf_eval_release(eval, mark);
    if (status) return status;
    return tail ? nf_eval_return(m, &result) : nf_eval_call_done(m, &result);
}

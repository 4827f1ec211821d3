/*
 * Single NIR instructions, where the translator stands.
 *
 * Short hands over the builder, so that what is translated reads like an expression. Integers of odd
 * widths: nf_make_clean() restores the importer's invariant after an operation that may set bits above
 * the width, nf_make_signed() makes the number that a signed operation needs.
 *
 *     i3 -> i8:   clean: and.i8 %a, 7      signed: ashr.i8 (shl.i8 %a, 5), 5
 */
#include "import_internal.h"

static const nf_value none;

nf_value nf_make(nf_translator *t, nf_op op, nf_type type, nf_value a, nf_value b)
{
    return nf_build(t->f, t->at, op, type, a, b, none);
}

nf_value nf_make_number(nf_translator *t, nf_type type, int64_t number)
{
    return nf_build_iconst(t->f, t->at, type, number);
}

nf_value nf_make_with(nf_translator *t, nf_op op, nf_type type, nf_value a, int64_t number)
{
    return nf_make(t, op, type, a, nf_make_number(t, type, number));
}

nf_value nf_make_select(nf_translator *t, nf_type type, nf_value condition, nf_value yes,
                        nf_value no)
{
    return nf_build(t->f, t->at, NF_OP_SELECT, type, condition, yes, no);
}

nf_value nf_make_compare(nf_translator *t, nf_cond cond, nf_value a, nf_value b)
{
    return nf_build_compare(t->f, t->at, cond, a, b);
}

nf_value nf_make_zero(nf_translator *t, nf_type type)
{
    if (type == NF_F32) return nf_build_f32(t->f, t->at, 0);
    if (type == NF_F64) return nf_build_f64(t->f, t->at, 0);
    return nf_make_number(t, type, 0);
}

nf_value nf_make_resize(nf_translator *t, nf_type type, nf_value a)
{
    unsigned from = nf_type_bytes(nf_value_type(t->f, a)), to = nf_type_bytes(type);
    if (from == to) return a;
    return nf_make(t, from < to ? NF_OP_ZEXT : NF_OP_TRUNC, type, a, none);
}

nf_value nf_make_clean(nf_translator *t, const nf_scalar *s, nf_value a)
{
    uint32_t container = nf_type_bytes(s->type) * 8;
    if (s->bits >= container) return a;
    return nf_make_with(t, NF_OP_AND, s->type, a, (int64_t)((UINT64_C(1) << s->bits) - 1));
}

nf_value nf_make_signed(nf_translator *t, const nf_scalar *s, nf_value a)
{
    uint32_t container = nf_type_bytes(s->type) * 8;
    if (s->bits >= container) return a;
    nf_value distance = nf_make_number(t, s->type, container - s->bits);
    return nf_make(t, NF_OP_ASHR, s->type, nf_make(t, NF_OP_SHL, s->type, a, distance), distance);
}

nf_value nf_make_call(nf_translator *t, const char *name, nf_type result, const nf_value *args,
                      uint32_t count)
{
    enum { PARAMS_MAX = 8 };
    nf_type types[PARAMS_MAX];
    for (uint32_t i = 0; i < count; i++) types[i] = nf_value_type(t->f, args[i]);
    nf_module *module = t->in->module;
    nf_signature signature = nf_module_signature(module, result, types, count, false);
    nf_symbol symbol = nf_module_symbol(module, name);
    if (symbol.id == 0) symbol = nf_module_extern(module, name, signature);
    if (nf_symbol_at(module, symbol)->signature.id == signature.id)
        return nf_build_call(t->f, t->at, symbol, args, count);
    nf_value address = nf_build_symbol(t->f, t->at, symbol, 0);
    return nf_build_call_indirect(t->f, t->at, address, signature, args, count);
}

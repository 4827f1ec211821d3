/*
 * What a call of a function can do, through every call that it makes. See opt.h.
 *
 * The functions that can be reached by direct calls are looked at once each, so recursion needs no
 * care: effects only add up. Accesses to a function's own locals are nobody else's business and do not
 * count. Host functions are looked up by name in host.def; all others, indirect calls, volatile and
 * atomic accesses make the function one that cannot be contained, and the first such place is the
 * reason.
 *
 *     func @f: store to [%p], call @g     func @g: load from [%q], call @write
 *     effects of @f: writes, reads; not containable: "in @g: write is not on the list of ..."
 */
#include "alias.h"
#include "base/text.h"

typedef struct host_function {
    const char *name;
    uint8_t effects; /* NF_EFFECT_READ, NF_EFFECT_WRITE */
} host_function;

#define P 0
#define R NF_EFFECT_READ
#define W NF_EFFECT_WRITE
static const host_function host_functions[] = {
#define HOST(name, effects) {name, effects},
#include "host.def"
#undef HOST
};
#undef P
#undef R
#undef W

typedef struct survey {
    nf_arena *arena;
    nf_effects *effects;
    nf_bitset seen; /* symbols */
    NF_VEC(const nf_func *) work;
    const nf_func *f; /* being looked at */
    nf_alias alias;   /* of f */
} survey;

static const char *symbol_name(const nf_func *f, nf_symbol symbol)
{
    return nf_symbol_at(f->module, symbol)->name;
}

/* The first reason stays. object may be "". */
static void refuse(survey *s, const char *object, const char *reason)
{
    if (!s->effects->containable) return;
    s->effects->containable = false;
    nf_format(s->effects->reason, sizeof s->effects->reason, "in @%s: %s%s",
              symbol_name(s->f, s->f->symbol), object, reason);
}

static const host_function *host_find(const char *name)
{
    for (size_t i = 0; i < sizeof host_functions / sizeof *host_functions; i++)
        if (nf_string_equal(host_functions[i].name, name)) return &host_functions[i];
    return NULL;
}

static void function_add(survey *s, const nf_func *f)
{
    if (nf_bitset_has(&s->seen, f->symbol.id)) return;
    nf_bitset_add(&s->seen, f->symbol.id);
    NF_VEC_PUSH(s->arena, &s->work, f);
}

static void call_survey(survey *s, const nf_inst *call)
{
    if (call->op == NF_OP_CALL_INDIRECT || call->op == NF_OP_TAIL_CALL_INDIRECT) {
        s->effects->reads = s->effects->writes = true;
        refuse(s, "", "an indirect call may go anywhere");
        return;
    }
    nf_symbol symbol = {(uint32_t)call->imm};
    const nf_symbol_data *callee = nf_symbol_at(s->f->module, symbol);
    if (callee->kind == NF_SYMBOL_FUNC) {
        function_add(s, callee->func);
        return;
    }
    const host_function *host = host_find(callee->name);
    s->effects->reads |= host == NULL || (host->effects & NF_EFFECT_READ);
    s->effects->writes |= host == NULL || (host->effects & NF_EFFECT_WRITE);
    if (host == NULL)
        refuse(s, callee->name, " is not on the list of host functions that can be contained");
}

static void access_survey(survey *s, const nf_inst *access)
{
    uint8_t effects = nf_ops[access->op].effects;
    nf_place place = nf_place_of(&s->alias, access);
    if (access->mem.flags & NF_MEM_VOLATILE) refuse(s, "", "there is a volatile access");
    if (access->mem.flags & NF_MEM_ATOMIC) refuse(s, "", "there is an atomic access");
    if (place.root.kind == NF_ROOT_LOCAL) return;
    s->effects->reads |= (effects & NF_EFFECT_READ) != 0;
    s->effects->writes |= (effects & NF_EFFECT_WRITE) != 0;
}

static bool function_survey(survey *s)
{
    nf_cfg cfg;
    if (!nf_func_load(s->f) || nf_cfg_build(s->f, s->arena, &cfg) != NF_OK ||
        !nf_alias_init(&s->alias, s->f, &cfg, s->arena))
        return false;
    for (uint32_t i = 0; i < cfg.rpo_count; i++) {
        NF_FOR_INSTS(s->f, (nf_block){cfg.rpo[i]}, v)
        {
            const nf_inst *inst = nf_inst_at(s->f, v);
            uint8_t effects = nf_ops[inst->op].effects;
            s->effects->contracts |= inst->op == NF_OP_FMULADD;
            if (effects & NF_EFFECT_CALL)
                call_survey(s, inst);
            else if (effects & (NF_EFFECT_READ | NF_EFFECT_WRITE))
                access_survey(s, inst);
        }
    }
    return true;
}

nf_status nf_effects_of(const nf_func *f, nf_arena *scratch, nf_effects *effects)
{
    survey s = {.arena = scratch,
                .effects = effects,
                .seen = nf_bitset_new(scratch, f->module->symbols.count)};
    *effects = (nf_effects){.containable = true};
    if (s.seen.words == NULL) return NF_MEMORY;
    function_add(&s, f);
    while (s.work.count) {
        s.f = s.work.data[--s.work.count];
        if (!function_survey(&s)) return NF_MEMORY;
    }
    return scratch->failed ? NF_MEMORY : NF_OK;
}

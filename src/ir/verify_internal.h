/* Between verify.c (modules, functions, lists, blocks) and verify_inst.c (one instruction). */
#ifndef NF_IR_VERIFY_INTERNAL_H
#define NF_IR_VERIFY_INTERNAL_H

#include "cfg.h"
#include "base/text.h"

typedef struct nf_checker {
    const nf_module *module;
    const nf_func *f;
    nf_arena *arena; /* scratch */
    nf_error *error;
    nf_status status;
    nf_cfg cfg;
    uint32_t *position; /* by value id: place in layout order, from 1; 0: in no block */
    bool *in_layout;    /* by block id */
} nf_checker;

/* Fails at an instruction. Returns false, as all checks do. */
bool nf_verify_fail(nf_checker *c, nf_value at, nf_status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What a function can have; the text of the rule that is broken otherwise. */
bool nf_signature_is_sound(const nf_signature_data *signature);
#define NF_SIGNATURE_RULE "a signature has at most %d parameters, and scalar types only"

/* Every rule of one instruction that is in a block; lists and edges' targets are known to be sound. */
bool nf_verify_inst(nf_checker *c, nf_value v);

#endif

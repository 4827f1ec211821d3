/*
 * What a loop counts: induction variables, affine values, trip counts and reductions.
 *
 * All of it is about one innermost, bottom-tested loop with a preheader, one latch and one way out
 * (NF_FACT_ROTATED). Iterations are numbered from 0; an affine value is, in iteration k,
 *
 *     sum of factor * value  +  constant  +  step * k        modulo 2^width
 *
 * with values made outside of the loop. A sign or zero extension of an affine value is affine only
 * as long as the narrow one does not wrap; that is a need, which is proven or checked in front of
 * the loop. Analysis changes nothing; the functions that emit write to the end of a block.
 * Everything lives in the arena given. Freestanding.
 */
#ifndef NF_OPT_INDUCTION_H
#define NF_OPT_INDUCTION_H

#include "ir/cfg.h"
#include "loop_emit.h"

enum { NF_TERMS_MAX = 4, NF_NEEDS_MAX = 16 };

/* factor * value; the value is first brought to the affine value's type by `convert` (NF_OP_SEXT,
 * ZEXT or TRUNC; NF_OP_NONE when it has that type). */
typedef struct nf_term {
    nf_value value;
    uint16_t convert;
    int64_t factor;
} nf_term;

typedef struct nf_affine {
    nf_type type; /* NF_VOID: not affine */
    uint8_t term_count;
    uint32_t needs; /* holds only where these needs do (bits, by index) */
    int64_t constant, step;
    nf_term terms[NF_TERMS_MAX];
} nf_affine;

/* In every iteration the narrow affine value, computed without wrapping, fits its type. */
typedef struct nf_need {
    nf_affine narrow; /* at most one term, with factor 1 and no conversion */
    bool is_signed;
} nf_need;

/* The form of a value, in the bucket of its id. */
typedef struct nf_known_form {
    nf_affine form;
    nf_value value;
    struct nf_known_form *next;
} nf_known_form;

enum { NF_FORM_BUCKETS = 32 };

typedef struct nf_counted {
    nf_func *f;
    const nf_cfg *cfg;
    nf_arena *arena;
    uint32_t loop;
    nf_block header, latch, preheader, exit;
    uint32_t back, out; /* edges of the latch's terminator: to the header, to the exit */
    nf_block tester;    /* whose branch counts: the latch, in a search any block or none */
    uint32_t stays;     /* edge of its terminator by which the loop goes on */
    nf_block *blocks;   /* of the body, in reverse post-order; header first */
    uint32_t block_count;
    nf_known_form *forms[NF_FORM_BUCKETS]; /* those that were asked for */
    uint32_t value_count;
    uint32_t need_count;

    /* The loop goes on after an iteration while cond(tested, bound). */
    bool counted; /* the rest holds */
    nf_cond cond;
    nf_affine tested, bound;
    uint64_t count;     /* of iterations; 0: not constant */
    uint64_t count_max; /* 0: no bound below 2^64 is known */
    const char *reason; /* why it is not counted */

    nf_need needs[NF_NEEDS_MAX]; /* stands last and is not cleared: it is large */
} nf_counted;

/* Conditions (i8) that must all hold at run time. */
typedef NF_VEC(nf_value) nf_checks;

/* False when the loop has not the shape that is asked for; reason then says why. A loop with that
 * shape whose iterations cannot be counted gives true and has counted false. */
bool nf_counted_analyse(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                        nf_counted *counted);
/* The same for a loop that may have others inside; what those count is not affine. */
bool nf_counted_analyse_nest(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                             nf_counted *counted);
/* The same for an innermost loop that is a search: blocks in a row, any of which may leave it, and
 * none of which writes or calls. What is counted is how often it runs when only the tester ends it. */
bool nf_counted_analyse_search(nf_func *f, const nf_cfg *cfg, uint32_t loop, nf_arena *arena,
                               nf_counted *counted);

/* Whether the value is made inside of the loop. */
bool nf_counted_has(const nf_counted *counted, nf_value v);
/* Arguments with which the loop is entered, and with which it goes round, for a header parameter.
 */
nf_value nf_counted_init(const nf_counted *counted, uint32_t param);
nf_value nf_counted_next(const nf_counted *counted, uint32_t param);

/* The affine form of a value; its type is NF_VOID when there is none. Never NULL. */
const nf_affine *nf_affine_of(nf_counted *counted, nf_value v);
/* Where a load or store of the loop goes. */
nf_affine nf_affine_address(nf_counted *counted, const nf_inst *access);
/* a + factor * b, of the same type; NF_VOID when there are too many terms. */
nf_affine nf_affine_add(const nf_affine *a, const nf_affine *b, int64_t factor);
/* Equal but for constant and step. */
bool nf_affine_same_terms(const nf_affine *a, const nf_affine *b);
/* Its value in the first iteration without the constant (the sum of the terms; none when it has
 * none), and with it. */
nf_value nf_affine_emit_terms(nf_loop_emit *e, const nf_affine *a);
nf_value nf_affine_emit(nf_loop_emit *e, const nf_affine *a);
/* Its value in iteration k (i64). */
nf_value nf_affine_emit_at(nf_loop_emit *e, const nf_affine *a, nf_value k);

/* Decides counted, cond, count and so on; called by nf_counted_analyse(). */
void nf_trip_analyse(nf_counted *counted);
/* The number of iterations as i64, at least 1; right where all checks added hold. 0 stands for
 * 2^64, which only a loop without count_max may have. */
nf_value nf_trip_emit(nf_counted *counted, nf_loop_emit *e, nf_checks *checks);
/* Adds the checks of the needs that can't be proven. */
void nf_needs_emit(nf_counted *counted, nf_loop_emit *e, uint32_t needs, nf_value count,
                   nf_checks *checks);

/* Whether the order in which a reduction gathers can be seen in its result. */
typedef enum nf_order {
    NF_ORDER_FREE,    /* never */
    NF_ORDER_ZEROS,   /* only in a zero's sign */
    NF_ORDER_MATTERS, /* floating-point sums and products */
} nf_order;

/* A header parameter that one associative operation gathers:  next = param op x op y ... */
typedef struct nf_reduction {
    uint32_t index; /* of the header's parameter */
    nf_value param, init, next;
    nf_type type;
    nf_op op;      /* ADD, MUL, AND, OR, XOR, SMIN ... UMAX, FADD, FMUL, FMIN, FMAX */
    uint8_t order; /* nf_order */
} nf_reduction;

/* True when the header's parameter is a reduction whose partial results nobody else in the loop
 * sees. uses: how often each value is used inside of the loop, by id. */
bool nf_reduction_find(nf_counted *counted, const uint32_t *uses, uint32_t param,
                       nf_reduction *reduction);
/* How partial results are joined: lanes by `reduce`, others by the reduction's operation. Those
 * beside the first start from the value that changes nothing, or, where an operation may see a value
 * twice (idempotent), from the reduction's initial value. */
typedef struct nf_reduction_rule {
    uint16_t reduce;
    bool idempotent;
    int64_t neutral_int, neutral_f32, neutral_f64; /* bits */
} nf_reduction_rule;
const nf_reduction_rule *nf_reduction_rule_of(const nf_reduction *reduction);
/* The bits of the value that changes nothing, for the reduction's type. */
int64_t nf_reduction_neutral(const nf_reduction *reduction);

/* Fills uses[] (value_count entries, zeroed by the caller). */
void nf_counted_uses(const nf_counted *counted, uint32_t *uses);

#endif

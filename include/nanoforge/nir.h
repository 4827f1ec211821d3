/*
 * NIR: modules, functions, and the API that builds them.
 *
 * NIR is SSA with block parameters. A module owns everything made in it and is built by one thread;
 * after nf_module_verify() succeeded and nobody changes it, any number of threads may read it.
 *
 * NULL is as in nanoforge.h. The builder looks at little, for it must be fast: ids are to be those
 * of the same module or function. What it refuses gives none, or does nothing, and the module keeps
 * the first reason: nf_module_verify() fails with it, and with NF_MEMORY when memory was out.
 * The reference of every operation is docs/NIR.md, made from ops.def.
 */
#ifndef NANOFORGE_NIR_H
#define NANOFORGE_NIR_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nf_module nf_module;
typedef struct nf_func nf_func;

/* Names of things inside a module or function. 0 is none. An instruction is named by the value that
 * it defines; one without a result has a name too, whose type is NF_VOID. */
typedef struct nf_value {
    uint32_t id;
} nf_value;
typedef struct nf_block {
    uint32_t id;
} nf_block;
typedef struct nf_symbol {
    uint32_t id;
} nf_symbol;
typedef struct nf_signature {
    uint32_t id;
} nf_signature;
typedef struct nf_local {
    uint32_t id;
} nf_local;

/*
 * A type in one byte: the element in the low three bits, log2 of the lane count above.
 *
 *   7 6   5 4 3   2 1 0
 *    0   | lanes | element |      f32x8 = NF_F32 | 3 << 3
 *
 * Vectors have 2 to 64 lanes and at most 64 bytes.
 */
typedef uint8_t nf_type;
enum { NF_VOID, NF_I8, NF_I16, NF_I32, NF_I64, NF_F32, NF_F64 };
#define NF_VECTOR_OF(element, lanes_log2) ((nf_type)((element) | (lanes_log2) << 3))
#define NF_TYPE_ELEMENT(type)             ((nf_type)((type)&7))
#define NF_TYPE_LANES_LOG2(type)          ((type) >> 3)
#define NF_TYPE_LANES(type)               (1u << NF_TYPE_LANES_LOG2(type))
#define NF_TYPE_IS_VECTOR(type)           ((type) >= 8)
#define NF_TYPE_IS_FLOAT(type)            (NF_TYPE_ELEMENT(type) >= NF_F32)
#define NF_TYPE_IS_INT(type)              (NF_TYPE_ELEMENT(type) >= NF_I8 && NF_TYPE_ELEMENT(type) <= NF_I64)

/* Bytes of an element (0 for void) and of a whole type. */
static inline unsigned nf_type_element_bytes(nf_type type)
{
    static const uint8_t bytes[8] = {0, 1, 2, 4, 8, 4, 8, 0};
    return bytes[NF_TYPE_ELEMENT(type)];
}
static inline unsigned nf_type_bytes(nf_type type)
{
    return nf_type_element_bytes(type) << NF_TYPE_LANES_LOG2(type);
}

typedef enum nf_op {
    NF_OP_NONE,
#define OP(name, ...) NF_OP_##name,
#include "ops.def"
#undef OP
    NF_OP_COUNT
} nf_op;

/* Conditions of icmp, then of fcmp. In this order c ^ 1 negates. */
typedef enum nf_cond {
    NF_EQ,
    NF_NE,
    NF_SLT,
    NF_SGE,
    NF_SLE,
    NF_SGT,
    NF_ULT,
    NF_UGE,
    NF_ULE,
    NF_UGT,
    NF_FOEQ,
    NF_FUNE,
    NF_FOLT,
    NF_FUGE,
    NF_FOLE,
    NF_FUGT,
    NF_FOGT,
    NF_FULE,
    NF_FOGE,
    NF_FULT,
    NF_FONE,
    NF_FUEQ,
    NF_FORD,
    NF_FUNO,
    NF_COND_COUNT
} nf_cond;

/* Where a load or store goes: [base + index * (1 << scale_log2) + offset]. */
typedef struct nf_address {
    nf_value base;       /* i64 */
    nf_value index;      /* i64, or none */
    unsigned scale_log2; /* 0 to 3 */
    int32_t offset;      /* bytes */
    unsigned align_log2; /* what the address is known to be aligned to; 0: nothing */
    unsigned alias;   /* alias class: two accesses with different non-zero classes never overlap */
    bool is_volatile; /* neither removed, merged nor moved; bars races */
    bool
        is_atomic; /* one indivisible, sequentially consistent access; type at most 8 bytes and aligned */
} nf_address;

/* Function attributes, or-ed. */
enum {
    NF_ATTR_PURE = 1,     /* neither reads nor writes memory, always returns */
    NF_ATTR_READONLY = 2, /* writes no memory, always returns */
    NF_ATTR_REASSOC = 4,  /* floating-point sums and products may be reassociated */
    NF_ATTR_INLINE = 8,   /* inline where possible */
    NF_ATTR_NOINLINE = 16,
    NF_ATTR_EXPORT = 32, /* keep even when nothing calls it */
};

/* --- modules --- */

/* A new, empty module; NULL when memory is out. The allocator (NULL: the platform's) must outlive
 * it. The name, for messages, is copied; NULL is "". */
NF_API nf_module *nf_module_new(const nf_allocator *allocator, const char *name);
/* Of the caller's modules: what nf_program_add() has taken is the engine's. NULL is allowed. */
NF_API void nf_module_free(nf_module *module);

/* Reads text or binary NIR (told apart by the first bytes) into a module for nf_module_free(). The
 * allocator is as in nf_module_new(), name is for messages. On failure *module is NULL and error
 * has file, line, column and rule. The result is verified. */
NF_API nf_status nf_module_read(const nf_allocator *allocator, const char *name, const void *bytes,
                                size_t size, nf_module **module, nf_error *error);

/* Checks every rule of docs/NIR.md, and that the builder refused nothing; the error names the line
 * (when it came from text) and the rule. */
NF_API nf_status nf_module_verify(const nf_module *module, nf_error *error);

/* The module as text or binary, in memory that the module owns until it is freed. */
NF_API nf_status nf_module_print(nf_module *module, const char **text, size_t *length);
NF_API nf_status nf_module_encode(nf_module *module, const void **bytes, size_t *size);

NF_API nf_signature nf_module_signature(nf_module *module, nf_type result, const nf_type *params,
                                        uint32_t param_count, bool variadic);
/* A symbol by name, none when there is no such symbol. */
NF_API nf_symbol nf_module_symbol(const nf_module *module, const char *name);
/* Declares a host function (resolved at link time). Refused when another symbol has the name. */
NF_API nf_symbol nf_module_extern(nf_module *module, const char *name, nf_signature signature);
/* Declares host data; the same holds. */
NF_API nf_symbol nf_module_extern_data(nf_module *module, const char *name);
/* Defines data: size bytes, the first initial_size of them given, the rest zero. Refused when the
 * name is taken; at most 2^30 bytes, aligned to at most 2^12, do verify. */
NF_API nf_symbol nf_module_data(nf_module *module, const char *name, const void *initial,
                                size_t initial_size, size_t size, unsigned align_log2,
                                bool readonly);
/* At link time the 8 bytes at offset in data become the address of target + addend. NF_ARGUMENT:
 * they leave the data or overlap others. */
NF_API nf_status nf_module_data_reloc(nf_module *module, nf_symbol data, size_t offset,
                                      nf_symbol target, int64_t addend);
/* Defines a function. Its entry block exists and has the parameters. Refused, with NULL, when the
 * name is taken. */
NF_API nf_func *nf_module_function(nf_module *module, const char *name, nf_signature signature,
                                   uint32_t attributes);
/* NULL when the symbol is no function that is defined. */
NF_API nf_func *nf_module_function_at(const nf_module *module, nf_symbol symbol);

/* --- functions --- */
NF_API nf_symbol nf_func_symbol(const nf_func *func);
NF_API nf_block nf_func_entry(const nf_func *func);
NF_API nf_value nf_func_param(const nf_func *func, uint32_t index);
/* Promises that no other parameter's accesses overlap those through this i64 parameter; forgotten
 * of those after the 64th. */
NF_API void nf_func_noalias(nf_func *func, uint32_t param_index);
/* The largest relative error that a reassociated version may have against the evaluator. */
NF_API void nf_func_tolerance(nf_func *func, double relative);
/* Aligned to at most 2^6, or it does not verify. */
NF_API nf_local nf_func_local(nf_func *func, uint32_t size, unsigned align_log2);
NF_API nf_block nf_func_block(nf_func *func);
NF_API nf_value nf_block_param(nf_func *func, nf_block block, nf_type type);
NF_API nf_type nf_value_type(const nf_func *func, nf_value value);

/* --- instructions, appended to a block; the value none when memory is out --- */
/* Of the value's low bits, as many as the type has: 300 is 44 as an i8. */
NF_API nf_value nf_build_iconst(nf_func *func, nf_block block, nf_type type, int64_t value);
NF_API nf_value nf_build_f32(nf_func *func, nf_block block, float value);
NF_API nf_value nf_build_f64(nf_func *func, nf_block block, double value);
NF_API nf_value nf_build_symbol(nf_func *func, nf_block block, nf_symbol symbol, int64_t offset);
NF_API nf_value nf_build_local(nf_func *func, nf_block block, nf_local local, int64_t offset);
/* unary, binary, ternary, convert, splat, iota, reduce, overflow by operation. type: as written
 * after the dot in text. Unused operands are none ((nf_value){0}). */
NF_API nf_value nf_build(nf_func *func, nf_block block, nf_op op, nf_type type, nf_value a,
                         nf_value b, nf_value c);
NF_API nf_value nf_build_compare(nf_func *func, nf_block block, nf_cond cond, nf_value a,
                                 nf_value b);
NF_API nf_value nf_build_extract(nf_func *func, nf_block block, nf_value vector, unsigned lane);
NF_API nf_value nf_build_insert(nf_func *func, nf_block block, nf_value vector, nf_value scalar,
                                unsigned lane);
NF_API nf_value nf_build_load(nf_func *func, nf_block block, nf_type type, nf_address address);
NF_API nf_value nf_build_store(nf_func *func, nf_block block, nf_value value, nf_address address);
/* Masked; the mask is an integer vector with as many and as wide lanes as the data. No index. */
NF_API nf_value nf_build_mload(nf_func *func, nf_block block, nf_type type, nf_value mask,
                               nf_address address);
NF_API nf_value nf_build_mstore(nf_func *func, nf_block block, nf_value value, nf_value mask,
                                nf_address address);
NF_API nf_value nf_build_call(nf_func *func, nf_block block, nf_symbol callee, const nf_value *args,
                              uint32_t arg_count);
NF_API nf_value nf_build_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                       nf_signature signature, const nf_value *args,
                                       uint32_t arg_count);
NF_API void nf_build_tail_call(nf_func *func, nf_block block, nf_symbol callee,
                               const nf_value *args, uint32_t arg_count);
NF_API void nf_build_tail_call_indirect(nf_func *func, nf_block block, nf_value callee,
                                        nf_signature signature, const nf_value *args,
                                        uint32_t arg_count);
NF_API void nf_build_br(nf_func *func, nf_block block, nf_block to, const nf_value *args,
                        uint32_t arg_count);
NF_API void nf_build_brif(nf_func *func, nf_block block, nf_value condition, nf_block if_true,
                          const nf_value *true_args, uint32_t true_count, nf_block if_false,
                          const nf_value *false_args, uint32_t false_count);
/* The switch starts with its default; cases are added after, and refused by anything else. */
NF_API nf_value nf_build_switch(nf_func *func, nf_block block, nf_value value, nf_block otherwise,
                                const nf_value *args, uint32_t arg_count);
NF_API void nf_switch_case(nf_func *func, nf_value the_switch, int64_t key, nf_block to,
                           const nf_value *args, uint32_t arg_count);
NF_API void nf_build_ret(nf_func *func, nf_block block, nf_value value); /* none for void */
NF_API void nf_build_trap(nf_func *func, nf_block block);

#ifdef __cplusplus
}
#endif
#endif

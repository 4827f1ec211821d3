/*
 * What the files of the importer share.
 *
 * A value of LLVM becomes a row of NIR values, its parts. A type is flattened to leaves (the scalars
 * in it, in order of their addresses), and a leaf is one part or, when it is an integer of more than
 * 64 bits, its 64-bit limbs, the lowest first:
 *
 *     {i32, [2 x i128], <2 x float>}   leaves: i32 i128 i128 float float
 *                                      parts:  i32 i64 i64 i64 i64 f32 f32
 *
 * Invariant: an integer whose width is none of NIR's lies in the next wider type (i1 in i8, i33 in
 * i64, i100 in two limbs) and the bits above its width are zero.
 *
 * What NIR cannot express makes the function foreign: nf_refuse() notes the reason, parts of zero
 * come out, and the function is dropped when its translation has ended. Nothing else fails, but for
 * memory, which the arenas remember.
 */
#ifndef NF_LLVM_IMPORT_INTERNAL_H
#define NF_LLVM_IMPORT_INTERNAL_H

#include "import.h"
#include "unit.h"

enum { NF_LIMB_BITS = 64, NF_LEAVES_MAX = 4096 };

/* A scalar type: how LLVM sees it (kind, bits) and how it lies in NIR. */
typedef struct nf_scalar {
    nf_type type;   /* of each part */
    bool is_float;  /* float or double; pointers are integers */
    uint32_t bits;  /* without those above the width */
    uint32_t limbs; /* parts */
} nf_scalar;

typedef struct nf_leaf {
    nf_scalar scalar;
    uint64_t offset;     /* in memory, bytes */
    uint64_t bit_offset; /* in a vector that is taken as one integer */
} nf_leaf;

typedef NF_VEC(nf_leaf) nf_leaves;

/* A place in memory that is known at link time. */
typedef struct nf_static_address {
    nf_symbol symbol;
    int64_t offset;
} nf_static_address;

/* --- one unit --- */
typedef struct nf_importer {
    nf_llvm_unit *unit;
    LLVMTargetDataRef layout;
    LLVMBuilderRef folder; /* makes constants of constants; inserts nothing */
    nf_module *module;
    nf_arena arena;    /* for the unit */
    nf_arena scratch;  /* for the function at hand */
    nf_map symbols;    /* global value to symbol id */
    nf_map intrinsics; /* LLVM's number to the row of a table, plus 1 */
    LLVMValueRef here; /* the function whose body is translated; NULL: none */
    NF_VEC(nf_llvm_foreign) foreign;
    nf_arena *result; /* what comes out lies here */
    nf_error *error;
    nf_status status;
} nf_importer;

/* --- one function --- */
typedef struct nf_translator {
    nf_importer *in;
    nf_func *f;
    LLVMValueRef function;
    nf_arena *arena;         /* for the function */
    nf_map values;           /* LLVM's value to its nf_known */
    nf_map blocks;           /* LLVM's block to its number */
    nf_map locals;           /* alloca to its local */
    nf_map classes;          /* node of an accessed type to its alias class */
    nf_map incoming;         /* phi number and block number to the index of the incoming value */
    nf_block at;             /* where instructions go */
    const char *reason;      /* why it is foreign; NULL: it is not */
    nf_value result_pointer; /* of a function that returns a structure through memory; or none */
    bool floats, reassociates;
    uint64_t local_bytes;
    uint32_t class_count;
} nf_translator;

/* The first reason counts. The text lives as long as the importer's result. */
void nf_refuse(nf_translator *t, const char *reason);

/* --- import_check.c --- */
/* NF_UNSUPPORTED, in in->status too: the unit cannot be had at all. */
nf_status nf_import_check(nf_importer *in);

/* --- import_type.c --- */
/* False for what is no scalar that NIR has. */
bool nf_scalar_of(LLVMTypeRef type, nf_scalar *scalar);
/* NULL, or why values of this type cannot be had. */
const char *nf_type_refusal(LLVMTypeRef type);
/* None of a type that is refused. */
nf_leaves nf_leaves_of(const nf_importer *in, nf_arena *arena, LLVMTypeRef type);
uint32_t nf_parts_of(LLVMTypeRef type);
/* The scalar type of a scalar or of a vector's lanes; how many lanes. */
LLVMTypeRef nf_lane_type(LLVMTypeRef type);
uint32_t nf_lane_count(LLVMTypeRef type);
bool nf_is_vector(LLVMTypeRef type);
uint64_t nf_type_size(const nf_importer *in, LLVMTypeRef type);
uint64_t nf_field_offset(const nf_importer *in, LLVMTypeRef structure, uint32_t index);
unsigned nf_log2(uint64_t power);

/* --- import_abi.c: how arguments of a call become those of a NIR signature --- */
typedef enum nf_slot_kind { NF_SLOT_PART, NF_SLOT_WORD, NF_SLOT_FILLER } nf_slot_kind;
typedef enum nf_extension { NF_EXTEND_NONE, NF_EXTEND_ZERO, NF_EXTEND_SIGN } nf_extension;

typedef struct nf_slot {
    nf_slot_kind kind;
    uint32_t argument;
    uint32_t index; /* the part, or the 8-byte word of an argument that lies on the stack */
    nf_type type;
    nf_extension extension; /* to 32 bits */
    bool packed;            /* a vector of 64 bits in one f64; index is its first part */
} nf_slot;

typedef struct nf_plan {
    const char *refusal; /* why there is none; NULL: there is one */
    nf_type result;
    bool result_packed;  /* a vector of 64 bits in one f64 */
    bool result_pointer; /* the first argument is returned: sret */
    nf_signature signature;
    NF_VEC(nf_slot) slots;
    uint32_t fixed; /* how many of them the signature has */
} nf_plan;

/* Of a function (its own type and attributes), or of a call, whose further arguments count. */
nf_plan nf_plan_of_function(nf_importer *in, nf_arena *arena, LLVMValueRef function);
nf_plan nf_plan_of_call(nf_importer *in, nf_arena *arena, LLVMValueRef call);
/* Bytes of an argument that is passed on the stack by value; 0: it is not. */
uint64_t nf_byval_size(const nf_importer *in, LLVMValueRef owner, uint32_t argument);
bool nf_has_attribute(LLVMValueRef owner, int index, const char *name);

/* --- import_data.c --- */
/* Declares and defines all data. Not NF_OK: the unit cannot be had at all. */
nf_status nf_import_data(nf_importer *in);
/* Symbol none: not known at link time. */
nf_static_address nf_static_address_of(nf_importer *in, LLVMValueRef constant);
nf_symbol nf_symbol_of(nf_importer *in, LLVMValueRef global);
/* The low 64 bits of limb number `limb` of a constant integer. */
uint64_t nf_constant_limb(nf_importer *in, LLVMValueRef constant, uint32_t limb);
/* The bits of a floating-point constant as an integer constant. */
LLVMValueRef nf_constant_bits(LLVMValueRef constant);
/* Adds indices to an offset as far as they are constants; false: another one is left. */
bool nf_constant_offset(nf_importer *in, LLVMValueRef gep, int64_t *offset);

/* --- import_function.c --- */
/* Translates a body into the function that was declared for it. */
void nf_import_function(nf_importer *in, nf_arena *arena, nf_func *f, LLVMValueRef function,
                        const char **refusal);
/* The parts of any value. Never NULL. */
const nf_value *nf_parts(nf_translator *t, LLVMValueRef value);
static inline nf_value nf_part(nf_translator *t, LLVMValueRef value)
{
    return nf_parts(t, value)[0];
}
nf_value *nf_parts_new(nf_translator *t, uint32_t count);
/* What an instruction, or a constant expression, that is no terminator and no phi computes. */
void nf_translate(nf_translator *t, LLVMOpcode op, LLVMValueRef value, nf_value *out);

/* --- import_build.c: one NIR instruction at t->at --- */
nf_value nf_make(nf_translator *t, nf_op op, nf_type type, nf_value a, nf_value b);
nf_value nf_make_number(nf_translator *t, nf_type type, int64_t number);
nf_value nf_make_with(nf_translator *t, nf_op op, nf_type type, nf_value a, int64_t number);
nf_value nf_make_select(nf_translator *t, nf_type type, nf_value condition, nf_value yes,
                        nf_value no);
nf_value nf_make_compare(nf_translator *t, nf_cond cond, nf_value a, nf_value b);
nf_value nf_make_zero(nf_translator *t, nf_type type);
/* An integer as one of another type: cut, or extended by zeros. */
nf_value nf_make_resize(nf_translator *t, nf_type type, nf_value a);
/* Clears what lies above the width. a is one part of a scalar of at most 64 bits. */
nf_value nf_make_clean(nf_translator *t, const nf_scalar *s, nf_value a);
/* The same number with its sign in the bits above the width. */
nf_value nf_make_signed(nf_translator *t, const nf_scalar *s, nf_value a);
/* Calls a host function of this signature: params' types follow from the arguments. */
nf_value nf_make_call(nf_translator *t, const char *name, nf_type result, const nf_value *args,
                      uint32_t count);

/* --- import_scalar.c, import_wide.c: operations on one scalar --- */
void nf_scalar_binary(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                      const nf_value *b, nf_value *out);
void nf_scalar_cast(nf_translator *t, LLVMOpcode op, const nf_scalar *from, const nf_scalar *to,
                    const nf_value *a, nf_value *out);
nf_value nf_scalar_icmp(nf_translator *t, LLVMIntPredicate predicate, const nf_scalar *s,
                        const nf_value *a, const nf_value *b);
nf_value nf_scalar_fcmp(nf_translator *t, LLVMRealPredicate predicate, const nf_value *a,
                        const nf_value *b);
void nf_scalar_select(nf_translator *t, const nf_scalar *s, nf_value condition, const nf_value *yes,
                      const nf_value *no, nf_value *out);
/* Of more than 64 bits. */
void nf_wide_binary(nf_translator *t, LLVMOpcode op, const nf_scalar *s, const nf_value *a,
                    const nf_value *b, nf_value *out);
void nf_wide_cast(nf_translator *t, LLVMOpcode op, const nf_scalar *from, const nf_scalar *to,
                  const nf_value *a, nf_value *out);
nf_value nf_wide_icmp(nf_translator *t, LLVMIntPredicate predicate, const nf_scalar *s,
                      const nf_value *a, const nf_value *b);
/* The top limb cleaned, or with the sign above the width. */
void nf_wide_clean(nf_translator *t, const nf_scalar *s, nf_value *parts);
void nf_wide_sign(nf_translator *t, const nf_scalar *s, const nf_value *a, nf_value *out);
/* Calls a host function that takes and writes 128-bit numbers. */
nf_value nf_wide_call(nf_translator *t, const char *name, nf_type result, const nf_value *a,
                      const nf_value *b, nf_value *out);

/* --- import_memory.c --- */
void nf_import_load(nf_translator *t, LLVMValueRef load, nf_value *out);
void nf_import_store(nf_translator *t, LLVMValueRef store);
void nf_import_gep(nf_translator *t, LLVMValueRef gep, nf_value *out);
/* Whether a GEP is made where it is used: all its uses can have it in their addresses. */
bool nf_gep_is_lazy(nf_translator *t, LLVMValueRef gep);
nf_value nf_import_alloca(nf_translator *t, LLVMValueRef alloca);
void nf_import_cmpxchg(nf_translator *t, LLVMValueRef value, nf_value *out);
void nf_import_rmw(nf_translator *t, LLVMValueRef value, nf_value *out);
/* Values to and from bytes in memory, leaf by leaf. */
void nf_load_leaves(nf_translator *t, LLVMTypeRef type, nf_address address, nf_value *out);
void nf_store_leaves(nf_translator *t, LLVMTypeRef type, nf_address address, const nf_value *parts);
/* The address that a pointer has, with what a GEP adds to it. */
nf_address nf_address_of(nf_translator *t, LLVMValueRef pointer);

/* --- import_vector.c --- */
void nf_import_bitcast(nf_translator *t, LLVMValueRef value, nf_value *out);
void nf_import_extract_element(nf_translator *t, LLVMValueRef value, nf_value *out);
void nf_import_insert_element(nf_translator *t, LLVMValueRef value, nf_value *out);
void nf_import_shuffle(nf_translator *t, LLVMValueRef value, nf_value *out);
/* Leaves as one integer in limbs, and back. */
void nf_pack(nf_translator *t, const nf_leaves *leaves, const nf_value *parts, nf_value *limbs);
void nf_unpack(nf_translator *t, const nf_leaves *leaves, const nf_value *limbs, nf_value *parts);

/* --- import_call.c, import_intrinsic*.c --- */
void nf_import_call(nf_translator *t, LLVMValueRef call, nf_value *out);
/* A musttail call right before a ret ends the block, and is made there; others are plain calls. */
bool nf_is_tail_call(nf_translator *t, LLVMValueRef call);
void nf_import_tail_call(nf_translator *t, LLVMValueRef call);
void nf_import_intrinsic(nf_translator *t, LLVMValueRef call, LLVMValueRef callee, nf_value *out);

/* One lane of an intrinsic: a, b and c are the lane's parts of the arguments. */
typedef struct nf_lane {
    nf_scalar scalar; /* of the first argument */
    nf_scalar result;
    const nf_value *a, *b, *c;
    nf_value *out;
    LLVMValueRef call;
    int detail; /* of the table's row */
    const char *name;
} nf_lane;
typedef void nf_lane_fn(nf_translator *t, const nf_lane *lane);

nf_lane_fn nf_lane_bits, nf_lane_min_max, nf_lane_saturate, nf_lane_funnel, nf_lane_overflow;
nf_lane_fn nf_lane_float, nf_lane_float_min_max, nf_lane_libm, nf_lane_class, nf_lane_fma;
nf_lane_fn nf_lane_float_to_int_saturated, nf_lane_three_way;

#endif

/*
 * NIR in memory: records, lists and the few primitives that every pass is made of.
 *
 *   module ── symbols[] ─► func ── blocks[]   a list in layout order, entry first
 *                            │        └─ instructions: a doubly linked list of ids, the last
 *                            │           one a terminator
 *                            ├── insts[]   40-byte records; the id is the value that it defines
 *                            ├── edges[]   terminators' targets with their arguments
 *                            └── pool[]    value ids: block parameters, call and edge arguments
 *
 * Ids are indices and stay valid for the function's life; pointers into these arrays die when the
 * array grows. Removed instructions keep their id with op NF_OP_NONE. A function, while it is
 * changed, belongs to one thread; a clone has its own arena and may be changed freely while others
 * read the original. Out of memory sets func->arena->failed and yields id 0, a harmless record:
 * check it once at the end of a piece of work. Freestanding.
 */
#ifndef NF_IR_IR_H
#define NF_IR_IR_H

#include <nanoforge/nir.h>
#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/vec.h"

/* --- limits; the verifier names the one that is passed --- */
enum {
    NF_INSTS_MAX = 1 << 24, /* records of a function, parameters and removed ones among them */
    NF_BLOCKS_MAX = 1 << 20,
    NF_POOL_MAX = 1 << 26,
    NF_EDGES_MAX = 1 << 24,
    NF_BLOCK_PARAMS_MAX = 1 << 14,
    NF_CASES_MAX = 1 << 20,        /* of a switch */
    NF_SIGNATURE_PARAMS_MAX = 127, /* what C11 5.2.4.1 asks of a compiler */
    NF_NOALIAS_PARAMS_MAX = 64,    /* the bits of nf_func.noalias */
    NF_CALL_ARGS_MAX = 255,        /* the extra ones of a variadic call among them */
    NF_SYMBOLS_MAX = 1 << 20,
    NF_LOCAL_BYTES_MAX = 1 << 20, /* all locals of a function together, padding not counted */
    NF_LOCAL_ALIGN_LOG2_MAX = 6,  /* a cache line, and the widest vector */
    NF_ALIGN_LOG2_MAX = 12,       /* a page: data symbols and what an address promises */
    NF_ALIAS_MAX = 255,
    NF_SCALE_LOG2_MAX = 3,
    NF_DATA_BYTES_MAX = 1 << 30,
    NF_DATA_INITIAL_BYTES_MAX = 1 << 26,
    NF_NAME_BYTES_MAX = 4096,
    NF_TEXT_BYTES_MAX = 1 << 30,
    NF_TAIL_INT_ARGS_MAX = 6, /* registers of the System V ABI, 3.2.3 */
    NF_TAIL_FLOAT_ARGS_MAX = 8,
    NF_DATA_ADDRESS_BYTES = 8, /* of a symbol's address inside data */
};

/* --- the operation table --- */
typedef enum nf_shape {
    NF_SHAPE_NONE,     /* trap */
    NF_SHAPE_PARAM,    /* imm = index, block = owner */
    NF_SHAPE_ICONST,   /* imm, sign-extended from the type's width */
    NF_SHAPE_FCONST,   /* imm = bits */
    NF_SHAPE_SYMBOL,   /* extra = symbol id, imm = offset */
    NF_SHAPE_LOCAL,    /* extra = local id, imm = offset */
    NF_SHAPE_UNARY,    /* a */
    NF_SHAPE_BINARY,   /* a, b */
    NF_SHAPE_TERNARY,  /* a, b, c */
    NF_SHAPE_OVERFLOW, /* a, b; result i8 */
    NF_SHAPE_ICMP,     /* a, b, sub = nf_cond; result i8 or a mask */
    NF_SHAPE_FCMP,     /* the same */
    NF_SHAPE_SELECT,   /* a = condition, b, c */
    NF_SHAPE_CONVERT,  /* a, of another type */
    NF_SHAPE_SPLAT,    /* a */
    NF_SHAPE_IOTA,     /* nothing */
    NF_SHAPE_EXTRACT,  /* a, imm = lane; type is the element's */
    NF_SHAPE_INSERT,   /* a, b, imm = lane */
    NF_SHAPE_REDUCE,   /* a; type is the element's */
    NF_SHAPE_LOAD,     /* a = base, b = index or none, sub = scale_log2, imm = offset, mem */
    NF_SHAPE_STORE,    /* the same, c = value; type is the value's although nothing is defined */
    NF_SHAPE_MLOAD,    /* a = base, b = mask, imm = offset, mem */
    NF_SHAPE_MSTORE,   /* a = base, b = mask, c = value, imm = offset, mem; type as in STORE */
    NF_SHAPE_RET,      /* a or none */
    NF_SHAPE_CALL,     /* imm = symbol id, extra = pool offset, c.id = argument count */
    NF_SHAPE_CALL_INDIRECT,      /* a = target, imm = signature id, extra and c.id as in CALL */
    NF_SHAPE_TAIL_CALL,          /* as CALL */
    NF_SHAPE_TAIL_CALL_INDIRECT, /* as CALL_INDIRECT */
    NF_SHAPE_BR,                 /* extra = first edge, c.id = edge count (1) */
    NF_SHAPE_BRIF,               /* a = condition; 2 edges: true, false */
    NF_SHAPE_SWITCH,             /* a; edge 0 is the default, the others carry keys */
} nf_shape;

/* Effects, or-ed. */
enum {
    NF_EFFECT_READ = 1,
    NF_EFFECT_WRITE = 2,
    NF_EFFECT_CALL = 4,
    NF_EFFECT_TRAP = 8,
    NF_EFFECT_END = 16,
};

typedef struct nf_op_info {
    const char *text;
    const char *meaning;
    uint8_t shape; /* nf_shape */
    uint8_t types; /* nf_type_class */
    uint8_t effects;
    uint8_t operands; /* how many of a, b, c can hold values */
    bool commutes;
} nf_op_info;

/* The classes of ops.def's types column. */
typedef enum nf_type_class {
    NF_TYPES_X,
    NF_TYPES_B,
    NF_TYPES_I,
    NF_TYPES_F,
    NF_TYPES_N,
    NF_TYPES_IV,
    NF_TYPES_FV,
    NF_TYPES_NV,
    NF_TYPES_V,
    NF_TYPES_VI,
    NF_TYPES_VF,
} nf_type_class;

/* What the table's effects column says, letter by letter: a call has NF_EFFECT_CALL alone, and what
 * it does to memory is its callee's attributes' business. */
extern const nf_op_info nf_ops[NF_OP_COUNT];
extern const char *const nf_cond_text[NF_COND_COUNT];
/* The words of the attributes, by bit: NF_ATTR_PURE first. */
enum { NF_ATTR_COUNT = 6 };
extern const char *const nf_attr_text[NF_ATTR_COUNT];
bool nf_type_in_class(nf_type type, nf_type_class types);
/* "i32", "f32x8", "void"; static storage. NULL when the byte is no type. */
const char *nf_type_text(nf_type type);
/* The type of that text, NF_VOID for "void" and for what is no type. */
nf_type nf_type_parse(const char *text, size_t length);
/* The record's type for an operation with this type written after its dot. */
nf_type nf_op_result_type(nf_op op, nf_type written);
bool nf_type_valid(nf_type type); /* a scalar or vector that exists; not void */
/* The integer vector or i8 that a comparison of operands of this type gives. */
nf_type nf_type_of_compare(nf_type operand);
nf_type nf_type_with_lanes(nf_type element, unsigned lanes_log2);
/* The value cut to the type's width and sign-extended again: the canonical iconst. */
int64_t nf_type_canonical(nf_type type, int64_t value);

/* --- records --- */
enum { NF_MEM_VOLATILE = 1, NF_MEM_ATOMIC = 2 };

typedef struct nf_memflags {
    uint8_t align_log2;
    uint8_t alias;
    uint8_t flags;
    uint8_t unused;
} nf_memflags;

typedef struct nf_inst {
    uint16_t op;
    nf_type type;   /* of the result; of the stored value for stores; else NF_VOID */
    uint8_t sub;    /* condition or scale_log2 */
    nf_block block; /* none: not in any block */
    nf_value a, b, c;
    union {
        uint32_t extra;
        nf_memflags mem;
    };
    int64_t imm;
    nf_value prev, next;
} nf_inst;
_Static_assert(sizeof(nf_inst) == 40, "records are copied and walked a lot");

typedef struct nf_edge {
    int64_t key; /* of a switch case */
    nf_block to;
    uint32_t args; /* pool offset */
    uint32_t arg_count, arg_capacity;
} nf_edge;

typedef struct nf_block_data {
    nf_value first, last;
    nf_block prev, next; /* layout order */
    uint32_t params;     /* pool offset */
    uint32_t param_count, param_capacity;
    bool alive;
    bool is_rest; /* heads a loop that does what a faster copy of it leaves over; a hint */
} nf_block_data;

typedef struct nf_local_data {
    uint32_t size, align_log2;
} nf_local_data;

typedef struct nf_signature_data {
    nf_type result;
    bool variadic;
    uint32_t param_count;
    const nf_type *params;
} nf_signature_data;

/* Names and lines, kept when the function came from text; any array may be shorter than the ids,
 * and a name NULL. */
typedef NF_VEC(const char *) nf_names;
typedef struct nf_debug {
    nf_names value_names;
    nf_names block_names;
    nf_names local_names;
    NF_VEC(uint32_t) lines; /* by value id */
} nf_debug;

typedef struct nf_unread nf_unread; /* ir/binary_lazy.c */
typedef struct nf_bodies nf_bodies;

struct nf_func {
    nf_module *module;
    nf_arena *arena; /* the module's, or the clone's own */
    nf_symbol symbol;
    nf_signature signature;
    uint32_t attributes;
    uint64_t noalias; /* bit i: parameter i */
    double tolerance; /* relative; 0: exact */
    nf_block entry, last_block;
    uint32_t alias_classes;       /* highest class in use */
    NF_VEC(nf_inst) insts;        /* [0] is the null record */
    NF_VEC(nf_block_data) blocks; /* [0] unused */
    NF_VEC(nf_edge) edges;        /* [0] unused */
    NF_VEC(uint32_t) pool;        /* [0] unused */
    NF_VEC(nf_local_data) locals; /* [0] unused */
    nf_debug debug;
    const nf_unread *unread; /* atomic; the body's bytes while nobody has wanted it, see
                                       nf_func_load() */
};

typedef enum nf_symbol_kind {
    NF_SYMBOL_FUNC,
    NF_SYMBOL_EXTERN,
    NF_SYMBOL_DATA,
    NF_SYMBOL_EXTERN_DATA,
} nf_symbol_kind;

typedef struct nf_data_reloc {
    uint64_t offset;
    nf_symbol target;
    int64_t addend;
} nf_data_reloc;

typedef struct nf_symbol_data {
    const char *name;
    nf_symbol_kind kind;
    nf_signature signature; /* functions and externs */
    nf_func *func;
    bool is_near; /* externs: rel32 reaches it from the code, as it does functions' stubs */
    /* data: */
    const uint8_t *initial;
    uint64_t initial_size, size;
    uint32_t align_log2;
    bool readonly;
    NF_VEC(nf_data_reloc) relocs;
    uint32_t line;
} nf_symbol_data;

struct nf_module {
    nf_arena arena;
    const char *name;                     /* file name, for messages */
    NF_VEC(nf_symbol_data) symbols;       /* [0] unused */
    NF_VEC(nf_signature_data) signatures; /* [0] unused; equal ones are shared */
    nf_string_map symbol_index;           /* name to id */
    nf_map signature_index;               /* hash to id, then hash + 1 and so on */
    nf_bodies *bodies; /* where bodies come from that are decoded later, or NULL */
    nf_error refused;  /* the first thing that the builder refused; NF_OK: nothing */
    bool is_owned;     /* by an engine */
};

/*
 * A module may come with its functions' bodies still bytes (nf_binary_decode_lazily()). Then symbols,
 * data, attributes, `noalias` and `tolerance` are there, and who wants more of a function that is not
 * his own calls this first. False: out of memory, or the bytes are damaged. Any thread, any time.
 */
bool nf_func_load(const nf_func *f);
bool nf_module_load(const nf_module *module); /* all of them */
void nf_bodies_free(nf_bodies *bodies);       /* by nf_module_free(); NULL allowed */

/* For the builder: keeps the first reason for nf_module_verify(). name: of the symbol. */
void nf_module_refuse(nf_module *module, nf_status status, const char *name, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

/* nf_module_function() without blocks and arrays: whoever fills them makes them. */
nf_func *nf_module_function_bare(nf_module *module, const char *name, nf_signature signature,
                                 uint32_t attributes);

/* --- reading --- */
static inline nf_inst *nf_inst_at(const nf_func *f, nf_value v)
{
    return &f->insts.data[v.id];
}
static inline nf_block_data *nf_block_at(const nf_func *f, nf_block b)
{
    return &f->blocks.data[b.id];
}
static inline nf_symbol_data *nf_symbol_at(const nf_module *m, nf_symbol s)
{
    return &m->symbols.data[s.id];
}
static inline const nf_signature_data *nf_signature_at(const nf_module *m, nf_signature s)
{
    return &m->signatures.data[s.id];
}
static inline nf_type nf_type_of(const nf_func *f, nf_value v)
{
    return f->insts.data[v.id].type;
}
static inline const nf_op_info *nf_op_of(const nf_inst *i)
{
    return &nf_ops[i->op];
}
/* What is written after the dot: nf_op_result_type() the other way round. */
nf_type nf_inst_written_type(const nf_func *f, const nf_inst *inst);
/* Whether the instruction defines a value that others may use. */
bool nf_inst_defines(const nf_inst *inst);

/* A name or line of the debug tables; NULL and 0 when there is none. */
static inline const char *nf_name_at(const nf_names *names, uint32_t id)
{
    return id < names->count ? names->data[id] : NULL;
}
static inline uint32_t nf_line_of(const nf_func *f, nf_value v)
{
    return v.id < f->debug.lines.count ? f->debug.lines.data[v.id] : 0;
}

/* Block parameters and call arguments as value ids. */
static inline nf_value nf_param_at(const nf_func *f, nf_block b, uint32_t i)
{
    return (nf_value){f->pool.data[f->blocks.data[b.id].params + i]};
}
/* The edges of a terminator: count, and the i-th. 0 edges for ret, trap and tail calls. */
static inline uint32_t nf_edge_count(const nf_func *f, nf_value terminator)
{
    const nf_inst *inst = nf_inst_at(f, terminator);
    return inst->op >= NF_OP_BR && inst->op <= NF_OP_SWITCH ? inst->c.id : 0;
}
_Static_assert(NF_OP_BR + 2 == NF_OP_SWITCH, "br, brif and switch, and no other, have edges");
static inline nf_edge *nf_edge_at(const nf_func *f, nf_value terminator, uint32_t i)
{
    return &f->edges.data[f->insts.data[terminator.id].extra + i];
}
static inline nf_value *nf_edge_args(const nf_func *f, const nf_edge *edge)
{
    return (nf_value *)&f->pool.data[edge->args];
}
/* Arguments of a call or tail call: count and array. */
uint32_t nf_call_arg_count(const nf_inst *call);
nf_value *nf_call_args(const nf_func *f, const nf_inst *call);
nf_signature nf_call_signature(const nf_func *f, const nf_inst *call);

/* Every value that an instruction uses, edge arguments too: visit gets the place, so that it may be
 * replaced. Empty places (id 0) are skipped. */
typedef void nf_operand_visit(void *context, nf_value *place);
void nf_operands_each(const nf_func *f, nf_value v, nf_operand_visit *visit, void *context);

/* --- changing --- */
/* A new record in no block (copy of *record, prev, next and block cleared). */
nf_value nf_inst_new(nf_func *f, const nf_inst *record);
void nf_inst_append(nf_func *f, nf_block b, nf_value v); /* as the last one */
void nf_inst_insert_before(nf_func *f, nf_value before, nf_value v);
void nf_inst_unlink(nf_func *f, nf_value v); /* out of its block; record kept */
void nf_inst_remove(nf_func *f, nf_value v); /* unlink and op = NF_OP_NONE */
/* New, empty block placed behind `after` in the layout (none: at the end). */
nf_block nf_block_insert(nf_func *f, nf_block after);
/* With its parameters and instructions; no edge may lead there any more. */
void nf_block_remove(nf_func *f, nf_block b);
/* To behind `after` in the layout (none: to the end). Not the entry, and not behind itself. */
void nf_block_move(nf_func *f, nf_block b, nf_block after);
/* Makes a record that is in no block the block's last parameter; its type stays. */
void nf_block_param_append(nf_func *f, nf_block b, nf_value v);
/* The arguments of the edges that lead there are the caller's to fix. */
void nf_block_param_remove(nf_func *f, nf_block b, uint32_t index);
/* Edge arguments. */
void nf_edge_arg_append(nf_func *f, nf_edge *edge, nf_value arg);
void nf_edge_arg_remove(nf_func *f, nf_edge *edge, uint32_t index);
/* n new edges in a row for a terminator; the id of the first, 0 when memory is out. */
uint32_t nf_edges_new(nf_func *f, uint32_t count);
uint32_t nf_pool_new(nf_func *f, const nf_value *values, uint32_t count);
/* Replaces every use of values by map[id] where map[id].id != 0, following chains. The map has
 * insts.count entries. */
void nf_values_replace(nf_func *f, nf_value *map);
/* Fills the debug tables. The name must live as long as the function. */
void nf_name_set(nf_func *f, nf_names *names, uint32_t id, const char *name);
void nf_line_set(nf_func *f, nf_value v, uint32_t line);
/* A private copy in another arena: same ids, same module. NULL when memory is out. */
nf_func *nf_func_clone(const nf_func *f, nf_arena *arena);
/* Counts instructions that are in blocks. */
uint32_t nf_func_size(const nf_func *f);

/* Every rule of verify.c, as nf_module_verify() checks it, for one function whose module is sound:
 * between passes. The arena is scratch. */
nf_status nf_func_verify(const nf_func *f, nf_arena *arena, nf_error *error);

/* What is called by a rel32, and not through its address. */
static inline bool nf_symbol_is_near(const nf_module *m, nf_symbol s)
{
    const nf_symbol_data *symbol = nf_symbol_at(m, s);
    return symbol->kind == NF_SYMBOL_FUNC || symbol->is_near;
}

/* --- between modules and machines --- */
/* Where each symbol is in this process, by symbol id; 0 for unresolved. A function's address is
 * that of its stub. */
typedef struct nf_link {
    const uint64_t *addresses;
    uint32_t count;
} nf_link;

#define NF_FOR_BLOCKS(f, b)                                                                        \
    for (nf_block b = (f)->entry; b.id != 0; b = (f)->blocks.data[b.id].next)
/* Safe against removal of v itself only with a copy of next: see NF_FOR_INSTS_SAFE. */
#define NF_FOR_INSTS(f, b, v)                                                                      \
    for (nf_value v = (f)->blocks.data[(b).id].first; v.id != 0; v = (f)->insts.data[v.id].next)
#define NF_FOR_INSTS_SAFE(f, b, v, following)                                                      \
    for (nf_value v = (f)->blocks.data[(b).id].first, following;                                   \
         v.id != 0 && ((following = (f)->insts.data[v.id].next), true); v = following)

#endif

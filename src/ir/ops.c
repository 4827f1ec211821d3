/*
 * The tables made from ops.def, and what follows from a type's byte.
 *
 * Everything that is known about an operation without looking at a function is here, so that the
 * printer, parser, verifier and passes ask a table and never list operations themselves.
 *
 * Example: "extract.f32x8 %v, 3" is written with the vector's type. Its shape says that the record
 * has the element's: nf_op_result_type(NF_OP_EXTRACT, f32x8) is f32.
 */
#include "ir.h"

/* The letters of the effects column. */
enum {
    EFFECTS_P = 0,
    EFFECTS_R = NF_EFFECT_READ,
    EFFECTS_W = NF_EFFECT_WRITE,
    EFFECTS_RW = NF_EFFECT_READ | NF_EFFECT_WRITE,
    EFFECTS_C = NF_EFFECT_CALL,
    EFFECTS_T = NF_EFFECT_TRAP,
    EFFECTS_E = NF_EFFECT_END,
    EFFECTS_CE = NF_EFFECT_CALL | NF_EFFECT_END,
    EFFECTS_TE = NF_EFFECT_TRAP | NF_EFFECT_END,
};

/* How many of a, b and c a shape can fill with values. */
enum {
    OPERANDS_NONE = 0,
    OPERANDS_PARAM = 0,
    OPERANDS_ICONST = 0,
    OPERANDS_FCONST = 0,
    OPERANDS_SYMBOL = 0,
    OPERANDS_LOCAL = 0,
    OPERANDS_UNARY = 1,
    OPERANDS_BINARY = 2,
    OPERANDS_TERNARY = 3,
    OPERANDS_OVERFLOW = 2,
    OPERANDS_ICMP = 2,
    OPERANDS_FCMP = 2,
    OPERANDS_SELECT = 3,
    OPERANDS_CONVERT = 1,
    OPERANDS_SPLAT = 1,
    OPERANDS_IOTA = 0,
    OPERANDS_EXTRACT = 1,
    OPERANDS_INSERT = 2,
    OPERANDS_REDUCE = 1,
    OPERANDS_LOAD = 2,
    OPERANDS_STORE = 3,
    OPERANDS_MLOAD = 2,
    OPERANDS_MSTORE = 3,
    OPERANDS_CALL = 0,
    OPERANDS_CALL_INDIRECT = 1,
    OPERANDS_TAIL_CALL = 0,
    OPERANDS_TAIL_CALL_INDIRECT = 1,
    OPERANDS_BR = 0,
    OPERANDS_BRIF = 1,
    OPERANDS_SWITCH = 1,
    OPERANDS_RET = 1,
};

/* The flags column is C or -, which `0 flags 1` turns into a sign. */
#define C +
const nf_op_info nf_ops[NF_OP_COUNT] = {
    [NF_OP_NONE] = {.text = "none", .meaning = "a removed instruction"},
#define OP(name, text_, shape_, types_, effects_, flags, meaning_)                                 \
    [NF_OP_##name] = {.text = text_,                                                               \
                      .meaning = meaning_,                                                         \
                      .shape = NF_SHAPE_##shape_,                                                  \
                      .types = NF_TYPES_##types_,                                                  \
                      .effects = EFFECTS_##effects_,                                               \
                      .operands = OPERANDS_##shape_,                                               \
                      .commutes = (0 flags 1) == 1},
#include "ops.def"
#undef OP
};
#undef C

const char *const nf_cond_text[NF_COND_COUNT] = {
    [NF_EQ] = "eq",    [NF_NE] = "ne",    [NF_SLT] = "slt",  [NF_SGE] = "sge",  [NF_SLE] = "sle",
    [NF_SGT] = "sgt",  [NF_ULT] = "ult",  [NF_UGE] = "uge",  [NF_ULE] = "ule",  [NF_UGT] = "ugt",
    [NF_FOEQ] = "oeq", [NF_FUNE] = "une", [NF_FOLT] = "olt", [NF_FUGE] = "uge", [NF_FOLE] = "ole",
    [NF_FUGT] = "ugt", [NF_FOGT] = "ogt", [NF_FULE] = "ule", [NF_FOGE] = "oge", [NF_FULT] = "ult",
    [NF_FONE] = "one", [NF_FUEQ] = "ueq", [NF_FORD] = "ord", [NF_FUNO] = "uno",
};

const char *const nf_attr_text[NF_ATTR_COUNT] = {"pure",   "readonly", "reassoc",
                                                 "inline", "noinline", "export"};
_Static_assert(NF_ATTR_EXPORT == 1 << (NF_ATTR_COUNT - 1), "a word for each attribute, in order");

enum { LANES_LOG2_MAX = 6, VECTOR_BYTES_MAX = 64, TYPE_BYTES_END = (LANES_LOG2_MAX + 1) << 3 };

/* One row per element; vectors that would pass 64 bytes are left out. */
static const char *const type_texts[TYPE_BYTES_END] = {
#define SCALARS_AND_TO_8(element, text)                                                            \
    [element] = text, [NF_VECTOR_OF(element, 1)] = text "x2",                                      \
    [NF_VECTOR_OF(element, 2)] = text "x4", [NF_VECTOR_OF(element, 3)] = text "x8"
    [NF_VOID] = "void",
    SCALARS_AND_TO_8(NF_I8, "i8"),
    [NF_VECTOR_OF(NF_I8, 4)] = "i8x16",
    [NF_VECTOR_OF(NF_I8, 5)] = "i8x32",
    [NF_VECTOR_OF(NF_I8, 6)] = "i8x64",
    SCALARS_AND_TO_8(NF_I16, "i16"),
    [NF_VECTOR_OF(NF_I16, 4)] = "i16x16",
    [NF_VECTOR_OF(NF_I16, 5)] = "i16x32",
    SCALARS_AND_TO_8(NF_I32, "i32"),
    [NF_VECTOR_OF(NF_I32, 4)] = "i32x16",
    SCALARS_AND_TO_8(NF_I64, "i64"),
    SCALARS_AND_TO_8(NF_F32, "f32"),
    [NF_VECTOR_OF(NF_F32, 4)] = "f32x16",
    SCALARS_AND_TO_8(NF_F64, "f64"),
#undef SCALARS_AND_TO_8
};

const char *nf_type_text(nf_type type)
{
    return type < TYPE_BYTES_END ? type_texts[type] : NULL;
}

bool nf_type_valid(nf_type type)
{
    unsigned bytes = nf_type_bytes(type);
    return type < TYPE_BYTES_END && bytes != 0 && bytes <= VECTOR_BYTES_MAX;
}

/* One or two digits without a leading zero; 0 for anything else. */
static unsigned number_parse(const char *text, size_t length)
{
    unsigned number = 0;
    if (length < 1 || length > 2 || text[0] == '0') return 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') return 0;
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    return number;
}

static nf_type element_parse(const char *text, size_t length)
{
    bool is_float = text[0] == 'f';
    if (!is_float && text[0] != 'i') return NF_VOID;
    switch (number_parse(text + 1, length - 1)) {
    case 8: return is_float ? NF_VOID : NF_I8;
    case 16: return is_float ? NF_VOID : NF_I16;
    case 32: return is_float ? NF_F32 : NF_I32;
    case 64: return is_float ? NF_F64 : NF_I64;
    default: return NF_VOID;
    }
}

nf_type nf_type_parse(const char *text, size_t length)
{
    size_t element_length = 0;
    unsigned lanes_log2 = 1;
    while (element_length < length && text[element_length] != 'x') element_length++;
    if (element_length == 0) return NF_VOID;
    nf_type element = element_parse(text, element_length);
    if (element == NF_VOID || element_length == length) return element;
    unsigned lanes = number_parse(text + element_length + 1, length - element_length - 1);
    while (lanes_log2 <= LANES_LOG2_MAX && 1u << lanes_log2 != lanes) lanes_log2++;
    nf_type type = NF_VECTOR_OF(element, lanes_log2);
    return lanes_log2 <= LANES_LOG2_MAX && nf_type_valid(type) ? type : NF_VOID;
}

bool nf_type_in_class(nf_type type, nf_type_class types)
{
    enum { INT = 1, FLOAT = 2, SCALAR = 4, VECTOR = 8 };
    static const uint8_t members[] = {
        [NF_TYPES_X] = 0,
        [NF_TYPES_B] = INT | SCALAR,
        [NF_TYPES_I] = INT | SCALAR,
        [NF_TYPES_F] = FLOAT | SCALAR,
        [NF_TYPES_N] = INT | FLOAT | SCALAR,
        [NF_TYPES_IV] = INT | SCALAR | VECTOR,
        [NF_TYPES_FV] = FLOAT | SCALAR | VECTOR,
        [NF_TYPES_NV] = INT | FLOAT | SCALAR | VECTOR,
        [NF_TYPES_V] = INT | FLOAT | VECTOR,
        [NF_TYPES_VI] = INT | VECTOR,
        [NF_TYPES_VF] = FLOAT | VECTOR,
    };
    if (!nf_type_valid(type)) return types == NF_TYPES_X && type == NF_VOID;
    if (types == NF_TYPES_B) return type == NF_I8;
    unsigned wanted =
        (NF_TYPE_IS_INT(type) ? INT : FLOAT) | (NF_TYPE_IS_VECTOR(type) ? VECTOR : SCALAR);
    return (members[types] & wanted) == wanted;
}

nf_type nf_type_with_lanes(nf_type element, unsigned lanes_log2)
{
    return NF_VECTOR_OF(NF_TYPE_ELEMENT(element), lanes_log2);
}

nf_type nf_type_of_compare(nf_type operand)
{
    static const nf_type masks[8] = {NF_VOID, NF_I8, NF_I16, NF_I32, NF_I64, NF_I32, NF_I64};
    if (!NF_TYPE_IS_VECTOR(operand)) return NF_I8;
    return NF_VECTOR_OF(masks[NF_TYPE_ELEMENT(operand)], NF_TYPE_LANES_LOG2(operand));
}

int64_t nf_type_canonical(nf_type type, int64_t value)
{
    switch (NF_TYPE_ELEMENT(type)) {
    case NF_I8: return (int8_t)value;
    case NF_I16: return (int16_t)value;
    case NF_I32: return (int32_t)value;
    default: return value;
    }
}

nf_type nf_op_result_type(nf_op op, nf_type written)
{
    switch (nf_ops[op].shape) {
    case NF_SHAPE_OVERFLOW: return NF_I8;
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP: return nf_type_of_compare(written);
    case NF_SHAPE_EXTRACT:
    case NF_SHAPE_REDUCE: return NF_TYPE_ELEMENT(written);
    case NF_SHAPE_SYMBOL:
    case NF_SHAPE_LOCAL: return NF_I64;
    case NF_SHAPE_SWITCH: return NF_VOID;
    default: return written;
    }
}

nf_type nf_inst_written_type(const nf_func *f, const nf_inst *inst)
{
    switch (nf_ops[inst->op].shape) {
    case NF_SHAPE_OVERFLOW:
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP:
    case NF_SHAPE_EXTRACT:
    case NF_SHAPE_REDUCE:
    case NF_SHAPE_SWITCH: return nf_type_of(f, inst->a);
    default: return nf_ops[inst->op].types == NF_TYPES_X ? NF_VOID : inst->type;
    }
}

bool nf_inst_defines(const nf_inst *inst)
{
    return inst->type != NF_VOID && (nf_ops[inst->op].effects & NF_EFFECT_WRITE) == 0;
}

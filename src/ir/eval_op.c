/*
 * One pure operation: finds its kernel and runs it.
 *
 * Kernels are listed by operation and element type (eval_int.c, eval_float.c). Which type selects
 * the element and counts the lanes depends on the shape: comparisons, overflow tests, extract and
 * reductions are about their operand, whose type is not the result's; everything else is about the
 * result. A reduction is its binary operation's kernel on ever smaller halves, which for integers
 * is as good as any order and for floating point is the order that ops.def prescribes:
 *
 *     reduce_fadd.f32x4 [1 2 3 4]:  [1 2] + [3 4] = [4 6],  4 + 6 = 10
 */
#include "eval_internal.h"
#include "base/assert.h"

static nf_kernel *kernel_of(nf_op op, nf_type type)
{
    unsigned element = NF_TYPE_ELEMENT(type);
    nf_kernel *kernel = nf_kernels_int[op][element];
    if (kernel == NULL) kernel = nf_kernels_float[op][element];
    return kernel ? kernel : nf_kernels_lane[op][element];
}

static nf_op reduced_op(nf_op reduction)
{
    static const uint16_t ops[NF_OP_COUNT] = {
        [NF_OP_REDUCE_ADD] = NF_OP_ADD,   [NF_OP_REDUCE_MUL] = NF_OP_MUL,
        [NF_OP_REDUCE_AND] = NF_OP_AND,   [NF_OP_REDUCE_OR] = NF_OP_OR,
        [NF_OP_REDUCE_XOR] = NF_OP_XOR,   [NF_OP_REDUCE_SMIN] = NF_OP_SMIN,
        [NF_OP_REDUCE_SMAX] = NF_OP_SMAX, [NF_OP_REDUCE_UMIN] = NF_OP_UMIN,
        [NF_OP_REDUCE_UMAX] = NF_OP_UMAX, [NF_OP_REDUCE_FADD] = NF_OP_FADD,
        [NF_OP_REDUCE_FMUL] = NF_OP_FMUL, [NF_OP_REDUCE_FMIN] = NF_OP_FMIN,
        [NF_OP_REDUCE_FMAX] = NF_OP_FMAX,
    };
    return (nf_op)ops[reduction];
}

static void reduce(nf_op op, nf_type type, nf_bits *result, const nf_bits *vector)
{
    nf_kernel *kernel = kernel_of(op, type);
    unsigned element_bytes = nf_type_element_bytes(type);
    nf_bits low, high;
    __builtin_memcpy(&low, vector, nf_type_bytes(type));
    for (unsigned lanes = NF_TYPE_LANES(type) / 2; lanes > 0; lanes /= 2) {
        nf_bits joined;
        __builtin_memcpy(&high, low.u8 + lanes * element_bytes, lanes * element_bytes);
        kernel(&joined, &low, &high, NULL, lanes, 0);
        __builtin_memcpy(&low, &joined, lanes * element_bytes);
    }
    __builtin_memcpy(result, &low, element_bytes);
}

static bool compare(const nf_inst *inst, nf_type type, nf_bits *result, const nf_bits *a,
                    const nf_bits *b)
{
    unsigned condition = inst->sub & ~1u, element = NF_TYPE_ELEMENT(type);
    nf_kernel *kernel = inst->op == NF_OP_ICMP ? nf_kernels_compare[condition][element]
                                               : nf_kernels_fcompare[condition][element];
    return kernel(result, a, b, NULL, NF_TYPE_LANES(type), inst->sub & 1);
}

bool nf_eval_apply(const nf_inst *inst, nf_type operand_type, nf_bits *result, const nf_bits *a,
                   const nf_bits *b, const nf_bits *c)
{
    const nf_op op = (nf_op)inst->op;
    nf_type type = inst->type;
    nf_kernel *kernel;
    switch ((nf_shape)nf_ops[op].shape) {
    case NF_SHAPE_ICONST:
    case NF_SHAPE_FCONST: __builtin_memcpy(result, &inst->imm, nf_type_bytes(type)); return true;
    case NF_SHAPE_ICMP:
    case NF_SHAPE_FCMP: return compare(inst, operand_type, result, a, b);
    case NF_SHAPE_REDUCE: reduce(reduced_op(op), operand_type, result, a); return true;
    case NF_SHAPE_CONVERT:
        if (op == NF_OP_BITCAST) {
            __builtin_memcpy(result, a, nf_type_bytes(type));
            return true;
        }
        kernel = nf_kernel_convert(op, operand_type, type);
        break;
    case NF_SHAPE_OVERFLOW:
    case NF_SHAPE_EXTRACT:
        type = operand_type;
        kernel = kernel_of(op, type);
        break;
    default: kernel = kernel_of(op, type); break;
    }
    NF_ASSERT(kernel != NULL);
    unsigned lanes = NF_TYPE_LANES(type);
    return kernel(result, a, b, c, lanes, (unsigned)inst->imm & (lanes - 1));
}

bool nf_eval_op(const nf_inst *inst, nf_type operand_type, const nf_bits *a, const nf_bits *b,
                const nf_bits *c, nf_bits *result)
{
    nf_bits computed = {{0}};
    if (!nf_eval_apply(inst, operand_type, &computed, a, b, c)) return false;
    *result = computed;
    return true;
}

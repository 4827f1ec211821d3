/*
 * One operation at a time: hand-checked edge cases as rows, and the floating-point operations
 * against what the processor's own instructions give for random bits, NaNs with their payloads
 * included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ir/eval.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- rows --- */

typedef struct row {
    nf_op op;
    nf_type type;    /* of the result */
    nf_type operand; /* of a */
    unsigned sub;    /* the condition, or the lane */
    nf_bits a, b, c, expected;
    bool traps;
} row;

/* Vector types. */
#define I8X2  NF_VECTOR_OF(NF_I8, 1)
#define I8X4  NF_VECTOR_OF(NF_I8, 2)
#define I8X8  NF_VECTOR_OF(NF_I8, 3)
#define I16X2 NF_VECTOR_OF(NF_I16, 1)
#define I16X4 NF_VECTOR_OF(NF_I16, 2)
#define I32X2 NF_VECTOR_OF(NF_I32, 1)
#define I32X4 NF_VECTOR_OF(NF_I32, 2)
#define I64X2 NF_VECTOR_OF(NF_I64, 1)
#define F32X2 NF_VECTOR_OF(NF_F32, 1)
#define F32X4 NF_VECTOR_OF(NF_F32, 2)
#define F64X2 NF_VECTOR_OF(NF_F64, 1)

/* clang-format off */
#define S(x)    {.u64 = {(x)}}
#define V8(...)  {.u8 = {__VA_ARGS__}}
#define V16(...) {.u16 = {__VA_ARGS__}}
#define V32(...) {.u32 = {__VA_ARGS__}}
#define V64(...) {.u64 = {__VA_ARGS__}}
#define FS(...)  {.f32 = {__VA_ARGS__}}
#define FD(...)  {.f64 = {__VA_ARGS__}}

/* One operand type for everything; result of the same type. */
#define UN(op, type, a, expected)     {NF_OP_##op, type, type, 0, a, S(0), S(0), expected, false}
#define BI(op, type, a, b, expected)  {NF_OP_##op, type, type, 0, a, b, S(0), expected, false}
#define TE(op, type, a, b, c, result) {NF_OP_##op, type, type, 0, a, b, c, result, false}
#define TRAP(op, type, a, b)          {NF_OP_##op, type, type, 0, a, b, S(0), S(0), true}
#define OVER(op, type, a, b, flag)    {NF_OP_##op, NF_I8, type, 0, a, b, S(0), S(flag), false}
#define CMP(op, cond, type, a, b, result_type, result) \
    {NF_OP_##op, result_type, type, NF_##cond, a, b, S(0), result, false}
#define CONV(op, from, to, a, expected) {NF_OP_##op, to, from, 0, a, S(0), S(0), expected, false}
#define RED(op, vector, element, a, expected) \
    {NF_OP_REDUCE_##op, element, vector, 0, a, S(0), S(0), expected, false}

#define MIN64 UINT64_C(0x8000000000000000)
#define NAN64 UINT64_C(0xfff8000000000000) /* the default one */
#define NAN32 0xffc00000u

static const row rows[] = {
    /* integers wrap, and the bytes above the type are zero */
    BI(ADD, NF_I8, S(0xff), S(2), S(1)),
    BI(ADD, NF_I16, S(0xffff), S(0xffff), S(0xfffe)),
    BI(ADD, NF_I32, S(0xffffffff), S(1), S(0)),
    BI(ADD, NF_I64, S(UINT64_MAX), S(3), S(2)),
    BI(SUB, NF_I8, S(0), S(1), S(0xff)),
    BI(SUB, NF_I64, S(0), S(1), S(UINT64_MAX)),
    BI(MUL, NF_I8, S(0x80), S(0xff), S(0x80)),
    BI(MUL, NF_I16, S(0xffff), S(0xffff), S(1)),
    BI(MUL, NF_I64, S(MIN64), S(UINT64_MAX), S(MIN64)),
    BI(ADD, I8X4, V8(0xff, 1, 2, 0x80), V8(1, 1, 0xfe, 0x80), V8(0, 2, 0, 0)),
    BI(MUL, I16X4, V16(0xffff, 3, 256, 7), V16(0xffff, 5, 256, 0), V16(1, 15, 0, 0)),
    BI(SUB, I64X2, V64(0, 5), V64(1, 6), V64(UINT64_MAX, UINT64_MAX)),
    BI(SMULH, NF_I8, S(0x80), S(0x80), S(0x40)),
    BI(SMULH, NF_I32, S(0x80000000), S(2), S(0xffffffff)),
    BI(SMULH, NF_I64, S(MIN64), S(MIN64), S(UINT64_C(0x4000000000000000))),
    BI(SMULH, NF_I64, S(UINT64_MAX), S(UINT64_MAX), S(0)),
    BI(UMULH, NF_I8, S(0xff), S(0xff), S(0xfe)),
    BI(UMULH, NF_I64, S(UINT64_MAX), S(UINT64_MAX), S(UINT64_MAX - 1)),
    /* division */
    BI(SDIV, NF_I32, S(0xfffffff9), S(2), S(0xfffffffd)), /* -7 / 2 = -3 */
    BI(SREM, NF_I32, S(0xfffffff9), S(2), S(0xffffffff)),
    BI(SDIV, NF_I8, S(0x80), S(1), S(0x80)),
    BI(UDIV, NF_I8, S(0x80), S(0xff), S(0)),
    BI(UREM, NF_I64, S(UINT64_MAX), S(10), S(5)),
    BI(UDIV, NF_I64, S(UINT64_MAX), S(10), S(UINT64_C(1844674407370955161))),
    TRAP(SDIV, NF_I8, S(0x80), S(0xff)),
    TRAP(SDIV, NF_I16, S(0x8000), S(0xffff)),
    TRAP(SDIV, NF_I32, S(0x80000000), S(0xffffffff)),
    TRAP(SREM, NF_I32, S(0x80000000), S(0xffffffff)),
    TRAP(SDIV, NF_I64, S(MIN64), S(UINT64_MAX)),
    TRAP(SREM, NF_I64, S(MIN64), S(UINT64_MAX)),
    TRAP(SDIV, NF_I64, S(1), S(0)),
    TRAP(SREM, NF_I8, S(1), S(0)),
    TRAP(UDIV, NF_I16, S(1), S(0)),
    TRAP(UREM, NF_I32, S(0), S(0)),
    /* bits and shifts */
    BI(AND, NF_I16, S(0xff0f), S(0x0fff), S(0x0f0f)),
    BI(OR, I32X2, V32(1, 2), V32(4, 8), V32(5, 10)),
    BI(XOR, NF_I64, S(UINT64_MAX), S(1), S(UINT64_MAX - 1)),
    BI(SHL, NF_I8, S(0x81), S(8), S(0x81)), /* by the width: not at all */
    BI(SHL, NF_I8, S(0x81), S(9), S(0x02)),
    BI(SHL, NF_I16, S(1), S(0xffff), S(0x8000)),
    BI(SHL, NF_I32, S(1), S(33), S(2)),
    BI(SHL, NF_I64, S(1), S(64), S(1)),
    BI(SHL, NF_I64, S(1), S(127), S(MIN64)),
    BI(LSHR, NF_I8, S(0x80), S(7), S(1)),
    BI(LSHR, NF_I32, S(0x80000000), S(32), S(0x80000000)),
    BI(ASHR, NF_I8, S(0x80), S(7), S(0xff)),
    BI(ASHR, NF_I8, S(0x80), S(15), S(0xff)),
    BI(ASHR, NF_I64, S(MIN64), S(63), S(UINT64_MAX)),
    BI(SHL, I16X2, V16(1, 1), V16(17, 15), V16(2, 0x8000)),
    BI(ASHR, I32X2, V32(0x80000000, 8), V32(31, 33), V32(0xffffffff, 4)),
    BI(ROTL, NF_I8, S(0x81), S(1), S(0x03)),
    BI(ROTL, NF_I8, S(0x81), S(8), S(0x81)),
    BI(ROTL, NF_I64, S(MIN64 | 1), S(1), S(3)),
    BI(ROTR, NF_I16, S(1), S(1), S(0x8000)),
    BI(ROTR, NF_I64, S(1), S(64), S(1)),
    BI(ROTR, NF_I32, S(0x12345678), S(36), S(0x81234567)),
    /* smaller and larger */
    BI(SMIN, NF_I8, S(0x80), S(0x7f), S(0x80)),
    BI(SMAX, NF_I8, S(0x80), S(0x7f), S(0x7f)),
    BI(UMIN, NF_I8, S(0x80), S(0x7f), S(0x7f)),
    BI(UMAX, NF_I64, S(MIN64), S(1), S(MIN64)),
    BI(SMIN, I64X2, V64(MIN64, 1), V64(0, 0), V64(MIN64, 0)),
    /* counting */
    UN(CLZ, NF_I8, S(0), S(8)),
    UN(CLZ, NF_I8, S(1), S(7)),
    UN(CLZ, NF_I16, S(0x8000), S(0)),
    UN(CLZ, NF_I32, S(0), S(32)),
    UN(CLZ, NF_I64, S(1), S(63)),
    UN(CTZ, NF_I8, S(0), S(8)),
    UN(CTZ, NF_I16, S(0x8000), S(15)),
    UN(CTZ, NF_I64, S(0), S(64)),
    UN(POPCNT, NF_I16, S(0xffff), S(16)),
    UN(POPCNT, NF_I64, S(MIN64 | 1), S(2)),
    UN(BSWAP, NF_I8, S(0x12), S(0x12)),
    UN(BSWAP, NF_I16, S(0x1234), S(0x3412)),
    UN(BSWAP, NF_I32, S(0x12345678), S(0x78563412)),
    UN(BSWAP, NF_I64, S(UINT64_C(0x0102030405060708)), S(UINT64_C(0x0807060504030201))),
    UN(ABS, NF_I8, S(0x80), S(0x80)),
    UN(ABS, NF_I8, S(0xff), S(1)),
    UN(ABS, NF_I64, S(MIN64), S(MIN64)),
    UN(ABS, I32X2, V32(0xffffffff, 5), V32(1, 5)),
    /* overflow */
    OVER(SADD_OVERFLOW, NF_I8, S(0x7f), S(1), 1),
    OVER(SADD_OVERFLOW, NF_I8, S(0xff), S(1), 0),
    OVER(SADD_OVERFLOW, NF_I64, S(MIN64), S(UINT64_MAX), 1),
    OVER(UADD_OVERFLOW, NF_I8, S(0xff), S(1), 1),
    OVER(UADD_OVERFLOW, NF_I64, S(UINT64_MAX), S(0), 0),
    OVER(SSUB_OVERFLOW, NF_I32, S(0x80000000), S(1), 1),
    OVER(SSUB_OVERFLOW, NF_I64, S(0), S(MIN64), 1),
    OVER(USUB_OVERFLOW, NF_I16, S(0), S(1), 1),
    OVER(USUB_OVERFLOW, NF_I16, S(1), S(1), 0),
    OVER(SMUL_OVERFLOW, NF_I8, S(0x80), S(0xff), 1),
    OVER(SMUL_OVERFLOW, NF_I64, S(MIN64), S(UINT64_MAX), 1),
    OVER(SMUL_OVERFLOW, NF_I64, S(UINT64_MAX), S(UINT64_MAX), 0),
    OVER(UMUL_OVERFLOW, NF_I32, S(0x10000), S(0x10000), 1),
    OVER(UMUL_OVERFLOW, NF_I64, S(UINT64_MAX), S(2), 1),
    /* NaNs: the first one, quieted; invented ones are the default NaN */
    BI(FADD, NF_F32, S(0x7f800001), S(0x7fc00002), S(0x7fc00001)),
    BI(FADD, NF_F32, S(0x3f800000), S(0xff800001), S(0xffc00001)),
    BI(FADD, NF_F32, S(0x7f800000), S(0xff800000), S(NAN32)),
    BI(FSUB, NF_F64, S(UINT64_C(0x7ff0000000000000)), S(UINT64_C(0x7ff0000000000000)), S(NAN64)),
    BI(FMUL, NF_F64, S(0), S(UINT64_C(0x7ff0000000000000)), S(NAN64)),
    BI(FDIV, NF_F64, S(0), S(MIN64), S(NAN64)),
    BI(FDIV, NF_F32, FS(-1.0f), S(0), S(0xff800000)),
    UN(FSQRT, NF_F64, FD(-1.0), S(NAN64)),
    UN(FSQRT, NF_F64, S(MIN64), S(MIN64)),
    UN(FSQRT, NF_F32, S(0x7f800001), S(0x7fc00001)),
    BI(FADD, F32X2, V32(0x7f800001, 0x3f800000), V32(0, 0x40000000), V32(0x7fc00001, 0x40400000)),
    /* fmin and fmax are a < b ? a : b */
    BI(FMIN, NF_F32, S(0x7f800001), S(0x3f800000), S(0x3f800000)),
    BI(FMIN, NF_F32, S(0x3f800000), S(0x7f800001), S(0x7f800001)),
    BI(FMIN, NF_F64, S(0), S(MIN64), S(MIN64)),
    BI(FMIN, NF_F64, S(MIN64), S(0), S(0)),
    BI(FMAX, NF_F32, S(0x7f800001), S(0x7f800002), S(0x7f800002)),
    BI(FMAX, NF_F64, S(0), S(MIN64), S(MIN64)),
    BI(FMAX, NF_F64, FD(2.0), FD(1.0), FD(2.0)),
    /* signs, NaNs too */
    UN(FNEG, NF_F32, S(0x7f800001), S(0xff800001)),
    UN(FABS, NF_F64, S(UINT64_C(0xfff0000000000001)), S(UINT64_C(0x7ff0000000000001))),
    BI(FCOPYSIGN, NF_F32, S(0x7f800001), S(MIN64 >> 32), S(0xff800001)),
    BI(FCOPYSIGN, NF_F64, FD(-3.0), FD(1.0), FD(3.0)),
    /* fma */
    TE(FMA, NF_F32, S(0x7f800001), S(0x7f800002), S(0x7f800003), S(0x7fc00001)),
    TE(FMA, NF_F32, FS(1.0f), S(0x7f800002), S(0x7f800003), S(0x7fc00002)),
    TE(FMA, NF_F32, FS(1.0f), FS(1.0f), S(0x7f800003), S(0x7fc00003)),
    TE(FMA, NF_F32, S(0), S(0x7f800000), S(0x7fc00003), S(0x7fc00003)),
    TE(FMA, NF_F32, S(0), S(0x7f800000), FS(1.0f), S(NAN32)),
    TE(FMA, NF_F64, FD(0x1p1000), FD(0x1p1000), FD(-INFINITY), FD(-INFINITY)),
    TE(FMA, NF_F64, FD(INFINITY), FD(1.0), FD(-INFINITY), S(NAN64)),
    TE(FMA, NF_F64, FD(1.0 + 0x1p-52), FD(1.0 - 0x1p-52), FD(-1.0), FD(-0x1p-104)),
    TE(FMA, NF_F64, FD(0.0), FD(-1.0), FD(-0.0), FD(-0.0)),
    TE(FMA, NF_F64, FD(0.0), FD(-1.0), FD(0.0), FD(0.0)),
    TE(FMULADD, NF_F64, FD(1.0 + 0x1p-52), FD(1.0 - 0x1p-52), FD(-1.0), FD(0.0)),
    TE(FMULADD, NF_F64, FD(0x1p1000), FD(0x1p1000), FD(-INFINITY), S(NAN64)),
    TE(FMULADD, NF_F32, S(0x7f800001), S(0x7f800002), S(0x7f800003), S(0x7fc00001)),
    TE(FMULADD, NF_F32, FS(1.0f), FS(1.0f), S(0x7f800003), S(0x7fc00003)),
    TE(FMULADD, NF_F32, S(0), S(0x7f800000), S(0x7fc00003), S(NAN32)),
    TE(FMA, NF_F64, FD(1.0), FD(1.0), FD(-1.0), FD(0.0)),
    TE(FMA, NF_F64, FD(0x1p-600), FD(0x1p-600), FD(0.0), FD(0.0)),
    TE(FMA, NF_F64, FD(-0x1p-600), FD(0x1p-600), FD(0.0), FD(-0.0)),
    TE(FMA, NF_F64, FD(0x1p-537), FD(0x1.8p-538), FD(0.0), FD(0x1p-1074)),
    TE(FMA, F64X2, FD(2, 3), FD(4, 5), FD(1, 1), FD(9, 16)),
    /* rounding */
    UN(FFLOOR, NF_F64, FD(-0.5), FD(-1.0)),
    UN(FFLOOR, NF_F64, FD(-0.0), FD(-0.0)),
    UN(FCEIL, NF_F64, FD(-0.5), FD(-0.0)),
    UN(FCEIL, NF_F32, FS(1.0000001f), FS(2.0f)),
    UN(FTRUNC, NF_F32, FS(-1.9f), FS(-1.0f)),
    UN(FNEAREST, NF_F64, FD(0.5), FD(0.0)),
    UN(FNEAREST, NF_F64, FD(1.5), FD(2.0)),
    UN(FNEAREST, NF_F64, FD(-2.5), FD(-2.0)),
    UN(FNEAREST, NF_F64, FD(0.49999999999999994), FD(0.0)),
    UN(FNEAREST, NF_F64, FD(4503599627370497.5), FD(4503599627370498.0)),
    UN(FFLOOR, NF_F32, S(0x7f800001), S(0x7fc00001)),
    UN(FNEAREST, NF_F32, FS(INFINITY), FS(INFINITY)),
    /* comparison: 0 and 1, or lanes of zeros and ones */
    CMP(ICMP, SLT, NF_I8, S(0x80), S(0x7f), NF_I8, S(1)),
    CMP(ICMP, ULT, NF_I8, S(0x80), S(0x7f), NF_I8, S(0)),
    CMP(ICMP, SGE, NF_I64, S(MIN64), S(0), NF_I8, S(0)),
    CMP(ICMP, UGE, NF_I64, S(MIN64), S(0), NF_I8, S(1)),
    CMP(ICMP, NE, NF_I32, S(1), S(1), NF_I8, S(0)),
    CMP(ICMP, UGT, NF_I16, S(0xffff), S(0xffff), NF_I8, S(0)),
    CMP(ICMP, SLE, NF_I16, S(0xffff), S(0xffff), NF_I8, S(1)),
    CMP(ICMP, EQ, I16X2, V16(1, 2), V16(1, 3), I16X2, V16(0xffff, 0)),
    CMP(ICMP, SGT, I64X2, V64(MIN64, 1), V64(0, 0), I64X2, V64(0, UINT64_MAX)),
    CMP(FCMP, FOEQ, NF_F64, S(NAN64), S(NAN64), NF_I8, S(0)),
    CMP(FCMP, FUEQ, NF_F64, S(NAN64), FD(1.0), NF_I8, S(1)),
    CMP(FCMP, FUNE, NF_F32, S(NAN32), S(NAN32), NF_I8, S(1)),
    CMP(FCMP, FONE, NF_F32, S(NAN32), FS(1.0f), NF_I8, S(0)),
    CMP(FCMP, FOLT, NF_F32, FS(-0.0f), FS(0.0f), NF_I8, S(0)),
    CMP(FCMP, FOEQ, NF_F32, FS(-0.0f), FS(0.0f), NF_I8, S(1)),
    CMP(FCMP, FUGE, NF_F64, FD(1.0), S(NAN64), NF_I8, S(1)),
    CMP(FCMP, FORD, NF_F64, FD(1.0), S(NAN64), NF_I8, S(0)),
    CMP(FCMP, FUNO, NF_F64, FD(1.0), S(NAN64), NF_I8, S(1)),
    CMP(FCMP, FOGT, NF_F64, FD(INFINITY), FD(1e308), NF_I8, S(1)),
    CMP(FCMP, FULT, F32X2, FS(1, 3), V32(NAN32, 0x40000000), I32X2, V32(0xffffffff, 0)),
    CMP(FCMP, FOLE, F64X2, FD(1, 3), FD(1, 2), I64X2, V64(UINT64_MAX, 0)),
    /* choice: a scalar's condition is true when it is not 0, a lane's when its top bit is set */
    {NF_OP_SELECT, NF_I64, NF_I8, 0, S(2), S(7), S(9), S(7), false},
    {NF_OP_SELECT, NF_F32, NF_I8, 0, S(0), S(7), S(0x7f800001), S(0x7f800001), false},
    {NF_OP_SELECT, F32X2, I32X2, 0, V32(0x7fffffff, 0x80000000), V32(1, 2), V32(3, 4), V32(3, 2),
     false},
    {NF_OP_SELECT, I8X4, I8X4, 0, V8(0x80, 0x7f, 0xff, 1), V8(1, 2, 3, 4), V8(5, 6, 7, 8),
     V8(1, 6, 3, 8), false},
    /* conversions between integers */
    CONV(SEXT, NF_I8, NF_I64, S(0x80), S(UINT64_C(0xffffffffffffff80))),
    CONV(SEXT, NF_I16, NF_I32, S(0x8000), S(0xffff8000)),
    CONV(ZEXT, NF_I8, NF_I64, S(0x80), S(0x80)),
    CONV(TRUNC, NF_I64, NF_I8, S(0x1234), S(0x34)),
    CONV(SEXT, I8X2, I32X2, V8(0xff, 1), V32(0xffffffff, 1)),
    CONV(TRUNC, I64X2, I8X2, V64(0x1ff, 0x200), V8(0xff, 0)),
    /* integers to floating point, rounded to nearest even */
    CONV(SITOFP, NF_I64, NF_F64, S((UINT64_C(1) << 53) + 1), FD(0x1p53)),
    CONV(SITOFP, NF_I64, NF_F32, S(UINT64_MAX), FS(-1.0f)),
    CONV(SITOFP, NF_I8, NF_F32, S(0x80), FS(-128.0f)),
    CONV(UITOFP, NF_I8, NF_F32, S(0x80), FS(128.0f)),
    CONV(UITOFP, NF_I64, NF_F64, S(UINT64_MAX), FD(0x1p64)),
    CONV(UITOFP, NF_I64, NF_F32, S(UINT64_C(0x8000008000000001)), FS(0x1.000002p63f)),
    CONV(UITOFP, NF_I64, NF_F32, S(UINT64_C(0x8000008000000000)), FS(0x1p63f)),
    CONV(UITOFP, NF_I32, NF_F32, S(0xffffffff), FS(0x1p32f)),
    CONV(SITOFP, I16X2, F32X2, V16(0xffff, 2), FS(-1, 2)),
    /* and back, toward zero */
    CONV(FPTOSI, NF_F64, NF_I64, FD(-1.9), S(UINT64_MAX)),
    CONV(FPTOSI, NF_F64, NF_I64, FD(0x1p63), S(MIN64)),
    CONV(FPTOSI, NF_F64, NF_I64, S(NAN64), S(MIN64)),
    CONV(FPTOSI, NF_F64, NF_I64, FD(-INFINITY), S(MIN64)),
    CONV(FPTOSI, NF_F64, NF_I32, FD(2147483647.9), S(0x7fffffff)),
    CONV(FPTOSI, NF_F64, NF_I32, FD(-2147483648.9), S(0x80000000)),
    CONV(FPTOSI, NF_F64, NF_I32, FD(2147483648.0), S(0x80000000)),
    CONV(FPTOSI, NF_F64, NF_I32, FD(-2147483649.0), S(0x80000000)),
    CONV(FPTOSI, NF_F32, NF_I16, FS(40000.0f), S(40000)), /* the i32 result, cut */
    CONV(FPTOSI, NF_F32, NF_I8, FS(300.0f), S(44)),
    CONV(FPTOSI, NF_F32, NF_I8, FS(1e10f), S(0)),
    CONV(FPTOUI, NF_F64, NF_I64, FD(0x1p63), S(MIN64)),
    CONV(FPTOUI, NF_F64, NF_I64, FD(18446744073709549568.0), S(UINT64_C(0xfffffffffffff800))),
    CONV(FPTOUI, NF_F64, NF_I64, FD(0x1p64), S(0)),
    CONV(FPTOUI, NF_F64, NF_I64, FD(-1.0), S(UINT64_MAX)),
    CONV(FPTOUI, NF_F64, NF_I64, S(NAN64), S(MIN64)),
    CONV(FPTOUI, NF_F32, NF_I32, FS(4294967040.0f), S(0xffffff00)),
    CONV(FPTOUI, NF_F64, NF_I32, FD(4294967296.0), S(0)),
    CONV(FPTOUI, NF_F64, NF_I32, FD(-1.0), S(0xffffffff)),
    CONV(FPTOUI, NF_F64, NF_I32, S(NAN64), S(0)),
    CONV(FPTOUI, NF_F64, NF_I16, FD(65535.9), S(65535)),
    CONV(FPTOUI, NF_F64, NF_I16, FD(4294967297.0), S(0)),
    CONV(FPTOUI, NF_F64, NF_I8, FD(-1.0), S(0xff)),
    CONV(FPTOSI, F32X2, I32X2, V32(NAN32, 0x3fc00000), V32(0x80000000, 1)),
    CONV(FPTOSI, F64X2, I32X2, FD(1e10, -1.5), V32(0x80000000, 0xffffffff)),
    /* between formats */
    CONV(FPEXT, NF_F32, NF_F64, S(0xff800001), S(UINT64_C(0xfff8000020000000))),
    CONV(FPEXT, NF_F32, NF_F64, S(1), FD(0x1p-149)),
    CONV(FPTRUNC, NF_F64, NF_F32, S(UINT64_C(0x7ff0000000000001)), S(0x7fc00000)),
    CONV(FPTRUNC, NF_F64, NF_F32, S(UINT64_C(0xfff7ffffffffffff)), S(0xffffffff)),
    CONV(FPTRUNC, NF_F64, NF_F32, FD(1e300), FS(INFINITY)),
    CONV(FPTRUNC, NF_F64, NF_F32, FD(0x1p-150), FS(0.0f)),
    CONV(FPTRUNC, NF_F64, NF_F32, FD(0x1.000001p0), FS(1.0f)),
    CONV(FPTRUNC, F64X2, F32X2, FD(1, 2), FS(1, 2)),
    CONV(BITCAST, NF_F32, NF_I32, S(0x7f800001), S(0x7f800001)),
    CONV(BITCAST, NF_I64, I8X8, S(UINT64_C(0x0807060504030201)), V8(1, 2, 3, 4, 5, 6, 7, 8)),
    /* lanes */
    {NF_OP_SPLAT, I16X4, NF_I16, 0, S(7), S(0), S(0), V16(7, 7, 7, 7), false},
    {NF_OP_SPLAT, F64X2, NF_F64, 0, S(NAN64), S(0), S(0), V64(NAN64, NAN64), false},
    {NF_OP_IOTA, I8X4, NF_VOID, 0, S(0), S(0), S(0), V8(0, 1, 2, 3), false},
    {NF_OP_IOTA, I64X2, NF_VOID, 0, S(0), S(0), S(0), V64(0, 1), false},
    {NF_OP_EXTRACT, NF_I32, I32X4, 2, V32(1, 2, 3, 4), S(0), S(0), S(3), false},
    {NF_OP_EXTRACT, NF_F32, F32X4, 0, V32(1, 2, 3, 4), S(0), S(0), S(1), false},
    {NF_OP_INSERT, I32X4, I32X4, 3, V32(1, 2, 3, 4), S(9), S(0), V32(1, 2, 3, 9), false},
    UN(REVERSE, I8X4, V8(1, 2, 3, 4), V8(4, 3, 2, 1)),
    UN(REVERSE, F64X2, FD(1, 2), FD(2, 1)),
    /* reductions */
    RED(ADD, I8X4, NF_I8, V8(255, 255, 255, 255), S(252)),
    RED(MUL, I16X4, NF_I16, V16(2, 3, 5, 7), S(210)),
    RED(AND, I32X2, NF_I32, V32(6, 3), S(2)),
    RED(OR, I64X2, NF_I64, V64(6, 1), S(7)),
    RED(XOR, I32X4, NF_I32, V32(1, 2, 4, 1), S(6)),
    RED(SMIN, I8X4, NF_I8, V8(1, 0x80, 0x7f, 0), S(0x80)),
    RED(SMAX, I8X4, NF_I8, V8(1, 0x80, 0x7f, 0), S(0x7f)),
    RED(UMIN, I8X4, NF_I8, V8(1, 0x80, 0x7f, 2), S(1)),
    RED(UMAX, I64X2, NF_I64, V64(1, MIN64), S(MIN64)),
    /* lane 0 + lane 2 first: (1 + -1) + (2^-30 + 0), not ((1 + 2^-30) + -1) + 0 */
    RED(FADD, F32X4, NF_F32, FS(1, 0x1p-30f, -1, 0), FS(0x1p-30f)),
    RED(FADD, F64X2, NF_F64, V64(UINT64_C(0x7ff0000000000001), NAN64),
        S(UINT64_C(0x7ff8000000000001))),
    RED(FMUL, F32X4, NF_F32, FS(0x1p100f, 0x1p-100f, 0x1p-100f, 2), FS(0x1p-99f)),
    RED(FMIN, F32X4, NF_F32, FS(1, 2, 0.5f, 4), FS(0.5f)),
    RED(FMAX, F32X4, NF_F32, V32(NAN32, 0x3f800000, 0x40000000, 0x40400000), FS(3)),
};
/* clang-format on */

static nf_inst inst_of(const row *r)
{
    nf_inst inst = {.op = (uint16_t)r->op, .type = r->type};
    if (r->op == NF_OP_EXTRACT || r->op == NF_OP_INSERT)
        inst.imm = r->sub;
    else
        inst.sub = (uint8_t)r->sub;
    return inst;
}

static void rows_hold(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const row *r = &rows[i];
        nf_inst inst = inst_of(r);
        nf_bits result;
        memset(&result, 0xa5, sizeof result);
        bool done = nf_eval_op(&inst, r->operand, &r->a, &r->b, &r->c, &result);
        if (done == r->traps || (done && memcmp(&result, &r->expected, sizeof result) != 0))
            fail_msg("row %zu, %s.%s: got %016llx %016llx, expected %016llx %016llx", i,
                     nf_ops[r->op].text, nf_type_text(r->operand),
                     (unsigned long long)result.u64[0], (unsigned long long)result.u64[1],
                     (unsigned long long)r->expected.u64[0],
                     (unsigned long long)r->expected.u64[1]);
    }
}

static bool is_pure(nf_op op)
{
    static const nf_op places[] = {NF_OP_NONE, NF_OP_PARAM, NF_OP_SYMBOL, NF_OP_LOCAL};
    for (size_t i = 0; i < COUNT(places); i++)
        if (places[i] == op) return false;
    return (nf_ops[op].effects & ~NF_EFFECT_TRAP) == 0;
}

/* Every pure operation has at least one row but the constants. */
static void rows_cover_all_operations(void **unused)
{
    bool covered[NF_OP_COUNT] = {[NF_OP_ICONST] = true, [NF_OP_FCONST] = true};
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) covered[rows[i].op] = true;
    for (nf_op op = NF_OP_NONE; op < NF_OP_COUNT; op++)
        if (is_pure(op) && !covered[op]) fail_msg("%s has no row", nf_ops[op].text);
}

/* A vector operation is the scalar one on each lane. */
static void vectors_agree_with_scalars(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const row *r = &rows[i];
        nf_type scalar = r->type, vector = nf_type_with_lanes(scalar, 1);
        if (NF_TYPE_IS_VECTOR(r->operand) || r->operand != r->type || r->traps) continue;
        if (!nf_type_in_class(vector, nf_ops[r->op].types)) continue;
        if (r->op == NF_OP_ICMP || r->op == NF_OP_FCMP) continue; /* other truths */
        unsigned bytes = nf_type_bytes(scalar);
        nf_bits operands[3] = {{{0}}}, expected = {{0}}, result;
        for (unsigned lane = 0; lane < 2; lane++) {
            memcpy(operands[0].u8 + lane * bytes, &r->a, bytes);
            memcpy(operands[1].u8 + lane * bytes, &r->b, bytes);
            memcpy(operands[2].u8 + lane * bytes, &r->c, bytes);
            memcpy(expected.u8 + lane * bytes, &r->expected, bytes);
        }
        nf_inst inst = inst_of(r);
        inst.type = vector;
        assert_true(nf_eval_op(&inst, vector, &operands[0], &operands[1], &operands[2], &result));
        assert_memory_equal(&result, &expected, sizeof result);
    }
}

static void constants_are_cut_to_their_type(void **unused)
{
    static const struct {
        nf_op op;
        nf_type type;
        int64_t imm;
        uint64_t expected;
    } constants[] = {
        {NF_OP_ICONST, NF_I8, -1, 0xff},
        {NF_OP_ICONST, NF_I32, INT32_MIN, 0x80000000},
        {NF_OP_ICONST, NF_I64, -2, UINT64_MAX - 1},
        {NF_OP_FCONST, NF_F32, 0x7f800001, 0x7f800001},
        {NF_OP_FCONST, NF_F64, INT64_MIN, MIN64},
    };
    (void)unused;
    for (size_t i = 0; i < COUNT(constants); i++) {
        nf_inst inst = {
            .op = (uint16_t)constants[i].op, .type = constants[i].type, .imm = constants[i].imm};
        nf_bits result;
        assert_true(nf_eval_op(&inst, NF_VOID, NULL, NULL, NULL, &result));
        assert_int_equal(result.u64[0], constants[i].expected);
        assert_int_equal(result.u64[1], 0);
    }
}

/* --- against the processor --- */

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Bits of a float with fraction_bits of fraction, special ones often. */
static uint64_t random_float(unsigned bits, unsigned fraction_bits)
{
    uint64_t r = random_next() >> (64 - bits), sign = r & UINT64_C(1) << (bits - 1);
    uint64_t exponents = (UINT64_C(1) << (bits - 1)) - (UINT64_C(1) << fraction_bits);
    uint64_t near_one = (exponents >> 1) & exponents;
    switch (random_next() % 8) {
    case 0: return sign;                                                            /* zero */
    case 1: return r & ~exponents;                                                  /* subnormal */
    case 2: return sign | exponents;                                                /* infinity */
    case 3: return r | exponents;                                                   /* mostly NaN */
    case 4: return sign | (near_one + (r & ((UINT64_C(16) << fraction_bits) - 1))); /* ordinary */
    case 5: return sign | (near_one + (random_next() % 70 << fraction_bits));
    default: return r;
    }
}

typedef struct processor_op {
    const char *name;
    nf_op op;
    nf_type from, to;
    uint64_t (*run)(uint64_t a, uint64_t b, uint64_t c);
} processor_op;

#define SSE_BINARY(name, instruction)                                                              \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c)                                       \
    {                                                                                              \
        uint64_t r;                                                                                \
        (void)c;                                                                                   \
        __asm__("movq %1, %%xmm0\n\tmovq %2, %%xmm1\n\t" instruction                               \
                " %%xmm1, %%xmm0\n\tmovq %%xmm0, %0"                                               \
                : "=r"(r)                                                                          \
                : "r"(a), "r"(b)                                                                   \
                : "xmm0", "xmm1");                                                                 \
        return r;                                                                                  \
    }
#define SSE_TO_INTEGER(name, instruction)                                                          \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c)                                       \
    {                                                                                              \
        uint64_t r;                                                                                \
        (void)b, (void)c;                                                                          \
        __asm__("movq %1, %%xmm0\n\t" instruction : "=r"(r) : "r"(a) : "xmm0");                    \
        return r;                                                                                  \
    }
#define SSE_ROUND(name, instruction, mode)                                                         \
    __attribute__((target("sse4.1"))) static uint64_t name(uint64_t a, uint64_t b, uint64_t c)     \
    {                                                                                              \
        uint64_t r;                                                                                \
        (void)b, (void)c;                                                                          \
        __asm__("movq %1, %%xmm0\n\t" instruction " $" mode ", %%xmm0, %%xmm0\n\tmovq %%xmm0, %0"  \
                : "=r"(r)                                                                          \
                : "r"(a)                                                                           \
                : "xmm0");                                                                         \
        return r;                                                                                  \
    }
/* a as the second operand, b as the first and c as the third give ops.def's order of NaNs. */
#define FMA_213(name, instruction)                                                                 \
    static uint64_t name(uint64_t a, uint64_t b, uint64_t c)                                       \
    {                                                                                              \
        uint64_t r;                                                                                \
        __asm__("movq %2, %%xmm0\n\tmovq %1, %%xmm1\n\tmovq %3, %%xmm2\n\t" instruction            \
                " %%xmm2, %%xmm1, %%xmm0\n\tmovq %%xmm0, %0"                                       \
                : "=r"(r)                                                                          \
                : "r"(a), "r"(b), "r"(c)                                                           \
                : "xmm0", "xmm1", "xmm2");                                                         \
        return r;                                                                                  \
    }

SSE_BINARY(addsd, "addsd")
SSE_BINARY(subsd, "subsd")
SSE_BINARY(mulsd, "mulsd")
SSE_BINARY(divsd, "divsd")
SSE_BINARY(minsd, "minsd")
SSE_BINARY(maxsd, "maxsd")
SSE_BINARY(addss, "addss")
SSE_BINARY(subss, "subss")
SSE_BINARY(mulss, "mulss")
SSE_BINARY(divss, "divss")
SSE_BINARY(minss, "minss")
SSE_BINARY(maxss, "maxss")
SSE_TO_INTEGER(sqrtsd, "sqrtsd %%xmm0, %%xmm0\n\tmovq %%xmm0, %0")
SSE_TO_INTEGER(sqrtss, "sqrtss %%xmm0, %%xmm0\n\tmovq %%xmm0, %0")
SSE_TO_INTEGER(cvtss2sd, "cvtss2sd %%xmm0, %%xmm0\n\tmovq %%xmm0, %0")
SSE_TO_INTEGER(cvtsd2ss, "cvtsd2ss %%xmm0, %%xmm0\n\tmovd %%xmm0, %k0")
SSE_TO_INTEGER(cvttsd2si, "cvttsd2si %%xmm0, %0")
SSE_TO_INTEGER(cvttss2si, "cvttss2si %%xmm0, %0")
SSE_TO_INTEGER(cvttsd2si_32, "cvttsd2si %%xmm0, %k0")
SSE_TO_INTEGER(cvttss2si_32, "cvttss2si %%xmm0, %k0")
SSE_ROUND(floorsd, "roundsd", "1")
SSE_ROUND(ceilsd, "roundsd", "2")
SSE_ROUND(truncsd, "roundsd", "3")
SSE_ROUND(nearestsd, "roundsd", "0")
SSE_ROUND(floorss, "roundss", "1")
SSE_ROUND(ceilss, "roundss", "2")
SSE_ROUND(truncss, "roundss", "3")
SSE_ROUND(nearestss, "roundss", "0")
FMA_213(fmasd, "vfmadd213sd")
FMA_213(fmass, "vfmadd213ss")

static const processor_op sse2_ops[] = {
    {"addsd", NF_OP_FADD, NF_F64, NF_F64, addsd},
    {"subsd", NF_OP_FSUB, NF_F64, NF_F64, subsd},
    {"mulsd", NF_OP_FMUL, NF_F64, NF_F64, mulsd},
    {"divsd", NF_OP_FDIV, NF_F64, NF_F64, divsd},
    {"minsd", NF_OP_FMIN, NF_F64, NF_F64, minsd},
    {"maxsd", NF_OP_FMAX, NF_F64, NF_F64, maxsd},
    {"addss", NF_OP_FADD, NF_F32, NF_F32, addss},
    {"subss", NF_OP_FSUB, NF_F32, NF_F32, subss},
    {"mulss", NF_OP_FMUL, NF_F32, NF_F32, mulss},
    {"divss", NF_OP_FDIV, NF_F32, NF_F32, divss},
    {"minss", NF_OP_FMIN, NF_F32, NF_F32, minss},
    {"maxss", NF_OP_FMAX, NF_F32, NF_F32, maxss},
    {"sqrtsd", NF_OP_FSQRT, NF_F64, NF_F64, sqrtsd},
    {"sqrtss", NF_OP_FSQRT, NF_F32, NF_F32, sqrtss},
    {"cvtss2sd", NF_OP_FPEXT, NF_F32, NF_F64, cvtss2sd},
    {"cvtsd2ss", NF_OP_FPTRUNC, NF_F64, NF_F32, cvtsd2ss},
    {"cvttsd2si", NF_OP_FPTOSI, NF_F64, NF_I64, cvttsd2si},
    {"cvttss2si", NF_OP_FPTOSI, NF_F32, NF_I64, cvttss2si},
    {"cvttsd2si", NF_OP_FPTOSI, NF_F64, NF_I32, cvttsd2si_32},
    {"cvttss2si", NF_OP_FPTOSI, NF_F32, NF_I32, cvttss2si_32},
};
static const processor_op sse41_ops[] = {
    {"roundsd 1", NF_OP_FFLOOR, NF_F64, NF_F64, floorsd},
    {"roundsd 2", NF_OP_FCEIL, NF_F64, NF_F64, ceilsd},
    {"roundsd 3", NF_OP_FTRUNC, NF_F64, NF_F64, truncsd},
    {"roundsd 0", NF_OP_FNEAREST, NF_F64, NF_F64, nearestsd},
    {"roundss 1", NF_OP_FFLOOR, NF_F32, NF_F32, floorss},
    {"roundss 2", NF_OP_FCEIL, NF_F32, NF_F32, ceilss},
    {"roundss 3", NF_OP_FTRUNC, NF_F32, NF_F32, truncss},
    {"roundss 0", NF_OP_FNEAREST, NF_F32, NF_F32, nearestss},
};
static const processor_op fma_ops[] = {
    {"vfmadd213sd", NF_OP_FMA, NF_F64, NF_F64, fmasd},
    {"vfmadd213ss", NF_OP_FMA, NF_F32, NF_F32, fmass},
};

static void ops_agree(const processor_op *ops, size_t count)
{
    enum { ROUNDS = 100000 };
    for (size_t i = 0; i < count; i++) {
        const processor_op *op = &ops[i];
        nf_inst inst = {.op = (uint16_t)op->op, .type = op->to};
        unsigned bytes = nf_type_bytes(op->to);
        for (unsigned round = 0; round < ROUNDS; round++) {
            nf_bits operands[3] = {{{0}}}, result;
            for (unsigned k = 0; k < 3; k++)
                operands[k].u64[0] =
                    op->from == NF_F64 ? random_float(64, 52) : random_float(32, 23);
            uint64_t a = operands[0].u64[0], b = operands[1].u64[0], c = operands[2].u64[0];
            uint64_t expected = op->run(a, b, c);
            assert_true(
                nf_eval_op(&inst, op->from, &operands[0], &operands[1], &operands[2], &result));
            if (memcmp(&expected, &result, bytes) != 0)
                fail_msg("%s %llx, %llx, %llx: the processor gives %llx, the evaluator %llx",
                         op->name, (unsigned long long)a, (unsigned long long)b,
                         (unsigned long long)c, (unsigned long long)expected,
                         (unsigned long long)result.u64[0]);
        }
    }
}

static void the_processor_agrees(void **unused)
{
    (void)unused;
    ops_agree(sse2_ops, COUNT(sse2_ops));
    if (__builtin_cpu_supports("sse4.1")) ops_agree(sse41_ops, COUNT(sse41_ops));
    if (__builtin_cpu_supports("fma")) ops_agree(fma_ops, COUNT(fma_ops));
}

/* libm's fma() is correctly rounded with and without the instruction. */
static void libm_agrees_on_fma(void **unused)
{
    enum { ROUNDS = 300000 };
    nf_inst inst = {.op = NF_OP_FMA, .type = NF_F64};
    (void)unused;
    for (unsigned round = 0; round < ROUNDS; round++) {
        nf_bits a = {.u64 = {random_float(64, 52)}}, b = {.u64 = {random_float(64, 52)}};
        nf_bits c = {.u64 = {random_float(64, 52)}}, result, expected = {{0}};
        if (isnan(a.f64[0]) || isnan(b.f64[0]) || isnan(c.f64[0])) continue;
        if (round % 4 == 0) c.f64[0] = -(a.f64[0] * b.f64[0]); /* what rounding lost */
        if (isnan(c.f64[0])) continue;
        expected.f64[0] = fma(a.f64[0], b.f64[0], c.f64[0]);
        if (isnan(expected.f64[0])) expected.u64[0] = NAN64;
        assert_true(nf_eval_op(&inst, NF_F64, &a, &b, &c, &result));
        assert_int_equal(result.u64[0], expected.u64[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_hold),
        cmocka_unit_test(rows_cover_all_operations),
        cmocka_unit_test(vectors_agree_with_scalars),
        cmocka_unit_test(constants_are_cut_to_their_type),
        cmocka_unit_test(the_processor_agrees),
        cmocka_unit_test(libm_agrees_on_fma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Helper functions of compiled code: atomic operations, arithmetic on 128 bits, and the part of the
 * compiler's own library that code made by LLVM calls.
 *
 * A table gives names to addresses. All atomic operations are sequentially consistent.
 */
#include "helpers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 u128;
typedef __int128 s128;

/* --- atomics --- */

#define UPDATE(name, bits, type, expression)                                                       \
    static type atomic_##name##_##bits(type *place, type value)                                    \
    {                                                                                              \
        type old, changed;                                                                         \
        __atomic_load(place, &old, __ATOMIC_RELAXED);                                              \
        do {                                                                                       \
            changed = (type)(expression);                                                          \
        } while (!__atomic_compare_exchange(place, &old, &changed, false, __ATOMIC_SEQ_CST,        \
                                            __ATOMIC_SEQ_CST));                                    \
        return old;                                                                                \
    }

#define FETCH(name, bits, type, builtin)                                                           \
    static type atomic_##name##_##bits(type *place, type value)                                    \
    {                                                                                              \
        return builtin(place, value, __ATOMIC_SEQ_CST);                                            \
    }

#define INTEGERS(bits)                                                                             \
    FETCH(xchg, bits, uint##bits##_t, __atomic_exchange_n)                                         \
    FETCH(add, bits, uint##bits##_t, __atomic_fetch_add)                                           \
    FETCH(sub, bits, uint##bits##_t, __atomic_fetch_sub)                                           \
    FETCH(and, bits, uint##bits##_t, __atomic_fetch_and)                                           \
    FETCH(nand, bits, uint##bits##_t, __atomic_fetch_nand)                                         \
    FETCH(or, bits, uint##bits##_t, __atomic_fetch_or)                                             \
    FETCH(xor, bits, uint##bits##_t, __atomic_fetch_xor)                                           \
    UPDATE(max, bits, int##bits##_t, old > value ? old : value)                                    \
    UPDATE(min, bits, int##bits##_t, old < value ? old : value)                                    \
    UPDATE(umax, bits, uint##bits##_t, old > value ? old : value)                                  \
    UPDATE(umin, bits, uint##bits##_t, old < value ? old : value)                                  \
    static uint##bits##_t atomic_cmpxchg_##bits(uint##bits##_t *place, uint##bits##_t expected,    \
                                                uint##bits##_t desired)                            \
    {                                                                                              \
        __atomic_compare_exchange_n(place, &expected, desired, false, __ATOMIC_SEQ_CST,            \
                                    __ATOMIC_SEQ_CST);                                             \
        return expected;                                                                           \
    }

#define FLOATS(bits, type)                                                                         \
    UPDATE(fadd, bits, type, old + value)                                                          \
    UPDATE(fsub, bits, type, old - value)

INTEGERS(8)
INTEGERS(16)
INTEGERS(32)
INTEGERS(64)
FLOATS(32, float)
FLOATS(64, double)

static void atomic_fence(void)
{
    __asm__ volatile("mfence" : : : "memory");
}

/* --- 128 bits --- */

static u128 joined(uint64_t low, uint64_t high)
{
    return (u128)high << 64 | low;
}

static void split(uint64_t *out, u128 number)
{
    out[0] = (uint64_t)number;
    out[1] = (uint64_t)(number >> 64);
}

#define DIVIDE(name, type, operator)                                                               \
    static void name(uint64_t *out, uint64_t a0, uint64_t a1, uint64_t b0, uint64_t b1)            \
    {                                                                                              \
        split(out, (u128)((type)joined(a0, a1) operator(type) joined(b0, b1)));                    \
    }

DIVIDE(udiv128, u128, /)
DIVIDE(urem128, u128, %)
DIVIDE(sdiv128, s128, /)
DIVIDE(srem128, s128, %)

static bool umul128(uint64_t *out, uint64_t a0, uint64_t a1, uint64_t b0, uint64_t b1)
{
    u128 product;
    bool over = __builtin_mul_overflow(joined(a0, a1), joined(b0, b1), &product);
    split(out, product);
    return over;
}

static bool smul128(uint64_t *out, uint64_t a0, uint64_t a1, uint64_t b0, uint64_t b1)
{
    u128 a = joined(a0, a1), b = joined(b0, b1), product;
    bool negative_a = a1 >> 63, negative_b = b1 >> 63, negative = negative_a != negative_b;
    bool over = __builtin_mul_overflow(negative_a ? -a : a, negative_b ? -b : b, &product);
    u128 limit = ((u128)1 << 127) - !negative;
    split(out, a * b);
    return over || product > limit;
}

/* What does not fit gives what the compiler's library gives. */
static void f64_to_s128(uint64_t *out, double number)
{
    split(out, (u128)(s128)number);
}

static void f64_to_u128(uint64_t *out, double number)
{
    split(out, (u128)number);
}

static double s128_to_f64(uint64_t low, uint64_t high)
{
    return (double)(s128)joined(low, high);
}

static float s128_to_f32(uint64_t low, uint64_t high)
{
    return (float)(s128)joined(low, high);
}

static double u128_to_f64(uint64_t low, uint64_t high)
{
    return (double)joined(low, high);
}

static float u128_to_f32(uint64_t low, uint64_t high)
{
    return (float)joined(low, high);
}

/* --- the compiler's library: linked into this program, but not for others to find --- */

#define LIBRARY(X)                                                                                 \
    X(__divti3)                                                                                    \
    X(__modti3)                                                                                    \
    X(__udivti3)                                                                                   \
    X(__umodti3)                                                                                   \
    X(__fixdfti)                                                                                   \
    X(__fixsfti)                                                                                   \
    X(__fixunsdfti)                                                                                \
    X(__fixunssfti)                                                                                \
    X(__fixxfti)                                                                                   \
    X(__fixunsxfti)                                                                                \
    X(__floattidf)                                                                                 \
    X(__floattisf)                                                                                 \
    X(__floatuntidf)                                                                               \
    X(__floatuntisf)                                                                               \
    X(__floattixf)                                                                                 \
    X(__floatuntixf)                                                                               \
    X(__powidf2)                                                                                   \
    X(__powisf2)                                                                                   \
    X(__powixf2)                                                                                   \
    X(__mulsc3)                                                                                    \
    X(__muldc3)                                                                                    \
    X(__mulxc3)                                                                                    \
    X(__divsc3)                                                                                    \
    X(__divdc3)                                                                                    \
    X(__divxc3)                                                                                    \
    X(__popcountdi2)

/* Their types do not matter: only the addresses are taken. (By other names in C, for the compiler
 * knows some of them.) */
#define DECLARE(name) extern char library_##name[] __asm__(#name);
LIBRARY(DECLARE)

/* What glibc and the compiler link statically into every program, so that no library has it. */
#define NONSHARED(X)                                                                               \
    X(atexit)                                                                                      \
    X(at_quick_exit)                                                                               \
    X(pthread_atfork)                                                                              \
    X(__dso_handle)
NONSHARED(DECLARE)
#undef DECLARE

/* --- the table --- */

typedef struct helper {
    const char *name;
    void *address;
} helper;

#define ATOMIC(name, bits) {"__nf_atomic_" #name "_" #bits, (void *)atomic_##name##_##bits},
#define ATOMICS(bits)                                                                              \
    ATOMIC(xchg, bits)                                                                             \
    ATOMIC(add, bits)                                                                              \
    ATOMIC(sub, bits)                                                                              \
    ATOMIC(and, bits)                                                                              \
    ATOMIC(nand, bits)                                                                             \
    ATOMIC(or, bits)                                                                               \
    ATOMIC(xor, bits)                                                                              \
    ATOMIC(max, bits)                                                                              \
    ATOMIC(min, bits)                                                                              \
    ATOMIC(umax, bits)                                                                             \
    ATOMIC(umin, bits)                                                                             \
    ATOMIC(cmpxchg, bits)
#define WIDE(name)  {"__nf_" #name, (void *)name},
#define ENTRY(name) {#name, library_##name},

static const helper helpers[] = {
    {"__emutls_get_address", (void *)nf_emutls_address},
    {"__nf_atomic_fence", (void *)atomic_fence},
    ATOMICS(8) ATOMICS(16) ATOMICS(32) ATOMICS(64) ATOMIC(fadd, 32) ATOMIC(fsub, 32)
        ATOMIC(fadd, 64) ATOMIC(fsub, 64) WIDE(udiv128) WIDE(urem128) WIDE(sdiv128) WIDE(srem128)
            WIDE(umul128) WIDE(smul128) WIDE(f64_to_s128) WIDE(f64_to_u128) WIDE(s128_to_f64)
                WIDE(s128_to_f32) WIDE(u128_to_f64) WIDE(u128_to_f32) LIBRARY(ENTRY)
                    NONSHARED(ENTRY)};

void *nf_helper_find(const char *name)
{
    for (size_t i = 0; i < sizeof helpers / sizeof *helpers; i++)
        if (strcmp(helpers[i].name, name) == 0) return helpers[i].address;
    return NULL;
}

/* Integers of odd widths, which C23 calls _BitInt. */
#include <stdio.h>

#define TRY(width)                                                                                 \
    static unsigned long long try_##width(long long x, long long y)                                \
    {                                                                                              \
        signed _BitInt(width) a = (signed _BitInt(width))x, b = (signed _BitInt(width))y;          \
        unsigned _BitInt(width) u = (unsigned _BitInt(width))x, v = (unsigned _BitInt(width))y;    \
        unsigned long long h = 0;                                                                  \
        h = h * 31 + (unsigned long long)(u + v);                                                  \
        h = h * 31 + (unsigned long long)(u - v);                                                  \
        h = h * 31 + (unsigned long long)(u * v);                                                  \
        h = h * 31 + (unsigned long long)(long long)(a & b);                                       \
        h = h * 31 + (unsigned long long)(long long)(a ^ b);                                       \
        h = h * 31 + (unsigned long long)(long long)~a;                                            \
        h = h * 31 + (unsigned long long)(long long)(a >> 2);                                      \
        h = h * 31 + (unsigned long long)(u >> 2) + (unsigned long long)(u << 1);                  \
        h = h * 31 + (a < b) + 2 * (u < v) + 4 * (a == b);                                         \
        if (v != 0) h = h * 31 + (unsigned long long)(u / v) + (unsigned long long)(u % v);        \
        if (b != 0 && b != -1) h = h * 31 + (unsigned long long)(long long)(a / b);                \
        h = h * 31 + (unsigned long long)(long long)(double)a;                                     \
        return h;                                                                                  \
    }

TRY(3)
TRY(7)
TRY(13)
TRY(24)
TRY(33)
TRY(48)
TRY(63)
TRY(65)
TRY(100)
TRY(127)

/* What calls it has variable arguments, so that LLVM compiles it, and relies on the sign. */
__attribute__((noinline)) static _BitInt(24) thrice(int x)
{
    return (_BitInt(24))(x * 3);
}

__attribute__((noinline)) static long far_call(int x, ...)
{
    return (long)thrice(x) + 1 + (thrice(x) < 0) * 1000;
}

int main(void)
{
    printf("%ld %ld\n", far_call(-1), far_call(5));
    static const long long values[] = {0, 1, -1, 3, 5, -6, 77, 12345, -54321, 0x7fffffff,
                                       0x123456789abcdef, -0x123456789abcdef};
    enum { COUNT = sizeof values / sizeof *values };
    for (int i = 0; i < COUNT; i++) {
        unsigned long long h = 0;
        for (int k = 0; k < COUNT; k++) {
            long long x = values[i], y = values[k];
            h = h * 7 + try_3(x, y) + try_7(x, y) + try_13(x, y) + try_24(x, y) + try_33(x, y);
            h = h * 7 + try_48(x, y) + try_63(x, y) + try_65(x, y) + try_100(x, y) + try_127(x, y);
        }
        printf("%llx\n", h);
    }
    return 0;
}

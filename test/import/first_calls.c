/* clang: -mavx */
/* First calls whose arguments, or the caller's values, are in registers that few functions use. */
#include <stdio.h>

typedef double four __attribute__((vector_size(32)));

__attribute__((noinline)) static four add(four a, four b)
{
    return a * 2 + b;
}

__attribute__((noinline, preserve_most)) static void count(long *calls)
{
    *calls += 1;
    __asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) static long keeps(long a, long b, long c, long d, long e, long g,
                                            long *calls)
{
    long x = a * b, y = c * d, z = e * g, w = a + g;
    count(calls);
    return x + y * 3 + z * 5 + w * 7 + a + b + c + d + e + g;
}

int main(int argc, char **argv)
{
    long calls = 0;
    four x = {argc, 2, 3, 4}, y = {5, 6, 7, 8 * argc}, sum = add(x, y);
    (void)argv;
    printf("%g %g %g %g\n", sum[0], sum[1], sum[2], sum[3]);
    for (int i = 0; i < 2; i++) printf("%ld\n", keeps(1 + argc, 2, 3, 4, 5, 6, &calls));
    printf("%ld\n", calls);
    return 0;
}

/* 128-bit integers, passed, shifted, divided and converted. */
#include <stdio.h>

typedef __int128 s128;
typedef unsigned __int128 u128;

static void show(const char *what, u128 n)
{
    printf("%s %016llx%016llx\n", what, (unsigned long long)(n >> 64), (unsigned long long)n);
}

static int compare(s128 a, s128 b) { return (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a > b); }
static int compare_unsigned(u128 a, u128 b) { return (a < b) + 2 * (a <= b) + 4 * (a != b); }

int main(void)
{
    volatile unsigned long long low = 0xfedcba9876543210, high = 0x0123456789abcdef;
    u128 a = (u128)high << 64 | low, b = (u128)low * high;
    s128 c = -(s128)a;
    show("a", a);
    show("b", b);
    show("c", (u128)c);
    show("sum", a + b);
    show("difference", a - b);
    show("product", a * b);
    show("quotient", b / 1000000007);
    show("remainder", b % a);
    show("signed quotient", (u128)(c / 12345));
    show("signed remainder", (u128)(c % 12345));
    for (volatile int i = 0; i < 128; i += 21) {
        show("shl", a << i);
        show("shr", a >> i);
        show("sar", (u128)(c >> i));
    }
    printf("%d %d %d\n", compare(c, (s128)a), compare((s128)a, (s128)a), compare_unsigned(a, b));
    printf("%.17g %.17g %.9g\n", (double)a, (double)c, (float)c);
    volatile double d = 1.5e30, n = -1.5e30;
    show("from double", (u128)d);
    show("from negative", (u128)(s128)n);
    u128 sum;
    printf("%d\n", __builtin_add_overflow((u128)-1, a, &sum));
    printf("%d\n", __builtin_mul_overflow(a, b, &sum));
    printf("%d %d\n", __builtin_popcountll(low), __builtin_clzll(high));
    return 0;
}

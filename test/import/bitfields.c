/* Bit fields, signed and unsigned, across words. */
#include <stdio.h>

struct bits {
    unsigned a : 3;
    int b : 5;
    unsigned long c : 33;
    signed char d : 4;
    unsigned e : 1;
    long long f : 47;
} __attribute__((packed));

struct flags { _Bool on : 1; unsigned mode : 2; int level : 6; };

static struct bits global = {5, -3, 0x1ffffffffUL, -8, 1, -123456789012LL};

int main(void)
{
    struct bits b = global;
    volatile struct flags f = {1, 2, -17};
    for (int i = 0; i < 10; i++) {
        b.a++;
        b.b += 3;
        b.c *= 3;
        b.d--;
        b.e = !b.e;
        b.f -= 1000000007;
        f.mode++;
        f.level += 5;
        printf("%u %d %lu %d %u %lld %d %u %d\n", b.a, b.b, (unsigned long)b.c, b.d, b.e,
               (long long)b.f, f.on, f.mode, f.level);
    }
    return b.a;
}

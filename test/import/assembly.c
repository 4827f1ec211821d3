/* Inline assembly and long double, which NIR leaves to LLVM. */
#include <stdio.h>

static unsigned add(unsigned a, unsigned b)
{
    __asm__("addl %1, %0" : "+r"(a) : "r"(b));
    return a;
}

static void barrier(void) { __asm__ volatile("" ::: "memory"); }

static long double half(long double a) { return a / 2; }

struct holder { long double value; int after; };
static struct holder held = {1.25L, 5};

int main(void)
{
    barrier();
    held.value = half(held.value);
    printf("%u %.4Lf %d\n", add(40, 2), held.value, held.after);
    return 0;
}

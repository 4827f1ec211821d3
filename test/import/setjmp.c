/* setjmp and longjmp, across functions. */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf place;

static int deep(int n)
{
    if (n == 0) longjmp(place, 7);
    return deep(n - 1) + 1;
}

int main(void)
{
    volatile int count = 0;
    int value = setjmp(place);
    count++;
    printf("%d %d\n", value, count);
    if (value == 0) printf("never %d\n", deep(10));
    if (count < 4) longjmp(place, count + 10);
    return count;
}

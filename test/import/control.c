/* Gotos, nested loops, short circuits, conditional operators, statics. */
#include <stdio.h>
#include <stdlib.h>

static int calls;
static int yes(int n) { calls += n; return 1; }
static int no(int n) { calls += 100 * n; return 0; }

static int counter(void)
{
    static int count = 5;
    static long steps[3] = {1, 10, 100};
    count += (int)steps[count % 3];
    return count;
}

static int find(int n)
{
    int i, k;
    for (i = 2; i < n; i++)
        for (k = 2; k < n; k++)
            if (i * k == n) goto found;
    return 0;
found:
    return i * 1000 + k;
}

static unsigned collatz(unsigned long n)
{
    unsigned steps = 0;
again:
    if (n == 1) return steps;
    n = n % 2 ? 3 * n + 1 : n / 2;
    steps++;
    goto again;
}

static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int is_odd(unsigned n);
static int is_even(unsigned n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(unsigned n) { return n == 0 ? 0 : is_even(n - 1); }

static void finish(void) { printf("at exit\n"); }

int main(int argc, char **argv)
{
    atexit(finish);
    printf("%d %d ", yes(1) && no(2) && yes(3), no(1) || yes(5) || no(7));
    printf("%d\n", calls);
    for (int i = 0; i < 5; i++) printf("%d ", counter());
    printf("%d %d %u %u\n", find(91), find(97), collatz(27), collatz(97));
    printf("%d %d\n", ackermann(2, 3), is_even(1000));
    int i = 0, sum = 0;
    do {
        if (i % 3 == 0) continue;
        if (i > 20) break;
        sum += i;
    } while (++i < 100 ? 1 : 0);
    while (i-- > 0) {
        int big = sum > 50 ? sum > 100 ? 3 : 2 : 1;
        sum += big;
    }
    printf("%d %d %d\n", sum, argc, argv[argc] == NULL);
    exit(sum & 0x7f);
}

/* Volatile accesses and signals. */
#include <signal.h>
#include <stdio.h>

static volatile sig_atomic_t caught;
static volatile int array[4] = {1, 2, 3, 4};

static void handler(int number) { caught = number; }

int main(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    volatile struct { char c; long l; } v = {'v', 77};
    int sum = 0;
    for (int i = 0; i < 4; i++) {
        array[i] += array[(i + 1) % 4];
        sum += array[i];
    }
    v.l -= sum;
    printf("%d %d %ld %c\n", caught == SIGUSR1, sum, v.l, v.c);
    return 0;
}

/* Switches: dense, sparse, on wide and narrow types, with fall-through. */
#include <stdio.h>

static int dense(int n)
{
    switch (n) {
    case 0: return 10;
    case 1: return 11;
    case 2: n += 5; /* fall through */
    case 3: return n;
    case 4:
    case 5: return 45;
    case 6: return 6;
    default: return -1;
    }
}

static const char *sparse(long n)
{
    switch (n) {
    case -1000000000000: return "minus";
    case 0: return "zero";
    case 1234567: return "some";
    case 0x7fffffffffffffff: return "most";
    }
    return "other";
}

static int narrow(signed char c)
{
    switch (c) {
    case -128: return 1;
    case 'a' ... 'z': return 2;
    case 127: return 3;
    }
    return 0;
}

static int wide(__int128 n)
{
    switch (n) {
    case 1: return 1;
    case (__int128)1 << 100: return 2;
    }
    return 3;
}

static int duff(const char *from, int count)
{
    int sum = 0, rounds = (count + 3) / 4;
    switch (count % 4) {
    case 0:
        do {
            sum = sum * 3 + *from++; /* fall through */
        case 3: sum = sum * 3 + *from++; /* fall through */
        case 2: sum = sum * 3 + *from++; /* fall through */
        case 1: sum = sum * 3 + *from++;
        } while (--rounds > 0);
    }
    return sum;
}

int main(void)
{
    for (int i = -1; i < 9; i++) printf("%d ", dense(i));
    printf("%s %s %s %s\n", sparse(0), sparse(-1000000000000), sparse(0x7fffffffffffffff), sparse(5));
    for (int i = -128; i < 128; i += 15) printf("%d ", narrow((signed char)i));
    printf("%d %d %d\n", wide(1), wide((__int128)1 << 100), wide(0));
    printf("%d %d\n", duff("hello, world", 11), duff("hello, world", 8));
    return dense(2);
}

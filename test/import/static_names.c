/* Static functions and data with the names of the library's, whose headers are not included. */
int printf(const char *format, ...);

#define NAMED __attribute__((noinline)) static

NAMED double round(double x) { return x * 100; }
NAMED double floor(double x) { return x * 3; }
NAMED double fabs(double x) { return x * 5; }
NAMED int abs(int x) { return x * 7; }
NAMED int isdigit(int c) { return c * 9; }
NAMED unsigned long strlen(const char *s) { return (unsigned long)s[0]; }
NAMED double pow(double a, double b) { return a + b; }
NAMED int memcmp(const void *a, const void *b, unsigned long n) { return a != b ? 77 : (int)n; }

static long pool[8], used;
NAMED void *malloc(unsigned long n)
{
    used += (long)n;
    return pool;
}

__attribute__((noinline)) static void work(int x)
{
    printf("%g %g %g\n", round(x * 2.5), floor(x * 2.5), fabs(-x * 2.5));
    printf("%d %d %lu\n", abs(-x), isdigit('0' + x), strlen("abc"));
    printf("%g %d %d\n", pow(x, 2), memcmp("ab", "cd", 2), malloc(8) == pool);
}

int main(int argc, char **argv)
{
    (void)argv;
    for (int i = 0; i < 3; i++) work(argc + i);
    printf("%ld\n", used);
    return 0;
}

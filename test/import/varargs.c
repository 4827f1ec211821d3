/* Calls with many arguments of all kinds, and a function of our own that takes any number. */
#include <stdarg.h>
#include <stdio.h>

static long sum(int count, ...)
{
    va_list list;
    long total = 0;
    va_start(list, count);
    for (int i = 0; i < count; i++) total += va_arg(list, int);
    va_end(list);
    return total;
}

static void log_to(char *out, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    vsprintf(out, format, list);
    vprintf(format, again);
    va_end(again);
    va_end(list);
}

static double average(const char *kinds, va_list list)
{
    double total = 0;
    int count = 0;
    for (; *kinds; kinds++, count++) total += *kinds == 'd' ? va_arg(list, double) : va_arg(list, int);
    return total / count;
}

static double average_of(const char *kinds, ...)
{
    va_list list;
    va_start(list, kinds);
    double result = average(kinds, list);
    va_end(list);
    return result;
}

int main(void)
{
    char out[100];
    short s = -3;
    unsigned char c = 200;
    float f = 1.25f;
    printf("%d %u %hd %hhu %f %s %p\n", 1, 2u, s, c, f, "text", (void *)0);
    printf("%d %d %d %d %d %d %d %d %f %f %f %f %f %f %f %f %f %f\n", 1, 2, 3, 4, 5, 6, 7, 8, 1.0, 2.0,
           3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0);
    printf("%ld\n", sum(10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    log_to(out, "%s-%d-%.1f\n", "log", 5, 2.5);
    printf("%s%.3f\n", out, average_of("didi", 1.5, 2, 3.5, 4));
    return 0;
}

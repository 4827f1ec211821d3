/* clang: -g */
/* With debug information, in functions that only LLVM compiles and in others. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct record {
    int kind;
    char text[20];
};

__attribute__((noinline)) static int sum(int count, ...)
{
    va_list list;
    int all = 0;
    va_start(list, count);
    for (int i = 0; i < count; i++) all += va_arg(list, int);
    va_end(list);
    return all;
}

__attribute__((noinline)) static void show(const struct record *r)
{
    printf("%d %s\n", r->kind, r->text);
}

int main(int argc, char **argv)
{
    struct record r;
    memset(&r, 0, sizeof r);
    strcpy(r.text, argv[argc - 1]);
    r.kind = sum(3, argc, 2, 3);
    __asm__ volatile("" : : : "memory");
    show(&r);
    return 0;
}

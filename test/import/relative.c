/* Constant tables of addresses: clang -O1 and higher keep them as distances. */
#include <stdio.h>

static const char *name_of(unsigned kind)
{
    static const char *const names[] = {"none", "one", "some", "many", "all"};
    return kind < sizeof names / sizeof *names ? names[kind] : "?";
}

static const char *end_of(int number)
{
    switch (number % 10) {
    case 1: return "st";
    case 2: return "nd";
    case 3: return "rd";
    case 7: return "th (lucky)";
    default: return "th";
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    for (int i = argc - 1; i < 10; i++) printf("%d%s %s\n", i, end_of(i), name_of((unsigned)i));
    return 0;
}

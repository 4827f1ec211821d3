/* Initialisers of every kind, and what is defined elsewhere in the file. */
#include <stddef.h>
#include <stdio.h>

struct inner { char c; short s[3]; };
struct outer { struct inner in[2]; const char *name; double d; union { int i; char text[8]; } u; };

static struct outer table[3] = {
    [1] = {.in = {{'a', {1, 2, 3}}, {.s = {[2] = 9}}}, .name = "middle", .d = -0.5, .u = {.i = 77}},
    [2] = {.name = "last" + 1, .u = {.text = "union"}},
};
static struct list { int value; struct list *next; } third = {3, NULL}, second = {2, &third},
                                                     first = {1, &second};
static int *const end = &table[1].u.i + 1;
static size_t offsets[] = {offsetof(struct outer, name), sizeof(struct outer)};
static char text[10] = "short", *const at = text + 3;
static long numbers[100] = {1, 2, [50] = 50, [99] = -1};
static float single = 0.1f;
static _Bool truth = 1;
int tentative;
extern int later;
static int *to_later = &later;
int later = 12;
static _Alignas(128) char aligned[3] = {1, 2, 3};
__attribute__((weak)) int weak_value = 4;
extern int weak_missing(void) __attribute__((weak));
static int hidden(void) { return 31; }
int alias(void) __attribute__((alias("hidden")));
static int order;
__attribute__((constructor(200))) static void later_constructor(void) { order = order * 10 + 2; }
static int words_given; /* glibc's way to call them */
__attribute__((constructor(101))) static void early_constructor(int argc, char **argv, char **envp)
{
    order = order * 10 + 1;
    words_given = argc == 3 && argv[argc] == 0 && envp != 0 ? argc + argv[2][0] : -1;
}
__attribute__((destructor)) static void at_the_end(void) { puts("end"); }

int main(void)
{
    printf("%d words\n", words_given);
    struct outer local = {.d = 2.5, .in = {{.c = 'q'}}};
    const int powers[] = {1, 10, 100, 1000};
    int sum = 0;
    for (struct list *l = &first; l; l = l->next) sum = sum * 10 + l->value;
    printf("%d %c %d %s %s %s\n", sum, table[1].in[0].c, table[1].in[1].s[2], table[1].name,
           table[2].name, table[2].u.text);
    printf("%d %zu %zu %c %ld %ld %.9g %d\n", (int)(end - &table[1].u.i), offsets[0], offsets[1], *at,
           numbers[50], numbers[99], single, truth);
    printf("%d %d %d %d %d\n", tentative, *to_later, (int)((size_t)aligned % 128), weak_value,
           weak_missing != NULL);
    printf("%.1f %c %d %d %d %d\n", local.d, local.in[0].c, local.in[1].c, powers[3], alias(), order);
    return 0;
}

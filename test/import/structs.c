/* Structures of every class of the ABI as arguments and results. */
#include <stdio.h>

struct one { char c; };
struct two { int a, b; };
struct mixed { int a; double d; };
struct floats { float x, y; };
struct floats3 { float x, y, z; };
struct pair { long a, b; };
struct doubles { double x, y; };
struct large { long words[5]; };
struct odd { char text[3]; };
struct nested { struct two t; struct one o; };
union number { int i; float f; char bytes[4]; };

static struct one one_next(struct one o) { return (struct one){(char)(o.c + 1)}; }
static struct two two_swap(struct two t) { return (struct two){t.b, t.a}; }
static struct mixed mixed_add(struct mixed m, int a, double d)
{
    m.a += a;
    m.d += d;
    return m;
}
static struct floats floats_add(struct floats a, struct floats b)
{
    return (struct floats){a.x + b.x, a.y + b.y};
}
static struct floats3 floats3_scale(struct floats3 a, float by)
{
    return (struct floats3){a.x * by, a.y * by, a.z * by};
}
static struct pair pair_make(long a, long b) { return (struct pair){a, b}; }
static struct doubles doubles_make(double x) { return (struct doubles){x, -x}; }
static struct large large_make(struct large l, long by)
{
    for (int i = 0; i < 5; i++) l.words[i] *= by;
    return l;
}
static struct odd odd_turn(struct odd o) { return (struct odd){{o.text[2], o.text[1], o.text[0]}}; }
static long many(int a, struct large l, double d, struct two t, int b, int c, int e, int f, int g,
                 struct large m)
{
    return a + l.words[1] + (long)d + t.a + t.b + b + c + e + f + g + m.words[4];
}

int main(void)
{
    struct large l = {{1, 2, 3, 4, 5}};
    printf("%c\n", one_next((struct one){'a'}).c);
    printf("%d %d\n", two_swap((struct two){1, 2}).a, two_swap((struct two){1, 2}).b);
    struct mixed m = mixed_add((struct mixed){1, 2.5}, 3, 4.25);
    printf("%d %.2f\n", m.a, m.d);
    struct floats f = floats_add((struct floats){1, 2}, (struct floats){0.5f, 0.25f});
    printf("%.2f %.2f\n", f.x, f.y);
    struct floats3 f3 = floats3_scale((struct floats3){1, 2, 3}, 1.5f);
    printf("%.2f %.2f %.2f\n", f3.x, f3.y, f3.z);
    struct pair p = pair_make(7, -7);
    struct doubles d = doubles_make(0.5);
    printf("%ld %ld %.1f %.1f\n", p.a, p.b, d.x, d.y);
    l = large_make(l, 3);
    printf("%ld %ld\n", l.words[0], l.words[4]);
    printf("%.3s\n", odd_turn((struct odd){"abc"}).text);
    printf("%ld\n", many(1, l, 2.5, (struct two){3, 4}, 5, 6, 7, 8, 9, l));
    union number n = {.f = 1.5f};
    printf("%x %d\n", n.i, n.bytes[3]);
    struct nested x = {{1, 2}, {'z'}}, y = x;
    y.t.a = 9;
    printf("%d %d %c\n", x.t.a, y.t.a, y.o.c);
    return 0;
}

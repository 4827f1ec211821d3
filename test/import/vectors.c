/* Vectors as GCC has them. */
#include <stdio.h>

typedef int v4i __attribute__((vector_size(16)));
typedef float v4f __attribute__((vector_size(16)));
typedef unsigned char v16c __attribute__((vector_size(16)));
typedef double v2d __attribute__((vector_size(16)));
typedef short v4s __attribute__((vector_size(8)));
typedef float v2f __attribute__((vector_size(8)));

static v4i global = {1, -2, 3, -4};

static void show(const v4i *v) { printf("%d %d %d %d\n", (*v)[0], (*v)[1], (*v)[2], (*v)[3]); }

static v2f halves(v2f a, v2f b) { return (a + b) / 2; }
static v4s shorts(v4s a, v4s b) { return a * b - 1; }

int main(void)
{
    v4i a = {5, 6, 7, 8}, b = global;
    v4i sum = a + b, product = a * b, shifted = a << 2, less = a < b * 6, logic = (a & b) | ~a;
    show(&sum);
    show(&product);
    show(&shifted);
    show(&less);
    show(&logic);
    v4f f = __builtin_convertvector(a, v4f) / 3.0f;
    printf("%.5f %.5f %.5f %.5f\n", f[0], f[1], f[2], f[3]);
    v4i shuffled = __builtin_shufflevector(a, b, 0, 5, 2, 7);
    show(&shuffled);
    v16c bytes = (v16c)a;
    int total = 0;
    for (volatile int i = 0; i < 16; i++) {
        bytes[i] += (unsigned char)i;
        total += bytes[i];
    }
    v2d d = {1.5, -2.5};
    d = d * d + 1;
    printf("%d %.2f %.2f\n", total, d[0], d[1]);
    v2f h = halves((v2f){1, 2}, (v2f){3, 5});
    v4s s = shorts((v4s){1, 2, 3, 4}, (v4s){10, 20, 30, -40});
    printf("%.2f %.2f %d %d %d %d\n", h[0], h[1], s[0], s[1], s[2], s[3]);
    v4i mask = a > 6, chosen = (a & mask) | (b & ~mask);
    show(&chosen);
    printf("%d %d\n", __builtin_reduce_add(a), __builtin_reduce_max(b));
    return 0;
}

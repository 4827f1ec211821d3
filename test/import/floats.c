/* Floating point: arithmetic, comparisons with NaNs, conversions, libm. */
#include <math.h>
#include <stdio.h>

static const double values[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1e300, -1e-300, 4.9e-324, 3.7, -2.5};

static int relations(double a, double b)
{
    return (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a > b) << 4 | (a >= b) << 5 |
           !!isunordered(a, b) << 6 | !(a < b) << 7 | !!islessgreater(a, b) << 8;
}

int main(void)
{
    enum { COUNT = sizeof values / sizeof *values };
    volatile double zero = 0;
    double nan = zero / zero, infinity = 1 / zero;
    for (int i = 0; i < COUNT; i++) {
        volatile double a = values[i];
        volatile float f = (float)a;
        printf("%.17g %.17g %.17g %.17g\n", a + 0.3, a * 1.1, a - 7, 1 / a);
        printf("%.9g %.9g %d\n", f + 0.3f, f * 1.1f, (int)(f < 1e9f && f > -1e9f ? f : 0));
        printf("%.17g %.17g %.17g %.17g\n", floor(a), ceil(a), trunc(a), round(a));
        printf("%.17g %.17g %.17g\n", rint(a), fabs(a), copysign(3, a));
        printf("%.17g %.17g\n", fmin(a, 0.5), fmax(a, nan));
        printf("%d %d %d %d\n", !!isnan(a), !!isinf(a), !!isfinite(a), !!signbit(a));
        for (int k = 0; k < COUNT; k++) printf("%d ", relations(a, values[k]));
        printf("%d %d\n", relations(a, nan), relations(infinity, a));
    }
    printf("%.15g %.15g %.15g %.15g\n", sin(1), cos(1), exp(1.5), log(10));
    printf("%.15g %.15g %.15g\n", pow(2, 0.5), sqrt(2), fmod(10, 3.3));
    volatile unsigned u = 4000000000u;
    volatile unsigned long ul = 18000000000000000000ul;
    volatile long l = -9007199254740993;
    printf("%.17g %.17g %.17g %.9g\n", (double)u, (double)ul, (double)l, (float)ul);
    volatile double big = 1.8e19, small = -1.9;
    printf("%lu %d %u %d\n", (unsigned long)big, (int)small, (unsigned)3e9, (signed char)small);
    printf("%.17g\n", fma(1.0 + 1e-9, 1.0 - 1e-9, -1.0));
    return isnan(nan) ? 3 : 4;
}

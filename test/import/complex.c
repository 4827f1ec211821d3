/* Complex numbers. */
#include <complex.h>
#include <stdio.h>

static double complex square(double complex z) { return z * z; }
static float complex third(float complex z) { return z / 3; }

int main(void)
{
    double complex z = 1.5 + 2.0 * I, w = square(z) + conj(z);
    float complex f = third(3 + 6 * I);
    for (int i = 0; i < 5; i++) w = w / 2 + z;
    printf("%.6f %.6f %.3f %.3f %.6f\n", creal(w), cimag(w), crealf(f), cimagf(f), cabs(z));
    return 0;
}

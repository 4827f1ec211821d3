/* Loops that clang vectorises, unrolls and rotates at -O2 and -O3. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { N = 1003 };
static int32_t a[N], b[N], c[N];
static uint8_t bytes[N];
static double reals[N];
static float singles[N];
static int16_t shorts[N];

static int64_t dot(const int32_t *x, const int32_t *y, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++) sum += (int64_t)x[i] * y[i];
    return sum;
}

static int smallest(const int32_t *x, int n)
{
    int least = x[0];
    for (int i = 1; i < n; i++) least = x[i] < least ? x[i] : least;
    return least;
}

static int count_if(const uint8_t *x, int n, uint8_t what)
{
    int count = 0;
    for (int i = 0; i < n; i++) count += x[i] == what;
    return count;
}

static void prefix(int32_t *restrict to, const int32_t *restrict from, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) to[i] = sum += from[i];
}

static void strided(int32_t *x, int n, int step)
{
    for (int i = 0; i < n; i += step) x[i] = x[i] * 3 + i;
}

static void clamp(int16_t *x, const int32_t *y, int n)
{
    for (int i = 0; i < n; i++) x[i] = (int16_t)(y[i] > 32767 ? 32767 : y[i] < -32768 ? -32768 : y[i]);
}

int main(void)
{
    for (int i = 0; i < N; i++) {
        a[i] = i * 7919 % 1009 - 500;
        b[i] = i * i % 777;
        bytes[i] = (uint8_t)(i * 31);
        reals[i] = i / 8.0;
        singles[i] = (float)i / 4;
    }
    printf("%lld %d %d\n", (long long)dot(a, b, N), smallest(a, N), count_if(bytes, N, 31));
    prefix(c, a, N);
    strided(c, N, 3);
    for (int i = 0; i < N; i++) c[i] = a[i] > 0 ? b[i] + c[i] : c[i] ^ b[i];
    clamp(shorts, c, N);
    for (int i = 0; i < N; i++) bytes[i] = (uint8_t)(bytes[i] ^ (bytes[i] >> 3));
    double sum = 0;
    for (int i = 0; i < N; i++) sum += reals[i] * 0.5;
    float most = singles[0];
    for (int i = 0; i < N; i++) most = singles[i] > most ? singles[i] : most;
    uint64_t hash = 0;
    for (int i = 0; i < N; i++) hash = hash * 31 + (uint32_t)c[i] + (uint16_t)shorts[i] + bytes[i];
    printf("%.4f %.2f %llx\n", sum, most, (unsigned long long)hash);
    memset(c, 0, sizeof c);
    for (int k = 0; k < 10; k++)
        for (int i = k; i < N - k; i++) c[i] += a[i - k] * (k + 1) + a[i + k];
    for (int i = 0; i < N; i++) hash = hash * 31 + (uint32_t)c[i];
    printf("%llx\n", (unsigned long long)hash);
    return 0;
}

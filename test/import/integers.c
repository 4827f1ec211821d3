/* Integer arithmetic of every width, at its limits. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

static const int64_t values[] = {0, 1, -1, 2, 7, -7, 100, 127, -128, 255, 32767, -32768, 65535,
                                 INT_MAX, INT_MIN, UINT_MAX, INT64_MAX, INT64_MIN, 0x123456789abcdef};

#define OPERATIONS(type)                                                                           \
    static void type##_all(void)                                                                   \
    {                                                                                              \
        uint64_t hash = 0;                                                                         \
        for (unsigned i = 0; i < sizeof values / sizeof *values; i++)                              \
            for (unsigned k = 0; k < sizeof values / sizeof *values; k++) {                        \
                volatile type a = (type)values[i], b = (type)values[k];                            \
                type all[] = {(type)((uint64_t)a + (uint64_t)b), (type)((uint64_t)a - (uint64_t)b), \
                              (type)((uint64_t)a * (uint64_t)b), (type)(a & b), (type)(a | b),     \
                              (type)(a ^ b), (type)(a >> (b & 7)),                                 \
                              (type)((uint64_t)a << (b & 7)),                                      \
                              (type)(a < b), (type)(a <= b), (type)(a == b), (type)~a, (type)!a};  \
                for (unsigned m = 0; m < sizeof all / sizeof *all; m++)                            \
                    hash = hash * 31 + (uint64_t)all[m];                                           \
                if (b != 0 && b != (type)-1)                                                       \
                    hash = hash * 31 + (uint64_t)(type)(a / b) + (uint64_t)(type)(a % b);          \
            }                                                                                      \
        printf(#type " %llx\n", (unsigned long long)hash);                                         \
    }

OPERATIONS(int8_t)
OPERATIONS(uint8_t)
OPERATIONS(int16_t)
OPERATIONS(uint16_t)
OPERATIONS(int32_t)
OPERATIONS(uint32_t)
OPERATIONS(int64_t)
OPERATIONS(uint64_t)

int main(void)
{
    int8_t_all();
    uint8_t_all();
    int16_t_all();
    uint16_t_all();
    int32_t_all();
    uint32_t_all();
    int64_t_all();
    uint64_t_all();
    return 0;
}

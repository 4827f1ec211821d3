/* The compiler's built-in functions on bits and overflow. */
#include <stdint.h>
#include <stdio.h>

static uint32_t rotate(uint32_t a, unsigned by) { return a << (by & 31) | a >> (-by & 31); }

int main(void)
{
    static const uint64_t values[] = {0x123456789abcdef0, 1, 0x8000000000000000, 0xffffffffffffffff, 240};
    for (int i = 0; i < 5; i++) {
        volatile uint64_t v = values[i];
        uint64_t a = v;
        printf("%d %d %d %d\n", __builtin_popcountll(a), __builtin_clzll(a), __builtin_ctzll(a),
               __builtin_parityll(a));
        printf("%x %x %llx\n", __builtin_bswap16((uint16_t)a), __builtin_bswap32((uint32_t)a),
               (unsigned long long)__builtin_bswap64(a));
        printf("%x %x %x %llx\n", __builtin_bitreverse8((uint8_t)a),
               __builtin_bitreverse16((uint16_t)a), __builtin_bitreverse32((uint32_t)a),
               (unsigned long long)__builtin_bitreverse64(a));
        printf("%x %d %d\n", rotate((uint32_t)a, i * 7), __builtin_ffsll((long long)a),
               __builtin_clrsbll((long long)a));
        int32_t r32;
        int64_t r64;
        uint8_t r8;
        int o1 = __builtin_add_overflow((int32_t)a, 0x70000000, &r32);
        int o2 = __builtin_mul_overflow((int64_t)a, 3, &r64);
        int o3 = __builtin_sub_overflow((uint8_t)a, (uint8_t)17, &r8);
        printf("%d %d %d %lld %d %u\n", o1, r32, o2, (long long)r64, o3, r8);
        printf("%llx %llx\n", (unsigned long long)__builtin_rotateleft64(a, 13),
               (unsigned long long)__builtin_rotateright64(a, 5));
        printf("%d %d\n", __builtin_elementwise_add_sat((int8_t)a, (int8_t)100),
               __builtin_elementwise_sub_sat((uint8_t)a, (uint8_t)100));
        printf("%d\n", __builtin_expect(a > 5, 1) ? __builtin_abs(-(int)(a & 0xff)) : 0);
    }
    char buffer[20];
    printf("%zu %d\n", __builtin_object_size(buffer, 0), __builtin_constant_p(3));
    return 0;
}

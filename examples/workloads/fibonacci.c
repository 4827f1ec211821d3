/*
 * Fibonacci numbers by their definition: fib(n) = fib(n - 1) + fib(n - 2).
 *
 * Hot: fibonacci(), which does nothing but call itself, 2 fib(n + 1) - 1 times in all. What is
 * measured is the price of a call, and what a compiler can save of it by inlining.
 *
 * The answer is known by counting up from fib(0) and fib(1), which takes n additions.
 */
#include "workload.h"

const struct workload_info workload_info = {
    .name = "fibonacci",
    .size_meaning = "index of the number",
    .size = 27,
    .size_max = 60,
};

static uint64_t fibonacci(uint64_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

uint64_t workload(uint64_t size)
{
    return fibonacci(size);
}

bool workload_check(uint64_t size, uint64_t checksum)
{
    uint64_t number = 0, next = 1;
    for (uint64_t i = 0; i < size; i++) {
        uint64_t sum = number + next;
        number = next;
        next = sum;
    }
    return checksum == number;
}

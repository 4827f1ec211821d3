/* Atomic operations of every size, from several threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int counter;
static _Atomic long total;
static _Atomic unsigned char small = 250;
static _Atomic short medium = -5;
static _Atomic double real = 0.5;
static atomic_flag lock = ATOMIC_FLAG_INIT;
static int guarded;

static void *work(void *context)
{
    long n = (long)context;
    for (int i = 0; i < 1000; i++) {
        atomic_fetch_add(&counter, 1);
        total += n;
        while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {}
        guarded++;
        atomic_flag_clear_explicit(&lock, memory_order_release);
    }
    return (void *)(n * 2);
}

int main(void)
{
    enum { THREADS = 3 };
    pthread_t threads[THREADS];
    long results = 0;
    for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        results += (long)result;
    }
    printf("%d %ld %d %ld\n", counter, total, guarded, results);
    printf("%d %d\n", atomic_fetch_or(&small, 5), small);
    printf("%d %d\n", atomic_fetch_sub(&medium, 7), medium);
    printf("%d %d\n", atomic_exchange(&counter, 9), counter);
    int expected = 9;
    int swapped = atomic_compare_exchange_strong(&counter, &expected, 11);
    int again = atomic_compare_exchange_strong(&counter, &expected, 12);
    printf("%d %d %d %d\n", swapped, again, expected, counter);
    real += 1.25;
    small ^= 0xff;
    printf("%.2f %d %ld\n", real, small, atomic_fetch_and(&total, 0xff));
    atomic_thread_fence(memory_order_seq_cst);
    long plain = 5;
    __atomic_fetch_max(&plain, 1000, __ATOMIC_RELAXED);
    printf("%ld %ld\n", plain, __atomic_fetch_nand(&plain, 3, __ATOMIC_RELAXED));
    return 0;
}

/* Thread-local variables. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local int number = 42;
_Thread_local char text[32] = "first";
static _Thread_local struct { long a; double d; } zeroed;
static _Thread_local _Alignas(64) char aligned[10];
static _Thread_local int *pointer;

static void *work(void *context)
{
    number += *(int *)context;
    snprintf(text, sizeof text, "thread %d", number);
    zeroed.a += number;
    zeroed.d += 0.5;
    pointer = &number;
    char *result = malloc(100);
    snprintf(result, 100, "%d %s %ld %.1f %d %d", number, text, zeroed.a, zeroed.d, *pointer,
             (int)((unsigned long)aligned % 64));
    return result;
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *result;
        int argument = i * 10;
        pthread_create(&thread, NULL, work, &argument);
        pthread_join(thread, &result);
        puts(result);
        free(result);
    }
    int argument = 1;
    char *result = work(&argument);
    puts(result);
    free(result);
    printf("%d %s\n", number, text);
    return 0;
}

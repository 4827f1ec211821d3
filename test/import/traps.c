/* A program that ends by a signal. */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    (void)argv;
    printf("before\n");
    fflush(stdout);
    if (argc > 0) abort();
    __builtin_trap();
}

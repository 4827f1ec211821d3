/* Addresses of labels, which only compiled code has. */
#include <stdio.h>

static int run(const unsigned char *code)
{
    static const void *const table[] = {&&stop, &&push, &&add, &&mul};
    int stack[16], top = 0;
    goto *table[*code++];
push:
    stack[top++] = *code++;
    goto *table[*code++];
add:
    top--;
    stack[top - 1] += stack[top];
    goto *table[*code++];
mul:
    top--;
    stack[top - 1] *= stack[top];
    goto *table[*code++];
stop:
    return stack[0];
}

int main(void)
{
    static const unsigned char code[] = {1, 6, 1, 4, 2, 1, 5, 3, 0};
    printf("%d\n", run(code));
    return 0;
}

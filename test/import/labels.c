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

/* Its table is not said to be constant, and others see it. */
static void *const *direct(void *const *code, int *left)
{
    static void *table[] = {&&stop, &&less};
    if (code == NULL) return table;
    goto **code++;
less:
    --*left;
    goto **code++;
stop:
    return code;
}

int main(void)
{
    static const unsigned char code[] = {1, 6, 1, 4, 2, 1, 5, 3, 0};
    void *const *table = direct(NULL, NULL);
    void *threaded[] = {table[1], table[1], table[0]};
    int left = 44;
    printf("%d\n", run(code));
    printf("%d %d\n", direct(threaded, &left) == threaded + 3, left);
    return 0;
}

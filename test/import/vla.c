/* Arrays of variable length and alloca, which NIR leaves to LLVM. */
#include <alloca.h>
#include <stdio.h>
#include <string.h>

static int sum(int n, int values[n])
{
    int total = 0;
    for (int i = 0; i < n; i++) total += values[i];
    return total;
}

static int squares(int n)
{
    int values[n];
    for (int i = 0; i < n; i++) values[i] = i * i;
    return sum(n, values);
}

static int table(int rows, int columns)
{
    int cells[rows][columns], total = 0;
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < columns; k++) cells[i][k] = i * k;
    for (int i = 0; i < rows; i++) total += sum(columns, cells[i]);
    return total + (int)sizeof cells;
}

int main(void)
{
    for (int i = 1; i < 6; i++) printf("%d %d\n", squares(i * 3), table(i, 7 - i));
    char *text = alloca(20);
    strcpy(text, "on the stack");
    puts(text);
    return 0;
}

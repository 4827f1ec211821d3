/* Pointers to functions and data, tables of them, recursion through them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int binary(int, int);
static int add(int a, int b) { return a + b; }
static int sub(int a, int b) { return a - b; }
static int mul(int a, int b) { return a * b; }
static int old_style();

struct operation { const char *name; binary *run; const struct operation *next; };
static const struct operation operations[] = {
    {"add", add, &operations[1]}, {"sub", sub, &operations[2]}, {"mul", mul, NULL}};
static binary *chosen = mul;
static const char *const names[] = {"one", "two", "three"};
static const char *second = &"abcdef"[2];
static int grid[3][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
static int (*row)[4] = &grid[1];
static int *const inside = &grid[2][1];

static int old_style(a, b) int a, b; { return a * 10 + b; }

static int by_length(const void *a, const void *b)
{
    size_t x = strlen(*(const char *const *)a), y = strlen(*(const char *const *)b);
    return x < y ? -1 : x > y ? 1 : strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int descending(const void *a, const void *b) { return *(const int *)b - *(const int *)a; }

struct node { int key; struct node *left, *right; };
static struct node *insert(struct node *tree, int key)
{
    if (tree == NULL) {
        tree = calloc(1, sizeof *tree);
        tree->key = key;
    } else if (key < tree->key) {
        tree->left = insert(tree->left, key);
    } else {
        tree->right = insert(tree->right, key);
    }
    return tree;
}

static void walk(const struct node *tree, void (*visit)(int, void *), void *context)
{
    if (tree == NULL) return;
    walk(tree->left, visit, context);
    visit(tree->key, context);
    walk(tree->right, visit, context);
}

static void print_key(int key, void *context)
{
    printf("%d%s", key, (const char *)context);
}

int main(void)
{
    for (const struct operation *o = operations; o; o = o->next)
        printf("%s %d\n", o->name, o->run(7, 3));
    printf("%d %s %s\n", chosen(5, 6), names[1], second);
    printf("%d %d %d\n", (*row)[2], *inside, (int)(inside - grid[0]));
    printf("%d\n", old_style(4, 2));
    const char *words[] = {"pear", "fig", "banana", "apple", "kiwi"};
    qsort(words, 5, sizeof *words, by_length);
    for (int i = 0; i < 5; i++) printf("%s ", words[i]);
    int numbers[] = {3, 1, 4, 1, 5, 9, 2, 6};
    qsort(numbers, 8, sizeof *numbers, descending);
    for (int i = 0; i < 8; i++) printf("%d ", numbers[i]);
    struct node *tree = NULL;
    for (int i = 0; i < 10; i++) tree = insert(tree, i * 7 % 10);
    walk(tree, print_key, ",");
    int found = 4, *at = bsearch(&found, numbers, 8, sizeof *numbers, descending);
    printf(" %d %d\n", (int)(at - numbers), add == operations[0].run);
    return 0;
}

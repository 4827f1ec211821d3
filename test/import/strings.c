/* Strings and memory: C's own functions and loops. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[64] = "static";
static wchar_t wide[] = L"wide";

static void reverse(char *text)
{
    for (size_t i = 0, n = strlen(text); i < n / 2; i++) {
        char c = text[i];
        text[i] = text[n - 1 - i];
        text[n - 1 - i] = c;
    }
}

static unsigned long hash(const char *text)
{
    unsigned long h = 5381;
    while (*text) h = h * 33 + (unsigned char)*text++;
    return h;
}

int main(void)
{
    char local[] = "a local string", copy[40], big[300];
    memset(copy, 'x', sizeof copy);
    strcpy(copy, local);
    reverse(copy);
    printf("%s|%s|%lu\n", copy, buffer, hash(local));
    strncat(buffer, " text", sizeof buffer - strlen(buffer) - 1);
    for (char *c = buffer; *c; c++) *c = (char)toupper(*c);
    puts(buffer);
    memset(big, 0, sizeof big);
    memmove(big + 3, "overlap", 8);
    memmove(big, big + 1, 10);
    printf("%d %s %d\n", big[0], big + 2, memcmp("abc", "abd", 3) < 0);
    snprintf(big, sizeof big, "%5d|%-5s|%05.1f|%c|%x|%lld|%zu", 42, "ab", 3.14159, 'c', 255, -1LL,
             sizeof big);
    puts(big);
    char list[] = "one,two,,three";
    for (char *part = strtok(list, ","); part; part = strtok(NULL, ",")) printf("<%s>", part);
    printf(" %ld %g %d\n", strtol("123abc", NULL, 10), strtod("2.5e3", NULL), (int)wide[2]);
    char *made = malloc(10);
    strcpy(made, "heap");
    made = realloc(made, 1000);
    strcat(made, "ed");
    puts(made);
    free(made);
    return (int)strcspn("hello", "l");
}

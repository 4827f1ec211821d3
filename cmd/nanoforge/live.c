/* The live line. Without glibc's fopencookie() the program's output would run into it. */
#include "live.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_USUAL = 80, COLUMNS_MAX = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool on, shown, within_line;
static FILE *program_output, *real_output;

static void erase(void)
{
    if (shown) fputs("\r\033[K", stderr);
    shown = false;
}

static ssize_t output_write(void *cookie, const char *bytes, size_t size)
{
    (void)cookie;
    pthread_mutex_lock(&lock);
    erase();
    ssize_t written = write(STDOUT_FILENO, bytes, size);
    if (written > 0) within_line = bytes[written - 1] != '\n';
    pthread_mutex_unlock(&lock);
    return written;
}

/* Standard output as a terminal has it, by the line; programs find it by the name `stdout`. */
static void output_take(void)
{
    const cookie_io_functions_t functions = {.write = output_write};
    program_output = fopencookie(NULL, "w", functions);
    if (program_output == NULL) return;
    setvbuf(program_output, NULL, _IOLBF, BUFSIZ);
    real_output = stdout;
    stdout = program_output;
}

void live_start(void)
{
    const char *terminal = getenv("TERM");
    if (!isatty(STDERR_FILENO) || terminal == NULL || strcmp(terminal, "dumb") == 0) return;
    fflush(stdout);
    if (isatty(STDOUT_FILENO)) output_take();
    on = true;
}

static size_t columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return COLUMNS_USUAL;
    return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

void live_show(const char *format, ...)
{
    char text[COLUMNS_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, columns(), format, list); /* one column less than there is, for the NUL */
    va_end(list);
    pthread_mutex_lock(&lock);
    if (on && !within_line) {
        erase();
        fputs(text, stderr);
        fflush(stderr);
        shown = true;
    }
    pthread_mutex_unlock(&lock);
}

void live_say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    pthread_mutex_lock(&lock);
    erase();
    if (on && within_line) fputc('\n', stderr);
    within_line = false;
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    pthread_mutex_unlock(&lock);
    va_end(list);
}

void live_end(void)
{
    fflush(stdout);
    pthread_mutex_lock(&lock);
    erase();
    on = false;
    if (real_output) stdout = real_output; /* the other stream stays: the program may hold it */
    real_output = NULL;
    pthread_mutex_unlock(&lock);
}

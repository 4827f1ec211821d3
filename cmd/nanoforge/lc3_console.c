/*
 * The console of an LC-3: keys from a file, a terminal or a pipe, and buffered output.
 *
 * A terminal is put in a mode without lines and echo while the console is open. Whatever ends the
 * process puts it back: the end of the console, exit(), and the signals of the table, whose handler
 * does nothing that a handler may not (tcsetattr and raise are async-signal-safe, POSIX.1). A first
 * SIGINT, SIGTERM or SIGHUP asks the machine to stop, so that statistics and snapshots are still
 * written; a second one ends the process. SIGTSTP gives the terminal back while the process is stopped.
 *
 * A pipe or a file as standard input is read when the program looks for a key; what has not come
 * yet is not there yet. Keys from --input are always there, so that runs repeat exactly.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "command.h"
#include "lc3_console.h"

enum { INPUT_BYTES = 4096, OUTPUT_BYTES = 1 << 15 };

static struct {
    nf_lc3 *machine;
    uint8_t *file; /* all of --input; else NULL */
    size_t file_size;
    size_t at, size; /* in file, or in input */
    uint8_t input[INPUT_BYTES];
    char output[OUTPUT_BYTES];
    size_t output_size;
    int output_error; /* errno of the first write that failed */
    bool output_terminal;
    struct termios mode; /* of the terminal, before */
    void (*before_wait)(void);
    volatile sig_atomic_t raw;
    volatile sig_atomic_t signal;
} console;

/* --- the terminal ------------------------------------------------------------------------------ */

static void terminal_raw(void)
{
    struct termios raw = console.mode;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0) console.raw = true;
}

static void terminal_restore(void)
{
    if (console.raw) tcsetattr(STDIN_FILENO, TCSANOW, &console.mode);
    console.raw = false;
}

/* Lets the signal do what it does to a process that doesn't catch it. */
static void signal_default(int number)
{
    sigset_t set;
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, NULL); /* it arrives here */
}

static void signal_end(int number)
{
    bool asks = number == SIGINT || number == SIGTERM || number == SIGHUP;
    if (asks && console.signal == 0) {
        console.signal = number;
        if (console.machine) nf_lc3_ask_stop(console.machine);
        return;
    }
    terminal_restore();
    signal_default(number);
}

static void signal_catch(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: a read for a key ends */
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void signal_pause(int number)
{
    bool raw = console.raw;
    int saved_errno = errno;
    terminal_restore();
    signal_default(number);
    signal_catch(number, signal_pause);
    if (raw) terminal_raw();
    errno = saved_errno;
}

static void signals_catch(void)
{
    static const int ends[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE, SIGXCPU,
                               SIGSEGV, SIGBUS,  SIGABRT, SIGILL,  SIGFPE};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal_catch(ends[i], signal_end);
    signal_catch(SIGTSTP, signal_pause);
}

/* --- output -------------------------------------------------------------------------------------- */

void lc3_console_flush(void)
{
    size_t written = 0;
    while (written < console.output_size && console.output_error == 0) {
        ssize_t n = write(STDOUT_FILENO, console.output + written, console.output_size - written);
        if (n >= 0)
            written += (size_t)n;
        else if (errno != EINTR)
            console.output_error = errno;
    }
    console.output_size = 0;
}

static void output(void *context, const char *bytes, size_t count)
{
    (void)context;
    bool line_end = console.output_terminal && memchr(bytes, '\n', count) != NULL;
    if (count > OUTPUT_BYTES - console.output_size) lc3_console_flush();
    memcpy(console.output + console.output_size, bytes, count); /* traps give less than it holds */
    console.output_size += count;
    if (line_end) lc3_console_flush();
}

/* --- input --------------------------------------------------------------------------------------- */

static int file_key(void *context, bool wait)
{
    (void)context, (void)wait;
    return console.at < console.file_size ? console.file[console.at++] : NF_LC3_INPUT_END;
}

static int standard_key(void *context, bool wait)
{
    (void)context;
    if (console.at < console.size) return console.input[console.at++];
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    lc3_console_flush();
    if (!wait && poll(&ready, 1, 0) <= 0) return NF_LC3_INPUT_NONE;
    if (console.before_wait) console.before_wait();
    ssize_t n = read(STDIN_FILENO, console.input, sizeof console.input);
    if (n < 0 && errno == EINTR)
        return console.signal ? NF_LC3_INPUT_STOP : standard_key(NULL, wait);
    if (n <= 0) return NF_LC3_INPUT_END;
    console.size = (size_t)n;
    console.at = 1;
    return console.input[0];
}

bool lc3_console_open(const char *path, uint64_t skip, nf_lc3_hooks *hooks)
{
    console.output_terminal = isatty(STDOUT_FILENO);
    hooks->output = output;
    hooks->input = path ? file_key : standard_key;
    if (path) {
        console.file = file_read(path, &console.file_size);
        console.at = skip < console.file_size ? (size_t)skip : console.file_size;
        if (console.file == NULL) return false;
    }
    atexit(terminal_restore);
    return true;
}

void lc3_console_watch(nf_lc3 *machine)
{
    console.machine = machine;
    signals_catch();
    if (console.file == NULL && tcgetattr(STDIN_FILENO, &console.mode) == 0) terminal_raw();
}

void lc3_console_before_wait(void (*act)(void))
{
    console.before_wait = act;
}

int lc3_console_signal(void)
{
    return console.signal;
}

bool lc3_console_close(void)
{
    lc3_console_flush();
    terminal_restore();
    console.machine = NULL;
    free(console.file);
    console.file = NULL;
    if (console.output_error)
        complain("standard output: cannot write: %s", strerror(console.output_error));
    return console.output_error == 0;
}

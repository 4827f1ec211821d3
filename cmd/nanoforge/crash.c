/*
 * A backtrace through compiled code, when a signal is about to end the program.
 *
 * LLVM's code keeps no frame pointers, so there is no chain to follow: every word on the stack that
 * lies behind a call instruction in the engine's code is taken for a return address. That may show
 * a frame that has already returned, and never misses one. The handler runs on a stack of its own,
 * for the program's may be what overflowed, and calls only what is safe in handlers.
 */
#include "crash.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { FRAMES_MAX = 32, ALTERNATE_BYTES = 64 << 10 };

static nf_engine *watched;
static const uint64_t *stack_end;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* nobody is left to tell */
}

static const char *signal_text(int number)
{
    static const struct {
        int number;
        const char *text;
    } signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
                   {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"}, {SIGTRAP, "SIGTRAP"}};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number) return signals[i].text;
    return "a signal";
}

/* call rel32, or call through a register or memory, 2 to 7 bytes long. */
static bool follows_call(const uint8_t *address)
{
    if (address[-5] == 0xe8) return true;
    for (int bytes = 2; bytes <= 7; bytes++)
        if (address[-bytes] == 0xff && (address[1 - bytes] >> 3 & 7) == 2) return true;
    return false;
}

static void frame_say(const char *name)
{
    say("  in ");
    say(name);
    say("\n");
}

/* Reads the stack as it is: no sanitizer may watch. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void
backtrace_say(const ucontext_t *context)
{
    char name[NF_NAME_BYTES];
    int frames = 0;
    bool continued = false; /* the next frame is of a call that goes on in the version named last */
    const uint64_t *at = (const uint64_t *)(context->uc_mcontext.gregs[REG_RSP] & ~7);
    if (nf_engine_locate(watched, (void *)context->uc_mcontext.gregs[REG_RIP], name)) {
        frame_say(name);
        frames++;
    }
    for (; at < stack_end && frames < FRAMES_MAX; at++) {
        const uint8_t *address = (const uint8_t *)*at;
        if (!nf_engine_locate(watched, address, name) || !follows_call(address)) continue;
        if (strncmp(name, "nf.", 3) == 0) { /* stubs and entries */
            continued |= strncmp(name, "nf.osr", 6) == 0;
            continue;
        }
        if (!continued) {
            frame_say(name);
            frames++;
        }
        continued = false;
    }
}

static void crashed(int number, siginfo_t *info, void *context)
{
    (void)info;
    signal(number, SIG_DFL);
    say("nanoforge: the program is ended by ");
    say(signal_text(number));
    say("\n");
    const ucontext_t *at = context;
    uint64_t rsp = (uint64_t)at->uc_mcontext.gregs[REG_RSP], limit = (uint64_t)stack_end;
    enum { STACK_MAX = 64 << 20 };
    if (rsp < limit && limit - rsp < STACK_MAX) backtrace_say(at); /* the main thread's */
    raise(number);
}

void crash_watch(nf_engine *engine)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    static uint8_t alternate[ALTERNATE_BYTES];
    const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    pthread_attr_t attributes;
    void *lowest;
    size_t bytes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &lowest, &bytes) == 0)
        stack_end = (const uint64_t *)((uint8_t *)lowest + bytes);
    pthread_attr_destroy(&attributes);
    watched = engine;
    sigaltstack(&stack, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

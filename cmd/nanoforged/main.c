/* nanoforged: start-up. Options, the socket, confinement, serving, the end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "daemon.h"
#include <nanoforge/nanoforge.h>

static const char help_text[] =
    "Usage: nanoforged [OPTION...]\n\n"
    "Opens perf events for this user's own processes, so that they need no privilege\n"
    "themselves. Holds CAP_PERFMON (setcap cap_perfmon+ep nanoforged) and nothing else.\n\n"
    "Options:\n"
    "  -s, --socket PATH  listen there ($NANOFORGED_SOCKET, or nanoforged.sock in\n"
    "                     $XDG_RUNTIME_DIR, or /tmp/nanoforged-UID.sock)\n"
    "  -h, --help         print this\n"
    "      --version      print the version\n";

static void on_end(int number)
{
    (void)number;
    server_stop();
}

static int usage(const char *what)
{
    fprintf(stderr, "nanoforged: %s; see 'nanoforged --help'\n", what);
    return 2;
}

static void signals_set(void)
{
    struct sigaction end = {.sa_handler = on_end}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static int serve(const char *path)
{
    signals_set();
    if (!confine_capabilities()) return 1;
    int listener = server_listen(path);
    if (listener < 0) return 1;
    if (!confine_calls()) {
        unlink(path);
        return 1;
    }
    log_line("serving on %s; hardware counters: %s", path,
             perf_has_hardware() ? "yes" : "none on this machine");
    server_run(listener);
    unlink(path);
    log_line("ends");
    return 0;
}

int main(int argc, char **argv)
{
    char standard[108];
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help_text, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("nanoforged %s\n", nf_version_text());
            return 0;
        }
        bool is_socket = strcmp(argv[i], "--socket") == 0 || strcmp(argv[i], "-s") == 0;
        if (!is_socket) return usage("there is no such option");
        if (++i == argc || argv[i][0] == 0) return usage("--socket needs a path");
        path = argv[i];
    }
    if (path == NULL) {
        if (!nf_daemon_socket_path(standard, sizeof standard))
            return usage("the socket's path is too long");
        path = standard;
    }
    return serve(path);
}

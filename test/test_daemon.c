/*
 * nanoforged, spoken to as a client, a liar and a stranger would; and the engine with a daemon that
 * comes, lies and dies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nanoforge/nanoforge.h>
#include "engine/linux/daemon_client.h"

static char socket_path[100], directory[64];

static const char *daemon_program(void)
{
    static char path[512];
    const char *build = getenv("BUILD");
    snprintf(path, sizeof path, "%s/nanoforged", build ? build : "build");
    return path;
}

static pid_t daemon_start(void)
{
    pid_t child = fork();
    if (child == 0) {
        setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* a search needs calls that are forbidden */
        execl(daemon_program(), "nanoforged", "--socket", socket_path, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* With more patience than an engine has: machines are busy. */
static int connect_when_ready(void)
{
    const struct timeval limit = {.tv_sec = 10};
    for (int i = 0; i < 1000; i++) {
        int connection = daemon_connect(socket_path);
        if (connection < 0) {
            usleep(10000);
            continue;
        }
        assert_int_equal(setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
        return connection;
    }
    fail_msg("nanoforged does not come up");
    return -1;
}

static int daemon_end(pid_t daemon, int signal_number)
{
    int status;
    kill(daemon, signal_number);
    assert_int_equal(waitpid(daemon, &status, 0), daemon);
    return status;
}

static nf_daemon_request request_of(nf_daemon_kind kind)
{
    return (nf_daemon_request){
        .magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION, .kind = (uint16_t)kind};
}

static nf_daemon_reply ask(int connection, const nf_daemon_request *request, int *descriptor)
{
    nf_daemon_reply reply;
    if (!daemon_ask(connection, request, &reply, descriptor)) fail_msg("no sane reply");
    return reply;
}

static void test_own_threads_are_served(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    int connection = connect_when_ready(), descriptor;
    nf_daemon_request hello = request_of(NF_DAEMON_HELLO), open = request_of(NF_DAEMON_OPEN);
    assert_int_equal(ask(connection, &hello, &descriptor).status, NF_DAEMON_OK);
    open.thread = (uint32_t)gettid();
    open.event = NF_DAEMON_CPU_CLOCK;
    nf_daemon_reply reply = ask(connection, &open, &descriptor);
    if (reply.status == NF_DAEMON_OK) { /* a kernel may forbid perf events altogether */
        uint64_t count;
        assert_true(descriptor >= 0);
        assert_int_equal(read(descriptor, &count, sizeof count), sizeof count);
        close(descriptor);
    } else {
        assert_true(reply.text[0] != 0);
    }
    close(connection);
    assert_true(WIFEXITED(daemon_end(daemon, SIGTERM)));
    assert_int_equal(access(socket_path, F_OK), -1);
}

static void test_other_processes_threads_are_refused(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    int connection = connect_when_ready(), descriptor;
    nf_daemon_request open = request_of(NF_DAEMON_OPEN);
    const uint32_t strangers[] = {1, (uint32_t)getppid(), (uint32_t)daemon, INT32_MAX};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        open.thread = strangers[i];
        open.event = NF_DAEMON_CPU_CLOCK;
        nf_daemon_reply reply = ask(connection, &open, &descriptor);
        assert_int_equal(reply.status, NF_DAEMON_NOT_YOURS);
        assert_int_equal(descriptor, -1);
    }
    close(connection);
    daemon_end(daemon, SIGTERM);
}

/* Sends raw bytes; whether BAD_MESSAGE came back and the connection ended. */
static void expect_rejected(const void *bytes, size_t size)
{
    int connection = connect_when_ready();
    nf_daemon_reply reply;
    assert_int_equal(send(connection, bytes, size, 0), size);
    assert_int_equal(recv(connection, &reply, sizeof reply, 0), sizeof reply);
    assert_int_equal(reply.status, NF_DAEMON_BAD_MESSAGE);
    assert_int_equal(recv(connection, &reply, sizeof reply, 0), 0);
    close(connection);
}

static void test_malformed_messages_are_answered_and_end_it(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    nf_daemon_request good = request_of(NF_DAEMON_OPEN), bad;
    char large[4096] = {0};
    good.thread = (uint32_t)gettid();
    expect_rejected(&good, sizeof good - 1);
    expect_rejected("x", 1);
    expect_rejected(large, sizeof large);
    bad = good, bad.magic ^= 1, expect_rejected(&bad, sizeof bad);
    bad = good, bad.version++, expect_rejected(&bad, sizeof bad);
    bad = good, bad.kind = 77, expect_rejected(&bad, sizeof bad);
    bad = good, bad.event = NF_DAEMON_EVENT_COUNT, expect_rejected(&bad, sizeof bad);
    bad = good, bad.frequency = NF_DAEMON_FREQUENCY_MAX + 1, expect_rejected(&bad, sizeof bad);
    bad = good, bad.thread = 0, expect_rejected(&bad, sizeof bad);
    bad = good, bad.thread = UINT32_MAX, expect_rejected(&bad, sizeof bad);
    bad = good, bad.reserved = 1, expect_rejected(&bad, sizeof bad);
    close(connect_when_ready());
    assert_true(WIFEXITED(daemon_end(daemon, SIGTERM)));
}

static void test_clients_are_limited(void **state)
{
    (void)state;
    enum { MANY = 80 };
    pid_t daemon = daemon_start();
    int connections[MANY], served = 0, descriptor;
    nf_daemon_request hello = request_of(NF_DAEMON_HELLO);
    nf_daemon_reply reply;
    connections[0] = connect_when_ready();
    for (int i = 1; i < MANY; i++) connections[i] = daemon_connect(socket_path);
    for (int i = 0; i < MANY; i++)
        if (connections[i] >= 0) served += daemon_ask(connections[i], &hello, &reply, &descriptor);
    assert_int_equal(served, 64);
    for (int i = 0; i < MANY; i++)
        if (connections[i] >= 0) close(connections[i]);
    int again = connect_when_ready(); /* their places are free again */
    for (int i = 0; i < 100 && !daemon_ask(again, &hello, &reply, &descriptor); i++) {
        close(again);
        usleep(10000);
        again = connect_when_ready();
    }
    assert_int_equal(reply.status, NF_DAEMON_OK);
    close(again);
    daemon_end(daemon, SIGTERM);
}

static void test_requests_are_limited(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    int connection = connect_when_ready(), descriptor, refused = 0;
    nf_daemon_request open = request_of(NF_DAEMON_OPEN);
    open.thread = (uint32_t)gettid();
    open.event = NF_DAEMON_CPU_CLOCK;
    int opened[1024];
    int count = 0;
    for (int i = 0; i < 1000 && !refused; i++) {
        nf_daemon_reply reply = ask(connection, &open, &descriptor);
        if (reply.status != NF_DAEMON_OK)
            refused = reply.status;
        else
            opened[count++] = descriptor;
    }
    assert_true(refused == NF_DAEMON_LIMIT || refused == NF_DAEMON_REFUSED ||
                refused == NF_DAEMON_UNSUPPORTED);
    for (int i = 0; i < count; i++) close(opened[i]);
    close(connection);
    daemon_end(daemon, SIGTERM);
}

/* The value of a line of /proc/PID/status. */
static uint64_t status_of(pid_t process, const char *key)
{
    char path[64], line[256];
    uint64_t value = UINT64_MAX;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0) value = strtoull(line + strlen(key), NULL, 16);
    fclose(file);
    return value;
}

static void test_it_holds_one_capability_and_a_filter(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    close(connect_when_ready());
    int connection = connect_when_ready(), descriptor;
    nf_daemon_request hello = request_of(NF_DAEMON_HELLO);
    ask(connection, &hello, &descriptor); /* it serves: it has confined itself */
    const uint64_t perfmon = UINT64_C(1) << CAP_PERFMON;
    assert_int_equal(status_of(daemon, "CapEff:") & ~perfmon, 0);
    assert_int_equal(status_of(daemon, "CapPrm:") & ~perfmon, 0);
    assert_int_equal(status_of(daemon, "CapInh:"), 0);
    assert_int_equal(status_of(daemon, "CapAmb:"), 0);
    assert_int_equal(status_of(daemon, "NoNewPrivs:"), 1);
    assert_int_equal(status_of(daemon, "Seccomp:"), 2);
    close(connection);
    daemon_end(daemon, SIGTERM);
}

static void test_a_killed_daemon_does_not_stop_the_next_one(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    close(connect_when_ready());
    daemon_end(daemon, SIGKILL);
    assert_int_equal(access(socket_path, F_OK), 0); /* its socket is left */
    daemon = daemon_start();
    close(connect_when_ready());
    pid_t second = daemon_start(); /* one serves already */
    int status;
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_int_equal(WEXITSTATUS(status), 1);
    close(connect_when_ready());
    assert_true(WIFEXITED(daemon_end(daemon, SIGTERM)));
}

static void test_a_killed_client_leaves_nothing(void **state)
{
    (void)state;
    pid_t daemon = daemon_start();
    close(connect_when_ready());
    for (int i = 0; i < 100; i++) {
        pid_t client = fork();
        if (client == 0) {
            nf_daemon_request hello = request_of(NF_DAEMON_HELLO);
            int connection = daemon_connect(socket_path);
            send(connection, &hello, sizeof hello, 0);
            raise(SIGKILL);
        }
        waitpid(client, NULL, 0);
    }
    int connection = connect_when_ready(), descriptor;
    nf_daemon_request hello = request_of(NF_DAEMON_HELLO);
    assert_int_equal(ask(connection, &hello, &descriptor).status, NF_DAEMON_OK);
    close(connection);
    assert_true(WIFEXITED(daemon_end(daemon, SIGTERM)));
}

/* --- the engine's side --- */

static void counters_line(char line[NF_REASON_BYTES])
{
    nf_engine *engine;
    nf_error error;
    assert_int_equal(nf_engine_new(&(nf_config){.daemon_socket = socket_path}, &engine, &error),
                     NF_OK);
    nf_engine_counters(engine, line);
    for (int i = 0; i < 20; i++) usleep(1000);
    nf_engine_free(engine);
}

static void test_the_engine_says_where_time_comes_from(void **state)
{
    (void)state;
    char line[NF_REASON_BYTES];
    counters_line(line);
    assert_non_null(strstr(line, "nanoforged is not running"));
    pid_t daemon = daemon_start();
    close(connect_when_ready());
    counters_line(line);
    assert_non_null(strstr(line, "through nanoforged"));
    daemon_end(daemon, SIGTERM);
}

static void test_a_daemon_that_dies_does_not_hurt(void **state)
{
    (void)state;
    nf_engine *engine;
    nf_error error;
    char line[NF_REASON_BYTES] = "";
    pid_t daemon = daemon_start();
    close(connect_when_ready());
    assert_int_equal(nf_engine_new(&(nf_config){.daemon_socket = socket_path}, &engine, &error),
                     NF_OK);
    daemon_end(daemon, SIGKILL);
    for (int i = 0; i < 3000 && !strstr(line, "went away"); i++) {
        usleep(10000);
        nf_engine_counters(engine, line);
    }
    assert_non_null(strstr(line, "went away"));
    nf_engine_free(engine);
    unlink(socket_path);
}

/* Answers everything with the bytes given, and a descriptor that is no perf event. */
typedef struct liar {
    int listener;
    const void *bytes;
    size_t size;
} liar;

static void *lie(void *context)
{
    const liar *l = context;
    char request[64], control[CMSG_SPACE(sizeof(int))] = {0};
    int connection = accept(l->listener, NULL, NULL), pipe_ends[2];
    if (connection < 0 || pipe(pipe_ends) != 0) return NULL;
    while (recv(connection, request, sizeof request, 0) > 0) {
        struct iovec piece = {(void *)l->bytes, l->size};
        struct msghdr message = {.msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &pipe_ends[0], sizeof(int));
        if (((const struct {
                uint32_t magic;
                uint16_t version, kind;
            } *)(const void *)request)
                ->kind == NF_DAEMON_HELLO)
            message.msg_control = NULL, message.msg_controllen = 0;
        if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0) break;
    }
    close(connection);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return NULL;
}

static void test_a_daemon_that_lies_does_not_hurt(void **state)
{
    (void)state;
    nf_daemon_reply fine = {.magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION};
    nf_daemon_reply wild = fine;
    memset(wild.text, 'x', sizeof wild.text);
    wild.status = 999;
    const struct {
        const void *bytes;
        size_t size;
    } lies[] = {{&fine, sizeof fine}, {&wild, sizeof wild}, {&fine, 3}, {"", 1}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        char line[NF_REASON_BYTES];
        pthread_t thread;
        strcpy(address.sun_path, socket_path);
        liar l = {socket(AF_UNIX, SOCK_SEQPACKET, 0), lies[i].bytes, lies[i].size};
        assert_int_equal(bind(l.listener, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(l.listener, 4), 0);
        assert_int_equal(pthread_create(&thread, NULL, lie, &l), 0);
        counters_line(line);
        assert_true(line[0] != 0);
        shutdown(l.listener, SHUT_RDWR);
        pthread_join(thread, NULL);
        close(l.listener);
        unlink(socket_path);
    }
}

static int directory_make(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/nanoforged-test-XXXXXX");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(socket_path, sizeof socket_path, "%s/socket", directory);
    return 0;
}

static int directory_remove(void **state)
{
    (void)state;
    unlink(socket_path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_threads_are_served),
        cmocka_unit_test(test_other_processes_threads_are_refused),
        cmocka_unit_test(test_malformed_messages_are_answered_and_end_it),
        cmocka_unit_test(test_clients_are_limited),
        cmocka_unit_test(test_requests_are_limited),
        cmocka_unit_test(test_it_holds_one_capability_and_a_filter),
        cmocka_unit_test(test_a_killed_daemon_does_not_stop_the_next_one),
        cmocka_unit_test(test_a_killed_client_leaves_nothing),
        cmocka_unit_test(test_the_engine_says_where_time_comes_from),
        cmocka_unit_test(test_a_daemon_that_dies_does_not_hurt),
        cmocka_unit_test(test_a_daemon_that_lies_does_not_hurt),
    };
    return cmocka_run_group_tests(tests, directory_make, directory_remove);
}

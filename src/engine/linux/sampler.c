/*
 * Where the program's time goes, by sampling: nanoforged opens one perf event for each thread, the
 * kernel writes the instruction pointer into its ring so many times a second, and the worker looks up
 * whose code that is. Without the daemon, or without any counter, shares come from counts and timed
 * calls (profile.c), and counters_line says so.
 *
 *   ring of a thread:  | metadata page | records ... |   kernel writes head, we write tail
 */
#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "daemon_client.h"
#include "engine/engine_internal.h"

enum {
    THREADS_MAX = 256,
    RING_PAGES = 8,
    FREQUENCY = 1000,                    /* samples a second */
    THREADS_LOOK_NS = 100 * 1000 * 1000, /* between looks for new threads */
    RECORD_BYTES_MAX = 64,
};

typedef struct ring {
    pid_t thread;
    uint8_t *pages;
} ring;

typedef struct nf_sampler {
    int connection;
    uint32_t event;
    pid_t worker; /* is not sampled */
    uint64_t next_look_ns;
    ring rings[THREADS_MAX];
    uint32_t count;
} nf_sampler;

static size_t page_bytes(void)
{
    return NF_OS_PAGE_BYTES;
}

static void ring_close(ring *r)
{
    if (r->pages) munmap(r->pages, (1 + RING_PAGES) * page_bytes());
    r->pages = NULL;
}

/* --- reading --- */

static void ring_copy(const uint8_t *data, uint64_t at, void *to, size_t size)
{
    const uint64_t mask = RING_PAGES * page_bytes() - 1;
    for (size_t i = 0; i < size; i++) ((uint8_t *)to)[i] = data[(at + i) & mask];
}

static void sample_take(nf_engine *engine, uint64_t ip)
{
    nf_code_object object;
    if (!nf_code_find(engine->code, ip, &object) || object.owner == NULL) return;
    const nf_version *version = object.owner;
    version->function->profile.sampled++;
}

/* Head and sizes come from the kernel, but through memory of a descriptor that the daemon gave. */
static void ring_drain(nf_engine *engine, ring *r)
{
    struct perf_event_mmap_page *meta = (struct perf_event_mmap_page *)r->pages;
    const uint8_t *data = r->pages + page_bytes();
    const uint64_t capacity = RING_PAGES * page_bytes();
    uint64_t head = __atomic_load_n(&meta->data_head, __ATOMIC_ACQUIRE), tail = meta->data_tail;
    while (head - tail >= sizeof(struct perf_event_header) && head - tail <= capacity) {
        struct perf_event_header header;
        uint64_t ip;
        ring_copy(data, tail, &header, sizeof header);
        if (header.size < sizeof header || header.size > head - tail) break;
        if (header.type == PERF_RECORD_SAMPLE && header.size >= sizeof header + sizeof ip) {
            ring_copy(data, tail + sizeof header, &ip, sizeof ip);
            sample_take(engine, ip);
        }
        tail += header.size;
    }
    __atomic_store_n(&meta->data_tail, head, __ATOMIC_RELEASE);
}

/* --- threads --- */

static bool is_known(const nf_sampler *s, pid_t thread)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->rings[i].thread == thread) return true;
    return false;
}

/* Remembers the thread even when it can't be sampled, so as not to ask again. false: the daemon is gone. */
static bool thread_add(nf_sampler *s, pid_t thread, nf_daemon_reply *reply)
{
    nf_daemon_request request = {
        .magic = NF_DAEMON_MAGIC,
        .version = NF_DAEMON_VERSION,
        .kind = NF_DAEMON_OPEN,
        .thread = (uint32_t)thread,
        .event = s->event,
        .frequency = FREQUENCY,
    };
    int descriptor;
    if (!daemon_ask(s->connection, &request, reply, &descriptor)) return false;
    ring *r = &s->rings[s->count++];
    *r = (ring){.thread = thread};
    if (descriptor < 0) return true;
    void *pages = mmap(NULL, (1 + RING_PAGES) * page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED,
                       descriptor, 0);
    if (pages != MAP_FAILED) r->pages = pages;
    close(descriptor); /* the mapping keeps the event */
    return true;
}

/* Where all threads are known, nothing is asked that would tell. */
static bool is_there(int connection)
{
    char ignored;
    ssize_t got = recv(connection, &ignored, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool threads_look(nf_sampler *s)
{
    DIR *threads = opendir("/proc/self/task");
    nf_daemon_reply reply;
    bool fine = true;
    if (threads == NULL) return true;
    for (struct dirent *entry; fine && (entry = readdir(threads)) != NULL;) {
        pid_t thread = atoi(entry->d_name);
        if (thread > 0 && thread != s->worker && s->count < THREADS_MAX && !is_known(s, thread))
            fine = thread_add(s, thread, &reply);
    }
    closedir(threads);
    return fine;
}

/* --- the engine's side --- */

static void say(nf_engine *engine, const char *line)
{
    nf_os_mutex_lock(&engine->lock);
    nf_format(engine->counters_line, sizeof engine->counters_line, "%s", line);
    nf_os_mutex_unlock(&engine->lock);
}

void nf_sampler_open(nf_engine *engine)
{
    char standard[108];
    const char *path = engine->config.daemon_socket;
    say(engine, "software clocks and the time stamp counter; nanoforged is not running");
    if (engine->config.no_counters || engine->config.mode != NF_MODE_AUTO) {
        say(engine, "software clocks and the time stamp counter; counters are not wanted");
        return;
    }
    if (path == NULL && !nf_daemon_socket_path(standard, sizeof standard)) return;
    int connection = daemon_connect(path ? path : standard);
    if (connection < 0) return;
    nf_daemon_request hello = {
        .magic = NF_DAEMON_MAGIC, .version = NF_DAEMON_VERSION, .kind = NF_DAEMON_HELLO};
    nf_daemon_reply reply = {0};
    int descriptor;
    nf_sampler *s = NULL;
    if (daemon_ask(connection, &hello, &reply, &descriptor) && reply.status == NF_DAEMON_OK)
        s = engine->allocator.allocate(engine->allocator.context, sizeof *s);
    if (s == NULL) {
        say(engine,
            "software clocks and the time stamp counter; nanoforged does not answer as it should");
        close(connection);
        return;
    }
    *s = (nf_sampler){.connection = connection,
                      .event = reply.hardware ? NF_DAEMON_CYCLES : NF_DAEMON_CPU_CLOCK};
    engine->sampler = s;
    say(engine,
        reply.hardware
            ? "hardware cycles through nanoforged"
            : "the software CPU clock through nanoforged; this machine has no hardware counters");
}

static void sampler_lose(nf_engine *engine)
{
    nf_sampler_close(engine);
    say(engine, "software clocks and the time stamp counter; nanoforged went away");
    nf_engine_event(engine, NF_EVENT_COUNTERS, NULL, NULL, 0, "%s", engine->counters_line);
}

bool nf_sampler_poll(nf_engine *engine, uint64_t now_ns)
{
    nf_sampler *s = engine->sampler;
    if (s == NULL) return false;
    if (now_ns >= s->next_look_ns) {
        s->next_look_ns = now_ns + THREADS_LOOK_NS;
        s->worker = engine->worker_runs ? (pid_t)syscall(SYS_gettid) : 0;
        if (!is_there(s->connection) || !threads_look(s)) {
            sampler_lose(engine);
            return false;
        }
    }
    for (uint32_t i = 0; i < s->count; i++)
        if (s->rings[i].pages) ring_drain(engine, &s->rings[i]);
    return true;
}

double nf_sampler_seconds(void)
{
    return 1.0 / FREQUENCY;
}

void nf_sampler_close(nf_engine *engine)
{
    nf_sampler *s = engine->sampler;
    if (s == NULL) return;
    for (uint32_t i = 0; i < s->count; i++) ring_close(&s->rings[i]);
    close(s->connection);
    engine->allocator.release(engine->allocator.context, s, sizeof *s);
    engine->sampler = NULL;
}

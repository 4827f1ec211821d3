/*
 * Rings by name: files of shared memory (shm_overview(7)), and how two processes meet in one.
 *
 * Coming and going happens under the file's lock (flock), so there is no state in between to see:
 *
 *     no file, or an empty one   a ring is made in it; this end is taken
 *     a ring, other end there    this end is taken, the name goes: the two have met
 *     a ring, an end gone        its maker was killed: the name goes, and it begins anew
 *     this end there             NF_BUSY
 *
 * A name may go between opening the file and having its lock; then the file has no link, and is
 * opened again. The file gets all its pages when it is made: else the memory would fail when it is
 * touched, were the system's shared memory full.
 */
#include "bus/named.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text.h"

enum {
    OTHERS = S_IRWXG | S_IRWXO,
    NS_PER_MS = 1000000,
    LOCK_MS_MAX = 2000, /* a lock is held for some microseconds */
    TRIES_MAX = 100,    /* at a name that comes and goes */
};

static const char prefix[] = "/nanoforge-";

static void pause_ms(void)
{
    const uint32_t nothing = 0;
    nf_os_wait(&nothing, 0, NS_PER_MS);
}

/* --- files ------------------------------------------------------------------------------------ */

static nf_status path_make(nf_named_ring *named, const char *name, nf_error *error)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    if (length == 0 || length > NF_RING_NAME_MAX || strspn(name, letters) != length)
        return nf_fail(error, NF_ARGUMENT,
                       "'%.80s' can't be a ring's name: 1 to %d letters, digits, dots, dashes and "
                       "underscores",
                       name, NF_RING_NAME_MAX);
    nf_format(named->path, sizeof named->path, "%s%s", prefix, name);
    return NF_OK;
}

static nf_status os_failure(const nf_named_ring *named, nf_error *error)
{
    return nf_fail(error, NF_OS, "shared memory %s: %s", named->path, strerror(errno));
}

static bool file_lock(int file)
{
    for (int i = 0; i < LOCK_MS_MAX; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0) return true;
        if (errno != EWOULDBLOCK && errno != EINTR) return false;
        pause_ms();
    }
    return false;
}

/* Locked; it may have no name any more. */
static nf_status file_open(nf_named_ring *named, struct stat *state, nf_error *error)
{
    named->file = shm_open(named->path, O_RDWR | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (named->file < 0) return os_failure(named, error);
    nf_status status = NF_OK;
    if (!file_lock(named->file) || fstat(named->file, state) != 0)
        status = os_failure(named, error);
    else if (!S_ISREG(state->st_mode) || state->st_uid != geteuid() || state->st_mode & OTHERS)
        status =
            nf_fail(error, NF_CORRUPT, "shared memory %s is not this user's alone", named->path);
    if (status != NF_OK) close(named->file);
    return status;
}

static nf_status memory_map(nf_named_ring *named, size_t bytes, nf_error *error)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, named->file, 0);
    if (memory == MAP_FAILED) return os_failure(named, error);
    named->memory = memory;
    named->bytes = bytes;
    return NF_OK;
}

/* --- rings in them ---------------------------------------------------------------------------- */

static nf_status ring_make(nf_named_ring *named, size_t message_bytes, size_t messages,
                           nf_error *error)
{
    size_t bytes = nf_ring_bytes(message_bytes, messages);
    if (bytes == 0)
        return nf_fail(error, NF_ARGUMENT, "no ring of %zu messages of %zu bytes", messages,
                       message_bytes);
    errno = posix_fallocate(named->file, 0, (off_t)bytes);
    if (errno) return os_failure(named, error);
    nf_status status = memory_map(named, bytes, error);
    if (status != NF_OK) return status;
    return nf_ring_init(&named->ring, named->memory, bytes, message_bytes, messages, error);
}

static nf_status ring_look(nf_named_ring *named, size_t message_bytes, size_t bytes,
                           nf_error *error)
{
    nf_status status = memory_map(named, bytes, error);
    if (status != NF_OK) return status;
    status = nf_ring_open(&named->ring, named->memory, bytes, NULL);
    if (status == NF_OK && named->ring.message_bytes == message_bytes) return NF_OK;
    return nf_fail(error, NF_CORRUPT, "shared memory %s is no ring of messages of %zu bytes",
                   named->path, message_bytes);
}

static nf_ring_presence presence(const nf_named_ring *named, bool of_other)
{
    bool sender = (named->end == NF_RING_SENDER) != of_other;
    return sender ? nf_ring_sender_presence(&named->ring) : nf_ring_receiver_presence(&named->ring);
}

static nf_status attach(nf_named_ring *named, void *side, nf_error *error)
{
    return named->end == NF_RING_SENDER ? nf_ring_sender_attach(&named->ring, side, error)
                                        : nf_ring_receiver_attach(&named->ring, side, error);
}

/* --- meeting ---------------------------------------------------------------------------------- */

static void file_leave(nf_named_ring *named)
{
    if (named->file >= 0) close(named->file); /* and with it goes the lock */
    named->file = -1;
}

static void drop(nf_named_ring *named)
{
    if (named->memory) munmap(named->memory, named->bytes);
    named->memory = NULL;
    named->bytes = 0;
    file_leave(named);
}

/* In a file that is locked and has a name. *again: it has none any more. */
static nf_status come(nf_named_ring *named, size_t size, size_t message_bytes, size_t messages,
                      void *side, bool *again, nf_error *error)
{
    nf_status status = size ? ring_look(named, message_bytes, size, error)
                            : ring_make(named, message_bytes, messages, error);
    if (status != NF_OK) {
        if (size == 0) shm_unlink(named->path);
        return status;
    }
    nf_ring_presence own = presence(named, false), other = presence(named, true);
    *again = own == NF_RING_GONE || other == NF_RING_GONE;
    if (*again) {
        shm_unlink(named->path);
        return NF_OK;
    }
    status = attach(named, side, error);
    if (status != NF_OK)
        return nf_fail(error, status, "shared memory %s: its %s is there already", named->path,
                       named->end == NF_RING_SENDER ? "sender" : "receiver");
    if (other != NF_RING_THERE) return flock(named->file, LOCK_UN), NF_OK;
    shm_unlink(named->path);
    file_leave(named);
    return NF_OK;
}

static nf_status ring_by_name(nf_named_ring *named, const char *name, size_t message_bytes,
                              size_t messages, void *side, nf_error *error)
{
    struct stat state;
    nf_status status = path_make(named, name, error);
    for (int i = 0; i < TRIES_MAX && status == NF_OK; i++) {
        bool again = true;
        status = file_open(named, &state, error);
        if (status != NF_OK) return status;
        if (state.st_nlink > 0)
            status =
                come(named, (size_t)state.st_size, message_bytes, messages, side, &again, error);
        if (status == NF_OK && !again) return NF_OK;
        drop(named);
    }
    return status != NF_OK
               ? status
               : nf_fail(error, NF_BUSY, "shared memory %s comes and goes", named->path);
}

nf_status nf_ring_sender_open(nf_named_ring *named, const char *name, size_t message_bytes,
                              size_t messages, nf_ring_sender *sender, nf_error *error)
{
    *named = (nf_named_ring){.end = NF_RING_SENDER, .file = -1};
    return ring_by_name(named, name, message_bytes, messages, sender, error);
}

nf_status nf_ring_receiver_open(nf_named_ring *named, const char *name, size_t message_bytes,
                                size_t messages, nf_ring_receiver *receiver, nf_error *error)
{
    *named = (nf_named_ring){.end = NF_RING_RECEIVER, .file = -1};
    return ring_by_name(named, name, message_bytes, messages, receiver, error);
}

nf_ring_result nf_named_ring_meet(nf_named_ring *named, uint64_t timeout_ns)
{
    uint64_t start = nf_os_time_ns();
    while (named->file >= 0 && presence(named, true) == NF_RING_NOBODY) {
        if (nf_os_time_ns() - start >= timeout_ns) return NF_RING_WAIT;
        pause_ms();
    }
    file_leave(named);
    return NF_RING_OK;
}

bool nf_named_ring_detach(const nf_named_ring *named)
{
    return mmap(named->memory, named->bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void nf_named_ring_close(nf_named_ring *named)
{
    struct stat state;
    if (named->memory == NULL) return;
    if (named->file >= 0 && file_lock(named->file) && fstat(named->file, &state) == 0 &&
        state.st_nlink > 0)
        shm_unlink(named->path);
    drop(named);
}

/*
 * Files that are kept from run to run: see cache.h.
 *
 *   0   "NFCACHE5"
 *   8   checksum of the key and of what follows
 *   16  the content
 *
 * The key is in the checksum so that a file that was renamed counts as damaged.
 *
 * The folder is bounded. The first that is kept in a process looks how much there is, and when it is
 * too much, takes the files away that nobody has read for the longest time; but no file that has not
 * the form of our names, for the embedder may have named a folder with other things in it. Reading
 * a file makes it young again, once a day, so that runs usually write nothing.
 */
#include "cache.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/hash.h"
#include "os/os.h"

static const char magic[8] = {'N', 'F', 'C', 'A', 'C', 'H', 'E', '5'};
static const char *const suffixes[] = {"nir", "o", "src"};

enum {
    PATH_BYTES = 4096,
    NAME_BYTES = 64,
    KEY_DIGITS = 32,
    SECONDS_YOUNG = 24 * 60 * 60,
    FILE_BYTES = 4096,
    READ_BYTES = 64 << 10
};
/* Above the one, the oldest files go until it is no more than the other. */
static const uint64_t FOLDER_BYTES_MAX = UINT64_C(256) << 20, FOLDER_BYTES_KEPT = UINT64_C(192)
                                                                                  << 20;

typedef struct header {
    char magic[sizeof magic];
    uint64_t checksum;
} header;

/* --- names --- */

#ifndef NF_SOURCES
#define NF_SOURCES 0 /* their sum; unknown */
#endif

nf_cache_key nf_cache_key_new(void)
{
    uint64_t seed = nf_hash_mix(nf_hash_bytes(NF_VERSION, sizeof NF_VERSION), NF_SOURCES);
    return (nf_cache_key){{seed, ~seed}};
}

/* Sources are megabytes, and hashing them is paid at every start: sixteen bytes at a time by one
 * multiplication, in lanes that the processor works on at once. The whole product counts, and folds
 * back to a word (Wang Yi's wyhash has made that usual). */
enum { LANES = 4, BLOCK_BYTES = 16 * LANES };

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline void block_mix(uint64_t lanes[LANES], const uint8_t *bytes)
{
    static const uint64_t odd[LANES] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xc2b2ae3d27d4eb4f),
                                        UINT64_C(0x165667b19e3779f9), UINT64_C(0x27d4eb2f165667c5)};
#pragma GCC unroll 4
    for (int k = 0; k < LANES; k++)
        lanes[k] = fold(word_at(bytes + 16 * k) ^ odd[k], word_at(bytes + 16 * k + 8) ^ lanes[k]);
}

void nf_cache_key_add(nf_cache_key *key, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t lanes[LANES] = {key->words[0], key->words[1], size, ~size};
    uint8_t last[BLOCK_BYTES] = {0};
    size_t rest = size % sizeof last;
    for (const uint8_t *end = at + size - rest; at != end; at += sizeof last) block_mix(lanes, at);
    memcpy(last, at, rest);
    block_mix(lanes, last);
    for (int k = 0; k < LANES; k++) {
        key->words[0] = nf_hash_mix(key->words[0], lanes[k]);
        key->words[1] = nf_hash_mix(key->words[1], lanes[LANES - 1 - k]);
    }
}

static uint64_t checksum_of(nf_cache_key key, const void *content, size_t size)
{
    nf_cache_key_add(&key, content, size);
    return key.words[0] ^ key.words[1];
}

/* With a slash at its end; its length, 0 when there is no place. */
static size_t folder_find(const nf_engine *engine, char path[PATH_BYTES])
{
    const char *named = engine->config.cache, *home = secure_getenv("HOME");
    const char *base = secure_getenv("XDG_CACHE_HOME");
    size_t length = 0;
    if (named)
        length = named[0] ? nf_format(path, PATH_BYTES, "%s/", named) : 0;
    else if (base && base[0] == '/')
        length = nf_format(path, PATH_BYTES, "%s/nanoforge/", base);
    else if (home && home[0] == '/')
        length = nf_format(path, PATH_BYTES, "%s/.cache/nanoforge/", home);
    return length + NAME_BYTES > PATH_BYTES ? 0 : length;
}

static bool path_find(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind,
                      char path[PATH_BYTES])
{
    size_t length = folder_find(engine, path);
    if (length == 0) return false;
    nf_format(path + length, NAME_BYTES, "%016llx%016llx.%s", (unsigned long long)key.words[0],
              (unsigned long long)key.words[1], suffixes[kind]);
    return true;
}

static bool is_name_of_ours(const char *name)
{
    return strspn(name, "0123456789abcdef") == KEY_DIGITS && name[KEY_DIGITS] == '.' &&
           strlen(name) < NAME_BYTES;
}

/* --- reading --- */

static bool is_ours(const struct stat *file)
{
    return S_ISREG(file->st_mode) && file->st_uid == geteuid() &&
           (file->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void *nf_file_read(int descriptor, size_t guess, size_t *size)
{
    size_t capacity = guess + 1;
    uint8_t *bytes = nf_os_block(capacity);
    bool is_pipe = lseek(descriptor, 0, SEEK_SET) < 0;
    for (*size = 0; bytes;) {
        ssize_t got = is_pipe ? read(descriptor, bytes + *size, capacity - *size)
                              : pread(descriptor, bytes + *size, capacity - *size, (off_t)*size);
        if (got == 0) return bytes;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) break;
        *size += (size_t)got;
        if (*size < capacity) continue;
        capacity = capacity * 2 > READ_BYTES ? capacity * 2 : READ_BYTES;
        uint8_t *grown = realloc(bytes, capacity);
        if (grown == NULL) break;
        bytes = grown;
    }
    free(bytes);
    return NULL;
}

static const header *file_get(const char *path, size_t *size)
{
    struct stat file;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would be waited for */
    if (descriptor < 0) return NULL;
    bool fine = fstat(descriptor, &file) == 0 && is_ours(&file);
    void *bytes = fine ? nf_file_read(descriptor, (size_t)file.st_size, size) : NULL;
    if (fine && time(NULL) - file.st_mtime > SECONDS_YOUNG) futimens(descriptor, NULL);
    close(descriptor);
    if (bytes == NULL || *size >= sizeof(header)) return bytes;
    free(bytes);
    return NULL;
}

const void *nf_cache_get(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind,
                         size_t *size)
{
    char path[PATH_BYTES];
    size_t whole;
    const header *head = path_find(engine, key, kind, path) ? file_get(path, &whole) : NULL;
    if (head == NULL) return NULL;
    *size = whole - sizeof *head;
    if (memcmp(head->magic, magic, sizeof magic) == 0 &&
        head->checksum == checksum_of(key, head + 1, *size))
        return head + 1;
    nf_cache_release(head + 1);
    return NULL;
}

bool nf_cache_has(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind)
{
    char path[PATH_BYTES];
    return path_find(engine, key, kind, path) && access(path, R_OK) == 0;
}

void nf_cache_release(const void *content)
{
    free((void *)((const header *)content - 1));
}

/* --- room --- */

typedef struct kept_file {
    char name[NAME_BYTES];
    struct timespec used;
    uint64_t bytes;
} kept_file;

static int by_age(const void *a, const void *b)
{
    const kept_file *left = a, *right = b;
    if (left->used.tv_sec != right->used.tv_sec)
        return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
    return (left->used.tv_nsec > right->used.tv_nsec) - (left->used.tv_nsec < right->used.tv_nsec);
}

/* The folder's files, for free(); NULL when there are none. Their number, and how large they are. */
static kept_file *files_list(DIR *folder, size_t *count, uint64_t *bytes)
{
    kept_file *files = NULL;
    size_t capacity = 0;
    *count = 0;
    *bytes = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat file;
        if (!is_name_of_ours(entry->d_name)) continue;
        if (fstatat(dirfd(folder), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (!is_ours(&file)) continue;
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            kept_file *grown = realloc(files, capacity * sizeof *grown);
            if (grown == NULL) break;
            files = grown;
        }
        kept_file *kept = &files[(*count)++];
        nf_format(kept->name, NAME_BYTES, "%s", entry->d_name);
        kept->used = file.st_mtim;
        kept->bytes = ((uint64_t)file.st_size + FILE_BYTES - 1) & ~(uint64_t)(FILE_BYTES - 1);
        *bytes += kept->bytes;
    }
    return files;
}

static void room_make(const char *path)
{
    DIR *folder = opendir(path);
    size_t count;
    uint64_t bytes;
    if (folder == NULL) return;
    kept_file *files = files_list(folder, &count, &bytes);
    if (bytes > FOLDER_BYTES_MAX) {
        qsort(files, count, sizeof *files, by_age);
        for (size_t i = 0; i < count && bytes > FOLDER_BYTES_KEPT; i++)
            if (unlinkat(dirfd(folder), files[i].name, 0) == 0) bytes -= files[i].bytes;
    }
    free(files);
    closedir(folder);
}

/* --- writing --- */

static bool folder_make(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        bool fine = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
        if (!fine) return false;
    }
    return true;
}

/* Under a name of its own first, for others may be writing the same. */
static void file_put(const char *path, const header *head, const void *content, size_t size)
{
    char fresh[PATH_BYTES + NAME_BYTES];
    nf_format(fresh, sizeof fresh, "%s.XXXXXX", path);
    int descriptor = mkostemp(fresh, O_CLOEXEC);
    if (descriptor < 0) return;
    FILE *stream = fdopen(descriptor, "wb");
    if (stream == NULL) close(descriptor);
    bool whole = stream && fwrite(head, sizeof *head, 1, stream) == 1 &&
                 fwrite(content, 1, size, stream) == size;
    whole = stream && fclose(stream) == 0 && whole;
    if (!whole || rename(fresh, path) != 0) unlink(fresh);
}

void nf_cache_put(const nf_engine *engine, nf_cache_key key, nf_cache_kind kind,
                  const void *content, size_t size)
{
    static bool room_made;
    char path[PATH_BYTES];
    header head = {.checksum = checksum_of(key, content, size)};
    if (!path_find(engine, key, kind, path) || !folder_make(path)) return;
    memcpy(head.magic, magic, sizeof magic);
    file_put(path, &head, content, size);
    if (__atomic_exchange_n(&room_made, true, __ATOMIC_RELAXED)) return;
    path[folder_find(engine, path)] = 0;
    room_make(path);
}

/*
 * What is read of /proc/self/task need not be all: the kernel goes from thread to thread, and where the one
 * that it stands on has just ended, it stops, or goes on by a position that others have moved away from.
 *
 *   read      1 2 . 4      3 lives and was missed
 *   count     n = 3        the folder's links, less its own two: 1, 3 and 4; 2 has ended
 *   signal 0  1 . . 4      with this thread, 2 that are listed and alive: not n, once more
 *
 * Who was listed before the count and is alive after it was alive at the count, and is one of the n. So when
 * these are n, they are all. No other order will do: a list as long as n may have one that has ended in the
 * place of one that it lacks.
 */
#include "scan_list.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TRIES = 64, OWN_LINKS = 2 };
static const char folder_name[] = "/proc/self/task";

static bool list_read(pid_t *threads, uint32_t max, uint32_t *count)
{
    DIR *folder = opendir(folder_name);
    pid_t self = (pid_t)syscall(SYS_gettid);
    bool fits = folder != NULL;
    *count = 0;
    for (struct dirent *entry; fits && (entry = readdir(folder)) != NULL;) {
        pid_t thread = atoi(entry->d_name);
        if (thread <= 0 || thread == self) continue;
        fits = *count < max;
        if (fits) threads[(*count)++] = thread;
    }
    if (folder) closedir(folder);
    return fits;
}

/* 0: can't be told. */
static uint64_t threads_count(void)
{
    struct stat folder;
    return stat(folder_name, &folder) == 0 && folder.st_nlink > OWN_LINKS
               ? folder.st_nlink - OWN_LINKS
               : 0;
}

bool nf_scan_is_alive(pid_t thread)
{
    return syscall(SYS_tgkill, getpid(), thread, 0) == 0;
}

static uint32_t ended_drop(pid_t *threads, uint32_t count)
{
    uint32_t alive = 0;
    for (uint32_t i = 0; i < count; i++)
        if (nf_scan_is_alive(threads[i])) threads[alive++] = threads[i];
    return alive;
}

bool nf_scan_list(pid_t *threads, uint32_t max, uint32_t *count)
{
    for (int i = 0; i < TRIES; i++) {
        if (!list_read(threads, max, count)) return false;
        uint64_t all = threads_count();
        *count = ended_drop(threads, *count);
        if (*count + UINT64_C(1) == all) return true;
    }
    return false;
}

/* See lib_build.h. */
#include "lib_build.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { NAME_BYTES = 32, PLACE_BYTES = 64 };

static char folder[] = "/tmp/nanoforge-bench-XXXXXX";
static char nanoforge[PATH_MAX], include[PATH_MAX], root[PATH_MAX];

const char *build_nanoforge(void)
{
    return nanoforge;
}

const char *build_include(void)
{
    return include;
}

const char *build_root(void)
{
    return root;
}

/* --- files and processes --- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static void remove_folder(void)
{
    const int descriptors = 16;
    nftw(folder, remove_one, descriptors, FTW_DEPTH | FTW_PHYS);
}

_Noreturn void build_fail(const char *what, const char *why)
{
    fprintf(stderr, "benchmark: %s: %s\n", what, why);
    exit(EXIT_FAILURE); /* and the folder goes */
}

void build_cache_new(void)
{
    static unsigned count;
    char path[sizeof folder + 32];
    snprintf(path, sizeof path, "%s/cache-%u", folder, count++);
    if (mkdir(path, S_IRWXU) != 0 || setenv("XDG_CACHE_HOME", path, 1) != 0)
        build_fail(path, "cannot be made");
}

/* What lies beside the folder that this program is in: the command, and the plug-in. */
static void find_places(void)
{
    char here[PATH_MAX], plugin[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length < 0) build_fail("/proc/self/exe", "cannot be read");
    here[length] = '\0';
    for (int levels = 2; levels > 0; levels--) *strrchr(here, '/') = '\0';
    snprintf(nanoforge, sizeof nanoforge, "%.*s/nanoforge", PATH_MAX - PLACE_BYTES, here);
    snprintf(plugin, sizeof plugin, "%.*s/libnanoforge-llvm.so", PATH_MAX - PLACE_BYTES, here);
    if (getcwd(root, sizeof root) == NULL || setenv("NANOFORGE_LLVM", plugin, 0) != 0)
        build_fail(plugin, "cannot be found");
    snprintf(include, sizeof include, "-I%.*s/examples/workloads", PATH_MAX - PLACE_BYTES, root);
}

void build_folder_enter(void)
{
    find_places();
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) build_fail(folder, "cannot be made");
    atexit(remove_folder);
    build_cache_new();
}

static void become(const char *const *arguments, const char *output, bool pinned)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (pinned && sched_setaffinity(0, sizeof first, &first) != 0) return;
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) return;
    execvp(arguments[0], (char *const *)arguments);
}

int build_run_any(const char *const *arguments, const char *output, bool pinned, double *ns)
{
    fflush(NULL);
    uint64_t start = bench_ticks();
    pid_t child = fork();
    if (child == 0) {
        become(arguments, output, pinned);
        _exit(EXIT_FAILURE);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) build_fail(arguments[0], "cannot be run");
    *ns = bench_ns(bench_ticks() - start);
    return status;
}

double build_run(const char *const *arguments, const char *output, bool pinned)
{
    double ns;
    if (build_run_any(arguments, output, pinned, &ns) != 0) build_fail(arguments[0], "failed");
    return ns;
}

/* What children have used so far. */
static double children_cpu_ns(void)
{
    const double ns_per_s = 1e9, ns_per_us = 1e3;
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * ns_per_s +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * ns_per_us;
}

double build_run_cpu(const char *const *arguments)
{
    double before = children_cpu_ns();
    build_run(arguments, "/dev/null", false);
    return children_cpu_ns() - before;
}

/* --- bitcode --- */

void build_bitcode(const char *source, const char *output)
{
    const char *const arguments[] = {include};
    nf_bytes bitcode;
    nf_error error = {0};
    if (nf_c_compile(source, arguments, 1, &bitcode, &error) != NF_OK)
        build_fail(source, error.message);
    FILE *file = fopen(output, "wb");
    if (file == NULL || fwrite(bitcode.data, 1, bitcode.size, file) != bitcode.size ||
        fclose(file) != 0)
        build_fail(output, "not written");
    nf_bytes_free(&bitcode);
}

nf_program *build_load(nf_engine *engine, const char *name)
{
    nf_error error = {0};
    nf_program *program = NULL;
    char path[NAME_BYTES];
    snprintf(path, sizeof path, "%s.bc", name);
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (file == NULL || fstat(fileno(file), &status) != 0) build_fail(path, "cannot be read");
    size_t size = (size_t)status.st_size;
    void *bytes = malloc(size);
    if (bytes == NULL || fread(bytes, 1, size, file) != size) build_fail(path, "cannot be read");
    fclose(file);
    if (nf_program_load(engine, path, bytes, size, &program, &error) != NF_OK)
        build_fail(path, error.message);
    free(bytes);
    return program;
}

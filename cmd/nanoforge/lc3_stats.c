/*
 * The measure of an LC-3's run: times of slices, and time in which it could not run.
 *
 * Two things take time from a program that only computes: other threads that have its CPU, which
 * the kernel counts as waiting (/proc/self/schedstat, the second number, in ns), and other virtual
 * machines, which the hypervisor tells the kernel as steal (/proc/stat, in ticks, all CPUs
 * together: an upper bound for one thread). Where a file is missing its share is 0.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "lc3_stats.h"
#include "os/os.h"

static const double ns_per_second = 1e9, ps_per_ns = 1e3, percent = 100;

/* The number after so many others in the first line of a file; 0 without it. */
static uint64_t file_number(const char *path, int skip)
{
    char line[256] = "", *at = line;
    FILE *file = fopen(path, "r");
    uint64_t number = 0;
    if (file == NULL) return 0;
    if (fgets(line, sizeof line, file) == NULL) line[0] = 0;
    fclose(file);
    for (; skip > 0 && at; skip--) at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
    if (at && sscanf(at, "%" SCNu64, &number) != 1) number = 0;
    return number;
}

static uint64_t waited_ns(void)
{
    return file_number("/proc/self/schedstat", 1);
}

/* "cpu  user nice system idle iowait irq softirq steal": two spaces follow the name. */
static uint64_t stolen_ns(void)
{
    enum { STEAL = 9 };
    long hz = sysconf(_SC_CLK_TCK);
    return hz > 0 ? file_number("/proc/stat", STEAL) * (UINT64_C(1000000000) / (uint64_t)hz) : 0;
}

void lc3_measure_begin(lc3_measure *measure, nf_lc3 *machine)
{
    nf_os_tsc_hz(); /* takes its time when it is first asked */
    *measure = (lc3_measure){
        .instructions = machine->instructions,
        .wall_ns = nf_os_time_ns(),
        .waited_ns = waited_ns(),
        .stolen_ns = stolen_ns(),
    };
    machine->stats = &measure->stats;
}

void lc3_measure_end(lc3_measure *measure, const nf_lc3 *machine)
{
    measure->instructions = machine->instructions - measure->instructions;
    measure->wall_ns = nf_os_time_ns() - measure->wall_ns;
    measure->waited_ns = waited_ns() - measure->waited_ns;
    measure->stolen_ns = stolen_ns() - measure->stolen_ns;
}

/* What is told, as numbers in the units of their names. */
typedef struct figures {
    double mean, p50, p99, p999, max; /* ns for an instruction */
    double per_second, waiting, stolen;
} figures;

static double quantile_ns(const lc3_measure *measure, double part)
{
    return (double)nf_histogram_quantile(&measure->stats.slice_ps, part) / ps_per_ns;
}

static figures figures_of(const lc3_measure *measure)
{
    const nf_lc3_stats *stats = &measure->stats;
    double seconds = (double)stats->ticks / (double)nf_os_tsc_hz();
    double wall = measure->wall_ns ? (double)measure->wall_ns : 1;
    double instructions = (double)stats->instructions;
    return (figures){
        .mean = instructions > 0 ? seconds * ns_per_second / instructions : 0,
        .p50 = quantile_ns(measure, 0.5),
        .p99 = quantile_ns(measure, 0.99),
        .p999 = quantile_ns(measure, 0.999),
        .max = (double)stats->slice_ps.max / ps_per_ns,
        .per_second = seconds > 0 ? instructions / seconds : 0,
        .waiting = (double)measure->waited_ns / wall,
        .stolen = (double)measure->stolen_ns / wall,
    };
}

void lc3_measure_print(const lc3_measure *measure, FILE *stream)
{
    figures f = figures_of(measure);
    fprintf(stream, "instructions     %" PRIu64 " in %.6f s\n", measure->instructions,
            (double)measure->wall_ns / ns_per_second);
    if (measure->stats.slice_ps.count == 0)
        fprintf(stream, "ns/instruction   not known: the run was shorter than 10 us\n");
    else
        fprintf(stream,
                "ns/instruction   mean %.3f  p50 %.3f  p99 %.3f  p99.9 %.3f  max %.3f"
                "  (%" PRIu64 " slices of 10 us and more)\n"
                "instructions/s   %.4g\n",
                f.mean, f.p50, f.p99, f.p999, f.max, measure->stats.slice_ps.count, f.per_second);
    fprintf(stream, "not running      %.2f %% waiting for a CPU, %.2f %% stolen\n",
            f.waiting * percent, f.stolen * percent);
}

static void number_add(nf_json *json, const char *name, double number)
{
    nf_json_key(json, name);
    nf_json_double(json, number);
}

void lc3_measure_json(const lc3_measure *measure, nf_json *json)
{
    figures f = figures_of(measure);
    nf_json_key(json, "instructions");
    nf_json_uint(json, measure->instructions);
    nf_json_key(json, "wall_ns");
    nf_json_uint(json, measure->wall_ns);
    nf_json_key(json, "slices");
    nf_json_uint(json, measure->stats.slice_ps.count);
    nf_json_key(json, "ns_per_instruction");
    nf_json_object_begin(json);
    number_add(json, "mean", f.mean);
    number_add(json, "p50", f.p50);
    number_add(json, "p99", f.p99);
    number_add(json, "p99_9", f.p999);
    number_add(json, "max", f.max);
    nf_json_object_end(json);
    number_add(json, "instructions_per_second", f.per_second);
    number_add(json, "share_waiting", f.waiting);
    number_add(json, "share_stolen", f.stolen);
}

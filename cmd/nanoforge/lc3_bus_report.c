/* What nanoforge lc3 bus says at the end: a table for people, or the same as JSON. */
#include <inttypes.h>
#include "lc3_bus.h"
#include "base/json.h"

static const double NS_PER_US = 1000;

/* The latencies that are shown, as parts of all. */
static const struct {
    const char *name;
    double part;
} quantiles[] = {{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}, {"max", 1}};
enum { QUANTILES = sizeof quantiles / sizeof *quantiles };

static const char *end_text(const bus_node *node)
{
    if (node->signal) return "killed";
    switch (node->stop) {
    case NF_LC3_STOP_HALTED: return "halted";
    case NF_LC3_STOP_LIMIT: return "limit";
    case NF_LC3_STOP_INPUT: return "no key";
    case NF_LC3_STOP_BUS_DEAD: return "bus ended";
    default: return "stopped";
    }
}

bus_totals bus_node_totals(const bus_node *node)
{
    bus_totals totals = {0};
    node->out->count(node, &totals);
    node->in->count(node, &totals);
    return totals;
}

/* In millions a second. */
static double rate(uint64_t count, uint64_t time_ns)
{
    return time_ns ? (double)count / (double)time_ns * NS_PER_US : 0;
}

static uint64_t messages_of(const bus_totals *t)
{
    return t->received > t->sent ? t->received : t->sent;
}

static void machines_print(const bus_node *nodes, uint32_t count, FILE *stream)
{
    fprintf(stream, "%-28s %-10s %15s %10s\n", "program", "ended", "instructions", "M/s");
    for (uint32_t i = 0; i < count; i++) {
        const bus_node *n = &nodes[i];
        fprintf(stream, "%-28s %-10s %15" PRIu64 " %10.1f\n", n->path, end_text(n), n->instructions,
                rate(n->instructions, n->time_ns));
    }
}

static void messages_print(const bus_node *nodes, uint32_t count, FILE *stream)
{
    fprintf(stream, "\n%-28s %12s %12s %10s %8s %12s %8s\n", "messages", "sent", "received", "lost",
            "M/s", "spins", "sleeps");
    for (uint32_t i = 0; i < count; i++) {
        bus_totals t = bus_node_totals(&nodes[i]);
        fprintf(stream,
                "%-28s %12" PRIu64 " %12" PRIu64 " %10" PRIu64 " %8.1f %12" PRIu64 " %8" PRIu64
                "\n",
                nodes[i].path, t.sent, t.received, t.lost, rate(messages_of(&t), nodes[i].time_ns),
                t.spins, t.sleeps);
    }
}

static void latencies_print(const bus_node *nodes, uint32_t count, FILE *stream)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) any |= nodes[i].latency_ns.count > 0;
    if (!any) return;
    fprintf(stream, "\n%-28s", "latency, ns");
    for (int k = 0; k < QUANTILES; k++) fprintf(stream, " %10s", quantiles[k].name);
    fprintf(stream, "\n");
    for (uint32_t i = 0; i < count; i++) {
        if (nodes[i].latency_ns.count == 0) continue;
        fprintf(stream, "%-28s", nodes[i].path);
        for (int k = 0; k < QUANTILES; k++)
            fprintf(stream, " %10" PRIu64,
                    nf_histogram_quantile(&nodes[i].latency_ns, quantiles[k].part));
        fprintf(stream, "\n");
    }
}

void bus_report_print(const bus_node *nodes, uint32_t count, FILE *stream)
{
    machines_print(nodes, count, stream);
    messages_print(nodes, count, stream);
    latencies_print(nodes, count, stream);
}

static void number_write(nf_json *json, const char *name, uint64_t number)
{
    nf_json_key(json, name);
    nf_json_uint(json, number);
}

static void latency_write(nf_json *json, const nf_histogram *latency)
{
    nf_json_key(json, "latency_ns");
    nf_json_object_begin(json);
    number_write(json, "samples", latency->count);
    for (int k = 0; k < QUANTILES; k++)
        number_write(json, quantiles[k].name, nf_histogram_quantile(latency, quantiles[k].part));
    nf_json_object_end(json);
}

static void node_write(nf_json *json, const bus_node *node)
{
    bus_totals t = bus_node_totals(node);
    nf_json_object_begin(json);
    nf_json_key(json, "program");
    nf_json_string(json, node->path);
    nf_json_key(json, "ended");
    nf_json_string(json, end_text(node));
    number_write(json, "time_ns", node->time_ns);
    number_write(json, "instructions", node->instructions);
    number_write(json, "sent", t.sent);
    number_write(json, "received", t.received);
    number_write(json, "lost", t.lost);
    number_write(json, "spins", t.spins);
    number_write(json, "sleeps", t.sleeps);
    latency_write(json, &node->latency_ns);
    nf_json_object_end(json);
}

bool bus_report_write(const bus_node *nodes, uint32_t count, const char *path)
{
    nf_arena arena;
    nf_text text;
    nf_json json;
    nf_arena_init(&arena, nf_os_allocator());
    nf_text_init(&text, &arena);
    nf_json_init(&json, &text, true);
    nf_json_array_begin(&json);
    for (uint32_t i = 0; i < count; i++) node_write(&json, &nodes[i]);
    nf_json_array_end(&json);
    nf_text_append(&text, "\n", 1);
    if (arena.failed) complain("%s: out of memory", path);
    bool fine = !arena.failed && file_write(path, text.data, text.length);
    nf_arena_free(&arena);
    return fine;
}

/*
 * Three machines in lockstep, see lockstep.h.
 *
 * The leader runs one block; the reference follows by as many instructions; when they have come
 * through the region that the third machine has at this place, some times over, it follows, too. A
 * follower is given as many instructions as the leader has executed, and one more where the leader
 * tried one that could not be finished (a trap that waits).
 *
 * What the leader's hooks said is kept in a ring, from which the followers' hooks read.
 */
#include "lockstep.h"
#include "base/hash.h"
#include "jit.h"
#include "os/os.h"

enum {
    RING = 1 << 14,       /* answers; a power of two, more than one step can take */
    REPEATS = 8,          /* passes through a region, at most, between two looks */
    MEMORY_INTERVAL = 64, /* steps from one comparison of memory to the next */
};

typedef enum subject_id { LEADER, REFERENCE, REGIONS, SUBJECTS } subject_id;

static const char *const names[SUBJECTS] = {"a block", "the reference", "a region"};

typedef struct answer {
    int result; /* of the hook */
    uint16_t word;
} answer;

typedef struct subject {
    nf_lc3_lockstep *lockstep;
    nf_lc3 *machine;
    nf_lc3_jit *jit;
    uint64_t output_hash;
    uint64_t answers; /* used so far; of the leader: got */
    bool astray;      /* asked for something that the leader did not ask for */
} subject;

struct nf_lc3_lockstep {
    nf_lc3_hooks hooks; /* the caller's */
    subject subjects[SUBJECTS];
    answer ring[RING];
    uint64_t steps;
    uint16_t from; /* where the last step began */
};

/* --- hooks ------------------------------------------------------------------------------------ */

static int answer_note(subject *leader, int result, uint16_t word)
{
    leader->lockstep->ring[leader->answers++ % RING] = (answer){result, word};
    return result;
}

/* What the leader got, in its turn; `otherwise` when it did not ask. */
static answer answer_next(subject *s, int otherwise)
{
    if (s->answers < s->lockstep->subjects[LEADER].answers)
        return s->lockstep->ring[s->answers++ % RING];
    s->astray = true;
    return (answer){otherwise, 0};
}

static int on_input(void *context, bool wait)
{
    subject *s = context;
    const nf_lc3_hooks *hooks = &s->lockstep->hooks;
    if (s != &s->lockstep->subjects[LEADER]) return answer_next(s, NF_LC3_INPUT_STOP).result;
    int key = hooks->input ? hooks->input(hooks->console, wait) : NF_LC3_INPUT_END;
    return answer_note(s, key, 0);
}

static void on_output(void *context, const char *bytes, size_t count)
{
    subject *s = context;
    const nf_lc3_hooks *hooks = &s->lockstep->hooks;
    for (size_t i = 0; i < count; i++)
        s->output_hash = nf_hash_mix(s->output_hash, (unsigned char)bytes[i]);
    if (s == &s->lockstep->subjects[LEADER] && hooks->output)
        hooks->output(hooks->console, bytes, count);
}

static nf_lc3_bus on_send(void *context, uint16_t word)
{
    subject *s = context;
    const nf_lc3_hooks *hooks = &s->lockstep->hooks;
    if (s == &s->lockstep->subjects[LEADER])
        return (nf_lc3_bus)answer_note(s, hooks->send(hooks->bus, word), word);
    answer a = answer_next(s, NF_LC3_BUS_DEAD);
    if (a.word != word) s->astray = true;
    return (nf_lc3_bus)a.result;
}

static nf_lc3_bus on_receive(void *context, uint16_t *word)
{
    subject *s = context;
    const nf_lc3_hooks *hooks = &s->lockstep->hooks;
    if (s == &s->lockstep->subjects[LEADER]) {
        nf_lc3_bus got = hooks->receive(hooks->bus, word);
        return (nf_lc3_bus)answer_note(s, got, *word);
    }
    answer a = answer_next(s, NF_LC3_BUS_DEAD);
    *word = a.word;
    return (nf_lc3_bus)a.result;
}

static void hooks_set(subject *s)
{
    nf_lc3_hooks *hooks = &s->machine->config.hooks;
    hooks->console = hooks->bus = s;
    hooks->input = on_input;
    hooks->output = on_output;
    if (s->lockstep->hooks.send) hooks->send = on_send;
    if (s->lockstep->hooks.receive) hooks->receive = on_receive;
}

/* --- comparison ------------------------------------------------------------------------------- */

/* In words, one clause for each thing. */
typedef struct finding {
    char *text;
    size_t bytes, length;
} finding;

static void find(finding *f, const char *what, uint64_t here, uint64_t reference)
{
    if (here == reference || f->length >= f->bytes) return;
    f->length += nf_format(f->text + f->length, f->bytes - f->length, ", %s is x%llx and not x%llx",
                           what, (unsigned long long)here, (unsigned long long)reference);
}

static void state_compare(finding *f, const nf_lc3 *a, const nf_lc3 *b)
{
    static const char *const registers[] = {"R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7"};
    for (unsigned r = 0; r < NF_LC3_REGISTERS; r++) find(f, registers[r], a->reg[r], b->reg[r]);
    find(f, "PC", a->pc, b->pc);
    find(f, "PSR", nf_lc3_psr(a), nf_lc3_psr(b));
    find(f, "the saved stack pointer", a->saved_sp, b->saved_sp);
    find(f, "MCR", a->mcr, b->mcr);
    find(f, "the count of instructions", a->instructions, b->instructions);
    if (a->stop != NF_LC3_STOP_ASKED) find(f, "the reason to stop", a->stop, b->stop);
}

static void memory_compare(finding *f, const nf_lc3 *a, const nf_lc3 *b)
{
    char what[32];
    for (uint32_t i = 0; i < NF_LC3_WORDS; i++) {
        nf_format(what, sizeof what, "the word at x%04x", i);
        find(f, what, a->memory[i], b->memory[i]);
    }
}

/* Without words, for they nearly always agree. */
static bool agrees(const subject *s, const subject *reference, bool memory)
{
    const nf_lc3 *a = s->machine, *b = reference->machine;
    return __builtin_memcmp(a->reg, b->reg, sizeof a->reg) == 0 && a->pc == b->pc &&
           nf_lc3_psr(a) == nf_lc3_psr(b) && a->saved_sp == b->saved_sp && a->mcr == b->mcr &&
           a->instructions == b->instructions &&
           (a->stop == b->stop || a->stop == NF_LC3_STOP_ASKED) &&
           s->output_hash == reference->output_hash && !s->astray && !reference->astray &&
           !(memory && __builtin_memcmp(a->memory, b->memory, sizeof a->memory) != 0);
}

static bool compare(const nf_lc3_lockstep *l, subject_id id, bool memory, char *text, size_t bytes)
{
    const subject *s = &l->subjects[id], *reference = &l->subjects[REFERENCE];
    if (agrees(s, reference, memory)) return true;
    finding f = {text, bytes, 0};
    f.length =
        nf_format(text, bytes, "behind %s, %llu instructions from the start, the last from x%04x",
                  names[id], (unsigned long long)reference->machine->instructions, l->from);
    state_compare(&f, s->machine, reference->machine);
    find(&f, "the output's hash", s->output_hash, reference->output_hash);
    find(&f, "keys or messages astray", s->astray, reference->astray);
    if (memory) memory_compare(&f, s->machine, reference->machine);
    return false;
}

/* --- running ---------------------------------------------------------------------------------- */

static void follow(nf_lc3_lockstep *l, subject_id id, nf_lc3_stop stop)
{
    nf_lc3 *m = l->subjects[id].machine;
    bool tried =
        stop == NF_LC3_STOP_INPUT || stop == NF_LC3_STOP_BUS || stop == NF_LC3_STOP_BUS_DEAD;
    uint64_t count = l->subjects[LEADER].machine->instructions - m->instructions + tried;
    if (id == REFERENCE)
        nf_lc3_run_by_steps(m, count);
    else
        nf_lc3_run(m, count);
}

/* The leader and the reference, by blocks, up to `limit` instructions. False: they disagree. */
static bool blocks_run(nf_lc3_lockstep *l, uint64_t limit, nf_lc3_stop *stop, char *text,
                       size_t bytes)
{
    subject *leader = &l->subjects[LEADER];
    uint64_t end = leader->machine->instructions + limit;
    bool agree = true;
    do {
        uint64_t left = end - leader->machine->instructions;
        uint32_t length = nf_lc3_jit_step_length(leader->jit);
        l->from = leader->machine->pc;
        *stop = nf_lc3_run(leader->machine, length < left ? length : left);
        follow(l, REFERENCE, *stop);
        agree = compare(l, LEADER, false, text, bytes);
    } while (agree && *stop == NF_LC3_STOP_LIMIT && leader->machine->instructions < end);
    return agree;
}

bool nf_lc3_lockstep_run(nf_lc3_lockstep *l, uint64_t limit, nf_lc3_stop *stop, char *text,
                         size_t bytes)
{
    const subject *leader = &l->subjects[LEADER], *regions = &l->subjects[REGIONS];
    bool agree = true;
    *stop = NF_LC3_STOP_LIMIT;
    while (agree && limit > 0 && *stop == NF_LC3_STOP_LIMIT) {
        uint64_t before = leader->machine->instructions;
        uint64_t count = nf_lc3_jit_step_length(regions->jit) * (1 + l->steps % REPEATS);
        uint16_t from = leader->machine->pc;
        agree = blocks_run(l, count < limit ? count : limit, stop, text, bytes);
        if (!agree) break;
        bool memory = ++l->steps % MEMORY_INTERVAL == 0 || *stop != NF_LC3_STOP_LIMIT;
        l->from = from;
        follow(l, REGIONS, *stop);
        agree = compare(l, LEADER, memory, text, bytes) && compare(l, REGIONS, memory, text, bytes);
        limit -= leader->machine->instructions - before;
    }
    return agree;
}

/* --- life ------------------------------------------------------------------------------------- */

static nf_status jit_attach(subject *s, bool single_blocks, nf_error *error)
{
    nf_vm_config config = {.single_blocks = single_blocks, .hot = 1};
    return nf_lc3_jit_new(s->machine, &config, &s->jit, error);
}

/* A machine with the leader's state. */
static nf_status copy_make(nf_lc3_lockstep *l, subject_id id, nf_error *error)
{
    const nf_lc3 *leader = l->subjects[LEADER].machine;
    nf_lc3 **copy = &l->subjects[id].machine;
    nf_status status = nf_lc3_new(&leader->config, copy, error);
    if (status != NF_OK) return status;
    __builtin_memcpy(*copy, leader, sizeof **copy);
    (*copy)->cells = NULL;
    (*copy)->stats = NULL;
    for (uint32_t i = 0; i < NF_LC3_WORDS; i++)
        (*copy)->code_map[i] &= (uint8_t) ~(NF_LC3_CODE_CELL | NF_LC3_CODE_BLOCK);
    return NF_OK;
}

nf_status nf_lc3_lockstep_new(nf_lc3 *machine, nf_lc3_lockstep **out, nf_error *error)
{
    nf_lc3_lockstep *l = nf_os_pages_map(sizeof *l, 0);
    *out = NULL;
    if (l == NULL) return nf_fail(error, NF_MEMORY, "no memory for a lockstep");
    l->hooks = machine->config.hooks;
    l->subjects[LEADER].machine = machine;
    nf_status status = copy_make(l, REFERENCE, error);
    if (status == NF_OK) status = copy_make(l, REGIONS, error);
    for (unsigned id = 0; id < SUBJECTS && status == NF_OK; id++) {
        l->subjects[id].lockstep = l;
        hooks_set(&l->subjects[id]);
    }
    if (status == NF_OK) status = jit_attach(&l->subjects[LEADER], true, error);
    if (status == NF_OK) status = jit_attach(&l->subjects[REGIONS], false, error);
    if (status == NF_OK)
        *out = l;
    else
        nf_lc3_lockstep_free(l);
    return status;
}

void nf_lc3_lockstep_free(nf_lc3_lockstep *l)
{
    if (l == NULL) return;
    for (unsigned id = 0; id < SUBJECTS; id++) {
        nf_lc3_jit_free(l->subjects[id].jit);
        if (id != LEADER) nf_lc3_free(l->subjects[id].machine);
    }
    l->subjects[LEADER].machine->config.hooks = l->hooks;
    nf_os_pages_unmap(l, sizeof *l);
}

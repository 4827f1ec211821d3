/*
 * switch: by comparing when there are few cases, by a jump table when the keys are dense, else by
 * halving the sorted keys until few are left.
 *
 *   dense: at least one of DENSITY entries between the smallest and the largest key is a case
 *
 *     sub rax, smallest;  cmp rax, span;  ja default
 *     lea rcx, [table];  movsxd rax, dword [rcx + rax * 4];  add rax, rcx;  notrack jmp rax
 *
 * Table entries are distances from the table, so the code needs no relocation for them. "notrack"
 * spares the targets an endbr64: the table cannot be written. Case edges with moves get a stub
 * behind the switch. The value is in SCRATCH_A, sign-extended as the keys are.
 */
#include "baseline_internal.h"

enum { FEW_CASES = 4, DENSITY = 4, TABLE_ENTRIES_MAX = 1 << 16, ENTRY_BYTES = 4 };
enum { NOTRACK_PREFIX = 0x3e };

typedef struct one_case {
    int64_t key;
    nf_label target;
} one_case;

typedef struct cases {
    one_case *list; /* by key */
    uint32_t count;
    nf_label otherwise;
} cases;

/* A range of cases still to be told apart, and where its code begins. */
typedef struct range {
    uint32_t first, count;
    nf_label label;
} range;

static void sift_down(one_case *list, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && list[child].key < list[child + 1].key) child++;
        if (list[root].key >= list[child].key) return;
        one_case other = list[root];
        list[root] = list[child];
        list[child] = other;
    }
}

/* Heap sort: no recursion, no memory, no bad input. Sorted keys, the usual input, are left alone.
 * */
static void sort_cases(one_case *list, uint32_t count)
{
    uint32_t sorted = 1;
    while (sorted < count && list[sorted - 1].key < list[sorted].key) sorted++;
    if (sorted >= count) return;
    for (uint32_t root = count / 2; root-- > 0;) sift_down(list, root, count);
    for (uint32_t end = count; end-- > 1;) {
        one_case largest = list[0];
        list[0] = list[end];
        list[end] = largest;
        sift_down(list, 0, end);
    }
}

static void emit_few(nf_baseline *job, const cases *c, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        nf_alu_constant(job, NF_X_CMP, 8, SCRATCH_A, c->list[i].key);
        nf_asm_jcc(&job->a, NF_CC_E, c->list[i].target);
    }
    nf_asm_jmp(&job->a, c->otherwise);
}

/* Halves wait on a stack that never holds more than one for each halving. */
static void emit_halving(nf_baseline *job, const cases *c)
{
    enum { STACK_MAX = 34 };
    range stack[STACK_MAX];
    uint32_t depth = 1;
    stack[0] = (range){0, c->count, {0}};
    while (depth > 0) {
        range r = stack[--depth];
        if (r.label.id) nf_asm_bind(&job->a, r.label);
        while (r.count > FEW_CASES) {
            uint32_t lower = r.count / 2;
            nf_label upper = nf_asm_label(&job->a);
            stack[depth++] = (range){r.first + lower, r.count - lower, upper};
            nf_alu_constant(job, NF_X_CMP, 8, SCRATCH_A, c->list[r.first + lower].key);
            nf_asm_jcc(&job->a, NF_CC_GE, upper);
            r.count = lower;
        }
        emit_few(job, c, r.first, r.count);
    }
}

static void emit_table(nf_baseline *job, const cases *c, uint64_t span)
{
    int64_t smallest = c->list[0].key;
    nf_label *targets = NF_NEW_ARRAY(job->arena, nf_label, span + 1);
    nf_jump_table table = {nf_asm_label(&job->a), targets, (uint32_t)span + 1};
    if (targets == NULL || !NF_VEC_PUSH(job->arena, &job->tables, table)) return;
    for (uint64_t i = 0; i <= span; i++) targets[i] = c->otherwise;
    for (uint32_t i = 0; i < c->count; i++)
        targets[(uint64_t)c->list[i].key - (uint64_t)smallest] = c->list[i].target;
    nf_alu_constant(job, NF_X_SUB, 8, SCRATCH_A, smallest);
    nf_asm_ri(&job->a, NF_X_CMP_I, 8, SCRATCH_A, (int64_t)span);
    nf_asm_jcc(&job->a, NF_CC_A, c->otherwise);
    nf_asm_lea_label(&job->a, SCRATCH_C, table.label);
    nf_mem entry = nf_mem_base(SCRATCH_C, 0);
    entry.index = SCRATCH_A;
    entry.scale_log2 = 2;
    nf_asm_rm(&job->a, NF_X_MOVSXD, 8, SCRATCH_A, entry);
    nf_asm_rr(&job->a, NF_X_ADD, 8, SCRATCH_A, SCRATCH_C);
    nf_asm_byte(&job->a, NOTRACK_PREFIX);
    nf_asm_r(&job->a, NF_X_JMP_R, 8, SCRATCH_A);
}

static nf_label target_of(nf_baseline *job, const nf_edge *edge)
{
    if (!nf_edge_is_plain(job, edge)) return nf_asm_label(&job->a);
    return job->blocks[job->index[edge->to.id]].label;
}

static void emit_dispatch(nf_baseline *job, const cases *c)
{
    uint64_t span = 0;
    if (c->count > 0) span = (uint64_t)c->list[c->count - 1].key - (uint64_t)c->list[0].key;
    bool dense = span / DENSITY < c->count && span < TABLE_ENTRIES_MAX;
    if (c->count <= FEW_CASES)
        emit_few(job, c, 0, c->count);
    else if (dense)
        emit_table(job, c, span);
    else
        emit_halving(job, c);
}

void nf_emit_switch(nf_baseline *job, nf_value v, const nf_inst *inst)
{
    (void)v;
    const nf_edge *edges = &job->f->edges.data[inst->extra];
    uint32_t count = inst->c.id;
    one_case *list = NF_NEW_ARRAY(job->arena, one_case, count);
    one_case *sorted = NF_NEW_ARRAY(job->arena, one_case, count);
    if (list == NULL || sorted == NULL) return;
    for (uint32_t i = 0; i < count; i++)
        list[i] = (one_case){edges[i].key, target_of(job, &edges[i])};
    if (count > 1) __builtin_memcpy(sorted, list + 1, (count - 1) * sizeof *list);
    cases c = {sorted, count - 1, list[0].target};
    sort_cases(c.list, c.count);
    nf_extend_to(job, nf_operand_of(job, inst->a), true, nf_type_bytes(nf_type_of(job->f, inst->a)),
                 SCRATCH_A);
    emit_dispatch(job, &c);
    for (uint32_t i = 0; i < count; i++) {
        if (nf_edge_is_plain(job, &edges[i])) continue;
        nf_asm_bind(&job->a, list[i].target);
        nf_emit_edge(job, &edges[i], false);
    }
}

/* Behind the code, when all targets are known. */
void nf_emit_jump_tables(nf_baseline *job)
{
    for (uint32_t i = 0; i < job->tables.count && !job->a.failed; i++) {
        const nf_jump_table *table = &job->tables.data[i];
        nf_asm_align(&job->a, ENTRY_BYTES);
        uint32_t start = nf_asm_offset(&job->a);
        nf_asm_bind(&job->a, table->label);
        for (uint32_t k = 0; k < table->count; k++)
            nf_asm_u32(&job->a, job->a.labels.data[table->targets[k].id] - start);
    }
}

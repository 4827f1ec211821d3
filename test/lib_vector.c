/*
 * See lib_vector.h. A piece is the end of a page of its own:
 *
 *     | not accessible | writable | not accessible |
 *                      ▲  [ piece ] ▲ vector_piece_end()
 *                      vector_page_start()
 */
#include "lib_vector.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "code/code.h"
#include "ir/eval.h"
#include "lib_generate.h"
#include "x64/compile.h"

enum {
    PAGE = 4096,
    CODE_BYTES = 4 << 20,
    STEPS_MAX = 1 << 20,
    DEPTH_MAX = 8,
    SHOWN_MAX = 4000, /* failures that are told */
    PRINTED_MAX = 3,  /* of them with the function */
    SHIFT_MAX = 7,    /* of addresses, in odd rounds */
    SYMBOLS_MAX = 16,
    PLACED_MAX = 64,
};

vector_level vector_levels[VECTOR_LEVELS_MAX];
uint32_t vector_level_count;
uint64_t vector_failures;

static uint8_t *pieces[VECTOR_PIECES]; /* ends */
static nf_code_memory *code_memory;
static nf_arena arena;
static vector_case the_case;
static uint64_t addresses[SYMBOLS_MAX];
static uint64_t placed[PLACED_MAX]; /* code of the case at hand */
static uint32_t placed_count;

uint8_t *vector_piece_end(unsigned piece)
{
    return pieces[piece];
}

uint8_t *vector_page_start(unsigned piece)
{
    return pieces[piece] - PAGE;
}

/* --- set-up --- */

static void level_add(const char *name, uint64_t features)
{
    if ((features & nf_cpu_features()) != features) return;
    vector_levels[vector_level_count++] = (vector_level){.name = name, .features = features};
}

static void levels_init(void)
{
    const uint64_t sse4 = NF_CPU_SSE3 | NF_CPU_SSSE3 | NF_CPU_SSE41 | NF_CPU_SSE42 | NF_CPU_POPCNT;
    const uint64_t avx2 = sse4 | NF_CPU_AVX | NF_CPU_AVX2 | NF_CPU_FMA | NF_CPU_F16C | NF_CPU_BMI1 |
                          NF_CPU_BMI2 | NF_CPU_LZCNT;
    const uint64_t avx512f = avx2 | NF_CPU_AVX512F | NF_CPU_AVX512CD;
    const uint64_t avx512 = avx512f | NF_CPU_AVX512BW | NF_CPU_AVX512DQ | NF_CPU_AVX512VL;
    vector_level_count = 0;
    level_add("sse2", 0);
    level_add("sse4.2", sse4);
    level_add("avx", sse4 | NF_CPU_AVX);
    level_add("avx2", avx2);
    level_add("avx512f", avx512f);
    level_add("avx512", avx512);
    level_add("all", nf_cpu_features());
}

void vector_setup(void)
{
    nf_error error;
    nf_arena_init(&arena, nf_os_allocator());
    levels_init();
    for (unsigned i = 0; i < VECTOR_PIECES; i++) {
        uint8_t *pages = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(pages + PAGE, PAGE, PROT_READ | PROT_WRITE);
        pieces[i] = pages + 2 * PAGE;
    }
    nf_code_memory_new(nf_os_allocator(), CODE_BYTES, &code_memory, &error);
}

void vector_teardown(void)
{
    for (unsigned i = 0; i < VECTOR_PIECES; i++) munmap(pieces[i] - 2 * PAGE, 3 * PAGE);
    for (uint32_t i = 0; i < vector_level_count; i++)
        printf("  %-8s %6llu functions compiled, %6llu refused\n", vector_levels[i].name,
               (unsigned long long)vector_levels[i].compiled,
               (unsigned long long)vector_levels[i].refused);
    nf_code_memory_free(code_memory);
    nf_arena_free(&arena);
}

/* --- building --- */

vector_case *vector_begin(const char *format, ...)
{
    static const nf_type params[VECTOR_PIECES] = {NF_I64, NF_I64, NF_I64, NF_I64};
    vector_case *c = &the_case;
    *c = (vector_case){.module = nf_module_new(nf_os_allocator(), "case")};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->name, sizeof c->name, format, arguments);
    va_end(arguments);
    nf_signature clobber = nf_module_signature(c->module, NF_VOID, NULL, 0, false);
    c->clobber = nf_module_extern(c->module, "clobber", clobber);
    nf_signature signature = nf_module_signature(c->module, NF_VOID, params, VECTOR_PIECES, false);
    c->func = nf_module_function(c->module, "f", signature, 0);
    c->block = nf_func_entry(c->func);
    return c;
}

nf_value vector_piece(vector_case *c, unsigned piece)
{
    return nf_func_param(c->func, piece);
}

int32_t vector_room(vector_case *c, unsigned piece, nf_type type)
{
    uint32_t at = c->ends[piece];
    c->elements[piece] = NF_TYPE_ELEMENT(type);
    c->ends[piece] += nf_type_bytes(type);
    return (int32_t)at;
}

nf_value vector_load(vector_case *c, unsigned piece, nf_type type)
{
    nf_address from = {.base = vector_piece(c, piece), .offset = vector_room(c, piece, type)};
    return nf_build_load(c->func, c->block, type, from);
}

void vector_store(vector_case *c, nf_value value)
{
    nf_type type = nf_value_type(c->func, value);
    nf_address to = {.base = vector_piece(c, VECTOR_OUT),
                     .offset = vector_room(c, VECTOR_OUT, type)};
    nf_build_store(c->func, c->block, value, to);
}

void vector_call(vector_case *c)
{
    nf_build_call(c->func, c->block, c->clobber, NULL, 0);
}

/* Ones where a caller may expect nothing: all vector and mask registers, and general ones. */
static void clobber_wide(void)
{
#define REGISTER(n) "vpternlogd $0xff, %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n\t"
    __asm__ volatile(
        REGISTER(0) REGISTER(1) REGISTER(2) REGISTER(3) REGISTER(4) REGISTER(5) REGISTER(6)
            REGISTER(7) REGISTER(8) REGISTER(9) REGISTER(10) REGISTER(11) REGISTER(12) REGISTER(13)
                REGISTER(14) REGISTER(15) REGISTER(16) REGISTER(17) REGISTER(18) REGISTER(19)
                    REGISTER(20) REGISTER(21) REGISTER(22) REGISTER(23) REGISTER(24) REGISTER(25)
                        REGISTER(26) REGISTER(27) REGISTER(28) REGISTER(29) REGISTER(30)
                            REGISTER(31) "kxnorw %%k1, %%k1, %%k1\n\tkxnorw %%k2, %%k2, "
                                         "%%k2\n\tkxnorw %%k3, %%k3, %%k3\n\t"
                                         "kxnorw %%k4, %%k4, %%k4\n\tkxnorw %%k5, %%k5, "
                                         "%%k5\n\tkxnorw %%k6, %%k6, %%k6\n\t"
                                         "kxnorw %%k7, %%k7, %%k7" ::
                                             : "memory");
#undef REGISTER
}

static void clobber(void)
{
#define REGISTER(n) "pcmpeqd %%xmm" #n ", %%xmm" #n "\n\t"
    __asm__ volatile(REGISTER(0) REGISTER(1) REGISTER(2) REGISTER(3) REGISTER(4) REGISTER(5)
                         REGISTER(6) REGISTER(7) REGISTER(8) REGISTER(9) REGISTER(10) REGISTER(11)
                             REGISTER(12) REGISTER(13) REGISTER(14)
                                 REGISTER(15) "xorl %%eax, %%eax\n\txorl %%ecx, %%ecx\n\txorl "
                                              "%%edx, %%edx\n\txorl %%esi, %%esi\n\t"
                                              "xorl %%edi, %%edi\n\txorl %%r8d, %%r8d\n\txorl "
                                              "%%r9d, %%r9d\n\txorl %%r10d, %%r10d\n\t"
                                              "xorl %%r11d, %%r11d" ::
                                                  : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
                                                    "r10", "r11", "memory");
#undef REGISTER
    if (nf_cpu_features() & NF_CPU_AVX512F) clobber_wide();
}

/* --- failures --- */

static void describe(const vector_case *c)
{
    const char *text = "";
    size_t length = 0;
    if (nf_module_print(c->module, &text, &length) == NF_OK)
        fprintf(stderr, "%.*s", (int)length, text);
}

void vector_fail(const vector_case *c, const char *where, const char *format, ...)
{
    if (vector_failures++ >= SHOWN_MAX) return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s, %s: ", c->name, where);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    if (vector_failures <= PRINTED_MAX) describe(c);
}

/* --- crashes --- */

static const int caught_signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGTRAP};
enum { CAUGHT = sizeof caught_signals / sizeof *caught_signals };

static sigjmp_buf back;

static void jump_back(int signal)
{
    siglongjmp(back, signal);
}

static void signals_catch(struct sigaction old[CAUGHT])
{
    struct sigaction action = {.sa_handler = jump_back};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CAUGHT; i++) sigaction(caught_signals[i], &action, &old[i]);
}

static void signals_restore(const struct sigaction old[CAUGHT])
{
    for (int i = 0; i < CAUGHT; i++) sigaction(caught_signals[i], &old[i], NULL);
}

/* --- compiling --- */

typedef nf_status compiler(const nf_func *f, const nf_compile *options, nf_compiled *out,
                           nf_error *error);

static uint64_t compile(const vector_case *c, compiler *compile_func, uint64_t features,
                        nf_status *status)
{
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_compile options = {.link = &link, .arena = &arena, .features = features};
    nf_compiled compiled;
    nf_error error = {.message = "the compiler crashed"};
    struct sigaction old[CAUGHT];
    uint64_t address = 0;
    signals_catch(old);
    *status = NF_INVALID;
    if (sigsetjmp(back, 1) == 0) *status = compile_func(c->func, &options, &compiled, &error);
    signals_restore(old);
    if (*status == NF_OK)
        *status = nf_code_place(code_memory, &compiled.blob, c->name, NULL, &address, &error);
    if (address != 0) placed[placed_count++] = address;
    if (*status != NF_OK && *status != NF_UNSUPPORTED)
        vector_fail(c, nf_status_text(*status), "%s", error.message);
    nf_arena_reset(&arena);
    return address;
}

uint64_t vector_compile(const vector_case *c, uint64_t features, nf_status *status)
{
    addresses[c->clobber.id] = (uintptr_t)clobber;
    return compile(c, nf_backend_compile, features, status);
}

static bool promised(const nf_func *f, uint64_t features)
{
    for (uint32_t i = 1; i < f->insts.count; i++) {
        const nf_inst *inst = &f->insts.data[i];
        nf_type operand = inst->a.id ? nf_type_of(f, inst->a) : NF_VOID;
        bool is_vector = NF_TYPE_IS_VECTOR(inst->type) || NF_TYPE_IS_VECTOR(operand);
        if (inst->op == NF_OP_NONE || inst->op == NF_OP_PARAM || !is_vector) continue;
        bool is_shift = inst->op >= NF_OP_SHL && inst->op <= NF_OP_ASHR;
        if (is_shift && nf_inst_at(f, inst->b)->op == NF_OP_SPLAT)
            operand = NF_TYPE_ELEMENT(inst->type);
        if (!nf_backend_supports((nf_op)inst->op, inst->type, operand, features)) return false;
    }
    return true;
}

/* --- running --- */

bool vector_run(uint64_t code, uint64_t a, uint64_t b, uint64_t c, uint64_t out)
{
    struct sigaction old[CAUGHT];
    void (*function)(uint64_t, uint64_t, uint64_t, uint64_t);
    function = (void (*)(uint64_t, uint64_t, uint64_t, uint64_t))(uintptr_t)code;
    signals_catch(old);
    bool survived = sigsetjmp(back, 1) == 0;
    if (survived) function(a, b, c, out);
    signals_restore(old);
    return survived;
}

static void fill_element(uint8_t *to, nf_type element, uint64_t *state)
{
    uint64_t bits = (uint64_t)generate_integer(state);
    if (element == NF_F32) bits = generate_f32_bits(state);
    if (element == NF_F64) bits = generate_f64_bits(state);
    memcpy(to, &bits, nf_type_bytes(element));
}

typedef uint8_t snapshot[VECTOR_PIECES][VECTOR_PIECE_BYTES];

static void snapshot_take(snapshot to)
{
    for (unsigned i = 0; i < VECTOR_PIECES; i++)
        memcpy(to[i], pieces[i] - VECTOR_PIECE_BYTES, VECTOR_PIECE_BYTES);
}

static void snapshot_restore(snapshot from)
{
    for (unsigned i = 0; i < VECTOR_PIECES; i++)
        memcpy(pieces[i] - VECTOR_PIECE_BYTES, from[i], VECTOR_PIECE_BYTES);
}

/* Where the pieces are in a round, and what is in them. */
static void prepare(const vector_case *c, unsigned round, nf_bits args[VECTOR_PIECES])
{
    uint64_t state = round * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (unsigned i = 0; i < VECTOR_PIECES; i++) {
        nf_type element = c->elements[i] ? c->elements[i] : NF_I8;
        unsigned shift = round & 1 ? 1 + generate_below(&state, SHIFT_MAX) : 0;
        uint8_t *start = pieces[i] - c->ends[i] - shift;
        memset(pieces[i] - VECTOR_PIECE_BYTES, 0xb7, VECTOR_PIECE_BYTES);
        if (i != VECTOR_OUT)
            for (uint8_t *p = start; p + nf_type_bytes(element) <= pieces[i];
                 p += nf_type_bytes(element))
                fill_element(p, element, &state);
        args[i] = (nf_bits){.u64 = {(uintptr_t)start}};
    }
}

static bool evaluate(const vector_case *c, const nf_bits args[VECTOR_PIECES])
{
    nf_link link = {addresses, SYMBOLS_MAX};
    nf_error error = {.message = ""};
    nf_eval eval = {.link = &link,
                    .steps = STEPS_MAX,
                    .depth_max = DEPTH_MAX,
                    .arena = &arena,
                    .error = &error};
    nf_status status = nf_eval_run(&eval, c->func, args, NULL);
    nf_arena_reset(&arena);
    if (status != NF_OK) vector_fail(c, "evaluator", "%s", error.message);
    return status == NF_OK;
}

static void compare(const vector_case *c, const char *who, unsigned round, snapshot expected)
{
    for (unsigned i = 0; i < VECTOR_PIECES; i++) {
        const uint8_t *got = pieces[i] - VECTOR_PIECE_BYTES;
        for (unsigned k = 0; k < VECTOR_PIECE_BYTES; k++) {
            if (got[k] == expected[i][k]) continue;
            vector_fail(c, who, "round %u, piece %u at %d: %02x, should be %02x", round, i,
                        (int)(k + c->ends[i]) - VECTOR_PIECE_BYTES, got[k], expected[i][k]);
            return;
        }
    }
}

static void code_forget(void)
{
    while (placed_count > 0) nf_code_free(code_memory, placed[--placed_count]);
}

typedef struct executor {
    char name[32];
    uint64_t code;
} executor;

static void run_all(const vector_case *c, const executor *executors, uint32_t count)
{
    static snapshot before, expected;
    for (unsigned round = 0; round < VECTOR_ROUNDS; round++) {
        nf_bits args[VECTOR_PIECES];
        prepare(c, round, args);
        snapshot_take(before);
        if (!evaluate(c, args)) return;
        snapshot_take(expected);
        for (uint32_t i = 0; i < count; i++) {
            if (executors[i].code == 0) continue;
            snapshot_restore(before);
            if (vector_run(executors[i].code, args[0].u64[0], args[1].u64[0], args[2].u64[0],
                           args[3].u64[0]))
                compare(c, executors[i].name, round, expected);
            else
                vector_fail(c, executors[i].name, "round %u crashed", round);
        }
    }
}

static void compile_level(const vector_case *c, vector_level *level, executor *to)
{
    nf_status status;
    bool must = promised(c->func, level->features);
    snprintf(to->name, sizeof to->name, "T2 %s", level->name);
    to->code = compile(c, nf_backend_compile, level->features, &status);
    *(to->code ? &level->compiled : &level->refused) += 1;
    if (must && status == NF_UNSUPPORTED) vector_fail(c, to->name, "promised but refused");
    if (!must && !c->lenient && status == NF_OK)
        vector_fail(c, to->name, "compiled but not promised");
}

void vector_forget(vector_case *c)
{
    code_forget();
    nf_module_free(c->module);
}

void vector_end(vector_case *c)
{
    nf_error error = {.message = ""};
    executor executors[VECTOR_LEVELS_MAX + 2];
    uint32_t count = 0;
    nf_status status;
    nf_build_ret(c->func, c->block, (nf_value){0});
    addresses[c->clobber.id] = (uintptr_t)clobber;
    if (nf_module_verify(c->module, &error) != NF_OK) {
        vector_fail(c, "verifier", "%s", error.message);
    } else {
        for (uint32_t i = 0; i < vector_level_count; i++)
            compile_level(c, &vector_levels[i], &executors[count++]);
        for (uint32_t i = 0; i < vector_level_count; i += vector_level_count - 1) {
            snprintf(executors[count].name, sizeof executors[count].name, "T1 %s",
                     vector_levels[i].name);
            executors[count++].code =
                compile(c, nf_baseline_compile, vector_levels[i].features, &status);
        }
        run_all(c, executors, count);
    }
    vector_forget(c);
}

/*
 * T1 on hand-written functions: calls of every kind, the frame, control flow, constants, addresses;
 * and what no comparison of results shows: counters, the map, errors. Generated functions are
 * test_differential's.
 *
 * A case is a file of test/baseline with a function @f(i64, i64) -> i64 and lines "; run A B"; the
 * evaluator says what comes out. Every case runs with all features of this CPU and with none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/eval.h"
#include "lib_allocator.h"
#include "lib_machine.h"
#include "os/cpu.h"
#include "x64/baseline_quick.h"

enum { STEPS_MAX = 100000000, DEPTH_MAX = 1000, TEXT_BYTES = 1 << 16 };

static machine lab;
static char text[TEXT_BYTES];

/* --- host functions that the cases call --- */

static int64_t host_sum(int64_t count, ...)
{
    va_list list;
    int64_t sum = 0;
    va_start(list, count);
    for (int64_t i = 0; i < count; i++) sum += (int64_t)((double)(i + 1) * va_arg(list, double));
    va_end(list);
    return sum;
}

static uint64_t host_narrow(uint8_t a, uint16_t b, int32_t c)
{
    return (uint64_t)a << 48 | (uint64_t)b << 32 | (uint32_t)c;
}

/* More than a register can carry, so that all callee-saved ones are used and given back. */
static uint64_t host_mix(uint64_t a, double x, uint64_t b, float y, uint64_t c, uint64_t d,
                         uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    return a + 3 * b + 5 * c + 7 * d + 11 * e + 13 * f + 17 * g + 19 * h + (uint64_t)(x * 2) +
           (uint64_t)(y * 4);
}

static const machine_extern externs[] = {
    {"host_sum", (const void *)host_sum},
    {"host_narrow", (const void *)host_narrow},
    {"host_mix", (const void *)host_mix},
    {NULL, NULL},
};

/* --- running --- */

typedef struct outcome {
    bool trapped;
    uint64_t result;
} outcome;

static sigjmp_buf back;

static void on_signal(int signal_number)
{
    siglongjmp(back, signal_number);
}

static outcome run_native(const void *code, uint64_t a, uint64_t b)
{
    uint64_t (*function)(uint64_t, uint64_t) = (uint64_t(*)(uint64_t, uint64_t))(uintptr_t)code;
    struct sigaction action = {.sa_handler = on_signal}, old[2];
    volatile outcome o = {true, 0};
    sigaction(SIGILL, &action, &old[0]);
    sigaction(SIGFPE, &action, &old[1]);
    if (sigsetjmp(back, 1) == 0) {
        o.result = function(a, b);
        o.trapped = false;
    }
    sigaction(SIGILL, &old[0], NULL);
    sigaction(SIGFPE, &old[1], NULL);
    return o;
}

static outcome run_evaluator(const nf_func *f, uint64_t a, uint64_t b)
{
    nf_arena arena;
    nf_error error = {.message = ""};
    nf_bits args[2] = {{{a}}, {{b}}}, result = {{0}};
    nf_arena_init(&arena, nf_os_allocator());
    nf_eval eval = {.link = &lab.link,
                    .steps = STEPS_MAX,
                    .depth_max = DEPTH_MAX,
                    .arena = &arena,
                    .error = &error};
    nf_status status = nf_eval_run(&eval, f, args, &result);
    nf_arena_free(&arena);
    if (status != NF_OK && status != NF_TRAP) fail_msg("evaluator: %s", error.message);
    return (outcome){status == NF_TRAP, result.u64[0]};
}

static nf_module *read_module(const char *name)
{
    nf_module *module;
    nf_error error;
    if (nf_module_read(NULL, name, text, strlen(text), &module, &error) != NF_OK)
        fail_msg("%s, line %u: %s", name, error.line, error.message);
    return module;
}

static void load(nf_module *module, uint64_t features)
{
    if (machine_load(&lab, module, nf_baseline_compile, features, externs) != NF_OK)
        fail_msg("compiling: %s", lab.error.message);
}

static void compare(const char *name, const nf_func *f, uint64_t a, uint64_t b)
{
    outcome want = run_evaluator(f, a, b), got = run_native(machine_function(&lab, "f"), a, b);
    if (want.trapped == got.trapped && (want.trapped || want.result == got.result)) return;
    fail_msg("%s, run %llx %llx: evaluator %s %llx, native %s %llx", name, (unsigned long long)a,
             (unsigned long long)b, want.trapped ? "traps" : "gives",
             (unsigned long long)want.result, got.trapped ? "traps" : "gives",
             (unsigned long long)got.result);
}

/* --- cases from files --- */

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    assert_true(size < sizeof text);
    text[size] = 0;
    fclose(file);
}

static uint32_t run_lines(const char *path, const nf_func *f)
{
    static const char key[] = "; run ";
    uint32_t runs = 0;
    for (const char *line = text; (line = strstr(line, key)) != NULL; runs++) {
        char *end;
        line += sizeof key - 1;
        uint64_t a = strtoull(line, &end, 0), b = strtoull(end, &end, 0);
        compare(path, f, a, b);
    }
    return runs;
}

static void check_file(const char *path)
{
    const uint64_t features[] = {nf_cpu_features(), 0};
    read_file(path);
    for (int i = 0; i < 2; i++) {
        nf_module *module = read_module(path);
        load(module, features[i]);
        const nf_func *f = nf_module_function_at(module, nf_module_symbol(module, "f"));
        assert_int_not_equal(run_lines(path, f), 0);
        nf_module_free(module);
    }
}

static void files_agree_with_the_evaluator(void **state)
{
    glob_t found;
    (void)state;
    assert_int_equal(glob("test/baseline/*.nir", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 20);
    for (size_t i = 0; i < found.gl_pathc; i++) check_file(found.gl_pathv[i]);
    globfree(&found);
}

/* --- cases made here --- */

static size_t length;

static void begin_text(void)
{
    length = 0;
    text[0] = 0;
}

__attribute__((format(printf, 1, 2))) static void put(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    length += (size_t)vsnprintf(text + length, sizeof text - length, format, list);
    va_end(list);
    assert_true(length < sizeof text);
}

static void check_text(const char *name, uint64_t a, uint64_t b)
{
    nf_module *module = read_module(name);
    load(module, nf_cpu_features());
    compare(name, nf_module_function_at(module, nf_module_symbol(module, "f")), a, b);
    nf_module_free(module);
}

/* The result weighs every argument, so that two in each other's place show. */
static void calls_with_127_parameters(void **state)
{
    enum { PARAMS = 127 };
    (void)state;
    begin_text();
    put("func @g(");
    for (int i = 0; i < PARAMS; i++) put("%s%%p%d: %s", i ? ", " : "", i, i % 3 ? "i64" : "f64");
    put(") -> i64 {\nentry:\n  %%s0 = iconst.i64 1\n  %%k = iconst.i64 31\n");
    for (int i = 0; i < PARAMS; i++) {
        put("  %%m%d = mul.i64 %%s%d, %%k\n", i, i);
        if (i % 3 == 0) put("  %%c%d = fptosi.i64 %%p%d\n", i, i);
        put("  %%s%d = add.i64 %%m%d, %%%c%d\n", i + 1, i, i % 3 ? 'p' : 'c', i);
    }
    put("  ret %%s%d\n}\nfunc @f(%%a: i64, %%b: i64) -> i64 {\nentry:\n", PARAMS);
    for (int i = 0; i < PARAMS; i++) {
        put("  %%k%d = iconst.i64 %d\n  %%i%d = add.i64 %%a, %%k%d\n", i, i, i, i);
        put("  %%f%d = sitofp.f64 %%i%d\n", i, i);
    }
    put("  %%r = call @g(");
    for (int i = 0; i < PARAMS; i++) put("%s%%%c%d", i ? ", " : "", i % 3 ? 'i' : 'f', i);
    put(")\n  %%r2 = add.i64 %%r, %%b\n  ret %%r2\n}\n");
    check_text("127 parameters", 1000, 7);
}

/* More than there are registers, of both kinds, moved one place on at every turn. */
static void loops_turn_many_parameters(void **state)
{
    enum { PARAMS = 40, TURNS = 23 };
    (void)state;
    begin_text();
    put("func @f(%%a: i64, %%b: i64) -> i64 {\nentry:\n  %%one = iconst.i64 1\n"
        "  %%z = iconst.i64 0\n");
    for (int i = 0; i < PARAMS; i++) {
        put("  %%k%d = iconst.i64 %d\n  %%i%d = mul.i64 %%a, %%k%d\n", i, i + 3, i, i);
        put("  %%f%d = sitofp.f64 %%i%d\n", i, i);
    }
    put("  br loop(%%z");
    for (int i = 0; i < PARAMS; i++) put(", %%i%d, %%f%d", i, i);
    put(")\nloop(%%n: i64");
    for (int i = 0; i < PARAMS; i++) put(", %%x%d: i64, %%y%d: f64", i, i);
    put("):\n  %%n1 = add.i64 %%n, %%one\n  %%lim = iconst.i64 %d\n"
        "  %%c = icmp.slt.i64 %%n1, %%lim\n  brif %%c, loop(%%n1",
        TURNS);
    for (int i = 0; i < PARAMS; i++)
        put(", %%x%d, %%y%d", (i + 1) % PARAMS, (i + PARAMS - 1) % PARAMS);
    put("), out\nout:\n  %%s0 = iconst.i64 1\n  %%k = iconst.i64 31\n");
    for (int i = 0; i < PARAMS; i++) {
        put("  %%t%d = fptosi.i64 %%y%d\n  %%u%d = mul.i64 %%s%d, %%k\n", i, i, i, i);
        put("  %%v%d = add.i64 %%u%d, %%x%d\n  %%w%d = mul.i64 %%v%d, %%k\n", i, i, i, i, i);
        put("  %%s%d = sub.i64 %%w%d, %%t%d\n", i + 1, i, i);
    }
    put("  ret %%s%d\n}\n", PARAMS);
    check_text("turning parameters", 12345, 0);
}

/* --- instructions written without the encoder --- */

typedef struct pair {
    nf_asm quick, table;
} pair;

static void same_bytes(pair *p)
{
    size_t size = (size_t)(p->table.cursor - p->table.start);
    assert_int_equal(p->quick.cursor - p->quick.start, size);
    assert_memory_equal(p->quick.start, p->table.start, size);
    p->quick.cursor = p->quick.start;
    p->table.cursor = p->table.start;
}

static const struct {
    unsigned opcode;
    nf_insn insn, immediate;
} quick_rows[] = {
    {QUICK_ADD, NF_X_ADD, NF_X_ADD_I}, {QUICK_OR, NF_X_OR, NF_X_OR_I},
    {QUICK_AND, NF_X_AND, NF_X_AND_I}, {QUICK_SUB, NF_X_SUB, NF_X_SUB_I},
    {QUICK_XOR, NF_X_XOR, NF_X_XOR_I}, {QUICK_CMP, NF_X_CMP, NF_X_CMP_I},
    {QUICK_MOV, NF_X_MOV, NF_X_NONE},
};
static const int32_t numbers[] = {0, 1, -1, 127, 128, -128, -129, INT32_MAX, INT32_MIN};

#define EACH(i, array) (size_t i = 0; i < sizeof(array) / sizeof *(array); i++)

static void quick_registers(pair *p, unsigned width, nf_reg x, nf_reg y)
{
    for
        EACH(i, quick_rows)
        {
            quick_rr(&p->quick, quick_rows[i].opcode, width, x, y);
            nf_asm_rr(&p->table, quick_rows[i].insn, width, x, y);
            same_bytes(p);
        for
            EACH(k, numbers)
            {
                if (quick_rows[i].immediate == NF_X_NONE) continue;
                quick_ri(&p->quick, quick_rows[i].opcode, width, x, numbers[k]);
                nf_asm_ri(&p->table, quick_rows[i].immediate, width, x, numbers[k]);
                same_bytes(p);
            }
        }
}

/* Of what has one register alone. */
static void quick_singles(pair *p, nf_reg reg)
{
    quick_inc(&p->quick, reg);
    nf_asm_r(&p->table, NF_X_INC, 8, reg);
    for
        EACH(i, numbers)
        {
            quick_mov_i(&p->quick, reg, numbers[i]);
            nf_asm_ri(&p->table, NF_X_MOV_I, 8, reg, numbers[i]);
            quick_mov_u(&p->quick, reg, (uint32_t)numbers[i]);
            nf_asm_mov_imm(&p->table, reg, (uint32_t)numbers[i], false);
            same_bytes(p);
        }
}

static void quick_float_addresses(pair *p, unsigned width, unsigned x, nf_mem m)
{
    bool is_f32 = width == 4;
    nf_reg reg = NF_XMM0 + x;
    quick_float_memory(&p->quick, false, QUICK_FLOAD, width, x, m.base, m.index, m.scale_log2,
                       m.disp);
    nf_asm_rm(&p->table, is_f32 ? NF_X_MOVSS : NF_X_MOVSD, width, reg, m);
    quick_float_memory(&p->quick, false, QUICK_FSTORE, width, x, m.base, m.index, m.scale_log2,
                       m.disp);
    nf_asm_mr(&p->table, is_f32 ? NF_X_MOVSS_MR : NF_X_MOVSD_MR, width, m, reg);
    same_bytes(p);
    quick_float_memory(&p->quick, true, QUICK_FLOAD, width, x, m.base, m.index, m.scale_log2,
                       m.disp);
    nf_asm_v_rm(&p->table, is_f32 ? NF_X_VMOVSS : NF_X_VMOVSD, width, reg, m, NF_UNMASKED);
    quick_float_memory(&p->quick, true, QUICK_FSTORE, width, x, m.base, m.index, m.scale_log2,
                       m.disp);
    nf_asm_v_mr(&p->table, is_f32 ? NF_X_VMOVSS_MR : NF_X_VMOVSD_MR, width, m, reg, NF_UNMASKED);
    same_bytes(p);
}

static void quick_addresses(pair *p, unsigned width, nf_reg reg, nf_mem m)
{
    for
        EACH(i, numbers)
        {
            m.disp = numbers[i];
            quick_rm(&p->quick, QUICK_MOV, width, reg, &m);
            nf_asm_rm(&p->table, NF_X_MOV, width, reg, m);
            quick_rm(&p->quick, QUICK_STORE, width, reg, &m);
            nf_asm_mr(&p->table, NF_X_MOV_MR, width, m, reg);
            quick_rm(&p->quick, QUICK_LEA, width, reg, &m);
            nf_asm_rm(&p->table, NF_X_LEA, width, reg, m);
            quick_float_addresses(p, width, reg, m);
            quick_inc_m(&p->quick, &m);
            nf_asm_m(&p->table, NF_X_INC, 8, m);
            quick_mov_mi(&p->quick, &m, numbers[i]);
            nf_asm_mi(&p->table, NF_X_MOV_I, 8, m, numbers[i]);
            same_bytes(p);
        }
}

static void quick_choices(pair *p, unsigned width, nf_reg x, nf_reg y)
{
    quick_end(&p->quick, quick_mov_write(p->quick.cursor, width, x, y));
    if (x != y) nf_asm_rr(&p->table, NF_X_MOV, width, x, y);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        quick_r_any(&p->quick, QUICK_SUB, width, x, true, y, numbers[i]);
        nf_asm_ri(&p->table, NF_X_SUB_I, width, x, numbers[i]);
        quick_r_any(&p->quick, QUICK_SUB, width, x, false, y, numbers[i]);
        nf_asm_rr(&p->table, NF_X_SUB, width, x, y);
        quick_imul_i(&p->quick, width, x, y, numbers[i]);
        nf_asm_rri(&p->table, NF_X_IMUL_RMI, width, x, y, numbers[i]);
    }
    quick_end(&p->quick, quick_imul_write(p->quick.cursor, width, x, y));
    nf_asm_rr(&p->table, NF_X_IMUL, width, x, y);
    same_bytes(p);
}

static void quick_shifts(pair *p, unsigned width, nf_reg x)
{
    static const struct {
        unsigned digit;
        nf_insn insn;
    } rows[] = {{QUICK_SHL, NF_X_SHL_I},
                {QUICK_SHR, NF_X_SHR_I},
                {QUICK_SAR, NF_X_SAR_I},
                {QUICK_ROL, NF_X_ROL_I},
                {QUICK_ROR, NF_X_ROR_I}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned count = 1; count < width * 8; count++) {
            quick_end(&p->quick, quick_any_write(p->quick.cursor, rows[i].digit, QUICK_SHIFT, width,
                                                 x, true, x, (int32_t)count));
            nf_asm_ri(&p->table, rows[i].insn, width, x, count);
            same_bytes(p);
        }
}

static void quick_floats(pair *p, unsigned x, unsigned y)
{
    static const struct {
        unsigned opcode;
        nf_insn f32, f64;
    } rows[] = {{QUICK_FADD, NF_X_VADDSS, NF_X_VADDSD}, {QUICK_FSUB, NF_X_VSUBSS, NF_X_VSUBSD},
                {QUICK_FMUL, NF_X_VMULSS, NF_X_VMULSD}, {QUICK_FDIV, NF_X_VDIVSS, NF_X_VDIVSD},
                {QUICK_FMIN, NF_X_VMINSS, NF_X_VMINSD}, {QUICK_FMAX, NF_X_VMAXSS, NF_X_VMAXSD}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned to = 0; to < 16; to++) {
            quick_vex(&p->quick, rows[i].opcode, 4, to, x, y);
            nf_asm_v_rrr(&p->table, rows[i].f32, 4, NF_XMM0 + to, NF_XMM0 + x, NF_XMM0 + y,
                         NF_UNMASKED);
            quick_vex(&p->quick, rows[i].opcode, 8, to, x, y);
            nf_asm_v_rrr(&p->table, rows[i].f64, 8, NF_XMM0 + to, NF_XMM0 + x, NF_XMM0 + y,
                         NF_UNMASKED);
            same_bytes(p);
        }
}

static void quick_indices(pair *p, unsigned width, nf_reg reg, nf_reg base)
{
    nf_mem m = nf_mem_base(base, 0);
    quick_addresses(p, width, reg, m);
    for (nf_reg index = NF_RAX; index <= NF_R15; index++) {
        if (index == NF_RSP) continue;
        m.index = (uint8_t)index;
        m.scale_log2 = (uint8_t)(index & 3);
        quick_addresses(p, width, reg, m);
    }
}

static void quick_instructions_are_the_encoders(void **state)
{
    nf_arena arena;
    pair p;
    (void)state;
    nf_arena_init(&arena, nf_os_allocator());
    nf_asm_init(&p.quick, &arena, 0);
    nf_asm_init(&p.table, &arena, 0);
    for (nf_reg x = NF_RAX; x <= NF_R15; x++) quick_singles(&p, x);
    for (unsigned width = 4; width <= 8; width += 4)
        for (nf_reg x = NF_RAX; x <= NF_R15; x++) {
            quick_shifts(&p, width, x);
            for (nf_reg y = NF_RAX; y <= NF_R15; y++) {
                quick_registers(&p, width, x, y);
                quick_choices(&p, width, x, y);
                quick_indices(&p, width, x, y);
            }
        }
    for (unsigned x = 0; x < 16; x++)
        for (unsigned y = 0; y < 16; y++) quick_floats(&p, x, y);
    nf_arena_free(&arena);
}

/* --- what results do not show --- */

static const char counted[] = "func @f(%a: i64, %b: i64) -> i64 {\nentry:\n"
                              "  %z = iconst.i64 0\n  br outer(%z)\nouter(%i: i64):\n"
                              "  br inner(%z)\ninner(%j: i64):\n  %one = iconst.i64 1\n"
                              "  %j1 = add.i64 %j, %one\n  %c = icmp.slt.i64 %j1, %b\n"
                              "  brif %c, inner(%j1), next\nnext:\n  %i1 = add.i64 %i, %one\n"
                              "  %d = icmp.slt.i64 %i1, %a\n  brif %d, outer(%i1), out\nout:\n"
                              "  ret %i1\n}\n";

static void counters_count_calls_and_back_edges(void **state)
{
    (void)state;
    strcpy(text, counted);
    nf_module *module = read_module("counted");
    load(module, nf_cpu_features());
    const void *f = machine_function(&lab, "f");
    *lab.entry_count = *lab.loop_count = 0;
    for (int i = 0; i < 3; i++) assert_int_equal(run_native(f, 5, 7).result, 5);
    assert_int_equal(*lab.entry_count, 3);
    assert_int_equal(*lab.loop_count, 3 * (5 * 6 + 4));
    nf_module_free(module);
}

/* More values than registers outlive the call, and are used behind a short loop. */
static const char crowded[] =
    "func @one() -> i64 {\nentry:\n  %k = iconst.i64 1\n  ret %k\n}\n"
    "func @f(%a: i64, %b: i64) -> i64 {\nentry:\n"
    "  %c = mul.i64 %a, %b\n  %d = add.i64 %c, %b\n  %e = xor.i64 %d, %a\n"
    "  %g = sub.i64 %e, %c\n  %i = call @one()\n  br top(%i)\n"
    "top(%n: i64):\n  %n1 = add.i64 %n, %i\n  %m = icmp.sle.i64 %n1, %b\n"
    "  brif %m, top(%n1), out\nout:\n"
    "  %s = add.i64 %a, %n1\n  %t = add.i64 %c, %s\n  %u = add.i64 %d, %t\n"
    "  %v = add.i64 %e, %u\n  %w = add.i64 %g, %v\n  ret %w\n}\n";

static bool increments_the_frame(const nf_blob *blob)
{
    static const uint8_t inc_rbp_disp8[] = {0x48, 0xff, 0x45};
    for (uint32_t i = 0; i + sizeof inc_rbp_disp8 <= blob->code_bytes; i++)
        if (memcmp(blob->bytes + i, inc_rbp_disp8, sizeof inc_rbp_disp8) == 0) return true;
    return false;
}

/* In memory the count would take longer than such a loop. */
static void short_loops_count_in_a_register(void **state)
{
    (void)state;
    strcpy(text, crowded);
    nf_module *module = read_module("crowded");
    const nf_func *f = module->symbols.data[2].func;
    load(module, nf_cpu_features());
    *lab.loop_count = 0;
    compare("crowded", f, 3, 300);
    assert_int_equal(*lab.loop_count, 299);
    assert_false(increments_the_frame(&lab.compiled.blob));
    nf_module_free(module);
}

static void counters_are_left_out(void **state)
{
    (void)state;
    strcpy(text, counted);
    nf_module *module = read_module("counted");
    nf_arena arena;
    nf_arena_init(&arena, nf_os_allocator());
    nf_compile options = {.arena = &arena, .features = nf_cpu_features()};
    nf_compiled out;
    const nf_func *f = module->symbols.data[1].func;
    assert_int_equal(nf_baseline_compile(f, &options, &out, NULL), NF_OK);
    assert_int_equal(out.blob.reloc_count, 0);
    assert_int_equal(out.map_count, 0);
    assert_null(out.map);
    nf_arena_free(&arena);
    nf_module_free(module);
}

static void the_map_names_every_instruction_once(void **state)
{
    (void)state;
    strcpy(text, counted);
    nf_module *module = read_module("counted");
    load(module, nf_cpu_features());
    const nf_func *f = module->symbols.data[1].func;
    const nf_compiled *out = &lab.compiled;
    /* what is no instruction: the prologue, and behind all where back edges stop by */
    assert_int_equal(out->map_count, nf_func_size(f) + 2);
    assert_int_equal(out->map[out->map_count - 1].value.id, 0);
    assert_int_equal(out->map[0].offset, 0);
    assert_int_equal(out->map[0].value.id, 0);
    for (uint32_t i = 1; i < out->map_count - 1; i++) {
        assert_true(out->map[i].offset >= out->map[i - 1].offset);
        assert_true(out->map[i].offset < out->blob.code_bytes);
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(out->map[i].value.id, out->map[k].value.id);
    }
    nf_module_free(module);
}

static void entries_are_branch_targets(void **state)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    (void)state;
    strcpy(text, counted);
    nf_module *module = read_module("counted");
    load(module, nf_cpu_features());
    assert_memory_equal(lab.compiled.blob.bytes, endbr64, sizeof endbr64);
    nf_module_free(module);
}

static void unresolved_symbols_are_named(void **state)
{
    (void)state;
    strcpy(text, "extern @nowhere() -> i64\nfunc @f(%a: i64, %b: i64) -> i64 {\nentry:\n"
                 "  %r = call @nowhere()\n  ret %r\n}\n");
    nf_module *module = read_module("unresolved");
    assert_int_equal(machine_load(&lab, module, nf_baseline_compile, 0, externs), NF_SYMBOL);
    assert_non_null(strstr(lab.error.message, "nowhere"));
    nf_module_free(module);
}

/* Whichever allocation fails, the compiler says so and nothing else happens. */
static void failed_allocations_are_reported(void **state)
{
    (void)state;
    read_file("test/baseline/vectors.nir");
    nf_module *module = read_module("vectors");
    uint64_t addresses[3] = {0, 1, 1};
    nf_link link = {addresses, 3};
    nf_status status = NF_MEMORY;
    for (size_t fail_at = 0; status != NF_OK; fail_at++) {
        test_allocator memory;
        nf_arena arena;
        nf_compiled out;
        assert_true(fail_at < 1000);
        test_allocator_init(&memory);
        memory.fail_at = fail_at;
        nf_arena_init(&arena, &memory.allocator);
        nf_compile options = {.link = &link, .arena = &arena, .want_map = true};
        status = nf_baseline_compile(module->symbols.data[2].func, &options, &out, NULL);
        assert_true(status == NF_OK || status == NF_MEMORY);
        nf_arena_free(&arena);
    }
    nf_module_free(module);
}

static int setup(void **state)
{
    (void)state;
    return machine_init(&lab) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    machine_free(&lab);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_agree_with_the_evaluator),
        cmocka_unit_test(calls_with_127_parameters),
        cmocka_unit_test(loops_turn_many_parameters),
        cmocka_unit_test(quick_instructions_are_the_encoders),
        cmocka_unit_test(counters_count_calls_and_back_edges),
        cmocka_unit_test(short_loops_count_in_a_register),
        cmocka_unit_test(counters_are_left_out),
        cmocka_unit_test(the_map_names_every_instruction_once),
        cmocka_unit_test(entries_are_branch_targets),
        cmocka_unit_test(unresolved_symbols_are_named),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

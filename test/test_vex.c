/*
 * On a CPU with AVX no generated code keeps an instruction of SSE: where a caller has left the
 * upper half of a register in use, old and new instructions that take turns cost a hundred cycles
 * each. Without AVX there is none of the new ones.
 *
 * Each compiler works on generated functions, and Zydis reads what comes out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#if !__has_include(<Zydis/Zydis.h>)

static void test_encodings(void **state)
{
    (void)state;
    print_message("skipped: no Zydis (Debian: libzydis-dev), so nothing that reads machine code\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_encodings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <Zydis/Zydis.h>

#include "lib_compare.h"
#include "lib_machine.h"
#include "os/cpu.h"
#include "os/os.h"

enum { MODULES = 60, FUNCTIONS = 4, WANTED_MIN = 1000 };

static machine lab;
static machine_compile *compile; /* the one that is tested */
static bool wants_vex;
static uint64_t wanted; /* instructions on vector registers that were seen */

static bool uses_vectors(const ZydisDecodedInstruction *insn, const ZydisDecodedOperand *operands)
{
    for (unsigned i = 0; i < insn->operand_count; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER) continue;
        ZydisRegisterClass class = ZydisRegisterGetClass(operands[i].reg.value);
        if (class >= ZYDIS_REGCLASS_XMM && class <= ZYDIS_REGCLASS_ZMM) return true;
    }
    return false;
}

/* Tables of jumps stand behind the code, which names them by their distance; a distance of 0 is yet
 * to be filled in. */
static uint32_t end_of_code(uint32_t end, uint32_t next, const ZydisDecodedInstruction *insn,
                            const ZydisDecodedOperand *operands)
{
    for (unsigned i = 0; i < insn->operand_count; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        if (operands[i].mem.base != ZYDIS_REGISTER_RIP) continue;
        int64_t target = next + operands[i].mem.disp.value;
        if (target > next && target < end) end = (uint32_t)target;
    }
    return end;
}

static void read_code(const char *name, const nf_blob *blob)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    uint32_t end = blob->code_bytes;
    for (uint32_t at = 0; at < end; at += insn.length) {
        if (!ZYAN_SUCCESS(
                ZydisDecoderDecodeFull(&decoder, blob->bytes + at, end - at, &insn, operands)))
            fail_msg("%s+%u: no instruction", name, at);
        end = end_of_code(end, at + insn.length, &insn, operands);
        if (!uses_vectors(&insn, operands)) continue;
        if ((insn.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY) != wants_vex)
            fail_msg("%s+%u: %s in the %s encoding", name, at,
                     ZydisMnemonicGetString(insn.mnemonic), wants_vex ? "old" : "new");
        wanted++;
    }
}

static nf_status compile_and_read(const nf_func *f, const nf_compile *options, nf_compiled *out,
                                  nf_error *error)
{
    nf_status status = compile(f, options, out, error);
    if (status == NF_OK) read_code(nf_symbol_at(f->module, f->symbol)->name, &out->blob);
    return status;
}

static bool sse4_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, ways_features_sse4());
}

static bool avx2_has(nf_op op, nf_type type, nf_type operand)
{
    return nf_backend_supports(op, type, operand, ways_features_avx2());
}

static void check(machine_compile *tested, uint64_t features, const generate_options *options)
{
    if ((features & nf_cpu_features()) != features) {
        print_message("skipped: this CPU has no AVX2\n");
        skip();
    }
    compile = tested;
    wants_vex = (features & NF_CPU_AVX) != 0;
    wanted = 0;
    for (uint64_t seed = 1; seed <= MODULES; seed++) {
        nf_module *module = generate_module(nf_os_allocator(), seed, FUNCTIONS, options);
        assert_non_null(module);
        if (machine_load(&lab, module, compile_and_read, features, NULL) != NF_OK)
            fail_msg("seed %u: %s", (unsigned)seed, lab.error.message);
        nf_module_free(module);
    }
    assert_true(wanted >= WANTED_MIN);
}

static void baseline_with_avx(void **state)
{
    (void)state;
    check(nf_baseline_compile, ways_features_avx2(), &(generate_options){.vector_bytes_max = 64});
}

static void baseline_without(void **state)
{
    (void)state;
    check(nf_baseline_compile, 0, &(generate_options){.vector_bytes_max = 64});
}

static void backend_with_avx(void **state)
{
    (void)state;
    check(nf_backend_compile, ways_features_avx2(),
          &(generate_options){.vector_bytes_max = 32, .supports = avx2_has});
}

static void backend_without(void **state)
{
    (void)state;
    check(nf_backend_compile, ways_features_sse4(),
          &(generate_options){.vector_bytes_max = 16, .supports = sse4_has});
}

static int set_up(void **state)
{
    (void)state;
    return machine_init(&lab) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    machine_free(&lab);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baseline_with_avx),
        cmocka_unit_test(baseline_without),
        cmocka_unit_test(backend_with_avx),
        cmocka_unit_test(backend_without),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#endif

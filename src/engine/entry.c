/*
 * Stubs, and the code through which a call enters when its function's slot leads to no version.
 *
 * For each function a program gets one stub, the address that callers hold for ever, and one small
 * entry per kind, which names the function and goes on to the engine's common code of that kind:
 *
 *   stub:      endbr64; jmp [slot]
 *   entry k:   endbr64; mov r11d, index; jmp common k         (osr: ecx, and see x64/osr.h)
 *   common k:  saves every argument register in an nf_entry_frame, calls the C handler, and then
 *                lazy, record   restores them and jumps through the word that the handler names
 *                eval, shadow   returns the result that the handler left in the frame
 *                audit          restores them, calls the target, saves its result, calls the second
 *                               handler, returns the result
 *
 *   rbp + 16  arguments in memory (frame.stack)
 *   rbp + 8   return address of the caller
 *   rbp       caller's rbp
 *   rsp       nf_entry_frame
 *
 * No version's address stays in a register that the version may leave as it is: a scan would take
 * the thread to be in that version for as long. So jumps go through words, which lead to the active
 * version or the slot's target at any time, and the audit's call clears the register behind it.
 *
 * The arguments of what NIR can express are scalars, so xmm0 to xmm7 hold all of them and the upper halves
 * may be lost. The first call may be that of a function that LLVM alone compiles, with any arguments and
 * by a convention that lets the callee clobber little: lazy keeps all that the C handler does not, and
 * lies above the frame.
 */
#include "engine_internal.h"
#include "os/cpu.h"

_Static_assert(sizeof(nf_entry_frame) % 16 == 0, "keeps the stack aligned at the calls");

static const nf_reg integer_registers[6] = {NF_RDI, NF_RSI, NF_RDX, NF_RCX, NF_R8, NF_R9};

static nf_mem frame_field(size_t offset)
{
    return nf_mem_base(NF_RSP, (int32_t)offset);
}

#define FIELD(name) frame_field(offsetof(nf_entry_frame, name))

static nf_mem frame_element(size_t array, unsigned i, size_t element_bytes)
{
    return frame_field(array + i * element_bytes);
}

/* above: bytes above the frame, which are the caller's. */
static void emit_save(nf_asm *a, unsigned above)
{
    nf_asm_zero_operand(a, NF_X_ENDBR64, 8);
    nf_asm_r(a, NF_X_PUSH, 8, NF_RBP);
    nf_asm_rr(a, NF_X_MOV, 8, NF_RBP, NF_RSP);
    nf_asm_ri(a, NF_X_SUB_I, 8, NF_RSP, (int64_t)sizeof(nf_entry_frame) + above);
    for (unsigned i = 0; i < 6; i++)
        nf_asm_mr(a, NF_X_MOV_MR, 8, frame_element(offsetof(nf_entry_frame, integers), i, 8),
                  integer_registers[i]);
    for (unsigned i = 0; i < 8; i++)
        nf_asm_mr(a, NF_X_MOVUPS_MR, 16, frame_element(offsetof(nf_entry_frame, vectors), i, 16),
                  (nf_reg)(NF_XMM0 + i));
    nf_asm_mr(a, NF_X_MOV_MR, 8, FIELD(rax), NF_RAX);
    nf_asm_mr(a, NF_X_MOV_MR, 8, FIELD(r10), NF_R10);
    nf_asm_rm(a, NF_X_LEA, 8, NF_RAX, nf_mem_base(NF_RBP, 16));
    nf_asm_mr(a, NF_X_MOV_MR, 8, FIELD(stack), NF_RAX);
    nf_asm_mr(a, NF_X_MOV_MR, 8, FIELD(index), NF_R11);
}

/* rax = handler(engine, index, frame) */
static void emit_handler_call(nf_asm *a, const nf_engine *engine, uint64_t handler)
{
    nf_asm_mov_imm(a, NF_RDI, (uint64_t)(uintptr_t)engine, true);
    nf_asm_rm(a, NF_X_MOV, 4, NF_RSI, FIELD(index));
    nf_asm_rr(a, NF_X_MOV, 8, NF_RDX, NF_RSP);
    nf_asm_mov_imm(a, NF_RAX, handler, true);
    nf_asm_r(a, NF_X_CALL_R, 8, NF_RAX);
}

static void emit_restore(nf_asm *a)
{
    nf_asm_rr(a, NF_X_MOV, 8, NF_R11, NF_RAX);
    for (unsigned i = 0; i < 6; i++)
        nf_asm_rm(a, NF_X_MOV, 8, integer_registers[i],
                  frame_element(offsetof(nf_entry_frame, integers), i, 8));
    for (unsigned i = 0; i < 8; i++)
        nf_asm_rm(a, NF_X_MOVUPS, 16, (nf_reg)(NF_XMM0 + i),
                  frame_element(offsetof(nf_entry_frame, vectors), i, 16));
    nf_asm_rm(a, NF_X_MOV, 8, NF_RAX, FIELD(rax));
    nf_asm_rm(a, NF_X_MOV, 8, NF_R10, FIELD(r10));
}

/* All vector registers, as wide as this CPU has them, which need not be what the engine may use. */
typedef struct vector_file {
    unsigned count, bytes;
} vector_file;

static vector_file vector_file_here(void)
{
    uint64_t features = nf_cpu_features();
    if (features & NF_CPU_AVX512F) return (vector_file){32, 64};
    return (vector_file){16, features & NF_CPU_AVX ? 32 : 16};
}

/* Behind emit_save(). Code of SSE, as C's is, is slow while upper halves are in use. */
static void emit_vectors_save(nf_asm *a, vector_file file)
{
    for (unsigned i = 0; i < file.count; i++) {
        nf_mem to = frame_element(sizeof(nf_entry_frame), i, file.bytes);
        if (file.bytes == 16)
            nf_asm_mr(a, NF_X_MOVUPS_MR, 16, to, (nf_reg)(NF_XMM0 + i));
        else
            nf_asm_v_mr(a, NF_X_VMOVUPS_MR, file.bytes, to, (nf_reg)(NF_XMM0 + i), NF_UNMASKED);
    }
    if (file.bytes > 16) nf_asm_zero_operand(a, NF_X_VZEROUPPER, 8);
}

static void emit_vectors_restore(nf_asm *a, vector_file file)
{
    for (unsigned i = 0; i < file.count; i++) {
        nf_mem from = frame_element(sizeof(nf_entry_frame), i, file.bytes);
        if (file.bytes == 16)
            nf_asm_rm(a, NF_X_MOVUPS, 16, (nf_reg)(NF_XMM0 + i), from);
        else
            nf_asm_v_rm(a, NF_X_VMOVUPS, file.bytes, (nf_reg)(NF_XMM0 + i), from, NF_UNMASKED);
    }
}

static void emit_leave(nf_asm *a)
{
    nf_asm_rr(a, NF_X_MOV, 8, NF_RSP, NF_RBP);
    nf_asm_r(a, NF_X_POP, 8, NF_RBP);
}

static void emit_result_save(nf_asm *a)
{
    nf_asm_mr(a, NF_X_MOV_MR, 8, FIELD(integers), NF_RAX);
    nf_asm_mr(a, NF_X_MOVUPS_MR, 16, FIELD(vectors), NF_XMM0);
}

static void emit_result_return(nf_asm *a)
{
    nf_asm_rm(a, NF_X_MOV, 8, NF_RAX, FIELD(integers));
    nf_asm_rm(a, NF_X_MOVUPS, 16, NF_XMM0, FIELD(vectors));
    emit_leave(a);
    nf_asm_zero_operand(a, NF_X_RET, 8);
}

static void emit_common(nf_asm *a, nf_engine *engine, nf_entry_kind kind)
{
    static uint64_t (*const handlers[NF_ENTRY_COUNT])(nf_engine *, uint32_t, nf_entry_frame *) = {
        [NF_ENTRY_LAZY] = nf_entry_lazy,     [NF_ENTRY_EVAL] = nf_entry_eval,
        [NF_ENTRY_RECORD] = nf_entry_record, [NF_ENTRY_AUDIT] = nf_entry_audit_begin,
        [NF_ENTRY_SHADOW] = nf_entry_shadow,
    };
    if (kind == NF_ENTRY_OSR) {
        nf_osr_entry_emit(a, nf_entry_osr, engine);
        return;
    }
    const vector_file none = {0}, file = kind == NF_ENTRY_LAZY ? vector_file_here() : none;
    emit_save(a, file.count * file.bytes);
    emit_vectors_save(a, file);
    emit_handler_call(a, engine, (uint64_t)(uintptr_t)handlers[kind]);
    if (kind == NF_ENTRY_LAZY || kind == NF_ENTRY_RECORD) {
        emit_restore(a);
        emit_vectors_restore(a, file);
        emit_leave(a);
        nf_asm_m(a, NF_X_JMP_M, 8, nf_mem_base(NF_R11, 0));
        return;
    }
    if (kind == NF_ENTRY_AUDIT) {
        emit_restore(a);
        nf_asm_r(a, NF_X_CALL_R, 8, NF_R11);
        nf_asm_rr(a, NF_X_XOR, 4, NF_R11, NF_R11);
        emit_result_save(a);
        emit_handler_call(a, engine, (uint64_t)(uintptr_t)nf_entry_audit_end);
    }
    emit_result_return(a);
}

static nf_status place(nf_engine *engine, nf_asm *a, const char *name, uint64_t *address,
                       nf_error *error)
{
    nf_blob blob;
    nf_status status = nf_asm_finish(a, &blob, error);
    if (status == NF_OK) status = nf_code_place(engine->code, &blob, name, NULL, address, error);
    return status;
}

static nf_status quiet_turn_make(nf_engine *engine, nf_error *error)
{
    nf_asm a;
    nf_asm_init(&a, &engine->compile_arena, 0);
    nf_asm_zero_operand(&a, NF_X_ENDBR64, 8);
    nf_asm_zero_operand(&a, NF_X_RET, 8);
    nf_status status = place(engine, &a, "nf.turn", &engine->quiet_turn, error);
    nf_arena_reset(&engine->compile_arena);
    return status;
}

nf_status nf_entries_make(nf_engine *engine, nf_error *error)
{
    static const char *const names[NF_ENTRY_COUNT] = {"nf.lazy",  "nf.evaluate", "nf.record",
                                                      "nf.audit", "nf.shadow",   "nf.osr"};
    nf_status status = NF_OK;
    for (unsigned kind = 0; kind < NF_ENTRY_COUNT && status == NF_OK; kind++) {
        nf_asm a;
        nf_asm_init(&a, &engine->compile_arena, 512);
        emit_common(&a, engine, (nf_entry_kind)kind);
        status = place(engine, &a, names[kind], &engine->common[kind], error);
        nf_arena_reset(&engine->compile_arena);
    }
    return status == NF_OK ? quiet_turn_make(engine, error) : status;
}

static void emit_stub(nf_asm *a, const nf_function *function)
{
    nf_asm_align(a, NF_STUB_BYTES);
    nf_asm_zero_operand(a, NF_X_ENDBR64, 8);
    nf_asm_m(a, NF_X_JMP_M, 8, nf_mem_address((uint64_t)(uintptr_t)function->slot));
}

static nf_status stubs_place(nf_program *program, nf_error *error)
{
    nf_engine *engine = program->engine;
    nf_asm a;
    nf_asm_init(&a, &engine->compile_arena, program->function_count * NF_STUB_BYTES);
    for (uint32_t i = 0; i < program->function_count; i++) emit_stub(&a, &program->functions[i]);
    nf_status status = place(engine, &a, "nf.stubs", &program->stubs, error);
    for (uint32_t i = 0; status == NF_OK && i < program->function_count; i++)
        program->functions[i].stub = program->stubs + (uint64_t)i * NF_STUB_BYTES;
    return status;
}

/* --- entries: thousands in a large program, so their bytes are copied, and not assembled --- */

enum { INDEX_AT = 6, WAY_AT = 11, ENTRY_BYTES = 15 };
static const uint8_t entry_code[NF_STUB_BYTES] = {
    0xf3, 0x0f, 0x1e, 0xfa,          /* endbr64 */
    0x41, 0xbb, 0,    0,    0, 0,    /* mov r11d, index */
    0xe9, 0,    0,    0,    0, 0xcc, /* jmp common k, by way of the jumps in front of all entries */
};
/* mov ecx, with a prefix that says nothing. */
static const uint8_t osr_mov[2] = {0x40, 0xb9};

static void entry_write(uint8_t *entries, uint32_t offset, uint32_t index, unsigned kind)
{
    int32_t way = (int32_t)(kind * NF_STUB_BYTES) - (int32_t)(offset + ENTRY_BYTES);
    uint8_t *at = entries + offset;
    __builtin_memcpy(at, entry_code, sizeof entry_code);
    if (kind == NF_ENTRY_OSR)
        __builtin_memcpy(at + INDEX_AT - sizeof osr_mov, osr_mov, sizeof osr_mov);
    __builtin_memcpy(at + INDEX_AT, &index, sizeof index);
    __builtin_memcpy(at + WAY_AT, &way, sizeof way);
}

/* The jumps to the common code, and room for the entries behind them. */
static nf_status ways_make(nf_engine *engine, uint32_t bytes, nf_blob *blob, nf_error *error)
{
    nf_asm a;
    nf_asm_init(&a, &engine->compile_arena, NF_STUB_BYTES * NF_ENTRY_COUNT);
    for (unsigned kind = 0; kind < NF_ENTRY_COUNT; kind++) {
        nf_asm_align(&a, NF_STUB_BYTES);
        nf_asm_jmp_address(&a, engine->common[kind]);
    }
    nf_asm_align(&a, NF_STUB_BYTES);
    nf_status status = nf_asm_finish(&a, blob, error);
    if (status != NF_OK) return status;
    uint8_t *all = nf_arena_alloc(&engine->compile_arena, blob->total_bytes + bytes);
    if (all == NULL) return nf_fail(error, NF_MEMORY, "no memory for a program's entries");
    __builtin_memcpy(all, blob->bytes, blob->total_bytes);
    blob->bytes = all;
    blob->total_bytes = blob->code_bytes = blob->total_bytes + bytes;
    return NF_OK;
}

static nf_status entries_place(nf_program *program, nf_error *error)
{
    nf_engine *engine = program->engine;
    nf_blob blob;
    uint32_t count = program->function_count * NF_ENTRY_COUNT;
    nf_status status = ways_make(engine, count * NF_STUB_BYTES, &blob, error);
    if (status != NF_OK) return status;
    for (uint32_t i = 0; i < count; i++)
        entry_write((uint8_t *)blob.bytes, (NF_ENTRY_COUNT + i) * NF_STUB_BYTES,
                    program->functions[i / NF_ENTRY_COUNT].index, i % NF_ENTRY_COUNT);
    return nf_code_place(engine->code, &blob, "nf.entries", NULL, &program->entries, error);
}

nf_status nf_entries_place(nf_program *program, nf_error *error)
{
    nf_engine *engine = program->engine;
    nf_status status = stubs_place(program, error);
    nf_arena_reset(&engine->compile_arena);
    if (status == NF_OK) status = entries_place(program, error);
    nf_arena_reset(&engine->compile_arena);
    for (uint32_t i = 0; status == NF_OK && i < program->function_count; i++)
        for (unsigned kind = 0; kind < NF_ENTRY_COUNT; kind++)
            program->functions[i].entries[kind] =
                program->entries + ((uint64_t)(i + 1) * NF_ENTRY_COUNT + kind) * NF_STUB_BYTES;
    return status;
}

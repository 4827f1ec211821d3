/*
 * Bits counted and bytes turned round, in each lane.
 *
 *   popcnt   an instruction with AVX512_BITALG (bytes, words) and AVX512_VPOPCNTDQ; else a table of
 *            16 sums, which PSHUFB looks the halves of each byte up in, and sums of neighbours:
 *                bytes ─ pmaddubsw 1 ─► words ─ pmaddwd 1 ─► dwords;   bytes ─ psadbw 0 ─► quadwords
 *   bswap    PSHUFB
 *
 * The table: Muła, Kurz, Lemire, "Faster Population Counts Using AVX2 Instructions" (2018).
 */
#include "select_vector.h"

enum { BYTES, WORDS, DWORDS, QUADWORDS };
enum { XMM_BYTES = 16, VECTOR_BYTES_MAX = 64, NIBBLE_BITS = 4 };

/* --- popcnt --- */

/* What counting by a table takes. */
typedef struct table_rows {
    unsigned look_up, bitwise_and, right, add, pairs, quads, all;
} table_rows;

static bool table_rows_find(uint64_t features, unsigned size, unsigned width, table_rows *rows)
{
    static const nf_vector_rows look_up = {NF_X_PSHUFB, NF_X_VPSHUFB},
                                add = {NF_X_PADDB, NF_X_VPADDB},
                                pairs = {NF_X_PMADDUBSW, NF_X_VPMADDUBSW},
                                quads = {NF_X_PMADDWD, NF_X_VPMADDWD},
                                all = {NF_X_PSADBW, NF_X_VPSADBW};
    *rows = (table_rows){
        .look_up = nf_vector_row(features, look_up, width),
        .bitwise_and = nf_vector_bitwise(features, NF_OP_AND, width),
        .right = nf_vector_shift_row(features, NF_OP_LSHR, WORDS, width),
        .add = nf_vector_row(features, add, width),
        .pairs = nf_vector_row(features, pairs, width),
        .quads = nf_vector_row(features, quads, width),
        .all = nf_vector_row(features, all, width),
    };
    bool sums = size == BYTES || (size == QUADWORDS ? rows->all : rows->pairs && rows->quads);
    return sums && rows->look_up && rows->bitwise_and && rows->right && rows->add;
}

/* How many bits each number of four bits has. */
static nf_vreg sums_of_nibbles(nf_select *s, unsigned width)
{
    static const uint8_t of_nibble[] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    uint8_t sums[VECTOR_BYTES_MAX];
    for (unsigned i = 0; i < width; i++) sums[i] = of_nibble[i % sizeof of_nibble];
    return nf_select_constant_vreg(s, sums, width);
}

static void count_bytes(nf_select *s, const table_rows *rows, unsigned width, nf_vreg d, nf_vreg a)
{
    nf_lir_rm low_bits = nf_vector_pattern(s, 0x0f, 1, width);
    nf_vreg low = nf_vector_apply(s, rows->bitwise_and, width, a, low_bits);
    nf_vreg shifted = nf_vector_apply_imm(s, rows->right, width, a, NIBBLE_BITS);
    nf_vreg high = nf_vector_apply(s, rows->bitwise_and, width, shifted, low_bits);
    nf_vreg table = sums_of_nibbles(s, width);
    nf_vreg of_low = nf_vector_apply(s, rows->look_up, width, table, nf_vector_in_register(low));
    nf_vreg of_high = nf_vector_apply(s, rows->look_up, width, table, nf_vector_in_register(high));
    nf_select_binary(s, rows->add, width, d, of_low, nf_rm_vreg(of_high));
}

static void count_by_table(nf_select *s, const table_rows *rows, unsigned size, unsigned width,
                           nf_vreg d, nf_vreg a)
{
    nf_vreg bytes = size == BYTES ? d : nf_vector_temp(s, width);
    count_bytes(s, rows, width, bytes, a);
    if (size == QUADWORDS) {
        nf_select_binary(s, rows->all, width, d, bytes, nf_vector_pattern(s, 0, 1, width));
    } else if (size != BYTES) {
        nf_vreg words = size == WORDS ? d : nf_vector_temp(s, width);
        nf_select_binary(s, rows->pairs, width, words, bytes, nf_vector_pattern(s, 1, 1, width));
        if (size == DWORDS)
            nf_select_binary(s, rows->quads, width, d, words, nf_vector_pattern(s, 1, 2, width));
    }
}

bool nf_vector_popcnt(const nf_vector_job *job)
{
    static const uint16_t counts[4] = {NF_X_VPOPCNTB, NF_X_VPOPCNTW, NF_X_VPOPCNTD, NF_X_VPOPCNTQ};
    nf_select *s = job->s;
    unsigned size = nf_vector_size(job->inst->type), width = nf_vector_width(job->inst->type);
    unsigned row = nf_vector_row(job->features, (nf_vector_rows){0, counts[size]}, width);
    table_rows rows;
    bool possible = row || table_rows_find(job->features, size, width, &rows);
    if (!possible || s == NULL) return possible;
    nf_vreg d = nf_vector_result(job);
    if (row)
        nf_select_unary(s, row, width, d, nf_select_rm(s, job->inst->a, width));
    else
        count_by_table(s, &rows, size, width, d, nf_select_value(s, job->inst->a));
    return true;
}

/* --- bswap --- */

bool nf_vector_bswap(const nf_vector_job *job)
{
    nf_select *s = job->s;
    uint8_t order[VECTOR_BYTES_MAX];
    unsigned bytes = nf_type_element_bytes(job->inst->type);
    unsigned width = nf_vector_width(job->inst->type);
    unsigned row = nf_vector_row(job->features, (nf_vector_rows){NF_X_PSHUFB, NF_X_VPSHUFB}, width);
    if (row == 0 || s == NULL) return row != 0;
    nf_vreg d = nf_vector_result(job), a = nf_select_value(s, job->inst->a);
    for (unsigned i = 0; i < width; i++) order[i] = (uint8_t)((i % XMM_BYTES) ^ (bytes - 1));
    nf_select_binary(s, row, width, d, a, nf_select_constant(s, order, width));
    return true;
}

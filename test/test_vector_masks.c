/*
 * Masks of vectors, wherever they come from and however often they are used; masked memory at the
 * edge of what may be touched; and vectors and masks that are many, live across calls and across
 * edges of the flow graph.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib_vector.h"

static const nf_value none;

/* --- building --- */

typedef void type_visit(nf_type type);

static void each_type(type_visit *visit)
{
    uint64_t before = vector_failures;
    for (nf_type element = NF_I8; element <= NF_F64; element++)
        for (unsigned lanes = 1; nf_type_element_bytes(element) << lanes <= VECTOR_BYTES_MAX;
             lanes++)
            visit(nf_type_with_lanes(element, lanes));
    assert_int_equal(vector_failures - before, 0);
}

static nf_value build(vector_case *c, nf_op op, nf_type type, nf_value a, nf_value b)
{
    return nf_build(c->func, c->block, op, type, a, b, none);
}

static nf_value select(vector_case *c, nf_type type, nf_value mask, nf_value a, nf_value b)
{
    return nf_build(c->func, c->block, NF_OP_SELECT, type, mask, a, b);
}

static nf_value compare(vector_case *c, nf_type type)
{
    nf_cond cond = NF_TYPE_IS_FLOAT(type) ? NF_FOLT : NF_SLT;
    nf_value a = vector_load(c, 0, type), b = vector_load(c, 0, type);
    return nf_build_compare(c->func, c->block, cond, a, b);
}

static nf_value splat_int(vector_case *c, nf_type type, int64_t number)
{
    c->lenient = true; /* a splat of a constant is there even where splats are not promised */
    nf_value scalar = nf_build_iconst(c->func, c->block, NF_TYPE_ELEMENT(type), number);
    return build(c, NF_OP_SPLAT, type, scalar, none);
}

static nf_value mload(vector_case *c, nf_type type, nf_value mask)
{
    nf_address from = {.base = vector_piece(c, 1), .offset = vector_room(c, 1, type)};
    return nf_build_mload(c->func, c->block, type, mask, from);
}

static void mstore(vector_case *c, nf_value value, nf_value mask)
{
    nf_address to = {.base = vector_piece(c, VECTOR_OUT),
                     .offset = vector_room(c, VECTOR_OUT, nf_value_type(c->func, value))};
    nf_build_mstore(c->func, c->block, value, mask, to);
}

/* What reads masks, on this one. */
static void use_selecting(vector_case *c, nf_type type, nf_value mask)
{
    nf_value a = vector_load(c, 1, type), b = vector_load(c, 2, type);
    vector_store(c, select(c, type, mask, a, b));
    vector_store(c, select(c, type, mask, b, vector_load(c, 1, type)));
}

static void use_in_memory(vector_case *c, nf_type type, nf_value mask)
{
    nf_value a = mload(c, type, mask), b = vector_load(c, 2, type);
    vector_store(c, select(c, type, mask, a, b));
    mstore(c, b, mask);
}

/* The number of the first lane that is true, or that of all lanes. */
static void use_first(vector_case *c, nf_type type, nf_value mask)
{
    nf_type lanes = nf_type_of_compare(type);
    nf_value number = build(c, NF_OP_IOTA, lanes, none, none);
    nf_value behind = splat_int(c, lanes, NF_TYPE_LANES(type));
    nf_value numbers = select(c, lanes, mask, number, behind);
    vector_store(c, build(c, NF_OP_REDUCE_UMIN, lanes, numbers, none));
}

typedef void mask_use(vector_case *c, nf_type type, nf_value mask);
static mask_use *const uses[] = {use_selecting, use_in_memory, use_first};
enum { USES = sizeof uses / sizeof *uses };

/* --- where masks come from --- */

typedef enum source {
    COMPARED,
    COMPARED_AND_STORED,
    FROM_MEMORY,
    BELOW_COUNT, /* iota against a splat */
    AND,
    OR,
    XOR,
    NOT,
    AND_STORED,
    OF_LANES_AND_COMPARED,
    SELECTED,
    REVERSED,
    ALL,
    NOTHING,
    SOURCES
} source;

static const char *const source_names[SOURCES] = {"compared",    "compared and stored",
                                                  "from memory", "below a count",
                                                  "and",         "or",
                                                  "xor",         "not",
                                                  "and, stored", "lanes and compared",
                                                  "selected",    "reversed",
                                                  "all",         "nothing"};

static nf_value logic(vector_case *c, nf_op op, nf_type type, nf_value a, nf_value b)
{
    return build(c, op, nf_type_of_compare(type), a, b);
}

static nf_value make_mask(vector_case *c, source from, nf_type type)
{
    nf_type mask = nf_type_of_compare(type);
    switch (from) {
    case FROM_MEMORY: return vector_load(c, 2, mask);
    case BELOW_COUNT: {
        nf_value count =
            build(c, NF_OP_SPLAT, mask, vector_load(c, 2, NF_TYPE_ELEMENT(mask)), none);
        return nf_build_compare(c->func, c->block, NF_ULT, build(c, NF_OP_IOTA, mask, none, none),
                                count);
    }
    case AND:
    case AND_STORED: return logic(c, NF_OP_AND, type, compare(c, type), compare(c, type));
    case OR: return logic(c, NF_OP_OR, type, compare(c, type), compare(c, type));
    case XOR: return logic(c, NF_OP_XOR, type, compare(c, type), compare(c, type));
    case NOT: return logic(c, NF_OP_XOR, type, compare(c, type), splat_int(c, mask, -1));
    case OF_LANES_AND_COMPARED:
        return logic(c, NF_OP_AND, type, vector_load(c, 2, mask), compare(c, type));
    case SELECTED: return select(c, mask, compare(c, type), compare(c, type), compare(c, type));
    case REVERSED: return build(c, NF_OP_REVERSE, mask, compare(c, type), none);
    case ALL: return splat_int(c, mask, -1);
    case NOTHING: return splat_int(c, mask, 0);
    default: return compare(c, type);
    }
}

static void check_sources(nf_type type)
{
    for (source from = 0; from < SOURCES; from++)
        for (unsigned way = 0; way < 2 * USES; way++) {
            bool call = way & 1;
            vector_case *c = vector_begin("mask of %s, %s%s", nf_type_text(type),
                                          source_names[from], call ? ", call" : "");
            nf_value mask = make_mask(c, from, type);
            if (from == COMPARED_AND_STORED || from == AND_STORED) vector_store(c, mask);
            if (call) vector_call(c);
            uses[way / 2](c, type, mask);
            vector_end(c);
        }
}

static void masks_from_everywhere(void **state)
{
    (void)state;
    each_type(check_sources);
}

/* For lanes of another width than was compared; not all of the top bits of what is cut need be the
 * mask's. */
static void check_resized(nf_type type)
{
    for (nf_type element = NF_I8; element <= NF_I64; element++) {
        nf_type to = nf_type_with_lanes(element, NF_TYPE_LANES_LOG2(type));
        unsigned from_bytes = nf_type_element_bytes(type), to_bytes = nf_type_element_bytes(to);
        if (from_bytes == to_bytes || nf_type_bytes(to) > VECTOR_BYTES_MAX) continue;
        for (unsigned way = 0; way < 2 * USES; way++) {
            bool lanes = way & 1;
            vector_case *c = vector_begin("mask of %s for %s%s", nf_type_text(type),
                                          nf_type_text(to), lanes ? ", of lanes" : "");
            nf_value mask = lanes ? vector_load(c, 2, nf_type_of_compare(type)) : compare(c, type);
            nf_op op = to_bytes > from_bytes ? NF_OP_SEXT : NF_OP_TRUNC;
            nf_value resized = build(c, op, to, mask, none);
            uses[way / 2](c, to, resized);
            uses[way / 2](c, nf_type_of_compare(type), mask);
            vector_end(c);
        }
    }
}

static void masks_of_other_widths(void **state)
{
    (void)state;
    each_type(check_resized);
}

/* --- masks and blocks --- */

/* A mask made in front of a loop, one carried round it, and one that reaches its end by two ways.
 * */
static void check_blocks_using(nf_type type, mask_use *use)
{
    vector_case *c = vector_begin("masks and blocks, %s", nf_type_text(type));
    nf_type mask_type = nf_type_of_compare(type);
    nf_value outside = compare(c, type), carried = compare(c, type);
    nf_value zero = nf_build_iconst(c->func, c->block, NF_I64, 0);
    nf_block loop = nf_func_block(c->func), out = nf_func_block(c->func);
    nf_value i = nf_block_param(c->func, loop, NF_I64);
    nf_value mask = nf_block_param(c->func, loop, mask_type);
    nf_value last = nf_block_param(c->func, out, mask_type);
    nf_build_br(c->func, c->block, loop, (nf_value[]){zero, carried}, 2);
    c->block = loop;
    use(c, type, mask);
    use(c, type, outside);
    nf_value inside = compare(c, type);
    nf_value next = logic(c, NF_OP_XOR, type, mask, inside);
    nf_value step = build(c, NF_OP_ADD, NF_I64, i, nf_build_iconst(c->func, loop, NF_I64, 1));
    nf_value more =
        nf_build_compare(c->func, loop, NF_ULT, step, nf_build_iconst(c->func, loop, NF_I64, 3));
    nf_build_brif(c->func, loop, more, loop, (nf_value[]){step, next}, 2, out, &outside, 1);
    c->block = out;
    use(c, type, last);
    use(c, type, inside);
    vector_end(c);
}

static void check_blocks(nf_type type)
{
    for (unsigned i = 0; i < USES; i++) check_blocks_using(type, uses[i]);
}

static void masks_through_blocks(void **state)
{
    (void)state;
    each_type(check_blocks);
}

/* --- masked memory at its edge --- */

enum { LOADS, STORES };

/* c: the mask; a: what is loaded; out: what is stored. */
static vector_case *masked_access(nf_type type, unsigned way)
{
    vector_case *c =
        vector_begin("%s %s at the edge", way == LOADS ? "mload" : "mstore", nf_type_text(type));
    nf_value mask = nf_build_load(c->func, c->block, nf_type_of_compare(type),
                                  (nf_address){.base = vector_piece(c, 2)});
    nf_address from = {.base = vector_piece(c, 0)}, to = {.base = vector_piece(c, VECTOR_OUT)};
    if (way == LOADS)
        nf_build_store(c->func, c->block, nf_build_mload(c->func, c->block, type, mask, from), to);
    else
        nf_build_mstore(c->func, c->block, nf_build_load(c->func, c->block, type, from), mask, to);
    nf_build_ret(c->func, c->block, none);
    return c;
}

/* Lanes [first, end) are true. */
static void write_mask(nf_type type, unsigned first, unsigned end)
{
    unsigned bytes = nf_type_element_bytes(type);
    uint8_t *mask = vector_piece_end(2) - VECTOR_BYTES_MAX;
    memset(mask, 0x7f, VECTOR_BYTES_MAX); /* only the top bit counts */
    for (unsigned lane = first; lane < end; lane++) mask[(lane + 1) * bytes - 1] = 0x80;
}

static bool run_at(uint64_t code, unsigned way, uint8_t *at)
{
    uint64_t mask = (uintptr_t)(vector_piece_end(2) - VECTOR_BYTES_MAX);
    uint64_t inner = (uintptr_t)(vector_page_start(way == LOADS ? VECTOR_OUT : 0) + 1);
    uint64_t edge = (uintptr_t)at;
    return way == LOADS ? vector_run(code, edge, 0, mask, inner)
                        : vector_run(code, inner, 0, mask, edge);
}

/* What is at the edge and can be touched is i ^ 0x5a before; results are compared byte by byte. */
static void check_bytes(const vector_case *c, const char *level, unsigned way, const uint8_t *edge,
                        const uint8_t *inner, unsigned count, unsigned first)
{
    for (unsigned i = 0; i < count; i++) {
        bool same = edge[i] == inner[first + i];
        if (!same) {
            vector_fail(c, level, "%s byte %u differs", way == LOADS ? "loaded" : "stored", i);
            return;
        }
    }
}

static void fill(unsigned way)
{
    for (unsigned i = 0; i < 2 * VECTOR_BYTES_MAX; i++) {
        uint8_t *edge = vector_piece_end(way == LOADS ? 0 : VECTOR_OUT);
        edge[-1 - (int)i] = (uint8_t)(i ^ 0x5a);
        edge = vector_page_start(way == LOADS ? 0 : VECTOR_OUT);
        edge[i] = (uint8_t)(i ^ 0x5a);
        vector_page_start(way == LOADS ? VECTOR_OUT : 0)[i] = (uint8_t)(i * 3 + 1);
    }
}

static void check_edges(const vector_case *c, const char *level, uint64_t code, unsigned way,
                        nf_type type)
{
    unsigned lanes = NF_TYPE_LANES(type), bytes = nf_type_element_bytes(type);
    unsigned piece = way == LOADS ? 0 : VECTOR_OUT, other = way == LOADS ? VECTOR_OUT : 0;
    const uint8_t *inner = vector_page_start(other) + 1;
    for (unsigned n = 0; n <= lanes; n++) {
        uint8_t *end = vector_piece_end(piece), *start = vector_page_start(piece);
        fill(way);
        write_mask(type, 0, n);
        if (!run_at(code, way, end - n * bytes)) vector_fail(c, level, "%u lanes crashed", n);
        check_bytes(c, level, way, end - n * bytes, inner, n * bytes, 0);
        fill(way);
        write_mask(type, lanes - n, lanes);
        if (!run_at(code, way, start - (lanes - n) * bytes))
            vector_fail(c, level, "the last %u lanes crashed", n);
        check_bytes(c, level, way, start, inner, n * bytes, (lanes - n) * bytes);
        if (n == lanes) break;
        write_mask(type, 0, n + 1);
        if (run_at(code, way, end - n * bytes))
            vector_fail(c, level, "lane %u touched what cannot be touched", n);
    }
}

static void check_edge(nf_type type)
{
    for (unsigned way = LOADS; way <= STORES; way++) {
        vector_case *c = masked_access(type, way);
        for (uint32_t i = 0; i < vector_level_count; i++) {
            nf_status status;
            uint64_t code = vector_compile(c, vector_levels[i].features, &status);
            if (code) check_edges(c, vector_levels[i].name, code, way, type);
        }
        vector_forget(c);
    }
}

static void false_lanes_touch_no_memory(void **state)
{
    (void)state;
    each_type(check_edge);
}

/* --- pressure --- */

/* More vectors than there are registers, all live; with a call, none of them in a register. */
static void check_pressure(nf_type type)
{
    enum { VECTORS = 40 };
    for (unsigned call = 0; call < 2; call++) {
        vector_case *c =
            vector_begin("%d of %s%s", VECTORS, nf_type_text(type), call ? ", call" : "");
        nf_value vectors[VECTORS];
        nf_address same = {.base = vector_piece(c, 0)};
        for (unsigned i = 0; i < VECTORS; i++) {
            same.offset = (int32_t)(i * 8);
            vectors[i] = nf_build_load(c->func, c->block, type, same);
        }
        c->ends[0] = VECTORS * 8 + VECTOR_BYTES_MAX;
        c->elements[0] = NF_TYPE_ELEMENT(type);
        if (call) vector_call(c);
        nf_value sum = vectors[VECTORS - 1];
        for (unsigned i = VECTORS - 1; i-- > 0;)
            sum = build(c, NF_TYPE_IS_FLOAT(type) ? NF_OP_FSUB : NF_OP_SUB, type, sum, vectors[i]);
        for (unsigned i = 0; i < VECTORS; i += 3)
            sum = build(c, NF_TYPE_IS_FLOAT(type) ? NF_OP_FADD : NF_OP_ADD, type, sum, vectors[i]);
        vector_store(c, sum);
        vector_end(c);
    }
}

/* More masks than there are mask registers. */
static void check_mask_pressure(nf_type type)
{
    enum { MASKS = 11 };
    for (unsigned call = 0; call < 2; call++) {
        vector_case *c =
            vector_begin("%d masks of %s%s", MASKS, nf_type_text(type), call ? ", call" : "");
        nf_value masks[MASKS], value = vector_load(c, 1, type);
        nf_value other = vector_load(c, 2, type);
        for (unsigned i = 0; i < MASKS; i++) {
            masks[i] = compare(c, type);
            value = select(c, type, masks[i], value, other);
        }
        if (call) vector_call(c);
        for (unsigned i = 0; i < MASKS; i++) value = select(c, type, masks[i], other, value);
        vector_store(c, value);
        vector_end(c);
    }
}

static void many_at_once(void **state)
{
    (void)state;
    each_type(check_pressure);
    each_type(check_mask_pressure);
}

/* --- edges of the flow graph --- */

/* Three vectors change places on the way round a loop, and two on the way out. */
static void check_rotation(nf_type type)
{
    vector_case *c = vector_begin("rotation of %s", nf_type_text(type));
    nf_block loop = nf_func_block(c->func), out = nf_func_block(c->func);
    nf_value start[4] = {nf_build_iconst(c->func, c->block, NF_I64, 0)}, at[4], ends[2];
    for (unsigned i = 1; i < 4; i++) start[i] = vector_load(c, 0, type);
    at[0] = nf_block_param(c->func, loop, NF_I64);
    for (unsigned i = 1; i < 4; i++) at[i] = nf_block_param(c->func, loop, type);
    for (unsigned i = 0; i < 2; i++) ends[i] = nf_block_param(c->func, out, type);
    nf_build_br(c->func, c->block, loop, start, 4);
    nf_value one = nf_build_iconst(c->func, loop, NF_I64, 1);
    nf_value rounds = nf_build_iconst(c->func, loop, NF_I64, 5);
    nf_value next = nf_build(c->func, loop, NF_OP_ADD, NF_I64, at[0], one, none);
    nf_value more = nf_build_compare(c->func, loop, NF_ULT, next, rounds);
    nf_build_brif(c->func, loop, more, loop, (nf_value[]){next, at[2], at[3], at[1]}, 4, out,
                  (nf_value[]){at[3], at[2]}, 2);
    c->block = out;
    vector_store(c, ends[0]);
    vector_store(c, ends[1]);
    vector_end(c);
}

static void vectors_through_blocks(void **state)
{
    (void)state;
    each_type(check_rotation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_from_everywhere), cmocka_unit_test(masks_of_other_widths),
        cmocka_unit_test(masks_through_blocks),  cmocka_unit_test(false_lanes_touch_no_memory),
        cmocka_unit_test(many_at_once),          cmocka_unit_test(vectors_through_blocks),
    };
    vector_setup();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    vector_teardown();
    return failed;
}

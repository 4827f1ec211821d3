/*
 * LC-3 object files: every format is told by its content and read, what is written reads back the
 * same, and files that are cut off, damaged or something else are refused with the place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/lc3/object.h"
#include "lib_allocator.h"
#include "os/os.h"

#define COUNT(array)   (sizeof(array) / sizeof *(array))
#define BYTES(literal) (literal), sizeof(literal) - 1

static nf_arena arena;

static int set_up(void **unused)
{
    (void)unused;
    nf_arena_init(&arena, nf_os_allocator());
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    nf_arena_free(&arena);
    return 0;
}

/* A copy of its own size, so that a sanitizer sees a read behind the end. */
static nf_status read_copy(const void *bytes, size_t size, nf_lc3_format format,
                           nf_lc3_object *object, nf_error *error)
{
    char *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    nf_status status = nf_lc3_object_read(&arena, "file", copy, size, format, object, error);
    free(copy);
    return status;
}

static nf_lc3_object read_valid(const void *bytes, size_t size, nf_lc3_format format)
{
    nf_lc3_object object;
    nf_error error = {0};
    if (read_copy(bytes, size, format, &object, &error)) fail_msg("%s", error.message);
    return object;
}

/* --- the same program in every format --- */

/* AND R0, R0, #0 and HALT at x3000. */
static const struct sample {
    const char *bytes;
    size_t size;
    nf_lc3_format format;
} samples[] = {
    {BYTES("\x30\x00\x50\x20\xf0\x25"), NF_LC3_FORMAT_CLASSIC},
    {BYTES("\x00\x30\x20\x50\x25\xf0"), NF_LC3_FORMAT_NATIVE},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01"
           "\x00\x30\x01\x0c\x00\x00\x00.orig x3000"
           " "
           "\x20\x50\x00\x00\x00\x00\x00"
           "\x25\xf0\x00\x04\x00\x00\x00HALT"),
     NF_LC3_FORMAT_LC3TOOLS},
    {BYTES("obj!\x10\x00\x01"
           "\x00\x00\x30\x02\x00\xff\x20\x50\xff\x25\xf0"),
     NF_LC3_FORMAT_ENSEMBLE},
    {BYTES("LC-3 OBJ FILE\n\n# a comment\n.TEXT\n3000\n2\n5020\nF025\n\n.SYMBOL\n"),
     NF_LC3_FORMAT_ENSEMBLE_TEXT},
    {BYTES("0011000000000000\n0101000000100000\n1111000000100101\n"), NF_LC3_FORMAT_BIN},
    {BYTES("; start\r\n\r\n0011 0000 0000 0000\r\n0101 000 000 1 00000 ; AND\r\n1111000000100101"),
     NF_LC3_FORMAT_BIN},
    {BYTES("3000\n5020\nf025\n"), NF_LC3_FORMAT_HEX},
    {BYTES("x3000 ; caf\xc3\xa9\n0x5020\n\n  XF025"), NF_LC3_FORMAT_HEX},
};

static void check_sample(const nf_lc3_object *object)
{
    assert_int_equal(object->start, 0x3000);
    assert_int_equal(object->segments.count, 1);
    assert_int_equal(object->segments.data[0].origin, 0x3000);
    assert_int_equal(object->segments.data[0].words.count, 2);
    assert_int_equal(object->segments.data[0].words.data[0], 0x5020);
    assert_int_equal(object->segments.data[0].words.data[1], 0xf025);
}

static void every_format_is_told_and_read(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(samples); i++) {
        nf_lc3_object object = read_valid(samples[i].bytes, samples[i].size, NF_LC3_FORMAT_ANY);
        assert_int_equal(object.format, samples[i].format);
        check_sample(&object);
    }
}

static void what_is_written_reads_back(void **unused)
{
    (void)unused;
    nf_lc3_object object = read_valid(samples[0].bytes, samples[0].size, NF_LC3_FORMAT_ANY);
    for (unsigned format = 0; format < NF_LC3_FORMAT_COUNT; format++) {
        nf_text text;
        nf_text_init(&text, &arena);
        assert_int_equal(nf_lc3_object_write(&object, format, &text, NULL), NF_OK);
        nf_lc3_object again = read_valid(text.data, text.length, NF_LC3_FORMAT_ANY);
        assert_int_equal(again.format, format);
        check_sample(&again);
    }
}

static void formats_have_names(void **unused)
{
    (void)unused;
    for (unsigned format = 0; format < NF_LC3_FORMAT_COUNT; format++) {
        assert_int_equal(nf_lc3_format_named(nf_lc3_format_name(format)), format);
        assert_non_null(nf_lc3_format_meaning(format));
    }
    assert_int_equal(nf_lc3_format_named("elf"), NF_LC3_FORMAT_COUNT);
    assert_null(nf_lc3_format_name(NF_LC3_FORMAT_COUNT));
}

/* --- segments, labels, lines --- */

static void build_two_segments(nf_lc3_object *object)
{
    nf_lc3_object_init(object, &arena);
    assert_true(nf_lc3_object_begin(object, 0x4000));
    for (uint16_t i = 0; i < 300; i++) assert_true(nf_lc3_object_word(object, i));
    assert_true(nf_lc3_object_begin(object, 0x3000));
    assert_true(nf_lc3_object_word(object, 0xf025));
    assert_true(nf_lc3_object_symbol(object, 0x4001, "Loop", 4));
    assert_true(nf_lc3_object_symbol(object, 0x3000, "end_of_it", 9));
}

static void check_two_segments(const nf_lc3_object *object)
{
    assert_int_equal(object->segments.count, 2);
    assert_int_equal(object->segments.data[0].origin, 0x4000);
    assert_int_equal(object->segments.data[0].words.count, 300);
    assert_int_equal(object->segments.data[0].words.data[299], 299);
    assert_int_equal(object->segments.data[1].origin, 0x3000);
    assert_int_equal(object->segments.data[1].words.data[0], 0xf025);
}

static void several_segments_go_where_there_is_room(void **unused)
{
    nf_lc3_object object;
    (void)unused;
    build_two_segments(&object);
    for (unsigned format = 0; format < NF_LC3_FORMAT_COUNT; format++) {
        nf_text text;
        nf_error error = {0};
        nf_text_init(&text, &arena);
        nf_status status = nf_lc3_object_write(&object, format, &text, &error);
        if (!nf_lc3_format_segmented(format)) {
            assert_int_equal(status, NF_UNSUPPORTED);
            assert_non_null(strstr(error.message, nf_lc3_format_name(format)));
            continue;
        }
        assert_int_equal(status, NF_OK);
        nf_lc3_object again = read_valid(text.data, text.length, NF_LC3_FORMAT_ANY);
        check_two_segments(&again);
        /* lc3-ensemble's machine starts at x3000 whatever comes first */
        assert_int_equal(again.start, format == NF_LC3_FORMAT_LC3TOOLS ? 0x4000 : 0x3000);
        if (format == NF_LC3_FORMAT_LC3TOOLS) continue;
        assert_int_equal(nf_lc3_symbol_named(&again, "LOOP", 4)->address, 0x4001);
        assert_int_equal(nf_lc3_symbol_named(&again, "End_Of_It", 9)->address, 0x3000);
        assert_null(nf_lc3_symbol_named(&again, "Loop1", 5));
        assert_null(nf_lc3_symbol_named(&again, "Loo", 3));
    }
}

static void all_of_memory_fits(void **unused)
{
    nf_lc3_object object;
    (void)unused;
    nf_lc3_object_init(&object, &arena);
    assert_true(nf_lc3_object_begin(&object, 0));
    for (uint32_t i = 0; i < 0x10000; i++) assert_true(nf_lc3_object_word(&object, (uint16_t)i));
    for (unsigned format = 0; format < NF_LC3_FORMAT_COUNT; format++) {
        nf_text text;
        uint32_t words = 0;
        nf_text_init(&text, &arena);
        assert_int_equal(nf_lc3_object_write(&object, format, &text, NULL), NF_OK);
        nf_lc3_object again = read_valid(text.data, text.length, format);
        for (uint32_t i = 0; i < again.segments.count; i++) {
            const nf_lc3_segment *segment = &again.segments.data[i];
            for (uint32_t k = 0; k < segment->words.count; k++, words++)
                assert_int_equal(segment->words.data[k], segment->origin + k);
        }
        assert_int_equal(words, 0x10000);
    }
}

static void lines_come_with_lc3tools(void **unused)
{
    (void)unused;
    nf_lc3_object object = read_valid(samples[2].bytes, samples[2].size, NF_LC3_FORMAT_ANY);
    assert_null(nf_lc3_line_at(&object, 0x3000));
    assert_string_equal(nf_lc3_line_at(&object, 0x3001)->text, "HALT");
    nf_lc3_object plain = read_valid(samples[0].bytes, samples[0].size, NF_LC3_FORMAT_ANY);
    assert_null(nf_lc3_line_at(&plain, 0x3001));
}

static void lines_come_with_ensemble(void **unused)
{
    static const char binary[] = "obj!\x10\x00\x01"
                                 "\x02\x01\0\0\0\0\0\0\0\x02\x00\x00\x30\x01\x30"
                                 "\x03\x1c\0\0\0\0\0\0\0.orig x3000\n A .fill 1\n HALT"
                                 "\x01\x00\x30\x00\x0d\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0A"
                                 "\x01\x00\x00\x01\x0d\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0E"
                                 "\x00\x00\x30\x03\x00\xff\x01\x00\xff\x25\xf0\x00\x00\x00";
    static const char text[] =
        "LC-3 OBJ FILE\n.DEBUG\nLABEL | INDEX\nA | 13\n====\nLINE | ADDR | SOURCE\n"
        "0    | ???? | .orig x3000\\n\n1    | 3000 | A .fill 1 ; | \\\"\\u{e9}\\\"\\n\n"
        "2    | 3001 |  HALT\n====\n.TEXT\n3000\n3\n0001\nF025\n????\n.SYMBOL\n"
        "ADDR | EXT | LABEL\n3000 |   0 | A\n0000 |   1 | E\n.LINKER_INFO\n";
    (void)unused;
    for (int i = 0; i < 2; i++) {
        nf_lc3_object object = i ? read_valid(BYTES(text), NF_LC3_FORMAT_ANY)
                                 : read_valid(BYTES(binary), NF_LC3_FORMAT_ANY);
        const nf_lc3_line *first = nf_lc3_line_at(&object, 0x3000),
                          *second = nf_lc3_line_at(&object, 0x3001);
        assert_string_equal(first->text, i ? "A .fill 1 ; | \"\\u{e9}\"" : "A .fill 1");
        assert_int_equal(first->number, 2);
        assert_string_equal(second->text, "HALT");
        assert_int_equal(second->number, 3);
        assert_null(nf_lc3_line_at(&object, 0x3002));
        assert_int_equal(object.segments.data[0].words.data[2], 0);
        assert_int_equal(object.symbols.count, 1);
        assert_int_equal(nf_lc3_symbol_named(&object, "a", 1)->address, 0x3000);
    }
}

static void texts_do_not_steer_terminals(void **unused)
{
    static const char bytes[] = "\x1c\x30\x15\xc0\x01\x01\x01"
                                "\x00\x30\x01\x00\x00\x00\x00"
                                "\x25\xf0\x00\x05\x00\x00\x00\x1b[2J\x7f";
    (void)unused;
    nf_lc3_object object = read_valid(BYTES(bytes), NF_LC3_FORMAT_ANY);
    assert_string_equal(nf_lc3_line_at(&object, 0x3000)->text, "?[2J?");
}

/* --- symbol files --- */

static void symbol_files_read_back(void **unused)
{
    nf_lc3_object object, again;
    nf_text text;
    (void)unused;
    build_two_segments(&object);
    nf_text_init(&text, &arena);
    nf_lc3_symbols_write(&object, &text);
    nf_lc3_object_init(&again, &arena);
    assert_int_equal(nf_lc3_symbols_read(&again, "f.sym", text.data, text.length, NULL), NF_OK);
    assert_int_equal(again.symbols.count, 2);
    assert_string_equal(again.symbols.data[0].name, "Loop");
    assert_int_equal(again.symbols.data[1].address, 0x3000);
    /* Other assemblers leave the slashes out. */
    assert_int_equal(nf_lc3_symbols_read(&again, "f.sym", BYTES("X 3005\r\n\n Y\t\tFFff"), NULL),
                     NF_OK);
    assert_int_equal(again.symbols.count, 4);
    assert_int_equal(again.symbols.data[3].address, 0xffff);
}

/* --- bad files --- */

static const struct bad {
    const char *bytes;
    size_t size;
    nf_lc3_format format;
    nf_status status;
    uint32_t line, column;
    const char *message;
} bad_files[] = {
    {BYTES(""), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0, "the file is empty"},
    {BYTES("\x30"), NF_LC3_FORMAT_CLASSIC, NF_CORRUPT, 0, 0,
     "byte 0: the file ends within the origin"},
    {BYTES("\x30\x00\xf0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 2: the file ends within a word"},
    {BYTES("\xff\xfe\0\1\0\2\0\3"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 6: this word would lie behind xFFFF"},
    {BYTES("\x7f"
           "ELF\2\1\1\0"),
     NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0, "an ELF file, no LC-3 object"},
    {BYTES("PK\3\4...."), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0, "a zip archive"},
    {BYTES("  .ORIG x3000\n HALT\n .END\n"), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0,
     "assembled first"},
    {BYTES("   \n\n"), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0, "this is a text"},
    /* lc3tools */
    {BYTES("\x1c\x30\x15\xc0\x01"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 0: the file ends within the header, of which 2 bytes"},
    {BYTES("\x1c\x30\x15\xc0\x01\x02\x01"), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0,
     "byte 4: version 1.2.1"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 7: the file ends before an origin"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\x25\xf0\0\0\0\0\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 7: a word stands before any origin"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\0\x30\1\5\0\0\0.ori"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 14: the file ends within a line, of which 1 byte"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\0\x30\1\xff\xff\xff\xff"), NF_LC3_FORMAT_ANY, NF_CORRUPT,
     0, 0, "within a line, of which 4294967295"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\0\x30\2\0\0\0\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 7: a record is neither word nor origin"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\xff\xff\1\0\0\0\0\1\0\0\0\0\0\0\2\0\0\0\0\0\0"),
     NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0, "byte 21: this word would lie behind xFFFF"},
    {BYTES("\x1c\x30\x15\xc0\x01\x01\x01\0\x30\1\0\0\0\0\1\0\0\0\0\0\0\0\x30\1\0\0\0\0\1\0\0\0\0\0"
           "\0"),
     NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0, "byte 28: address x3000 is given a second time"},
    {BYTES("\x30\x00\xf0\x25\x00\x00\x00\x00"), NF_LC3_FORMAT_LC3TOOLS, NF_CORRUPT, 0, 0,
     "byte 0: this is not lc3tools' header"},
    /* lc3-ensemble, binary */
    {BYTES("obj!\x10\0\2"), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0, "byte 5: version 0.2"},
    {BYTES("obj!\x10\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 5: the file ends within the version"},
    {BYTES("obj!\x10\0\1"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 7: the file ends before an origin"},
    {BYTES("obj!\x10\0\1\5"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0, "byte 7: a block of kind 5"},
    {BYTES("obj!\x10\0\1\0\0\x30\2\0\xff\1\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 12: the file ends within a block of words, of which 3 bytes"},
    {BYTES("obj!\x10\0\1\0\xff\xff\2\0\xff\1\0\xff\1\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 15: this word would lie behind xFFFF"},
    {BYTES("obj!\x10\0\1\0\0\x30\1\0\xff\1\0\0\0\x30\1\0\xff\1\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT,
     0, 0, "byte 20: address x3000 is given a second time"},
    {BYTES("obj!\x10\0\1\3\xff\xff\xff\xff\xff\xff\xff\xff"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 0, 0,
     "byte 16: the file ends within the source"},
    {BYTES("obj!\x10\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NF_LC3_FORMAT_ANY, NF_CORRUPT,
     0, 0, "a label has no name"},
    {BYTES("obj!\x10\0\1\4\0\x30\2\0\0\0\0\0\0\0AB"), NF_LC3_FORMAT_ANY, NF_UNSUPPORTED, 0, 0,
     "'AB' is in another object"},
    /* lc3-ensemble, text */
    {BYTES("LC-3 OBJ FILE 2\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 1, 1, "expected 'LC-3 OBJ FILE'"},
    {BYTES("LC-3 OBJ FILE\n 3000\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 2, 2, "expected a section"},
    {BYTES("LC-3 OBJ FILE\n.DATA\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 2, 1,
     "no section is called so"},
    {BYTES("LC-3 OBJ FILE\n.TEXT\n3000\n2\n5020\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 5, 1,
     "expected 1 more words"},
    {BYTES("LC-3 OBJ FILE\n.TEXT\n3000\n-1\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 4, 1,
     "expected the number of words"},
    {BYTES("LC-3 OBJ FILE\n.TEXT\n300\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 3, 1,
     "expected an origin"},
    {BYTES("LC-3 OBJ FILE\n.TEXT\nFFFF\n2\n  0001\n  0002\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 6, 3,
     "behind xFFFF"},
    {BYTES("LC-3 OBJ FILE\n.SYMBOL\nADDR | EXT | LABEL\n30 | 0 | A\n"), NF_LC3_FORMAT_ANY,
     NF_CORRUPT, 4, 1, "expected an address"},
    {BYTES("LC-3 OBJ FILE\n.LINKER_INFO\nADDR | LABEL\n3000 | AB\n"), NF_LC3_FORMAT_ANY,
     NF_UNSUPPORTED, 4, 1, "'AB' is in another object"},
    {BYTES("LC-3 OBJ FILE\n.DEBUG\n====\nLINE | ADDR | SOURCE\nA | 3000 | B\n====\n"),
     NF_LC3_FORMAT_ANY, NF_CORRUPT, 5, 1, "expected the number of a line"},
    /* digits */
    {BYTES("0011000000000000\n 010100000010000\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 2, 2,
     "expected 16 binary digits"},
    {BYTES("3000\n5020\n; no\nhalt\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 4, 1,
     "expected 4 hexadecimal digits"},
    {BYTES("ffff\n5020\n5020\n"), NF_LC3_FORMAT_ANY, NF_CORRUPT, 3, 1, "behind xFFFF"},
    {BYTES("3000\n5020\n"), NF_LC3_FORMAT_BIN, NF_CORRUPT, 1, 1, "expected 16 binary digits"},
};

static void bad_files_are_refused_with_the_place(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(bad_files); i++) {
        const struct bad *bad = &bad_files[i];
        nf_lc3_object object;
        nf_error error = {0};
        nf_status status = read_copy(bad->bytes, bad->size, bad->format, &object, &error);
        if (status != bad->status || error.line != bad->line || error.column != bad->column ||
            strstr(error.message, bad->message) == NULL)
            fail_msg("file %zu: wanted %s\n got %u:%u: %s: %s", i, bad->message, error.line,
                     error.column, nf_status_text(status), error.message);
        assert_string_equal(error.file, "file");
    }
}

/* Whatever is cut off or changed: an error or an object, never a crash. */
static void damaged_files_are_survived(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(samples); i++) {
        char copy[256];
        for (size_t size = 0; size <= samples[i].size; size++) {
            for (unsigned change = 0; change < 64; change++) {
                nf_lc3_object object;
                nf_error error = {0};
                memcpy(copy, samples[i].bytes, size);
                if (size && change) copy[change * 7919 % size] ^= (char)(1 << change % 8);
                if (read_copy(copy, size, NF_LC3_FORMAT_ANY, &object, &error))
                    assert_true(error.message[0] != 0);
                else
                    assert_true(object.segments.count > 0);
                nf_arena_reset(&arena);
            }
        }
    }
}

/* A program at x3000 that calls nothing reads as vectors: only TRAPs tell the order of bytes. */
static void byte_order_is_told_by_traps(void **unused)
{
    (void)unused;
    assert_int_equal(nf_lc3_format_of(BYTES("\x00\x30\x20\x50")), NF_LC3_FORMAT_CLASSIC);
    assert_int_equal(nf_lc3_format_of(BYTES("\x00\x30\x25\xf0")), NF_LC3_FORMAT_NATIVE);
    assert_int_equal(nf_lc3_format_of(BYTES("\x00\x30\xf0\x25")), NF_LC3_FORMAT_CLASSIC);
    assert_int_equal(nf_lc3_format_of(BYTES("\x30\x00\x25\xf0")), NF_LC3_FORMAT_CLASSIC);
    assert_int_equal(nf_lc3_format_of(BYTES("\x00\x00\x25\xf0")), NF_LC3_FORMAT_CLASSIC);
}

static void memory_may_run_out_anywhere(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < COUNT(samples); i++) {
        nf_status status = NF_MEMORY;
        for (size_t failing = 0; status == NF_MEMORY; failing++) {
            test_allocator counted;
            nf_arena small;
            nf_lc3_object object;
            test_allocator_init(&counted);
            counted.fail_at = failing;
            nf_arena_init(&small, &counted.allocator);
            status = nf_lc3_object_read(&small, "file", samples[i].bytes, samples[i].size,
                                        NF_LC3_FORMAT_ANY, &object, NULL);
            assert_int_equal(status == NF_MEMORY, counted.count > failing);
            nf_arena_free(&small);
            assert_int_equal(counted.blocks, 0);
        }
        assert_int_equal(status, NF_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_format_is_told_and_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(formats_have_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_segments_go_where_there_is_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_of_memory_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_come_with_lc3tools, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_come_with_ensemble, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_do_not_steer_terminals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(symbol_files_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_files_are_refused_with_the_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(byte_order_is_told_by_traps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

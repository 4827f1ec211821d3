/*
 * The LC-3 assembler: programs become the right words, and what is wrong is told where it is.
 *
 *   test/lc3/ *.asm      programs; behind "; words:" stand, as comments, the words that they become.
 *                        NF_BLESS=1 rewrites them.
 *   test/lc3/bad/ *.asm  cases, ended by a line "; ---"; in each, every message that there is to be
 *                        stands on its line: "; error:COLUMN: TEXT", or warning, or note; the column
 *                        may be left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/lc3/asm.h"
#include "lib_allocator.h"
#include "lib_files.h"
#include "os/os.h"

enum { WORDS_A_LINE = 8 };

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
static nf_status assemble(const char *text, size_t size, nf_lc3_object *object,
                          nf_lc3_messages *messages)
{
    char *copy = malloc(size ? size : 1);
    nf_error error = {0};
    memcpy(copy, text, size);
    nf_status status = nf_lc3_assemble(&arena, "file", copy, size, object, messages, &error);
    free(copy);
    if (status) assert_true(error.message[0] != 0 && error.line > 0);
    return status;
}

/* --- programs and their words --- */

static const char words_mark[] = "; words:\n";

static void words_print(const nf_lc3_object *object, nf_text *out)
{
    nf_text_format(out, "%s", words_mark);
    for (uint32_t i = 0; i < object->segments.count; i++) {
        const nf_lc3_segment *segment = &object->segments.data[i];
        for (uint32_t k = 0; k < segment->words.count; k++) {
            if (k % WORDS_A_LINE == 0) nf_text_format(out, ";   x%04x:", segment->origin + k);
            nf_text_format(out, " %04x", segment->words.data[k]);
            if (k % WORDS_A_LINE == WORDS_A_LINE - 1 || k + 1 == segment->words.count)
                nf_text_format(out, "\n");
        }
    }
}

static void file_bless(const char *path, const char *text, size_t size, const nf_text *words)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "%.*s%s", (int)size, text, words->data);
    fclose(file);
}

static void check_program(const char *path)
{
    size_t size;
    char *text = file_read(path, &size), *mark = strstr(text, words_mark);
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_text words;
    nf_text_init(&words, &arena);
    if (assemble(text, size, &object, &messages))
        fail_msg("%s:%u: %s", path, messages.list.data[0].line, messages.list.data[0].text);
    assert_int_equal(messages.list.count, 0);
    words_print(&object, &words);
    if (getenv("NF_BLESS"))
        file_bless(path, text, mark ? (size_t)(mark - text) : size, &words);
    else
        assert_string_equal(mark ? mark : "no words", words.data);
    free(text);
}

static void programs_become_their_words(void **unused)
{
    (void)unused;
    assert_true(files_each("test/lc3", ".asm", check_program) >= 2);
}

/* --- errors --- */

static int bad_messages;

/* What a marker says, at its semicolon; false when there is none up to end. */
typedef struct marker {
    const char *at, *text;
    nf_lc3_severity severity;
    uint32_t line, column;
    int length;
} marker;

static bool marker_next(const char *text, const char *from, const char *end, marker *found)
{
    static const char *const severities[] = {"; error:", "; warning:", "; note:"};
    found->at = NULL;
    for (unsigned i = 0; i < 3; i++) {
        const char *at = strstr(from, severities[i]);
        if (at == NULL || at >= end || (found->at && at > found->at)) continue;
        found->at = at;
        found->text = at + strlen(severities[i]);
        found->severity = i;
    }
    if (found->at == NULL) return false;
    char *behind;
    found->column = (uint32_t)strtoul(found->text, &behind, 10);
    found->text = behind + strspn(behind, ": ");
    found->length = (int)strcspn(found->text, "\n");
    found->line = 1;
    for (const char *at = text; at < found->at; at++) found->line += *at == '\n';
    return true;
}

static bool matches(const marker *wanted, const nf_lc3_message *message)
{
    char text[256];
    snprintf(text, sizeof text, "%.*s", wanted->length, wanted->text);
    return wanted->line == message->line && wanted->severity == message->severity &&
           (wanted->column == 0 || wanted->column == message->column) &&
           strstr(message->text, text) != NULL;
}

/* Every marker has its message, and every message its marker. */
static void check_bad_case(const char *path, const char *text, size_t size)
{
    nf_lc3_object object;
    nf_lc3_messages messages;
    marker wanted = {.at = text};
    uint32_t count = 0;
    nf_status status = assemble(text, size, &object, &messages);
    assert_int_equal(status, messages.error_count ? NF_SYNTAX : NF_OK);
    for (const char *at = text; marker_next(text, at, text + size, &wanted); at = wanted.text) {
        uint32_t i = 0;
        while (i < messages.list.count && !matches(&wanted, &messages.list.data[i])) i++;
        count++;
        if (i == messages.list.count)
            fail_msg("%s: no message in line %u:%u: %.*s\n%.*s", path, wanted.line, wanted.column,
                     wanted.length, wanted.text, (int)size, text);
    }
    for (uint32_t i = 0; i < messages.list.count && count != messages.list.count; i++)
        print_error("%s: line %u: %s\n", path, messages.list.data[i].line,
                    messages.list.data[i].text);
    assert_int_equal(count, messages.list.count);
    bad_messages += (int)count;
}

static void check_bad_file(const char *path)
{
    static const char separator[] = "; ---\n";
    size_t size;
    char *text = file_read(path, &size);
    for (char *at = text, *next; at < text + size; at = next) {
        char *end = strstr(at, separator);
        if (end == NULL) end = text + size;
        next = end < text + size ? end + strlen(separator) : end;
        check_bad_case(path, at, (size_t)(end - at));
    }
    free(text);
}

static void bad_programs_are_told_on_their_lines(void **unused)
{
    (void)unused;
    bad_messages = 0;
    files_each("test/lc3/bad", ".asm", check_bad_file);
    assert_true(bad_messages >= 100);
}

static void messages_point_at_the_place(void **unused)
{
    static const char source[] = "\t.ORIG x3000\r\n"
                                 "é\tADD R0, R0, #16 ; \x1b[2J\r"
                                 "L\tHALT\n"
                                 "L\tHALT\n"
                                 "\t.END";
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_text out;
    (void)unused;
    nf_text_init(&out, &arena);
    assert_int_equal(assemble(source, strlen(source), &object, &messages), NF_SYNTAX);
    for (uint32_t i = 0; i < messages.list.count; i++)
        nf_lc3_message_format(&messages.list.data[i], "f.asm", source, strlen(source), &out);
    assert_string_equal(out.data, "f.asm:2:16: error: #16 does not fit: ADD takes -16 to 15\n"
                                  "    2 | é\tADD R0, R0, #16 ; ?[2J\n"
                                  "      |  \t            ^~~\n"
                                  "f.asm:4:1: error: there is a label 'L' already\n"
                                  "    4 | L\tHALT\n"
                                  "      | ^\n"
                                  "f.asm:3:1: note: it is here\n"
                                  "    3 | L\tHALT\n"
                                  "      | ^\n");
}

static void messages_have_a_limit(void **unused)
{
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_text text;
    (void)unused;
    nf_text_init(&text, &arena);
    nf_text_format(&text, ".ORIG x3000\n");
    for (int i = 0; i < 300; i++) nf_text_format(&text, "L ADD R0\n");
    assert_int_equal(assemble(text.data, text.length, &object, &messages), NF_SYNTAX);
    assert_int_equal(messages.error_count, 599);
    assert_int_equal(messages.warning_count, 1);
    assert_in_range(messages.list.count, NF_LC3_MESSAGES_MAX, 2 * NF_LC3_MESSAGES_MAX);
}

/* --- other things --- */

static void listings_show_addresses_and_words(void **unused)
{
    static const char source[] = "; a program\n"
                                 "        .ORIG x3000\n"
                                 "START   LEA R0, TEXT\n"
                                 "        HALT\n"
                                 "TEXT    .STRINGZ \"ab\"\n"
                                 "        .BLKW 6\n"
                                 "        .END\n"
                                 "        .ORIG x2000\n"
                                 "X       .FILL START\n"
                                 "        .END\n";
    nf_lc3_object object;
    nf_lc3_messages messages;
    nf_text out;
    (void)unused;
    nf_text_init(&out, &arena);
    assert_int_equal(assemble(source, strlen(source), &object, &messages), NF_OK);
    nf_lc3_listing_write(&object, source, strlen(source), &out);
    assert_string_equal(out.data, "                   1  ; a program\n"
                                  "                   2          .ORIG x3000\n"
                                  "x3000  xe001       3  START   LEA R0, TEXT\n"
                                  "x3001  xf025       4          HALT\n"
                                  "x3002  x0061       5  TEXT    .STRINGZ \"ab\"\n"
                                  "x3003  x0062\n"
                                  "x3004  x0000\n"
                                  "x3005  x0000       6          .BLKW 6\n"
                                  "x3006  x0000  and 4 more up to x300a\n"
                                  "                   7          .END\n"
                                  "                   8          .ORIG x2000\n"
                                  "x2000  x3000       9  X       .FILL START\n"
                                  "                  10          .END\n"
                                  "\n"
                                  "x3000  START\n"
                                  "x3002  TEXT\n"
                                  "x2000  X\n");
}

static void objects_have_labels_and_lines(void **unused)
{
    static const char source[] = "\xef\xbb\xbf.ORIG x3000\n  Loop BR loop ; again\n.END";
    nf_lc3_object object;
    nf_lc3_messages messages;
    (void)unused;
    assert_int_equal(assemble(source, strlen(source), &object, &messages), NF_OK);
    assert_int_equal(messages.list.count, 0);
    assert_int_equal(object.start, 0x3000);
    assert_string_equal(nf_lc3_symbol_named(&object, "LOOP", 4)->name, "Loop");
    assert_string_equal(nf_lc3_line_at(&object, 0x3000)->text, "Loop BR loop ; again");
    assert_int_equal(nf_lc3_line_at(&object, 0x3000)->number, 2);
}

/* Whatever is cut off or changed: errors or an object, never a crash. */
static void damaged_programs_are_survived(void **unused)
{
    static const char bytes[] = "\"';:,.#xXbB-+09aR\n\r\t \\\xff\x01";
    size_t size;
    char *text = file_read("test/lc3/all.asm", &size), *copy = malloc(size);
    uint64_t state = 1;
    (void)unused;
    for (size_t cut = 0; cut < size; cut += 3) {
        nf_lc3_object object;
        nf_lc3_messages messages;
        nf_text out;
        memcpy(copy, text, size);
        for (unsigned change = 0; change < 3; change++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
            copy[(state >> 33) % size] = bytes[(state >> 20) % (sizeof bytes - 1)];
        }
        assemble(copy, cut, &object, &messages);
        nf_text_init(&out, &arena);
        for (uint32_t i = 0; i < messages.list.count; i++)
            nf_lc3_message_format(&messages.list.data[i], "file", copy, cut, &out);
        nf_arena_reset(&arena);
    }
    free(copy);
    free(text);
}

static void memory_may_run_out_anywhere(void **unused)
{
    static const char source[] = ".ORIG x3000\nL BR L\nBR M\nM .STRINGZ \"abc\"\n.BLKW 900\n.END";
    nf_status status = NF_MEMORY;
    (void)unused;
    for (size_t failing = 0; status == NF_MEMORY; failing++) {
        test_allocator counted;
        nf_arena small;
        nf_lc3_object object;
        nf_lc3_messages messages;
        test_allocator_init(&counted);
        counted.fail_at = failing;
        nf_arena_init(&small, &counted.allocator);
        status = nf_lc3_assemble(&small, "file", source, strlen(source), &object, &messages, NULL);
        assert_int_equal(status == NF_MEMORY, counted.count > failing);
        nf_arena_free(&small);
        assert_int_equal(counted.blocks, 0);
    }
    assert_int_equal(status, NF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(programs_become_their_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_programs_are_told_on_their_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_point_at_the_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(listings_show_addresses_and_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(objects_have_labels_and_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_programs_are_survived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

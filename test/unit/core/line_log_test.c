/* A log of lines that was cut at any byte. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/line_log.h"
#include "core/mem.h"

enum { MAX = 1 << 16 };

static const char *const records[] = { "1718000000000 2000 cam-17.ts", "", "\xff 8bit",
                                       "1718000002000 2000 cam-18.ts" };

static struct buf log_of(const char *const *texts, size_t n)
{
    struct buf b = buf_up_to(MAX);
    for (size_t i = 0; i < n; i++)
        assert_true(line_log_format(&b, texts[i], strlen(texts[i])));
    return b;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct buf             b = log_of(records, ARRAY_LEN(records));
    struct line_log_reader r = line_log_over(b.bytes, b.len);
    const char            *text;
    size_t                 len;
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        assert_true(line_log_next(&r, &text, &len));
        assert_int_equal(len, strlen(records[i]));
        assert_memory_equal(text, records[i], len);
    }
    assert_false(line_log_next(&r, &text, &len));
    assert_int_equal(r.n_torn, 0);
    buf_finish(&b);
}

static void a_line_has_its_checksum_before_it(void **state)
{
    (void)state;
    struct buf b = log_of((const char *const[]){ "foobar" }, 1);
    assert_string_equal(b.bytes, "bf9cf968 foobar\n"); /* a test vector of FNV */
    buf_finish(&b);
}

/* Cut the log at every byte, as a kill does, and go on behind the cut. */
static void a_line_that_was_cut_is_passed_over(void **state)
{
    (void)state;
    struct buf whole = log_of(records, ARRAY_LEN(records)), more = log_of((const char *const[]){ "more" }, 1);
    for (size_t cut = 0; cut <= whole.len; cut++) {
        struct buf b = buf_up_to(MAX);
        buf_append(&b, whole.bytes, cut);
        buf_text(&b, LINE_LOG_BREAK);
        buf_append(&b, more.bytes, more.len);
        struct line_log_reader r = line_log_over(b.bytes, b.len);
        const char            *text = NULL;
        size_t                 len = 0, n = 0, n_lines = 0;
        for (size_t i = 0; i < cut; i++)
            n_lines += whole.bytes[i] == '\n';
        if (cut < whole.len && whole.bytes[cut] == '\n')
            n_lines++; /* only the LF was missing, and the break is one */
        while (line_log_next(&r, &text, &len)) {
            const char *wanted = n < n_lines ? records[n] : "more";
            assert_int_equal(len, strlen(wanted));
            assert_memory_equal(text, wanted, len);
            n++;
        }
        assert_int_equal(n, n_lines + 1);
        assert_true(r.n_torn <= 1);
        buf_finish(&b);
    }
    buf_finish(&whole);
    buf_finish(&more);
}

static void a_last_line_without_its_end_does_not_count(void **state)
{
    (void)state;
    struct buf             b = log_of(records, 1);
    struct line_log_reader r = line_log_over(b.bytes, b.len - 1);
    const char            *text;
    size_t                 len;
    assert_false(line_log_next(&r, &text, &len));
    assert_int_equal(r.n_torn, 1);
    buf_finish(&b);
}

static void damage_is_seen(void **state)
{
    (void)state;
    struct buf  b = log_of(records, 1);
    const char *text;
    size_t      len;
    for (size_t i = 0; i + 1 < b.len; i++) {
        char was = b.bytes[i];
        b.bytes[i] = '\0'; /* a block that was never written */
        struct line_log_reader r = line_log_over(b.bytes, b.len);
        assert_false(line_log_next(&r, &text, &len));
        b.bytes[i] = was;
    }
    struct line_log_reader nothing = line_log_over("", 0);
    assert_false(line_log_next(&nothing, &text, &len));
    buf_finish(&b);
}

static void what_is_no_line_is_not_written(void **state)
{
    (void)state;
    struct buf b = buf_up_to(20);
    assert_false(line_log_format(&b, "two\nlines", 9));
    assert_false(line_log_format(&b, "a\0b", 3));
    assert_false(line_log_format(&b, "longer than the ceiling", 23));
    assert_int_equal(b.len, 0);
    assert_true(line_log_format(&b, "short", 5));
    buf_finish(&b);
    mem_fail_after(0);
    assert_false(line_log_format(&b, "short", 5));
    mem_fail_after(-1);
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_line_has_its_checksum_before_it),
        cmocka_unit_test(a_line_that_was_cut_is_passed_over),
        cmocka_unit_test(a_last_line_without_its_end_does_not_count),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(what_is_no_line_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

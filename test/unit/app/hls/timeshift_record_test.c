/* Lines of the index of timeshift: what was written is read again, and damage is not. */
#include "app/hls/timeshift_record.h"

#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "core/line_log.h"
#include "core/mem.h"

static const struct hls_timeshift_record whole = {
    .seq = 7,
    .number = 12,
    .discontinuities = 3,
    .wall_us = 1796020800123456,
    .duration_us = 2002000,
    .target_s = 3,
    .bytes = 123456,
    .discontinuity = true,
    .independent = true,
    .init_number = 2,
    .init = "live/cam/init-2.mp4",
    .method = HLS_KEY_AES_128,
    .iv = { 0, 1, 2, 0xab, 0xff },
    .key = "live/cam-10.key",
    .path = "live/a b ü-12.m4s",
};

/* The text of the only line, terminated; released with mem_free(). */
static char *text_of(struct buf *lines)
{
    struct line_log_reader r = line_log_over(lines->bytes, lines->len);
    const char            *text;
    size_t                 len;
    assert_true(line_log_next(&r, &text, &len));
    char *copy = mem_strndup(text, len);
    assert_non_null(copy);
    buf_finish(lines);
    return copy;
}

static char *text_of_record(const struct hls_timeshift_record *r)
{
    struct buf lines = buf_up_to(4 * HLS_TIMESHIFT_LINE_MAX);
    assert_true(hls_timeshift_put_record(&lines, r));
    return text_of(&lines);
}

static void a_record_is_read_as_it_was_written(void **state)
{
    struct hls_timeshift_record r;
    struct hls_timeshift_head   h;
    char                       *text = text_of_record(&whole);
    (void)state;
    assert_int_equal(hls_timeshift_read(text, &r, &h), HLS_TIMESHIFT_RECORD);
    assert_int_equal(r.seq, 7);
    assert_int_equal(r.number, 12);
    assert_int_equal(r.discontinuities, 3);
    assert_int_equal(r.wall_us, whole.wall_us);
    assert_int_equal(r.duration_us, whole.duration_us);
    assert_int_equal(r.target_s, 3);
    assert_int_equal(r.bytes, 123456);
    assert_true(r.discontinuity && r.independent);
    assert_int_equal(r.init_number, 2);
    assert_int_equal(r.method, HLS_KEY_AES_128);
    assert_memory_equal(r.iv, whole.iv, sizeof r.iv);
    assert_string_equal(r.init, whole.init);
    assert_string_equal(r.key, whole.key);
    assert_string_equal(r.path, whole.path);
    mem_free(text);
}

static void a_plain_record_has_empty_fields(void **state)
{
    static const struct hls_timeshift_record plain = { .duration_us = 1, .init = "", .key = "", .path = "a.ts" };
    struct hls_timeshift_record              r;
    struct hls_timeshift_head                h;
    char                                    *text = text_of_record(&plain);
    (void)state;
    assert_int_equal(hls_timeshift_read(text, &r, &h), HLS_TIMESHIFT_RECORD);
    assert_false(*r.init || *r.key || r.discontinuity || r.independent || r.method != HLS_KEY_NONE);
    mem_free(text);
}

static void a_head_is_read_as_it_was_written(void **state)
{
    const struct hls_timeshift_head head = { "live/x", "cam", "live/x/cam.m3u8", "avc1.64001f,mp4a.40.2", 1280,
                                             720,      25000 };
    struct buf                      lines = buf_up_to(2 * HLS_TIMESHIFT_LINE_MAX);
    struct hls_timeshift_record     r;
    struct hls_timeshift_head       h;
    (void)state;
    assert_true(hls_timeshift_put_head(&lines, &head));
    char *text = text_of(&lines);
    assert_int_equal(hls_timeshift_read(text, &r, &h), HLS_TIMESHIFT_HEAD);
    assert_string_equal(h.app, "live/x");
    assert_string_equal(h.stream, "cam");
    assert_string_equal(h.m3u8, "live/x/cam.m3u8");
    assert_string_equal(h.codecs, "avc1.64001f,mp4a.40.2");
    assert_true(h.width == 1280 && h.height == 720 && h.fps_thousandths == 25000);
    mem_free(text);
}

static void what_would_be_two_fields_is_not_written(void **state)
{
    struct buf                  lines = buf_up_to(2 * HLS_TIMESHIFT_LINE_MAX);
    struct hls_timeshift_record r = whole;
    (void)state;
    r.path = "a\tb.ts";
    assert_false(hls_timeshift_put_record(&lines, &r));
    r = whole;
    r.key = "a\nb";
    assert_false(hls_timeshift_put_record(&lines, &r));
    assert_int_equal(lines.len, 0);
    buf_finish(&lines);
}

static void other_lines_are_unknown(void **state)
{
#define ZERO_IV "00000000000000000000000000000000"
    static const char *const bad[] = {
        "",
        "s1",
        "s2\t1\t1\t0\t5\t1\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\t",
        "s1\t-1\t1\t0\t5\t1\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t0\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t4\t0\t0\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t0\t0\t9\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t0\t0\t1\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t0\t0\t0\txx\t\t\ta.ts",
        "s1\t99999999999999999999\t1\t0\t5\t1\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\ta.ts",
        "s1\t1\t1\t0\t5\t1\t1\t9\t0\t0\t0\t" ZERO_IV "\t\t\ta.ts\t\t\t\t\t\t\t\t",
        "h1\t1\t1\t1\t\tapp\tstream\t",
        "h1\t1\t1\tx\t\tapp\tstream\ta.m3u8",
    };
    struct hls_timeshift_record r;
    struct hls_timeshift_head   h;
    char                        line[256];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        strcpy(line, bad[i]);
        if (hls_timeshift_read(line, &r, &h) != HLS_TIMESHIFT_UNKNOWN)
            fail_msg("it reads %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_read_as_it_was_written),
        cmocka_unit_test(a_plain_record_has_empty_fields),
        cmocka_unit_test(a_head_is_read_as_it_was_written),
        cmocka_unit_test(what_would_be_two_fields_is_not_written),
        cmocka_unit_test(other_lines_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

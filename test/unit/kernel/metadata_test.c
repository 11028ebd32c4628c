#include "kernel/metadata.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "kernel/amf0.h"

/* Write @setDataFrame onMetaData, as encoders send it, with an ECMA array whose count is wrong. */
static size_t encode(uint8_t *out, size_t cap, bool with_end)
{
    struct wr w = wr_over(out, cap);
    amf0_write_string(&w, "@setDataFrame");
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, with_end ? 2 : 11);
    amf0_put_number(&w, "duration", 0);
    amf0_put_number(&w, "width", 1280);
    amf0_put_string(&w, "server", "another");
    amf0_put_number(&w, "height", 720);
    amf0_put_number(&w, "framerate", 29.97);
    amf0_put_number(&w, "videocodecid", 1635135537); /* av01 */
    amf0_put_number(&w, "audiocodecid", 10);
    amf0_put_string(&w, "bravo_atc", "true");
    amf0_write_key(&w, "nested");
    amf0_write_object(&w);
    amf0_put_bool(&w, "deep", true);
    amf0_write_end(&w);
    amf0_write_key(&w, "date");
    wr_u8(&w, AMF0_DATE);
    wr_f64(&w, 1.5e12);
    wr_u16(&w, 0);
    amf0_put_string(&w, "server_version", "0");
    if (with_end)
        amf0_write_end(&w);
    assert_false(w.full);
    return wr_len(&w);
}

static size_t expected(uint8_t *out, size_t cap)
{
    struct wr w = wr_over(out, cap);
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, 10);
    amf0_put_number(&w, "width", 1280);
    amf0_put_number(&w, "height", 720);
    amf0_put_number(&w, "framerate", 29.97);
    amf0_put_number(&w, "videocodecid", 1635135537);
    amf0_put_number(&w, "audiocodecid", 10);
    amf0_put_string(&w, "bravo_atc", "true");
    amf0_write_key(&w, "nested");
    amf0_write_object(&w);
    amf0_put_bool(&w, "deep", true);
    amf0_write_end(&w);
    amf0_write_key(&w, "date");
    wr_u8(&w, AMF0_DATE);
    wr_f64(&w, 1.5e12);
    wr_u16(&w, 0);
    amf0_put_string(&w, "server", "SRS/1");
    amf0_put_string(&w, "server_version", "1.0");
    amf0_write_end(&w);
    return wr_len(&w);
}

static enum metadata_read read_it(const uint8_t *body, size_t len, struct frame **f, struct metadata *info)
{
    return metadata_read(body, len, "SRS/1", "1.0", f, info);
}

static void becomes_an_object_with_our_server(void **state)
{
    (void)state;
    for (int with_end = 0; with_end <= 1; with_end++) {
        uint8_t         in[512], want[512];
        size_t          len = encode(in, sizeof in, with_end), want_len = expected(want, sizeof want);
        struct frame   *f;
        struct metadata info;
        assert_int_equal(read_it(in, len, &f, &info), METADATA_OK);
        assert_int_equal(f->kind, FRAME_SCRIPT);
        assert_true(f->config);
        assert_int_equal(f->len, want_len);
        assert_int_equal(f->media_len, want_len);
        assert_memory_equal(f->data, want, want_len);
        assert_true(info.width == 1280 && info.height == 720);
        assert_true(info.framerate == 29.97);
        assert_true(info.videocodecid == 0x61763031 && info.audiocodecid == 10);
        assert_true(info.bravo_atc);
        frame_unref(&f);
    }
}

static void the_prefix_may_be_missing_and_objects_are_taken(void **state)
{
    (void)state;
    uint8_t   in[64];
    struct wr w = wr_over(in, sizeof in);
    amf0_write_string(&w, "onMetaData");
    amf0_write_object(&w);
    amf0_put_bool(&w, "bravo_atc", true);
    amf0_write_end(&w);
    struct frame   *f;
    struct metadata info;
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_OK);
    assert_true(info.bravo_atc);
    assert_true(info.width == 0);
    frame_unref(&f);
}

static void other_messages_pass_without_the_prefix(void **state)
{
    (void)state;
    static const char *const names[] = { "onTextData", "onCuePoint", "onCaption", "onMetaDat", "anything" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (int prefix = 0; prefix <= 1; prefix++) {
            uint8_t         in[128];
            struct wr       w = wr_over(in, sizeof in);
            struct frame   *f;
            struct metadata info;
            if (prefix)
                amf0_write_string(&w, "@setDataFrame");
            size_t from = wr_len(&w);
            amf0_write_string(&w, names[i]);
            amf0_write_ecma_array(&w, 1);
            amf0_put_string(&w, "text", "hello");
            amf0_write_end(&w);
            amf0_write_number(&w, 7);
            assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_OTHER);
            assert_int_equal(f->kind, FRAME_SCRIPT);
            assert_false(f->config);
            assert_int_equal(f->len, wr_len(&w) - from);
            assert_memory_equal(f->data, in + from, f->len);
            frame_unref(&f);
            assert_int_equal(read_it(in, wr_len(&w) - 1, &f, &info), METADATA_BAD);  /* cut in the number */
            assert_int_equal(read_it(in, wr_len(&w) - 14, &f, &info), METADATA_BAD); /* cut in the text */
            assert_int_equal(read_it(in, from + 4, &f, &info), METADATA_BAD);        /* cut in the name */
        }
    }
}

static void what_is_said_to_the_server_does_not_pass(void **state)
{
    (void)state;
    static const char *const names[] = { "@clearDataFrame", "@other", "|RtmpSampleAccess", "" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        uint8_t         in[64];
        struct wr       w = wr_over(in, sizeof in);
        struct frame   *f;
        struct metadata info;
        amf0_write_string(&w, names[i]);
        amf0_write_null(&w);
        assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_IGNORE);
        assert_null(f);
    }
}

static void every_cut_is_bad(void **state)
{
    (void)state;
    uint8_t in[512];
    size_t  len = encode(in, sizeof in, true), name_end = 3 + 13 + 3 + 10;
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t        *bytes = malloc(cut + 1);
        struct frame   *f;
        struct metadata info;
        memcpy(bytes, in, cut);
        enum metadata_read result = read_it(bytes, cut, &f, &info);
        if (result == METADATA_OK) /* the array's count is reached: it may end between two properties */
            assert_true(cut > name_end + 5);
        else
            assert_int_equal(result, METADATA_BAD);
        frame_unref(&f);
        free(bytes);
    }
}

/* The bytes end inside both arrays: the inner one would swallow bytes that are written after it. Found by flv_fuzz. */
static void an_inner_array_without_end_is_bad(void **state)
{
    (void)state;
    uint8_t         in[64];
    struct wr       w = wr_over(in, sizeof in);
    struct frame   *f;
    struct metadata info;
    amf0_write_string(&w, "onMetaData");
    amf0_write_ecma_array(&w, 1);
    amf0_write_key(&w, "inner");
    amf0_write_ecma_array(&w, 1);
    amf0_put_bool(&w, "k", true);
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_BAD);
    amf0_write_end(&w);
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_OK);
    frame_unref(&f);
}

static void needs_an_object(void **state)
{
    (void)state;
    uint8_t         in[64];
    struct wr       w = wr_over(in, sizeof in);
    struct frame   *f;
    struct metadata info;
    amf0_write_string(&w, "onMetaData");
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_BAD);
    amf0_write_number(&w, 1);
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_BAD);
    assert_null(f);
}

static void absurd_numbers_are_none(void **state)
{
    (void)state;
    const double rows[] = { -1, 1e18, HUGE_VAL, NAN };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t         in[64];
        struct wr       w = wr_over(in, sizeof in);
        struct frame   *f;
        struct metadata info;
        amf0_write_string(&w, "onMetaData");
        amf0_write_object(&w);
        amf0_put_number(&w, "width", rows[i]);
        amf0_put_string(&w, "height", "720");
        amf0_write_end(&w);
        assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_OK);
        assert_true(info.width == 0 && info.height == 0);
        frame_unref(&f);
    }
}

static void the_length_is_bounded(void **state)
{
    (void)state;
    size_t          cap = METADATA_LEN_MAX + 64;
    uint8_t        *in = malloc(cap);
    char           *text = malloc(METADATA_LEN_MAX);
    struct frame   *f;
    struct metadata info;
    memset(text, 'x', METADATA_LEN_MAX);
    for (size_t excess = 0; excess <= 1; excess++) {
        struct wr w = wr_over(in, cap);
        amf0_write_string(&w, "onMetaData");
        amf0_write_object(&w);
        amf0_write_key(&w, "k");
        amf0_write_text(&w, text, METADATA_LEN_MAX - 13 - 1 - 3 - 3 - 3 + excess);
        amf0_write_end(&w);
        assert_int_equal(wr_len(&w), METADATA_LEN_MAX + excess);
        assert_int_equal(read_it(in, wr_len(&w), &f, &info), excess ? METADATA_BAD : METADATA_OK);
        frame_unref(&f);
    }
    free(text);
    free(in);
}

static void out_of_memory_is_told(void **state)
{
    (void)state;
    uint8_t         in[512];
    size_t          len = encode(in, sizeof in, true);
    struct frame   *f;
    struct metadata info;
    int             n = 0;
    for (;; n++) {
        mem_fail_after(n);
        enum metadata_read result = read_it(in, len, &f, &info);
        if (!mem_failed()) {
            assert_int_equal(result, METADATA_OK);
            break;
        }
        assert_int_equal(result, METADATA_NO_MEMORY);
        assert_null(f);
    }
    mem_fail_after(-1);
    assert_int_equal(n, 1);
    frame_unref(&f);
}

static void the_wall_clock_is_heard_and_written_by_this_server_alone(void **state)
{
    (void)state;
    uint8_t   in[256];
    struct wr w = wr_over(in, sizeof in);
    amf0_write_string(&w, "onMetaData");
    amf0_write_object(&w);
    amf0_put_number(&w, METADATA_WALL, 1.8e12);
    amf0_put_number(&w, "width", 640);
    amf0_write_end(&w);
    struct frame   *f, *told, *again;
    struct metadata info;
    assert_int_equal(read_it(in, wr_len(&w), &f, &info), METADATA_OK);
    assert_true(info.wall_ms == 1.8e12);
    struct frame *plain;
    assert_non_null(told = metadata_with_wall(f, 1.7e12));
    assert_int_equal(read_it(told->data, told->len, &plain, &info), METADATA_OK);
    assert_true(info.wall_ms == 1.7e12 && info.width == 640);
    assert_int_equal(plain->len, f->len);
    assert_memory_equal(plain->data, f->data, f->len);
    assert_non_null(again = metadata_with_wall(told, 1.7e12));
    assert_int_equal(again->len, told->len);
    assert_memory_equal(again->data, told->data, told->len);
    frame_unref(&again);
    frame_unref(&told);
    frame_unref(&plain);
    frame_unref(&f);
    assert_non_null(told = metadata_with_wall(NULL, 1.7e12));
    assert_int_equal(read_it(told->data, told->len, &f, &info), METADATA_OK);
    assert_true(info.wall_ms == 1.7e12);
    frame_unref(&told);
    frame_unref(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(becomes_an_object_with_our_server),
        cmocka_unit_test(the_prefix_may_be_missing_and_objects_are_taken),
        cmocka_unit_test(other_messages_pass_without_the_prefix),
        cmocka_unit_test(what_is_said_to_the_server_does_not_pass),
        cmocka_unit_test(every_cut_is_bad),
        cmocka_unit_test(an_inner_array_without_end_is_bad),
        cmocka_unit_test(needs_an_object),
        cmocka_unit_test(absurd_numbers_are_none),
        cmocka_unit_test(the_length_is_bounded),
        cmocka_unit_test(out_of_memory_is_told),
        cmocka_unit_test(the_wall_clock_is_heard_and_written_by_this_server_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

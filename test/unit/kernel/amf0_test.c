#include "kernel/amf0.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A connect like ffmpeg's: a string, a number, an object with one of each scalar. */
/* clang-format off */
static const uint8_t command[] = {
    0x02, 0x00, 0x07, 'c', 'o', 'n', 'n', 'e', 'c', 't',      /* string "connect"        */
    0x00, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0,                       /* number 1.0              */
    0x03,                                                     /* object                  */
    0x00, 0x03, 'a', 'p', 'p', 0x02, 0x00, 0x04, 'l', 'i', 'v', 'e',
    0x00, 0x04, 'f', 'p', 'a', 'd', 0x01, 0x00,               /* fpad: false             */
    0x00, 0x04, 'c', 'a', 'p', 's', 0x00, 0x40, 0x2E, 0, 0, 0, 0, 0, 0, /* 15.0        */
    0x00, 0x01, 'n', 0x05,                                    /* n: null                 */
    0x00, 0x00, 0x09,                                         /* end                     */
};
/* clang-format on */

static void reads_a_command_in_place(void **state)
{
    (void)state;
    struct rd        r = rd_over(command, sizeof command);
    struct amf0_text name = amf0_read_string(&r);
    assert_true(amf0_text_is(name, "connect"));
    assert_ptr_equal(name.p, command + 3); /* borrowed */
    assert_true(amf0_read_number(&r) == 1.0);
    assert_int_equal(amf0_peek(&r), AMF0_OBJECT);
    assert_true(amf0_text_is(amf0_get_string(r, "app"), "live"));
    assert_true(amf0_get_number(r, "caps", 0) == 15.0);
    struct rd value;
    assert_true(amf0_find(r, "fpad", &value));
    assert_false(amf0_read_bool(&value));
    assert_false(value.bad);
    assert_true(amf0_find(r, "n", &value));
    assert_int_equal(amf0_peek(&value), AMF0_NULL);
    amf0_skip(&r);
    assert_false(r.bad);
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(amf0_peek(&r), AMF0_NONE);
}

static void missing_or_mistyped_properties_give_the_default(void **state)
{
    (void)state;
    struct rd r = rd_over(command + 19, sizeof command - 19);
    assert_null(amf0_get_string(r, "nothing").p);
    assert_null(amf0_get_string(r, "caps").p);
    assert_true(amf0_get_number(r, "app", -1) == -1);
    assert_true(amf0_get_number(r, "ap", -1) == -1); /* a prefix is another name */
    assert_false(r.bad);
    struct rd no_object = rd_over(command, sizeof command);
    assert_null(amf0_get_string(no_object, "app").p);
}

static void fails_at_every_cut(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof command; cut++) {
        uint8_t *bytes = malloc(cut + 1); /* an exact size, so that the sanitizer finds a read past the end */
        memcpy(bytes, command, cut);
        struct rd r = rd_over(bytes, cut);
        amf0_read_string(&r);
        amf0_read_number(&r);
        amf0_skip(&r);
        assert_true(r.bad);
        free(bytes);
    }
}

static void another_type_than_asked_for_is_a_failure_that_sticks(void **state)
{
    (void)state;
    struct rd r = rd_over(command, sizeof command);
    assert_true(amf0_read_number(&r) != 1.0 || r.bad);
    assert_true(r.bad);
    assert_null(amf0_read_string(&r).p);
    assert_int_equal(amf0_peek(&r), AMF0_NONE);
    amf0_skip(&r);
    assert_true(r.bad);

    r = rd_over(command, sizeof command);
    amf0_open(&r);
    assert_true(r.bad);
    r = rd_over(command, sizeof command);
    amf0_read_bool(&r);
    assert_true(r.bad);
}

static void refuses_markers_that_cannot_be(void **state)
{
    (void)state;
    static const uint8_t wrong[] = { AMF0_MOVIECLIP, AMF0_OBJECT_END, AMF0_RECORDSET, AMF0_AVMPLUS, 0x12, 0xFF };
    for (size_t i = 0; i < sizeof wrong; i++) {
        uint8_t   bytes[16] = { wrong[i] };
        struct rd r = rd_over(bytes, sizeof bytes);
        amf0_skip(&r);
        assert_true(r.bad);
    }
}

static void skips_a_value_of_every_type(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        uint8_t bytes[20];
        size_t  len;
    } rows[] = {
        { { 0x00, 0x40, 0x2E, 0, 0, 0, 0, 0, 0 }, 9 },                       /* number        */
        { { 0x01, 0x01 }, 2 },                                              /* boolean       */
        { { 0x02, 0x00, 0x02, 'o', 'k' }, 5 },                              /* string        */
        { { 0x02, 0x00, 0x00 }, 3 },                                        /* empty string  */
        { { 0x03, 0x00, 0x01, 'k', 0x05, 0x00, 0x00, 0x09 }, 8 },           /* object        */
        { { 0x05 }, 1 },                                                    /* null          */
        { { 0x06 }, 1 },                                                    /* undefined     */
        { { 0x07, 0x00, 0x01 }, 3 },                                        /* reference     */
        { { 0x08, 0, 0, 0, 1, 0x00, 0x01, 'k', 0x06, 0x00, 0x00, 0x09 }, 12 }, /* ECMA array */
        { { 0x0A, 0, 0, 0, 2, 0x05, 0x01, 0x00 }, 8 },                      /* strict array  */
        { { 0x0B, 0x40, 0x2E, 0, 0, 0, 0, 0, 0, 0, 0 }, 11 },               /* date          */
        { { 0x0C, 0, 0, 0, 1, 'x' }, 6 },                                   /* long string   */
        { { 0x0D }, 1 },                                                    /* unsupported   */
        { { 0x0F, 0, 0, 0, 3, '<', 'a', '>' }, 8 },                         /* XML document  */
        { { 0x10, 0, 1, 'C', 0x00, 0x01, 'k', 0x05, 0x00, 0x00, 0x09 }, 11 }, /* typed object */
    };
    /* clang-format on */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rd r = rd_over(rows[i].bytes, sizeof rows[i].bytes);
        amf0_skip(&r);
        assert_false(r.bad);
        assert_int_equal(sizeof rows[i].bytes - rd_left(&r), rows[i].len);
        for (size_t cut = 0; cut < rows[i].len; cut++) {
            r = rd_over(rows[i].bytes, cut);
            amf0_skip(&r);
            bool may_end = rows[i].bytes[0] == AMF0_ECMA_ARRAY && cut == rows[i].len - 3;
            assert_int_equal(r.bad, !may_end); /* an ECMA array may end where its count does */
        }
    }
}

/* Write `levels` nested objects, each closed; returns the length. */
static size_t nest(uint8_t *bytes, size_t levels, uint8_t marker)
{
    size_t n = 0;
    for (size_t i = 0; i < levels; i++) {
        bytes[n++] = marker;
        if (marker == AMF0_ECMA_ARRAY || marker == AMF0_STRICT_ARRAY) {
            memcpy(bytes + n, (uint8_t[]){ 0, 0, 0, 1 }, 4);
            n += 4;
        }
        if (marker != AMF0_STRICT_ARRAY) {
            memcpy(bytes + n, (uint8_t[]){ 0, 1, 'k' }, 3);
            n += 3;
        }
    }
    bytes[n++] = AMF0_NULL;
    for (size_t i = 0; i < levels && marker != AMF0_STRICT_ARRAY; i++) {
        memcpy(bytes + n, (uint8_t[]){ 0, 0, AMF0_OBJECT_END }, 3);
        n += 3;
    }
    return n;
}

static void nesting_stops_at_the_bound(void **state)
{
    (void)state;
    static const uint8_t markers[] = { AMF0_OBJECT, AMF0_ECMA_ARRAY, AMF0_STRICT_ARRAY };
    static const size_t  levels[] = { AMF0_DEPTH_MAX, AMF0_DEPTH_MAX + 1, 10000 };
    uint8_t             *bytes = malloc(10000 * 11 + 1);
    for (size_t m = 0; m < sizeof markers; m++)
        for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
            struct rd r = rd_over(bytes, nest(bytes, levels[i], markers[m]));
            amf0_skip(&r);
            assert_int_equal(r.bad, levels[i] > AMF0_DEPTH_MAX);
            if (!r.bad)
                assert_int_equal(rd_left(&r), 0);
        }
    free(bytes);
}

static void an_array_of_four_billion_ends_with_its_bytes(void **state)
{
    (void)state;
    static const uint8_t strict[] = { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x05, 0x05 };
    struct rd            r = rd_over(strict, sizeof strict);
    amf0_skip(&r);
    assert_true(r.bad);
    static const uint8_t text[] = { 0x0C, 0xFF, 0xFF, 0xFF, 0xFF, 'x' };
    r = rd_over(text, sizeof text);
    assert_null(amf0_read_string(&r).p);
    assert_true(r.bad);
}

static void an_ecma_array_ends_at_its_marker_whatever_it_counts(void **state)
{
    (void)state;
    /* clang-format off */
    uint8_t bytes[] = {
        0x08, 0,    0,   0,    0,                            /* the count, overwritten below */
        0x00, 0x01, 'a', 0x05, 0x00, 0x01, 'b', 0x01, 0x01,  /* a: null, b: true             */
        0x00, 0x00, 0x09,                                    /* end                          */
        0x05,                                                /* the next value               */
    };
    /* clang-format on */
    static const uint8_t counts[] = { 0, 1, 2, 3, 255 };
    for (size_t i = 0; i < sizeof counts; i++) {
        bytes[4] = counts[i];
        struct rd r = rd_over(bytes, sizeof bytes);
        struct rd b;
        assert_true(amf0_find(r, "b", &b));
        assert_true(amf0_read_bool(&b));
        amf0_skip(&r);
        assert_false(r.bad);
        assert_int_equal(amf0_peek(&r), AMF0_NULL);
        assert_int_equal(rd_left(&r), 1);
    }
}

static void an_ecma_array_may_lack_its_marker_once_the_count_is_reached(void **state)
{
    (void)state;
    uint8_t bytes[] = {
        0x08, 0, 0, 0, 2, 0x00, 0x01, 'a', 0x05, 0x00, 0x01, 'b', 0x01, 0x01,
    };
    struct rd r = rd_over(bytes, sizeof bytes);
    amf0_skip(&r);
    assert_false(r.bad);
    bytes[4] = 3; /* the count promises one more than there is */
    r = rd_over(bytes, sizeof bytes);
    amf0_skip(&r);
    assert_true(r.bad);
}

static void an_object_needs_its_end(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x03, 0x00, 0x01, 'a', 0x05 };
    struct rd            r = rd_over(bytes, sizeof bytes);
    amf0_skip(&r);
    assert_true(r.bad);
}

static void an_empty_key_is_a_key_unless_the_end_marker_follows(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0x03, 0x00, 0x00, 0x05, 0x00, 0x00, 0x09 };
    struct rd            r = rd_over(bytes, sizeof bytes);
    struct amf0_walk     walk = amf0_open(&r);
    struct amf0_text     key;
    assert_true(amf0_next(&walk, &r, &key));
    assert_non_null(key.p);
    assert_int_equal(key.len, 0);
    amf0_skip(&r);
    assert_false(amf0_next(&walk, &r, &key));
    assert_null(key.p);
    assert_false(r.bad);
    assert_false(amf0_next(&walk, &r, &key)); /* the walk stays at its end */
    assert_int_equal(rd_left(&r), 0);
}

static void copies_a_text_that_fits_and_says_when_not(void **state)
{
    (void)state;
    char buf[5];
    assert_true(amf0_text_copy(buf, sizeof buf, (struct amf0_text){ "live", 4 }));
    assert_string_equal(buf, "live");
    assert_false(amf0_text_copy(buf, sizeof buf, (struct amf0_text){ "lives", 5 }));
    assert_string_equal(buf, "live");
    assert_false(amf0_text_copy(buf, sizeof buf, (struct amf0_text){ "a\0b", 3 }));
    assert_string_equal(buf, "a");
    assert_true(amf0_text_copy(buf, sizeof buf, (struct amf0_text){ "", 0 }));
    assert_string_equal(buf, "");
    assert_false(amf0_text_copy(buf, sizeof buf, (struct amf0_text){ NULL, 0 }));
    assert_string_equal(buf, "");
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    uint8_t   out[sizeof command];
    struct wr w = wr_over(out, sizeof out);
    amf0_write_string(&w, "connect");
    amf0_write_number(&w, 1);
    amf0_write_object(&w);
    amf0_put_string(&w, "app", "live");
    amf0_put_bool(&w, "fpad", false);
    amf0_put_number(&w, "caps", 15);
    amf0_write_key(&w, "n");
    amf0_write_null(&w);
    amf0_write_end(&w);
    assert_false(w.full);
    assert_int_equal(wr_len(&w), sizeof command);
    assert_memory_equal(out, command, sizeof command);
    for (size_t cap = 0; cap < sizeof command; cap++) {
        w = wr_over(out, cap);
        amf0_write_string(&w, "connect");
        amf0_write_number(&w, 1);
        amf0_write_object(&w);
        amf0_put_string(&w, "app", "live");
        amf0_put_bool(&w, "fpad", false);
        amf0_put_number(&w, "caps", 15);
        amf0_write_key(&w, "n");
        amf0_write_null(&w);
        amf0_write_end(&w);
        assert_true(w.full);
    }
}

static void writes_arrays_and_long_strings(void **state)
{
    (void)state;
    size_t    cap = 70000 + 64;
    uint8_t  *out = malloc(cap);
    char     *text = malloc(70001);
    struct wr w = wr_over(out, cap);
    memset(text, 'x', 70000);
    text[70000] = '\0';
    amf0_write_ecma_array(&w, 1);
    amf0_put_string(&w, "long", text);
    amf0_write_end(&w);
    amf0_write_strict_array(&w, 2);
    amf0_write_undefined(&w);
    amf0_write_bool(&w, true);
    assert_false(w.full);
    struct rd r = rd_over(out, wr_len(&w));
    assert_int_equal(amf0_get_string(r, "long").len, 70000);
    amf0_skip(&r);
    assert_int_equal(amf0_peek(&r), AMF0_STRICT_ARRAY);
    amf0_skip(&r);
    assert_false(r.bad);
    assert_int_equal(rd_left(&r), 0);
    amf0_write_key(&w, text);
    assert_true(w.full); /* a key has no long form */
    free(text);
    free(out);
}

static void copies_properties_but_some(void **state)
{
    (void)state;
    static const char *const but[] = { "size", "none" };
    uint8_t                  bytes[128], copy[128];
    struct wr                w = wr_over(bytes, sizeof bytes), to = wr_over(copy, sizeof copy);
    bool                     bad = false;
    amf0_write_object(&w);
    amf0_put_number(&w, "size", 1);
    size_t from = wr_len(&w);
    amf0_put_string(&w, "name", "x");
    amf0_put_bool(&w, "on", true);
    size_t until = wr_len(&w);
    amf0_write_end(&w);
    struct rd r = rd_over(bytes, wr_len(&w)), cut = rd_over(bytes, until);
    assert_int_equal(amf0_copy_properties(r, but, 2, NULL, &bad), 2);
    assert_int_equal(amf0_copy_properties(r, but, 2, &to, &bad), 2);
    assert_false(bad);
    assert_int_equal(wr_len(&to), until - from);
    assert_memory_equal(copy, bytes + from, until - from);
    amf0_copy_properties(cut, but, 2, NULL, &bad);
    assert_true(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_command_in_place),
        cmocka_unit_test(missing_or_mistyped_properties_give_the_default),
        cmocka_unit_test(fails_at_every_cut),
        cmocka_unit_test(another_type_than_asked_for_is_a_failure_that_sticks),
        cmocka_unit_test(refuses_markers_that_cannot_be),
        cmocka_unit_test(skips_a_value_of_every_type),
        cmocka_unit_test(nesting_stops_at_the_bound),
        cmocka_unit_test(an_array_of_four_billion_ends_with_its_bytes),
        cmocka_unit_test(an_ecma_array_ends_at_its_marker_whatever_it_counts),
        cmocka_unit_test(an_ecma_array_may_lack_its_marker_once_the_count_is_reached),
        cmocka_unit_test(an_object_needs_its_end),
        cmocka_unit_test(an_empty_key_is_a_key_unless_the_end_marker_follows),
        cmocka_unit_test(copies_a_text_that_fits_and_says_when_not),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(writes_arrays_and_long_strings),
        cmocka_unit_test(copies_properties_but_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Decoding times of pictures that are shown before their own time. The tests of the muxers have whole streams. */
#include "kernel/decode_ahead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/attr.h"

enum { MS_US = 1000, MS_90K = 90 };

static struct frame picture_at(int64_t dts_ms, int64_t cts_ms)
{
    return (struct frame){ .kind = FRAME_VIDEO, .dts_us = dts_ms * MS_US, .pts_us = (dts_ms + cts_ms) * MS_US };
}

static void follow(struct decode_ahead *d, int64_t dts_ms, int64_t cts_ms, int64_t room_90k)
{
    struct frame f = picture_at(dts_ms, cts_ms);
    decode_ahead_follow(d, &f, room_90k);
}

static void what_is_expected_is_rounded_up_and_bounded(void **state)
{
    (void)state;
    static const struct {
        int64_t  early_us;
        uint32_t most_ms;
    } rows[] = { { 0, 0 },      { -5, 0 },     { 1, 0 },          { 1000, 10 },   { 10000, 10 },    { 11000, 20 },
                 { 40000, 40 }, { 41000, 80 }, { 1280000, 1280 }, { 1281000, 0 }, { INT64_MAX, 0 }, { INT64_MIN, 0 } };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct decode_ahead d = { 0 };
        decode_ahead_expect(&d, rows[i].early_us);
        assert_int_equal(d.most_90k, rows[i].most_ms * MS_90K);
    }
}

static void a_picture_is_shown_at_its_time_and_never_before_it_is_decoded(void **state)
{
    (void)state;
    static const int64_t cts_ms[] = { -40, -34, 0, 40, 400 };
    struct decode_ahead  d = { 0 };
    decode_ahead_expect(&d, 40 * MS_US);
    for (size_t i = 0; i < ARRAY_LEN(cts_ms); i++) {
        struct frame f = picture_at((int64_t)i * 40, cts_ms[i]);
        decode_ahead_follow(&d, &f, DECODE_AHEAD_MAX_90K);
        assert_int_equal(d.lag_90k, 40 * MS_90K);
        assert_int_equal(decode_ahead_shown_90k(&d, &f), (40 + cts_ms[i]) * MS_90K);
    }
    struct frame absurd = picture_at(200, -5000);
    decode_ahead_follow(&d, &absurd, DECODE_AHEAD_MAX_90K);
    assert_int_equal(d.most_90k, 40 * MS_90K);
    assert_int_equal(decode_ahead_shown_90k(&d, &absurd), 0);
}

/* The lag never exceeds the room. A lag that is missing grows with the next pictures, which must stay in order. */
static void room_bounds_how_early_it_is(void **state)
{
    (void)state;
    struct decode_ahead d = { 0 };
    follow(&d, 0, -100, 0);
    assert_int_equal(d.lag_90k, 0);
    follow(&d, 40, 0, DECODE_AHEAD_MAX_90K);
    assert_int_equal(d.lag_90k, 40 * MS_90K - 1);
    follow(&d, 80, 0, 50 * MS_90K);
    assert_int_equal(d.lag_90k, 50 * MS_90K);
    follow(&d, 120, 0, -1);
    assert_int_equal(d.lag_90k, 0);
    follow(&d, 1000, 0, DECODE_AHEAD_MAX_90K);
    assert_int_equal(d.lag_90k, 160 * MS_90K);
}

static void states_are_alike_when_the_next_picture_cannot_tell_them_apart(void **state)
{
    (void)state;
    struct decode_ahead a = { 0 }, b = { 0 };
    assert_true(decode_ahead_is_like(&a, &b));
    follow(&a, 40, 0, 0);
    assert_false(decode_ahead_is_like(&a, &b));
    follow(&b, 40, 0, 0);
    assert_true(decode_ahead_is_like(&a, &b));
    decode_ahead_expect(&b, 15 * MS_US);
    assert_false(decode_ahead_is_like(&a, &b));
    decode_ahead_expect(&a, 20 * MS_US); /* the same when rounded */
    assert_true(decode_ahead_is_like(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_expected_is_rounded_up_and_bounded),
        cmocka_unit_test(a_picture_is_shown_at_its_time_and_never_before_it_is_decoded),
        cmocka_unit_test(room_bounds_how_early_it_is),
        cmocka_unit_test(states_are_alike_when_the_next_picture_cannot_tell_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

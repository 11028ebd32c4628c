/* The timestamps that a player gets. */
#include <cmocka.h>

#include "app/source/jitter.h"
#include "core/attr.h"

static struct jitter j;

static int64_t media(int64_t ms)
{
    return jitter_media(&j, &(struct frame){ .dts_us = ms * US_PER_MS }) / US_PER_MS;
}

static int64_t header(int64_t ms)
{
    return jitter_header(&j, &(struct frame){ .dts_us = ms * US_PER_MS, .config = true }) / US_PER_MS;
}

static void begin(int64_t ms)
{
    jitter_begin(&j, ms * US_PER_MS);
}

static void full_and_zero_begin_at_zero_and_keep_every_step(void **state)
{
    (void)state;
    static const int64_t times[] = { 10000, 10040, 10260, 10023, 15000, 3600000 };
    for (enum time_jitter mode = TIME_JITTER_FULL; mode <= TIME_JITTER_ZERO; mode++) {
        jitter_init(&j, mode);
        assert_true(jitter_wants_begin(&j));
        begin(10000);
        assert_false(jitter_wants_begin(&j));
        for (size_t i = 0; i < ARRAY_LEN(times); i++)
            assert_int_equal(media(times[i]), times[i] - 10000);
    }
}

static void nothing_is_below_zero(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    begin(10000);
    assert_int_equal(media(9000), 0);
    assert_int_equal(header(-5), 0);
}

static void full_leaves_no_gap_where_frames_were_skipped(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    begin(1000);
    assert_int_equal(media(1400), 400);
    jitter_skip(&j);
    assert_true(jitter_wants_begin(&j));
    assert_int_equal(header(90000), 400);
    begin(90000);
    assert_int_equal(media(90000), 410);
    assert_int_equal(media(90040), 450);
}

static void zero_and_off_keep_the_gap_where_frames_were_skipped(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_ZERO);
    begin(1000);
    media(1400);
    jitter_skip(&j);
    assert_false(jitter_wants_begin(&j));
    assert_int_equal(media(90000), 89000);
    jitter_init(&j, TIME_JITTER_OFF);
    media(1400);
    jitter_skip(&j);
    assert_false(jitter_wants_begin(&j));
    assert_int_equal(media(90000), 90000);
}

static void off_gives_the_encoders_own_times(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_OFF);
    assert_false(jitter_wants_begin(&j));
    struct frame f = { .dts_us = 5000 * US_PER_MS, .shift_us = 4990 * US_PER_MS };
    assert_int_equal(jitter_media(&j, &f), 10 * US_PER_MS);
    assert_int_equal(jitter_header(&j, &f), 10 * US_PER_MS);
    f.shift_us = 7000 * US_PER_MS;
    assert_int_equal(jitter_media(&j, &f), -2000 * US_PER_MS); /* an encoder that began near the end of 32 bits */
}

static void a_header_before_the_first_frame_is_at_zero_and_moves_nothing(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    assert_int_equal(header(99999), 0);
    assert_true(jitter_wants_begin(&j));
    begin(10000);
    assert_int_equal(media(10000), 0);
    assert_int_equal(header(10040), 40);
    assert_int_equal(media(10040), 40);
}

static void a_change_of_the_mode_does_not_turn_time_back(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_OFF);
    media(70000);
    jitter_change(&j, TIME_JITTER_FULL);
    begin(70040);
    assert_int_equal(media(70040), 70010);
    jitter_change(&j, TIME_JITTER_ZERO);
    begin(70080);
    assert_int_equal(media(70080), 70020);
}

static void a_copy_gives_the_same_again(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    begin(10000);
    struct jitter before = j;
    assert_int_equal(media(10040), 40);
    assert_int_equal(media(10080), 80);
    j = before; /* the state is restored after a partial write */
    assert_int_equal(media(10040), 40);
}

/* RTMP and FLV round down, MPEG-TS rounds to ticks. A player's times must not depend on the moment at which it came. */
static void what_is_subtracted_is_whole_milliseconds(void **state)
{
    (void)state;
    int64_t offset_us;
    for (int64_t part_us = 0; part_us < US_PER_MS; part_us += 333) {
        jitter_init(&j, TIME_JITTER_FULL);
        jitter_begin(&j, 10000 * US_PER_MS + part_us);
        assert_int_equal(jitter_media(&j, &(struct frame){ .dts_us = 10000 * US_PER_MS + part_us }), part_us);
        jitter_skip(&j);
        jitter_begin(&j, 90000 * US_PER_MS + 700);
        assert_true(jitter_offset(&j, 90000 * US_PER_MS + 700, true, 0, &offset_us));
        assert_int_equal(offset_us % US_PER_MS, 0);
        assert_true(90000 * US_PER_MS + 700 + offset_us > part_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_and_zero_begin_at_zero_and_keep_every_step),
        cmocka_unit_test(nothing_is_below_zero),
        cmocka_unit_test(full_leaves_no_gap_where_frames_were_skipped),
        cmocka_unit_test(zero_and_off_keep_the_gap_where_frames_were_skipped),
        cmocka_unit_test(off_gives_the_encoders_own_times),
        cmocka_unit_test(a_header_before_the_first_frame_is_at_zero_and_moves_nothing),
        cmocka_unit_test(a_change_of_the_mode_does_not_turn_time_back),
        cmocka_unit_test(a_copy_gives_the_same_again),
        cmocka_unit_test(what_is_subtracted_is_whole_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The queue of a delayed stream: when frames are due. Times are given, so nothing waits. */
#include "app/source/delay.h"

#include <cmocka.h>

#include "core/clock.h"
#include "core/mem.h"
#include "kernel/frame.h"

enum { NOW = 1000 * 1000 * 1000, SPAN = 30 * US_PER_SECOND };

static struct delay d;

static int setup(void **state)
{
    (void)state;
    delay_init(&d);
    delay_set_span(&d, SPAN);
    return 0;
}

/* Take the oldest frame out; true if there is one. */
static bool get(enum delay_begins *begins)
{
    struct arrival a;
    if (!delay_get(&d, &a, begins))
        return false;
    frame_unref(&a.frame);
    return true;
}

static int teardown(void **state)
{
    enum delay_begins begins;
    (void)state;
    while (get(&begins))
        continue;
    assert_int_equal(d.bytes, 0);
    return 0;
}

static bool put_frame(bool is_header, int64_t own_time, bool in_ms, int64_t now)
{
    struct frame *f = frame_new(100);
    assert_non_null(f);
    f->kind = is_header ? FRAME_SCRIPT : FRAME_VIDEO;
    f->len = f->media_len = is_header ? 0 : 100;
    struct arrival a = { .frame = f, .own_time = own_time, .in_ms = in_ms };
    bool           done = delay_put(&d, &a, now);
    frame_unref(&f);
    return done;
}

static void put_ms(uint32_t ts_ms, int64_t now)
{
    assert_true(put_frame(false, ts_ms, true, now));
}

/* The due time of the oldest frame, which is taken out, less that of a frame that would have come at `NOW`. */
static int64_t next_due(void)
{
    enum delay_begins begins;
    int64_t           due = delay_due_us(&d) - NOW - SPAN;
    assert_true(get(&begins));
    return due;
}

static void nothing_is_due_while_nothing_is_held(void **state)
{
    enum delay_begins begins;
    (void)state;
    assert_true(delay_is_in_use(&d));
    assert_false(delay_is_holding(&d));
    assert_true(delay_due_us(&d) == DEADLINE_NEVER);
    assert_int_equal(delay_held_us(&d, NOW), 0);
    assert_false(get(&begins));
}

static void a_frame_is_due_when_the_delay_is_over(void **state)
{
    (void)state;
    put_ms(5000, NOW);
    assert_int_equal(d.n, 1);
    assert_true(d.bytes >= 100);
    assert_int_equal(delay_held_us(&d, NOW + 7), 7);
    assert_int_equal(next_due(), 0);
}

static void another_delay_counts_for_what_is_held(void **state)
{
    (void)state;
    put_ms(0, NOW);
    delay_set_span(&d, 10);
    assert_true(delay_due_us(&d) == NOW + 10);
    delay_set_span(&d, 0);
    assert_true(delay_due_us(&d) == NOW);
    assert_true(delay_is_in_use(&d)); /* until it is out */
}

static void frames_that_come_in_bursts_are_due_at_their_own_pace(void **state)
{
    (void)state;
    for (int i = 0; i < 250; i++) /* five frames of 20 ms come together */
        put_ms((uint32_t)i * 20, NOW + (int64_t)(i / 5 * 5) * 20 * US_PER_MS);
    int64_t last = next_due();
    for (int i = 1; i < 250; i++) {
        int64_t due = next_due(), step = due - last;
        assert_true(step >= 18 * US_PER_MS && step <= 22 * US_PER_MS);
        last = due;
    }
}

static void a_clock_that_is_slow_is_followed(void **state)
{
    (void)state;
    int64_t due = 0, now = NOW;
    for (int i = 0; i < 100000; i++) { /* over an hour; 0.1 % slow: 4 s in all */
        put_ms((uint32_t)i * 40, now);
        due = delay_due_us(&d) - SPAN;
        next_due();
        assert_true(now - due < 100 * US_PER_MS && due - now < 100 * US_PER_MS);
        now += 40040;
    }
}

static void a_jump_of_the_publishers_time_begins_the_pace_anew(void **state)
{
    (void)state;
    put_ms(0, NOW);
    put_ms(3600000, NOW + 40 * US_PER_MS);
    put_ms(3600040, NOW + 80 * US_PER_MS);
    put_ms(7, NOW + 120 * US_PER_MS);
    for (int i = 0; i < 4; i++)
        assert_int_equal(next_due(), i * 40 * US_PER_MS);
}

static void times_of_32_bits_wrap(void **state)
{
    (void)state;
    put_ms(UINT32_MAX - 19, NOW);
    put_ms(20, NOW + 50 * US_PER_MS);
    assert_int_equal(next_due(), 0);
    assert_int_equal(next_due(), 40 * US_PER_MS); /* by its own time, not by its arrival */
}

static void microseconds_are_kept(void **state)
{
    (void)state;
    assert_true(put_frame(false, 1000333, false, NOW));
    assert_true(put_frame(false, 1021333, false, NOW + 30 * US_PER_MS));
    assert_int_equal(next_due(), 0);
    assert_int_equal(next_due(), 21 * US_PER_MS);
}

static void a_header_goes_out_with_the_frame_before_it(void **state)
{
    (void)state;
    assert_true(put_frame(true, 0, true, NOW)); /* before all frames: at its arrival */
    put_ms(5000, NOW + 10);
    assert_true(put_frame(true, 0, true, NOW + 700));
    assert_int_equal(next_due(), 0);
    assert_int_equal(next_due(), 10);
    assert_int_equal(next_due(), 10);
}

static void a_publish_begins_with_its_first_frame(void **state)
{
    enum delay_begins begins;
    (void)state;
    delay_begin(&d, false);
    put_ms(0, NOW);
    put_ms(40, NOW);
    delay_begin(&d, true);
    put_ms(90000, NOW + 5); /* unrelated times */
    assert_true(get(&begins));
    assert_int_equal(begins, DELAY_BEGINS);
    assert_true(get(&begins));
    assert_int_equal(begins, DELAY_GOES_ON);
    assert_int_equal(next_due(), 5);
}

static void a_publish_without_a_frame_leaves_nothing_behind(void **state)
{
    (void)state;
    delay_set_span(&d, 0);
    assert_false(delay_is_in_use(&d));
    delay_begin(&d, true);
    assert_true(delay_is_in_use(&d));
    delay_end(&d);
    assert_false(delay_is_in_use(&d));
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    struct frame *f = frame_new(1);
    assert_non_null(f);
    mem_fail_after(0);
    bool done = delay_put(&d, &(struct arrival){ .frame = f }, NOW);
    mem_fail_after(-1);
    assert_false(done);
    assert_int_equal(f->refs, 1);
    assert_int_equal(d.n, 0);
    frame_unref(&f);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_due_while_nothing_is_held),
        TEST(a_frame_is_due_when_the_delay_is_over),
        TEST(another_delay_counts_for_what_is_held),
        TEST(frames_that_come_in_bursts_are_due_at_their_own_pace),
        TEST(a_clock_that_is_slow_is_followed),
        TEST(a_jump_of_the_publishers_time_begins_the_pace_anew),
        TEST(times_of_32_bits_wrap),
        TEST(microseconds_are_kept),
        TEST(a_header_goes_out_with_the_frame_before_it),
        TEST(a_publish_begins_with_its_first_frame),
        TEST(a_publish_without_a_frame_leaves_nothing_behind),
        TEST(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

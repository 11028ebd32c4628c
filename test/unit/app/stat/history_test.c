/* Histories: what was sampled comes back, for minutes in steps of seconds, for a day in minutes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/stat/history.h"
#include "core/clock.h"

static struct history        h;
static struct history_sample sum;
static int64_t               now;

static int setup(void **state)
{
    (void)state;
    history_finish(&h);
    sum = (struct history_sample){ 0 };
    now = INT64_C(3600) * 24 * 7 * US_PER_SECOND;
    return 0;
}

/* A stream of 1000 kbit/s and 25 fps to two players, sampled every `step_us`. */
static void run(int64_t seconds, int64_t step_us)
{
    for (int64_t end = now + seconds * US_PER_SECOND; now < end; now += step_us) {
        sum.bytes_in += step_us / 8;
        sum.bytes_out += step_us / 4;
        sum.frames += step_us * 25 / US_PER_SECOND;
        sum.players = 2;
        assert_true(history_add(&h, &sum, now));
    }
}

static int64_t number(bool coarse, int64_t ago_s)
{
    return (now - ago_s * US_PER_SECOND) / ((coarse ? HISTORY_COARSE_S : HISTORY_FINE_S) * US_PER_SECOND);
}

static void check_steps(bool coarse, int64_t from_s, int64_t to_s)
{
    for (int64_t i = number(coarse, from_s); i <= number(coarse, to_s); i++) {
        struct history_step s = history_at(&h, coarse, i);
        assert_true(s.is_there);
        assert_in_range(s.recv_kbps, 990, 1010);
        assert_in_range(s.send_kbps, 1980, 2020);
        assert_in_range(s.tenths_fps, 245, 255);
        assert_int_equal(s.players, 2);
        assert_int_equal(s.gaps, 0);
    }
}

static void a_steady_stream_is_steady(void **state)
{
    static const int64_t steps[] = { 1000000, 2000000, 3000000, 3040000 };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        setup(state);
        run(1200, steps[i]);
        check_steps(false, 840, 60);
        check_steps(true, 1080, 120);
        assert_false(history_at(&h, false, number(false, 16 * 60)).is_there);
        assert_false(history_at(&h, false, number(false, -10)).is_there);
        assert_false(history_at(&h, true, number(true, 3600)).is_there);
        assert_false(history_at(&h, true, -1).is_there);
    }
}

static void a_day_is_kept_in_minutes(void **state)
{
    (void)state;
    run(25 * 3600, 3 * US_PER_SECOND);
    check_steps(true, 24 * 3600 - 120, 120);
    assert_false(history_at(&h, true, number(true, 24 * 3600 + 120)).is_there);
}

static void a_silence_is_absent_and_what_follows_begins_anew(void **state)
{
    (void)state;
    run(300, 3 * US_PER_SECOND);
    now += INT64_C(600) * US_PER_SECOND;
    sum.bytes_in = 0; /* the server's counters of a new stream */
    run(300, 3 * US_PER_SECOND);
    check_steps(true, 240, 120);
    for (int64_t ago = 840; ago > 420; ago -= 60)
        assert_false(history_at(&h, true, number(true, ago)).is_there);
    check_steps(true, 1080, 1020);
    now += INT64_C(3) * 86400 * US_PER_SECOND; /* longer than either ring */
    run(300, 3 * US_PER_SECOND);
    check_steps(true, 240, 120);
    assert_false(history_at(&h, true, number(true, 1200)).is_there);
}

static void gaps_add_up_and_the_most_players_count(void **state)
{
    (void)state;
    run(120, 3 * US_PER_SECOND);
    for (int i = 1; i <= 30; i++) {
        sum.gaps++;
        sum.players = i;
        now += 2 * US_PER_SECOND;
        assert_true(history_add(&h, &sum, now));
    }
    int64_t  gaps = 0;
    uint32_t players = 0;
    for (int64_t i = number(true, 120); i <= number(true, 0); i++) {
        struct history_step s = history_at(&h, true, i);
        gaps += s.gaps;
        players = s.players > players ? s.players : players;
    }
    assert_int_equal(gaps, 30);
    assert_int_equal(players, 30);
}

static void numbers_that_are_too_large_stay_at_the_end(void **state)
{
    (void)state;
    run(10, US_PER_SECOND);
    sum.gaps += 1000000;
    sum.frames += INT64_C(1) << 40;
    sum.bytes_in += INT64_C(1) << 50;
    now += US_PER_SECOND;
    assert_true(history_add(&h, &sum, now));
    struct history_step s = history_at(&h, true, number(true, 0));
    assert_int_equal(s.gaps, UINT16_MAX);
    assert_int_equal(s.tenths_fps, UINT16_MAX);
    assert_int_equal(s.recv_kbps, UINT32_MAX);
}

static int teardown(void **state)
{
    (void)state;
    history_finish(&h);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_steady_stream_is_steady, setup, teardown),
        cmocka_unit_test_setup_teardown(a_day_is_kept_in_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silence_is_absent_and_what_follows_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(gaps_add_up_and_the_most_players_count, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_that_are_too_large_stay_at_the_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a player's timestamps become. */
#include <cmocka.h>

#include "app/source/jitter.h"
#include "core/attr.h"

static struct jitter j;

struct step {
    int64_t in, out;
};

static void assert_steps(enum time_jitter mode, const struct step *steps, size_t n)
{
    jitter_init(&j, mode);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(jitter_correct(&j, steps[i].in), steps[i].out);
}

/* As SRS was seen to do: from 10000, +5000, then -7000, each jump is 10 ms in the output. */
static void full_smooths_jumps(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10000, 9 },   { 10040, 49 },  { 10080, 89 },  { 10120, 129 }, { 10160, 169 }, { 10200, 209 }, { 10240, 249 },
        { 10280, 289 }, { 10312, 321 }, { 15312, 331 }, { 15352, 371 }, { 15392, 411 }, { 8392, 421 },  { 8432, 461 },
    };
    assert_steps(TIME_JITTER_FULL, steps, ARRAY_LEN(steps));
}

static void full_keeps_steps_up_to_a_quarter_second_both_ways(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 0, 0 }, { 250, 250 }, { 501, 260 }, { 751, 510 }, { 501, 260 }, { 250, 270 }, { 270, 290 },
    };
    assert_steps(TIME_JITTER_FULL, steps, ARRAY_LEN(steps));
}

static void full_never_goes_below_zero(void **state)
{
    (void)state;
    static const struct step steps[] = { { 0, 0 }, { -200, 0 }, { -100, 100 }, { -300, 0 } };
    assert_steps(TIME_JITTER_FULL, steps, ARRAY_LEN(steps));
}

static void zero_shifts_to_the_first_frame_and_keeps_the_rest(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10000, 0 }, { 10040, 40 }, { 15000, 5000 }, { 9990, 0 }, { 10023, 23 },
    };
    assert_steps(TIME_JITTER_ZERO, steps, ARRAY_LEN(steps));
}

static void zero_takes_no_script_for_the_first_frame(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_ZERO);
    assert_int_equal(jitter_correct_script(&j, 0), 0); /* metadata at time 0 spoilt it once */
    assert_int_equal(jitter_correct(&j, 10000), 0);
    assert_int_equal(jitter_correct(&j, 10040), 40);
    assert_int_equal(jitter_correct_script(&j, 10030), 30);
    assert_int_equal(jitter_correct_script(&j, 5), 0);
}

static void off_touches_nothing(void **state)
{
    (void)state;
    static const struct step steps[] = {
        { 10000, 10000 },
        { 0, 0 },
        { -5, -5 },
        { INT64_C(1) << 40, INT64_C(1) << 40 },
    };
    assert_steps(TIME_JITTER_OFF, steps, ARRAY_LEN(steps));
    assert_int_equal(jitter_correct_script(&j, 777), 777);
}

static void a_script_moves_nothing(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    assert_int_equal(jitter_correct(&j, 10000), 9);
    assert_int_equal(jitter_correct_script(&j, 99999), 0);
    assert_int_equal(jitter_correct(&j, 10040), 49);
}

static void a_copy_corrects_the_same_again(void **state)
{
    (void)state;
    jitter_init(&j, TIME_JITTER_FULL);
    jitter_correct(&j, 10000);
    struct jitter copy = j;
    assert_int_equal(jitter_correct(&copy, 10040), 49);
    assert_int_equal(jitter_correct(&copy, 10080), 89);
    assert_int_equal(jitter_correct(&j, 10040), 49); /* after a write that failed in part */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_smooths_jumps),
        cmocka_unit_test(full_keeps_steps_up_to_a_quarter_second_both_ways),
        cmocka_unit_test(full_never_goes_below_zero),
        cmocka_unit_test(zero_shifts_to_the_first_frame_and_keeps_the_rest),
        cmocka_unit_test(zero_takes_no_script_for_the_first_frame),
        cmocka_unit_test(off_touches_nothing),
        cmocka_unit_test(a_script_moves_nothing),
        cmocka_unit_test(a_copy_corrects_the_same_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

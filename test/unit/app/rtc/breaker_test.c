#include "app/rtc/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/conf/conf.h"

static struct conf_breaker defaults(void)
{
    return (struct conf_breaker){ true, 90, 2, 95, 1, 99, 5 };
}

static void follows(const struct conf_breaker *conf, struct rtc_breaker *b, const int *percents,
                    const enum rtc_level *levels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rtc_breaker_judge(b, conf, percents[i]);
        if (b->level != levels[i])
            fail_msg("second %zu, %d%%: level %d, not %d", i, percents[i], b->level, levels[i]);
    }
}

#define FOLLOWS(conf, b, percents, levels) follows(conf, b, percents, levels, sizeof(percents) / sizeof *(percents))

static void a_threshold_itself_is_calm(void **state)
{
    struct conf_breaker         conf = defaults();
    struct rtc_breaker          b = { 0 };
    static const int            percents[] = { 0, 50, 90 };
    static const enum rtc_level levels[] = { RTC_LEVEL_CALM, RTC_LEVEL_CALM, RTC_LEVEL_CALM };
    (void)state;
    FOLLOWS(&conf, &b, percents, levels);
}

static void high_ends_after_its_pulse(void **state)
{
    struct conf_breaker         conf = defaults();
    struct rtc_breaker          b = { 0 };
    static const int            percents[] = { 91, 90, 91, 90, 90, 90 };
    static const enum rtc_level levels[] = { RTC_LEVEL_HIGH, RTC_LEVEL_HIGH, RTC_LEVEL_HIGH,
                                             RTC_LEVEL_HIGH, RTC_LEVEL_CALM, RTC_LEVEL_CALM };
    (void)state;
    FOLLOWS(&conf, &b, percents, levels);
}

static void critical_falls_to_high_and_then_to_calm(void **state)
{
    struct conf_breaker         conf = defaults();
    struct rtc_breaker          b = { 0 };
    static const int            percents[] = { 96, 94, 80, 80 };
    static const enum rtc_level levels[] = { RTC_LEVEL_CRITICAL, RTC_LEVEL_HIGH, RTC_LEVEL_HIGH, RTC_LEVEL_CALM };
    (void)state;
    FOLLOWS(&conf, &b, percents, levels);
}

static void dying_begins_after_its_pulse_and_ends_at_once(void **state)
{
    struct conf_breaker         conf = defaults();
    struct rtc_breaker          b = { 0 };
    static const int            percents[] = { 100, 100, 100, 100, 100, 99, 100, 100 };
    static const enum rtc_level levels[] = { RTC_LEVEL_CRITICAL, RTC_LEVEL_CRITICAL, RTC_LEVEL_CRITICAL,
                                             RTC_LEVEL_CRITICAL, RTC_LEVEL_DYING,    RTC_LEVEL_CRITICAL,
                                             RTC_LEVEL_CRITICAL, RTC_LEVEL_CRITICAL };
    (void)state;
    FOLLOWS(&conf, &b, percents, levels);
}

static void dying_is_off_without_a_pulse(void **state)
{
    struct conf_breaker conf = defaults();
    struct rtc_breaker  b = { 0 };
    (void)state;
    conf.dying_pulse = 0;
    for (int second = 0; second < 100; second++) {
        rtc_breaker_judge(&b, &conf, 100);
        assert_int_equal(b.level, RTC_LEVEL_CRITICAL);
    }
}

static void without_a_pulse_a_level_ends_at_once(void **state)
{
    struct conf_breaker         conf = defaults();
    struct rtc_breaker          b = { 0 };
    static const int            percents[] = { 96, 10 };
    static const enum rtc_level levels[] = { RTC_LEVEL_CRITICAL, RTC_LEVEL_CALM };
    (void)state;
    conf.high_pulse = conf.critical_pulse = 0;
    FOLLOWS(&conf, &b, percents, levels);
}

static void switched_off_it_is_calm_at_once(void **state)
{
    struct conf_breaker conf = defaults();
    struct rtc_breaker  b = { 0 };
    (void)state;
    for (int second = 0; second < 5; second++)
        rtc_breaker_judge(&b, &conf, 100);
    assert_int_equal(b.level, RTC_LEVEL_DYING);
    conf.enabled = false;
    rtc_breaker_judge(&b, &conf, 100);
    assert_int_equal(b.level, RTC_LEVEL_CALM);
    conf.enabled = true;
    rtc_breaker_judge(&b, &conf, 50);
    assert_int_equal(b.level, RTC_LEVEL_CALM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_threshold_itself_is_calm),
        cmocka_unit_test(high_ends_after_its_pulse),
        cmocka_unit_test(critical_falls_to_high_and_then_to_calm),
        cmocka_unit_test(dying_begins_after_its_pulse_and_ends_at_once),
        cmocka_unit_test(dying_is_off_without_a_pulse),
        cmocka_unit_test(without_a_pulse_a_level_ends_at_once),
        cmocka_unit_test(switched_off_it_is_calm_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

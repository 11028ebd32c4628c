/* 32-bit milliseconds made 64-bit. */
#include <cmocka.h>

#include "app/source/timeline.h"

static void the_first_one_is_as_it_is(void **state)
{
    (void)state;
    struct timeline t = { 0 }, u = { 0 };
    assert_int_equal(timeline_unwrap(&t, 0), 0);
    assert_int_equal(timeline_unwrap(&u, 0xfffffff0), 0xfffffff0);
}

static void it_wraps_upwards(void **state)
{
    (void)state;
    struct timeline t = { 0 };
    timeline_unwrap(&t, 0xfffffff0);
    assert_int_equal(timeline_unwrap(&t, 0xffffffff), 0xffffffff);
    assert_int_equal(timeline_unwrap(&t, 0x18), INT64_C(0x100000018));
    assert_int_equal(timeline_unwrap(&t, 0x40), INT64_C(0x100000040));
}

static void a_late_one_wraps_back(void **state)
{
    (void)state;
    struct timeline t = { 0 };
    timeline_unwrap(&t, 0xfffffff0);
    timeline_unwrap(&t, 0x10);
    assert_int_equal(timeline_unwrap(&t, 0xfffffff8), 0xfffffff8); /* audio from just before the wrap */
    assert_int_equal(timeline_unwrap(&t, 0x20), INT64_C(0x100000020));
}

static void before_the_start_it_is_negative(void **state)
{
    (void)state;
    struct timeline t = { 0 };
    timeline_unwrap(&t, 0x10);
    int64_t ms = timeline_unwrap(&t, 0xfffffff0);
    assert_int_equal(ms, -16);
    assert_int_equal((uint32_t)ms, 0xfffffff0); /* what goes on the wire again */
    assert_int_equal(timeline_unwrap(&t, 0x20), 0x20);
}

static void it_wraps_as_often_as_it_must(void **state)
{
    (void)state;
    struct timeline t = { 0 };
    for (int64_t ms = 0; ms < (INT64_C(5) << 32); ms += 0x7fffffff)
        assert_int_equal(timeline_unwrap(&t, (uint32_t)ms), ms);
    for (int64_t ms = t.last_ms; ms > 0; ms -= 0x7fffffff)
        assert_int_equal(timeline_unwrap(&t, (uint32_t)ms), ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_one_is_as_it_is),    cmocka_unit_test(it_wraps_upwards),
        cmocka_unit_test(a_late_one_wraps_back),        cmocka_unit_test(before_the_start_it_is_negative),
        cmocka_unit_test(it_wraps_as_often_as_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Failures as an API shows them. */
#include <cmocka.h>
#include <string.h>

#include "core/clock.h"
#include "core/failures.h"

static void the_last_failure_is_kept_and_all_are_counted(void **state)
{
    (void)state;
    struct failures f = { 0 };
    int64_t         before_us = wall_now_us();
    struct err     *first = err_new(E_LIMIT, "first"), *second = err_new(E_SOCKET_READ, "second, one line\nor two");
    failures_note(&f, first);
    failures_note(&f, second);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.code, E_SOCKET_READ);
    assert_true(f.wall_us >= before_us);
    assert_non_null(strstr(f.text, "second, one line"));
    assert_null(strchr(f.text, '\n'));
    err_free(first);
    err_free(second);
}

static void secrets_are_masked_and_long_texts_are_cut(void **state)
{
    (void)state;
    struct failures f = { 0 };
    struct err     *e = err_new(E_LIMIT, "rtmp://host/live/s?token=abcdef %0400d", 1);
    failures_note(&f, e);
    assert_null(strstr(f.text, "abcdef"));
    assert_non_null(strstr(f.text, "***"));
    assert_true(strlen(f.text) < sizeof f.text);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_failure_is_kept_and_all_are_counted),
        cmocka_unit_test(secrets_are_masked_and_long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The newest refusals: what is counted as one, what gives way, what is never kept. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/session/refusals.h"
#include "core/mem.h"
#include "loop.h"

static void note(struct refusals *r, const char *stream, enum err_code code, int64_t now_us)
{
    struct err          *why = err_wrap(err_new(code, "the cause"), "http: on_play failed, url=http://h/?token=secret");
    const struct refused what = { .host = "v", .app = "live", .stream = stream, .ip = "192.0.2.1" };
    refusals_note(r, &what, why, now_us);
    err_free(why);
}

static void equal_refusals_are_one(void **state)
{
    struct refusals r = { 0 };
    (void)state;
    note(&r, "s", E_SYSTEM_SECURITY_DENY, 1);
    note(&r, "s", E_SYSTEM_SECURITY_DENY, 2);
    note(&r, "s", E_SYSTEM_STREAM_BUSY, 3);
    note(&r, "t", E_SYSTEM_STREAM_BUSY, 4);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.items[0].n, 2);
    assert_int_equal(r.items[0].newest_us, 2);
    assert_string_equal(r.items[0].ip, "192.0.2.1");
    refusals_finish(&r);
    assert_int_equal(r.count, 0);
}

static void only_the_cause_is_kept(void **state)
{
    struct refusals r = { 0 };
    (void)state;
    note(&r, "s", E_RESPONSE_CODE, 1);
    assert_string_equal(r.items[0].text, "the cause");
    refusals_finish(&r);
}

static void the_oldest_gives_way(void **state)
{
    struct refusals r = { 0 };
    char            name[16];
    (void)state;
    for (int n = 0; n < REFUSALS_MAX + 2; n++) {
        snprintf(name, sizeof name, "s%d", n);
        note(&r, name, E_SYSTEM_SECURITY, n);
        note(&r, "s0", E_SYSTEM_SECURITY, n); /* comes again and again */
    }
    assert_int_equal(r.count, REFUSALS_MAX);
    for (size_t i = 0; i < r.count; i++)
        assert_string_not_equal(r.items[i].stream, "s1");
    assert_string_equal(r.items[0].stream, "s0");
    assert_int_equal(r.items[0].n, REFUSALS_MAX + 3);
    refusals_finish(&r);
}

static void who_is_let_in_is_not_refused_any_more(void **state)
{
    struct refusals r = { 0 };
    struct err     *why = err_new(E_RESPONSE_CODE, "no");
    struct refused  what = { .host = "v", .app = "live", .stream = "s", .ip = "192.0.2.1", .at_door = true };
    (void)state;
    refusals_forget(&r, &what); /* nothing is noted yet */
    refusals_note(&r, &what, why, 1);
    what.stream = "other";
    refusals_note(&r, &what, why, 2);
    note(&r, "s", E_SYSTEM_STREAM_BUSY, 3); /* not at the door */
    err_free(why);
    what.stream = "s";
    what.ip = "192.0.2.2"; /* another client */
    refusals_forget(&r, &what);
    assert_int_equal(r.count, 3);
    what.ip = "192.0.2.1";
    refusals_forget(&r, &what);
    assert_int_equal(r.count, 2);
    for (size_t i = 0; i < r.count; i++)
        assert_true(r.items[i].code == E_SYSTEM_STREAM_BUSY || strcmp(r.items[i].stream, "other") == 0);
    refusals_finish(&r);
}

static void long_and_odd_texts_are_cut_and_tamed(void **state)
{
    struct refusals r = { 0 };
    char            name[1000];
    (void)state;
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    name[1] = '\n';
    note(&r, name, E_SYSTEM_SECURITY, 1);
    assert_int_equal(strlen(r.items[0].stream), REFUSAL_NAME_CAP - 1);
    assert_int_equal(r.items[0].stream[1], '?');
    refusals_finish(&r);
}

static void without_memory_nothing_is_noted(void **state)
{
    struct refusals      r = { 0 };
    const struct refused what = { .stream = "s" };
    (void)state;
    mem_fail_after(0);
    refusals_note(&r, &what, err_no_memory(), 1);
    mem_fail_after(-1);
    assert_int_equal(r.count, 0);
    refusals_note(&r, &what, err_no_memory(), 1);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.items[0].host, "");
    refusals_finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_refusals_are_one),
        cmocka_unit_test(only_the_cause_is_kept),
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(who_is_let_in_is_not_refused_any_more),
        cmocka_unit_test(long_and_odd_texts_are_cut_and_tamed),
        cmocka_unit_test(without_memory_nothing_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

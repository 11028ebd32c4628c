/* Live events: nothing without a listener, all in order for one, and a count for one that is late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app/stat/live_events.h"

static struct live_listener one;
static struct co           *self;

static void tell(int n)
{
    struct jw j = JW_INIT;
    jw_object(&j, NULL);
    jw_int(&j, "n", n);
    jw_object_end(&j);
    live_events_tell("x", &j);
}

/* Take what has come, and check that the numbers go on from `next`; `n_lost` of them were left out. */
static int take(struct live_listener *l, int next, int n_lost)
{
    struct buf out = buf_up_to(256 << 10);
    live_events_take(l, &out);
    assert_int_equal(out.fault, BUF_SOUND);
    const char *at = out.bytes ? out.bytes : "";
    char        want[128];
    if (n_lost) {
        snprintf(want, sizeof want, "event: lost\ndata: {\"events\":%d}\n\n", n_lost);
        assert_int_equal(strncmp(at, want, strlen(want)), 0);
        at += strlen(want);
        next += n_lost;
    }
    while (*at) {
        int id = -1, n = -1, len = 0;
        assert_int_equal(sscanf(at, "id: %d\nevent: x\ndata: {\"n\":%d}\n\n%n", &id, &n, &len), 2);
        assert_int_equal(n, next++);
        at += len;
    }
    buf_finish(&out);
    return next;
}

static void a_listener_gets_all_that_comes_after_it(void **state)
{
    (void)state;
    assert_false(live_events_are_wanted());
    tell(-1);
    assert_true(live_events_join(&one, self));
    assert_true(live_events_are_wanted());
    assert_int_equal(take(&one, 0, 0), 0);
    for (int i = 0; i < 5; i++)
        tell(i);
    assert_int_equal(take(&one, 0, 0), 5);
    assert_int_equal(take(&one, 5, 0), 5);
    live_events_leave(&one);
    assert_false(live_events_are_wanted());
}

static void a_listener_that_is_late_is_told_how_many_are_gone(void **state)
{
    (void)state;
    assert_true(live_events_join(&one, self));
    for (int i = 0; i < LIVE_EVENTS_KEPT + 7; i++)
        tell(i);
    assert_int_equal(take(&one, 0, 7), LIVE_EVENTS_KEPT + 7);
    live_events_leave(&one);
}

static void what_does_not_fit_comes_with_the_next_write(void **state)
{
    (void)state;
    assert_true(live_events_join(&one, self));
    for (int i = 0; i < 100; i++)
        tell(i);
    int n_writes = 0;
    for (struct buf out = buf_up_to(1000);; buf_finish(&out), out = buf_up_to(1000)) {
        live_events_take(&one, &out);
        assert_int_equal(out.fault, BUF_SOUND);
        if (!out.len)
            break;
        n_writes++;
    }
    assert_in_range(n_writes, 5, 50);
    live_events_leave(&one);
}

static void one_that_is_too_long_is_counted(void **state)
{
    char      text[LIVE_EVENT_BYTES_MAX];
    struct jw j = JW_INIT;
    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_true(live_events_join(&one, self));
    jw_string(&j, NULL, text);
    live_events_tell("x", &j);
    struct buf out = buf_up_to(1000);
    live_events_take(&one, &out);
    assert_string_equal(out.bytes, "event: lost\ndata: {\"events\":1}\n\n");
    buf_finish(&out);
    live_events_leave(&one);
}

static void listeners_are_bounded(void **state)
{
    static struct live_listener many[LIVE_LISTENERS_MAX];
    (void)state;
    for (int i = 0; i < LIVE_LISTENERS_MAX; i++)
        assert_true(live_events_join(&many[i], self));
    assert_false(live_events_join(&one, self));
    live_events_leave(&many[0]);
    assert_true(live_events_join(&one, self));
    live_events_leave(&one);
    for (int i = 1; i < LIVE_LISTENERS_MAX; i++)
        live_events_leave(&many[i]);
    assert_false(live_events_are_wanted());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_gets_all_that_comes_after_it),
        cmocka_unit_test(a_listener_that_is_late_is_told_how_many_are_gone),
        cmocka_unit_test(what_does_not_fit_comes_with_the_next_write),
        cmocka_unit_test(one_that_is_too_long_is_counted),
        cmocka_unit_test(listeners_are_bounded),
    };
    if (co_init())
        return 1;
    self = co_self();
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    co_finish();
    return status;
}

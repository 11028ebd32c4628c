/* A cursor of the log: what it gets, when it is woken, and that it is nobody's player. */
#include "app/source/log_cursor.h"

#include "app/source/fixture.h"

static struct fixture    fx;
static struct source    *s;
static struct log_cursor c;
static bool              jumped;

static void begin_with(const char *directives)
{
    begin(&fx, directives);
    s = fx.source;
}

static int setup(void **state)
{
    (void)state;
    fx = (struct fixture){ 0 };
    c = (struct log_cursor){ 0 };
    jumped = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_cursor_leave(&c);
    end(&fx);
    return 0;
}

/* All frames that there are, as a line of labels. */
static const char *got(void)
{
    static char   line[4096];
    struct str    out = str_over(line, sizeof line);
    struct frame *f;
    line[0] = '\0';
    while ((f = log_cursor_next(&c, &jumped))) {
        str_printf(&out, "%s%s", out.len ? " " : "", label_of(f));
        frame_unref(&f);
    }
    return line;
}

static void it_begins_at_the_newest_key_frame_with_the_headers(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M A V K1 p1 a1 K2 a2 p2");
    log_cursor_join(&c, s);
    assert_string_equal(got(), "M A V K2 a2 p2");
    assert_true(log_cursor_is_at_end(&c));
    append(s, "p3 K3");
    assert_false(log_cursor_is_at_end(&c));
    assert_string_equal(got(), "p3 K3");
    assert_false(jumped);
}

static void without_a_gop_cache_pictures_wait_for_a_key_frame(void **state)
{
    (void)state;
    begin_with("gop_cache off;");
    append(s, "M A V K1 p1 a1");
    log_cursor_join(&c, s);
    append(s, "p2 a2 p3 K4 p4");
    assert_string_equal(got(), "M A V a2 K4 p4");
}

static void it_is_no_audience(void **state)
{
    (void)state;
    begin_with("");
    append(s, "A V K1");
    log_cursor_join(&c, s);
    assert_int_equal(s->n_readers, 0);
    assert_false(source_is_awaited(s));
    log_cursor_be_prompt(&c, true);
    log_cursor_be_prompt(&c, true);
    assert_int_equal(s->n_prompt, 1);
    assert_true(source_is_awaited(s));
    log_cursor_leave(&c);
    assert_int_equal(s->n_prompt, 0);
    assert_true(list_is_empty(&s->cursors));
    log_cursor_leave(&c); /* a second time is nothing */
}

static void one_that_fell_behind_goes_on_at_the_newest_key_frame_and_says_so(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M A V K1 p1");
    log_cursor_join(&c, s);
    assert_string_equal(got(), "M A V K1 p1");
    append(s, "K2 p2 a2");
    make_older(s, 60 * US_PER_SECOND);
    append(s, "K3 p3 K4 p4");
    assert_true(c.seq < s->ring.tail);
    assert_string_equal(got(), "M A V K4 p4");
    assert_true(jumped);
    assert_int_equal(c.n_jumps, 1);
    jumped = false;
    append(s, "p5");
    assert_string_equal(got(), "p5");
    assert_false(jumped);
}

/* ---- waking ---- */

static unsigned n_woken;

static void run_waiter(void *arg)
{
    (void)arg;
    struct err *e = NULL;
    log_cursor_join(&c, s);
    while (!(e = co_park(DEADLINE_NEVER)))
        n_woken++;
    err_free(e);
    log_cursor_leave(&c);
}

static unsigned woken_by(const char *label, int64_t ms)
{
    unsigned before = n_woken;
    append_at(s, label, ms);
    co_give_way();
    co_give_way();
    return n_woken - before;
}

static void it_is_woken_for_key_frames_headers_and_the_time_that_it_asked_for(void **state)
{
    struct co_group group;
    (void)state;
    co_group_init(&group);
    begin_with("");
    n_woken = 0;
    append(s, "A V K1");
    int64_t ms = s->ring.head ? ring_at(&s->ring, s->ring.head - 1)->dts_us / US_PER_MS : 0;
    assert_null(co_go(&group, "cursor", run_waiter, NULL, NULL));
    co_give_way();
    assert_int_equal(woken_by("p1", ms + 40), 0); /* it has not asked for a time */
    assert_int_equal(woken_by("K2", ms + 80), 1);
    assert_int_equal(woken_by("V2", ms + 80), 1);
    c.until_us = ring_at(&s->ring, s->ring.head - 1)->dts_us + 100 * US_PER_MS;
    assert_int_equal(woken_by("p3", ms + 120), 0);
    assert_int_equal(woken_by("p4", ms + 200), 1);
    co_group_cancel_and_join(&group);
    assert_true(list_is_empty(&s->cursors));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_begins_at_the_newest_key_frame_with_the_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_gop_cache_pictures_wait_for_a_key_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_no_audience, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_fell_behind_goes_on_at_the_newest_key_frame_and_says_so, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(it_is_woken_for_key_frames_headers_and_the_time_that_it_asked_for, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

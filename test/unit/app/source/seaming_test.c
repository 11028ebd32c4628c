/* A stream that is held, and goes on from another server. */
#include "app/source/seaming.h"

#include "app/source/delaying.h"
#include "app/source/fixture.h"
#include "app/source/log_cursor.h"

static struct fixture    fx;
static struct source    *s;
static struct publisher  next;
static struct log_cursor cursor;

static void bring(const char *label, int64_t ms)
{
    struct frame *f = labelled(label, ms);
    assert_non_null(f);
    assert_null(source_take(s, &(struct arrival){ .frame = f, .own_time = ms, .in_ms = true }));
    frame_unref(&f);
}

/* The labels, and times if they are wanted, of what the cursor gets; a bar where the stream breaks. */
static const char *taken_with(bool with_times)
{
    static char   line[1024];
    struct str    out = str_over(line, sizeof line);
    struct frame *f;
    bool          jumped = false;
    for (; (f = log_cursor_next(&cursor, &jumped)); frame_unref(&f)) {
        str_printf(&out, "%s%s%s", out.len ? " " : "", cursor.is_apart ? "| " : "", label_of(f));
        if (with_times)
            str_printf(&out, "@%lld", (long long)(f->dts_us / US_PER_MS));
        cursor.is_apart = false;
    }
    return line;
}

static const char *taken_by_cursor(void)
{
    return taken_with(true);
}

/* Where another publish begins is the business of the clock. */
static const char *labels_by_cursor(void)
{
    return taken_with(false);
}

/* A publisher with a stream of three pictures has left, and the stream is held. */
static int setup(void **state)
{
    (void)state;
    fx = (struct fixture){ .conf = conf_with("") };
    fx.publisher = (struct publisher){ .co = co_self(), .trace = "first", .seams = true };
    next = (struct publisher){ .co = co_self(), .trace = "next", .seams = true };
    assert_null(source_acquire(&fx.source, &fx.all, fx.conf, vhost_of(fx.conf), "live", "cam"));
    s = fx.source;
    co_group_init(&fx.all.delays);
    source_let_hold(s, true);
    assert_null(source_publish(s, &fx.publisher));
    log_cursor_join(&cursor, s);
    bring("V1", 1000);
    bring("K1", 1000);
    bring("p2", 1040);
    bring("p3", 1080);
    assert_string_equal(taken_by_cursor(), "V1@1000 K1@1000 p2@1040 p3@1080");
    source_unpublish(s, &fx.publisher);
    assert_int_equal(s->state, SOURCE_HELD);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    source_let_hold(s, false);
    source_unpublish(s, &next);
    log_cursor_leave(&cursor);
    end(&fx);
    return 0;
}

static void the_next_server_goes_on_where_the_last_one_stopped(void **state)
{
    (void)state;
    uint64_t published = s->moments.last[MOMENT_PUBLISHED];
    assert_null(source_publish(s, &next));
    bring("V1", 1000);
    assert_int_equal(s->state, SOURCE_HELD);
    bring("K1", 1000);
    bring("p2", 1040);
    bring("p3", 1080);
    assert_int_equal(s->state, SOURCE_HELD);
    assert_string_equal(taken_by_cursor(), "");
    bring("p4", 1120);
    assert_int_equal(s->state, SOURCE_LIVE);
    bring("K5", 1160);
    assert_string_equal(taken_by_cursor(), "p4@1120 K5@1160");
    assert_int_equal(s->moments.last[MOMENT_PUBLISHED], published);
}

static void another_stream_begins_after_a_break(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V2", 100000);
    bring("K9", 100000);
    bring("p9", 100040);
    assert_int_equal(s->state, SOURCE_LIVE);
    assert_string_equal(labels_by_cursor(), "| V2 K9 p9");
    source_unpublish(s, &next);
    assert_int_equal(s->state, SOURCE_HELD);
}

static void a_server_that_leaves_before_it_is_decided_leaves_the_stream_held(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V1", 1000);
    source_unpublish(s, &next);
    assert_int_equal(s->state, SOURCE_HELD);
    assert_null(source_publish(s, &next));
    bring("K1", 1000);
    bring("p4", 1120);
    assert_string_equal(taken_by_cursor(), "p4@1120");
}

static void a_hold_that_ends_meanwhile_leaves_another_publish(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V1", 1000);
    source_end_hold(s);
    assert_int_equal(s->state, SOURCE_IDLE);
    bring("K1", 1000);
    assert_int_equal(s->state, SOURCE_LIVE);
    assert_string_equal(labels_by_cursor(), "| V1 K1");
}

static void a_server_that_pauses_is_decided_about_all_the_same(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V2", 0);
    bring("K9", 0);
    bring("p9", 40);
    assert_int_equal(s->state, SOURCE_HELD);
    assert_true(seaming_tend(s) <= now_us() + SEAM_PATIENCE_US);
    s->seam.since_us -= SEAM_PATIENCE_US;
    assert_int_equal(seaming_tend(s), DEADLINE_NEVER);
    assert_string_equal(labels_by_cursor(), "| V2 K9 p9");
    bring("p10", 80);
    assert_string_equal(labels_by_cursor(), "p10");
}

static void what_a_server_has_sent_before_it_pauses_may_go_on(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("K1", 1000);
    bring("p2", 1040);
    s->seam.since_us -= SEAM_PATIENCE_US;
    assert_int_equal(seaming_tend(s), DEADLINE_NEVER);
    assert_int_equal(s->state, SOURCE_LIVE);
    bring("p3", 1080);
    bring("p4", 1120);
    assert_string_equal(taken_by_cursor(), "p4@1120");
}

static void a_stand_in_that_begins_meanwhile_gives_way(void **state)
{
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V1", 1000);
    source_begin_stand_in(s, "slate");
    assert_int_equal(s->state, SOURCE_LIVE);
    bring("K1", 1000);
    assert_null(s->stand_in);
    assert_int_equal(s->state, SOURCE_LIVE);
    assert_string_equal(labels_by_cursor(), "| V1 K1");
}

/* Who waits for the end of the hold is woken, or would take it for one that goes on. */
static void that_it_goes_on_is_told(void **state)
{
    (void)state;
    uint64_t newest = s->moments.newest;
    assert_null(source_publish(s, &next));
    bring("K1", 1000);
    bring("p4", 1120);
    assert_int_equal(moments_since(&s->moments, newest), moment_bit(MOMENT_GOES_ON));
}

static void another_publisher_begins_at_once(void **state)
{
    struct publisher client = { .co = co_self(), .trace = "client" };
    (void)state;
    assert_null(source_publish(s, &client));
    assert_int_equal(s->state, SOURCE_LIVE);
    bring("K1", 1000);
    assert_string_equal(labels_by_cursor(), "| K1");
    source_unpublish(s, &client);
}

static void a_server_that_waits_is_a_publisher(void **state)
{
    struct publisher client = { .co = co_self(), .trace = "client" };
    struct err      *e;
    (void)state;
    assert_null(source_publish(s, &next));
    bring("V1", 1000);
    e = source_publish(s, &client);
    assert_int_equal(err_code(e), E_SYSTEM_STREAM_BUSY);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_next_server_goes_on_where_the_last_one_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(another_stream_begins_after_a_break, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_leaves_before_it_is_decided_leaves_the_stream_held, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_hold_that_ends_meanwhile_leaves_another_publish, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_pauses_is_decided_about_all_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_server_has_sent_before_it_pauses_may_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stand_in_that_begins_meanwhile_gives_way, setup, teardown),
        cmocka_unit_test_setup_teardown(that_it_goes_on_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(another_publisher_begins_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_server_that_waits_is_a_publisher, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

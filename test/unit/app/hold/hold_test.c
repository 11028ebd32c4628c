/* The hold of a stream: what begins it and what ends it, and what readers and attendants see of it. */
#include "app/hold/hold.h"

#include "app/source/attend.h"
#include "app/source/fixture.h"
#include "loop.h"

#define HELD "publish { hold 1h; }"

static struct fixture fx;
static struct source *s;
static int            n_records; /* attendances of `record` that have begun and not ended */

static bool always(const struct conf_vhost *vhost)
{
    (void)vhost;
    return true;
}

static struct err *record(struct attendance *a)
{
    struct err *e = NULL;
    unsigned    moments;
    n_records++;
    while (!e && !attendance_is_over(a))
        e = attendance_wait(a, DEADLINE_NEVER, &moments);
    n_records--;
    return e;
}

static const struct attendant table[] = {
    { .name = "hold", .begins_with = MOMENT_PUBLISHED, .wanted = hold_is_wanted, .run = hold_run },
    { .name = "record", .begins_with = MOMENT_PUBLISHED, .ends_with_publisher = true, .wanted = always, .run = record },
    { .name = NULL },
};

static void let_run(void)
{
    for (int i = 0; i < 4; i++)
        co_give_way();
}

static void begin_live(const char *directives)
{
    fx = (struct fixture){ .conf = conf_with(directives) };
    sources_init(&fx.all, table);
    fx.publisher = (struct publisher){ .co = co_self(), .trace = "first" };
    assert_null(source_acquire(&fx.source, &fx.all, fx.conf, vhost_of(fx.conf), "live", "cam"));
    s = fx.source;
    assert_null(source_publish(s, &fx.publisher));
    let_run();
}

static void reload(const char *directives)
{
    struct conf *conf = conf_with(directives);
    source_apply_conf(s, conf, vhost_of(conf));
    conf_unref(&fx.conf);
    fx.conf = conf;
    let_run();
}

static void unpublish(void)
{
    source_unpublish(s, &fx.publisher);
    let_run();
}

static int teardown(void **state)
{
    (void)state;
    source_unpublish(s, &fx.publisher);
    hold_end_all(&fx.all);
    source_release(s);
    attend_join(&fx.all, A_WHILE_US);
    assert_int_equal(n_records, 0);
    assert_int_equal(fx.all.by_key.count, 0);
    sources_finish(&fx.all);
    conf_unref(&fx.conf);
    assert_int_equal(co_count(), 0);
    return 0;
}

static void a_publisher_that_leaves_is_waited_for(void **state)
{
    struct reader r;
    (void)state;
    begin_live(HELD);
    assert_null(audience_join(&r, s));
    append(s, "V1 K1");
    unpublish();
    assert_int_equal(s->state, SOURCE_HELD);
    assert_true(source_is_on_air(s));
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_HELD));
    assert_null(source_publish(s, &fx.publisher));
    assert_int_equal(s->state, SOURCE_LIVE);
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_PUBLISHED));
    audience_leave(&r);
}

static void headers_stay_for_newcomers_until_the_next_publish(void **state)
{
    (void)state;
    begin_live(HELD);
    append(s, "V1 K1");
    unpublish();
    assert_int_equal(s->headers.count, 1);
    assert_true(s->gops.is_cached);
    assert_null(source_publish(s, &fx.publisher));
    assert_int_equal(s->headers.count, 0);
    assert_false(s->gops.is_cached);
}

static void one_that_makes_files_ends_with_the_publisher_and_begins_again(void **state)
{
    (void)state;
    begin_live(HELD);
    assert_int_equal(n_records, 1);
    unpublish();
    assert_int_equal(n_records, 0);
    assert_null(source_publish(s, &fx.publisher));
    let_run();
    assert_int_equal(n_records, 1);
}

static void without_the_directive_the_stream_ends_at_once(void **state)
{
    (void)state;
    begin_live("");
    unpublish();
    assert_int_equal(s->state, SOURCE_IDLE);
}

static void a_hold_ends_when_its_time_is_over(void **state)
{
    struct reader r;
    (void)state;
    begin_live("publish { hold 1; }");
    assert_null(audience_join(&r, s));
    source_unpublish(s, &fx.publisher);
    assert_int_equal(s->state, SOURCE_HELD);
    s->held_from_us -= US_PER_SECOND;
    let_run();
    assert_int_equal(s->state, SOURCE_IDLE);
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_HELD) | moment_bit(MOMENT_UNPUBLISHED));
    audience_leave(&r);
}

static void a_reload_that_takes_the_directive_away_ends_it(void **state)
{
    (void)state;
    begin_live(HELD);
    unpublish();
    reload("");
    assert_int_equal(s->state, SOURCE_IDLE);
}

static void a_server_that_ends_holds_nothing(void **state)
{
    (void)state;
    begin_live(HELD);
    hold_end_all(&fx.all);
    assert_int_equal(s->state, SOURCE_LIVE);
    unpublish();
    assert_int_equal(s->state, SOURCE_IDLE);
}

static void a_takeover_is_no_hold(void **state)
{
    struct publisher second = { .co = co_self(), .trace = "second" };
    (void)state;
    begin_live("publish { hold 1h; republish takeover; }");
    assert_null(source_publish(s, &second));
    source_unpublish(s, &fx.publisher);
    assert_int_equal(s->state, SOURCE_LIVE);
    source_unpublish(s, &second);
    assert_int_equal(s->state, SOURCE_HELD);
}

/* What a publisher brings, with times of the stream. */
static void bring(const char *label)
{
    struct frame *f = labelled(label, 0);
    assert_non_null(f);
    assert_true(source_stamp(s, f, 0));
    assert_null(source_append(s, f));
    frame_unref(&f);
}

static void configurations_are_compared_with_those_of_the_last_frames(void **state)
{
    (void)state;
    begin_live(HELD);
    bring("V1");
    bring("K1");
    unpublish();
    for (int i = 0; i < 2; i++) { /* One that sends nothing changes nothing. */
        assert_null(source_publish(s, &fx.publisher));
        if (i == 0)
            unpublish();
    }
    bring("V1");
    assert_false(s->clock.hurries);
    bring("V2");
    assert_true(s->clock.hurries);
    bring("K2");
    assert_int_equal(s->before.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
        TEST(a_publisher_that_leaves_is_waited_for),
        TEST(headers_stay_for_newcomers_until_the_next_publish),
        TEST(one_that_makes_files_ends_with_the_publisher_and_begins_again),
        TEST(without_the_directive_the_stream_ends_at_once),
        TEST(a_hold_ends_when_its_time_is_over),
        TEST(a_reload_that_takes_the_directive_away_ends_it),
        TEST(a_server_that_ends_holds_nothing),
        TEST(a_takeover_is_no_hold),
        TEST(configurations_are_compared_with_those_of_the_last_frames),
#undef TEST
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

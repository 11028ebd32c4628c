/* Delayed streams: what waits, what goes out, and how a publish ends and another follows. */
#include "app/source/delaying.h"

#include "app/source/feed.h"
#include "app/source/fixture.h"
#include "core/mem.h"

static struct fixture fx;

/* A stream that is delayed for an hour; a reload with another delay lets frames out. */
static int setup(void **state)
{
    (void)state;
    begin(&fx, "delay 1h;");
    co_group_init(&fx.all.delays);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    delays_end(&fx.all);
    end(&fx);
    return 0;
}

static void bring_at(const char *label, int64_t ms)
{
    struct frame *f = labelled(label, ms);
    assert_non_null(f);
    assert_null(source_take(fx.source, &(struct arrival){ .frame = f, .own_time = ms, .in_ms = true }));
    frame_unref(&f);
}

/* Bring a line of frames, 40 ms apart. */
static void bring(const char *labels)
{
    char line[256];
    snprintf(line, sizeof line, "%s", labels);
    for (char *rest = line, *label; (label = strtok_r(rest, " ", &rest));) {
        static int64_t ms;
        bring_at(label, ms += 40);
    }
}

static void reload(const char *directives)
{
    struct conf *conf = conf_with(directives);
    source_apply_conf(fx.source, conf, vhost_of(conf));
    conf_unref(&fx.conf);
    fx.conf = conf;
}

static void wait_until_out(void)
{
    int64_t deadline = a_while();
    while (fx.source->delay.n > 0 && now_us() < deadline)
        co_give_way();
    assert_int_equal(fx.source->delay.n, 0);
}

static struct publisher other_publisher(void)
{
    return (struct publisher){ .co = co_self(), .trace = "second" };
}

static void nothing_enters_before_the_delay_is_over(void **state)
{
    (void)state;
    bring("V1 K1 p2");
    co_give_way();
    assert_int_equal(fx.source->delay.n, 3);
    assert_int_equal(fx.source->ring.head, 0);
    assert_true(source_is_live(fx.source));
}

static void a_reader_that_joins_early_gets_everything(void **state)
{
    struct reader r;
    (void)state;
    bring("V1 K1 p2");
    assert_null(audience_join(&r, fx.source));
    assert_string_equal(taken(&r), "");
    reload("delay 0;");
    wait_until_out();
    assert_string_equal(taken(&r), "V1 K1 p2");
    audience_leave(&r);
}

static void frames_go_out_when_the_delay_is_over(void **state)
{
    (void)state;
    reload("delay 200ms;");
    bring_at("V1", 0);
    bring_at("K1", 0);
    int64_t began = now_us();
    bring_at("p2", 40);
    wait_until_out();
    assert_true(now_us() - began >= 190 * US_PER_MS);
    assert_int_equal(fx.source->ring.head, 3);
}

static void without_a_delay_frames_follow_those_that_are_held(void **state)
{
    struct reader r;
    (void)state;
    assert_null(audience_join(&r, fx.source));
    bring("V1 K1");
    reload("delay 0;");
    bring("p2");
    assert_int_equal(fx.source->ring.head, 0);
    wait_until_out();
    co_give_way();
    assert_null(fx.source->delay.co);
    bring("p3"); /* nothing is held any more */
    assert_string_equal(taken(&r), "V1 K1 p2 p3");
    audience_leave(&r);
}

static void only_streams_that_are_named_are_delayed(void **state)
{
    (void)state;
    reload("delay 1h; delay_apply live/other;");
    bring("V1");
    wait_until_out();
    assert_int_equal(fx.source->ring.head, 1);
    reload("delay 1h; delay_apply live/other live/cam;");
    bring("K1");
    assert_int_equal(fx.source->ring.head, 1);
    assert_int_equal(fx.source->delay.n, 1);
}

static void a_stream_stays_live_until_what_is_held_is_out(void **state)
{
    (void)state;
    bring("V1 K1");
    source_unpublish(fx.source, &fx.publisher);
    assert_true(source_is_live(fx.source));
    assert_null(fx.source->publisher);
    assert_int_equal(moments_since(&fx.source->moments, 0) & moment_bit(MOMENT_UNPUBLISHED), 0);
    reload("delay 0;");
    wait_until_out();
    co_give_way();
    assert_false(source_is_live(fx.source));
    assert_int_equal(fx.source->ring.head, 2);
    assert_null(fx.source->delay.co);
}

static void a_publish_without_a_frame_ends_at_once(void **state)
{
    (void)state;
    source_unpublish(fx.source, &fx.publisher);
    assert_false(source_is_live(fx.source));
}

static void a_publisher_that_comes_back_goes_on_behind_what_is_held(void **state)
{
    struct reader    r;
    struct publisher second = other_publisher();
    (void)state;
    assert_null(audience_join(&r, fx.source));
    bring("V1 K1 p2");
    source_unpublish(fx.source, &fx.publisher);
    assert_null(source_publish(fx.source, &second));
    uint64_t seen = fx.source->moments.newest;
    bring("V2 K3 p4");
    assert_int_equal(moments_since(&fx.source->moments, seen), 0); /* the change is told when it comes out */
    reload("delay 0;");
    wait_until_out();
    assert_string_equal(taken(&r), "V1 K1 p2 V2 K3 p4");
    unsigned moments = moments_since(&fx.source->moments, seen);
    assert_true(moments & moment_bit(MOMENT_UNPUBLISHED));
    assert_true(moments & moment_bit(MOMENT_PUBLISHED));
    assert_true(source_is_live(fx.source));
    source_unpublish(fx.source, &second);
    assert_false(source_is_live(fx.source));
    audience_leave(&r);
}

static void the_times_of_two_publishers_do_not_go_back(void **state)
{
    struct publisher second = other_publisher();
    (void)state;
    bring_at("V1", 90000);
    bring_at("K1", 90000);
    bring_at("p2", 90040);
    source_unpublish(fx.source, &fx.publisher);
    assert_null(source_publish(fx.source, &second));
    bring_at("V2", 0);
    bring_at("K3", 0);
    bring_at("p4", 40);
    reload("delay 0;");
    wait_until_out();
    const struct ring *ring = &fx.source->ring;
    for (uint64_t seq = ring->tail + 1; seq < ring->head; seq++)
        assert_true(ring_at(ring, seq)->dts_us >= ring_at(ring, seq - 1)->dts_us);
    source_unpublish(fx.source, &second);
}

static void beyond_the_limit_of_memory_the_oldest_go_out_early(void **state)
{
    (void)state;
    bring("V1 K1 p2 p3");
    mem_set_limit(1, NULL, NULL);
    bring("p4");
    mem_set_limit(0, NULL, NULL);
    assert_int_equal(fx.source->delay.n_early, 2);
    assert_int_equal(fx.source->delay.n, 3);
    assert_int_equal(fx.source->ring.head, 2);
}

static void at_the_end_of_the_server_everything_goes_out(void **state)
{
    (void)state;
    bring("V1 K1 p2");
    source_unpublish(fx.source, &fx.publisher);
    delays_end(&fx.all);
    assert_int_equal(fx.source->delay.n, 0);
    assert_int_equal(fx.source->ring.head, 3);
    assert_false(source_is_live(fx.source));
}

static void nothing_is_held_any_more_when_the_server_ends(void **state)
{
    (void)state;
    bring("V1 K1");
    delays_end(&fx.all);
    bring("p2"); /* a relay is one that publishes to the end */
    assert_int_equal(fx.source->ring.head, 3);
    assert_null(fx.source->delay.co);
}

static void a_lack_of_memory_loses_one_frame(void **state)
{
    (void)state;
    for (long n = 0; n < 20; n++) {
        struct frame *f = labelled("p1", 40 * n);
        assert_non_null(f);
        mem_fail_after(n % 3);
        struct err *e = source_take(fx.source, &(struct arrival){ .frame = f, .own_time = 40 * n, .in_ms = true });
        mem_fail_after(-1);
        err_free(e);
        assert_int_equal(f->refs, e ? 1 : 2);
        frame_unref(&f);
    }
    assert_true(fx.source->delay.n > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_enters_before_the_delay_is_over),
        TEST(a_reader_that_joins_early_gets_everything),
        TEST(frames_go_out_when_the_delay_is_over),
        TEST(without_a_delay_frames_follow_those_that_are_held),
        TEST(only_streams_that_are_named_are_delayed),
        TEST(a_stream_stays_live_until_what_is_held_is_out),
        TEST(a_publish_without_a_frame_ends_at_once),
        TEST(a_publisher_that_comes_back_goes_on_behind_what_is_held),
        TEST(the_times_of_two_publishers_do_not_go_back),
        TEST(beyond_the_limit_of_memory_the_oldest_go_out_early),
        TEST(at_the_end_of_the_server_everything_goes_out),
        TEST(nothing_is_held_any_more_when_the_server_ends),
        TEST(a_lack_of_memory_loses_one_frame),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

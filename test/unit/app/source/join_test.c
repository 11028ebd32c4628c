/* A newcomer does not wait for a release, and gets the same releases as the others from then on. */
#include "app/source/fixture.h"
#include "loop.h"

static struct fixture fx;
static struct source *s;
static struct reader  other, newcomer;

static void take_all(struct reader *r)
{
    size_t n = 0;
    while (reader_peek(r, n))
        n++;
    reader_advance(r, n);
}

static void hold_releases(void)
{
    s->round_start_us = now_us() + INT64_C(3600) * US_PER_SECOND;
}

/* Begin with a reader that keeps up, and a pacer that holds all frames from now on. */
static void begin_with(const char *directives)
{
    char text[200];
    snprintf(text, sizeof text, "play { mw_latency 350; %s }", directives);
    begin(&fx, text);
    s = fx.source;
    assert_null(audience_join(&other, s));
    append(s, "M1 A1 V1 K1 p1");
    settle(s);
    take_all(&other);
    hold_releases();
}

static int setup(void **state)
{
    (void)state;
    fx = (struct fixture){ 0 };
    other = newcomer = (struct reader){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    audience_leave(&newcomer);
    audience_leave(&other);
    end(&fx);
    return 0;
}

static void a_newcomer_gets_what_is_not_released_yet(void **state)
{
    (void)state;
    begin_with("");
    append(s, "K2 p2 p3");
    assert_string_equal(peeked(&other), "");
    assert_null(audience_join(&newcomer, s));
    assert_string_equal(peeked(&newcomer), "M1 A1 V1 K2 p2 p3");
}

static void a_newcomer_keeps_step_once_it_has_begun(void **state)
{
    (void)state;
    begin_with("");
    append(s, "K2 p2");
    assert_null(audience_join(&newcomer, s));
    take_all(&newcomer);
    append(s, "p3");
    co_give_way();
    assert_string_equal(peeked(&newcomer), "");
    assert_string_equal(peeked(&other), "");
    pacer_release_now(s);
    assert_string_equal(peeked(&newcomer), "p3");
    assert_string_equal(peeked(&other), "K2 p2 p3");
    take_all(&newcomer);
    take_all(&other);
    append(s, "p4");
    assert_string_equal(peeked(&newcomer), "");
    pacer_release_now(s);
    assert_int_equal(newcomer.seq, s->release_began); /* it shares the bytes of all */
    assert_int_equal(other.seq, s->release_began);
}

static void the_first_frames_of_a_stream_reach_a_newcomer_before_any_release(void **state)
{
    (void)state;
    begin_with("");
    source_unpublish(s, &fx.publisher);
    take_all(&other);
    assert_null(source_publish(s, &fx.publisher));
    hold_releases();
    append(s, "V2 K2");
    assert_null(audience_join(&newcomer, s));
    assert_string_equal(peeked(&newcomer), "V2 K2");
}

static void without_a_gop_cache_a_newcomer_gets_the_next_frame(void **state)
{
    (void)state;
    begin_with("gop_cache off;");
    assert_null(audience_join(&newcomer, s));
    assert_string_equal(peeked(&newcomer), "M1 A1 V1");
    take_all(&newcomer);
    append(s, "a2");
    assert_string_equal(peeked(&newcomer), "a2");
    assert_string_equal(peeked(&other), "");
    take_all(&newcomer);
    append(s, "a3");
    assert_string_equal(peeked(&newcomer), "");
}

static void a_newcomer_that_waits_for_a_key_frame_gets_it_at_once(void **state)
{
    (void)state;
    begin_with("gop_cache_max_frames 2;");
    append(s, "p2 p3 p4");
    assert_null(audience_join(&newcomer, s));
    assert_string_equal(peeked(&newcomer), "M1 A1 V1");
    append(s, "p5");
    assert_string_equal(peeked(&newcomer), "M1 A1 V1");
    append(s, "K2");
    assert_string_equal(peeked(&newcomer), "M1 A1 V1 K2");
}

static struct co *waiter;
static int        n_woken;

static void wait_for_frames(void *arg)
{
    struct err *e = audience_join(&newcomer, s);
    (void)arg;
    while (!e && !(e = reader_wait(&newcomer, DEADLINE_NEVER))) {
        n_woken++;
        take_all(&newcomer);
    }
    err_free(e);
    audience_leave(&newcomer);
}

static void a_newcomer_that_waits_is_woken_for_its_first_frame_alone(void **state)
{
    (void)state;
    struct co_group group;
    co_group_init(&group);
    n_woken = 0;
    begin_with("gop_cache off;");
    assert_null(co_go(&group, "newcomer", wait_for_frames, NULL, &waiter));
    co_give_way();
    append(s, "a2");
    co_give_way();
    assert_int_equal(n_woken, 1);
    append(s, "a3");
    co_give_way();
    assert_int_equal(n_woken, 1);
    co_group_cancel_and_join(&group);
}

static void a_newcomer_that_takes_nothing_is_left_to_the_releases_after_a_while(void **state)
{
    (void)state;
    begin_with("gop_cache off;");
    assert_null(audience_join(&newcomer, s));
    newcomer.attached_us -= 60 * US_PER_SECOND;
    append(s, "p2");
    assert_string_equal(peeked(&newcomer), "M1 A1 V1");
    assert_true(list_is_empty(&s->joining));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_newcomer_gets_what_is_not_released_yet),
        TEST(a_newcomer_keeps_step_once_it_has_begun),
        TEST(the_first_frames_of_a_stream_reach_a_newcomer_before_any_release),
        TEST(without_a_gop_cache_a_newcomer_gets_the_next_frame),
        TEST(a_newcomer_that_waits_for_a_key_frame_gets_it_at_once),
        TEST(a_newcomer_that_waits_is_woken_for_its_first_frame_alone),
        TEST(a_newcomer_that_takes_nothing_is_left_to_the_releases_after_a_while),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

/* Audio and video sorted into one order. */
#include "app/source/fixture.h"

static struct mix_queue q;

static void push(const char *label, int64_t ms)
{
    struct frame *f = labelled(label, ms);
    assert_non_null(f);
    mix_queue_push(&q, f);
    frame_unref(&f);
}

static const char *popped(bool drain)
{
    static char   text[1000];
    struct str    out = str_over(text, sizeof text);
    struct frame *f;
    while ((f = mix_queue_pop(&q, drain))) {
        str_printf(&out, "%s%s", out.len ? " " : "", (const char *)f->data);
        frame_unref(&f);
    }
    return text;
}

static int teardown(void **state)
{
    (void)state;
    mix_queue_clear(&q);
    return q.count || q.n_audio || q.n_video ? -1 : 0;
}

static void one_kind_alone_waits_for_the_other(void **state)
{
    (void)state;
    push("K1", 0);
    push("p1", 40);
    assert_string_equal(popped(false), "");
    push("a1", 20);
    assert_string_equal(popped(false), "K1 a1"); /* no audio is left to wait for */
    push("a2", 60);
    assert_string_equal(popped(false), "p1");
}

static void frames_of_one_time_keep_their_order(void **state)
{
    (void)state;
    push("a1", 40);
    push("a2", 40);
    push("a3", 40);
    assert_string_equal(popped(true), "a1 a2 a3");
}

static void ten_of_one_kind_wait_no_longer(void **state)
{
    (void)state;
    for (int i = 0; i < MIX_ONE_KIND_MAX - 1; i++) {
        push("a1", i);
        assert_string_equal(popped(false), "");
    }
    for (int i = 0; i < 50; i++) {
        push("a1", 100 + i);
        assert_string_equal(popped(false), "a1"); /* one comes, one goes */
        assert_int_equal(q.count, MIX_ONE_KIND_MAX - 1);
    }
}

static void it_never_holds_more_than_it_has_room_for(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1103515245 + 12345;
        push(seed >> 16 & 1 ? "a1" : "p1", (seed >> 20) % 1000);
        (void)popped(false);
        assert_true(q.count < MIX_ONE_KIND_MAX);
        assert_int_equal(q.count, q.n_audio + q.n_video);
    }
}

static void draining_gives_all_in_order(void **state)
{
    (void)state;
    push("p3", 120);
    push("p1", 40);
    push("p2", 80);
    assert_string_equal(popped(true), "p1 p2 p3");
    assert_int_equal(q.count, 0);
    assert_null(mix_queue_pop(&q, true));
}

static void clearing_lets_all_go(void **state)
{
    (void)state;
    struct frame *f = labelled("a1", 0);
    mix_queue_push(&q, f);
    mix_queue_push(&q, f);
    assert_int_equal(f->refs, 3);
    mix_queue_clear(&q);
    assert_int_equal(f->refs, 1);
    frame_unref(&f);
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_kind_alone_waits_for_the_other), TEST(frames_of_one_time_keep_their_order),
        TEST(ten_of_one_kind_wait_no_longer),     TEST(it_never_holds_more_than_it_has_room_for),
        TEST(draining_gives_all_in_order),        TEST(clearing_lets_all_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The newest key frame of a stream: with its configuration, and waited for where none is kept. */
#include "app/snapshot/key_frame.h"

#include "app/source/fixture.h"

static struct fixture   fx;
static struct source   *s;
static struct key_frame k;

static void begin_with(const char *directives)
{
    begin(&fx, directives);
    s = fx.source;
}

static int teardown(void **state)
{
    (void)state;
    key_frame_drop(&k);
    end(&fx);
    return 0;
}

static void it_is_the_newest_one_with_the_configuration_before_it(void **state)
{
    (void)state;
    begin_with("");
    assert_false(key_frame_find(s, &k));
    append(s, "M A V1 K1 p1 a1 V2 K2 p2");
    assert_true(key_frame_find(s, &k));
    assert_string_equal(label_of(k.frame), "K2");
    assert_string_equal(label_of(k.config), "V2");
    assert_int_equal(k.serial, s->serial);
    uint64_t seq = k.seq;
    append(s, "p3 V3");
    key_frame_drop(&k);
    assert_true(key_frame_find(s, &k));
    assert_int_equal(k.seq, seq);
    assert_string_equal(label_of(k.config), "V2");
}

static void a_stream_of_sound_alone_has_none(void **state)
{
    (void)state;
    begin_with("");
    append(s, "M A a1 a2");
    assert_false(key_frame_find(s, &k));
    assert_int_equal(code_of(key_frame_await(s, now_us(), &k)), E_SOCKET_TIMEOUT);
    assert_null(k.frame);
}

/* ---- waiting ---- */

static int code;

static void await(void *arg)
{
    (void)arg;
    code = code_of(key_frame_await(s, a_while(), &k));
}

static void one_that_is_not_kept_is_waited_for(void **state)
{
    struct co_group group;
    (void)state;
    begin_with("gop_cache off;");
    append(s, "V K1 p1 p2 p3");
    assert_false(key_frame_find(s, &k));
    co_group_init(&group);
    assert_null(co_go(&group, "await", await, NULL, NULL));
    co_give_way();
    append(s, "p4 p5 K2 p6 p7");
    assert_true(co_group_join(&group, a_while()));
    assert_int_equal(code, E_SUCCESS);
    assert_string_equal(label_of(k.frame), "K2");
    assert_string_equal(label_of(k.config), "V");
    assert_true(list_is_empty(&s->cursors));
}

static void a_stream_that_is_not_published_has_none(void **state)
{
    (void)state;
    begin_with("");
    append(s, "V K1 p1");
    source_unpublish(s, &fx.publisher);
    assert_int_equal(code_of(key_frame_await(s, a_while(), &k)), E_END_OF_STREAM);
    assert_null(k.frame);
    assert_true(list_is_empty(&s->cursors));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_is_the_newest_one_with_the_configuration_before_it, teardown),
        cmocka_unit_test_teardown(a_stream_of_sound_alone_has_none, teardown),
        cmocka_unit_test_teardown(one_that_is_not_kept_is_waited_for, teardown),
        cmocka_unit_test_teardown(a_stream_that_is_not_published_has_none, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

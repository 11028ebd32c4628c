/* Memory that streams give up when the process holds too much: the order, and the frames that stay. */
#include "app/source/fixture.h"
#include "app/source/give_way.h"
#include "core/mem.h"

enum { MIB = 1 << 20, FRAME = MIB };

static struct fixture fx;

static void append_large(struct source *s, const char *label, size_t bytes)
{
    struct frame *f = frame_new(bytes); /* its pages are never touched */
    assert_non_null(f);
    f->kind = label[0] == 'a' ? FRAME_AUDIO : FRAME_VIDEO;
    f->codec = CODEC_H264;
    f->key = label[0] == 'K';
    f->len = f->media_len = 3;
    memcpy(f->data, label, 3);
    assert_null(source_append(s, f));
    frame_unref(&f);
}

static void append_gop(struct source *s, int n_frames)
{
    append_large(s, "K1", FRAME);
    for (int i = 1; i < n_frames; i++)
        append_large(s, "p1", FRAME);
}

static struct source *other_stream(const char *name, struct publisher *p)
{
    struct source *s;
    *p = (struct publisher){ .co = co_self(), .trace = name };
    assert_null(source_acquire(&s, &fx.all, fx.conf, vhost_of(fx.conf), "live", name));
    assert_null(source_publish(s, p));
    return s;
}

static void drop(struct source *s, struct publisher *p)
{
    source_unpublish(s, p);
    source_release(s);
}

static void limit_to(size_t more)
{
    mem_set_limit(mem_held() + more, give_way_relieve, &fx.all);
}

static void finish(void)
{
    mem_set_limit(0, NULL, NULL);
    end(&fx);
}

static void nothing_is_given_up_below_the_limit(void **state)
{
    (void)state;
    begin(&fx, "");
    limit_to(20 * MIB);
    append_gop(fx.source, 10);
    assert_true(fx.source->gops.is_cached);
    assert_true(mem_has_room());
    for (int i = 0; i < GIVE_WAY_STEPS; i++)
        assert_int_equal(fx.all.given_up.steps[i].times, 0);
    finish();
}

static void the_largest_cache_that_nobody_watches_goes_first(void **state)
{
    (void)state;
    struct publisher p1, p2;
    struct reader    r = { 0 };
    begin(&fx, "");
    struct source *small = other_stream("small", &p1), *watched = other_stream("watched", &p2);
    append_gop(watched, 12);
    assert_null(audience_join(&r, watched));
    append_gop(fx.source, 8);
    append_gop(small, 2);
    limit_to(2 * MIB);
    append_large(small, "p1", 4 * MIB);
    assert_false(fx.source->gops.is_cached);
    assert_int_equal(fx.source->ring.bytes, 0);
    assert_true(small->gops.is_cached);
    assert_true(watched->gops.is_cached);
    assert_int_equal(fx.all.given_up.steps[GIVE_UNWATCHED_GOP].times, 1);
    assert_true(fx.all.given_up.steps[GIVE_UNWATCHED_GOP].bytes >= 8 * MIB);
    audience_leave(&r);
    drop(watched, &p2);
    drop(small, &p1);
    finish();
}

static void then_what_slow_players_have_not_taken_then_the_caches_of_the_others(void **state)
{
    (void)state;
    struct reader r = { 0 };
    begin(&fx, "play { queue_length 3600; }");
    append_gop(fx.source, 2);
    assert_null(audience_join(&r, fx.source));
    append_gop(fx.source, 10); /* it takes nothing: 12 MiB wait, the last 10 are the GOP */
    settle(fx.source);
    append_gop(fx.source, 3);
    settle(fx.source);
    limit_to(MIB / 2);
    append_large(fx.source, "p2", MIB);
    assert_true(fx.source->gops.is_cached);
    assert_int_equal(fx.source->ring.tail, gops_place(&fx.source->gops)->seq);
    assert_int_equal(fx.all.given_up.steps[GIVE_BACKLOG].times, 1);
    assert_int_equal(fx.all.given_up.steps[GIVE_GOP].times, 0);
    assert_string_equal(taken(&r), "K1 p1 p1 p2"); /* it jumped to the newest key frame */
    assert_int_equal(r.n_jumps, 1);

    limit_to(MIB / 2);
    append_large(fx.source, "p3", MIB);
    assert_false(fx.source->gops.is_cached);
    assert_int_equal(fx.all.given_up.steps[GIVE_GOP].times, 1);
    assert_string_equal(taken(&r), "p3"); /* a reader that keeps up loses nothing */
    assert_int_equal(r.n_jumps, 1);
    audience_leave(&r);
    finish();
}

static void a_stream_that_gave_way_caches_its_next_gop(void **state)
{
    (void)state;
    begin(&fx, "");
    append_gop(fx.source, 8);
    limit_to(0);
    append_large(fx.source, "p1", MIB);
    assert_false(fx.source->gops.is_cached);
    append_gop(fx.source, 2);
    assert_true(fx.source->gops.is_cached);
    assert_int_equal(fx.source->ring.head - gops_place(&fx.source->gops)->seq, 2);
    finish();
}

static void when_nothing_is_left_nobody_may_begin_to_publish(void **state)
{
    (void)state;
    struct publisher second = { .co = co_self(), .trace = "second" };
    struct source   *s;
    begin(&fx, "");
    void *block = mem_alloc(8 * MIB); /* memory that no stream can give up */
    mem_set_limit(mem_held() - MIB, give_way_relieve, &fx.all);
    assert_false(mem_has_room());
    assert_null(source_acquire(&s, &fx.all, fx.conf, vhost_of(fx.conf), "live", "late"));
    struct err *e = source_publish(s, &second);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    mem_free(block);
    assert_null(source_publish(s, &second));
    drop(s, &second);
    finish();
}

static void no_gop_is_larger_than_its_share(void **state)
{
    (void)state;
    begin(&fx, "play { gop_cache_max_frames 0; }");
    mem_set_limit((size_t)1 << 40, give_way_relieve, &fx.all);
    assert_int_equal(give_way_gop_share(&fx.all), GOP_SHARE_MAX);
    append_gop(fx.source, GOP_SHARE_MAX / MIB - 1);
    assert_true(fx.source->gops.is_cached);
    append_large(fx.source, "p1", 2 * MIB);
    assert_false(fx.source->gops.is_cached);
    assert_true(fx.source->ring.bytes <= 4 * MIB);
    assert_int_equal(fx.all.given_up.over_share, 1);
    mem_set_limit((size_t)GOP_SHARES_OF_LIMIT * 2 * GOP_SHARE_MIN, give_way_relieve, &fx.all);
    assert_int_equal(give_way_gop_share(&fx.all), 2 * GOP_SHARE_MIN);
    mem_set_limit(1 << 20, give_way_relieve, &fx.all);
    assert_int_equal(give_way_gop_share(&fx.all), GOP_SHARE_MIN);
    finish();
    assert_int_equal(give_way_gop_share(&fx.all), SIZE_MAX); /* no limit, no share */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_given_up_below_the_limit),
        cmocka_unit_test(the_largest_cache_that_nobody_watches_goes_first),
        cmocka_unit_test(then_what_slow_players_have_not_taken_then_the_caches_of_the_others),
        cmocka_unit_test(a_stream_that_gave_way_caches_its_next_gop),
        cmocka_unit_test(when_nothing_is_left_nobody_may_begin_to_publish),
        cmocka_unit_test(no_gop_is_larger_than_its_share),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

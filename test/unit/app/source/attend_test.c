/* The moments of a stream, and the attendants of a stream: their begin, the moments that they get, and their end. */
#include "app/source/attend.h"
#include "app/source/fixture.h"
#include "core/mem.h"
#include "loop.h"

static struct fixture fx;
static struct source *s;

/* A record of what an attendant saw. */
static struct {
    int      n_begun, n_ended;
    unsigned told;    /* all moments that it got */
    bool     fails;   /* it returns at once */
    bool     lingers; /* goes on after its end, until `released` */
    bool     leaves;  /* leaves the log at its end, and works on until `released` */
    bool     released;
    bool     cancelled;
    char     frames[64]; /* what it took from the log */
} seen[2];

static void take_frames(struct attendance *a, int i)
{
    struct str    out = str_over(seen[i].frames, sizeof seen[i].frames);
    struct frame *f;
    bool          jumped = false;
    while (a->by->reads_log && (f = log_cursor_next(&a->cursor, &jumped))) {
        str_printf(&out, "%s%s", out.len ? " " : "", label_of(f));
        frame_unref(&f);
    }
    assert_false(jumped);
}

static struct err *attend(struct attendance *a, int i)
{
    struct err *e = NULL;
    unsigned    moments;
    seen[i].n_begun++;
    take_frames(a, i);
    if (seen[i].fails)
        return err_new(E_LIMIT, "it fails");
    while (!e && (!attendance_is_over(a) || (seen[i].lingers && !seen[i].released))) {
        e = attendance_wait(a, DEADLINE_NEVER, &moments);
        seen[i].told |= moments;
    }
    if (seen[i].leaves)
        attendance_leave_log(a);
    while (!e && seen[i].leaves && !seen[i].released)
        e = attendance_wait(a, DEADLINE_NEVER, &moments);
    seen[i].cancelled = e != NULL;
    seen[i].n_ended++;
    return e;
}

static struct err *record(struct attendance *a)
{
    return attend(a, 0);
}

static struct err *pull(struct attendance *a)
{
    return attend(a, 1);
}

/* Two words of the configuration that tests can switch. */
static bool wants_record(const struct conf_vhost *vhost)
{
    return vhost->play.atc;
}

static bool wants_pull(const struct conf_vhost *vhost)
{
    return vhost->play.mix_correct;
}

static bool brings(const struct source *source)
{
    return strcmp(source->stream, "other") != 0;
}

static const struct attendant table[] = {
    { .name = "record", .begins_with = MOMENT_PUBLISHED, .reads_log = true, .wanted = wants_record, .run = record },
    { .name = "pull", .begins_with = MOMENT_FIRST_READER, .wanted = wants_pull, .brings = brings, .run = pull },
    { .name = NULL },
};

/* Begin a source that is not published yet. */
static void begin_idle(const char *directives)
{
    memset(seen, 0, sizeof seen);
    fx = (struct fixture){ .conf = conf_with(directives) };
    sources_init(&fx.all, table);
    fx.publisher = (struct publisher){ .co = co_self(), .trace = "first" };
    assert_null(source_acquire(&fx.source, &fx.all, fx.conf, vhost_of(fx.conf), "live", "cam"));
    s = fx.source;
}

static void publish(void)
{
    assert_null(source_publish(s, &fx.publisher));
}

static void unpublish(void)
{
    source_unpublish(s, &fx.publisher);
}

static void let_run(void)
{
    for (int i = 0; i < 4; i++)
        co_give_way();
}

static void reload(const char *directives)
{
    struct conf *conf = conf_with(directives);
    source_apply_conf(s, conf, vhost_of(conf));
    conf_unref(&fx.conf);
    fx.conf = conf;
    let_run();
}

static int teardown(void **state)
{
    (void)state;
    unpublish();
    source_release(s);
    attend_join(&fx.all, A_WHILE_US);
    assert_int_equal(fx.all.by_key.count, 0);
    assert_int_equal(fx.all.attending.count, 0);
    sources_finish(&fx.all);
    assert_int_equal(fx.conf->refs, 1);
    conf_unref(&fx.conf);
    assert_int_equal(co_count(), 0);
    return 0;
}

/* ---- states and moments ---- */

static void a_publish_makes_a_stream_live_and_its_end_makes_it_idle(void **state)
{
    (void)state;
    begin_idle("");
    assert_int_equal(s->state, SOURCE_IDLE);
    publish();
    assert_int_equal(s->state, SOURCE_LIVE);
    unpublish();
    assert_int_equal(s->state, SOURCE_IDLE);
}

static void moments_are_told_by_kind_to_each_that_has_not_seen_them(void **state)
{
    struct moments m = { 0 };
    (void)state;
    begin_idle("");
    assert_int_equal(moments_since(&m, m.newest), 0);
    moments_note(&m, MOMENT_PUBLISHED);
    uint64_t early = m.newest;
    moments_note(&m, MOMENT_UNPUBLISHED);
    moments_note(&m, MOMENT_UNPUBLISHED);
    assert_int_equal(moments_since(&m, 0), moment_bit(MOMENT_PUBLISHED) | moment_bit(MOMENT_UNPUBLISHED));
    assert_int_equal(moments_since(&m, early), moment_bit(MOMENT_UNPUBLISHED));
    assert_int_equal(moments_since(&m, m.newest), 0);
}

static void the_first_reader_and_the_last_are_moments_the_others_are_not(void **state)
{
    struct reader one, two;
    (void)state;
    begin_idle("");
    uint64_t before = s->moments.newest;
    assert_null(audience_join(&one, s));
    assert_int_equal(moments_since(&s->moments, before), moment_bit(MOMENT_FIRST_READER));
    assert_false(reader_has_moments(&one)); /* its own join is no moment for it */
    before = s->moments.newest;
    assert_null(audience_join(&two, s));
    audience_leave(&one);
    assert_int_equal(s->moments.newest, before);
    audience_leave(&two);
    assert_int_equal(moments_since(&s->moments, before), moment_bit(MOMENT_LAST_READER_GONE));
}

static void an_attendant_has_its_place_in_the_log_before_it_runs(void **state)
{
    (void)state;
    begin_idle("play { atc on; gop_cache off; }");
    publish();
    append(s, "V1 K1 p2"); /* all came in one read */
    let_run();
    assert_string_equal(seen[0].frames, "V1 K1 p2");
    unpublish();
    let_run();
    assert_true(list_is_empty(&s->cursors));
}

/* Publish again while the attendant still works on the end of the last publish. */
static void publish_behind_its_back(const char *frames)
{
    begin_idle("play { atc on; gop_cache off; }");
    seen[0].leaves = true;
    publish();
    let_run();
    unpublish();
    let_run();
    assert_int_equal(seen[0].n_ended, 0);
    assert_true(list_is_empty(&s->cursors));
    publish();
    append(s, frames);
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
}

static void an_attendant_that_still_ends_has_its_place_in_the_next_publish(void **state)
{
    (void)state;
    publish_behind_its_back("V1 K1 p2 K3 p4");
    seen[0].released = true;
    attend_tell(s, MOMENT_FIRST_READER); /* wakes it, and begins nothing */
    let_run();
    assert_int_equal(seen[0].n_begun, 2);
    assert_string_equal(seen[0].frames, "V1 K1 p2 K3 p4");
}

static void a_place_for_a_publish_that_is_over_is_given_up(void **state)
{
    (void)state;
    publish_behind_its_back("V1 K1 p2");
    assert_false(list_is_empty(&s->cursors));
    unpublish();
    seen[0].released = true;
    attend_tell(s, MOMENT_UNPUBLISHED);
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_true(list_is_empty(&s->cursors));
}

static void a_reader_takes_each_moment_once(void **state)
{
    struct reader r;
    (void)state;
    begin_idle("");
    assert_null(audience_join(&r, s));
    publish();
    assert_true(reader_has_moments(&r));
    assert_int_equal(reader_take_moments(&r), moment_bit(MOMENT_PUBLISHED));
    assert_false(reader_has_moments(&r));
    unpublish();
    publish();
    reload("play { queue_length 5; }");
    assert_int_equal(reader_take_moments(&r),
                     moment_bit(MOMENT_PUBLISHED) | moment_bit(MOMENT_UNPUBLISHED) | moment_bit(MOMENT_CONF_CHANGED));
    audience_leave(&r);
}

static void park(void *arg)
{
    err_free(co_park(a_while()));
    ++*(int *)arg;
}

/* Publish until cancelled. */
static void stay(void *arg)
{
    struct err *e;
    while (!(e = co_park(DEADLINE_NEVER)))
        ;
    err_free(e);
    ++*(int *)arg;
}

static void the_first_reader_wakes_the_publisher(void **state)
{
    struct co_group group;
    struct reader   r;
    int             n_woken = 0;
    (void)state;
    co_group_init(&group);
    begin_idle("");
    assert_null(co_go(&group, "publisher", park, &n_woken, &fx.publisher.co));
    publish();
    let_run(); /* its own publish wakes it */
    assert_int_equal(n_woken, 1);
    assert_null(co_go(&group, "publisher", park, &n_woken, &fx.publisher.co));
    let_run();
    assert_int_equal(n_woken, 1);
    assert_null(audience_join(&r, s));
    let_run();
    assert_int_equal(n_woken, 2);
    fx.publisher.co = co_self();
    audience_leave(&r);
    co_group_cancel_and_join(&group);
}

/* ---- attendants ---- */

static void an_attendant_that_is_wanted_lives_from_publish_to_unpublish(void **state)
{
    struct reader r;
    (void)state;
    begin_idle("play { atc on; }");
    let_run();
    assert_int_equal(seen[0].n_begun, 0);
    assert_null(audience_join(&r, s)); /* a reader alone begins nothing */
    let_run();
    assert_int_equal(seen[0].n_begun, 0);
    publish();
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_int_equal(seen[1].n_begun, 0); /* the configuration does not want it */
    unpublish();
    let_run();
    assert_int_equal(seen[0].n_ended, 1);
    assert_false(seen[0].cancelled);
    assert_int_equal(seen[0].told, moment_bit(MOMENT_UNPUBLISHED));
    publish();
    let_run();
    assert_int_equal(seen[0].n_begun, 2);
    audience_leave(&r);
}

static void one_that_begins_with_the_first_reader_lives_while_there_are_any(void **state)
{
    struct reader r;
    (void)state;
    begin_idle("play { mix_correct on; }");
    assert_null(audience_join(&r, s));
    let_run();
    assert_int_equal(seen[1].n_begun, 1);
    publish(); /* it goes on beside a publisher, and after the last reader as well while the publisher stays */
    audience_leave(&r);
    let_run();
    assert_int_equal(seen[1].n_ended, 0);
    assert_int_equal(seen[1].told, moment_bit(MOMENT_PUBLISHED) | moment_bit(MOMENT_LAST_READER_GONE));
    unpublish();
    let_run();
    assert_int_equal(seen[1].n_ended, 1);
    assert_null(audience_join(&r, s));
    let_run();
    assert_int_equal(seen[1].n_begun, 2);
    audience_leave(&r);
    let_run();
    assert_int_equal(seen[1].n_ended, 2);
}

static void one_that_fetches_a_stream_goes_on_until_it_gives_up(void **state)
{
    (void)state;
    struct reader r;
    begin_idle("play { mix_correct on; atc on; }");
    assert_true(attend_brings(s));
    assert_null(audience_join(&r, s));
    let_run();
    assert_int_equal(seen[1].n_begun, 1);
    source_pull_begin(s);
    assert_int_equal(s->state, SOURCE_PULLED);
    audience_leave(&r);
    let_run();
    assert_int_equal(seen[1].n_ended, 0);
    attend_tell(s, MOMENT_CONF_CHANGED);
    let_run();
    assert_int_equal(seen[0].n_begun, 0); /* The other one waits for frames. */
    publish();
    source_pull_end(s); /* It is live by now, so this changes nothing. */
    assert_int_equal(s->state, SOURCE_LIVE);
    unpublish();
    let_run();
    assert_int_equal(seen[1].n_ended, 1);
}

static void a_stream_that_it_cannot_fetch_starts_it_not(void **state)
{
    (void)state;
    struct source *other;
    struct reader  r;
    begin_idle("play { mix_correct on; }");
    assert_null(source_acquire(&other, &fx.all, fx.conf, vhost_of(fx.conf), "live", "other"));
    assert_false(attend_brings(other));
    assert_null(audience_join(&r, other));
    let_run();
    assert_int_equal(seen[1].n_begun, 0);
    audience_leave(&r);
    source_release(other);
    reload("play { mix_correct off; }");
    assert_false(attend_brings(s));
}

static void a_reload_starts_and_ends_it_under_a_live_stream(void **state)
{
    (void)state;
    begin_idle("");
    publish();
    for (int i = 1; i <= 3; i++) {
        reload("play { atc on; }");
        assert_int_equal(seen[0].n_begun, i);
        assert_int_equal(seen[0].n_ended, i - 1);
        reload("play { atc on; queue_length 7; }"); /* it gets the moment and goes on */
        assert_int_equal(seen[0].n_begun, i);
        assert_true(seen[0].told & moment_bit(MOMENT_CONF_CHANGED));
        reload("");
        assert_int_equal(seen[0].n_ended, i);
    }
    assert_int_equal(s->state, SOURCE_LIVE);
}

static void a_stream_that_comes_back_goes_on_with_the_one_that_still_ends(void **state)
{
    (void)state;
    begin_idle("play { atc on; }");
    seen[0].lingers = true;
    publish();
    let_run();
    unpublish();
    let_run();
    publish();
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_int_equal(seen[0].n_ended, 0);
    seen[0].released = true;
    unpublish();
    let_run();
    assert_int_equal(seen[0].n_ended, 1);
}

static void a_stream_that_comes_back_while_it_returns_starts_it_again(void **state)
{
    (void)state;
    begin_idle("play { atc on; }");
    publish();
    let_run();
    seen[0].released = true;
    unpublish();
    publish(); /* published before it has run: it sees both moments and goes on */
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_int_equal(seen[0].told, moment_bit(MOMENT_UNPUBLISHED) | moment_bit(MOMENT_PUBLISHED));
}

static void one_that_fails_starts_again_with_the_next_publish_or_reload_not_before(void **state)
{
    struct reader r;
    (void)state;
    begin_idle("play { atc on; }");
    seen[0].fails = true;
    publish();
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_null(audience_join(&r, s));
    audience_leave(&r);
    append(s, "V1 K1 p1");
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    reload("play { atc on; queue_length 7; }");
    assert_int_equal(seen[0].n_begun, 2);
    unpublish();
    seen[0].fails = false;
    publish();
    let_run();
    assert_int_equal(seen[0].n_begun, 3);
}

static void a_takeover_is_an_end_and_a_beginning(void **state)
{
    struct publisher second = { .co = co_self(), .trace = "second" };
    struct co_group  group;
    int              n = 0;
    (void)state;
    co_group_init(&group);
    begin_idle("play { atc on; } publish { republish takeover; }");
    assert_null(co_go(&group, "first", stay, &n, &fx.publisher.co));
    publish();
    let_run();
    assert_null(source_publish(s, &second));
    let_run();
    assert_int_equal(seen[0].n_begun, 1);
    assert_int_equal(seen[0].told, moment_bit(MOMENT_UNPUBLISHED) | moment_bit(MOMENT_PUBLISHED));
    source_unpublish(s, &second);
    co_group_cancel_and_join(&group);
    assert_int_equal(n, 1);
}

static void one_that_stalls_keeps_the_source_and_harms_nobody(void **state)
{
    struct source *same;
    (void)state;
    begin_idle("play { atc on; }");
    seen[0].lingers = true;
    publish();
    let_run();
    unpublish();
    source_release(s); /* the last session has gone; the release does not wait */
    assert_int_equal(fx.all.by_key.count, 1);
    assert_null(source_acquire(&same, &fx.all, fx.conf, vhost_of(fx.conf), "live", "cam"));
    assert_ptr_equal(same, s);
    publish();
    append(s, "V1 K1 p1");
    assert_true(s->gops.is_cached);
    seen[0].released = true;
}

static void the_end_of_the_server_waits_for_it_and_then_cancels_it(void **state)
{
    (void)state;
    begin_idle("play { atc on; }");
    seen[0].lingers = true;
    publish();
    let_run();
    unpublish();
    attend_join(&fx.all, 0);
    assert_int_equal(seen[0].n_ended, 1);
    assert_true(seen[0].cancelled);
    assert_int_equal(fx.all.attending.count, 0);
}

static void without_memory_it_is_not_started_and_the_stream_goes_on(void **state)
{
    (void)state;
    begin_idle("play { atc on; }");
    mem_fail_after(0);
    publish();
    assert_true(mem_failed());
    mem_fail_after(-1);
    let_run();
    assert_int_equal(seen[0].n_begun, 0);
    assert_int_equal(s->state, SOURCE_LIVE);
    append(s, "V1 K1");
    reload("play { atc on; queue_length 7; }"); /* a later reload begins it */
    assert_int_equal(seen[0].n_begun, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
        TEST(a_publish_makes_a_stream_live_and_its_end_makes_it_idle),
        TEST(moments_are_told_by_kind_to_each_that_has_not_seen_them),
        TEST(the_first_reader_and_the_last_are_moments_the_others_are_not),
        TEST(an_attendant_has_its_place_in_the_log_before_it_runs),
        TEST(an_attendant_that_still_ends_has_its_place_in_the_next_publish),
        TEST(a_place_for_a_publish_that_is_over_is_given_up),
        TEST(a_reader_takes_each_moment_once),
        TEST(the_first_reader_wakes_the_publisher),
        TEST(an_attendant_that_is_wanted_lives_from_publish_to_unpublish),
        TEST(one_that_begins_with_the_first_reader_lives_while_there_are_any),
        TEST(one_that_fetches_a_stream_goes_on_until_it_gives_up),
        TEST(a_stream_that_it_cannot_fetch_starts_it_not),
        TEST(a_reload_starts_and_ends_it_under_a_live_stream),
        TEST(a_stream_that_comes_back_goes_on_with_the_one_that_still_ends),
        TEST(a_stream_that_comes_back_while_it_returns_starts_it_again),
        TEST(one_that_fails_starts_again_with_the_next_publish_or_reload_not_before),
        TEST(a_takeover_is_an_end_and_a_beginning),
        TEST(one_that_stalls_keeps_the_source_and_harms_nobody),
        TEST(the_end_of_the_server_waits_for_it_and_then_cancels_it),
        TEST(without_memory_it_is_not_started_and_the_stream_goes_on),
#undef TEST
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

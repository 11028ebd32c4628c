/* The time at which appended frames are released to the readers. */
#include <time.h>

#include "app/source/fixture.h"
#include "loop.h"

static struct fixture fx;
static struct source *s;
static struct reader  r;

static void begin_with(const char *directives)
{
    begin(&fx, directives);
    s = fx.source;
    assert_null(audience_join(&r, s));
    co_give_way(); /* the pacer has begun */
}

static int setup(void **state)
{
    (void)state;
    fx = (struct fixture){ 0 };
    r = (struct reader){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    audience_leave(&r);
    end(&fx);
    return 0;
}

static uint64_t n_held(void)
{
    return s->ring.head - s->released;
}

/* Pretend that the last batch took this long and has ended now. */
static void last_batch_took(int64_t us)
{
    s->round_end_us = now_us();
    s->round_start_us = s->round_end_us - us;
    s->round_cost_us = us;
}

/* Let the pacer end its last round and wait. */
static void rest(void)
{
    settle(s);
    co_give_way();
    co_give_way();
}

static void a_server_with_time_to_spare_releases_at_once(void **state)
{
    (void)state;
    begin_with("");
    for (int i = 0; i < 5; i++) {
        rest();
        s->round_end_us = s->round_start_us = 0; /* long ago */
        append(s, "K1");
        assert_int_equal(n_held(), 1); /* the publisher itself does not release */
        co_give_way();
        assert_int_equal(n_held(), 0);
    }
}

static void a_server_that_is_busy_rests_as_long_as_the_last_batch_took(void **state)
{
    (void)state;
    begin_with("");
    last_batch_took(20 * US_PER_MS);
    int64_t rested = s->round_end_us + 20 * US_PER_MS;
    append(s, "K1");
    while (n_held())
        co_give_way();
    assert_true(now_us() >= rested);
}

/* Assert that `n` frames are held, unless this machine stood still for longer than they may be held. */
static void assert_still_held(uint64_t n)
{
    int64_t  since_us = s->first_held_us;
    uint64_t held;
    co_give_way();
    held = n_held();
    if (now_us() - since_us < PACER_LATENCY_MAX_US)
        assert_int_equal(held, n);
}

static void batches_grow_no_longer_than_the_limit(void **state)
{
    (void)state;
    begin_with("");
    last_batch_took(INT64_C(3600) * US_PER_SECOND);
    append(s, "K1");
    assert_still_held(1);
    s->first_held_us -= PACER_LATENCY_MAX_US; /* pretend that it came that long ago */
    co_unpark(s->pacer);
    co_give_way();
    assert_int_equal(n_held(), 0);
}

static void min_latency_releases_each_frame_whatever_batches_cost(void **state)
{
    (void)state;
    begin_with("min_latency on;");
    for (int i = 0; i < 5; i++) {
        rest();
        last_batch_took(INT64_C(3600) * US_PER_SECOND);
        append(s, "K1");
        co_give_way();
        assert_int_equal(n_held(), 0);
    }
}

static void mw_latency_makes_one_batch_of_what_comes_within_it(void **state)
{
    (void)state;
    begin_with("play { mw_latency 20; }");
    last_batch_took(0);
    int64_t before = s->round_start_us;
    append(s, "V1 K1 p1");
    co_give_way();
    append(s, "p2");
    uint64_t begun_at = s->released;
    while (s->released == begun_at)
        co_give_way();
    assert_true(now_us() >= before + 20 * US_PER_MS);
    assert_int_equal(n_held(), 0);
    assert_string_equal(peeked(&r), "V1 K1 p1 p2");
}

static void a_batch_is_due_mw_latency_after_the_last_one(void **state)
{
    (void)state;
    begin_with("play { mw_latency 350; }");
    last_batch_took(0);
    append(s, "K1");
    append(s, "p1 p2");
    assert_still_held(3);
    s->round_start_us -= 350 * US_PER_MS; /* pretend that it began that long ago */
    co_unpark(s->pacer);
    co_give_way();
    assert_int_equal(n_held(), 0);
}

static void mw_msgs_waits_for_more_frames_for_a_while(void **state)
{
    (void)state;
    begin_with("play { mw_latency 10; mw_msgs 3; }");
    append(s, "V1 K1 p1");
    s->first_held_us -= 20 * US_PER_MS;
    co_unpark(s->pacer);
    assert_still_held(3); /* old enough, but not more than three */
    append(s, "p2");
    co_give_way();
    assert_int_equal(n_held(), 0);
    rest();
    append(s, "p3");
    s->first_held_us -= 10 * US_PER_MS + PACER_LATENCY_MAX_US;
    co_unpark(s->pacer);
    co_give_way();
    assert_int_equal(n_held(), 0); /* the wait is bounded */
}

static void a_new_configuration_counts_for_what_is_held(void **state)
{
    (void)state;
    begin_with("play { mw_latency 350; }");
    last_batch_took(0);
    append(s, "K1");
    assert_still_held(1);
    struct conf *other = conf_with("min_latency on;");
    source_apply_conf(s, other, vhost_of(other));
    co_give_way();
    assert_int_equal(n_held(), 0);
    source_apply_conf(s, fx.conf, vhost_of(fx.conf));
    conf_unref(&other);
}

static void without_readers_there_is_no_pacer_and_nothing_is_held(void **state)
{
    (void)state;
    begin_with("play { mw_latency 350; }");
    last_batch_took(0);
    append(s, "K1");
    assert_int_equal(n_held(), 1);
    audience_leave(&r);
    co_give_way();
    assert_null(s->pacer);
    assert_int_equal(co_count(), 0);
    assert_int_equal(n_held(), 0);
    append(s, "p1");
    assert_int_equal(n_held(), 0);
}

static void the_pacer_goes_on_when_a_reader_follows_the_last_one(void **state)
{
    (void)state;
    begin_with("");
    audience_leave(&r);
    assert_null(audience_join(&r, s)); /* before the pacer has seen that there is no reader */
    co_give_way();
    assert_int_equal(co_count(), 1);
    append(s, "K1");
    co_give_way();
    assert_string_equal(peeked(&r), "K1");
}

/* ---- readers in coroutines of their own ---- */

struct player {
    struct source *source;
    char           got[2000];
    int            n_batches, code;
    bool           ended;
};

static void play(void *arg)
{
    struct player *p = arg;
    struct reader  reader;
    struct str     out = str_over(p->got, sizeof p->got);
    struct err    *e = audience_join(&reader, p->source);
    while (!e) {
        struct frame *f;
        reader_catch_up(&reader);
        for (; (f = reader_peek(&reader, 0)); reader_advance(&reader, 1))
            str_printf(&out, "%s ", (const char *)f->data);
        str_append(&out, "| ", 2);
        p->n_batches++;
        e = reader_wait(&reader, DEADLINE_NEVER);
    }
    p->code = code_of(e);
    audience_leave(&reader);
    p->ended = true;
}

static void a_batch_wakes_every_reader_once(void **state)
{
    (void)state;
    enum { PLAYERS = 50 };
    static struct player players[PLAYERS];
    struct co_group      group;
    co_group_init(&group);
    begin_with("play { mw_latency 350; }");
    for (int i = 0; i < PLAYERS; i++) {
        players[i] = (struct player){ .source = s };
        assert_null(co_go(&group, "player", play, &players[i], NULL));
    }
    co_give_way();
    append(s, "V1 K1 p1");
    pacer_release_now(s);
    co_give_way();
    append(s, "p2");
    pacer_release_now(s);
    co_give_way();
    for (int i = 0; i < PLAYERS; i++) {
        assert_string_equal(players[i].got, "| V1 K1 p1 | p2 | ");
        assert_int_equal(players[i].n_batches, 3);
    }
    co_group_cancel_and_join(&group);
    for (int i = 0; i < PLAYERS; i++) {
        assert_true(players[i].ended);
        assert_int_equal(players[i].code, E_THREAD_INTERRUPTED);
    }
    assert_int_equal(s->n_readers, 1);
}

static void players_come_and_go_while_frames_flow(void **state)
{
    (void)state;
    enum { PLAYERS = 200 };
    static struct player players[PLAYERS];
    static struct co    *handles[PLAYERS];
    struct co_group      group;
    co_group_init(&group);
    begin_with("");
    append(s, "V1");
    for (int i = 0; i < 2 * PLAYERS; i++) {
        if (i < PLAYERS) {
            players[i] = (struct player){ .source = s };
            assert_null(co_go(&group, "player", play, &players[i], &handles[i]));
        }
        append(s, i % 10 ? "p1" : "K1");
        co_give_way();
        if (i == PLAYERS)
            rest(); /* each player has had a batch, even on a slow machine */
        if (i >= PLAYERS)
            co_cancel(handles[i - PLAYERS]);
    }
    assert_true(co_group_join(&group, a_while()));
    for (int i = 0; i < PLAYERS; i++) {
        assert_true(players[i].ended);
        bool together = str_starts_with(players[i].got, "V1 K1 "), apart = str_starts_with(players[i].got, "V1 | K1 ");
        assert_true(together || apart); /* headers, and a GOP's beginning, for each */
    }
    assert_int_equal(s->n_readers, 1);
    assert_int_equal(s->n_jumps, 0);
}

static void the_end_of_a_publish_wakes_waiting_readers(void **state)
{
    (void)state;
    static struct player player;
    struct co_group      group;
    co_group_init(&group);
    begin_with("");
    player = (struct player){ .source = s };
    assert_null(co_go(&group, "player", play, &player, NULL));
    co_give_way();
    int n = player.n_batches;
    source_unpublish(s, &fx.publisher);
    co_give_way();
    assert_int_equal(player.n_batches, n + 1); /* it can look at the moments and inform its player */
    co_group_cancel_and_join(&group);
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    begin_with("");
    err_free(co_park(0)); /* consumes a wake-up that was left over */
    assert_int_equal(code_of(reader_wait(&r, now_us() + 1000)), E_SOCKET_TIMEOUT);
    assert_false(r.waiting);
    append(s, "K1"); /* it wakes no reader any more */
    co_give_way();
    assert_int_equal(code_of(co_park(0)), E_SOCKET_TIMEOUT);
}

/* ---- a crowd that is served without being woken ---- */

enum { CROWD = 3 * PACER_TURN_READERS };

static struct member {
    struct reader reader;
    int           n_served, n_turns;
} crowd[CROWD];

static int     n_all, n_in_a_row, n_in_a_row_most, n_at_interference;
static int64_t each_takes_us, each_sleeps_us;

static bool serve(struct reader *reader)
{
    if (each_sleeps_us)
        nanosleep(&(struct timespec){ .tv_nsec = each_sleeps_us * 1000 }, NULL);
    for (int64_t until_us = now_us() + each_takes_us; now_us() < until_us;)
        continue;
    CONTAINER_OF(reader, struct member, reader)->n_served++;
    n_in_a_row++;
    n_all++;
    reader_advance(reader, s->released - reader->seq);
    return true;
}

static void nothing(void)
{
}

static void nothing_of(const struct source *source)
{
    (void)source;
}

static const struct reader_delivery counting = {
    .add = serve, .flush = nothing, .settle = nothing, .forget = nothing_of
};

static void sleep_through(void *arg)
{
    struct member *m = arg;
    struct err    *e = audience_join(&m->reader, s);
    m->reader.delivery = &counting;
    while (!e) {
        m->n_turns++;
        e = reader_wait(&m->reader, DEADLINE_NEVER);
    }
    err_free(e);
    audience_leave(&m->reader);
}

static void begin_crowd(struct co_group *group, int n)
{
    each_takes_us = each_sleeps_us = 0;
    co_group_init(group);
    begin_with("min_latency on;");
    for (int i = 0; i < n; i++) {
        crowd[i] = (struct member){ 0 };
        assert_null(co_go(group, "member", sleep_through, &crowd[i], NULL));
    }
    rest();
    co_give_way();
    n_all = n_in_a_row = n_in_a_row_most = n_at_interference = 0;
}

/* A coroutine that always wants to run, until the round is over. */
static void watch(void *arg)
{
    void (*interfere)(void) = arg;
    bool began = false;
    while (!began || s->next_served) {
        began |= s->next_served != NULL;
        if (n_in_a_row > n_in_a_row_most)
            n_in_a_row_most = n_in_a_row;
        n_in_a_row = 0;
        if (interfere && n_all && !n_at_interference) {
            n_at_interference = n_all;
            interfere();
        }
        co_give_way();
    }
}

static int n_flushed;

static void count_flush(void)
{
    n_flushed++;
}

static void each_delivery_of_a_round_is_flushed(void **state)
{
    static const struct reader_delivery other = {
        .add = serve, .flush = count_flush, .settle = nothing, .forget = nothing_of
    };
    (void)state;
    struct co_group group;
    begin_crowd(&group, 3);
    crowd[0].reader.delivery = crowd[1].reader.delivery = &other;
    n_flushed = 0;
    append(s, "K1");
    settle(s);
    co_give_way();
    assert_int_equal(n_all, 3);
    assert_int_equal(n_flushed, 1);
    co_group_cancel_and_join(&group);
}

static void everybody_else_gets_turns_while_a_few_take_long(void **state)
{
    enum { FEW = 10 };
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, FEW);
    each_takes_us = PACER_TURN_US;
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, NULL, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    assert_in_range(n_in_a_row_most, 1, 2); /* an urgent coroutine may be one turn ahead */
    for (int i = 0; i < FEW; i++)
        assert_int_equal(crowd[i].n_served, 1);
    co_group_cancel_and_join(&group);
}

static void everybody_else_gets_turns_while_a_crowd_is_served(void **state)
{
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, CROWD);
    each_takes_us = 1 + PACER_TURN_US / PACER_TURN_READERS; /* one turn is as long as the lead of an urgent coroutine */
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, NULL, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    assert_in_range(n_in_a_row_most, 1, 2 * PACER_TURN_READERS);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(crowd[i].n_served, 1);
        assert_int_equal(crowd[i].n_turns, 1);
    }
    co_group_cancel_and_join(&group);
}

/* A sleep stands for preemption: in both cases the thread does not have the core. */
static void time_in_which_others_have_the_core_is_no_cost(void **state)
{
    (void)state;
    static const int sizes[] = { 1, 3, 8 };
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct co_group group;
        begin_crowd(&group, sizes[i]);
        each_sleeps_us = 20 * US_PER_MS;
        append(s, "a1");
        while (n_all < sizes[i])
            co_give_way();
        rest();
        assert_true(s->round_end_us - s->round_start_us >= sizes[i] * each_sleeps_us);
        assert_in_range(s->round_cost_us, 0, sizes[i] * each_sleeps_us / 2);
        each_sleeps_us = 0;
        co_group_cancel_and_join(&group);
        audience_leave(&r);
        end(&fx);
    }
    begin_with("");
}

/* A reader that is woken for a release and takes it by itself. */
static void wake_and_take(void *arg)
{
    struct member *m = arg;
    struct err    *e = audience_join(&m->reader, s);
    while (!e) {
        if ((e = reader_wait(&m->reader, DEADLINE_NEVER)))
            break;
        m->n_turns++;
        serve(&m->reader);
    }
    err_free(e);
    audience_leave(&m->reader);
}

static void everybody_else_gets_turns_while_a_crowd_is_woken(void **state)
{
    enum { WOKEN = 10 * PACER_TURN_WAKES };
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, 0);
    for (int i = 0; i < WOKEN; i++) {
        crowd[i] = (struct member){ 0 };
        assert_null(co_go(&group, "member", wake_and_take, &crowd[i], NULL));
    }
    rest();
    co_give_way();
    n_all = n_in_a_row = n_in_a_row_most = 0;
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, NULL, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    rest();
    assert_in_range(n_in_a_row_most, 1,
                    2 * PACER_TURN_WAKES); /* the pacer may run before the watch in one turn and after it in the next */
    assert_int_equal(n_all, WOKEN);
    co_group_cancel_and_join(&group);
}

/* ---- more frames than can be handed out at once ---- */

static void a_release_holds_no_more_than_its_bound(void **state)
{
    (void)state;
    static const char *const confs[] = { "", "min_latency on;", "play { mw_latency 350; }" };
    for (size_t i = 0; i < ARRAY_LEN(confs); i++) {
        begin_with(confs[i]);
        append_many(s, "a1", 3 * PACER_RELEASE_FRAMES_MAX + 1);
        while (n_held() > 0) {
            co_give_way();
            assert_in_range(s->released - s->release_began, 0, PACER_RELEASE_FRAMES_MAX);
        }
        audience_leave(&r);
        end(&fx);
    }
    begin_with("");
}

static void a_publisher_far_ahead_of_its_readers_waits_for_room(void **state)
{
    (void)state;
    begin_with("play { mw_latency 350; }");
    append_many(s, "a1", PACER_HELD_FRAMES_MAX);
    uint64_t released = s->released;
    assert_null(pacer_wait_for_room(s));
    assert_int_equal(s->released, released); /* this many may be held, so there is no wait */
    append_many(s, "a1", PACER_RELEASE_FRAMES_MAX);
    assert_null(pacer_wait_for_room(s));
    assert_in_range(n_held(), 0, PACER_HELD_FRAMES_MAX);
}

static void a_publisher_that_waits_for_room_goes_on_when_the_last_reader_leaves(void **state)
{
    (void)state;
    begin_with("min_latency on;");
    append_many(s, "a1", 2 * PACER_HELD_FRAMES_MAX);
    audience_leave(&r);
    assert_null(pacer_wait_for_room(s));
    assert_int_equal(n_held(), 0);
}

/* Let the reader that was served last and the next two leave. */
static void let_some_leave(void)
{
    for (int i = n_all - 1; i < n_all + 2; i++)
        audience_leave(&crowd[i].reader);
}

static void readers_may_leave_while_a_release_is_handed_out(void **state)
{
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, CROWD);
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, (void *)let_some_leave, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    rest();
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].n_served, i != n_at_interference && i != n_at_interference + 1);
    co_group_cancel_and_join(&group);
}

static void let_all_leave(void)
{
    for (int i = 0; i < CROWD; i++)
        audience_leave(&crowd[i].reader);
}

static void all_readers_may_leave_while_a_release_is_handed_out(void **state)
{
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, CROWD);
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, (void *)let_all_leave, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    rest();
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].n_served, i < n_at_interference);
    co_group_cancel_and_join(&group);
}

static void end_the_publish(void)
{
    append(s, "p2");
    source_unpublish(s, &fx.publisher);
}

static void a_publish_may_end_while_a_release_is_handed_out(void **state)
{
    (void)state;
    struct co_group group, others;
    begin_crowd(&group, CROWD);
    co_group_init(&others);
    assert_null(co_go(&others, "watch", watch, (void *)end_the_publish, NULL));
    append(s, "K1");
    assert_true(co_group_join(&others, a_while()));
    rest();
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].reader.seq, s->ring.head); /* every reader was served */
    co_group_cancel_and_join(&group);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_server_with_time_to_spare_releases_at_once),
        TEST(a_server_that_is_busy_rests_as_long_as_the_last_batch_took),
        TEST(batches_grow_no_longer_than_the_limit),
        TEST(min_latency_releases_each_frame_whatever_batches_cost),
        TEST(mw_latency_makes_one_batch_of_what_comes_within_it),
        TEST(a_batch_is_due_mw_latency_after_the_last_one),
        TEST(mw_msgs_waits_for_more_frames_for_a_while),
        TEST(a_new_configuration_counts_for_what_is_held),
        TEST(without_readers_there_is_no_pacer_and_nothing_is_held),
        TEST(the_pacer_goes_on_when_a_reader_follows_the_last_one),
        TEST(a_batch_wakes_every_reader_once),
        TEST(players_come_and_go_while_frames_flow),
        TEST(the_end_of_a_publish_wakes_waiting_readers),
        TEST(a_wait_ends_at_its_deadline),
        TEST(everybody_else_gets_turns_while_a_crowd_is_served),
        TEST(each_delivery_of_a_round_is_flushed),
        TEST(everybody_else_gets_turns_while_a_few_take_long),
        TEST(everybody_else_gets_turns_while_a_crowd_is_woken),
        TEST(time_in_which_others_have_the_core_is_no_cost),
        TEST(a_release_holds_no_more_than_its_bound),
        TEST(a_publisher_far_ahead_of_its_readers_waits_for_room),
        TEST(a_publisher_that_waits_for_room_goes_on_when_the_last_reader_leaves),
        TEST(readers_may_leave_while_a_release_is_handed_out),
        TEST(all_readers_may_leave_while_a_release_is_handed_out),
        TEST(a_publish_may_end_while_a_release_is_handed_out),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

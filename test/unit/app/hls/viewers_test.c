/* Viewers over HLS: admitted, counted, silent, kicked, and many of them. The file is included, so that a test turns the wheel. */
#include "app/hls/viewers.c" /* NOLINT(bugprone-suspicious-include) */

#include "app/hls/ask.h"
#include "app/serving.h"
#include "app/session/rules.h"

enum { CROWD = 10000 };

static const struct hls_viewer_asks asks = {
    .of = { "__defaultVhost__", "live", "cam" },
    .host = "h.test",
    .ip = "192.0.2.1",
    .param = "?token=1",
    .page_url = "http://page.test/",
    .tc_url = "http://h.test/live",
};

static struct hls_refusal refusal;
static int                n_asked, n_left; /* what the guard of this test has seen */
static bool               guard_refuses;

static struct err *ask(struct session *s, void **kept)
{
    (void)kept;
    (void)s;
    if (guard_refuses)
        return err_new(E_RTMP_ACCESS_DENIED, "refused by the test");
    n_asked++;
    return NULL;
}

static void left(void *kept)
{
    (void)kept;
    n_left++;
}

static const struct session_guard        counting = { .ask = ask, .leave = left };
static const struct session_guard *const guards[] = { &session_vhost_guard, &session_security_guard, &counting, NULL };

static int setup(void **state)
{
    (void)state;
    serve_with("vhost __defaultVhost__ { hls { enabled on; } }");
    server.door.guards = guards;
    n_asked = n_left = 0;
    guard_refuses = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    serve_no_more();
    assert_int_equal(hls_viewers_count(), 0);
    assert_int_equal(n_left, n_asked);
    return 0;
}

/* Let the coroutines that end sessions run. */
static void let_leave(void)
{
    int64_t deadline_us = a_while();
    while ((!list_is_empty(&all.leaving) || all.leavers.count) && now_us() < deadline_us)
        co_give_way();
    assert_int_equal(all.leavers.count, 0);
}

/* All seconds until then are over, and nobody asked. */
static void pass(int64_t seconds)
{
    turn_wheel(now_us() + (seconds + 1) * US_PER_SECOND);
    let_leave();
}

static struct hls_viewer *admitted(const char *id)
{
    struct hls_viewer *v;
    assert_null(hls_viewers_admit(&v, &refusal, &server, &asks, id));
    assert_int_equal(refusal.verdict, SESSION_ADMITTED);
    return v;
}

/* Opens the playlist and goes; the id is in `id`. */
static void open_once(char id[static HLS_VIEWER_ID_CAP])
{
    struct hls_viewer *v = admitted(NULL);
    memcpy(id, v->id, HLS_VIEWER_ID_CAP);
    hls_viewers_release(&v, 100, 200);
}

static bool come_again(const char *id)
{
    struct hls_viewer *v = hls_viewers_find(id, &asks.of);
    bool               found = v && !hls_viewer_has_ended(v);
    hls_viewers_release(&v, 10, 20);
    return found;
}

/* ---- one viewer ---- */

static void a_viewer_is_a_client_from_its_first_request_on(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    assert_int_equal(server.registry.n_clients, 1);
    const struct client *c = registry_find_client(&server.registry, id);
    assert_non_null(c);
    assert_string_equal(c->type->name, "hls-play");
    assert_string_equal(c->name, "cam.m3u8");
    assert_string_equal(c->ip, "192.0.2.1");
    assert_string_equal(c->page_url, "http://page.test/");
    assert_string_equal(c->tc_url, "http://h.test/live");
    assert_string_equal(c->source->identity, "/live/cam");
    assert_int_equal(c->source->stat.n_clients, 1);
    assert_int_equal(c->source->n_readers, 0);
    assert_true(c->id_is_secret);
    assert_true(come_again(id));
    assert_int_equal(*c->bytes_in, 110);
    assert_int_equal(*c->bytes_out, 220);
    assert_int_equal(server.registry.n_clients, 1);
    assert_int_equal(n_asked, 1);
}

static void an_id_is_found_for_its_stream_alone(void **state)
{
    static const struct hls_viewer_stream others[] = { { "w", "live", "cam" },
                                                       { "__defaultVhost__", "live", "cam2" },
                                                       { "__defaultVhost__", "live2", "cam" } };
    char                                  id[HLS_VIEWER_ID_CAP];
    (void)state;
    assert_null(hls_viewers_find("", &asks.of));
    open_once(id);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_null(hls_viewers_find(id, &others[i]));
    assert_null(hls_viewers_find("767f54e9", &asks.of));
    assert_true(come_again(id));
}

static void one_that_is_refused_is_nobody(void **state)
{
    struct hls_viewer *v;
    (void)state;
    guard_refuses = true;
    assert_int_equal(code_of(hls_viewers_admit(&v, &refusal, &server, &asks, NULL)), E_RTMP_ACCESS_DENIED);
    assert_int_equal(refusal.verdict, SESSION_DENIED);
    assert_null(v);
    assert_int_equal(hls_viewers_count(), 0);
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(server.sources.by_key.count, 0);
}

static void it_goes_after_a_silence_and_its_stream_with_it(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    assert_true(come_again(id));
    pass(28);
    assert_int_equal(server.registry.n_clients, 1);
    assert_true(come_again(id));
    pass(31);
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(hls_viewers_count(), 0);
    assert_int_equal(server.sources.by_key.count, 0);
    assert_false(come_again(id));
    assert_int_equal(server.registry.traffic.bytes_out, 240);
}

static void one_with_long_segments_has_more_patience(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    struct hls_viewer *v = hls_viewers_find(id, &asks.of);
    hls_ask_expect(&(struct hls_ask){ .viewer = v }, 20 * US_PER_SECOND);
    hls_viewers_release(&v, 0, 0);
    pass(50);
    assert_int_equal(server.registry.n_clients, 1);
    pass(62);
    assert_int_equal(server.registry.n_clients, 0);
}

static void one_that_never_came_back_goes_sooner(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    pass(8);
    assert_int_equal(server.registry.n_clients, 1);
    pass(11);
    assert_int_equal(server.registry.n_clients, 0);
}

static void one_that_is_being_answered_is_not_silent(void **state)
{
    struct hls_viewer *v = admitted(NULL);
    (void)state;
    pass(50);
    pass(100);
    assert_int_equal(server.registry.n_clients, 1);
    hls_viewers_release(&v, 0, 0);
}

static void one_that_was_silent_comes_back_through_the_door(void **state)
{
    struct hls_viewer *v;
    char               id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    pass(40);
    assert_int_equal(n_left, 1);
    v = admitted(id);
    assert_string_equal(v->id, id);
    hls_viewers_release(&v, 0, 0);
    assert_int_equal(n_asked, 2);
    assert_int_equal(all.n_new, 0); /* it has the patience of one that came back */
    pass(20);
    assert_true(come_again(id));
    pass(100);
    guard_refuses = true;
    assert_int_equal(code_of(hls_viewers_admit(&v, &refusal, &server, &asks, id)), E_RTMP_ACCESS_DENIED);
    assert_null(hls_viewers_find(id, &asks.of));
}

static void two_requests_that_come_back_at_once_are_one_viewer(void **state)
{
    (void)state;
    struct hls_viewer *first, *second, *other = NULL;
    char               id[HLS_VIEWER_ID_CAP];
    open_once(id);
    pass(40);
    first = admitted(id);
    /* The second was waiting in a guard meanwhile. */
    second = hls_viewer_new(&asks);
    assert_non_null(second);
    memcpy(second->id, id, sizeof second->id);
    assert_null(admit(second, false, &other));
    assert_ptr_equal(other, first);
    session_leave(&second->session);
    hls_viewer_unref(&second);
    assert_int_equal(server.registry.n_clients, 1);
    hls_viewers_release(&first, 0, 0);
}

/* ---- kicks ---- */

static void a_kick_works_at_once_and_for_as_long_as_it_asks(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    struct client *c = registry_find_client(&server.registry, id);
    c->end(c);
    assert_int_equal(server.registry.n_clients, 0);
    assert_null(registry_find_client(&server.registry, id));
    for (int i = 0; i < 5; i++) {
        struct hls_viewer *v = hls_viewers_find(id, &asks.of);
        assert_non_null(v);
        assert_true(hls_viewer_has_ended(v));
        hls_viewers_release(&v, 0, 0);
        pass(20);
    }
    assert_int_equal(n_left, 1);
    assert_int_equal(server.sources.by_key.count, 0);
    pass(32);
    assert_null(hls_viewers_find(id, &asks.of));
    assert_int_equal(hls_viewers_count(), 0);
}

static void a_kick_in_the_middle_of_a_reply_harms_nobody(void **state)
{
    (void)state;
    struct hls_viewer *v = admitted(NULL);
    v->session.client.end(&v->session.client);
    let_leave();
    assert_true(hls_viewer_has_ended(v));
    pass(50);
    pass(90);
    hls_viewers_release(&v, 5, 5);
}

static void viewers_leave_when_the_server_stops_kicked_ones_too(void **state)
{
    char ids[3][HLS_VIEWER_ID_CAP];
    (void)state;
    for (int i = 0; i < 3; i++)
        open_once(ids[i]);
    struct client *c = registry_find_client(&server.registry, ids[0]);
    c->end(c);
    let_leave();
    c = registry_find_client(&server.registry, ids[1]);
    c->end(c); /* the server stops before this session has been ended */
}

/* ---- crowds ---- */

static void a_crowd_goes_at_once(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    for (int i = 0; i < CROWD; i++) {
        open_once(id);
        assert_true(come_again(id));
    }
    assert_int_equal(server.registry.n_clients, CROWD);
    assert_int_equal(server.sources.by_key.count, 1);
    size_t held = mem_held();
    pass(31);
    assert_int_equal(server.registry.n_clients, 0);
    assert_int_equal(hls_viewers_count(), 0);
    assert_true(mem_held() < held - (size_t)CROWD * 500);
}

static void newcomers_that_never_come_back_are_bounded(void **state)
{
    char first[HLS_VIEWER_ID_CAP], id[HLS_VIEWER_ID_CAP], player[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(player);
    assert_true(come_again(player));
    open_once(first);
    for (int i = 1; i < HLS_NEW_VIEWERS_MAX + 500; i++)
        open_once(id);
    let_leave();
    assert_int_equal(server.registry.n_clients, HLS_NEW_VIEWERS_MAX + 1);
    assert_int_equal(hls_viewers_count(), HLS_NEW_VIEWERS_MAX + 1);
    assert_false(come_again(first));
    assert_true(come_again(id));
    assert_true(come_again(player));
    pass(12);
    assert_int_equal(server.registry.n_clients, 2);
}

static void a_viewer_costs_at_most_2_kib(void **state)
{
    struct hls_viewer_asks typical = asks;
    struct hls_viewer     *v;
    char                   param[301], page[101];
    (void)state;
    memset(param, 'p', sizeof param - 1);
    param[sizeof param - 1] = '\0';
    memset(page, 'g', sizeof page - 1);
    page[sizeof page - 1] = '\0';
    typical.param = param;
    typical.page_url = page;
    size_t before = mem_held();
    for (int i = 0; i < 1000; i++) {
        assert_null(hls_viewers_admit(&v, &refusal, &server, &typical, NULL));
        hls_viewers_release(&v, 0, 0);
    }
    size_t each = (mem_held() - before) / 1000;
    print_message("an HLS viewer with 400 bytes of query and page: %zu bytes, %zu without texts\n", each,
                  sizeof(struct hls_viewer));
    assert_true(each <= 2048);
}

static void a_full_table_takes_no_newcomer_and_drops_the_oldest(void **state)
{
    struct hls_viewer *v;
    char               id[HLS_VIEWER_ID_CAP], player[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(player);
    assert_true(come_again(player));
    open_once(id);
    all.n += HLS_VIEWERS_MAX;
    assert_int_equal(code_of(hls_viewers_admit(&v, &refusal, &server, &asks, NULL)), E_LIMIT);
    all.n -= HLS_VIEWERS_MAX;
    let_leave();
    assert_int_equal(hls_viewers_count(), 1);
    assert_true(come_again(player));
}

static void a_server_without_memory_takes_no_newcomer(void **state)
{
    struct hls_viewer *v;
    char               id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id);
    mem_set_limit(1, NULL, NULL);
    assert_int_equal(code_of(hls_viewers_admit(&v, &refusal, &server, &asks, NULL)), E_LIMIT);
    mem_set_limit(0, NULL, NULL);
    assert_null(v);
}

static void an_admission_without_memory_leaves_nothing_behind(void **state)
{
    bool failed = true;
    int  n = 0;
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    open_once(id); /* the coroutine that looks after viewers is there */
    for (; failed && n < 100; n++) {
        struct hls_viewer *v;
        mem_fail_after(n);
        struct err *e = hls_viewers_admit(&v, &refusal, &server, &asks, NULL);
        failed = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(code_of(e), failed ? E_NO_MEMORY : 0);
        assert_int_equal(v == NULL, failed);
        assert_int_equal(server.registry.n_clients, failed ? 1 : 2);
        assert_int_equal(hls_viewers_count(), failed ? 1 : 2);
        hls_viewers_release(&v, 0, 0);
    }
    assert_false(failed);
    assert_true(n > 3);
}

/* ---- how long it may be silent ---- */

static void its_life_follows_the_window_within_bounds(void **state)
{
    static const struct {
        int64_t fragment_s, window_s, target_s, life_s;
    } rows[] = {
        { 10, 60, 0, 30 },  { 2, 6, 0, 12 }, { 2, 60, 0, 30 },    { 10, 10, 0, 30 },   { 10, 10, 12, 36 },
        { 10, 60, 20, 60 }, { 2, 1, 0, 6 },  { 2, 86400, 0, 30 }, { 2, 86400, 4, 30 },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_hls conf = { .fragment_us = rows[i].fragment_s * US_PER_SECOND,
                                 .window_us = rows[i].window_s * US_PER_SECOND };
        assert_int_equal(hls_viewer_life_us(&conf, rows[i].target_s * US_PER_SECOND), rows[i].life_s * US_PER_SECOND);
    }
}

static void the_wheel_turns_by_itself(void **state)
{
    char id[HLS_VIEWER_ID_CAP];
    (void)state;
    serve_no_more();
    serve_with("vhost __defaultVhost__ { hls { enabled on; hls_fragment 0.1; hls_window 0.2; } }");
    open_once(id);
    assert_true(come_again(id));
    int64_t since = now_us();
    wait_for_clients(0);
    assert_true(now_us() - since >= 400 * US_PER_MS);
    let_leave();
    assert_int_equal(hls_viewers_count(), 0);
    open_once(id); /* after a time without any viewer */
    wait_for_clients(0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_viewer_is_a_client_from_its_first_request_on),
        TEST(an_id_is_found_for_its_stream_alone),
        TEST(one_that_is_refused_is_nobody),
        TEST(it_goes_after_a_silence_and_its_stream_with_it),
        TEST(one_with_long_segments_has_more_patience),
        TEST(one_that_never_came_back_goes_sooner),
        TEST(one_that_is_being_answered_is_not_silent),
        TEST(one_that_was_silent_comes_back_through_the_door),
        TEST(two_requests_that_come_back_at_once_are_one_viewer),
        TEST(a_kick_works_at_once_and_for_as_long_as_it_asks),
        TEST(a_kick_in_the_middle_of_a_reply_harms_nobody),
        TEST(viewers_leave_when_the_server_stops_kicked_ones_too),
        TEST(a_crowd_goes_at_once),
        TEST(newcomers_that_never_come_back_are_bounded),
        TEST(a_viewer_costs_at_most_2_kib),
        TEST(a_full_table_takes_no_newcomer_and_drops_the_oldest),
        TEST(a_server_without_memory_takes_no_newcomer),
        TEST(an_admission_without_memory_leaves_nothing_behind),
        TEST(its_life_follows_the_window_within_bounds),
        TEST(the_wheel_turns_by_itself),
    };
    return cmocka_run_group_tests(tests, serving_begin, serving_end);
}

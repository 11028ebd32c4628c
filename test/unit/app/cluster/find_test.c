/* Co-workers are asked: once for all who want to know, a bounded number at a time, and never for longer than a bound. */
#include "app/cluster/find.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/cluster/coworkers.h"
#include "app/conf/conf_testing.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/offload.h"

#define NOT_HERE "{\"data\":{\"origin\":null}}"
#define HERE "{\"data\":{\"origin\":{\"ip\":\"10.0.0.3\",\"port\":1935}}}"

enum { CROWD = 3 * CLUSTER_ROUNDS_MAX };

/* ---- a co-worker */

static struct co_group group;
static int             listening = -1, port;
static const char     *body; /* of all answers */
static bool            is_held;
static int             n_requests, n_now, n_most;
static struct conf    *conf;

static struct err *answer(struct io *io)
{
    char        text[512];
    size_t      n;
    struct err *e = io_read(io, text, sizeof text, &n, a_while());
    n_requests++;
    n_most = ++n_now > n_most ? n_now : n_most;
    while (!e && is_held)
        e = co_sleep(US_PER_MS);
    n_now--;
    if (e)
        return e;
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    return io_write(io, text, strlen(text), a_while());
}

static void serve_one(void *arg)
{
    struct io   io;
    struct err *e = io_open(&io, (int)(intptr_t)arg);
    io_set_owner(&io, co_self());
    if (!e)
        e = answer(&io);
    err_free(e);
    io_close(&io);
}

static void serve(void *unused)
{
    (void)unused;
    struct io   door;
    struct err *e = io_open(&door, dup(listening));
    while (!e) {
        int fd = accept4(door.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            e = co_go(&group, "co-worker", serve_one, (void *)(intptr_t)fd, NULL);
            continue;
        }
        io_drained(&door);
        e = io_wait_readable(&door, DEADLINE_NEVER);
    }
    err_free(e);
    io_close(&door);
}

static int setup(void **state)
{
    (void)state;
    char               text[256];
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    co_group_init(&group);
    n_requests = n_now = n_most = 0;
    is_held = false;
    body = NOT_HERE;
    if (code_of(offload_init()) || code_of(io_listen(&listening, (struct sockaddr *)&at, sizeof at, false)) ||
        getsockname(listening, (struct sockaddr *)&at, &len) != 0)
        return -1;
    port = ntohs(at.sin_port);
    snprintf(text, sizeof text, "vhost v { cluster { origin_cluster on; coworkers 127.0.0.1:%d; } }", port);
    conf = conf_of(text);
    cluster_start();
    return code_of(co_go(&group, "server", serve, NULL, NULL));
}

static int teardown(void **state)
{
    (void)state;
    cluster_finish();
    co_group_cancel_and_join(&group);
    offload_shutdown(A_WHILE_US);
    conf_unref(&conf);
    close(listening);
    return 0;
}

/* ---- those who ask */

struct asker {
    char                 stream[32];
    int                  code;
    enum cluster_found   found;
    struct cluster_place place;
    struct co           *co;
};

static void ask(void *arg)
{
    struct asker               *a = arg;
    const struct cluster_wanted w = {
        .conf = conf, .vhost = &conf->vhosts[0], .host = "v", .app = "live", .stream = a->stream
    };
    a->code = code_of(cluster_find(&w, &a->found, &a->place));
}

static struct asker ask_for(const char *stream)
{
    struct asker a = { .found = CLUSTER_UNKNOWN };
    snprintf(a.stream, sizeof a.stream, "%s", stream);
    ask(&a);
    assert_int_equal(a.code, E_SUCCESS);
    return a;
}

/* Start a crowd, each of which asks for the stream of its number below `n_streams`. */
static struct asker crowd[CROWD];

static void start_crowd(struct co_group *askers, int n_streams)
{
    co_group_init(askers);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct asker){ .found = CLUSTER_UNKNOWN };
        snprintf(crowd[i].stream, sizeof crowd[i].stream, "s%d", i % n_streams);
        assert_int_equal(code_of(co_go(askers, "asker", ask, &crowd[i], NULL)), E_SUCCESS);
    }
}

/* ---- the tests */

static void the_answer_is_found_and_remembered(void **state)
{
    (void)state;
    assert_int_equal(ask_for("t").found, CLUSTER_NOBODY);
    body = HERE;
    struct asker a = ask_for("s");
    assert_int_equal(a.found, CLUSTER_FOUND);
    assert_string_equal(a.place.host, "10.0.0.3");
    cluster_memory_finish();
    assert_int_equal(ask_for("t").found, CLUSTER_FOUND);
    assert_int_equal(n_requests, 3);
}

static void all_who_ask_for_a_stream_share_one_question(void **state)
{
    struct co_group askers;
    (void)state;
    is_held = true;
    start_crowd(&askers, 1);
    while (n_requests == 0)
        err_free(co_sleep(US_PER_MS));
    is_held = false;
    assert_true(co_group_join(&askers, a_while()));
    assert_int_equal(n_requests, 1);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].found, CLUSTER_NOBODY);
}

static void a_crowd_for_many_streams_asks_about_some_at_a_time(void **state)
{
    struct co_group askers;
    (void)state;
    is_held = true;
    start_crowd(&askers, CROWD);
    while (n_requests < CLUSTER_ROUNDS_MAX)
        err_free(co_sleep(US_PER_MS));
    is_held = false;
    assert_true(co_group_join(&askers, a_while()));
    assert_int_equal(n_most, CLUSTER_ROUNDS_MAX);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].found, CLUSTER_NOBODY);
    assert_int_equal(n_requests, CROWD);
}

static void who_leaves_ends_nothing(void **state)
{
    struct co_group askers;
    struct asker    stays = { .stream = "s0" };
    (void)state;
    is_held = true;
    start_crowd(&askers, CROWD);
    while (n_requests < CLUSTER_ROUNDS_MAX)
        err_free(co_sleep(US_PER_MS));
    co_group_cancel_and_join(&askers);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(crowd[i].code, E_THREAD_INTERRUPTED);
    is_held = false;
    ask(&stays);
    assert_int_equal(stays.found, CLUSTER_NOBODY);
    assert_int_equal(n_requests, CLUSTER_ROUNDS_MAX);
}

static void silence_ends_and_sets_the_co_worker_aside(void **state)
{
    char name[32];
    (void)state;
    snprintf(name, sizeof name, "127.0.0.1:%d", port);
    is_held = true;
    assert_int_equal(ask_for("s").found, CLUSTER_NO_ANSWER);
    assert_true(coworkers_is_aside(name));
    assert_int_equal(ask_for("t").found, CLUSTER_NO_ANSWER);
    assert_int_equal(n_requests, 1);
}

/* Its API has the port of the co-worker that answers; `more` are others. */
static void become_the_co_worker(const char *more)
{
    char text[256];
    snprintf(
        text, sizeof text,
        "http_api { enabled on; listen %d; } vhost v { cluster { origin_cluster on; coworkers 127.0.0.1:%d %s; } }",
        port, port, more);
    conf_unref(&conf);
    conf = conf_of(text);
}

static void this_server_is_no_co_worker_of_its_own(void **state)
{
    size_t at = 0;
    (void)state;
    become_the_co_worker("");
    assert_int_equal(ask_for("s").found, CLUSTER_NOBODY); /* It is alone. */
    assert_null(coworkers_next(&at, NULL));
    become_the_co_worker("127.0.0.1:1"); /* where nobody listens */
    assert_int_equal(ask_for("t").found, CLUSTER_NO_ANSWER);
    assert_true(coworkers_is_aside("127.0.0.1:1"));
}

static void a_reload_forgets_also_what_is_being_asked(void **state)
{
    struct co_group askers;
    (void)state;
    is_held = true;
    start_crowd(&askers, 1);
    while (n_requests == 0)
        err_free(co_sleep(US_PER_MS));
    cluster_follow_conf();
    is_held = false;
    body = HERE;
    assert_true(co_group_join(&askers, a_while()));
    assert_int_equal(n_requests, 2);
    assert_int_equal(crowd[0].found, CLUSTER_FOUND);
}

static void the_end_does_not_wait_for_answers(void **state)
{
    struct co_group askers;
    (void)state;
    is_held = true;
    start_crowd(&askers, 1);
    while (n_requests == 0)
        err_free(co_sleep(US_PER_MS));
    int64_t began_us = now_us();
    cluster_finish();
    assert_true(now_us() - began_us < CLUSTER_ASK_US / 2);
    assert_true(co_group_join(&askers, a_while()));
    assert_int_equal(crowd[0].found, CLUSTER_NO_ANSWER);
}

static void a_word_has_its_forms(void **state)
{
    static const struct {
        const char *word, *host;
        int         port; /* 0: no word */
    } rows[] = {
        { "a.example:9091", "a.example", 9091 },
        { "10.0.0.2", "10.0.0.2", COWORKER_PORT_DEFAULT },
        { "[::1]:1", "::1", 1 },
        { "[::1]", "::1", COWORKER_PORT_DEFAULT },
        { "", "", 0 },
        { ":1985", "", 0 },
        { "a:", "", 0 },
        { "a:0", "", 0 },
        { "a:65536", "", 0 },
        { "a:1x", "", 0 },
        { "a:-1", "", 0 },
        { "[::1", "", 0 },
        { "[::1]x", "", 0 },
        { "[]:1", "", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char     host[RESOLVE_NAME_MAX + 1] = "";
        uint16_t found = 0;
        assert_int_equal(coworker_parse(rows[i].word, host, &found), rows[i].port != 0);
        if (rows[i].port) {
            assert_string_equal(host, rows[i].host);
            assert_int_equal(found, rows[i].port);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_answer_is_found_and_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(all_who_ask_for_a_stream_share_one_question, setup, teardown),
        cmocka_unit_test_setup_teardown(a_crowd_for_many_streams_asks_about_some_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(who_leaves_ends_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(silence_ends_and_sets_the_co_worker_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(this_server_is_no_co_worker_of_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_forgets_also_what_is_being_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_answers, setup, teardown),
        cmocka_unit_test(a_word_has_its_forms),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

/* Edges that ask each other in a ring are found by the path that they tell. */
#include "app/edge/ring.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "app/session/client.h"
#include "core/wr.h"
#include "kernel/amf0.h"

#define OURS "here1234"

static const struct client_type player = { .publish = false };
static struct conf_vhost        vhost = { .name = "__defaultVhost__" };
static struct session_door      door = { .service_id = OURS };
static struct conf             *conf;

/* A player of live/STREAM whose connection tells a path. */
struct asking {
    struct session s;
    uint8_t        args[2 * PULL_PATH_CAP];
    void          *kept;
};

static struct err *ask_from(struct asking *a, const char *ip, const char *stream, const char *path)
{
    struct wr w = wr_over(a->args, sizeof a->args);
    amf0_write_object(&w);
    if (path)
        amf0_put_string(&w, "srs_path", path);
    amf0_write_end(&w);
    a->kept = NULL;
    a->s = (struct session){ .client.type = &player,
                             .client.ip = ip,
                             .conf = conf,
                             .vhost = &vhost,
                             .door = &door,
                             .app = "live",
                             .stream = (char *)stream,
                             .args = a->args,
                             .args_len = wr_len(&w) };
    return edge_ring_guard.ask(&a->s, &a->kept);
}

static struct err *ask_as(struct asking *a, const char *stream, const char *path)
{
    return ask_from(a, "10.0.0.2", stream, path);
}

static void leaves(struct asking *a)
{
    edge_ring_guard.leave(a->kept);
}

static void a_path_has_the_server_and_all_that_ask_it_for_the_stream(void **state)
{
    struct asking one, two, other;
    char          path[PULL_PATH_CAP], alone[PULL_PATH_CAP];
    (void)state;
    ring_write_path(alone, "/live/s", OURS);
    assert_null(ask_as(&one, "s", "a.1 b.2"));
    assert_null(ask_as(&two, "s", "b.2 c.3"));
    assert_null(ask_as(&other, "t", "d.4"));
    ring_write_path(path, "/live/s", OURS);
    assert_int_equal(strncmp(path, alone, strlen(alone)), 0);
    assert_string_equal(path + strlen(alone), " a.1 b.2 c.3");
    leaves(&one);
    leaves(&two);
    leaves(&other);
    ring_write_path(path, "/live/s", OURS);
    assert_string_equal(path, alone);
}

static void a_player_that_would_get_the_stream_from_itself_is_refused(void **state)
{
    struct asking a;
    char          own[PULL_PATH_CAP], path[2 * PULL_PATH_CAP];
    (void)state;
    ring_write_path(own, "/live/s", OURS);
    snprintf(path, sizeof path, "a.1 %s b.2", own);
    struct err *e = ask_as(&a, "s", path);
    assert_int_equal(err_code(e), E_SYSTEM_FORWARD_LOOP);
    assert_null(a.kept);
    err_free(e);
    assert_null(ask_as(&a, "t", path)); /* another stream of this server */
    leaves(&a);
    snprintf(path, sizeof path, "a.1 x%s", own);
    assert_null(ask_as(&a, "s", path)); /* a part of a word */
    leaves(&a);
}

static void a_client_that_tells_no_path_is_let_in_and_forgotten(void **state)
{
    struct asking a;
    (void)state;
    assert_null(ask_as(&a, "s", NULL));
    assert_null(a.kept);
    leaves(&a);
    assert_null(ask_as(&a, "s", ""));
    assert_null(a.kept);
}

static void a_stranger_is_not_believed(void **state)
{
    struct asking a;
    char          own[PULL_PATH_CAP], path[PULL_PATH_CAP];
    (void)state;
    ring_write_path(own, "/live/s", OURS);
    assert_null(ask_from(&a, "192.0.2.1", "s", own));
    assert_null(a.kept);
    assert_null(ask_from(&a, "192.0.2.1", "s", "origin.1"));
    assert_null(a.kept);
    ring_write_path(path, "/live/s", OURS);
    assert_string_equal(path, own); /* It would make the origin refuse the pull. */
}

static void a_path_is_bounded(void **state)
{
    struct asking all[40];
    char          path[PULL_PATH_CAP], name[32], long_one[PULL_PATH_CAP + 1];
    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "server%02d.12345678", i);
        assert_null(ask_as(&all[i], "s", name));
    }
    ring_write_path(path, "/live/s", OURS);
    assert_true(strlen(path) < PULL_PATH_CAP && strlen(path) > PULL_PATH_CAP - 20);
    for (int i = 0; i < 40; i++)
        leaves(&all[i]);
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[PULL_PATH_CAP] = '\0';
    struct err *e = ask_as(&all[0], "s", long_one);
    assert_int_equal(err_code(e), E_SYSTEM_FORWARD_LOOP);
    err_free(e);
}

static int begin(void **state)
{
    (void)state;
    conf = conf_of("trusted_proxies 10.0.0.0/8;");
    return conf ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    conf_unref(&conf);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_has_the_server_and_all_that_ask_it_for_the_stream),
        cmocka_unit_test(a_player_that_would_get_the_stream_from_itself_is_refused),
        cmocka_unit_test(a_client_that_tells_no_path_is_let_in_and_forgotten),
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(a_path_is_bounded),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

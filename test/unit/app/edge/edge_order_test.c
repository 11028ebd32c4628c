/* What an edge asks its origins for. */
#include "app/edge/edge_order.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "app/source/source.h"
#include "core/attr.h"
#include "protocol/rtmp/url.h"

struct row {
    const char *directives, *vhost,
        *param;             /* what stands in `cluster`, the name of the vhost, and what the player has sent */
    const char *url, *host; /* of the first origin; host NULL: that of the URL */
};

static struct pull_order order;

/* Make the order for live/cam of the vhost; the code of the error. */
static int make_for(enum stat_protocol player, const char *directives, const char *vhost, const char *param)
{
    char text[1024];
    snprintf(text, sizeof text, "listen 1935; daemon off; vhost %s { cluster { mode remote; %s } }", vhost, directives);
    struct loaded l = load_text(text);
    must_load(&l, text);
    struct source s = { .vhost = &l.conf->vhosts[0],
                        .app = "live",
                        .stream = "cam",
                        .key = "key",
                        .param = (char *)param,
                        .first_player = player };
    struct err   *e = edge_order_make(&order, &s);
    int           code = (int)err_code(e);
    err_free(e);
    unload(&l);
    return code;
}

static int make(const char *directives, const char *vhost, const char *param)
{
    return make_for(STAT_RTMP, directives, vhost, param);
}

static void urls_have_the_names_the_vhost_and_the_parameters(void **state)
{
    static const char       any[] = "__defaultVhost__";
    static const struct row rows[] = {
        { "origin h;", any, NULL, "rtmp://h/live/cam", NULL },
        { "origin h:19350 i;", any, "", "rtmp://h:19350/live/cam", NULL },
        { "origin [::1]:19350;", any, "?", "rtmp://[::1]:19350/live/cam", NULL },
        { "origin h;", any, "?k=v&t=a/b", "rtmp://h/live/cam?k=v&t=a/b", NULL },
        { "origin h;", any, "?vhost=x&k=v&&domain=y#top", "rtmp://h/live/cam?k=v", NULL },
        { "origin h;", any, "?k=a b&t=1&\x7f", "rtmp://h/live/cam?t=1", NULL },
        { "origin h;", any, "?vhosts=x", "rtmp://h/live/cam?vhosts=x", NULL },
        { "origin h;", "a.example", "?vhost=a.example", "rtmp://h/live/cam", "a.example" },
        { "origin h; vhost b.example;", any, NULL, "rtmp://h/live/cam", "b.example" },
        { "origin h; vhost [vhost].x.[vhost];", "a", NULL, "rtmp://h/live/cam", "a.x.a" },
        { "origin h; vhost __defaultVhost__;", "a", NULL, "rtmp://h/live/cam", NULL },
        { "origin h; protocol rtmps;", any, NULL, "rtmps://h/live/cam", NULL },
        { "origin h:8080; protocol flv;", any, "?k=v", "http://h:8080/live/cam.flv?k=v", NULL },
        { "origin h; protocol flvs;", "a", NULL, "https://h/live/cam.flv?vhost=a", "a" },
        { "origin h; protocol flv;", "a", "?k=v", "http://h/live/cam.flv?k=v&vhost=a", "a" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (make(rows[i].directives, rows[i].vhost, rows[i].param) != 0)
            fail_msg("row %zu", i);
        assert_string_equal(order.urls.items[0], rows[i].url);
        assert_string_equal(order.host ? order.host : "-", rows[i].host ? rows[i].host : "-");
        assert_string_equal(order.key, "key");
        pull_order_finish(&order);
    }
}

static void the_protocol_is_that_of_the_player_if_the_edge_follows(void **state)
{
    static const struct {
        enum stat_protocol player;
        const char        *directives, *url;
    } rows[] = {
        { STAT_RTMP, "origin h; follow_client on;", "rtmp://h/live/cam" },
        { STAT_HTTP, "origin h; follow_client on;", "http://h/live/cam.flv?vhost=a" },
        { STAT_HLS, "origin h; follow_client on;", "rtmp://h/live/cam" },
        { STAT_HTTP, "origin h; follow_client off;", "rtmp://h/live/cam" },
        { STAT_HTTP, "origin h:1936; follow_client on;", "http://h/live/cam.flv?vhost=a" },
        { STAT_HTTP, "origin h:1936; follow_client on; other_port 81;", "http://h:81/live/cam.flv?vhost=a" },
        { STAT_RTMP, "origin h:1936; follow_client on; other_port 81;", "rtmp://h:1936/live/cam" },
        { STAT_HTTP, "origin [::1]:1936; follow_client on; other_port 81;", "http://[::1]:81/live/cam.flv?vhost=a" },
        { STAT_HTTP, "origin [::1]; follow_client on;", "http://[::1]/live/cam.flv?vhost=a" },
        { STAT_HTTP, "origin h; protocol rtmps; follow_client on;", "https://h/live/cam.flv?vhost=a" },
        { STAT_RTMP, "origin h:81; protocol flv; follow_client on;", "rtmp://h/live/cam" },
        { STAT_HLS, "origin h:81; protocol flv; follow_client on;", "http://h:81/live/cam.flv?vhost=a" },
        { STAT_RTMP, "origin h; protocol flvs; follow_client on; other_port 81;", "rtmps://h:81/live/cam" },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(make_for(rows[i].player, rows[i].directives, "a", NULL), 0);
        assert_string_equal(order.urls.items[0], rows[i].url);
        pull_order_finish(&order);
    }
}

static void each_origin_has_its_url_and_the_times_are_those_of_the_vhost(void **state)
{
    (void)state;
    assert_int_equal(make("origin a b c; linger 7; timeout 3;", "v", NULL), 0);
    assert_int_equal(order.urls.count, 3);
    assert_string_equal(order.urls.items[2], "rtmp://c/live/cam");
    assert_int_equal(order.linger_us, 7 * US_PER_SECOND);
    assert_int_equal(order.timeout_us, 3 * US_PER_SECOND);
    pull_order_finish(&order);
}

static void parameters_that_are_too_long_are_left_out(void **state)
{
    char big[RTMP_URL_MAX + 16] = "?";
    (void)state;
    memset(big + 1, 'k', sizeof big - 2);
    assert_int_equal(make("origin h; protocol flv;", "v", big), 0);
    assert_string_equal(order.urls.items[0], "http://h/live/cam.flv?vhost=v");
    pull_order_finish(&order);
}

static void what_makes_no_url_is_refused(void **state)
{
    (void)state;
    assert_int_equal(make("", "v", NULL), E_SYSTEM_CONFIG_INVALID);
    pull_order_finish(&order);
    assert_int_equal(make("origin 'h h';", "v", NULL), E_SYSTEM_CONFIG_INVALID);
    pull_order_finish(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_have_the_names_the_vhost_and_the_parameters),
        cmocka_unit_test(the_protocol_is_that_of_the_player_if_the_edge_follows),
        cmocka_unit_test(each_origin_has_its_url_and_the_times_are_those_of_the_vhost),
        cmocka_unit_test(parameters_that_are_too_long_are_left_out),
        cmocka_unit_test(what_makes_no_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

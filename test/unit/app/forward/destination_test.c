/* Where a word of `forward.destination` sends a stream. */
#include "app/forward/destination.h"

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static const struct forward_names plain = { "__defaultVhost__", "live", "cam", "?k=v&t=1" };
static const struct forward_names named = { "v.example", "live/x", "a/b", "" };

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

static void check(const char *word, const struct forward_names *names, const char *expected)
{
    struct forward_destination d;
    char                       text[1024];
    assert_null(forward_destination_make(&d, word, names));
    snprintf(text, sizeof text, "%s %s %s", d.url, or_none(d.stream), or_none(d.tc_url));
    assert_string_equal(text, expected);
    forward_destination_finish(&d);
}

static void a_host_gets_the_same_names_and_parameters(void **state)
{
    (void)state;
    check("h", &plain, "rtmp://h/live cam?k=v&t=1 -");
    check("10.0.0.1:1936", &plain, "rtmp://10.0.0.1:1936/live cam?k=v&t=1 -");
    check("[::1]:1936", &plain, "rtmp://[::1]:1936/live cam?k=v&t=1 -");
    check("rtmps://h", &plain, "rtmps://h/live cam?k=v&t=1 -");
    check("rtmps://h:444/", &plain, "rtmps://h:444/live cam?k=v&t=1 -");
}

static void the_vhost_is_named_by_the_tc_url(void **state)
{
    (void)state;
    check("h", &named, "rtmp://h/live/x a/b rtmp://v.example/live/x");
    check("h:1936", &named, "rtmp://h:1936/live/x a/b rtmp://v.example:1936/live/x");
    check("rtmps://[::1]", &named, "rtmps://[::1]/live/x a/b rtmps://v.example/live/x");
    check("rtmp://a:b@h", &named, "rtmp://a:b@h/live/x a/b rtmp://v.example/live/x");
    check("rtmps://[::1]:44", &named, "rtmps://[::1]:44/live/x a/b rtmps://v.example:44/live/x");
}

static void a_url_with_an_app_hands_no_parameters_on(void **state)
{
    (void)state;
    check("rtmp://h/other", &plain, "rtmp://h/other cam -");
    check("rtmp://h/other/", &plain, "rtmp://h/other/ cam -");
    check("h/other?vhost=w", &named, "rtmp://h/other?vhost=w a/b -");
    check("rtmp://h?vhost=w", &plain, "rtmp://h/live?vhost=w cam -");
}

static void a_whole_url_names_the_stream(void **state)
{
    (void)state;
    check("rtmp://h:1/live2/secret-key", &plain, "rtmp://h:1/live2/secret-key - -");
    check("rtmp://h/a/b?x=/y/z", &plain, "rtmp://h/a/b?x=/y/z - -");
}

static void variables_are_replaced(void **state)
{
    (void)state;
    check("rtmp://h/[app]/x-[stream][param]", &plain, "rtmp://h/live/x-cam?k=v&t=1 - -");
    check("rtmp://h/[vhost]-[app]", &named, "rtmp://h/v.example-live/x a/b -");
    check("rtmp://h/a/[url]", &plain, "rtmp://h/a/[url] - -");
}

static void a_url_of_whip_is_a_resource_or_a_stream(void **state)
{
    (void)state;
    check("whip://h:1985", &plain, "whip://h:1985/rtc/v1/whip/?app=live&stream=cam&k=v&t=1 - -");
    check("whips://h/", &named, "whips://h/rtc/v1/whip/?app=live/x&stream=a/b&vhost=v.example - -");
    check("whips://h/live/[stream]", &plain, "whips://h/live/cam - -");
    check("https://bearer:t@h/rtc/v1/whip/?app=[app]&stream=x", &plain,
          "https://bearer:t@h/rtc/v1/whip/?app=live&stream=x - -");
    check("http://h/cam/whip", &plain, "http://h/cam/whip - -");
    check("http://h/cam/flv", &plain, "http://h/cam/flv - -");
}

static void a_text_that_is_too_long_is_an_error(void **state)
{
    static char                word[5000] = "rtmp://h/a/";
    struct forward_destination d;
    (void)state;
    memset(word + strlen(word), 'x', sizeof word - strlen(word) - 1);
    struct err *e = forward_destination_make(&d, word, &plain);
    assert_int_equal(err_code(e), E_LIMIT);
    err_free(e);
    forward_destination_finish(&d);
}

static void a_lack_of_memory_is_an_error(void **state)
{
    struct forward_destination d;
    struct err                *e;
    int64_t                    n = 0;
    (void)state;
    do {
        mem_fail_after(n++);
        e = forward_destination_make(&d, "h:1", &named);
        mem_fail_after(-1);
        assert_true(!e || err_code(e) == err_code(err_no_memory()));
        forward_destination_finish(&d);
    } while (e);
    assert_true(n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_gets_the_same_names_and_parameters),
        cmocka_unit_test(the_vhost_is_named_by_the_tc_url),
        cmocka_unit_test(a_url_with_an_app_hands_no_parameters_on),
        cmocka_unit_test(a_whole_url_names_the_stream),
        cmocka_unit_test(variables_are_replaced),
        cmocka_unit_test(a_url_of_whip_is_a_resource_or_a_stream),
        cmocka_unit_test(a_text_that_is_too_long_is_an_error),
        cmocka_unit_test(a_lack_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

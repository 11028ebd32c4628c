/* URLs of this server: what programs are given, and which stream a URL means. */
#include "app/ffmpeg/own_url.h"

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/conf/conf_testing.h"
#include "core/attr.h"

static struct loaded l;

static const struct conf *listening(const char *listen)
{
    char text[512];
    unload(&l);
    snprintf(text, sizeof text, "listen %s; daemon off; vhost __defaultVhost__ { } vhost v.example { }", listen);
    l = load_text(text);
    must_load(&l, listen);
    return l.conf;
}

static int end_test(void **state)
{
    (void)state;
    unload(&l);
    l = (struct loaded){ 0 };
    return 0;
}

static void is_reached_at(const char *listen, const char *vhost, const char *url)
{
    struct buf b = buf_up_to(512);
    own_url_put(&b, listening(listen), vhost, "live/a", "s");
    assert_null(buf_error(&b));
    assert_string_equal(b.bytes, url);
    buf_finish(&b);
}

static void programs_get_an_address_that_we_listen_on(void **state)
{
    (void)state;
    is_reached_at("1936 1937", "__defaultVhost__", "rtmp://127.0.0.1:1936/live/a/s");
    is_reached_at("0.0.0.0:1936", "v.example", "rtmp://127.0.0.1:1936/live/a/s?vhost=v.example");
    is_reached_at("192.0.2.1:1936", "__defaultVhost__", "rtmp://192.0.2.1:1936/live/a/s");
    is_reached_at("[2001:db8::1]:1936", "__defaultVhost__", "rtmp://[2001:db8::1]:1936/live/a/s");
    is_reached_at("[::]:1936", "__defaultVhost__", "rtmp://127.0.0.1:1936/live/a/s");
}

static void a_url_means_a_stream_in_all_its_spellings(void **state)
{
    static const struct {
        const char *url, *key;
    } rows[] = {
        { "rtmp://127.0.0.1:1936/live/s", "/live/s" },
        { "rtmp://127.0.0.1:1936/live?vhost=__defaultVhost__/s", "/live/s" },
        { "rtmp://localhost:1936/live?vhost=v.example/s", "v.example/live/s" },
        { "rtmp://localhost:1936/live/s?vhost=v.example", "v.example/live/s" },
        { "rtmp://192.0.2.7:1937/live/s", "/live/s" },
        { "rtmp://media.example:1936/live/s", "/live/s" }, /* the name that the publisher uses */
        { "rtmp://127.0.0.1:1999/live/s", "" },            /* another port */
        { "rtmp://127.0.0.1/live/s", "" },                 /* port 1935 is not ours */
        { "rtmp://192.0.2.9:1936/live/s", "" },            /* another server */
        { "/rec/s.flv", "" },
        { "rtmp://", "" },
        { "", "" },
    };
    const struct conf *conf = listening("1936 192.0.2.7:1937");
    char               key[STREAM_IDENTITY_CAP];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(own_url_key(key, conf, rows[i].url, "media.example"), rows[i].key) != 0)
            fail_msg("%s: %s", rows[i].url, key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(programs_get_an_address_that_we_listen_on, end_test),
        cmocka_unit_test_teardown(a_url_means_a_stream_in_all_its_spellings, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which URLs can be pulled, and what their streams are called. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/relay.h"
#include "core/attr.h"

static void a_url_tells_its_form(void **state)
{
    (void)state;
    static const struct {
        const char          *url;
        enum conf_relay_form form;
    } rows[] = {
        { "rtmp://h/live/s", CONF_RELAY_RTMP },
        { "RTMPS://h/live/s.m3u8", CONF_RELAY_RTMP },
        { "http://h/live/s.flv", CONF_RELAY_HTTP },
        { "https://h/live/s", CONF_RELAY_HTTP },
        { "http://h/live/s.ts?x=.m3u8", CONF_RELAY_HTTP },
        { "http://h/live/s.m3u8?x=y", CONF_RELAY_HLS },
        { "https://h/live/s.M3U8", CONF_RELAY_HLS },
        { "whep://h/live/s", CONF_RELAY_WHEP },
        { "WHEPS://h/live/s", CONF_RELAY_WHEP },
        { "http://h/rtc/v1/whep/?app=live&stream=s", CONF_RELAY_WHEP },
        { "https://h/cam/whep", CONF_RELAY_WHEP },
        { "https://h/whep.flv", CONF_RELAY_HTTP },
        { "whip://h/live/s", CONF_RELAY_UNKNOWN },
        { "rtsp://h/live/s", CONF_RELAY_UNKNOWN },
        { "http:/h/live/s", CONF_RELAY_UNKNOWN },
        { "h:1935", CONF_RELAY_UNKNOWN },
        { "", CONF_RELAY_UNKNOWN },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(conf_relay_form_of(rows[i].url), rows[i].form);
}

static void urls_have_a_host_and_no_blanks(void **state)
{
    (void)state;
    static const char *const bad[] = { "",          "http://", "http:///live/s", "rtmp://h/live/a b",
                                       "rtmp://\n", "ftp://h", "http://h/\x7f" };
    assert_true(conf_relay_url_is_known("rtmp://h"));
    assert_true(conf_relay_url_is_known("https://[::1]:8443/live/s.flv?k=v"));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(conf_relay_url_is_known(bad[i]));
    char *text = malloc(5000);
    assert_non_null(text);
    memset(text, 'a', 4999);
    memcpy(text, "http://", 7);
    text[4999] = '\0';
    assert_false(conf_relay_url_is_known(text));
    text[4096] = '\0';
    assert_true(conf_relay_url_is_known(text));
    free(text);
}

static void the_name_is_that_of_the_block_or_of_the_url(void **state)
{
    (void)state;
    static const struct {
        const char *name, *url, *app, *stream; /* app NULL: there is none */
    } rows[] = {
        { "live/s", "rtmp://h/x/y", "live", "s" },
        { "a/b/s", "rtmp://h/x/y", "a/b", "s" },
        { "live/s.flv", "http://h/x/y.flv", "live", "s.flv" }, /* written, so it counts to the letter */
        { "", "rtmp://h/live/s?k=/v/w", "live", "s" },
        { "", "rtmp://h:1935/live/s.flv", "live", "s.flv" },
        { "", "http://h/live/s.flv?k=v", "live", "s" },
        { "", "https://h:8443/live/s.ts#x", "live", "s" },
        { "", "http://h/live/s.M3U8", "live", "s" },
        { "", "http://h/live/s.mp4", "live", "s.mp4" },
        { "s", "rtmp://h/live/s", NULL, NULL },
        { "", "rtmp://h/s", NULL, NULL },
        { "", "rtmp://h", NULL, NULL },
        { "", "rtmp://h?a/b", NULL, NULL },
        { "", "", NULL, NULL },
        { "live/", "rtmp://h/live/s", NULL, NULL },
        { "/s", "rtmp://h/live/s", NULL, NULL },
        { "live/..", "rtmp://h/live/s", NULL, NULL },
        { "live/s?k=v", "rtmp://h/live/s", NULL, NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conf_relay_name out;
        bool                   found = conf_relay_name_find(&out, rows[i].name, rows[i].url);
        assert_int_equal(found, rows[i].app != NULL);
        if (!found)
            continue;
        assert_string_equal(out.app, rows[i].app);
        assert_string_equal(out.stream, rows[i].stream);
    }
}

static void a_long_name_is_none(void **state)
{
    (void)state;
    struct conf_relay_name out;
    char                   name[STREAM_NAME_MAX + 8] = "live/";
    memset(name + 5, 'a', STREAM_NAME_MAX);
    assert_true(conf_relay_name_find(&out, name, ""));
    name[5 + STREAM_NAME_MAX] = 'a';
    assert_false(conf_relay_name_find(&out, name, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_tells_its_form),
        cmocka_unit_test(urls_have_a_host_and_no_blanks),
        cmocka_unit_test(the_name_is_that_of_the_block_or_of_the_url),
        cmocka_unit_test(a_long_name_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

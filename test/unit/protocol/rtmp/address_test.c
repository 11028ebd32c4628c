/* The parts of a stream's URL that a client needs. */
#include "protocol/rtmp/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/attr.h"
#include "core/mem.h"

static void a_url_has_its_parts(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool        tls;
        const char *host;
        uint16_t    port;
        const char *tc_url, *app, *stream;
    } rows[] = {
        { "rtmp://h/live/s", false, "h", 1935, "rtmp://h/live", "live", "s" },
        { "rtmp://h:1935/live/s", false, "h", 1935, "rtmp://h:1935/live", "live", "s" },
        { "rtmps://h/live/s?k=v", true, "h", 443, "rtmps://h/live", "live", "s?k=v" },
        { "RTMPS://h:8443/live/s", true, "h", 8443, "RTMPS://h:8443/live", "live", "s" },
        { "rtmp://h/live/s?vhost=v&t=1", false, "h", 1935, "rtmp://h/live?vhost=v", "live", "s?vhost=v&t=1" },
        { "rtmp://[::1]:1936/a/b/s", false, "::1", 1936, "rtmp://[::1]:1936/a/b", "a/b", "s" },
        { "rtmp://[::1]/live/s", false, "::1", 1935, "rtmp://[::1]/live", "live", "s" },
        { "rtmp://user:secret@h/live/s", false, "h", 1935, "rtmp://h/live", "live", "s" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_address a;
        assert_null(rtmp_address_parse(&a, rows[i].url));
        assert_int_equal(a.tls, rows[i].tls);
        assert_string_equal(a.host, rows[i].host);
        assert_int_equal(a.port, rows[i].port);
        assert_string_equal(a.tc_url, rows[i].tc_url);
        assert_string_equal(a.app, rows[i].app);
        assert_string_equal(a.stream, rows[i].stream);
        rtmp_address_finish(&a);
        rtmp_address_finish(&a);
    }
}

static void a_url_has_a_user_and_a_password(void **state)
{
    (void)state;
    static const struct {
        const char *url, *user, *password;
    } rows[] = {
        { "rtmp://h/live/s", "", "" },
        { "rtmp://h/live/s?u=a:b@c", "", "" },
        { "rtmp://ann@h/live/s", "ann", "" },
        { "rtmp://ann:@h/live/s", "ann", "" },
        { "rtmp://ann:se:cret@h:1/live/s", "ann", "se:cret" },
        { "rtmps://a%40b:p%2Fq%3A%@[::1]:1/live/s", "a@b", "p/q:%" },
        { "rtmp://a@b:c%00d@h/live/s", "a@b", "c%00d" },
        { "rtmp://%zz:%4@h/live/s", "%zz", "%4" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_address a;
        assert_null(rtmp_address_parse(&a, rows[i].url));
        assert_string_equal(a.user, rows[i].user);
        assert_string_equal(a.password, rows[i].password);
        assert_string_equal(a.stream + strlen(a.stream) - 1, rows[i].url + strlen(rows[i].url) - 1);
        rtmp_address_finish(&a);
    }
}

static void a_stream_may_stand_apart_from_its_url(void **state)
{
    struct rtmp_address a;
    (void)state;
    assert_null(rtmp_address_parse_names(&a, "rtmp://h/live/x?vhost=v", "b?k=v"));
    assert_string_equal(a.app, "live/x");
    assert_string_equal(a.tc_url, "rtmp://h/live/x?vhost=v");
    assert_string_equal(a.stream, "b?k=v&vhost=v");
    rtmp_address_finish(&a);
}

static void what_names_no_stream_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char   *url;
        enum err_code code;
    } rows[] = {
        { "", E_RTMP_REQ_TCURL },
        { "h/live/s", E_RTMP_REQ_TCURL },
        { "http://h/live/s", E_RTMP_REQ_TCURL },
        { "rtmp:///live/s", E_RTMP_REQ_TCURL },
        { "rtmp://h/live/../s", E_RTMP_REQ_TCURL },
        { "rtmp://h", E_RTMP_STREAM_NAME_EMPTY },
        { "rtmp://h/", E_RTMP_STREAM_NAME_EMPTY },
        { "rtmp://h/live", E_RTMP_STREAM_NAME_EMPTY },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rtmp_address a;
        struct err         *e = rtmp_address_parse(&a, rows[i].url);
        if (err_code(e) != rows[i].code)
            fail_msg("%s: %s", rows[i].url, err_code_name(err_code(e)));
        err_free(e);
        rtmp_address_finish(&a);
    }
}

static void survives_each_allocation_that_fails(void **state)
{
    (void)state;
    bool dealt = true;
    for (int n = 0; dealt; n++) {
        struct rtmp_address a;
        mem_fail_after(n);
        struct err *e = rtmp_address_parse(&a, "rtmp://h/live/s?k=v");
        dealt = mem_failed();
        mem_fail_after(-1);
        assert_int_equal(err_code(e), dealt ? E_NO_MEMORY : E_SUCCESS);
        err_free(e);
        rtmp_address_finish(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_has_its_parts),
        cmocka_unit_test(a_url_has_a_user_and_a_password),
        cmocka_unit_test(a_stream_may_stand_apart_from_its_url),
        cmocka_unit_test(what_names_no_stream_is_refused),
        cmocka_unit_test(survives_each_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The text that a head of HTTP/2 becomes, and its bounds. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/request.h"
#include "protocol/http2/head.h"

static struct http2_head head;
static struct buf        text;

static void add(const char *name, const char *value)
{
    http2_head_add(&head, name, strlen(name), value, strlen(value));
}

static void begin(const char *method, const char *path, const char *authority)
{
    http2_head_begin(&head);
    add(":method", method);
    add(":scheme", "https");
    if (authority)
        add(":authority", authority);
    if (path)
        add(":path", path);
}

static int end(void)
{
    buf_finish(&text);
    text = buf_up_to(HTTP_HEAD_MAX);
    int status = http2_head_text(&head, &text);
    http2_head_finish(&head);
    return status;
}

static void a_head_is_that_of_http_1_1(void **state)
{
    (void)state;
    begin("GET", "/a?b=c", "h:443");
    add("accept", "*/*");
    add("empty", "");
    assert_int_equal(end(), 0);
    assert_string_equal(text.bytes, "GET /a?b=c HTTP/1.1\r\nhost: h:443\r\naccept: */*\r\nempty: \r\n\r\n");
}

static void the_authority_counts_and_host_replaces_a_missing_one(void **state)
{
    (void)state;
    begin("GET", "/", "real");
    add("host", "other");
    assert_int_equal(end(), 0);
    assert_string_equal(text.bytes, "GET / HTTP/1.1\r\nhost: real\r\n\r\n");

    begin("GET", "/", NULL);
    add("host", "other");
    assert_int_equal(end(), 0);
    assert_string_equal(text.bytes, "GET / HTTP/1.1\r\nhost: other\r\n\r\n");
}

static void crumbs_become_one_cookie(void **state)
{
    (void)state;
    begin("GET", "/", "h");
    add("cookie", "a=1");
    add("x", "y");
    add("cookie", "b=22");
    add("cookie", "c=");
    assert_int_equal(end(), 0);
    assert_string_equal(text.bytes, "GET / HTTP/1.1\r\nhost: h\r\ncookie: a=1; b=22; c=\r\nx: y\r\n\r\n");
}

static void connect_is_refused(void **state)
{
    (void)state;
    begin("CONNECT", NULL, "h:1");
    assert_int_equal(end(), HTTP_STATUS_NOT_IMPLEMENTED);
}

static void a_head_has_the_bounds_of_http_1_1(void **state)
{
    (void)state;
    static char large[HTTP_HEAD_MAX];
    memset(large, 'x', sizeof large - 1);

    large[0] = '/';
    large[HTTP_REQUEST_LINE_MAX] = '\0';
    begin("GET", large, "h");
    assert_int_equal(end(), HTTP_STATUS_URI_TOO_LONG);

    large[HTTP_REQUEST_LINE_MAX] = 'x';
    begin("GET", "/", "h");
    add("large", large);
    assert_int_equal(end(), HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);

    begin("GET", "/", "h");
    for (int i = 0; i < 10000; i++)
        add("n", "0123456789");
    assert_int_equal(end(), HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);

    begin("GET", "/", "h");
    for (int i = 0; i < 10000; i++)
        add("cookie", "0123456789");
    assert_int_equal(end(), HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
    buf_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_that_of_http_1_1),
        cmocka_unit_test(the_authority_counts_and_host_replaces_a_missing_one),
        cmocka_unit_test(crumbs_become_one_cookie),
        cmocka_unit_test(connect_is_refused),
        cmocka_unit_test(a_head_has_the_bounds_of_http_1_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

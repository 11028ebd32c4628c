/* The head of a request, parsed, and every form in which a second request could hide in the first. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/request.h"

static struct http_request r;
static const char         *why;
static char               *head;
static void               *room;

static void release(void)
{
    free(head);
    free(room);
    head = room = NULL;
}

static int teardown(void **state)
{
    (void)state;
    release();
    return 0;
}

/* Parse in blocks of the exact size, so that a sanitizer finds a read past the end. */
static int parse(const char *text)
{
    size_t len = strlen(text);
    release();
    head = malloc(len);
    memcpy(head, text, len);
    room = malloc(http_request_room(head, len));
    return http_request_parse(&r, head, len, room, &why);
}

static int parse_line_and_fields(const char *line, const char *fields)
{
    char text[4096];
    snprintf(text, sizeof text, "%s\r\n%s\r\n", line, fields);
    return parse(text);
}

#define GET(target, fields) parse_line_and_fields("GET " target " HTTP/1.1", fields)
#define POST(fields) parse_line_and_fields("POST /x HTTP/1.1", "Host: h\r\n" fields)

static void a_request_is_taken_apart(void **state)
{
    (void)state;
    assert_int_equal(GET("/live/a%20b.flv?vhost=v.com&token=a%3db#f",
                         "Host: Example.COM:8080\r\nX-Empty:\r\nX-Spaces: \t a b \t\r\nx-twice: 1\r\nX-Twice: 2\r\n"),
                     0);
    assert_int_equal(r.method, HTTP_GET);
    assert_string_equal(r.path, "/live/a b.flv");
    assert_string_equal(r.raw_path, "/live/a%20b.flv");
    assert_string_equal(r.raw_query, "vhost=v.com&token=a%3db");
    assert_string_equal(r.host, "example.com");
    assert_string_equal(r.host_port, "Example.COM:8080");
    assert_string_equal(http_request_param(&r, "token"), "a=b");
    assert_null(http_request_param(&r, "nothing"));
    assert_string_equal(http_request_field(&r, "x-empty"), "");
    assert_string_equal(http_request_field(&r, "X-SPACES"), "a b");
    assert_string_equal(http_request_field(&r, "X-Twice"), "1");
    assert_null(http_request_field(&r, "X"));
    assert_string_equal(http_request_vhost(&r), "v.com");
    assert_int_equal(r.n_fields, 5);
    assert_true(r.keep_alive && !r.is_http_1_0 && !r.has_body && !r.upgrade);
}

static void the_vhost_is_a_parameter_or_the_host(void **state)
{
    (void)state;
    assert_int_equal(GET("/", "Host: h\r\n"), 0);
    assert_string_equal(http_request_vhost(&r), "h");
    assert_int_equal(GET("/?domain=d", "Host: h\r\n"), 0);
    assert_string_equal(http_request_vhost(&r), "d");
    assert_int_equal(GET("/?vhost=&domain=", "Host: h\r\n"), 0);
    assert_string_equal(http_request_vhost(&r), "h");
}

static void an_absolute_target_overrules_the_host(void **state)
{
    (void)state;
    assert_int_equal(GET("http://Other:81/a?b", "Host: h\r\n"), 0);
    assert_string_equal(r.host, "other");
    assert_string_equal(r.host_port, "Other:81");
    assert_string_equal(r.path, "/a");
    assert_string_equal(r.raw_query, "b");
    assert_int_equal(GET("http://other", "Host: h\r\n"), 0);
    assert_string_equal(r.path, "/");
    assert_int_equal(GET("http://other?q", "Host: h\r\n"), 0);
    assert_string_equal(r.path, "/");
    assert_string_equal(r.raw_query, "q");
    assert_int_equal(parse_line_and_fields("OPTIONS * HTTP/1.1", "Host: h\r\n"), 0);
    assert_string_equal(r.path, "/");
}

static void hosts_are_names_and_addresses(void **state)
{
    (void)state;
    assert_int_equal(GET("/", "Host: [::1]:8080\r\n"), 0);
    assert_string_equal(r.host, "[::1]");
    assert_int_equal(GET("/", "Host: 127.0.0.1\r\n"), 0);
    assert_string_equal(r.host, "127.0.0.1");
    assert_int_equal(GET("/", "Host:\r\n"), 0); /* RFC 9112 3.2: may be empty */
    assert_string_equal(r.host, "");
    assert_int_equal(parse_line_and_fields("GET / HTTP/1.0", ""), 0);
    assert_string_equal(r.host, "");
}

static void keep_alive_is_as_the_versions_have_it(void **state)
{
    (void)state;
    assert_int_equal(GET("/", "Host: h\r\nConnection: close\r\n"), 0);
    assert_false(r.keep_alive);
    assert_int_equal(GET("/", "Host: h\r\nConnection: x, Close\r\n"), 0);
    assert_false(r.keep_alive);
    assert_int_equal(parse_line_and_fields("GET / HTTP/1.0", "Host: h\r\n"), 0);
    assert_false(r.keep_alive);
    assert_int_equal(parse_line_and_fields("GET / HTTP/1.0", "Host: h\r\nConnection: keep-alive\r\n"), 0);
    assert_true(r.keep_alive);
    assert_int_equal(parse_line_and_fields("GET / HTTP/1.0", "Host: h\r\nConnection: keep-alive, close\r\n"), 0);
    assert_false(r.keep_alive); /* RFC 9112 9.3: close is looked at first */
}

static void an_upgrade_takes_both_fields(void **state)
{
    (void)state;
    assert_int_equal(GET("/", "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"), 0);
    assert_true(r.upgrade);
    assert_int_equal(GET("/", "Host: h\r\nUpgrade: websocket\r\n"), 0);
    assert_false(r.upgrade);
}

static void a_body_has_a_length_or_chunks(void **state)
{
    (void)state;
    assert_int_equal(POST("Content-Length: 42\r\nExpect: 100-continue\r\n"), 0);
    assert_true(r.has_body && r.expects_continue);
    assert_int_equal(r.content_length, 42);
    assert_int_equal(POST("Content-Length: 0\r\nExpect: 100-continue\r\n"), 0);
    assert_false(r.has_body || r.expects_continue);
    assert_int_equal(POST("Transfer-Encoding: Chunked\r\n"), 0);
    assert_true(r.has_body);
    assert_int_equal(r.content_length, -1);
    assert_int_equal(POST(""), 0);
    assert_false(r.has_body);
}

static void a_body_whose_length_is_not_clear_is_refused(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5a\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked;x\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding:\vchunked\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        char text[512];
        snprintf(text, sizeof text, "Host: h\r\n%s", fields[i]);
        if (parse_line_and_fields("POST /x HTTP/1.1", text) != 400)
            fail_msg("%s", fields[i]);
    }
    assert_int_equal(parse_line_and_fields("POST /x HTTP/1.0", "Transfer-Encoding: chunked\r\n"), 400);
}

static void a_field_that_servers_read_differently_is_refused(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "X : y\r\n",
        "X\t: y\r\n",
        " X: y\r\n",
        "\tX: y\r\n",
        "X: a\r\n b\r\n",
        "X: a\r\n\tb\r\n",
        "X\r\n",
        ": y\r\n",
        "X(: y\r\n",
        "X y: z\r\n",
        "X: a\nY: b\r\n",
        "X: a\rY: b\r\n",
        "X: a\r\r\n",
        "X: \x01\r\n",
        "X: \x7f\r\n",
        "X\x80: y\r\n",
        "\r: y\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Host : h\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        char text[512];
        snprintf(text, sizeof text, "Host: h\r\n%s", fields[i]);
        if (parse_line_and_fields("GET / HTTP/1.1", text) != 400)
            fail_msg("field %zu: %s", i, fields[i]);
        if (i == 2 || i == 3) /* a fold of the request line */
            assert_int_equal(parse_line_and_fields("GET / HTTP/1.1", fields[i]), 400);
    }
}

static void a_nul_anywhere_is_refused(void **state)
{
    (void)state;
    static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\nX: yy\r\n\r\n";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char copy[sizeof text];
        memcpy(copy, text, sizeof text);
        copy[i] = '\0';
        release();
        room = malloc(http_request_room(copy, sizeof text - 1));
        assert_int_not_equal(http_request_parse(&r, copy, sizeof text - 1, room, &why), 0);
    }
}

static void a_host_is_there_once_and_is_one(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nhost: a\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a@b\r\n",
        "Host: a:b\r\n",
        "Host: a:80:80\r\n",
        "Host: [::1\r\n",
        "Host: a?b\r\n",
        "Host: a#b\r\n",
        "Host: a\\b\r\n",
        "Host: [::1]x\r\n",
        "Host: \"a\"\r\n",
        "Host: a,b;<c>\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (parse_line_and_fields("GET / HTTP/1.1", fields[i]) != 400 && i != 8)
            fail_msg("%s", fields[i]);
    char text[600] = "Host: ";
    memset(text + 6, 'a', 400);
    strcat(text, "\r\n");
    assert_int_equal(parse_line_and_fields("GET / HTTP/1.1", text), 400);
}

static void a_request_line_is_exactly_one(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int         status;
    } rows[] = {
        { "", 400 },
        { "GET", 400 },
        { "GET /", 400 }, /* HTTP/0.9 */
        { "GET  / HTTP/1.1", 400 },
        { "GET /  HTTP/1.1", 400 },
        { "GET / HTTP/1.1 ", 400 },
        { " GET / HTTP/1.1", 400 },
        { "GET\t/ HTTP/1.1", 400 },
        { "GET /a b HTTP/1.1", 400 },
        { "GET / http/1.1", 400 },
        { "GET / HTTP/11", 400 },
        { "GET / HTTP/1.1x", 400 },
        { "GET / HTTP/2.0", 505 },
        { "GET / HTTP/0.9", 505 },
        { "GET x HTTP/1.1", 400 },
        { "GET * HTTP/1.1", 400 },
        { "GET ftp://h/ HTTP/1.1", 400 },
        { "GET http:/// HTTP/1.1", 400 },
        { "GET http://a b/ HTTP/1.1", 400 },
        { "GET http://u@h/ HTTP/1.1", 400 },
        { "GET //h/.. HTTP/1.1", 0 },
        { "GET /%2e%2e/ HTTP/1.1", 400 },
        { "GET /?..=../.. HTTP/1.1", 0 },
        { "GET /?a=%00 HTTP/1.1", 400 },
        { "FETCH / HTTP/1.1", 501 },
        { "get / HTTP/1.1", 501 },
        { "G(T / HTTP/1.1", 400 },
        { "CONNECT h:80 HTTP/1.1", 501 },
        { "\x16\x03\x01", 400 }, /* TLS on a plain port */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int status = parse_line_and_fields(rows[i].line, "Host: h\r\n");
        if (status != rows[i].status)
            fail_msg("%s: %d, not %d", rows[i].line, status, rows[i].status);
        if (status)
            assert_true(why && *why);
    }
}

static void fields_and_parameters_are_bounded(void **state)
{
    (void)state;
    char *text = malloc(HTTP_HEAD_MAX);
    strcpy(text, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 1; i < HTTP_FIELDS_MAX; i++)
        strcat(text, "a: b\r\n");
    size_t len = strlen(text);
    strcpy(text + len, "\r\n");
    assert_int_equal(parse(text), 0);
    assert_int_equal(r.n_fields, HTTP_FIELDS_MAX);
    strcpy(text + len, "a: b\r\n\r\n");
    assert_int_equal(parse(text), 431);

    strcpy(text, "GET /?");
    for (int i = 1; i < HTTP_PARAMS_MAX; i++)
        strcat(text, "a&");
    len = strlen(text);
    strcpy(text + len, "a HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(parse(text), 0);
    assert_int_equal(r.n_params, HTTP_PARAMS_MAX);
    strcpy(text + len, "a&a HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(parse(text), 400);
    free(text);
}

static void the_end_of_a_head_is_found_at_every_split(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /second";
    const size_t      end = strstr(text, "GET /s") - text;
    for (size_t cut = 0; cut < sizeof text; cut++)
        for (size_t before = 0; before <= cut; before++) {
            size_t looked = 0, len = 0;
            int    first = http_head_find(text, before, &looked, &len);
            assert_int_equal(first, before >= end ? 0 : -1);
            if (first == 0)
                continue;
            assert_int_equal(http_head_find(text, cut, &looked, &len), cut >= end ? 0 : -1);
            if (cut >= end)
                assert_int_equal(len, end);
        }
}

static void a_head_is_bounded(void **state)
{
    (void)state;
    static char text[2 * HTTP_HEAD_MAX];
    memset(text, 'a', sizeof text);
    for (size_t step = 1000; step < 10000; step += 777) {
        size_t looked = 0, len, at = 0;
        int    status = -1;
        while (status < 0)
            status = http_head_find(text, at += step, &looked, &len);
        assert_int_equal(status, 414);
        assert_true(at < HTTP_REQUEST_LINE_MAX + step);
    }
    text[100] = '\n';
    for (size_t step = 1000; step < 10000; step += 777) {
        size_t looked = 0, len, at = 0;
        int    status = -1;
        while (status < 0)
            status = http_head_find(text, at += step, &looked, &len);
        assert_int_equal(status, 431);
        assert_true(at < HTTP_HEAD_MAX + step);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_request_is_taken_apart, teardown),
        cmocka_unit_test_teardown(the_vhost_is_a_parameter_or_the_host, teardown),
        cmocka_unit_test_teardown(an_absolute_target_overrules_the_host, teardown),
        cmocka_unit_test_teardown(hosts_are_names_and_addresses, teardown),
        cmocka_unit_test_teardown(keep_alive_is_as_the_versions_have_it, teardown),
        cmocka_unit_test_teardown(an_upgrade_takes_both_fields, teardown),
        cmocka_unit_test_teardown(a_body_has_a_length_or_chunks, teardown),
        cmocka_unit_test_teardown(a_body_whose_length_is_not_clear_is_refused, teardown),
        cmocka_unit_test_teardown(a_field_that_servers_read_differently_is_refused, teardown),
        cmocka_unit_test_teardown(a_nul_anywhere_is_refused, teardown),
        cmocka_unit_test_teardown(a_host_is_there_once_and_is_one, teardown),
        cmocka_unit_test_teardown(a_request_line_is_exactly_one, teardown),
        cmocka_unit_test_teardown(fields_and_parameters_are_bounded, teardown),
        cmocka_unit_test_teardown(the_end_of_a_head_is_found_at_every_split, teardown),
        cmocka_unit_test_teardown(a_head_is_bounded, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

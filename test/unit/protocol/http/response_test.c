/* Heads of HTTP responses: fields, and how the body ends. */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/response.h"

enum { FIELDS = 4 };

static const char *parse(struct http_response *r, const char *head, char *buf, struct http_pair *fields, bool is_head)
{
    strcpy(buf, head);
    return http_response_parse(r, buf, strlen(head), fields, FIELDS, is_head);
}

static void fields_are_found_whatever_their_case(void **state)
{
    (void)state;
    char                 buf[256];
    struct http_pair     fields[FIELDS];
    struct http_response r;
    assert_null(parse(&r,
                      "HTTP/1.1 302 Found\r\nLocation:  http://b.example/x \t\r\nEMPTY:\r\nempty2: \r\nLast:x\r\n\r\n",
                      buf, fields, false));
    assert_int_equal(r.status, 302);
    assert_int_equal(r.n_fields, 4);
    assert_string_equal(http_response_field(&r, "location"), "http://b.example/x");
    assert_string_equal(http_response_field(&r, "Empty"), "");
    assert_string_equal(http_response_field(&r, "Empty2"), "");
    assert_string_equal(http_response_field(&r, "last"), "x");
    assert_null(http_response_field(&r, "X"));
}

static void the_body_ends_as_the_fields_say(void **state)
{
    static const struct {
        const char        *head;
        enum http_body_end end;
        uint64_t           len;
        bool               is_head;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_BODY_LENGTH, 7, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HTTP_BODY_LENGTH, 0, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", HTTP_BODY_NONE, 0, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BODY_CHUNKED, 0, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", HTTP_BODY_CHUNKED, 0, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", HTTP_BODY_CLOSE, 0, false },
        { "HTTP/1.1 200 OK\r\n\r\n", HTTP_BODY_CLOSE, 0, false },
        { "HTTP/1.0 200 OK\r\n\r\n", HTTP_BODY_CLOSE, 0, false },
        { "HTTP/1.1 404 \r\n\r\n", HTTP_BODY_CLOSE, 0, false },
        { "HTTP/1.1 404\r\n\r\n", HTTP_BODY_CLOSE, 0, false },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", HTTP_BODY_NONE, 0, false },
        { "HTTP/1.1 304 Not Modified\r\n\r\n", HTTP_BODY_NONE, 0, false },
        { "HTTP/1.1 100 Continue\r\n\r\n", HTTP_BODY_NONE, 0, false },
        { "HTTP/1.1 101 Switching Protocols\r\n\r\n", HTTP_BODY_CLOSE, 0, false },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char                 buf[256];
        struct http_pair     fields[FIELDS];
        struct http_response r;
        const char          *wrong = parse(&r, rows[i].head, buf, fields, rows[i].is_head);
        if (wrong || r.body_end != rows[i].end || r.content_length != rows[i].len)
            fail_msg("%s%s", rows[i].head, wrong ? wrong : "");
    }
}

static void what_is_no_response_is_refused(void **state)
{
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 x OK\r\n\r\n",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na:\r\nb:\r\nc:\r\nd:\r\ne:\r\n\r\n", /* one more than there is room for */
        "HTTP/1.1 200 OK\r\n",
        "\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        char                 buf[256];
        struct http_pair     fields[FIELDS];
        struct http_response r;
        if (!parse(&r, heads[i], buf, fields, false))
            fail_msg("%s", heads[i]);
    }
}

static void a_nul_in_the_head_is_refused(void **state)
{
    (void)state;
    static char          head[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n";
    struct http_pair     fields[FIELDS];
    struct http_response r;
    assert_non_null(http_response_parse(&r, head, sizeof head - 1, fields, FIELDS, false));
}

static void a_connection_stays_as_version_and_fields_say(void **state)
{
    static const struct {
        const char *head;
        bool        stays;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true },
        { "HTTP/1.1 204 No Content\r\n\r\n", true },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n", false },
        { "HTTP/1.1 200 OK\r\n\r\n", false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", false },
        { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 7\r\n\r\n", true },
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char                 buf[256];
        struct http_pair     fields[FIELDS];
        struct http_response r;
        assert_null(parse(&r, rows[i].head, buf, fields, false));
        assert_int_equal(r.stays, rows[i].stays);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_whatever_their_case),
        cmocka_unit_test(the_body_ends_as_the_fields_say),
        cmocka_unit_test(a_connection_stays_as_version_and_fields_say),
        cmocka_unit_test(what_is_no_response_is_refused),
        cmocka_unit_test(a_nul_in_the_head_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

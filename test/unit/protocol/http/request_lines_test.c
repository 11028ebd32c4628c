/* The lines of a head, taken apart; request_test.c has the forms that are refused. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/request_lines.h"

enum { CAP = 4 };

static struct http_pair          fields[CAP];
static struct http_request_lines lines;
static const char               *why;
static char                     *head;

static int teardown(void **state)
{
    (void)state;
    free(head);
    head = NULL;
    return 0;
}

/* Read a block of the exact size, so that a sanitizer finds a read past the end. */
static int read_bytes(const char *bytes, size_t len)
{
    free(head);
    head = malloc(len ? len : 1);
    memcpy(head, bytes, len);
    lines = (struct http_request_lines){ .fields = fields, .cap = CAP };
    return http_request_lines_read(&lines, head, len, &why);
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void a_head_is_taken_apart(void **state)
{
    (void)state;
    assert_int_equal(read_text("GET /a?b HTTP/1.1\r\nHost:h\r\nEmpty: \t\r\nX-Two: \t1 \xc3\xa4 2\t \r\n\r\n"), 0);
    assert_int_equal(lines.method, HTTP_GET);
    assert_string_equal(lines.target, "/a?b");
    assert_int_equal(lines.n_fields, 3);
    assert_string_equal(fields[0].name, "Host");
    assert_string_equal(fields[0].value, "h");
    assert_string_equal(fields[1].value, "");
    assert_string_equal(fields[2].name, "X-Two");
    assert_string_equal(fields[2].value, "1 \xc3\xa4 2");
    assert_false(lines.is_http_1_0 || lines.closes || lines.keeps_alive || lines.upgrades);
}

static void every_method_is_known_by_its_name(void **state)
{
    (void)state;
    for (int method = HTTP_DELETE; method <= HTTP_SOURCE; method++) {
        char text[64];
        snprintf(text, sizeof text, "%s / HTTP/1.0\r\n\r\n", http_method_str((enum http_method)method));
        assert_int_equal(read_text(text), 0);
        assert_int_equal(lines.method, method);
        assert_true(lines.is_http_1_0);
    }
    static const char *const others[] = { "GE", "GETS", "get", "X" };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        char text[64];
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\n\r\n", others[i]);
        assert_int_equal(read_text(text), 501);
    }
}

static void options_of_connection_are_found_in_lists(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool        closes, keeps_alive, upgrades;
    } rows[] = {
        { "close", true, false, false },
        { "Close , KEEP-ALIVE", true, true, false },
        { ",, ,upgrade\t,", false, false, true },
        { "closed, keep-alive2, xupgrade, keep alive", false, false, false },
        { "", false, false, false },
        { "TE\r\nX: close\r\nconnection: keep-alive", false, true, false },
        { "upgrade\r\nConnection: close", true, false, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[128];
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nConnection: %s\r\n\r\n", rows[i].value);
        assert_int_equal(read_text(text), 0);
        assert_int_equal(lines.closes, rows[i].closes);
        assert_int_equal(lines.keeps_alive, rows[i].keeps_alive);
        assert_int_equal(lines.upgrades, rows[i].upgrades);
    }
}

static void a_minor_version_is_a_digit(void **state)
{
    (void)state;
    assert_int_equal(read_text("GET / HTTP/1.9\r\n\r\n"), 0);
    assert_false(lines.is_http_1_0);
    assert_int_equal(read_text("GET / HTTP/1.x\r\n\r\n"), 400);
    assert_int_equal(read_text("GET / HTTP/x.1\r\n\r\n"), 505);
}

static void more_fields_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_text("GET / HTTP/1.1\r\na:\r\na:\r\na:\r\na:\r\n\r\n"), 0);
    assert_int_equal(read_text("GET / HTTP/1.1\r\na:\r\na:\r\na:\r\na:\r\na:\r\n\r\n"), 431);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(read_bytes(text, len), 400);
}

/* Whatever one byte becomes, reading stays inside, and no name or value holds a line end. */
static void no_byte_splits_a_field(void **state)
{
    (void)state;
    static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (int byte = 0; byte < 256; byte++) {
            char copy[sizeof text];
            memcpy(copy, text, sizeof text);
            copy[at] = (char)byte;
            if (read_bytes(copy, sizeof text - 1) != 0)
                continue;
            assert_int_equal(lines.n_fields, 1);
            assert_null(strpbrk(lines.target, " \r\n"));
            assert_null(strpbrk(fields[0].name, " \t\r\n:"));
            assert_null(strpbrk(fields[0].value, "\r\n"));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_head_is_taken_apart, teardown),
        cmocka_unit_test_teardown(every_method_is_known_by_its_name, teardown),
        cmocka_unit_test_teardown(options_of_connection_are_found_in_lists, teardown),
        cmocka_unit_test_teardown(a_minor_version_is_a_digit, teardown),
        cmocka_unit_test_teardown(more_fields_than_there_is_room_for_are_refused, teardown),
        cmocka_unit_test_teardown(every_cut_is_refused, teardown),
        cmocka_unit_test_teardown(no_byte_splits_a_field, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

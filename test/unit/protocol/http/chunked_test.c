/* The chunked transfer coding, read strictly. */
#include <cmocka.h>
#include <string.h>

#include "core/attr.h"
#include "protocol/http/chunked.h"

/* Read a text in pieces of `step` bytes. The data of the chunks goes to `out`; *left is the number of bytes after the body. */
static enum http_chunk_read read_in_steps(const char *text, size_t step, char *out, size_t *left)
{
    struct http_chunked  c = { 0 };
    size_t               len = strlen(text), at = 0;
    enum http_chunk_read what = HTTP_CHUNK_NEED_MORE;
    out[0] = '\0';
    while (at < len && (what == HTTP_CHUNK_NEED_MORE || what == HTTP_CHUNK_DATA)) {
        struct rd      in = rd_over(text + at, len - at < step ? len - at : step);
        const uint8_t *start = in.p, *data;
        size_t         n;
        while ((what = http_chunked_read(&c, &in, &data, &n)) == HTTP_CHUNK_DATA)
            strncat(out, (const char *)data, n);
        at += (size_t)(in.p - start);
    }
    *left = len - at;
    return what;
}

static void a_body_is_read_at_every_split(void **state)
{
    (void)state;
    static const char body[] = "5\r\nhello\r\n06\r\n world\r\n0\r\n\r\nNEXT";
    for (size_t step = 1; step < 100; step++) {
        char   out[100];
        size_t left;
        assert_int_equal(read_in_steps(body, step, out, &left), HTTP_CHUNK_END);
        assert_string_equal(out, "hello world");
        assert_int_equal(left, 4);
    }
}

static void extensions_and_trailers_are_skipped(void **state)
{
    (void)state;
    char   out[100];
    size_t left;
    for (size_t step = 1; step < 100; step++) {
        assert_int_equal(
            read_in_steps("05;a=b;c=\"d\"\r\nhello\r\n006;x\r\n world\r\n0;last\r\nTrailer: x\r\nB:\r\n\r\nNEXT", step,
                          out, &left),
            HTTP_CHUNK_END);
        assert_string_equal(out, "hello world");
        assert_int_equal(left, 4);
    }
}

static void what_two_servers_may_read_differently_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "\r\nx",
        "x\r\n",
        "-1\r\n",
        "+1\r\nx",
        "0x1\r\nx",
        " 1\r\nx",
        "1 \r\nx",
        "1\nx\r\n",
        "1\rx\r\n",
        "1;a\nx\r\n0\r\n\r\n",
        "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx\n0\r\n\r\n",
        "1\r\nx\r0\r\n\r\n",
        "1\r\nx\r\n0\r\n\n",
        "0\r\nTrailer: x\ny\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "00000000000000001\r\nx",
        "1;\x01\r\nx",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        for (size_t step = 1; step < 30; step++) {
            char   out[100];
            size_t left;
            if (read_in_steps(bodies[i], step, out, &left) != HTTP_CHUNK_BAD)
                fail_msg("body %zu at step %zu", i, step);
        }
}

static void bytes_that_are_no_data_are_bounded(void **state)
{
    (void)state;
    static char body[2 * HTTP_TRAILER_MAX];
    static char out[100];
    size_t      left;
    memset(body, 'a', sizeof body - 1);
    memcpy(body, "1;", 2);
    assert_int_equal(read_in_steps(body, 1000, out, &left), HTTP_CHUNK_BAD);
    assert_true(left > sizeof body - 2 * HTTP_CHUNK_LINE_MAX);

    memcpy(body, "0\r\nT:", 5);
    for (size_t i = 100; i + 2 < sizeof body; i += 100)
        memcpy(body + i, "\r\n", 2);
    assert_int_equal(read_in_steps(body, 1000, out, &left), HTTP_CHUNK_BAD);
}

static void an_end_stays_an_end(void **state)
{
    (void)state;
    struct http_chunked c = { 0 };
    const uint8_t      *data;
    size_t              n;
    struct rd           in = rd_over("0\r\n\r\n", 5);
    assert_int_equal(http_chunked_read(&c, &in, &data, &n), HTTP_CHUNK_END);
    in = rd_over("5\r\nhello", 8);
    assert_int_equal(http_chunked_read(&c, &in, &data, &n), HTTP_CHUNK_END);
    assert_int_equal(rd_left(&in), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_read_at_every_split),
        cmocka_unit_test(extensions_and_trailers_are_skipped),
        cmocka_unit_test(what_two_servers_may_read_differently_is_refused),
        cmocka_unit_test(bytes_that_are_no_data_are_bounded),
        cmocka_unit_test(an_end_stays_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

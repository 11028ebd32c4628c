/* The header of the PROXY protocol: usual headers, each cut of them, and invalid ones. */
#include <arpa/inet.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/proxy_header.h"

#define V2 "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(literal) (literal), sizeof(literal) - 1

struct row {
    const char     *bytes;
    size_t          len;
    enum proxy_read result;
    const char     *source; /* NULL: there is none */
};

/* clang-format off */
static const struct row headers[] = {
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"), PROXY_GOT, "192.0.2.7:56324" },
    { BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), PROXY_GOT, "255.255.255.255:65535" },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n"), PROXY_GOT, "192.0.2.7:0" },
    { BYTES("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n"), PROXY_GOT, "[2001:db8::7]:1" },
    { BYTES("PROXY UNKNOWN\r\n"), PROXY_GOT, NULL },
    /* 2.1: the longest line of the specification, 107 bytes */
    { BYTES("PROXY UNKNOWN ffff:f...f:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff 65535 65535\r\n"),
      PROXY_GOT, NULL },

    /* command PROXY, TCP over IPv4, 12 bytes */
    { BYTES(V2 "\x21\x11\0\x0c" "\xc0\0\2\7" "\xc6\x33\x64\1" "\xdc\4" "\1\xbb"), PROXY_GOT, "192.0.2.7:56324" },
    /* a TLV of 4 bytes after the addresses */
    { BYTES(V2 "\x21\x11\0\x10" "\xc0\0\2\7" "\xc6\x33\x64\1" "\xdc\4" "\1\xbb" "\4\0\1\0"), PROXY_GOT, "192.0.2.7:56324" },
    /* UDP over IPv4: the address counts too */
    { BYTES(V2 "\x21\x12\0\x0c" "\xc0\0\2\7" "\xc6\x33\x64\1" "\xdc\4" "\1\xbb"), PROXY_GOT, "192.0.2.7:56324" },
    /* TCP over IPv6, 36 bytes */
    { BYTES(V2 "\x21\x21\0\x24" "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7" "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\0\1" "\0\2"),
      PROXY_GOT, "[2001:db8::7]:1" },
    /* LOCAL: the proxy itself; the addresses do not count */
    { BYTES(V2 "\x20\0\0\0"), PROXY_GOT, NULL },
    { BYTES(V2 "\x20\x11\0\x0c" "\xc0\0\2\7" "\xc6\x33\x64\1" "\xdc\4" "\1\xbb"), PROXY_GOT, NULL },
    /* AF_UNSPEC; and a family without a transport */
    { BYTES(V2 "\x21\0\0\3" "abc"), PROXY_GOT, NULL },
    { BYTES(V2 "\x21\x10\0\0"), PROXY_GOT, NULL },
    /* AF_UNIX, shorter than it should be: skipped */
    { BYTES(V2 "\x21\x31\0\4" "/tmp"), PROXY_GOT, NULL },
};

static const struct row others[] = {
    /* the protocols of this server */
    { BYTES("\3\0\0\0\0"), PROXY_NONE, NULL },
    { BYTES("\x16\3\1\2\0"), PROXY_NONE, NULL },
    { BYTES("GET / HTTP/1.1\r\n"), PROXY_NONE, NULL },
    { BYTES("POST / HTTP/1.1\r\n"), PROXY_NONE, NULL },
    { BYTES("PROPFIND / HTTP/1.1\r\n"), PROXY_NONE, NULL },
    { BYTES("\r\n\r\nGET / HTTP/1.1\r\n"), PROXY_NONE, NULL },
    { BYTES("PROXY\tTCP4"), PROXY_NONE, NULL },

    { BYTES("PROXY TCP5 192.0.2.7 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY tcp4 192.0.2.7 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY UNKNOWNS\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY  TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 \r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 \r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 056 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 +56 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 2001:db8::7 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP6 192.0.2.7 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7\0x 198.51.100.1 56324 443\r\n"), PROXY_BAD, NULL },
    { BYTES("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\rX"), PROXY_BAD, NULL },
    { BYTES("PROXY \r\n"), PROXY_BAD, NULL },
    /* 108 bytes; and a line that does not end */
    { BYTES("PROXY UNKNOWN ffff:f....f:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff 65535 65535\r\n"),
      PROXY_BAD, NULL },
    { BYTES("PROXY UNKNOWN ffff:f....f:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff 65535 65535 x"),
      PROXY_BAD, NULL },

    { BYTES(V2 "\x11\x11\0\x0c"), PROXY_BAD, NULL }, /* version 1 */
    { BYTES(V2 "\x31\x11\0\x0c"), PROXY_BAD, NULL }, /* version 3 */
    { BYTES(V2 "\x22\x11\0\x0c"), PROXY_BAD, NULL }, /* command 2 */
    { BYTES(V2 "\x21\x41\0\x0c"), PROXY_BAD, NULL }, /* family 4 */
    { BYTES(V2 "\x21\x13\0\x0c"), PROXY_BAD, NULL }, /* transport 3 */
    { BYTES(V2 "\x21\x11\x0f\xf1"), PROXY_BAD, NULL }, /* 4081 bytes and 16: one more than is accepted */
    { BYTES(V2 "\x21\x11\0\x0b" "12345678901"), PROXY_BAD, NULL }, /* too short for its addresses */
    { BYTES(V2 "\x21\x21\0\x0c" "123456789012"), PROXY_BAD, NULL },
};
/* clang-format on */

static void assert_source(const struct proxy_header *h, const char *wanted)
{
    char text[IO_ADDR_CAP];
    assert_int_equal(h->has_source, wanted != NULL);
    if (wanted)
        assert_string_equal(io_addr_text((const struct sockaddr *)&h->source, text), wanted);
}

static void headers_are_read_whole_and_no_further(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        char                bytes[512];
        struct proxy_header h;
        memcpy(bytes, headers[i].bytes, headers[i].len);
        memcpy(bytes + headers[i].len, "\3next", 5);
        struct rd in = rd_over(bytes, headers[i].len + 5);
        assert_int_equal(proxy_header_read(&in, &h), PROXY_GOT);
        assert_int_equal(rd_left(&in), 5);
        assert_source(&h, headers[i].source);
    }
}

static void every_cut_of_a_header_asks_for_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        for (size_t cut = 0; cut < headers[i].len; cut++) {
            struct proxy_header h;
            struct rd           in = rd_over(headers[i].bytes, cut);
            assert_int_equal(proxy_header_read(&in, &h), PROXY_NEED_MORE);
            assert_ptr_equal(in.p, headers[i].bytes);
            assert_false(h.has_source);
        }
}

static void anything_else_is_told_apart_from_a_broken_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct proxy_header h;
        struct rd           in = rd_over(others[i].bytes, others[i].len);
        if (proxy_header_read(&in, &h) != others[i].result)
            fail_msg("row %zu: %s", i, others[i].bytes);
        assert_ptr_equal(in.p, others[i].bytes);
        assert_false(h.has_source);
    }
}

static void the_largest_header_is_accepted(void **state)
{
    (void)state;
    static char         bytes[PROXY_HEADER_LEN_MAX] = V2 "\x21\x11\x0f\xf0"
                                                         "\xc0\0\2\7";
    struct proxy_header h;
    struct rd           in = rd_over(bytes, sizeof bytes);
    assert_int_equal(proxy_header_read(&in, &h), PROXY_GOT);
    assert_int_equal(rd_left(&in), 0);
    assert_source(&h, "192.0.2.7:0");
}

/* ---- from a socket */

static struct co_group group;
static struct io       a;
static int             b = -1;

static int setup(void **state)
{
    (void)state;
    co_group_init(&group);
    return connect_ends(&a, &b);
}

static int teardown(void **state)
{
    (void)state;
    co_group_cancel_and_join(&group);
    io_close(&a);
    close_end(&b);
    return 0;
}

static int take(struct proxy_header *h, bool *got)
{
    return code_of(proxy_header_take(&a, h, got, a_while()));
}

static void assert_next(const char *text)
{
    char   buf[64] = "";
    size_t n;
    assert_null(io_read(&a, buf, sizeof buf - 1, &n, a_while()));
    assert_string_equal(buf, text);
}

static void send_bytewise(void *unused)
{
    static const char bytes[] = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nhello";
    (void)unused;
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        co_give_way();
        assert_int_equal(write(b, bytes + i, 1), 1);
    }
}

static void a_header_in_single_bytes_leaves_the_rest_in_the_socket(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got;
    assert_null(co_go(&group, "sender", send_bytewise, NULL, NULL));
    assert_int_equal(take(&h, &got), E_SUCCESS);
    assert_true(got);
    assert_source(&h, "192.0.2.7:56324");
    assert_true(co_group_join(&group, a_while()));
    assert_next("hello");
}

static void without_a_header_nothing_is_taken(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got = true;
    assert_int_equal(write(b, "PRO", 3), 3);
    assert_int_equal(write(b, "FIND /", 6), 6);
    assert_int_equal(take(&h, &got), E_SUCCESS);
    assert_false(got);
    assert_next("PROFIND /");
}

static void a_broken_header_is_an_error(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got;
    assert_int_equal(write(b, "PROXY me\r\n", 10), 10);
    assert_int_equal(take(&h, &got), E_PROXY_HEADER);
    assert_false(got);
}

static void shut_down(void *unused)
{
    (void)unused;
    co_give_way();
    shutdown(b, SHUT_WR);
}

static void a_peer_that_leaves_inside_its_header_is_noticed(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got;
    assert_int_equal(write(b, "PROXY TCP4", 10), 10);
    assert_null(co_go(&group, "leaver", shut_down, NULL, NULL));
    assert_int_equal(take(&h, &got), E_END_OF_STREAM);
}

static void a_peer_that_leaves_at_once_is_noticed(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got;
    close_end(&b);
    assert_int_equal(take(&h, &got), E_END_OF_STREAM);
}

static void a_silent_peer_is_waited_for_until_the_deadline(void **state)
{
    (void)state;
    struct proxy_header h;
    bool                got;
    assert_int_equal(write(b, "PROXY TCP4", 10), 10);
    struct err *e = proxy_header_take(&a, &h, &got, now_us() + 2000);
    assert_int_equal(err_code(e), E_SOCKET_TIMEOUT);
    err_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_whole_and_no_further),
        cmocka_unit_test(every_cut_of_a_header_asks_for_more),
        cmocka_unit_test(anything_else_is_told_apart_from_a_broken_header),
        cmocka_unit_test(the_largest_header_is_accepted),
        cmocka_unit_test_setup_teardown(a_header_in_single_bytes_leaves_the_rest_in_the_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_header_nothing_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_broken_header_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_leaves_inside_its_header_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_peer_that_leaves_at_once_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_peer_is_waited_for_until_the_deadline, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

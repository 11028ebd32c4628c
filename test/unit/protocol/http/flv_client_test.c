/* HTTP-FLV from another server: its tags, its end, and answers that are not FLV. */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "kernel/flv.h"
#include "loop.h"
#include "protocol/http/flv_client.h"
#include "protocol/http/scripted_server.h"

enum { N_TAGS = 5, BRIEFLY_US = 20000, FLV_MAX = 256 << 10 };

static const uint32_t lens[N_TAGS] = { 20, 0, 100000, 7, 1 };

static uint8_t flv[FLV_MAX];
static size_t  flv_len;
static char    text[2 * FLV_MAX];

/* An answer with that head and the body, in chunks of `chunk` bytes if that is not 0. */
static struct line answer_with(const char *head, size_t chunk)
{
    size_t len = strlen(head);
    memcpy(text, head, len);
    for (size_t at = 0; chunk && at < flv_len; at += chunk) {
        size_t n = flv_len - at < chunk ? flv_len - at : chunk;
        len += (size_t)sprintf(text + len, "%zx\r\n", n);
        memcpy(text + len, flv + at, n);
        memcpy(text + len + n, "\r\n", 2);
        len += n + 2;
    }
    if (!chunk) {
        memcpy(text + len, flv, flv_len);
        len += flv_len;
    } else {
        memcpy(text + len, "0\r\n\r\n", 5);
        len += 5;
    }
    return (struct line){ .answer = text, .len = len };
}

static int setup(void **state)
{
    struct wr      w = wr_over(flv, sizeof flv);
    static uint8_t body[100000];
    flv_write_header(&w, true, false);
    for (int i = 0; i < N_TAGS; i++) {
        memset(body, i, sizeof body);
        flv_write_tag(&w, &(struct flv_tag){ i % 2 ? FLV_VIDEO : FLV_AUDIO, i * 40, body, lens[i] });
    }
    flv_len = wr_len(&w);
    return start_server(state);
}

static int teardown(void **state)
{
    return stop_server(state);
}

/* Read the stream that setup() has made and compare its tags. Returns the code of the error that ends it. */
static int read_all(struct flv_client *c, int *n_read)
{
    struct flv_stream_tag tag;
    struct err           *e;
    for (*n_read = 0; !(e = flv_client_read(c, &tag, a_while())); (*n_read)++) {
        assert_int_equal(tag.dts_ms, *n_read * 40);
        assert_int_equal(tag.frame->kind, *n_read % 2 ? FRAME_VIDEO : FRAME_AUDIO);
        assert_int_equal(tag.frame->len, lens[*n_read]);
        for (uint32_t i = 0; i < tag.frame->len; i++)
            assert_int_equal(tag.frame->data[i], *n_read);
        frame_unref(&tag.frame);
    }
    return code_of(e);
}

static int open_code(const char *rest)
{
    struct flv_client c;
    return code_of(flv_client_open(&c, url(rest), NULL, a_while()));
}

static void a_stream_is_read_tag_by_tag_to_its_end(void **state)
{
    static const size_t chunks[] = { 0, 1000, 9, 16384, 100 };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct flv_client c;
        int               n;
        script[i] = answer_with(
            chunks[i] ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n", chunks[i]);
        assert_null(flv_client_open(&c, url("/live/s.flv?token=x"), NULL, a_while()));
        assert_true(c.stream.header.has_audio);
        assert_false(c.stream.header.has_video);
        assert_int_equal(read_all(&c, &n), E_END_OF_STREAM);
        assert_int_equal(n, N_TAGS);
        flv_client_close(&c);
        flv_client_close(&c);
        assert_non_null(strstr(requests[i], "GET /live/s.flv?token=x HTTP/1.1\r\n"));
    }
}

static void redirects_are_followed(void **state)
{
    (void)state;
    struct flv_client c;
    script[0].answer = "HTTP/1.1 302 Found\r\nLocation: /other/s.flv\r\n\r\n";
    script[1] = answer_with("HTTP/1.1 200 OK\r\n\r\n", 0);
    assert_null(flv_client_open(&c, url("/live/s.flv"), NULL, a_while()));
    flv_client_close(&c);
    assert_non_null(strstr(requests[1], "GET /other/s.flv "));
}

static void a_stream_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    script[0].answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nNot Found";
    script[1].answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>";
    script[2].answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nFLV\1";
    script[3].answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 4; i < SCRIPT_MAX; i++)
        script[i].answer = "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n";
    assert_int_equal(open_code("/live/s.flv"), E_HTTP_STATUS_INVALID);
    assert_int_equal(open_code("/live/s.flv"), E_KERNEL_FLV_HEADER);
    assert_int_equal(open_code("/live/s.flv"), E_END_OF_STREAM);
    assert_int_equal(open_code("/live/s.flv"), E_HTTP_RESPONSE_EOF);
    assert_int_equal(open_code("/live/s.flv"), E_HTTP_302_INVALID);
    assert_int_equal(open_code("\n"), E_HTTP_PARSE_URI);
}

static void what_stops_being_flv_is_an_error(void **state)
{
    (void)state;
    struct flv_client     c;
    struct flv_stream_tag tag;
    script[0] =
        (struct line){ .answer = "HTTP/1.1 200 OK\r\n\r\nFLV\1\5\0\0\0\x09\0\0\0\0\x08\0\0\1\0\0\0\0\0\0\0!\0\0\0\x0c"
                                 "\x07\0\0\1\0\0\0\0\0\0\0",
                       .len = 19 + 13 + 16 + 11 };
    assert_null(flv_client_open(&c, url("/live/s.flv"), NULL, a_while()));
    assert_null(flv_client_read(&c, &tag, a_while()));
    frame_unref(&tag.frame);
    assert_int_equal(code_of(flv_client_read(&c, &tag, a_while())), E_KERNEL_FLV_HEADER);
    flv_client_close(&c);
}

static void a_stream_that_stalls_is_noticed_at_the_deadline(void **state)
{
    (void)state;
    struct flv_client     c;
    struct flv_stream_tag tag;
    script[0] = (struct line){ .answer = "HTTP/1.1 200 OK\r\n\r\nFLV\1\5\0\0\0\x09\0\0\0\0\x08\0\0\x02\0\0\0\0\0\0\0!",
                               .len = 19 + 13 + 12,
                               .stays = true };
    script[1] = (struct line){ .answer = "HTTP/1.1 200 OK\r\n\r\n",
                               .stays = true }; /* SRS answers so while the stream is not published */
    assert_null(flv_client_open(&c, url("/live/s.flv"), NULL, a_while()));
    assert_int_equal(code_of(flv_client_read(&c, &tag, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
    flv_client_close(&c);
    assert_int_equal(code_of(flv_client_open(&c, url("/live/s.flv"), NULL, now_us() + BRIEFLY_US)), E_SOCKET_TIMEOUT);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    int code = -1, n_tags = 0;
    for (int64_t n = 0; code != E_END_OF_STREAM; n++) {
        struct flv_client c;
        assert_true(n < 100);
        teardown(NULL);
        assert_int_equal(setup(NULL), 0);
        script[0] = answer_with("HTTP/1.1 200 OK\r\n\r\n", 0);
        const char *from = url("/live/s.flv");
        mem_fail_after(n);
        code = code_of(flv_client_open(&c, from, NULL, a_while()));
        if (!code) {
            code = read_all(&c, &n_tags);
            flv_client_close(&c);
        }
        assert_int_equal(code != E_END_OF_STREAM, mem_failed());
        mem_fail_after(-1);
    }
    assert_int_equal(n_tags, N_TAGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stream_is_read_tag_by_tag_to_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(redirects_are_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_is_not_there_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stops_being_flv_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stream_that_stalls_is_noticed_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_may_run_out_anywhere, setup, teardown),
    };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

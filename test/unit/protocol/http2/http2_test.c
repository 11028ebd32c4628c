/* Conversations of HTTP/2: one end is served, the other end is a client that libnghttp2 makes, or bytes by hand. */
#include <cmocka.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/mem.h"
#include "loop.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"
#include "protocol/http/router.h"
#include "protocol/http2/http2.h"
#include "protocol/io.h"

enum { BRIEFLY_US = 20000, REPLIES_MAX = 1024, BODY_MAX = 2 << 20, HEAD_CAP = 1024, BIG_BYTES = 1 << 20 };

static struct co_group     group;
static int                 b = -1;     /* the client's end */
static int                 server_fd;  /* the server's end */
static int                 ended_code; /* the result of http2_serve() */
static bool                has_ended;
static struct http_serving serving;
static struct co          *server_co, *handler_co;
static int                 n_running, n_running_max;
static char                big[BIG_BYTES];

/* ---- handlers -------------------------------------------------------------------------------------------------- */

static struct err *hello(struct http_exchange *x)
{
    return http_reply(x, 200, "text/plain", "hello", 5);
}

static struct err *pieces(struct http_exchange *x)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", HTTP_LENGTH_UNKNOWN);
    if (!e)
        e = http_reply_write(x, "one", 3);
    if (!e)
        e = http_reply_write(x, "twelve bytes", 12);
    return e; /* http_exchange_run() ends the reply */
}

static struct err *promise(struct http_exchange *x, int64_t length)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", length);
    if (!e)
        e = http_reply_write(x, "abc", 3);
    if (!e)
        e = http_reply_write(x, "def", 3);
    return e ? e : http_reply_end(x);
}

static struct err *keep_promise(struct http_exchange *x)
{
    return promise(x, 6);
}

static struct err *promise_more(struct http_exchange *x)
{
    return promise(x, 7);
}

static struct err *promise_less(struct http_exchange *x)
{
    return promise(x, 5);
}

static struct err *empty(struct http_exchange *x)
{
    struct err *e = http_reply_begin(x, 200, "text/plain", 0);
    return e ? e : http_reply_end(x);
}

static struct err *echo(struct http_exchange *x)
{
    const char *body;
    size_t      len;
    struct err *e = http_read_body(x, 100000, &body, &len);
    return e ? e : http_reply(x, 200, "text/plain", body, len);
}

static struct err *refuse_body(struct http_exchange *x)
{
    return http_reply_status(x, 403);
}

static struct err *reply_big(struct http_exchange *x)
{
    return http_reply(x, 200, "application/octet-stream", big, sizeof big);
}

static struct err *tell_request(struct http_exchange *x)
{
    char                       text[512];
    const struct http_request *r = http_request_of(x);
    const char *cookie = http_request_field(r, "Cookie"), *length = http_request_field(r, "Content-Length");
    int len = snprintf(text, sizeof text, "%s|%s|%s|%s|%s", r->host, r->path, r->raw_query, cookie ? cookie : "none",
                       length ? length : "none");
    return http_reply(x, 200, "text/plain", text, (size_t)len);
}

static struct err *tell_fields(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "X-First", "1: one");
    if (!e)
        e = http_add_field(x, "Connection", "close");
    return e ? e : http_reply(x, 200, "text/plain", "", 0);
}

static struct err *go_wrong(struct http_exchange *x)
{
    struct err *e = http_add_field(x, "X-Left-Over", "1");
    return e ? e : err_new(E_SYSTEM_ASSERT_FAILED, "on purpose");
}

static struct err *fail_late(struct http_exchange *x)
{
    struct err *e = pieces(x);
    return e ? e : err_new(E_SYSTEM_ASSERT_FAILED, "on purpose");
}

static struct err *reply_status(struct http_exchange *x)
{
    return http_reply_status(x, atoi(http_request_param(http_request_of(x), "n")));
}

static struct err *close_after(struct http_exchange *x)
{
    http_close_after(x);
    return hello(x);
}

/* Parks until the test cancels it, or lets it go on. */
static struct err *park(struct http_exchange *x)
{
    handler_co = co_self();
    struct err *e = co_park(a_while());
    return e ? e : hello(x);
}

/* Writes as a live player does: what fits now, and waits for room. */
static struct err *live(struct http_exchange *x)
{
    struct io  *io = http_io_of(x);
    struct err *e = http_reply_begin(x, 200, "video/x-flv", HTTP_LENGTH_UNKNOWN);
    handler_co = co_self();
    for (size_t at = 0; !e && at < sizeof big;) {
        struct iovec iov[2] = { { big + at, 1 }, { big + at + 1, sizeof big - at - 1 } };
        size_t       n = 0;
        e = io_wait_taken(io, serving.stall_us ? serving.stall_us : HTTP_STALL_US, DEADLINE_NEVER);
        if (!e)
            e = io_writev_now(io, iov, 2, &n);
        at += n;
    }
    while (!e && http_request_param(http_request_of(x), "stay")) {
        char   dropped[100];
        size_t n;
        e = io_wait_readable(io, a_while());
        if (!e)
            e = io_read_now(io, dropped, sizeof dropped, &n);
    }
    return e ? e : http_reply_end(x);
}

static const struct http_route rows[] = {
    { "/hello", HTTP_METHOD(GET) | HTTP_METHOD(POST), hello },
    { "/pieces", HTTP_METHOD(GET), pieces },
    { "/kept", HTTP_METHOD(GET), keep_promise },
    { "/more", HTTP_METHOD(GET), promise_more },
    { "/less", HTTP_METHOD(GET), promise_less },
    { "/empty", HTTP_METHOD(GET), empty },
    { "/echo", HTTP_METHOD(POST), echo },
    { "/refuse", HTTP_METHOD(POST), refuse_body },
    { "/big", HTTP_METHOD(GET), reply_big },
    { "/request", HTTP_METHOD(GET), tell_request },
    { "/fields", HTTP_METHOD(GET), tell_fields },
    { "/fail", HTTP_METHOD(GET), go_wrong },
    { "/fail-late", HTTP_METHOD(GET), fail_late },
    { "/status", HTTP_METHOD(GET), reply_status },
    { "/close", HTTP_METHOD(GET), close_after },
    { "/park", HTTP_METHOD(GET), park },
    { "/live", HTTP_METHOD(GET) | HTTP_METHOD(POST), live },
};
static const struct http_routes        table = { rows, ARRAY_LEN(rows) };
static const struct http_routes *const tables[] = { &table, NULL };
static const struct http_router        router = { tables };

static struct err *handle(struct http_exchange *x)
{
    n_running++;
    n_running_max = n_running > n_running_max ? n_running : n_running_max;
    struct err *e = http_router_handle(&router, x);
    n_running--;
    return e;
}

static void serve(void *arg)
{
    struct io   io = { .fd = -1 };
    struct err *e = io_open(&io, *(int *)arg);
    server_co = co_self();
    if (!e)
        e = http2_serve(&io, &serving);
    ended_code = (int)err_code(e);
    has_ended = true;
    err_free(e);
    io_close(&io);
}

static void begin(void)
{
    int ends[2];
    co_group_init(&group);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    server_fd = ends[0];
    b = ends[1];
    has_ended = false;
    handler_co = NULL;
    n_running = n_running_max = 0;
    struct err *e = co_go(&group, "serve", serve, &server_fd, NULL);
    if (e)
        close(server_fd);
    err_free(e);
}

static void end(void)
{
    co_group_cancel_and_join(&group);
    close_end(&b);
}

/* ---- the client ------------------------------------------------------------------------------------------------ */

struct reply {
    int      status, n_informational;
    char     head[HEAD_CAP]; /* "name: value\n" */
    char    *body;
    size_t   len;
    bool     closed;
    uint32_t code; /* of a closed stream */
};

static nghttp2_session *client;
static struct reply     replies[REPLIES_MAX]; /* by stream */
static uint32_t         goaway;               /* the error in it */
static bool             goaway_came;
static int              n_pings;
static bool             reads_nothing; /* the client does not read its socket */
static bool             is_raw;        /* what comes is not for libnghttp2, which has not sent what it answers */
static uint8_t          raw[64 << 10];
static size_t           raw_len;

struct posted {
    const char *body;
    size_t      len, at;
};

static struct reply *reply_of(int32_t id)
{
    assert_true(id > 0 && id < REPLIES_MAX);
    return &replies[id];
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
    struct reply *r = reply_of(frame->hd.stream_id);
    size_t        used = strlen(r->head);
    (void)s;
    (void)flags;
    (void)arg;
    if (name_len == 7 && memcmp(name, ":status", 7) == 0) {
        int status = atoi((const char *)value);
        r->n_informational += status < 200;
        r->status = status < 200 ? r->status : status;
    }
    snprintf(r->head + used, sizeof r->head - used, "%.*s: %.*s\n", (int)name_len, (const char *)name, (int)value_len,
             (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len, void *arg)
{
    struct reply *r = reply_of(id);
    (void)s;
    (void)flags;
    (void)arg;
    if (!r->body)
        r->body = calloc(1, BODY_MAX);
    assert_true(r->len + len < BODY_MAX);
    memcpy(r->body + r->len, bytes, len);
    r->len += len;
    return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t code, void *arg)
{
    (void)s;
    (void)arg;
    reply_of(id)->closed = true;
    reply_of(id)->code = code;
    return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *arg)
{
    (void)s;
    (void)arg;
    n_pings += frame->hd.type == NGHTTP2_PING;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        goaway_came = true;
        goaway = frame->goaway.error_code;
    }
    return 0;
}

static ssize_t read_posted(nghttp2_session *s, int32_t id, uint8_t *buf, size_t cap, uint32_t *flags,
                           nghttp2_data_source *source, void *arg)
{
    struct posted *p = source->ptr;
    size_t         n = p->len - p->at < cap ? p->len - p->at : cap;
    (void)s;
    (void)id;
    (void)arg;
    memcpy(buf, p->body + p->at, n);
    p->at += n;
    if (p->at == p->len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* A client with windows of these sizes; it opens them again only if `window` is 0, which means the default size. */
static void begin_client(uint32_t window)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_option            *option;
    nghttp2_settings_entry     entry = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window };
    memset(replies, 0, sizeof replies);
    goaway_came = false;
    goaway = 0;
    n_pings = 0;
    reads_nothing = is_raw = false;
    raw_len = 0;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, window != 0);
    nghttp2_option_set_peer_max_concurrent_streams(option, 1000);
    assert_int_equal(nghttp2_session_client_new2(&client, callbacks, NULL, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, &entry, window ? 1 : 0);
    begin();
}

static void end_client(void)
{
    end();
    nghttp2_session_del(client);
    for (size_t i = 0; i < REPLIES_MAX; i++)
        free(replies[i].body);
    memset(replies, 0, sizeof replies);
}

#define FIELD(name, value) \
    { \
        (uint8_t *)(name), (uint8_t *)(value), sizeof name - 1, strlen(value), NGHTTP2_NV_FLAG_NONE \
    }

static int32_t ask_with(const char *method, const char *path, struct posted *body, const nghttp2_nv *more,
                        size_t n_more)
{
    nghttp2_nv list[128] = { FIELD(":method", method), FIELD(":scheme", "https"), FIELD(":authority", "h:443"),
                             FIELD(":path", path) };
    nghttp2_data_provider source = { .source = { .ptr = body }, .read_callback = read_posted };
    for (size_t i = 0; i < n_more; i++)
        list[4 + i] = more[i];
    return nghttp2_submit_request(client, NULL, list, 4 + n_more, body ? &source : NULL, NULL);
}

static int32_t ask(const char *method, const char *path)
{
    return ask_with(method, path, NULL, NULL, 0);
}

/* Look for GOAWAY among the frames that have come. */
static void look_at_raw(const uint8_t *bytes, size_t n)
{
    enum { FRAME_HEAD = 9 };
    assert_true(raw_len + n <= sizeof raw);
    memcpy(raw + raw_len, bytes, n);
    raw_len += n;
    size_t at = 0, len;
    for (; raw_len - at >= FRAME_HEAD; at += FRAME_HEAD + len) {
        len = (size_t)raw[at] << 16 | (size_t)raw[at + 1] << 8 | raw[at + 2];
        if (raw_len - at < FRAME_HEAD + len)
            break;
        if (raw[at + 3] == NGHTTP2_GOAWAY) {
            goaway_came = true;
            goaway = raw[at + FRAME_HEAD + 7];
        }
    }
    raw_len -= at;
    memmove(raw, raw + at, raw_len);
}

static void take(size_t step)
{
    uint8_t buf[16384];
    ssize_t n;
    while (!reads_nothing && (n = recv(b, buf, step < sizeof buf ? step : sizeof buf, MSG_DONTWAIT)) > 0)
        if (is_raw)
            look_at_raw(buf, (size_t)n);
        else
            assert_true(nghttp2_session_mem_recv(client, buf, (size_t)n) == n);
}

/* Send what the client has to say, in steps of some bytes, and take what has come. */
static void talk_in_steps(size_t step)
{
    static uint8_t said[64 << 10];
    const uint8_t *bytes;
    ssize_t        n = 1;
    size_t         len = 0;
    while (len < sizeof said / 2 && (n = nghttp2_session_mem_send(client, &bytes)) > 0) {
        memcpy(said + len, bytes, (size_t)n);
        len += (size_t)n;
    }
    for (size_t at = 0; at < len && !has_ended; at += step) {
        send(b, said + at, len - at < step ? len - at : step, MSG_NOSIGNAL);
        co_give_way();
        take(step);
    }
    co_give_way();
    take(step);
}

static void talk(void)
{
    talk_in_steps(1 << 20);
}

/* Talk until the condition holds; the test fails after a while. */
#define UNTIL(condition) \
    for (int64_t until_us = a_while(); !(condition); talk()) \
        if (now_us() > until_us) \
    fail_msg("never: %s", #condition)

static void assert_has(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("no \"%s\" in:\n%s", what, text);
}

static void assert_body(int32_t id, const char *what)
{
    const struct reply *r = reply_of(id);
    assert_int_equal(r->len, strlen(what));
    if (r->len > 0)
        assert_memory_equal(r->body, what, r->len);
}

static void wait_for(int32_t id)
{
    UNTIL(reply_of(id)->closed);
}

/* ---- replies --------------------------------------------------------------------------------------------------- */

static void a_reply_has_its_fields_and_its_body(void **state)
{
    (void)state;
    begin_client(0);
    int32_t id = ask("GET", "/hello"), fields = ask("GET", "/fields");
    wait_for(id);
    wait_for(fields);
    assert_int_equal(reply_of(id)->code, NGHTTP2_NO_ERROR);
    assert_body(id, "hello");
    assert_has(reply_of(id)->head, ":status: 200\nserver: SRS/");
    assert_has(reply_of(id)->head, "\ndate: ");
    assert_has(reply_of(id)->head, "\ncontent-length: 5\n");
    assert_has(reply_of(id)->head, "\ncontent-type: text/plain\n");
    assert_has(reply_of(fields)->head, "\nx-first: 1: one\n");
    assert_null(strstr(reply_of(fields)->head, "connection"));
    end_client();
}

static void bytes_may_come_in_any_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step < 400; step += step < 20 ? 1 : 37) {
        struct posted body = { "12345", 5, 0 };
        begin_client(0);
        int32_t first = ask("GET", "/hello"), second = ask_with("POST", "/echo", &body, NULL, 0);
        int32_t third = ask("GET", "/pieces"), fourth = ask("GET", "/nowhere");
        talk_in_steps(step);
        wait_for(first);
        wait_for(second);
        wait_for(third);
        wait_for(fourth);
        assert_body(first, "hello");
        assert_body(second, "12345");
        assert_body(third, "onetwelve bytes");
        assert_body(fourth, "Not Found");
        assert_int_equal(reply_of(fourth)->status, 404);
        end_client();
        assert_int_equal(ended_code, E_THREAD_INTERRUPTED);
    }
}

static void replies_without_a_body_have_none(void **state)
{
    (void)state;
    begin_client(0);
    int32_t head = ask("HEAD", "/hello"), unknown = ask("HEAD", "/pieces"), kept = ask("HEAD", "/kept");
    int32_t no_content = ask("GET", "/status?n=204"), not_modified = ask("GET", "/status?n=304");
    int32_t refused = ask("HEAD", "/../x"), nothing = ask("GET", "/empty");
    for (int32_t id = head; id <= nothing; id += 2) {
        wait_for(id);
        assert_int_equal(reply_of(id)->code, NGHTTP2_NO_ERROR);
        assert_int_equal(reply_of(id)->len, 0);
    }
    assert_int_equal(reply_of(refused)->status, 400);
    assert_has(reply_of(head)->head, "content-length: 5\n");
    assert_has(reply_of(kept)->head, "content-length: 6\n");
    assert_null(strstr(reply_of(unknown)->head, "content-length"));
    assert_null(strstr(reply_of(no_content)->head, "content-length"));
    assert_int_equal(reply_of(not_modified)->status, 304);
    assert_has(reply_of(nothing)->head, "content-length: 0\n");
    end_client();
}

static void a_reply_that_breaks_its_promise_is_no_complete_one(void **state)
{
    (void)state;
    begin_client(0);
    int32_t kept = ask("GET", "/kept"), more = ask("GET", "/more"), less = ask("GET", "/less");
    int32_t late = ask("GET", "/fail-late"), fail = ask("GET", "/fail"), after = ask("GET", "/hello");
    for (int32_t id = kept; id <= after; id += 2)
        wait_for(id);
    assert_body(kept, "abcdef");
    assert_int_equal(reply_of(more)->code, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(reply_of(less)->code, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(reply_of(late)->code, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(reply_of(fail)->status, 500);
    assert_null(strstr(reply_of(fail)->head, "x-left-over"));
    assert_body(after, "hello");
    end_client();
}

static void many_requests_are_served_at_a_time(void **state)
{
    (void)state;
    static const char *const paths[] = { "/hello", "/pieces", "/big", "/kept", "/live" };
    begin_client(0);
    for (int i = 0; i < 100; i++)
        ask("GET", paths[i % 5]);
    for (int i = 0; i < 100; i++)
        wait_for(1 + 2 * i);
    for (int i = 0; i < 100; i++) {
        const struct reply *r = reply_of(1 + 2 * i);
        assert_int_equal(r->code, NGHTTP2_NO_ERROR);
        assert_int_equal(r->status, 200);
        if (i % 5 == 2 || i % 5 == 4) {
            assert_int_equal(r->len, BIG_BYTES);
            assert_memory_equal(r->body, big, BIG_BYTES);
        }
    }
    assert_true(n_running_max > 10);
    end_client();
}

static void the_request_is_that_of_http_1_1(void **state)
{
    (void)state;
    const nghttp2_nv more[] = { FIELD("host", "other"), FIELD("cookie", "a=1"), FIELD("cookie", "b=2") };
    begin_client(0);
    int32_t id = ask_with("GET", "/request?q=%20", NULL, more, ARRAY_LEN(more)), dots = ask("GET", "/x/../request");
    int32_t outside = ask("GET", "/../x"), method = ask("PURGE-IT", "/hello");
    wait_for(id);
    wait_for(dots);
    wait_for(outside);
    wait_for(method);
    assert_body(id, "h|/request|q=%20|a=1; b=2|none");
    assert_int_equal(reply_of(outside)->status, 400);
    assert_int_equal(reply_of(method)->status, 501);
    end_client();
}

static void heads_have_the_bounds_of_http_1_1(void **state)
{
    (void)state;
    static char long_path[9000], large[20000];
    nghttp2_nv  many[120];
    memset(long_path, 'p', sizeof long_path - 1);
    memset(large, 'v', sizeof large - 1);
    long_path[0] = '/';
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (nghttp2_nv)FIELD("n", "v");
    const nghttp2_nv two_large[] = { FIELD("a", large), FIELD("b", large) };
    begin_client(0);
    int32_t path = ask("GET", long_path), fields = ask_with("GET", "/hello", NULL, many, ARRAY_LEN(many));
    int32_t size = ask_with("GET", "/hello", NULL, two_large, 2), after = ask("GET", "/hello");
    wait_for(path);
    wait_for(fields);
    wait_for(size);
    wait_for(after);
    assert_int_equal(reply_of(path)->status, 414);
    assert_int_equal(reply_of(fields)->status, 431);
    assert_int_equal(reply_of(size)->status, 431);
    assert_int_equal(reply_of(after)->status, 200);
    end_client();
}

/* ---- bodies ---------------------------------------------------------------------------------------------------- */

static void a_body_comes_through_its_window(void **state)
{
    (void)state;
    const nghttp2_nv length = FIELD("content-length", "100000"), expect = FIELD("expect", "100-continue");
    struct posted    without = { big, 99999, 0 }, with = { big, 100000, 0 }, none = { "", 0, 0 };
    struct posted    asked = { "x", 1, 0 };
    begin_client(0);
    int32_t ids[] = { ask_with("POST", "/echo", &without, NULL, 0), ask_with("POST", "/echo", &with, &length, 1),
                      ask_with("POST", "/echo", &none, NULL, 0), ask("POST", "/echo"),
                      ask_with("POST", "/echo", &asked, &expect, 1) };
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        wait_for(ids[i]);
    assert_int_equal(reply_of(ids[0])->len, 99999);
    assert_memory_equal(reply_of(ids[0])->body, big, 99999);
    assert_int_equal(reply_of(ids[1])->len, 100000);
    assert_int_equal(reply_of(ids[2])->status, 200);
    assert_int_equal(reply_of(ids[3])->status, 200);
    assert_body(ids[4], "x");
    assert_true(reply_of(ids[4])->n_informational <= 1);
    end_client();
}

static void a_body_that_nobody_reads_is_bounded_and_holds_up_nobody(void **state)
{
    (void)state;
    struct posted body = { big, sizeof big, 0 }, refused = { big, sizeof big, 0 };
    size_t        before = mem_held();
    begin_client(0);
    int32_t held = ask_with("POST", "/hello?", &body, NULL, 0), id = ask_with("POST", "/refuse", &refused, NULL, 0);
    int32_t live_id = ask_with("POST", "/live?stay", &body, NULL, 0), after = ask("GET", "/hello");
    wait_for(held);
    wait_for(id);
    wait_for(after);
    assert_true(mem_held() - before < 300000);
    assert_int_equal(reply_of(id)->status, 403);
    assert_int_equal(reply_of(id)->code, NGHTTP2_NO_ERROR);
    assert_body(after, "hello");
    (void)live_id;
    end_client();
}

static void a_body_that_is_too_long_is_refused(void **state)
{
    (void)state;
    struct posted body = { big, 200000, 0 };
    begin_client(0);
    int32_t id = ask_with("POST", "/echo", &body, NULL, 0);
    wait_for(id);
    assert_int_equal(reply_of(id)->status, 413);
    end_client();
}

/* ---- flow control ---------------------------------------------------------------------------------------------- */

static void a_slow_stream_holds_nothing_and_holds_up_nobody(void **state)
{
    (void)state;
    begin_client(1000);
    nghttp2_submit_window_update(client, NGHTTP2_FLAG_NONE, 0, 1 << 20);
    size_t  before = mem_held();
    int32_t slow = ask("GET", "/big"), slow_live = ask("GET", "/live");
    UNTIL(reply_of(slow)->len == 1000 && reply_of(slow_live)->len == 1000);
    size_t held = mem_held() - before;
    assert_true(held < 32000); /* a session's own tables, and two requests */
    for (int i = 0; i < 10; i++) {
        int32_t id = ask("GET", "/hello");
        wait_for(id);
        assert_body(id, "hello");
    }
    nghttp2_submit_window_update(client, NGHTTP2_FLAG_NONE, slow, BIG_BYTES);
    wait_for(slow);
    assert_int_equal(reply_of(slow)->len, BIG_BYTES);
    nghttp2_submit_window_update(client, NGHTTP2_FLAG_NONE, 0, BIG_BYTES);
    nghttp2_submit_window_update(client, NGHTTP2_FLAG_NONE, slow_live, BIG_BYTES);
    wait_for(slow_live);
    assert_memory_equal(reply_of(slow_live)->body, big, BIG_BYTES);
    end_client();
}

static void a_peer_that_reads_nothing_is_given_up(void **state)
{
    (void)state;
    serving.stall_us = 4 * BRIEFLY_US;
    begin_client(1000);
    int32_t slow = ask("GET", "/big"), slow_live = ask("GET", "/live"), after;
    wait_for(slow);
    wait_for(slow_live);
    assert_int_equal(reply_of(slow)->code, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(reply_of(slow_live)->code, NGHTTP2_INTERNAL_ERROR);
    after = ask("GET", "/hello");
    wait_for(after);
    assert_int_equal(reply_of(after)->status, 200);
    end_client();
    serving.stall_us = 0;
}

static void a_full_socket_is_written_to_when_it_drains(void **state)
{
    (void)state;
    begin_client(0);
    reads_nothing = true;
    nghttp2_submit_window_update(client, NGHTTP2_FLAG_NONE, 0, 4 << 20);
    int32_t first = ask("GET", "/big"), second = ask("GET", "/live"), third = ask("GET", "/hello");
    for (int i = 0; i < 100; i++)
        talk();
    reads_nothing = false;
    wait_for(first);
    wait_for(second);
    wait_for(third);
    assert_memory_equal(reply_of(first)->body, big, BIG_BYTES);
    assert_memory_equal(reply_of(second)->body, big, BIG_BYTES);
    end_client();
}

/* ---- ends ------------------------------------------------------------------------------------------------------ */

static void a_request_that_is_taken_back_ends_its_handler_alone(void **state)
{
    (void)state;
    begin_client(1000);
    int32_t writing = ask("GET", "/big"), reading = ask("GET", "/live?stay"), other = ask("GET", "/park");
    UNTIL(reply_of(writing)->len == 1000 && reply_of(reading)->len == 1000 && n_running == 3);
    nghttp2_submit_rst_stream(client, NGHTTP2_FLAG_NONE, writing, NGHTTP2_CANCEL);
    nghttp2_submit_rst_stream(client, NGHTTP2_FLAG_NONE, reading, NGHTTP2_CANCEL);
    UNTIL(n_running == 1);
    assert_false(reply_of(other)->closed);
    co_unpark(handler_co);
    end_client();
}

static void a_handler_that_is_cancelled_ends_its_stream_alone(void **state)
{
    (void)state;
    begin_client(0);
    int32_t id = ask("GET", "/park"), after;
    UNTIL(handler_co);
    co_cancel(handler_co);
    wait_for(id);
    assert_int_equal(reply_of(id)->code, NGHTTP2_CANCEL);
    after = ask("GET", "/hello");
    wait_for(after);
    assert_int_equal(reply_of(after)->status, 200);
    end_client();
}

static void a_handler_may_end_the_connection_behind_the_others(void **state)
{
    (void)state;
    begin_client(0);
    int32_t other = ask("GET", "/park");
    UNTIL(handler_co);
    int32_t id = ask("GET", "/close");
    wait_for(id);
    UNTIL(goaway_came);
    assert_int_equal(goaway, NGHTTP2_NO_ERROR);
    assert_false(has_ended);
    co_unpark(handler_co);
    wait_for(other);
    assert_body(other, "hello");
    UNTIL(nghttp2_session_want_read(client) == 0 || has_ended || recv(b, &(char){ 0 }, 1, MSG_DONTWAIT) == 0);
    close_end(&b);
    UNTIL(has_ended);
    assert_int_equal(ended_code, E_SUCCESS);
    end_client();
}

static void a_peer_that_leaves_ends_well(void **state)
{
    (void)state;
    begin_client(0);
    int32_t id = ask("GET", "/hello");
    wait_for(id);
    close_end(&b);
    UNTIL(has_ended);
    assert_int_equal(ended_code, E_SUCCESS);
    end_client();
}

static void handlers_end_when_the_peer_leaves(void **state)
{
    (void)state;
    begin_client(1000);
    int32_t       big_id = ask("GET", "/big"), live_id = ask("GET", "/live?stay");
    struct posted body = { big, sizeof big, 0 };
    ask_with("POST", "/echo", &body, NULL, 0);
    UNTIL(reply_of(big_id)->len == 1000 && reply_of(live_id)->len == 1000);
    close_end(&b);
    for (int64_t until_us = a_while(); !has_ended && now_us() < until_us;)
        co_give_way();
    assert_true(has_ended);
    assert_int_equal(n_running, 0);
    assert_int_equal(ended_code, E_END_OF_STREAM);
    end_client();
}

static void a_server_that_stops_says_so(void **state)
{
    (void)state;
    begin_client(0);
    int32_t id = ask("GET", "/park");
    UNTIL(handler_co);
    co_group_cancel_and_join(&group);
    take(1 << 20);
    assert_true(goaway_came);
    assert_int_equal(goaway, NGHTTP2_NO_ERROR);
    assert_int_equal(ended_code, E_THREAD_INTERRUPTED);
    assert_int_equal(n_running, 0);
    (void)id;
    end_client();
}

static void silence_between_requests_ends_the_connection(void **state)
{
    (void)state;
    serving.idle_us = BRIEFLY_US;
    begin_client(0);
    int32_t busy = ask("GET", "/park");
    UNTIL(handler_co);
    struct err *e = co_sleep(3 * BRIEFLY_US);
    assert_null(e);
    assert_false(has_ended);
    co_unpark(handler_co);
    wait_for(busy);
    UNTIL(goaway_came);
    assert_int_equal(goaway, NGHTTP2_NO_ERROR);
    close_end(&b);
    UNTIL(has_ended);
    assert_int_equal(ended_code, E_SUCCESS);
    end_client();
    serving.idle_us = 0;
}

/* ---- peers that mean no good, by hand -------------------------------------------------------------------------- */

static void say_bytes(const void *bytes, size_t len)
{
    for (size_t at = 0; at < len && !has_ended;) {
        ssize_t n = send(b, (const char *)bytes + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            at += (size_t)n;
        take(1 << 20);
        co_give_way();
    }
}

static size_t put_frame(uint8_t *to, size_t len, uint8_t type, uint8_t flags, uint32_t id, const void *payload)
{
    const uint8_t head[] = { (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,       type,       flags,
                             (uint8_t)(id >> 24),  (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id };
    memcpy(to, head, sizeof head);
    memcpy(to + sizeof head, payload, len);
    return sizeof head + len;
}

static void say_frame(size_t len, uint8_t type, uint8_t flags, uint32_t id, const void *payload)
{
    uint8_t bytes[1024];
    say_bytes(bytes, put_frame(bytes, len, type, flags, id, payload));
}

/* The preface, and empty settings. */
static void introduce(void)
{
    begin_client(0);
    talk();
    is_raw = true;
}

/* GET /park (of the static table: :method GET, :scheme https; :path by a literal that is not indexed, :authority likewise). */
static const uint8_t get_park[] = { 0x82, 0x87, 0x04, 5, '/', 'p', 'a', 'r', 'k', 0x01, 1, 'h' };
static const uint8_t get_hello[] = { 0x82, 0x87, 0x04, 6, '/', 'h', 'e', 'l', 'l', 'o', 0x01, 1, 'h' };

static void expect_end(enum err_code code, uint32_t told)
{
    for (int64_t until_us = a_while(); !has_ended && now_us() < until_us;) {
        take(1 << 20);
        shutdown(b, SHUT_WR);
        co_give_way();
    }
    take(1 << 20);
    assert_true(has_ended);
    assert_int_equal(ended_code, code);
    assert_true(goaway_came);
    assert_int_equal(goaway, told);
    end_client();
}

static void flood(size_t len, uint8_t type, uint8_t flags, uint32_t id, const void *payload)
{
    for (int i = 0; i < 100000 && !has_ended && !goaway_came; i++)
        say_frame(len, type, flags, id, payload);
    expect_end(E_LIMIT, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void floods_of_frames_without_progress_are_refused(void **state)
{
    (void)state;
    introduce();
    flood(8, NGHTTP2_PING, 0, 0, "12345678");
    introduce();
    flood(8, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678");
    introduce();
    flood(0, NGHTTP2_SETTINGS, 0, 0, "");
    introduce();
    flood(5, NGHTTP2_PRIORITY, 0, 1, "\0\0\0\0\5");
    introduce();
    flood(4, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1");
    introduce();
    say_frame(sizeof get_park, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, get_park);
    flood(0, NGHTTP2_DATA, 0, 1, "");
}

static void a_head_without_end_is_refused(void **state)
{
    (void)state;
    introduce();
    say_frame(sizeof get_park, NGHTTP2_HEADERS, 0, 1, get_park);
    flood(6, NGHTTP2_CONTINUATION, 0, 1, "\0\2xx\1y");
}

static void requests_that_are_reset_at_once_are_refused(void **state)
{
    (void)state;
    introduce();
    for (uint32_t id = 1; id < 20001 && !has_ended && !goaway_came; id += 2) {
        say_frame(sizeof get_park, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, get_park);
        say_frame(4, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10");
        assert_true(n_running <= HTTP2_STREAMS_MAX);
    }
    assert_true(n_running_max <= HTTP2_STREAMS_MAX);
    expect_end(E_LIMIT, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void more_requests_than_allowed_are_refused(void **state)
{
    (void)state;
    introduce();
    for (uint32_t id = 1; id < 2 * HTTP2_STREAMS_MAX + 20; id += 2)
        say_frame(sizeof get_park, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, get_park);
    for (int i = 0; i < 10; i++)
        co_give_way();
    assert_true(n_running_max == HTTP2_STREAMS_MAX);
    end_client();
}

static void broken_frames_end_the_connection(void **state)
{
    (void)state;
    introduce();
    say_frame(3, NGHTTP2_PING, 0, 0, "abc");
    expect_end(E_HTTP_PARSE_HEADER, NGHTTP2_FRAME_SIZE_ERROR);
    introduce();
    say_frame(0, NGHTTP2_DATA, 0, 1, "");
    expect_end(E_HTTP_PARSE_HEADER, NGHTTP2_PROTOCOL_ERROR);
    introduce();
    say_frame(1, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, "\x7f");
    expect_end(E_HTTP_PARSE_HEADER, NGHTTP2_COMPRESSION_ERROR);
}

static void a_broken_head_ends_its_stream_alone(void **state)
{
    (void)state;
    static const uint8_t upper_case[] = { 0x82, 0x87, 0x04, 1, '/', 0x01, 1, 'h', 0x00, 1, 'X', 1, 'y' };
    introduce();
    say_frame(sizeof upper_case, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, upper_case);
    for (int i = 0; i < 10; i++)
        co_give_way();
    assert_false(has_ended);
    assert_int_equal(n_running_max, 0);
    say_frame(sizeof get_hello, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 3, get_hello);
    for (int i = 0; i < 10; i++)
        co_give_way();
    assert_int_equal(n_running_max, 1);
    end_client();
}

static void what_is_not_http_2_is_refused(void **state)
{
    (void)state;
    begin();
    send(b, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27, MSG_NOSIGNAL);
    shutdown(b, SHUT_WR);
    for (int64_t until_us = a_while(); !has_ended && now_us() < until_us;)
        co_give_way();
    assert_int_equal(ended_code, E_HTTP_PARSE_HEADER);
    end();
}

static void silence_before_a_request_is_whole_ends_the_connection(void **state)
{
    (void)state;
    serving.head_us = BRIEFLY_US;
    begin();
    for (int64_t until_us = a_while(); !has_ended && now_us() < until_us; shutdown(b, SHUT_WR))
        co_give_way();
    end();

    begin_client(0);
    talk();
    say_frame(sizeof get_hello, NGHTTP2_HEADERS, 0, 1, get_hello);
    for (int64_t until_us = a_while(); !goaway_came && now_us() < until_us; take(1 << 20))
        co_give_way();
    expect_end(E_SOCKET_TIMEOUT, NGHTTP2_NO_ERROR);
    serving.head_us = 0;
}

/* A peer that asks and reads nothing must not make the server collect its answers. */
static void a_peer_that_reads_no_answers_is_not_read_from(void **state)
{
    (void)state;
    uint8_t frames[17 * 100];
    size_t  len = 0;
    introduce();
    size_t before = mem_held();
    reads_nothing = true;
    for (int i = 0; i < 100; i++)
        len += put_frame(frames + len, 8, NGHTTP2_PING, 0, 0, "12345678");
    int n_full = 0;
    for (int i = 0; i < 10000 && n_full < 1000 && !has_ended; i++) {
        n_full = send(b, frames, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? n_full + 1 : 0;
        co_give_way();
    }
    assert_true(mem_held() < before + 200000);
    end_client();
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static void an_idle_connection_is_small(void **state)
{
    (void)state;
    size_t before = mem_held();
    begin_client(0);
    int32_t id = ask("GET", "/hello");
    wait_for(id);
    for (int i = 0; i < 10; i++)
        talk();
    size_t held = mem_held() - before;
    if (held > 28000)
        fail_msg("%zu bytes", held);
    end_client();
    assert_int_equal(mem_held(), before);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    size_t before = mem_held();
    int    failed = 1;
    for (int64_t n = 0; failed; n++) {
        struct posted body = { "12345", 5, 0 };
        begin_client(0);
        mem_fail_after(n);
        ask("GET", "/hello");
        ask_with("POST", "/echo", &body, NULL, 0);
        ask("GET", "/pieces");
        for (int i = 0; i < 12; i++)
            talk();
        failed = mem_failed();
        mem_fail_after(-1);
        end_client();
        assert_int_equal(n_running, 0);
        assert_int_equal(mem_held(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_has_its_fields_and_its_body),
        cmocka_unit_test(bytes_may_come_in_any_pieces),
        cmocka_unit_test(replies_without_a_body_have_none),
        cmocka_unit_test(a_reply_that_breaks_its_promise_is_no_complete_one),
        cmocka_unit_test(many_requests_are_served_at_a_time),
        cmocka_unit_test(the_request_is_that_of_http_1_1),
        cmocka_unit_test(heads_have_the_bounds_of_http_1_1),
        cmocka_unit_test(a_body_comes_through_its_window),
        cmocka_unit_test(a_body_that_nobody_reads_is_bounded_and_holds_up_nobody),
        cmocka_unit_test(a_body_that_is_too_long_is_refused),
        cmocka_unit_test(a_slow_stream_holds_nothing_and_holds_up_nobody),
        cmocka_unit_test(a_peer_that_reads_nothing_is_given_up),
        cmocka_unit_test(a_full_socket_is_written_to_when_it_drains),
        cmocka_unit_test(a_request_that_is_taken_back_ends_its_handler_alone),
        cmocka_unit_test(a_handler_that_is_cancelled_ends_its_stream_alone),
        cmocka_unit_test(a_handler_may_end_the_connection_behind_the_others),
        cmocka_unit_test(a_peer_that_leaves_ends_well),
        cmocka_unit_test(handlers_end_when_the_peer_leaves),
        cmocka_unit_test(a_server_that_stops_says_so),
        cmocka_unit_test(silence_between_requests_ends_the_connection),
        cmocka_unit_test(floods_of_frames_without_progress_are_refused),
        cmocka_unit_test(a_head_without_end_is_refused),
        cmocka_unit_test(requests_that_are_reset_at_once_are_refused),
        cmocka_unit_test(more_requests_than_allowed_are_refused),
        cmocka_unit_test(broken_frames_end_the_connection),
        cmocka_unit_test(a_broken_head_ends_its_stream_alone),
        cmocka_unit_test(what_is_not_http_2_is_refused),
        cmocka_unit_test(silence_before_a_request_is_whole_ends_the_connection),
        cmocka_unit_test(a_peer_that_reads_no_answers_is_not_read_from),
        cmocka_unit_test(an_idle_connection_is_small),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 2654435761u >> 24);
    serving = (struct http_serving){ .handle = handle };
    return cmocka_run_group_tests(tests, loop_begin, loop_end);
}

#include "protocol/http/serve.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"
#include "protocol/http/exchange_state.h"
#include "protocol/http/status.h"

/* RFC 9112, 2.2: empty lines before a request are ignored. */
static void skip_empty_lines(struct http_exchange *x)
{
    const struct http_input *in = &x->in;
    size_t                   n = 0;
    while (in->len - n >= 2 && memcmp(in->buf + in->at + n, "\r\n", 2) == 0)
        n += 2;
    if (n > 0)
        http_input_take(x, n);
}

/* Take what has come, without waiting. */
static struct err *look_for_input(struct http_exchange *x)
{
    co_give_way_by_time(); /* A peer may flood the server with empty lines. */
    return http_input_now(x);
}

/* Read until a head is complete. *status is the status to refuse it with, or 0; *rests: not a byte of it has come. */
static struct err *read_head(struct http_exchange *x, size_t *len, int *status, bool *rests)
{
    int64_t deadline_us = 0;
    size_t  looked = 0;
    for (;;) {
        struct err *e;
        skip_empty_lines(x);
        bool is_empty = x->in.len == 0;
        if (is_empty && !x->gave_way && !io_is_readable(x->io)) {
            *rests = true;
            return NULL;
        }
        if (!is_empty && (*status = http_head_find(x->in.buf + x->in.at, x->in.len, &looked, len)) >= 0)
            return NULL;
        if (!is_empty && !deadline_us)
            deadline_us = now_us() + http_or_default(x->serving->head_us, HTTP_HEAD_US);
        e = is_empty ? look_for_input(x) : http_input_more(x, deadline_us);
        if (e)
            return e;
    }
}

/* Move the head to memory of its own, and parse it. */
static struct err *parse_head(struct http_exchange *x, size_t len, int *status, const char **why)
{
    const char *head = x->in.buf + x->in.at;
    size_t      room = http_request_room(head, len);
    char       *memory = mem_alloc(room + len);
    if (!memory)
        return err_no_memory();
    x->memory = memory;
    memcpy(memory + room, head, len);
    http_input_take(x, len);
    *status = http_request_parse(&x->request, memory + room, len, memory, why);
    x->owes_continue = x->request.expects_continue;
    x->body_ended = !x->request.has_body;
    x->body_left = x->request.content_length > 0 ? (uint64_t)x->request.content_length : 0;
    return NULL;
}

/* Reply with the status and close the connection: the end of this request is not known. */
static struct err *refuse_request(struct http_exchange *x, int status, const char *why)
{
    x->close_after = x->body_ended = true;
    x->request.method = HTTP_GET; /* the reply needs a body, even if the method was parsed as HEAD */
    struct err *e = http_reply_status(x, status);
    err_free(e); /* the peer may have gone */
    return err_new(E_HTTP_PARSE_HEADER, "refused with %d: %s", status, why);
}

static struct err *next_request(struct http_exchange *x, bool *rests)
{
    size_t      len = 0;
    int         status = 0;
    const char *why = "the head is too long";
    struct err *e = read_head(x, &len, &status, rests);
    if (err_code(e) == E_SOCKET_TIMEOUT && x->in.len > 0) {
        err_free(e);
        return refuse_request(x, HTTP_STATUS_REQUEST_TIMEOUT, "the head did not come in time");
    }
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        return refuse_request(x, HTTP_STATUS_SERVICE_UNAVAILABLE, "the server holds more than memory_limit");
    }
    if (!e && status == 0 && !*rests)
        e = parse_head(x, len, &status, &why);
    if (e || *rests)
        return e;
    return status ? refuse_request(x, status, why) : NULL;
}

/* The status that a handler's error becomes. */
static int status_of(enum err_code code)
{
    switch (code) {
    case E_HTTP_INVALID_CHUNK_HEADER: return HTTP_STATUS_BAD_REQUEST;
    case E_HTTP_CONTENT_LENGTH: return HTTP_STATUS_PAYLOAD_TOO_LARGE;
    case E_SOCKET_TIMEOUT: return HTTP_STATUS_REQUEST_TIMEOUT;
    case E_NO_MEMORY: return HTTP_STATUS_SERVICE_UNAVAILABLE;
    default: return HTTP_STATUS_INTERNAL_SERVER_ERROR;
    }
}

/* True when the peer can still get a reply. */
static bool is_connected(enum err_code code)
{
    return code != E_END_OF_STREAM && code != E_SOCKET_READ && code != E_SOCKET_WRITE && code != E_HTTPS_READ &&
           code != E_HTTPS_WRITE && code != E_THREAD_INTERRUPTED;
}

struct err *http_exchange_run(struct http_exchange *x)
{
    struct err *e = x->serving->handle(x);
    if (!e && !x->begun)
        e = err_new(E_HTTP_HANDLER_INVALID, "nobody has replied");
    if (!e)
        return http_reply_end(x);
    x->close_after = true;
    if (!x->begun && is_connected(err_code(e))) {
        http_exchange_drop_fields(x);
        err_free(http_reply_status(x, status_of(err_code(e))));
    }
    return e;
}

void http_exchange_drain(struct http_exchange *x)
{
    char    unread[2048];
    int64_t deadline_us = now_us() + HTTP_DRAIN_US;
    size_t  n = 1, sum = 0;
    while (!x->close_after && !x->body_ended && n > 0) {
        err_free(http_read_some(x, unread, sizeof unread, &n, deadline_us)); /* an error has set close_after */
        if ((sum += n) > HTTP_DRAIN_BYTES_MAX)
            x->close_after = true;
    }
}

/* True when the peer left or fell silent between two requests. */
static bool is_good_end(const struct http_exchange *x, enum err_code code)
{
    bool between = x->in.len == 0 && !x->memory;
    return between && (code == E_END_OF_STREAM || code == E_SOCKET_TIMEOUT || code == E_SOCKET_READ);
}

/* Serve what has come. *n counts the requests, and *rests tells that the connection waits for the next. */
static struct err *serve_requests(struct http_exchange *x, unsigned *n, bool *rests)
{
    struct err *e = NULL;
    while (!e && !x->close_after) {
        http_exchange_reset(x);
        e = next_request(x, rests);
        if (*rests)
            return NULL;
        if (is_good_end(x, err_code(e))) {
            err_free(e);
            return NULL;
        }
        ++*n;
        if (!e && !(e = http_exchange_run(x)))
            http_exchange_drain(x);
        if (x->in.len > 0) /* the next request is there already: let the others run first */
            co_give_way();
    }
    return e;
}

/* False when the connection has rested for as long as it may, without a request. */
static bool may_rest_on(struct io *io, int64_t until_us, struct err **e)
{
    *e = io_wait_readable(io, until_us);
    if (err_code(*e) != E_SOCKET_TIMEOUT)
        return true;
    err_free(*e);
    *e = NULL;
    return false;
}

struct err *http_serve(struct io *io, const struct http_serving *s, int64_t *rests_until_us)
{
    struct http_exchange x = { .io = io, .serving = s };
    struct err          *e = NULL;
    unsigned             n = 0;
    bool                 rests = false;
    int64_t              before_us = *rests_until_us;
    if (before_us && !io_is_readable(io) && now_us() < before_us && !co_is_cancelled(co_self()))
        return NULL; /* It was woken for nothing. */
    *rests_until_us = 0;
    if (before_us && !may_rest_on(io, before_us, &e))
        return NULL;
    if (!e)
        e = serve_requests(&x, &n, &rests);
    bool told = !rests && x.begun && is_connected(err_code(e));
    http_exchange_finish(&x);
    if (rests) /* Empty lines are no requests. */
        *rests_until_us = before_us && n == 0 ? before_us : now_us() + http_or_default(s->idle_us, HTTP_IDLE_US);
    if (told)
        io_linger(io, now_us() + HTTP_LINGER_US);
    return e;
}

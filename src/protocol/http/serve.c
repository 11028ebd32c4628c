#include "protocol/http/serve.h"

#include <string.h>

#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/exchange.h"
#include "protocol/http/exchange_state.h"
#include "protocol/http/status.h"

/*
 * A connection that is silent for this long gives back the stack pages that the last request touched. It is longer than the usual
 * distance of an HLS player's requests, for whom giving back and getting again would cost more than a small reply.
 */
enum { SETTLE_US = 5 * US_PER_SECOND };

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

/* Wait for the first bytes of a request; no memory is held meanwhile. */
static struct err *wait_for_request(struct http_exchange *x, int64_t since_us)
{
    int64_t idle_us = http_or_default(x->serving->idle_us, HTTP_IDLE_US);
    if (idle_us > SETTLE_US) {
        struct err *e = io_wait_readable(x->io, since_us + SETTLE_US);
        if (err_code(e) != E_SOCKET_TIMEOUT && e)
            return e;
        if (e)
            co_trim_stack();
        err_free(e);
    }
    return http_input_more(x, since_us + idle_us);
}

/* Read until a head is complete. *status is the status to refuse it with, or 0. */
static struct err *read_head(struct http_exchange *x, size_t *len, int *status)
{
    int64_t deadline_us = 0, since_us = now_us(); /* a peer that sends only empty lines counts as idle */
    size_t  looked = 0;
    for (;;) {
        struct err *e;
        skip_empty_lines(x);
        if (x->in.len == 0) {
            e = wait_for_request(x, since_us);
        } else {
            if ((*status = http_head_find(x->in.buf + x->in.at, x->in.len, &looked, len)) >= 0)
                return NULL;
            if (!deadline_us)
                deadline_us = now_us() + http_or_default(x->serving->head_us, HTTP_HEAD_US);
            e = http_input_more(x, deadline_us);
        }
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

static struct err *next_request(struct http_exchange *x)
{
    size_t      len = 0;
    int         status = 0;
    const char *why = "the head is too long";
    struct err *e = read_head(x, &len, &status);
    if (err_code(e) == E_SOCKET_TIMEOUT && x->in.len > 0) {
        err_free(e);
        return refuse_request(x, HTTP_STATUS_REQUEST_TIMEOUT, "the head did not come in time");
    }
    if (err_code(e) == E_LIMIT) {
        err_free(e);
        return refuse_request(x, HTTP_STATUS_SERVICE_UNAVAILABLE, "the server holds more than memory_limit");
    }
    if (!e && status == 0)
        e = parse_head(x, len, &status, &why);
    if (e)
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

struct err *http_serve(struct io *io, const struct http_serving *s)
{
    struct http_exchange x = { .io = io, .serving = s };
    struct err          *e = NULL;
    while (!e && !x.close_after) {
        http_exchange_reset(&x);
        e = next_request(&x);
        if (is_good_end(&x, err_code(e))) {
            err_free(e);
            http_exchange_finish(&x);
            return NULL;
        }
        if (!e && !(e = http_exchange_run(&x)))
            http_exchange_drain(&x);
        if (x.in.len > 0) /* the next request is there already: let the others run first */
            co_give_way();
    }
    bool told = x.begun && is_connected(err_code(e));
    http_exchange_finish(&x);
    if (told)
        io_linger(io, now_us() + HTTP_LINGER_US);
    return e;
}

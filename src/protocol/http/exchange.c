#include "protocol/http/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/page.h"
#include "core/str.h"
#include "core/version.h"
#include "protocol/http/batch.h"
#include "protocol/http/date.h"
#include "protocol/http/exchange_state.h"
#include "protocol/http/status.h"

enum {
    READ_BYTES = 32 << 10,
    HEAD_TEXT_MAX = 512, /* bytes of a reply's head, without its fields */
    FIELDS_USUAL = 512,  /* bytes of the fields of most replies: one piece of memory is enough for them */
    PIECES_MAX = 4,
};

const struct http_request *http_request_of(const struct http_exchange *x)
{
    return &x->request;
}

void http_request_move(struct http_exchange *x, size_t skip, const char *query)
{
    x->request.path += skip;
    x->request.raw_path += skip;
    x->request.raw_query = query;
}

void *http_owner_of(const struct http_exchange *x)
{
    return x->owner;
}

void http_set_owner(struct http_exchange *x, void *owner)
{
    x->owner = owner;
}

bool http_is_multiplexed(const struct http_exchange *x)
{
    return x->transport != NULL;
}

struct io *http_io_of(struct http_exchange *x)
{
    return x->io;
}

bool http_reply_has_begun(const struct http_exchange *x)
{
    return x->begun;
}

int http_reply_status_of(const struct http_exchange *x)
{
    return x->status;
}

bool http_reply_is_chunked(const struct http_exchange *x)
{
    return x->is_chunked;
}

bool http_reply_wants_body(const struct http_exchange *x)
{
    return x->wants_body;
}

void http_close_after(struct http_exchange *x)
{
    x->close_after = x->close_asked = true;
}

/* ---- input ----------------------------------------------------------------------------------------------------- */

static void drop_input(struct http_exchange *x)
{
    mem_free(x->in.buf);
    x->in = (struct http_input){ 0 };
    unfinished_set(&x->unfinished, 0);
}

static void give_way(struct unfinished *u)
{
    struct http_exchange *x = CONTAINER_OF(u, struct http_exchange, unfinished);
    x->gave_way = true;
    drop_input(x);
}

/* Fails when no memory is left for input of this length. The check may make this very input give way. */
static struct err *check_room(struct http_exchange *x, size_t len)
{
    bool has_room = len < UNFINISHED_MIN || mem_has_room();
    return has_room && !x->gave_way ? NULL : err_new(E_LIMIT, "the server holds more than memory_limit");
}

struct err *http_input_add(struct http_exchange *x, const void *bytes, size_t n)
{
    struct http_input *in = &x->in;
    struct err        *e = check_room(x, in->len + n);
    if (e)
        return e;
    if (in->at > 0)
        memmove(in->buf, in->buf + in->at, in->len);
    in->at = 0;
    char *grown = mem_realloc(in->buf, in->len + n);
    if (!grown)
        return err_no_memory();
    in->buf = grown;
    memcpy(in->buf + in->len, bytes, n);
    in->len += n;
    x->unfinished.drop = give_way;
    unfinished_set(&x->unfinished, in->len);
    return NULL;
}

static char received[READ_BYTES]; /* scratch: copied before the next yield */

struct err *http_input_now(struct http_exchange *x)
{
    size_t      n;
    struct err *e = io_read_now(x->io, received, sizeof received, &n);
    return e || n == 0 ? e : http_input_add(x, received, n);
}

struct err *http_input_more(struct http_exchange *x, int64_t deadline_us)
{
    size_t      n;
    struct err *e = io_read(x->io, received, sizeof received, &n, deadline_us);
    return e ? e : http_input_add(x, received, n);
}

void http_input_take(struct http_exchange *x, size_t n)
{
    x->in.at += n;
    x->in.len -= n;
    if (x->in.len == 0)
        drop_input(x);
}

size_t http_take_input(struct http_exchange *x, void *buf, size_t cap)
{
    size_t n = x->in.len < cap ? x->in.len : cap;
    if (n > 0) {
        memcpy(buf, x->in.buf + x->in.at, n);
        http_input_take(x, n);
    }
    return n;
}

/* ---- begin and end --------------------------------------------------------------------------------------------- */

static void free_request(struct http_exchange *x)
{
    mem_free(x->memory);
    buf_finish(&x->body);
    x->memory = NULL;
    enum http_method method = x->request.method;
    x->request = (struct http_request){
        .method = method, .path = "", .raw_path = "", .raw_query = "", .host = "", .host_port = ""
    };
}

void http_exchange_drop_fields(struct http_exchange *x)
{
    buf_finish(&x->fields);
}

void http_exchange_reset(struct http_exchange *x)
{
    free_request(x);
    http_exchange_drop_fields(x);
    *x = (struct http_exchange){ .io = x->io,
                                 .transport = x->transport,
                                 .serving = x->serving,
                                 .owner = x->serving->owner,
                                 .in = x->in,
                                 .unfinished = x->unfinished,
                                 .gave_way = x->gave_way,
                                 .request = x->request,
                                 .fields = buf_up_to(HTTP_REPLY_FIELDS_MAX),
                                 .wants_body = true };
}

void http_exchange_finish(struct http_exchange *x)
{
    free_request(x);
    http_exchange_drop_fields(x);
    drop_input(x);
}

void http_forget_request(struct http_exchange *x)
{
    if (!x->body_ended && !x->transport)
        x->close_after = true; /* the end of the body is unknown */
    free_request(x);
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

void http_reply_ends(struct http_exchange *x, int64_t ends_us)
{
    x->ends_us = ends_us;
}

int64_t http_reply_before(const struct http_exchange *x, int64_t deadline_us)
{
    return x->ends_us && x->ends_us < deadline_us ? x->ends_us : deadline_us;
}

struct err *http_wait_for_room(struct http_exchange *x)
{
    return io_wait_taken(x->io, http_or_default(x->serving->stall_us, HTTP_STALL_US),
                         http_reply_before(x, http_or_default(x->until_us, DEADLINE_NEVER)));
}

/* Send all of it. `more`: the next piece follows at once, and may go out in one packet with this one. */
static struct err *send_all(struct http_exchange *x, struct iovec *iov, int n_iov, bool more)
{
    if (x->sleeper) {
        http_batch_put(x->sleeper, iov, n_iov);
        return NULL;
    }
    while (n_iov > 0) {
        size_t      n;
        struct err *e = http_wait_for_room(x);
        if (!e)
            e = more ? io_writev_more_now(x->io, iov, n_iov, &n) : io_writev_now(x->io, iov, n_iov, &n);
        if (e)
            return e;
        while (n_iov > 0 && n >= iov->iov_len) {
            n -= iov->iov_len;
            iov++;
            n_iov--;
        }
        if (n_iov > 0) {
            iov->iov_base = (char *)iov->iov_base + n;
            iov->iov_len -= n;
        }
    }
    return NULL;
}

struct err *http_add_field(struct http_exchange *x, const char *name, const char *value)
{
    if (strpbrk(value, "\r\n"))
        return err_new(E_HTTP_PARSE_HEADER, "the value of %s has a line break in it", name);
    if (x->fields.len == 0)
        buf_reserve(&x->fields, FIELDS_USUAL);
    buf_text(&x->fields, name);
    buf_append(&x->fields, ": ", 2);
    buf_text(&x->fields, value);
    buf_append(&x->fields, "\r\n", 2);
    return x->fields.fault ? err_wrap(buf_error(&x->fields), "the fields of the reply") : NULL;
}

struct err *http_add_fieldf(struct http_exchange *x, const char *name, const char *format, ...)
{
    char       value[2048];
    struct str text = str_over(value, sizeof value);
    va_list    args;
    va_start(args, format);
    str_vprintf(&text, format, args);
    va_end(args);
    if (text.cut)
        return err_new(E_LIMIT, "the value of %s exceeds %zu bytes", name, sizeof value);
    return http_add_field(x, name, value);
}

/* Choose how the reply ends, and whether another exchange may follow on this connection. */
static void choose_framing(struct http_exchange *x, int status, int64_t length)
{
    const struct http_request *r = &x->request;
    bool                       empty = http_status_is_bodiless(status);
    x->wants_body = r->method != HTTP_HEAD && !empty;
    x->left = length;
    if (x->transport)
        return;
    x->is_chunked = length < 0 && x->wants_body && !r->is_http_1_0;
    bool unread = !x->body_ended;
    bool too_much = unread && (x->owes_continue || x->body_left > HTTP_DRAIN_BYTES_MAX);
    if (!r->keep_alive || too_much || (length < 0 && x->wants_body && !x->is_chunked) ||
        status == HTTP_STATUS_SWITCHING_PROTOCOLS)
        x->close_after = true;
}

/* Send the head of HTTP/1.1, and the body if it is complete already. Each reply has a head, so it is made without formats. */
static struct err *send_text(struct http_exchange *x, int64_t length, const void *body, size_t body_len)
{
    int         status = x->status;
    char        before[HEAD_TEXT_MAX / 2], after[HEAD_TEXT_MAX];
    struct str  first = str_over(before, sizeof before), last = str_over(after, sizeof after);
    const char *connection = status == HTTP_STATUS_SWITCHING_PROTOCOLS ? "Upgrade\r\n"
                             : x->close_after                          ? "close\r\n"
                                                                       : "keep-alive\r\n";
    str_text(&first, "HTTP/1.1 ");
    str_number(&first, status);
    str_text(&first, " ");
    str_text(&first, http_status_reason(status));
    str_text(&first, "\r\nConnection: ");
    str_text(&first, connection);
    if (length >= 0 && !http_status_is_bodiless(status)) {
        str_text(&last, "Content-Length: ");
        str_number(&last, length);
        str_text(&last, "\r\n");
    }
    str_text(&last, "Server: " SERVER_SIGNATURE "\r\nDate: ");
    str_text(&last, http_date_now());
    str_text(&last, x->is_chunked ? "\r\nTransfer-Encoding: chunked\r\n\r\n" : "\r\n\r\n");

    struct iovec iov[PIECES_MAX] = { { before, first.len }, { x->fields.bytes, x->fields.len }, { after, last.len } };
    int          n = 3;
    if (body_len > 0 && x->wants_body)
        iov[n++] = (struct iovec){ (void *)body, body_len };
    bool more = body_len == 0 && length > 0 && x->wants_body;
    return send_all(x, iov, n, more);
}

static struct err *send_head(struct http_exchange *x, int status, int64_t length, const void *body, size_t body_len)
{
    x->begun = true;
    x->status = status;
    struct err *e =
        x->transport ? x->transport->begin(x, length, body, body_len) : send_text(x, length, body, body_len);
    http_exchange_drop_fields(x);
    return err_wrap(e, "reply %d", status);
}

struct err *http_reply_begin(struct http_exchange *x, int status, const char *content_type, int64_t length)
{
    if (x->begun)
        return err_new(E_SYSTEM_ASSERT_FAILED, "a second reply, %d", status);
    struct err *e = content_type ? http_add_field(x, "Content-Type", content_type) : NULL;
    if (e)
        return e;
    choose_framing(x, status, length);
    return send_head(x, status, length, NULL, 0);
}

void http_reply_until(struct http_exchange *x, int64_t until_us)
{
    x->until_us = until_us;
}

static int64_t take_us(size_t len)
{
    return HTTP_TAKE_US + (int64_t)len * US_PER_SECOND / HTTP_TAKE_BYTES_PER_S;
}

struct err *http_reply(struct http_exchange *x, int status, const char *content_type, const void *body, size_t len)
{
    if (x->begun)
        return err_new(E_SYSTEM_ASSERT_FAILED, "a second reply, %d", status);
    if (!x->until_us)
        x->until_us = now_us() + http_or_default(x->serving->take_us, take_us(len));
    struct err *e = content_type ? http_add_field(x, "Content-Type", content_type) : NULL;
    if (e)
        return e;
    choose_framing(x, status, (int64_t)len);
    x->ended = true;
    return send_head(x, status, (int64_t)len, body, len);
}

struct err *http_reply_status(struct http_exchange *x, int status)
{
    const char *text = http_status_reason(status);
    return http_reply(x, status, http_status_is_bodiless(status) ? NULL : "text/plain; charset=utf-8", text,
                      strlen(text));
}

struct err *http_reply_redirect(struct http_exchange *x, int status, const char *location)
{
    struct err *e = http_add_field(x, "Location", location);
    size_t      cap = strlen(location) + sizeof "Redirect to ";
    char       *text = e ? NULL : mem_alloc(cap);
    if (e || !text)
        return e ? e : err_no_memory();
    snprintf(text, cap, "Redirect to %s", location);
    e = http_reply(x, status, "text/plain; charset=utf-8", text, cap - 1);
    mem_free(text);
    return e;
}

void http_reply_count(struct http_exchange *x, size_t len)
{
    if (x->left >= 0)
        x->left -= (int64_t)len;
}

struct err *http_reply_write(struct http_exchange *x, const void *buf, size_t len)
{
    char         size[24];
    struct iovec iov[PIECES_MAX];
    int          n = 0;
    if (!x->wants_body || len == 0)
        return NULL;
    if (x->left >= 0 && (int64_t)len > x->left)
        return err_new(E_HTTP_CONTENT_LENGTH, "%zu bytes more than Content-Length", len - (size_t)x->left);
    http_reply_count(x, len);
    if (x->transport)
        return err_wrap(x->transport->write(x, buf, len), "reply");
    if (x->is_chunked)
        iov[n++] = (struct iovec){ size, (size_t)snprintf(size, sizeof size, "%zx\r\n", len) };
    iov[n++] = (struct iovec){ (void *)buf, len };
    if (x->is_chunked)
        iov[n++] = (struct iovec){ "\r\n", 2 };
    return err_wrap(send_all(x, iov, n, false), "reply");
}

/*
 * Have the kernel send pages of a file in memory. What lies before the first border of a page is copied, to go with the head: pages of
 * one call then fill whole packets.
 */
static struct err *send_pages(struct http_exchange *x, const struct blob *b, size_t from, size_t len)
{
    int64_t      at = b->at + (int64_t)from, end = at + (int64_t)len;
    size_t       odd = (size_t)(-at & (PAGE_BYTES - 1));
    struct iovec iov = { (void *)(b->bytes + from), odd < len ? odd : len };
    struct err  *e = odd > 0 ? send_all(x, &iov, 1, odd < len) : NULL;
    at += (int64_t)odd;
    while (!e && at < end) {
        size_t n;
        e = http_wait_for_room(x);
        if (!e)
            e = io_sendfile_now(x->io, b->file, &at, (size_t)(end - at), &n);
    }
    return err_wrap(e, "reply");
}

struct err *http_reply_blob(struct http_exchange *x, const struct blob *b, size_t at, size_t len)
{
    if (b->file < 0 || x->transport || x->is_chunked || x->io->layer || x->sleeper)
        return http_reply_write(x, b->bytes + at, len);
    if (!x->wants_body || len == 0)
        return NULL;
    if (x->left >= 0 && (int64_t)len > x->left)
        return err_new(E_HTTP_CONTENT_LENGTH, "%zu bytes more than Content-Length", len - (size_t)x->left);
    http_reply_count(x, len);
    return send_pages(x, b, at, len);
}

struct err *http_reply_end(struct http_exchange *x)
{
    if (x->ended)
        return NULL;
    x->ended = true;
    if (x->transport)
        return err_wrap(x->transport->end(x), "end the reply");
    if (x->wants_body && x->left > 0)
        x->close_after = true; /* shorter than Content-Length: only a close shows the peer that the body is cut */
    if (!x->is_chunked)
        return NULL;
    struct iovec last = { "0\r\n\r\n", 5 };
    return err_wrap(send_all(x, &last, 1, false), "end the reply");
}

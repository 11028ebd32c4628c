#include "protocol/http/client.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "core/version.h"
#include "protocol/co.h"
#include "protocol/dial.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"
#include "protocol/http/request.h"
#include "protocol/http/status.h"
#include "protocol/tls/tls.h"
#include "protocol/unfinished.h"

enum { AUTHORITY_CAP = HTTP_URL_HOST_MAX + 16, FRAME_MAX = 512 };

/* The destination of a request, named by the caller or by a redirect. */
struct target {
    struct http_location at;
    bool                 is_origin; /* it is the host of the caller's URL, which alone gets the caller's fields */
};

/* ---- the request */

static bool is_safe_field(const struct http_pair *f)
{
    return !strpbrk(f->name, "\r\n: ") && !strpbrk(f->value, "\r\n");
}

static struct err *check_fields(const struct http_client_request *r)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (!is_safe_field(&r->fields[i]))
            return err_new(E_HTTP_PARSE_HEADER, "a header field with a line break in it is not sent");
    if (r->content_type && strpbrk(r->content_type, "\r\n"))
        return err_new(E_HTTP_PARSE_HEADER, "a content type with a line break in it is not sent");
    return NULL;
}

static size_t request_cap(const struct http_client_request *r, const struct target *t)
{
    size_t cap =
        FRAME_MAX + t->at.target_len + AUTHORITY_CAP + (r->content_type ? strlen(r->content_type) : 0) + r->body_len;
    for (size_t i = 0; i < r->n_fields; i++)
        cap += strlen(r->fields[i].name) + strlen(r->fields[i].value) + 4;
    return cap;
}

static void print_head(struct str *out, const struct http_client_request *r, const struct target *t)
{
    char        authority[AUTHORITY_CAP];
    const char *slash = t->at.target_len && t->at.target[0] == '/' ? "" : "/";
    str_printf(out, "%s %s%.*s HTTP/1.1\r\nConnection: Keep-Alive\r\n", http_method_str(r->method), slash,
               (int)t->at.target_len, t->at.target);
    if (r->body || r->method == HTTP_POST || r->method == HTTP_PUT)
        str_printf(out, "Content-Length: %zu\r\n", r->body_len);
    if (r->content_type)
        str_printf(out, "Content-Type: %s\r\n", r->content_type);
    str_printf(out, "Host: %s\r\nUser-Agent: %s\r\n", http_location_authority(&t->at, authority, sizeof authority),
               SERVER_SIGNATURE);
    for (size_t i = 0; t->is_origin && i < r->n_fields; i++)
        str_printf(out, "%s: %s\r\n", r->fields[i].name, r->fields[i].value);
    str_printf(out, "\r\n");
}

static struct err *send_request(struct http_client *c, const struct http_client_request *r, const struct target *t,
                                int64_t deadline_us)
{
    size_t cap = request_cap(r, t);
    char  *text = mem_alloc(cap);
    if (!text)
        return err_no_memory();
    struct str out = str_over(text, cap);
    int64_t    sent_before = c->line->io.bytes_out;
    print_head(&out, r, t);
    if (r->body_len)
        str_append(&out, r->body, r->body_len);
    struct err *e = out.cut ? err_new(E_SYSTEM_ASSERT_FAILED, "the request needs more than %zu bytes", cap)
                            : io_write(&c->line->io, text, out.len, deadline_us);
    c->was_sent |= c->line->io.bytes_out > sent_before;
    mem_free(text);
    return err_wrap(e, "send the request");
}

/* ---- the connection */

/* "https://host:port", by which connections are kept. */
static const char *name_server(const struct target *t, char name[static AUTHORITY_CAP + 8])
{
    struct str out = str_over(name, AUTHORITY_CAP + 8);
    str_printf(&out, "%s://%s:%d", t->at.tls ? "https" : "http", t->at.host, t->at.port);
    return name;
}

static struct err *connect_line(struct http_client *c, const struct http_client_request *r, const struct target *t,
                                const char *server, int64_t deadline_us)
{
    if (!(c->line = http_line_new(server, t->at.tls ? r->tls : NULL)))
        return err_no_memory();
    struct err *e = dial(&c->line->io, t->at.host, t->at.port, deadline_us);
    if (!e && r->judge)
        e = r->judge(r->judge_arg, c->line->io.fd);
    return e || !t->at.tls ? e : err_wrap(tls_connect(&c->line->io, r->tls, t->at.host, deadline_us), "TLS");
}

static void drop_line(struct http_client *c)
{
    http_line_close(c->line);
    c->line = NULL;
}

/* ---- the response */

/* A server may take its time, for thousands of clients: each waits without a buffer, and without the stack of earlier calls. */
static struct err *wait_for_bytes(struct http_client *c, int64_t deadline_us)
{
    co_trim_stack();
    struct err *e = io_wait_readable(&c->line->io, deadline_us);
    if (e)
        return e;
    c->buf = mem_alloc(HTTP_CLIENT_BUFFER);
    return c->buf ? NULL : err_no_memory();
}

/* Read until a whole head is in the buffer. */
static struct err *read_head(struct http_client *c, size_t *head_len, int64_t deadline_us)
{
    size_t      looked = 0;
    struct err *waited = c->buf ? NULL : wait_for_bytes(c, deadline_us);
    if (waited)
        return waited;
    for (;;) {
        int found = c->len ? http_head_find(c->buf + c->at, c->len, &looked, head_len) : -1;
        if (found == 0)
            return NULL;
        if (c->at + c->len == HTTP_CLIENT_BUFFER && c->at > 0) { /* interim responses stand before it */
            memmove(c->buf, c->buf + c->at, c->len);
            c->at = 0;
        }
        if (found > 0 || c->at + c->len == HTTP_CLIENT_BUFFER)
            return err_new(E_HTTP_PARSE_HEADER, "the head of the response is longer than %d bytes", HTTP_CLIENT_BUFFER);
        size_t      n;
        char       *end = c->buf + c->at + c->len;
        struct err *e = io_read(&c->line->io, end, (size_t)(c->buf + HTTP_CLIENT_BUFFER - end), &n, deadline_us);
        if (e)
            return e;
        c->len += n;
    }
}

/* Move a head out of the buffer, to memory that lives as long as the response. */
static struct err *parse_head(struct http_client *c, size_t head_len, bool is_head)
{
    size_t            room = HTTP_CLIENT_FIELDS_MAX * sizeof(struct http_pair);
    struct http_pair *fields = mem_realloc(c->head, room + head_len);
    if (!fields)
        return err_no_memory();
    c->head = fields;
    char *text = (char *)c->head + room;
    memcpy(text, c->buf + c->at, head_len);
    c->at += head_len;
    c->len -= head_len;
    const char *wrong = http_response_parse(&c->response, text, head_len, fields, HTTP_CLIENT_FIELDS_MAX, is_head);
    return wrong ? err_new(E_HTTP_PARSE_HEADER, "the response is none: %s", wrong) : NULL;
}

static struct err *receive(struct http_client *c, bool is_head, int64_t deadline_us)
{
    size_t      head_len = 0;
    struct err *e = NULL;
    int         n = 0;
    do {
        e = n++ < HTTP_CLIENT_INTERIM_MAX
                ? read_head(c, &head_len, deadline_us)
                : err_new(E_HTTP_PARSE_HEADER, "more than %d interim responses", HTTP_CLIENT_INTERIM_MAX);
        if (!e)
            e = parse_head(c, head_len, is_head);
    } while (!e && http_status_is_informational(c->response.status) &&
             c->response.status != HTTP_STATUS_SWITCHING_PROTOCOLS);
    c->left = c->response.content_length;
    c->ended = c->response.body_end == HTTP_BODY_NONE;
    return err_wrap(e, "wait for the response");
}

/* ---- redirects */

/* Send the request and read the head of the response, on the line that there is, or on a new one. */
static struct err *converse(struct http_client *c, const struct http_client_request *r, const struct target *t,
                            const char *server, int64_t deadline_us)
{
    struct err *e = c->line ? NULL : connect_line(c, r, t, server, deadline_us);
    int64_t     read_before = e ? 0 : c->line->io.bytes_in;
    if (!e)
        e = send_request(c, r, t, deadline_us);
    if (!e)
        e = receive(c, r->method == HTTP_HEAD, deadline_us);
    c->heard = c->line && c->line->io.bytes_in > read_before;
    return e;
}

/* True if the server may have closed a kept connection before it saw the request. */
static bool is_stale(const struct http_client *c, const struct err *e)
{
    enum err_code code = err_code(e);
    return !c->heard && (code == E_END_OF_STREAM || code == E_SOCKET_READ || code == E_SOCKET_WRITE ||
                         code == E_HTTPS_READ || code == E_HTTPS_WRITE);
}

/* Send one request to c->url and read the head of its response. */
static struct err *ask(struct http_client *c, const struct http_client_request *r, const struct http_location *origin,
                       int64_t deadline_us)
{
    char          server[AUTHORITY_CAP + 8];
    struct target t;
    struct err   *e = http_location_parse(&t.at, c->url);
    if (e)
        return e;
    if (t.at.tls && !r->tls)
        return err_new(E_HTTPS_NOT_SUPPORTED, "https is not to be used here");
    t.is_origin = t.at.tls == origin->tls && t.at.port == origin->port && str_equal_nocase(t.at.host, origin->host);
    name_server(&t, server);
    if (c->pool)
        c->line = http_pool_take(c->pool, server, t.at.tls ? r->tls : NULL);
    bool is_old = c->line != NULL;
    e = converse(c, r, &t, server, deadline_us);
    if (!e || !is_old || !is_stale(c, e))
        return e;
    err_free(e);
    drop_line(c);
    return converse(c, r, &t, server, deadline_us);
}

/* Forget a response and the connection that it came by; the URL becomes the next one. */
static struct err *follow_redirect(struct http_client *c, const char *reference)
{
    char       *url = mem_alloc(HTTP_URL_MAX + 1);
    struct err *e = url ? http_location_resolve(c->url, reference, url) : err_no_memory();
    if (e) {
        mem_free(url);
        return err_wrap(e, "follow a redirect");
    }
    mem_free(c->url);
    mem_free(c->buf);
    drop_line(c);
    *c = (struct http_client){ .pool = c->pool, .url = url, .head = c->head, .was_sent = true };
    return NULL;
}

/* Send the request, and send it again to each place that a redirect names. */
static struct err *pursue(struct http_client *c, const struct http_client_request *r,
                          const struct http_location *origin, int64_t deadline_us)
{
    bool may_follow = r->redirects_max > 0 && (r->method == HTTP_GET || r->method == HTTP_HEAD);
    for (int n = 0;; n++) {
        struct err *e = ask(c, r, origin, deadline_us);
        const char *to = e || !may_follow || !http_status_is_redirect(c->response.status)
                             ? NULL
                             : http_response_field(&c->response, "Location");
        if (!to)
            return e;
        if (n == r->redirects_max)
            return err_new(E_HTTP_302_INVALID, "more than %d redirects, the last to %.200s", n, to);
        if ((e = follow_redirect(c, to)))
            return e;
    }
}

struct err *http_client_open(struct http_client *c, const struct http_client_request *r, int64_t deadline_us)
{
    struct http_location origin;
    *c = (struct http_client){ .pool = r->pool };
    struct err *e = http_location_parse(&origin, r->url);
    if (!e)
        e = check_fields(r);
    if (e)
        return e;
    c->url = mem_strdup(r->url);
    e = c->url ? pursue(c, r, &origin, deadline_us) : err_no_memory();
    if (e) {
        bool was_sent = c->was_sent;
        e = err_wrap(e, "%s %s", http_method_str(r->method), c->url ? c->url : r->url);
        http_client_close(c);
        c->was_sent = was_sent;
    }
    return e;
}

void http_client_close(struct http_client *c)
{
    if (c->pool && c->ended && c->len == 0 && c->response.stays)
        http_pool_give(c->pool, c->line);
    else
        http_line_close(c->line);
    mem_free(c->url);
    mem_free(c->buf);
    mem_free(c->head);
    *c = (struct http_client){ 0 };
}

/* ---- the body */

/* Take a piece of the body out of the buffer, or find its end; *len is 0 when more bytes must come. */
static struct err *decode(struct http_client *c, const void **data, size_t *len)
{
    struct rd      in = rd_over(c->buf + c->at, c->len);
    const uint8_t *piece = in.p;
    switch (c->response.body_end) {
    case HTTP_BODY_CHUNKED:
        switch (http_chunked_read(&c->chunked, &in, &piece, len)) {
        case HTTP_CHUNK_DATA: break;
        case HTTP_CHUNK_NEED_MORE: *len = 0; break;
        case HTTP_CHUNK_END:
            *len = 0;
            c->ended = true;
            break;
        case HTTP_CHUNK_BAD: return err_new(E_HTTP_INVALID_CHUNK_HEADER, "a chunk that is none");
        }
        break;
    case HTTP_BODY_LENGTH:
        *len = c->len < c->left ? c->len : (size_t)c->left;
        c->left -= *len;
        c->ended = c->left == 0;
        rd_bytes(&in, *len);
        break;
    default:
        *len = c->len;
        rd_bytes(&in, *len);
        break;
    }
    *data = piece;
    c->at += c->len - rd_left(&in);
    c->len = rd_left(&in);
    return NULL;
}

static struct err *read_more(struct http_client *c, int64_t deadline_us)
{
    c->at = 0; /* everything in the buffer has been read */
    struct err *e = io_read(&c->line->io, c->buf, HTTP_CLIENT_BUFFER, &c->len, deadline_us);
    if (err_code(e) != E_END_OF_STREAM)
        return e;
    err_free(e);
    c->len = 0;
    c->ended = c->response.body_end == HTTP_BODY_CLOSE;
    return c->ended ? NULL : err_new(E_HTTP_RESPONSE_EOF, "the connection ended inside the body");
}

struct err *http_client_read(struct http_client *c, const void **data, size_t *len, int64_t deadline_us)
{
    struct err *e = NULL;
    *len = 0;
    *data = "";
    while (!e && !c->ended && *len == 0) {
        if (c->len > 0 || (c->response.body_end == HTTP_BODY_LENGTH && c->left == 0))
            e = decode(c, data, len);
        else
            e = read_more(c, deadline_us);
    }
    return err_wrap(e, "read %s", c->url);
}

/* A body that is kept in whole. */
struct whole {
    struct buf        all;
    struct unfinished unfinished;
    bool              gave_way;
};

static void give_way(struct unfinished *u)
{
    struct whole *w = CONTAINER_OF(u, struct whole, unfinished);
    w->gave_way = true;
    buf_finish(&w->all);
}

static struct err *keep(struct whole *w, const struct http_client *c, const void *data, size_t len)
{
    bool has_room = w->all.len + len < UNFINISHED_MIN || mem_has_room(); /* It may make this very body give way. */
    if (!has_room || w->gave_way)
        return err_new(E_LIMIT, "the server holds more than memory_limit");
    buf_append(&w->all, data, len);
    unfinished_set(&w->unfinished, w->all.len);
    if (w->all.fault == BUF_FULL)
        return err_new(E_HTTP_CONTENT_LENGTH, "the body of %s is longer than %zu bytes", c->url, w->all.max);
    return buf_error(&w->all);
}

struct err *http_client_read_all(struct http_client *c, size_t cap, char **body, size_t *len, int64_t deadline_us)
{
    struct whole w = { .all = buf_up_to(cap), .unfinished.drop = give_way };
    size_t       n = 1;
    struct err  *e = NULL;
    *body = NULL;
    *len = 0;
    while (!e && n > 0) {
        const void *data;
        e = http_client_read(c, &data, &n, deadline_us);
        if (!e)
            e = keep(&w, c, data, n);
    }
    unfinished_set(&w.unfinished, 0);
    if (e) {
        buf_finish(&w.all);
        return e;
    }
    *len = w.all.len;
    *body = buf_take(&w.all);
    return NULL;
}

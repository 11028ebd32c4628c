#include "protocol/http2/head.h"

#include <string.h>

#include "protocol/http/request.h"
#include "protocol/http/status.h"

void http2_head_begin(struct http2_head *h)
{
    http2_head_finish(h);
    *h = (struct http2_head){ .pseudo = buf_up_to(HTTP_HEAD_MAX), .fields = buf_up_to(HTTP_HEAD_MAX) };
}

void http2_head_finish(struct http2_head *h)
{
    buf_finish(&h->pseudo);
    buf_finish(&h->fields);
}

static bool is_name(const char *name, size_t len, const char *other)
{
    return len == strlen(other) && memcmp(name, other, len) == 0;
}

bool http2_head_has_method(const struct http2_head *h, const char *method)
{
    return h->method.len > 0 && !h->pseudo.fault && is_name(h->pseudo.bytes + h->method.at, h->method.len, method);
}

/* The fields that a client may cut its Cookie into are one again, with "; " between them. */
static void add_crumb(struct http2_head *h, const char *value, size_t len)
{
    size_t was = h->fields.len, moved = was - h->cookie_end;
    buf_append(&h->fields, "; ", 2);
    buf_append(&h->fields, value, len);
    if (h->fields.fault)
        return;
    char *gap = h->fields.bytes + h->cookie_end;
    memmove(gap + 2 + len, gap, moved);
    memcpy(gap, "; ", 2);
    memcpy(gap + 2, value, len);
    h->cookie_end += 2 + len;
}

static void add_pseudo(struct http2_head *h, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct http2_span *span = is_name(name, name_len, ":method")      ? &h->method
                              : is_name(name, name_len, ":path")      ? &h->path
                              : is_name(name, name_len, ":authority") ? &h->authority
                                                                      : NULL;
    if (!span)
        return; /* :scheme does not matter here */
    *span = (struct http2_span){ h->pseudo.len, value_len };
    buf_append(&h->pseudo, value, value_len);
}

void http2_head_add(struct http2_head *h, const char *name, size_t name_len, const char *value, size_t value_len)
{
    if (name_len > 0 && name[0] == ':') {
        add_pseudo(h, name, name_len, value, value_len);
        return;
    }
    if (is_name(name, name_len, "host") && h->authority.len > 0)
        return; /* RFC 9113, 8.3.1: :authority counts */
    bool is_cookie = is_name(name, name_len, "cookie");
    if (is_cookie && h->cookie_end > 0) {
        add_crumb(h, value, value_len);
        return;
    }
    buf_append(&h->fields, name, name_len);
    buf_append(&h->fields, ": ", 2);
    buf_append(&h->fields, value, value_len);
    if (is_cookie)
        h->cookie_end = h->fields.len;
    buf_append(&h->fields, "\r\n", 2);
}

static void add_span(struct buf *text, const struct http2_head *h, struct http2_span span)
{
    if (span.len > 0)
        buf_append(text, h->pseudo.bytes + span.at, span.len);
}

static int status_of(enum buf_fault fault)
{
    return fault == BUF_NO_MEMORY ? HTTP_STATUS_SERVICE_UNAVAILABLE : HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
}

int http2_head_text(const struct http2_head *h, struct buf *text)
{
    size_t looked = 0, len;
    if (h->pseudo.fault || h->fields.fault)
        return status_of(h->pseudo.fault ? h->pseudo.fault : h->fields.fault);
    if (h->path.len == 0)
        return HTTP_STATUS_NOT_IMPLEMENTED; /* CONNECT alone has no path: this is no proxy */
    add_span(text, h, h->method);
    buf_text(text, " ");
    add_span(text, h, h->path);
    buf_text(text, " HTTP/1.1\r\n");
    if (h->authority.len > 0) {
        buf_text(text, "host: ");
        add_span(text, h, h->authority);
        buf_text(text, "\r\n");
    }
    if (h->fields.len > 0)
        buf_append(text, h->fields.bytes, h->fields.len);
    buf_text(text, "\r\n");
    if (text->fault)
        return status_of(text->fault);
    int status = http_head_find(text->bytes, text->len, &looked, &len);
    return status < 0 ? HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE : status;
}

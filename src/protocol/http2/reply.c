/* The head of a reply: from the fields of the exchange, which are text, to a list for nghttp2. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/str.h"
#include "core/version.h"
#include "protocol/http/date.h"
#include "protocol/http/status.h"
#include "protocol/http2/internal.h"

enum { LIST_MAX = HTTP_FIELDS_MAX };

/* Scratch: nghttp2 copies the list. */
static nghttp2_nv list[LIST_MAX];

static nghttp2_nv pair(const char *name, size_t name_len, const char *value, size_t value_len)
{
    return (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, name_len, value_len, NGHTTP2_NV_FLAG_NONE };
}

static nghttp2_nv text_pair(const char *name, const char *value)
{
    return pair(name, strlen(name), value, strlen(value));
}

/* RFC 9113, 8.2.2: fields that belong to a connection of HTTP/1.1. */
static bool is_of_connection(const char *name, size_t len)
{
    static const char *const names[] = { "connection", "keep-alive", "transfer-encoding", "upgrade" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (len == strlen(names[i]) && strncasecmp(name, names[i], len) == 0)
            return true;
    return false;
}

/* Add the lines "Name: value CR LF" to the list; false if there are too many. */
static bool add_fields(const struct buf *fields, size_t *n)
{
    const char *at = fields->bytes, *end = at + fields->len;
    while (at < end) {
        const char *colon = memchr(at, ':', (size_t)(end - at)), *value = colon + 2;
        const char *line_end = memchr(value, '\r', (size_t)(end - value));
        if (*n == LIST_MAX)
            return false;
        if (!is_of_connection(at, (size_t)(colon - at)))
            list[(*n)++] = pair(at, (size_t)(colon - at), value, (size_t)(line_end - value));
        at = line_end + 2;
    }
    return true;
}

struct err *http2_reply_submit(struct http2_stream *s, int64_t length, const nghttp2_data_provider *body)
{
    char   status[16], digits[24];
    size_t n = 0;
    snprintf(status, sizeof status, "%d", s->x.status);
    snprintf(digits, sizeof digits, "%lld", (long long)length);
    list[n++] = text_pair(":status", status);
    list[n++] = text_pair("server", SERVER_SIGNATURE);
    list[n++] = text_pair("date", http_date_now());
    if (length >= 0 && !http_status_is_bodiless(s->x.status))
        list[n++] = text_pair("content-length", digits);
    if (s->x.fields.len > 0 && !add_fields(&s->x.fields, &n))
        return err_new(E_LIMIT, "the reply has more than %d fields", LIST_MAX);
    int code = nghttp2_submit_response(s->conn->session, s->id, list, n, body);
    return code == 0 ? NULL : err_new(E_SYSTEM_ASSERT_FAILED, "HTTP/2: %s", nghttp2_strerror(code));
}

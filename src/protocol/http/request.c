#include "protocol/http/request.h"

#include <string.h>
#include <strings.h>

#include "core/str.h"
#include "protocol/http/request_lines.h"
#include "protocol/http/status.h"

enum { GOOD = 0 };

enum { CONTENT_LENGTH_DIGITS_MAX = 18 }; /* the length then fits into an int64_t */

/* Compare without regard to case; most names differ in their first letter. */
static bool is_named(const struct http_pair *field, const char *name)
{
    return ((field->name[0] ^ name[0]) & ~0x20) == 0 && strcasecmp(field->name, name) == 0;
}

const char *http_request_field(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (is_named(&r->fields[i], name))
            return r->fields[i].value;
    return NULL;
}

const char *http_request_param(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_params; i++)
        if (strcmp(r->params[i].name, name) == 0)
            return r->params[i].value;
    return NULL;
}

const char *http_request_vhost(const struct http_request *r)
{
    const char *vhost = http_request_param(r, "vhost");
    if (!vhost || !*vhost)
        vhost = http_request_param(r, "domain");
    return vhost && *vhost ? vhost : r->host;
}

/* The end of the first line that an empty line follows; NULL: there is none before `end`. */
static const char *find_empty_line(const char *p, const char *end)
{
    while (end - p >= 4) {
        p = memchr(p, '\r', (size_t)(end - p) - 3);
        if (!p || memcmp(p, "\r\n\r\n", 4) == 0)
            return p;
        p++;
    }
    return NULL;
}

int http_head_find(const char *buf, size_t len, size_t *looked, size_t *head_len)
{
    size_t      from = *looked > 3 ? *looked - 3 : 0; /* the end may lie across the border */
    size_t      bounded = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
    const char *end = bounded > from ? find_empty_line(buf + from, buf + bounded) : NULL;
    bool        line_is_out = *looked >= HTTP_REQUEST_LINE_MAX;
    *looked = bounded;
    if (!line_is_out && bounded >= HTTP_REQUEST_LINE_MAX && !memchr(buf, '\n', HTTP_REQUEST_LINE_MAX))
        return HTTP_STATUS_URI_TOO_LONG;
    if (end) {
        *head_len = (size_t)(end - buf) + 4;
        return GOOD;
    }
    return bounded == HTTP_HEAD_MAX ? HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE : -1;
}

/* ---- the fields' meaning --------------------------------------------------------------------------------------- */

/* Find a field that may occur once; false when it occurs twice. */
static bool find_single(const struct http_request *r, const char *name, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < r->n_fields; i++) {
        if (!is_named(&r->fields[i], name))
            continue;
        if (*value)
            return false;
        *value = r->fields[i].value;
    }
    return true;
}

/* The length of the body by RFC 9112 6.3. Anything that two readers could understand in two ways is refused. */
static int find_framing(struct http_request *r, const char **why)
{
    const char *length, *coding;
    *why = "the length of the body is not clear";
    if (!find_single(r, "Content-Length", &length) || !find_single(r, "Transfer-Encoding", &coding) ||
        (length && coding))
        return HTTP_STATUS_BAD_REQUEST;
    if (coding) {
        r->has_body = true;
        r->content_length = -1;
        return strcasecmp(coding, "chunked") == 0 && !r->is_http_1_0 ? GOOD : HTTP_STATUS_BAD_REQUEST;
    }
    if (!length)
        return GOOD;
    size_t n_digits = strspn(length, "0123456789");
    if (n_digits == 0 || n_digits > CONTENT_LENGTH_DIGITS_MAX || length[n_digits])
        return HTTP_STATUS_BAD_REQUEST;
    for (; *length; length++)
        r->content_length = r->content_length * 10 + (*length - '0');
    r->has_body = r->content_length > 0;
    return GOOD;
}

/* Copy the host to `out`, without port and in lower case; false when it is invalid. */
static bool parse_host(const char *text, char *out)
{
    size_t len = strcspn(text, text[0] == '[' ? "]" : ":");
    if (text[0] == '[')
        len += text[len] == ']';
    const char *port = text + len;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        /* RFC 3986 3.2.2: unreserved, sub-delims, and those of an address in brackets */
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) ||
                  strchr("-._~!$&'()*+,;=%[]:", c);
        if (!ok)
            return false;
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out[len] = '\0';
    return *port == '\0' || (*port == ':' && strspn(port + 1, "0123456789") == strlen(port + 1));
}

/* The parts of "http://host:port/path?query" or "/path?query" or "*". */
struct target {
    char  *authority; /* NULL: none */
    size_t authority_len;
    char  *path;
    size_t path_len;
    char  *query; /* NULL: none */
};

static int split_target(char *text, struct target *t, const char **why)
{
    *t = (struct target){ .path = text };
    *why = "the target is no URL";
    if (strcmp(text, "*") == 0) {
        t->path_len = 1;
        return GOOD;
    }
    text[strcspn(text, "#")] = '\0';
    if (text[0] != '/') {
        if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
            return HTTP_STATUS_BAD_REQUEST;
        t->authority = strchr(text, ':') + 3;
        t->authority_len = strcspn(t->authority, "/?");
        t->path = t->authority + t->authority_len;
        if (t->authority_len == 0)
            return HTTP_STATUS_BAD_REQUEST;
    }
    t->path_len = strcspn(t->path, "?");
    if (t->path[t->path_len] == '?') {
        t->path[t->path_len] = '\0';
        t->query = t->path + t->path_len + 1;
    }
    return GOOD;
}

/* RFC 9112 3.2: one Host, except in HTTP/1.0; an absolute target overrules it. */
static int find_host(struct http_request *r, const struct target *t, char **text, const char **why)
{
    const char *host;
    *why = "Host is missing, there twice, or none";
    if (!find_single(r, "Host", &host) || (!host && !r->is_http_1_0))
        return HTTP_STATUS_BAD_REQUEST;
    r->host_port = host ? host : "";
    if (t->authority) {
        memcpy(*text, t->authority, t->authority_len);
        (*text)[t->authority_len] = '\0';
        r->host_port = *text;
        *text += t->authority_len + 1;
    }
    size_t len = strlen(r->host_port);
    if (len > HTTP_HOST_MAX || !parse_host(r->host_port, *text))
        return HTTP_STATUS_BAD_REQUEST;
    r->host = *text;
    *text += len + 1;
    return GOOD;
}

static int find_target(struct http_request *r, char *target, char *text, struct http_pair *params, const char **why)
{
    struct target t;
    int           status = split_target(target, &t, why);
    if (status == GOOD)
        status = find_host(r, &t, &text, why);
    if (status != GOOD)
        return status;

    r->raw_path = t.path_len ? t.path : "/";
    bool is_star = strcmp(r->raw_path, "*") == 0;
    if (is_star)
        str_copy(text, 2, "/");
    else if (!http_path_decode(text, r->raw_path, strlen(r->raw_path))) {
        *why = "the path leaves the root, or hides what it means";
        return HTTP_STATUS_BAD_REQUEST;
    }
    if (is_star && r->method != HTTP_OPTIONS)
        return HTTP_STATUS_BAD_REQUEST;
    r->path = text;
    text += strlen(text) + 1;

    r->raw_query = t.query ? t.query : "";
    r->params = params;
    if (!http_query_split(r->raw_query, text, params, HTTP_PARAMS_MAX, &r->n_params)) {
        *why = "too many parameters, or a NUL in one";
        return HTTP_STATUS_BAD_REQUEST;
    }
    return GOOD;
}

static size_t line_len(const char *head, size_t len)
{
    const char *end = memchr(head, '\n', len);
    return end ? (size_t)(end - head) + 1 : len;
}

/* Count the bytes up to a bound. */
static size_t count_char(const char *p, size_t len, char c, size_t max)
{
    const char *end = p + len;
    size_t      n = 0;
    for (; n < max && (p = memchr(p, c, (size_t)(end - p))); p++)
        n++;
    return n;
}

/* The number of fields to allocate room for; it is bounded, so that a peer does not choose the amount. */
static size_t fields_cap(const char *head, size_t len)
{
    return count_char(head, len, '\n', HTTP_FIELDS_MAX);
}

static size_t params_cap(const char *head, size_t len)
{
    return count_char(head, line_len(head, len), '&', HTTP_PARAMS_MAX - 1) + 1;
}

size_t http_request_room(const char *head, size_t len)
{
    /* Parts of the target: authority, path and query; each with its terminator; and the host in lower case. */
    size_t text = line_len(head, len) + 8 + HTTP_HOST_MAX + 1;
    return (fields_cap(head, len) + params_cap(head, len)) * sizeof(struct http_pair) + text;
}

int http_request_parse(struct http_request *r, char *head, size_t len, void *room, const char **why)
{
    struct http_pair         *fields = room;
    struct http_request_lines lines = { .fields = fields, .cap = fields_cap(head, len) };
    struct http_pair         *params = fields + lines.cap;
    char                     *text = (char *)(params + params_cap(head, len));

    *r = (struct http_request){ .path = "", .raw_path = "", .raw_query = "", .host = "", .host_port = "" };
    int status = http_request_lines_read(&lines, head, len, why);
    if (status != GOOD)
        return status;
    r->method = lines.method;
    r->is_http_1_0 = lines.is_http_1_0;
    r->fields = fields;
    r->n_fields = lines.n_fields;
    if (r->method == HTTP_CONNECT) {
        *why = "this is no proxy";
        return HTTP_STATUS_NOT_IMPLEMENTED;
    }
    if ((status = find_framing(r, why)) != GOOD || (status = find_target(r, lines.target, text, params, why)) != GOOD)
        return status;
    const char *upgrade = http_request_field(r, "Upgrade");
    r->upgrade = lines.upgrades && upgrade && *upgrade;
    r->keep_alive = !lines.closes && (!r->is_http_1_0 || lines.keeps_alive);
    const char *expect = http_request_field(r, "Expect");
    r->expects_continue = expect && !r->is_http_1_0 && r->has_body && strcasecmp(expect, "100-continue") == 0;
    *why = NULL;
    return GOOD;
}

#include "protocol/http/request.h"

#include <string.h>
#include <strings.h>

#include "core/str.h"
#include "protocol/http/status.h"

enum { GOOD = 0 };

enum { CONTENT_LENGTH_DIGITS_MAX = 18 }; /* the length then fits into an int64_t */

const char *http_request_field(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcasecmp(r->fields[i].name, name) == 0)
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

int http_head_find(const char *buf, size_t len, size_t *looked, size_t *head_len)
{
    size_t      from = *looked > 3 ? *looked - 3 : 0; /* the end may lie across the border */
    size_t      bounded = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
    const char *end = bounded > from ? memmem(buf + from, bounded - from, "\r\n\r\n", 4) : NULL;
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

/* ---- checks before http_parser, which is more lenient than is safe --------------------------------------------- */

/* RFC 9110 5.6.2 */
static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_len(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && is_token_char(*p))
        p++;
    return (size_t)(p - start);
}

/* A line without its CR LF; NULL when CR, LF or NUL stand anywhere else in it. */
static const char *end_of_line(const char *p, const char *end)
{
    for (; p < end && *p != '\r'; p++)
        if (*p == '\n' || *p == '\0')
            return NULL;
    return end - p >= 2 && p[1] == '\n' ? p : NULL;
}

/* Check a request line: method SP target SP HTTP/d.d */
static int check_request_line(const char *p, const char *end, const char **why)
{
    static const char version[] = " HTTP/";
    size_t            method_len = token_len(p, end);
    const char       *target = p + method_len + 1;
    *why = "the request line is none";
    if (method_len == 0 || target >= end || target[-1] != ' ')
        return HTTP_STATUS_BAD_REQUEST;
    const char *space = target;
    while (space < end && (unsigned char)*space > ' ' && *space != 0x7f)
        space++;
    if (space == target || end - space != (ptrdiff_t)(sizeof version - 1 + 3) ||
        memcmp(space, version, sizeof version - 1) != 0 || end[-2] != '.')
        return HTTP_STATUS_BAD_REQUEST;
    if (end[-3] != '1') {
        *why = "only HTTP/1.0 and 1.1 are spoken here";
        return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
    }
    return GOOD;
}

/* Check a field line: token ":" value, no space before the colon (RFC 9112 5.1), no continuation of the line above (5.2). */
static int check_field_line(const char *p, const char *end, const char **why)
{
    size_t name_len = token_len(p, end);
    *why = "a header line is no field";
    if (name_len == 0 || p + name_len == end || p[name_len] != ':')
        return HTTP_STATUS_BAD_REQUEST;
    for (p += name_len + 1; p < end; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f) {
            *why = "a control character in a field";
            return HTTP_STATUS_BAD_REQUEST;
        }
    return GOOD;
}

static int check_lines(const char *head, size_t len, const char **why)
{
    const char *end = head + len;
    size_t      n_fields = 0;
    for (const char *p = head; p < end;) {
        const char *line_end = end_of_line(p, end);
        if (!line_end) {
            *why = "a line that does not end with CR LF";
            return HTTP_STATUS_BAD_REQUEST;
        }
        int status = p == head      ? check_request_line(p, line_end, why)
                     : p < line_end ? check_field_line(p, line_end, why)
                                    : GOOD;
        if (status != GOOD)
            return status;
        if (p != head && p < line_end && ++n_fields > HTTP_FIELDS_MAX) {
            *why = "too many header fields";
            return HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        p = line_end + 2;
    }
    return GOOD;
}

/* ---- spans from http_parser ------------------------------------------------------------------------------------ */

struct reading {
    struct http_pair *fields;
    size_t            n_fields, cap;
    char             *target;
    size_t            target_len;
    bool              complete;
};

static int on_url(http_parser *p, const char *at, size_t len)
{
    struct reading *in = p->data;
    in->target = (char *)at;
    in->target_len = len;
    return 0;
}

static int on_name(http_parser *p, const char *at, size_t len)
{
    struct reading *in = p->data;
    (void)len;
    if (in->n_fields == in->cap)
        return 1;
    in->fields[in->n_fields] = (struct http_pair){ at, NULL };
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t len)
{
    struct reading *in = p->data;
    (void)len;
    if (in->n_fields == in->cap || in->fields[in->n_fields].value)
        return 1;
    in->fields[in->n_fields++].value = at;
    return 0;
}

static int on_complete(http_parser *p)
{
    struct reading *in = p->data;
    in->complete = true;
    http_parser_pause(p, 1); /* the body is read elsewhere */
    return 0;
}

/* Distance to a byte that is known to come before `end`. */
static size_t distance(const char *from, char to, const char *end)
{
    return (size_t)((const char *)memchr(from, to, (size_t)(end - from)) - from);
}

/* End names and values with NUL; the lines are known to be "name: value CR LF". */
static void terminate_request_fields(struct reading *in, const char *end)
{
    in->target[in->target_len] = '\0';
    for (size_t i = 0; i < in->n_fields; i++) {
        char *name = (char *)in->fields[i].name, *value = name + distance(name, ':', end);
        *value++ = '\0';
        while (*value == ' ' || *value == '\t')
            value++; /* http_parser places an empty value in the next line */
        size_t len = distance(value, '\r', end);
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            len--;
        value[len] = '\0';
        in->fields[i].value = value;
    }
}

static int parse_spans(http_parser *parser, struct reading *in, const char *head, size_t len, const char **why)
{
    static const http_parser_settings settings = {
        .on_url = on_url,
        .on_header_field = on_name,
        .on_header_value = on_value,
        .on_headers_complete = on_complete,
    };
    http_parser_init(parser, HTTP_REQUEST);
    parser->data = in;
    http_parser_execute(parser, &settings, head, len);
    enum http_errno code = HTTP_PARSER_ERRNO(parser);
    if (in->complete && (code == HPE_OK || code == HPE_PAUSED)) {
        terminate_request_fields(in, head + len);
        return GOOD;
    }
    *why = http_errno_description(code);
    return code == HPE_INVALID_METHOD ? HTTP_STATUS_NOT_IMPLEMENTED : HTTP_STATUS_BAD_REQUEST;
}

/* ---- the fields' meaning --------------------------------------------------------------------------------------- */

/* Find a field that may occur once; false when it occurs twice. */
static bool find_single(const struct http_request *r, const char *name, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < r->n_fields; i++) {
        if (strcasecmp(r->fields[i].name, name) != 0)
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

static size_t count_char(const char *p, size_t len, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += p[i] == c;
    return n;
}

/* The number of fields to allocate room for; it is bounded, so that a peer does not choose the amount. */
static size_t fields_cap(const char *head, size_t len)
{
    size_t n = count_char(head, len, '\n');
    return n < HTTP_FIELDS_MAX ? n : HTTP_FIELDS_MAX;
}

static size_t params_cap(const char *head, size_t len)
{
    size_t n = count_char(head, line_len(head, len), '&') + 1;
    return n < HTTP_PARAMS_MAX ? n : HTTP_PARAMS_MAX;
}

size_t http_request_room(const char *head, size_t len)
{
    /* Parts of the target: authority, path and query; each with its terminator; and the host in lower case. */
    size_t text = line_len(head, len) + 8 + HTTP_HOST_MAX + 1;
    return (fields_cap(head, len) + params_cap(head, len)) * sizeof(struct http_pair) + text;
}

int http_request_parse(struct http_request *r, char *head, size_t len, void *room, const char **why)
{
    struct http_pair *fields = room;
    struct reading    in = { .fields = fields, .cap = fields_cap(head, len) };
    struct http_pair *params = fields + in.cap;
    char             *text = (char *)(params + params_cap(head, len));
    http_parser       parser;

    *r = (struct http_request){ .path = "", .raw_path = "", .raw_query = "", .host = "", .host_port = "" };
    *why = "";
    int status = check_lines(head, len, why);
    if (status == GOOD)
        status = parse_spans(&parser, &in, head, len, why);
    if (status != GOOD)
        return status;
    r->method = (enum http_method)parser.method;
    r->is_http_1_0 = parser.http_minor == 0;
    r->upgrade = parser.upgrade && r->method != HTTP_CONNECT;
    r->fields = fields;
    r->n_fields = in.n_fields;
    if (r->method == HTTP_CONNECT) {
        *why = "this is no proxy";
        return HTTP_STATUS_NOT_IMPLEMENTED;
    }
    if ((status = find_framing(r, why)) != GOOD || (status = find_target(r, in.target, text, params, why)) != GOOD)
        return status;
    r->keep_alive = !(parser.flags & F_CONNECTION_CLOSE) && (!r->is_http_1_0 || parser.flags & F_CONNECTION_KEEP_ALIVE);
    const char *expect = http_request_field(r, "Expect");
    r->expects_continue = expect && !r->is_http_1_0 && r->has_body && strcasecmp(expect, "100-continue") == 0;
    *why = NULL;
    return GOOD;
}

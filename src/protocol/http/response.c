#include "protocol/http/response.h"

#include <string.h>
#include <strings.h>

#include "protocol/http/status.h"

struct reading {
    struct http_pair *fields;
    size_t            n_fields, cap;
    bool              has_value, complete, too_many, folded;
};

const char *http_response_field(const struct http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (strcasecmp(r->fields[i].name, name) == 0)
            return r->fields[i].value;
    return NULL;
}

static int on_name(http_parser *p, const char *at, size_t len)
{
    struct reading *in = p->data;
    (void)len;
    in->too_many = in->n_fields == in->cap;
    if (in->too_many)
        return 1;
    in->fields[in->n_fields++] = (struct http_pair){ at, "" };
    in->has_value = false;
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t len)
{
    struct reading *in = p->data;
    in->folded = in->has_value; /* RFC 9112 5.2: a value over several lines */
    if (in->folded)
        return 1;
    in->has_value = true;
    if (len > 0) /* otherwise `at` is in the next line */
        in->fields[in->n_fields - 1].value = at;
    return 0;
}

static int on_complete(http_parser *p)
{
    struct reading *in = p->data;
    in->complete = true;
    http_parser_pause(p, 1); /* the body is read elsewhere */
    return 0;
}

/* End names and values with NUL, which replaces the colon after a name and the line end after a value. */
static void terminate_response_fields(struct reading *in, const char *end)
{
    for (size_t i = 0; i < in->n_fields; i++) {
        char *name = (char *)in->fields[i].name, *value = (char *)in->fields[i].value;
        while (name < end && *name != ':' && *name != ' ' && *name != '\t')
            name++;
        *name = '\0';
        if (!*value)
            continue;
        size_t len = 0;
        while (value + len < end && value[len] != '\r' && value[len] != '\n')
            len++;
        while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
            len--;
        value[len] = '\0';
    }
}

static void find_body(struct http_response *r, const http_parser *p, bool is_head)
{
    if (is_head || http_status_is_bodiless(r->status)) {
        r->body_end = r->status == HTTP_STATUS_SWITCHING_PROTOCOLS ? HTTP_BODY_CLOSE : HTTP_BODY_NONE;
    } else if (p->flags & F_CHUNKED) {
        r->body_end = HTTP_BODY_CHUNKED;
    } else if (p->content_length != UINT64_MAX && !http_response_field(r, "Transfer-Encoding")) {
        r->body_end = HTTP_BODY_LENGTH;
        r->content_length = p->content_length;
    } else {
        r->body_end = HTTP_BODY_CLOSE;
    }
}

const char *http_response_parse(struct http_response *r, char *head, size_t len, struct http_pair *fields, size_t cap,
                                bool is_head)
{
    static const http_parser_settings settings = {
        .on_header_field = on_name,
        .on_header_value = on_value,
        .on_headers_complete = on_complete,
    };
    struct reading in = { .fields = fields, .cap = cap };
    http_parser    parser;
    *r = (struct http_response){ .fields = fields };
    if (memchr(head, '\0', len))
        return "a NUL in the head";
    http_parser_init(&parser, HTTP_RESPONSE);
    parser.data = &in;
    http_parser_execute(&parser, &settings, head, len);
    enum http_errno code = HTTP_PARSER_ERRNO(&parser);
    if (in.too_many)
        return "too many fields";
    if (in.folded)
        return "a field over several lines";
    if (!in.complete || (code != HPE_OK && code != HPE_PAUSED))
        return http_errno_description(code);
    if (parser.http_major != 1)
        return "not HTTP/1";
    terminate_response_fields(&in, head + len);
    r->status = (int)parser.status_code;
    r->n_fields = in.n_fields;
    find_body(r, &parser, is_head);
    r->stays = http_should_keep_alive(&parser) && r->body_end != HTTP_BODY_CLOSE;
    return NULL;
}

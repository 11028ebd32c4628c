#include "protocol/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/http/chunked.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/range.h"

static void check_text(const char *text)
{
    if (!text || strpbrk(text, "\r\n"))
        abort(); /* it would split a reply, or a line of the log */
}

static void check(const struct http_request *r)
{
    check_text(r->raw_path);
    check_text(r->raw_query);
    check_text(r->host_port);
    if (r->path[0] != '/' || strstr(r->path, "/../") || strstr(r->path, "/./") || strchr(r->path, '\\'))
        abort();
    size_t len = strlen(r->path);
    if (len >= 3 && strcmp(r->path + len - 3, "/..") == 0)
        abort();
    for (const char *c = r->host; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            abort();
    for (size_t i = 0; i < r->n_fields; i++) {
        check_text(r->fields[i].name);
        check_text(r->fields[i].value);
    }
    for (size_t i = 0; i < r->n_params; i++)
        if (!r->params[i].name || !r->params[i].value)
            abort();
    if (http_request_field(r, "Content-Length") && http_request_field(r, "Transfer-Encoding"))
        abort();
    if (r->content_length < -1 || r->has_body != (r->content_length != 0))
        abort();
}

static void use(const struct http_request *r)
{
    int64_t first, last;
    http_is_not_modified(r, "\"1-2-3\"", 1000);
    http_range_applies(r, "\"1-2-3\"", 1000);
    http_accepts_gzip(http_request_field(r, "Accept-Encoding"));
    if (http_range_parse(http_request_field(r, "Range"), 1000, &first, &last) == HTTP_RANGE_SOME &&
        (first < 0 || first > last || last >= 1000))
        abort();
    http_request_vhost(r);
}

/* Read the body whole and byte by byte: data and end must be the same. */
static void read_body(const uint8_t *data, size_t len)
{
    struct http_chunked  whole = { 0 }, bytewise = { 0 };
    struct rd            in = rd_over(data, len);
    const uint8_t       *piece;
    size_t               n, sum = 0, sum_bytewise = 0;
    enum http_chunk_read end, end_bytewise = HTTP_CHUNK_NEED_MORE;
    while ((end = http_chunked_read(&whole, &in, &piece, &n)) == HTTP_CHUNK_DATA)
        sum += n;
    for (size_t i = 0; i < len && end_bytewise == HTTP_CHUNK_NEED_MORE; i++) {
        struct rd one = rd_over(data + i, 1);
        while ((end_bytewise = http_chunked_read(&bytewise, &one, &piece, &n)) == HTTP_CHUNK_DATA)
            sum_bytewise += n;
    }
    if (end != end_bytewise || sum != sum_bytewise)
        abort();
}

/* Parse a head in blocks of exactly its size, then the body that follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t looked = 0, head_len, half = 0, unused;
    int    status = http_head_find((const char *)data, len, &looked, &head_len);
    if (http_head_find((const char *)data, len / 2, &half, &unused) < 0 &&
        http_head_find((const char *)data, len, &half, &unused) != status)
        abort();
    if (status != 0)
        return 0;
    char *head = malloc(head_len), *room = malloc(http_request_room((const char *)data, head_len));
    memcpy(head, data, head_len);
    struct http_request r;
    const char         *why;
    status = http_request_parse(&r, head, head_len, room, &why);
    if (status == 0) {
        check(&r);
        use(&r);
        if (r.content_length < 0)
            read_body(data + head_len, len - head_len);
    } else if (status < 400 || !why || !*why) {
        abort();
    }
    free(head);
    free(room);
    return 0;
}

#include "protocol/http/flv_client.h"

#include "protocol/http/status.h"

static const uint8_t nothing[1];

/* Read the next piece of the body. */
static struct err *read_more(struct flv_client *c, int64_t deadline_us)
{
    const void *data;
    size_t      len;
    struct err *e = http_client_read(&c->http, &data, &len, deadline_us);
    if (e)
        return e;
    c->in = rd_over(data, len);
    return len ? NULL : err_new(E_END_OF_STREAM, "%s has ended", c->http.url);
}

struct err *flv_client_read(struct flv_client *c, struct flv_stream_tag *tag, int64_t deadline_us)
{
    for (;;) {
        struct err *e = NULL;
        switch (flv_stream_read(&c->stream, &c->in, tag)) {
        case FLV_STREAM_TAG: return NULL;
        case FLV_STREAM_NO_MEMORY: return err_no_memory();
        case FLV_STREAM_BAD: return err_new(E_KERNEL_FLV_HEADER, "%s is no FLV, or breaks off being one", c->http.url);
        case FLV_STREAM_NEED_MORE: e = read_more(c, deadline_us); break;
        }
        if (e)
            return e;
    }
}

/* Read until the header is complete. Bytes of the first tag may have come with it; they stay. */
static struct err *read_header(struct flv_client *c, int64_t deadline_us)
{
    struct err *e = NULL;
    while (!e && !c->stream.has_header) {
        if ((e = read_more(c, deadline_us)))
            break;
        switch (flv_stream_read_header(&c->stream, &c->in)) {
        case FLV_GOT:
        case FLV_NEED_MORE: break;
        case FLV_BAD: e = err_new(E_KERNEL_FLV_HEADER, "%s is no FLV", c->http.url); break;
        }
    }
    return e;
}

struct err *flv_client_open(struct flv_client *c, const char *url, struct tls_ctx *tls, int64_t deadline_us)
{
    const struct http_client_request request = {
        .method = HTTP_GET, .url = url, .tls = tls, .redirects_max = FLV_CLIENT_REDIRECTS_MAX
    };
    *c = (struct flv_client){ .in = rd_over(nothing, 0) };
    struct err *e = http_client_open(&c->http, &request, deadline_us);
    if (!e && c->http.response.status != HTTP_STATUS_OK)
        e = err_new(E_HTTP_STATUS_INVALID, "%s: status %d", c->http.url, c->http.response.status);
    if (!e)
        e = read_header(c, deadline_us);
    if (e)
        flv_client_close(c);
    return e;
}

void flv_client_close(struct flv_client *c)
{
    flv_stream_finish(&c->stream);
    http_client_close(&c->http);
}

#include "app/exporter/scrape.h"

#include "protocol/co.h"
#include "protocol/http/status.h"

static const char *content_type(const struct scrape *s)
{
    return s->metrics.is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; charset=utf-8";
}

static struct err *send_piece(struct scrape *s)
{
    struct err *e = buf_error(&s->text);
    if (!e && !http_reply_has_begun(s->x))
        e = http_reply_begin(s->x, HTTP_STATUS_OK, content_type(s), HTTP_LENGTH_UNKNOWN);
    if (!e)
        e = http_reply_write(s->x, s->text.bytes, s->text.len);
    buf_clear(&s->text);
    return e;
}

struct err *scrape_give_way(struct scrape *s)
{
    struct err *e = s->text.len >= SCRAPE_PIECE_BYTES ? send_piece(s) : NULL;
    if (!e)
        co_give_way_by_time();
    return e;
}

struct err *scrape_end(struct scrape *s)
{
    struct err *e = buf_error(&s->text);
    if (e)
        return e;
    if (!http_reply_has_begun(s->x))
        return http_reply(s->x, HTTP_STATUS_OK, content_type(s), s->text.bytes, s->text.len);
    e = http_reply_write(s->x, s->text.bytes, s->text.len);
    return e ? e : http_reply_end(s->x);
}

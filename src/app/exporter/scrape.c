#include "app/exporter/scrape.h"

#include "app/http/gzip.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/status.h"

/* The time that a scraper has to take the text: while it takes it, the rows of its streams are held. */
enum { TAKE_US = 60 * US_PER_SECOND };

/* The text is full of repetitions: the fastest level makes a tenth of it. */
enum { GZIP_LEVEL = 1 };

static const char open_metrics[] = "application/openmetrics-text";

static int n_whole;

static const char *content_type(const struct scrape *s)
{
    return s->metrics.is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                              : "text/plain; charset=utf-8";
}

struct err *scrape_begin(struct scrape *s, struct http_exchange *x, struct server *server)
{
    const struct http_request *r = http_request_of(x);
    *s = (struct scrape){ .x = x, .server = server, .text = BUF_UP_TO(SCRAPE_TEXT_MAX) };
    s->metrics.text = &s->text;
    s->metrics.is_open = http_prefers(http_request_field(r, "Accept"), open_metrics, "text/plain");
    s->is_whole = n_whole < SCRAPES_WHOLE_MAX && mem_has_room() && http_reply_wants_body(x) &&
                  http_accepts_gzip(http_request_field(r, "Accept-Encoding"));
    n_whole += s->is_whole;
    http_reply_until(x, now_us() + TAKE_US);
    return http_add_field(x, "Vary", "Accept, Accept-Encoding");
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
    struct err *e = !s->is_whole && s->text.len >= SCRAPE_PIECE_BYTES ? send_piece(s) : NULL;
    if (!e)
        co_give_way_by_time();
    return e;
}

static struct err *send_compressed(struct scrape *s)
{
    uint8_t    *bytes = NULL;
    size_t      text_len = s->text.len, len = 0;
    char       *text = buf_take(&s->text);
    struct err *e = text ? gzip_compress(text, text_len, GZIP_LEVEL, &bytes, &len) : err_no_memory();
    if (!e)
        e = http_add_field(s->x, "Content-Encoding", "gzip");
    if (!e)
        e = http_reply(s->x, HTTP_STATUS_OK, content_type(s), bytes, len);
    mem_free(bytes);
    return e;
}

struct err *scrape_end(struct scrape *s)
{
    struct err *e = buf_error(&s->text);
    if (e)
        return e;
    if (s->is_whole)
        return send_compressed(s);
    if (!http_reply_has_begun(s->x))
        return http_reply(s->x, HTTP_STATUS_OK, content_type(s), s->text.bytes, s->text.len);
    e = http_reply_write(s->x, s->text.bytes, s->text.len);
    return e ? e : http_reply_end(s->x);
}

void scrape_finish(struct scrape *s)
{
    n_whole -= s->is_whole;
    buf_finish(&s->text);
}

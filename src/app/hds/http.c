#include "app/hds/http.h"

#include "app/conf/auth.h"
#include "app/hds/hds.h"
#include "app/hds/texts.h"
#include "app/segment/reply.h"
#include "kernel/hds/f4m.h"
#include "protocol/http/exchange.h"
#include "protocol/http/status.h"

static struct err *reply_text(struct http_exchange *x, const char *type, struct err *e, struct buf *text)
{
    if (!e)
        e = http_add_field(x, "Cache-Control", "no-cache");
    if (!e)
        e = http_reply(x, HTTP_STATUS_OK, type, text->bytes, text->len);
    buf_finish(text);
    return e;
}

struct err *hds_serve_f4m(struct http_exchange *x, struct shelf_item *item)
{
    struct hds *h = CONTAINER_OF(item, struct hds, f4m);
    struct buf  text = buf_up_to(F4M_BYTES_MAX);
    if (h->n_entries == 0)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    bool        asks = conf_auth_asks(&h->show->vhost->auth, false); /* at each request, so each needs the token */
    struct err *e = hds_texts_f4m(h, asks ? http_request_of(x)->raw_query : "", &text);
    return reply_text(x, F4M_CONTENT_TYPE, e, &text);
}

struct err *hds_serve_abst(struct http_exchange *x, struct shelf_item *item)
{
    struct hds *h = CONTAINER_OF(item, struct hds, abst);
    struct buf  text = buf_up_to(HDS_BOOTSTRAP_BYTES_MAX);
    if (h->n_entries == 0)
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    struct err *e = hds_texts_abst(h, &text);
    return reply_text(x, "video/abst", e, &text);
}

struct err *hds_serve_fragment(struct http_exchange *x, struct shelf_item *item)
{
    struct segment *s = segment_ref(CONTAINER_OF(item, struct hds_entry, item)->segment);
    uint8_t         header[HDS_FRAGMENT_HEADER_LEN];
    struct wr       w = wr_over(header, sizeof header);
    hds_write_fragment_header(&w, s->bytes);
    segment_reply_in_time(x, s->duration_us);
    struct err *e = http_reply_begin(x, HTTP_STATUS_OK, "video/f4f", (int64_t)(sizeof header + s->bytes));
    if (!e && http_reply_wants_body(x)) {
        e = http_reply_write(x, header, sizeof header);
        for (size_t i = 0; !e && i < s->n_parts; i++)
            e = http_reply_write(x, s->parts[i].bytes->bytes, s->parts[i].bytes->len);
    }
    segment_unref(&s);
    return e ? e : http_reply_end(x);
}

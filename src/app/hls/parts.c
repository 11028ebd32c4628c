#include "app/hls/parts.h"

#include <stdio.h>

#include "app/hls/hls.h"
#include "app/hls/reload.h"
#include "app/hls/serve.h"
#include "app/segment/reply.h"
#include "app/segment/template.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/http/status.h"

/* Parts are listed within three target durations of the end (bis, 4.4.4.9). They stay a little longer, for clients that have an
 * earlier playlist. */
enum { KEPT_TARGETS = 5 };

/* For as long as a part may be asked for, its bytes are the same. */
#define CACHE_CONTROL "max-age=60"

static struct hls_part_item *item_at(struct list *link)
{
    return LIST_ENTRY(link, struct hls_part_item, link);
}

/* ---- replies ---- */

/* Wait until the part is there, or will never be. */
static struct err *wait_for(const struct segment *s, size_t index, const struct show *show, struct lane *lane,
                            int64_t deadline_us)
{
    struct lane_waiter waiter = { 0 };
    struct err        *e = NULL;
    while (!e && index >= s->n_parts && !s->is_complete && !show->is_disposed && lane->open == s)
        e = lane_wait(lane, &waiter, lane->version, deadline_us);
    return err_except(e, E_SOCKET_TIMEOUT);
}

static struct err *reply_part(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    const struct hls_part_item *part = CONTAINER_OF(item, struct hls_part_item, item);
    struct hls                 *h = part->hls;
    struct segment             *s = segment_ref(part->segment);
    size_t                      index = part->index;
    const char                 *type = h->lane->kind->type;
    struct err                 *e =
        wait_for(s, index, h->show, h->lane, now_us() + hls_reload_patience_us(h)); /* `h` may be gone now */
    if (!e && hls_ask_is_over(ask))
        e = hls_ask_reply_over(ask, x);
    else if (!e && index >= s->n_parts)
        e = http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    else if (!e && !(e = http_add_field(x, "Cache-Control", CACHE_CONTROL)))
        e = segment_reply_blob(x, s->parts[index].bytes, type);
    segment_unref(&s);
    return e;
}

static struct err *serve_part(struct http_exchange *x, struct shelf_item *item)
{
    return hls_serve(x, item, CONTAINER_OF(item, struct hls_part_item, item)->hls->show, HLS_ASK_SEGMENT, reply_part);
}

/* ---- the list ---- */

static void drop(struct hls_part_item *p)
{
    shelf_take(&p->item);
    list_remove(&p->link);
    segment_unref(&p->segment);
    mem_free(p->path);
    mem_free(p);
}

/* live/cam-7.m4s has the part live/cam-7-part-2.m4s. */
static struct err *name_part(struct hls_part_item *p, const struct hls_entry *entry)
{
    char tag[24];
    snprintf(tag, sizeof tag, "part-%zu", p->index);
    struct err *e = template_tag(&p->path, entry->path, tag);
    return e ? e : hls_put(p->hls, &p->item, p->path);
}

void hls_parts_announce(struct hls *h, struct segment *s)
{
    const struct hls_entry *entry = hls_find_entry(h, s);
    struct hls_part_item   *p = entry ? mem_calloc(1, sizeof *p) : NULL;
    if (!p)
        return;
    *p = (struct hls_part_item){ .item.serve = serve_part, .hls = h, .segment = segment_ref(s), .index = s->n_parts };
    list_push(&h->parts, &p->link);
    struct err *e = name_part(p, entry);
    if (!e)
        return;
    log_err(LOG_WARN, e, "a part of %s/%s over HLS is not shown", h->show->app, h->show->stream);
    drop(p);
}

/* The number of the oldest segment whose parts are kept. */
static uint64_t oldest_kept(const struct hls *h)
{
    int64_t  left_us = KEPT_TARGETS * h->target_s * US_PER_SECOND;
    uint64_t number = 0;
    for (const struct list *it = h->lane->segments.prev; it != &h->lane->segments && left_us > 0; it = it->prev) {
        const struct segment *s = LIST_ENTRY(it, const struct segment, link);
        left_us -= s->duration_us;
        number = s->number;
    }
    return number;
}

void hls_parts_close(struct hls *h, const struct segment *s)
{
    uint64_t oldest = oldest_kept(h);
    LIST_FOREACH (&h->parts, it, after) {
        struct hls_part_item *p = item_at(it);
        bool                  never_comes = p->segment == s && p->index >= s->n_parts;
        if (never_comes || (h->target_s > 0 && p->segment->number < oldest))
            drop(p);
    }
}

void hls_parts_drop(struct hls *h, const struct segment *s)
{
    LIST_FOREACH (&h->parts, it, after)
        if (!s || item_at(it)->segment == s)
            drop(item_at(it));
}

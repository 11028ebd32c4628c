#include "app/hls/hls.h"

#include <string.h>

#include "app/hls/names.h"
#include "app/hls/serve.h"
#include "app/http/static_files.h"
#include "app/segment/reply.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/http/exchange.h"

enum { HLS_MISSING_MAX = 1 << 20 };

struct err *hls_put(struct hls *h, struct shelf_item *item, const char *path)
{
    return shelf_put(item, h->show->vhost, path) ? NULL : err_no_memory();
}

static void log_unnamed(const struct hls *h, const char *what, struct err *e)
{
    log_err(LOG_WARN, e, "%s of %s/%s over HLS is not shown", what, h->show->app, h->show->stream);
}

/* What a former run has made has no bytes in memory. */
static struct err *reply_file(struct http_exchange *x, const struct hls *h, const char *path)
{
    return static_files_reply(x, h->show->vhost->hls.path, path);
}

/* ---- segments ---- */

static struct err *reply_segment(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    (void)ask;
    struct hls_entry *entry = CONTAINER_OF(item, struct hls_entry, item);
    struct lane      *lane = entry->hls->lane;
    if (entry->segment->is_complete && entry->segment->n_parts == 0)
        return reply_file(x, entry->hls, entry->path);
    if (entry->segment->is_complete)
        return segment_reply(x, entry->segment, lane->kind->type);
    return segment_reply_growing(x, entry->hls->show, lane, entry->segment, lane->kind->type);
}

static struct err *serve_segment(struct http_exchange *x, struct shelf_item *item)
{
    struct hls_entry *entry = CONTAINER_OF(item, struct hls_entry, item);
    return hls_serve(x, item, entry->hls->show, entry->is_adopted ? HLS_ASK_FILE : HLS_ASK_SEGMENT, reply_segment);
}

static struct err *name_entry(struct hls_entry *entry)
{
    struct err *e = hls_name_segment(&entry->path, entry->hls->show, entry->hls->track, entry->segment);
    return e ? e : hls_put(entry->hls, &entry->item, entry->path);
}

void hls_drop_entry(struct hls_entry *entry)
{
    shelf_take(&entry->item);
    if (entry->link.next)
        list_remove(&entry->link);
    entry->hls->n_entries--;
    segment_unref(&entry->segment);
    mem_free(entry->path);
    mem_free(entry);
}

void hls_add_entry(struct hls *h, struct segment *s, const struct hls_key *key)
{
    struct hls_entry *entry = mem_calloc(1, sizeof *entry);
    if (!entry) {
        log_unnamed(h, "a segment", err_no_memory());
        return;
    }
    *entry = (struct hls_entry){ .item.serve = serve_segment, .hls = h, .segment = segment_ref(s), .key = *key };
    list_push(&h->entries, &entry->link);
    h->n_entries++;
    struct err *e = name_entry(entry);
    if (e) {
        log_unnamed(h, "a segment", e);
        hls_drop_entry(entry);
    }
}

struct err *hls_adopt_entry(struct hls *h, struct segment *s, char *path)
{
    struct hls_entry *entry = mem_calloc(1, sizeof *entry);
    if (!entry) {
        mem_free(path);
        return err_no_memory();
    }
    *entry = (struct hls_entry){
        .item.serve = serve_segment,
        .hls = h,
        .segment = segment_ref(s),
        .path = path,
        .is_on_disk = true,
        .is_written = true,
        .is_adopted = true,
    };
    list_push(&h->entries, &entry->link);
    h->n_entries++;
    return hls_put(h, &entry->item, path);
}

void hls_close_entry(struct hls_entry *entry)
{
    if (!strstr(entry->path, "[duration]"))
        return;
    shelf_take(&entry->item);
    mem_free(entry->path);
    entry->path = NULL;
    struct err *e = name_entry(entry);
    if (e) {
        log_unnamed(entry->hls, "a segment", e);
        hls_drop_entry(entry);
    }
}

struct hls_entry *hls_find_entry(const struct hls *h, const struct segment *s)
{
    for (const struct list *it = h->entries.prev; it != &h->entries; it = it->prev) {
        struct hls_entry *entry = LIST_ENTRY(it, struct hls_entry, link);
        if (entry->segment == s)
            return entry;
    }
    return NULL;
}

/* ---- init segments ---- */

static struct err *reply_init(struct http_exchange *x, struct shelf_item *item, const struct hls_ask *ask)
{
    struct hls_init *init = CONTAINER_OF(item, struct hls_init, item);
    (void)ask;
    return init->bytes ? segment_reply_blob(x, init->bytes, "video/mp4") : reply_file(x, init->hls, init->path);
}

static struct err *serve_init(struct http_exchange *x, struct shelf_item *item)
{
    struct hls_init *init = CONTAINER_OF(item, struct hls_init, item);
    return hls_serve(x, item, init->hls->show, init->bytes ? HLS_ASK_SEGMENT : HLS_ASK_FILE, reply_init);
}

void hls_drop_init(struct hls_init *init)
{
    shelf_take(&init->item);
    list_remove(&init->link);
    blob_unref(&init->bytes);
    mem_free(init->path);
    mem_free(init);
}

struct hls_init *hls_find_init(const struct hls *h, uint64_t number)
{
    for (const struct list *it = h->inits.next; it != &h->inits; it = it->next) {
        struct hls_init *init = LIST_ENTRY(it, struct hls_init, link);
        if (init->number == number)
            return init;
    }
    return NULL;
}

void hls_add_init(struct hls *h, const struct segment *s)
{
    if (!s->init || hls_find_init(h, s->init_number))
        return;
    struct hls_init *init = mem_calloc(1, sizeof *init);
    if (!init) {
        log_unnamed(h, "an init segment", err_no_memory());
        return;
    }
    *init =
        (struct hls_init){ .item.serve = serve_init, .hls = h, .bytes = blob_ref(s->init), .number = s->init_number };
    list_push(&h->inits, &init->link);
    struct err *e = hls_name_init(&init->path, h->show, h->track, s->init_number);
    if (!e)
        e = hls_put(h, &init->item, init->path);
    if (e) {
        log_unnamed(h, "an init segment", e);
        hls_drop_init(init);
    }
}

struct err *hls_adopt_init(struct hls *h, char *path, uint64_t number)
{
    struct hls_init *init = hls_find_init(h, number) ? NULL : mem_calloc(1, sizeof *init);
    if (!init) {
        mem_free(path);
        return hls_find_init(h, number) ? NULL : err_no_memory();
    }
    *init = (struct hls_init){ .item.serve = serve_init, .hls = h, .number = number, .path = path, .is_on_disk = true };
    list_push(&h->inits, &init->link);
    return hls_put(h, &init->item, path);
}

struct hls_init *hls_unneeded_init(const struct hls *h)
{
    const struct hls_entry *oldest =
        list_is_empty(&h->entries) ? NULL : LIST_ENTRY(h->entries.next, const struct hls_entry, link);
    for (struct list *it = h->inits.next; it != &h->inits; it = it->next) {
        struct hls_init *init = LIST_ENTRY(it, struct hls_init, link);
        if (!oldest || init->number < oldest->segment->init_number)
            return init;
    }
    return NULL;
}

/* ---- errors ---- */

void hls_failed(struct hls *h)
{
    switch (h->show->vhost->hls.on_error) {
    case CONF_HLS_CONTINUE: return;
    case CONF_HLS_IGNORE: h->viewing->has_failed = true; return;
    case CONF_HLS_DISCONNECT: h->show->ends_publish = true; return;
    }
}

/* ---- the window ---- */

/* Numbers that are missing count as segments of the usual length. */
static int64_t missing_us(const struct hls *h, const struct segment *s, const struct segment *after)
{
    uint64_t missing = after ? after->number - s->number - 1 : 0;
    return (int64_t)(missing < HLS_MISSING_MAX ? missing : HLS_MISSING_MAX) * h->show->vhost->hls.fragment_us;
}

size_t hls_in_window(const struct hls *h)
{
    const struct list    *rows = &hls_main(h)->lane->segments;
    const struct segment *after = NULL;
    int64_t               sum_us = 0;
    size_t                n = 0;
    for (const struct list *it = rows->prev; it != rows; it = it->prev, n++) {
        const struct segment *s = LIST_ENTRY(it, const struct segment, link);
        sum_us += missing_us(h, s, after);
        if (sum_us >= h->show->vhost->hls.window_us && n > 0)
            break;
        sum_us += s->duration_us;
        after = s;
    }
    return n;
}

#include "app/hls/hls.h"

#include "app/hls/names.h"
#include "app/segment/reply.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/exchange.h"

bool hls_put(struct hls *h, struct shelf_item *item, const char *path)
{
    char       key[2048];
    struct str out = str_over(key, sizeof key);
    str_printf(&out, "/%s", path);
    return !out.cut && shelf_put(item, h->show->vhost, key);
}

static struct err *serve_segment(struct http_exchange *x, struct shelf_item *item)
{
    struct hls_entry *entry = CONTAINER_OF(item, struct hls_entry, item);
    struct lane      *lane = entry->hls->lane;
    if (entry->segment->is_complete)
        return segment_reply(x, entry->segment, lane->kind->type);
    return segment_reply_growing(x, entry->hls->show, lane, entry->segment, lane->kind->type);
}

static struct err *serve_init(struct http_exchange *x, struct shelf_item *item)
{
    return segment_reply_blob(x, CONTAINER_OF(item, struct hls_init, item)->bytes, "video/mp4");
}

void hls_drop_entry(struct hls_entry *entry)
{
    shelf_take(&entry->item);
    list_remove(&entry->link);
    entry->hls->n_entries--;
    segment_unref(&entry->segment);
    mem_free(entry->path);
    mem_free(entry);
}

void hls_add_entry(struct hls *h, struct segment *s)
{
    struct hls_entry *entry = mem_calloc(1, sizeof *entry);
    char             *path = hls_name_segment(h->show, s);
    if (!entry || !path || !hls_put(h, &entry->item, path)) {
        mem_free(path);
        mem_free(entry);
        return;
    }
    entry->item.serve = serve_segment;
    entry->hls = h;
    entry->segment = segment_ref(s);
    entry->path = path;
    list_push(&h->entries, &entry->link);
    h->n_entries++;
}

static void drop_init(struct hls_init *init)
{
    shelf_take(&init->item);
    list_remove(&init->link);
    blob_unref(&init->bytes);
    mem_free(init->path);
    mem_free(init);
}

static const struct hls_init *find_init(const struct hls *h, uint64_t number)
{
    for (const struct list *it = h->inits.next; it != &h->inits; it = it->next) {
        const struct hls_init *init = LIST_ENTRY(it, const struct hls_init, link);
        if (init->number == number)
            return init;
    }
    return NULL;
}

const char *hls_init_path(const struct hls *h, uint64_t number)
{
    const struct hls_init *init = find_init(h, number);
    return init ? init->path : NULL;
}

/* Put the init segment on the shelf that a segment has brought. */
void hls_add_init(struct hls *h, const struct segment *s)
{
    if (!s->init || find_init(h, s->init_number))
        return;
    struct hls_init *init = mem_calloc(1, sizeof *init);
    char            *path = hls_name_init(h->show, s->init_number);
    if (!init || !path || !hls_put(h, &init->item, path)) {
        mem_free(path);
        mem_free(init);
        return;
    }
    init->item.serve = serve_init;
    init->bytes = blob_ref(s->init);
    init->number = s->init_number;
    init->path = path;
    list_push(&h->inits, &init->link);
}

/* Drop init segments that no segment on the shelf needs. */
void hls_drop_old_inits(struct hls *h)
{
    const struct hls_entry *oldest =
        list_is_empty(&h->entries) ? NULL : LIST_ENTRY(h->entries.next, const struct hls_entry, link);
    LIST_FOREACH (&h->inits, it, after) {
        struct hls_init *init = LIST_ENTRY(it, struct hls_init, link);
        if (!oldest || (oldest->segment->init && init->number < oldest->segment->init_number))
            drop_init(init);
    }
}

struct hls_entry *hls_newest_entry(const struct hls *h)
{
    return list_is_empty(&h->entries) ? NULL : LIST_ENTRY(h->entries.prev, struct hls_entry, link);
}

size_t hls_in_window(const struct hls *h)
{
    int64_t sum_us = 0;
    size_t  n = 0;
    for (const struct list *it = h->lane->segments.prev; it != &h->lane->segments; it = it->prev, n++) {
        if (sum_us >= h->show->vhost->hls.window_us && n > 0)
            break;
        sum_us += LIST_ENTRY(it, const struct segment, link)->duration_us;
    }
    return n;
}

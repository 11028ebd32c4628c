#include "app/relay/kept_bodies.h"

#include <string.h>

#include "core/mem.h"
#include "kernel/flv_frame.h"

struct kept {
    struct list   link;
    struct frame *body;
    uint32_t      ts_ms;
};

static struct kept *kept_at(struct list *link)
{
    return LIST_ENTRY(link, struct kept, link);
}

static size_t bytes_of(const struct frame *f)
{
    return sizeof(struct kept) + sizeof *f + f->cap;
}

static struct frame *take_out(struct kept_bodies *k, struct kept *kept)
{
    struct frame *f = kept->body;
    k->n--;
    k->bytes -= bytes_of(f);
    list_remove(&kept->link);
    mem_free(kept);
    return f;
}

static void drop(struct kept_bodies *k, struct kept *kept)
{
    struct frame *f = take_out(k, kept);
    frame_unref(&f);
}

/* ---- what may go ---- */

/* Servers send metadata to players as the message onMetaData: an AMF0 string with its marker and length (AMF0, 2.4). */
static bool is_metadata(const struct frame *f)
{
    static const char name[] = "\x02\x00\x0aonMetaData";
    return f->kind == FRAME_SCRIPT && f->len >= sizeof name - 1 && memcmp(f->data, name, sizeof name - 1) == 0;
}

static bool is_header(const struct frame *f)
{
    return f->kind == FRAME_SCRIPT ? is_metadata(f) : frame_is_header(f);
}

/* True for the header that a newer one replaces. */
static bool is_like(const struct frame *a, const struct frame *b)
{
    return is_header(a) && a->kind == b->kind && a->track == b->track && a->note == b->note && a->config == b->config;
}

/* Drop what a body replaces: the header of its kind, or all media before a key frame. */
static void make_way(struct kept_bodies *k, const struct frame *f)
{
    bool is_start = f->kind == FRAME_VIDEO && f->key && !k->holds;
    LIST_FOREACH (&k->list, it, after) {
        const struct frame *was = kept_at(it)->body;
        if (is_header(f) ? is_like(was, f) : is_start && !is_header(was))
            drop(k, kept_at(it));
    }
}

static void drop_oldest(struct kept_bodies *k)
{
    struct list *it = k->list.next;
    while (it->next != &k->list && is_header(kept_at(it)->body))
        it = it->next;
    drop(k, kept_at(it));
}

/* ---- in and out ---- */

void kept_bodies_init(struct kept_bodies *k)
{
    *k = (struct kept_bodies){ 0 };
    list_init(&k->list);
}

bool kept_bodies_put(struct kept_bodies *k, struct frame **body, uint32_t ts_ms)
{
    struct frame *f = *body;
    *body = NULL;
    f->dts_us = 0;
    if (f->kind != FRAME_SCRIPT && flv_frame_parse(f, NULL) != FLV_PARSE_OK) {
        frame_unref(&f);
        return true;
    }
    struct kept *kept = mem_alloc(sizeof *kept);
    if (!kept) {
        frame_unref(&f);
        return false;
    }
    make_way(k, f);
    *kept = (struct kept){ .body = f, .ts_ms = ts_ms };
    list_push(&k->list, &kept->link);
    k->n++;
    k->bytes += bytes_of(f);
    while (k->n > KEPT_BODIES_MAX || k->bytes > KEPT_BODIES_BYTES_MAX)
        drop_oldest(k);
    return true;
}

struct frame *kept_bodies_get(struct kept_bodies *k, uint32_t *ts_ms)
{
    if (k->n == 0)
        return NULL;
    struct kept *oldest = kept_at(k->list.next);
    *ts_ms = oldest->ts_ms;
    return take_out(k, oldest);
}

void kept_bodies_clear(struct kept_bodies *k)
{
    while (k->n > 0)
        drop(k, kept_at(k->list.next));
}

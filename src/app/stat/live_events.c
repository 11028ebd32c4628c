#include "app/stat/live_events.h"

#include <inttypes.h>
#include <string.h>

#include "core/mem.h"

/* "id: …", "event: …", "data: …", the empty line. */
enum { FRAME_BYTES = 128 };

struct event {
    char  *text; /* NULL: it was too long, or memory was out */
    size_t len;
};

static struct {
    struct event events[LIVE_EVENTS_KEPT];
    uint64_t     n_ever; /* the newest has the number n_ever - 1 */
    struct list  listeners;
    int          n_listeners;
} all = { .listeners = { &all.listeners, &all.listeners } };

bool live_events_are_wanted(void)
{
    return all.n_listeners > 0;
}

static void forget(struct event *e)
{
    mem_free(e->text);
    *e = (struct event){ 0 };
}

void live_events_tell(const char *name, struct jw *j)
{
    struct event *e = &all.events[all.n_ever % LIVE_EVENTS_KEPT];
    struct buf    text = buf_up_to(LIVE_EVENT_BYTES_MAX);
    forget(e);
    buf_printf(&text, "id: %" PRIu64 "\nevent: %s\ndata: ", all.n_ever, name);
    if (j->text.fault == BUF_SOUND && j->text.len < LIVE_EVENT_BYTES_MAX - FRAME_BYTES) {
        buf_append(&text, j->text.bytes, j->text.len);
        buf_text(&text, "\n\n");
        if (text.fault == BUF_SOUND) {
            e->len = text.len;
            e->text = buf_take(&text);
        }
    }
    buf_finish(&text);
    jw_finish(j);
    all.n_ever++;
    LIST_FOREACH (&all.listeners, it, after)
        co_unpark(LIST_ENTRY(it, struct live_listener, link)->co);
}

bool live_events_join(struct live_listener *l, struct co *co)
{
    if (all.n_listeners == LIVE_LISTENERS_MAX)
        return false;
    all.n_listeners++;
    l->co = co;
    l->next = all.n_ever;
    list_push(&all.listeners, &l->link);
    return true;
}

void live_events_leave(struct live_listener *l)
{
    list_remove(&l->link);
    if (--all.n_listeners == 0)
        live_events_finish();
}

static uint64_t oldest(void)
{
    return all.n_ever > LIVE_EVENTS_KEPT ? all.n_ever - LIVE_EVENTS_KEPT : 0;
}

void live_events_take(struct live_listener *l, struct buf *out)
{
    uint64_t n_lost = l->next < oldest() ? oldest() - l->next : 0;
    l->next += n_lost;
    if (n_lost)
        buf_printf(out, "event: lost\ndata: {\"events\":%" PRIu64 "}\n\n", n_lost);
    for (; l->next < all.n_ever && out->len < out->max / 2; l->next++) {
        const struct event *e = &all.events[l->next % LIVE_EVENTS_KEPT];
        if (e->text)
            buf_append(out, e->text, e->len);
        else
            buf_text(out, "event: lost\ndata: {\"events\":1}\n\n");
    }
}

void live_events_finish(void)
{
    for (size_t i = 0; i < LIVE_EVENTS_KEPT; i++)
        forget(&all.events[i]);
}

#include "app/hooks/updates.h"

#include "app/hooks/bus.h"
#include "app/hooks/kept_urls.h"
#include "app/hooks/outbox.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* How the frames of a publisher came in. */
struct quality {
    double  fps;
    int64_t gaps, gaps_us, longest_gap_us, breaks, jumps, gop_us;
};

struct hook_update {
    struct list                link; /* in the order of `due_us` */
    int64_t                    due_us, began_us, last_us;
    int64_t                    last_in, last_out, last_frames; /* of the last record */
    int                        number;                         /* of the next record, from 1 */
    struct quality             quality;                        /* the newest that is this publisher's */
    const struct client       *client;
    const struct session_door *door;
    struct hook_subject       *subject;
    const struct source       *source;
    const char                *queue;
    struct hook_kept_urls     *last; /* where the last record goes if there is no such vhost any more */
};

static struct {
    struct list     due;
    struct co_group group;
    struct co      *teller;
    bool            is_open;
} all;

/* ---- a record ------------------------------------------------------------------------------------------------------- */

/* While one publisher takes over from another, the source has the figures of the newer one alone. */
static void note_quality(struct hook_update *u)
{
    const struct source *s = u->source;
    const struct pulse  *p = &s->pulse;
    if (!str_equal(s->stat.publisher_id, u->client->id))
        return;
    u->quality = (struct quality){
        .fps = s->fps,
        .gaps = p->n_gaps,
        .gaps_us = p->gaps_us,
        .longest_gap_us = p->longest_gap_us,
        .breaks = s->clock.n_breaks - p->n_breaks_then,
        .jumps = s->n_jumps,
        .gop_us = p->gop_us,
    };
}

static double per_second(int64_t n, int64_t duration_us)
{
    return duration_us > 0 ? (double)n * US_PER_SECOND / (double)duration_us : 0;
}

static void write_quality(const struct quality *q, struct jw *j)
{
    jw_fixed(j, "stream_fps", q->fps);
    jw_int(j, "gop_ms", q->gop_us / US_PER_MS);
    jw_int(j, "gaps", q->gaps);
    jw_int(j, "gaps_ms", q->gaps_us / US_PER_MS);
    jw_int(j, "longest_gap_ms", q->longest_gap_us / US_PER_MS);
    jw_int(j, "time_breaks", q->breaks);
    jw_int(j, "player_jumps", q->jumps);
}

static void write_record(struct hook_update *u, bool is_last, struct jw *j)
{
    const struct client *c = u->client;
    int64_t              now = now_us(), in = c->traffic.bytes_in + *c->bytes_in - c->counted_in,
            out = c->traffic.bytes_out + *c->bytes_out - c->counted_out;
    bool publishes = c->type->publish;
    hook_subject_write_open(u->subject, HOOK_UPDATE, j);
    jw_string(j, "type", c->type->name);
    jw_string(j, "role", publishes ? "publish" : "play");
    jw_int(j, "number", u->number);
    jw_bool(j, "final", is_last);
    jw_fixed(j, "seconds", (double)(now - u->began_us) / US_PER_SECOND);
    jw_fixed(j, "interval", (double)(now - u->last_us) / US_PER_SECOND);
    jw_int(j, "recv_bytes", in);
    jw_int(j, "send_bytes", out);
    jw_fixed(j, "recv_kbps", per_second(in - u->last_in, now - u->last_us) * 8 / 1000);
    jw_fixed(j, "send_kbps", per_second(out - u->last_out, now - u->last_us) * 8 / 1000);
    jw_int(j, "frames", c->n_messages);
    jw_fixed(j, "fps", per_second(c->n_messages - u->last_frames, now - u->last_us));
    if (publishes) {
        note_quality(u);
        write_quality(&u->quality, j);
    }
    jw_object_end(j);
    u->number++;
    u->last_us = now;
    u->last_in = in;
    u->last_out = out;
    u->last_frames = c->n_messages;
}

static const struct conf_vhost *vhost_now(const struct hook_update *u)
{
    return conf_vhost_named(*u->door->conf, u->subject->vhost);
}

static void tell(struct hook_update *u, bool is_last)
{
    const struct conf_vhost *v = vhost_now(u);
    const struct conf_words *urls = v ? hook_event_urls(v, HOOK_UPDATE) : &u->last->urls;
    struct hook_call         c = {
                .event = HOOK_UPDATE,
                .manner = v ? hook_manner_of(*u->door->conf, v, HOOK_UPDATE) : u->last->manner,
                .client_id = u->subject->client_id,
                .vhost = u->subject->vhost,
                .id_is_secret = u->subject->id_is_secret,
    };
    struct jw j = JW_INIT;
    bool      is_on_bus = v && hook_bus_is_wanted(*u->door->conf, v);
    if (urls->count == 0 && !is_on_bus)
        return;
    write_record(u, is_last, &j);
    struct err *e = buf_error(&j.text);
    c.body = j.text.bytes;
    if (!e)
        hook_outbox_add(u->queue, &c, urls, HOOK_LAST);
    if (!e && is_on_bus)
        hook_bus_tell(*u->door->conf, v, u->subject, c.body);
    log_err(LOG_ERROR, e, "on_update of %s is lost", u->queue);
    jw_finish(&j);
}

/* ---- the row of sessions ---------------------------------------------------------------------------------------------- */

static struct hook_update *first(void)
{
    return LIST_ENTRY(all.due.next, struct hook_update, link);
}

/* Most sessions have the same interval, so the place is near the end. */
static void put(struct hook_update *u, int64_t due_us)
{
    struct list *before = all.due.prev;
    u->due_us = due_us;
    while (before != &all.due && LIST_ENTRY(before, struct hook_update, link)->due_us > due_us)
        before = before->prev;
    list_push(before->next, &u->link);
    if (all.teller && all.due.next == &u->link)
        co_unpark(all.teller);
}

static int64_t interval_us(const struct hook_update *u)
{
    const struct conf_vhost *v = vhost_now(u);
    return v ? v->hooks.update_interval_us : u->last->manner.update_interval_us;
}

static void tell_those_due(void *arg)
{
    struct err *e = NULL;
    (void)arg;
    while (!e) {
        bool has_first = !list_is_empty(&all.due);
        if (!has_first || first()->due_us > now_us()) {
            e = err_except(co_park(has_first ? first()->due_us : DEADLINE_NEVER), E_SOCKET_TIMEOUT);
            continue;
        }
        struct hook_update *u = first();
        list_remove(&u->link);
        tell(u, false);
        put(u, now_us() + interval_us(u));
        co_give_way_by_time();
    }
    err_free(e);
    all.teller = NULL;
}

static struct err *get_ready(void)
{
    if (!all.is_open) {
        list_init(&all.due);
        co_group_init(&all.group);
        all.is_open = true;
    }
    return all.teller ? NULL : co_go(&all.group, "hooks-update", tell_those_due, NULL, &all.teller);
}

struct err *hook_update_begin(struct hook_update **out, const struct session *s, struct hook_subject *subject,
                              const struct source *source, const char *queue)
{
    const struct conf_words *urls = hook_event_urls(s->vhost, HOOK_UPDATE);
    const struct hook_manner m = hook_manner_of(s->conf, s->vhost, HOOK_UPDATE);
    *out = NULL;
    if (urls->count == 0 && !hook_bus_is_wanted(s->conf, s->vhost))
        return NULL;
    struct err *e = get_ready();
    if (e)
        return e;
    struct hook_update *u = mem_calloc(1, sizeof *u);
    if (!u || !(u->last = hook_kept_urls_new(urls, &m))) {
        mem_free(u);
        return err_no_memory();
    }
    list_init(&u->link);
    u->client = &s->client;
    u->door = s->door;
    u->subject = subject;
    u->source = source;
    u->queue = queue;
    u->number = 1;
    u->began_us = u->last_us = now_us();
    put(u, u->began_us + m.update_interval_us);
    *out = u;
    return NULL;
}

void hook_update_end(struct hook_update *u)
{
    if (!u)
        return;
    tell(u, true);
    list_remove(&u->link);
    mem_free(u->last);
    mem_free(u);
}

void hook_updates_finish(void)
{
    if (all.is_open)
        co_group_cancel_and_join(&all.group);
    all.is_open = false;
}

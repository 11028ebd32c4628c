#include "app/hls/viewers.h"

#include <string.h>

#include "app/session/goodbye.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/stream_name.h"

/* How often a request looks whether its viewer, for which another request asks at the door, has been let in. */
enum { ASKED_LOOK_US = 50 * US_PER_MS };

/* The wheel has a slot for each second. A viewer whose time is further away is looked at once more on the way. */
enum { SLOTS = 64, SLOT_US = US_PER_SECOND };

static struct {
    struct server  *server;    /* NULL: there has been no viewer yet */
    struct map      by_id;     /* struct hls_viewer */
    struct map      asked;     /* those that come back and are at the door, by id */
    size_t          n;         /* viewers that are held in memory after they were admitted */
    size_t          n_new;     /* members of `newcomers` */
    struct list     newcomers; /* oldest first */
    struct list     leaving;   /* their sessions are still to be ended */
    struct list     slots[SLOTS];
    int64_t         slot; /* the number of the last slot that was looked at, counted since the clock began */
    struct co      *keeper;
    struct co_group leavers;
    bool            is_closing;
} all;

struct err *hls_viewers_refuse_others(void)
{
    return err_new(E_RTMP_ACCESS_DENIED, "only viewers of the playlist get this, and their " HLS_VIEWER_ID_PARAM);
}

size_t hls_viewers_count(void)
{
    return all.n;
}

/* ---- its time ------------------------------------------------------------------------------------------------- */

/* When the viewer is to be looked at, if it does not ask again. */
static int64_t due_us(const struct hls_viewer *v)
{
    if (!v->session.source) /* kicked */
        return v->used_us + HLS_VIEWER_SILENCE_US;
    int64_t life_us = hls_viewer_life_us(&v->session.source->vhost->hls, v->target_us);
    if (!list_is_empty(&v->newcomer) && life_us > HLS_VIEWER_NEW_US)
        life_us = HLS_VIEWER_NEW_US;
    return v->used_us + life_us;
}

static void put_on_wheel(struct hls_viewer *v, int64_t due)
{
    int64_t slot = due / SLOT_US + 1;
    if (slot <= all.slot)
        slot = all.slot + 1;
    if (slot >= all.slot + SLOTS)
        slot = all.slot + SLOTS - 1;
    list_remove(&v->link);
    list_push(&all.slots[slot % SLOTS], &v->link);
}

static void come_back(struct hls_viewer *v)
{
    if (list_is_empty(&v->newcomer))
        return;
    list_remove(&v->newcomer);
    all.n_new--;
}

/* ---- its end -------------------------------------------------------------------------------------------------- */

static void leave_all(void *arg);

static void drop(struct hls_viewer *v)
{
    all.n--;
    hls_viewer_unref(&v);
}

static void forget(struct hls_viewer *v)
{
    map_remove(&all.by_id, v->id);
    v->is_known = false;
    list_remove(&v->link);
}

/* The viewer is no client any more. Its session is ended soon, by the coroutine that may wait for that. */
static void begin_to_leave(struct hls_viewer *v)
{
    registry_leave(&all.server->registry, &v->session.client);
    come_back(v);
    list_remove(&v->link);
    list_push(&all.leaving, &v->link);
    if (all.leavers.count == 0 && !all.is_closing)
        err_free(
            co_go(&all.leavers, "hls-leave", leave_all, NULL, NULL)); /* without memory: at the wheel's next turn */
}

static void expire(struct hls_viewer *v)
{
    forget(v);
    begin_to_leave(v);
}

/* A kicked viewer stays out; one whose time is over may come back, and is asked at the door again. */
static void end_client(struct client *c)
{
    struct hls_viewer *v = CONTAINER_OF(c, struct hls_viewer, session.client);
    v->has_ended = true;
    hls_viewer_end_replies(v);
    if (c->is_over)
        expire(v);
    else
        begin_to_leave(v);
}

static void tell_end(const struct hls_viewer *v, bool was_new)
{
    if (v->has_ended)
        goodbye_say(session_end_reason(&v->session, err_new(E_THREAD_INTERRUPTED, "HLS viewer %s is kicked", v->ip)));
    log_write(was_new ? LOG_DEBUG : LOG_INFO, "HLS viewer finished. %s, ip=%s, age=%lld ms, in=%lld, out=%lld",
              v->session.source->identity, v->ip, (long long)((now_us() - v->session.client.since_us) / US_PER_MS),
              (long long)v->bytes_in, (long long)v->bytes_out);
}

/* A kicked viewer is remembered while it goes on asking. */
static void leave(struct hls_viewer *v)
{
    co_set_trace(v->id);
    tell_end(v, v->session.client.n_messages <= 1);
    v->session.client.has_failed = v->has_ended;
    session_leave(&v->session);
    if (v->is_known && !all.is_closing) {
        put_on_wheel(v, due_us(v));
        return;
    }
    if (v->is_known)
        forget(v);
    drop(v);
}

static void leave_all(void *arg)
{
    (void)arg;
    while (!list_is_empty(&all.leaving)) {
        struct hls_viewer *v = LIST_ENTRY(all.leaving.next, struct hls_viewer, link);
        list_remove(&v->link);
        leave(v);
        co_give_way_by_time();
    }
}

/* ---- the wheel ------------------------------------------------------------------------------------------------- */

/* A request that is being answered holds a reference, so its viewer is not silent. */
static void look_at(struct hls_viewer *v, int64_t now)
{
    if (v->refs > 1)
        v->used_us = now;
    if (co_deadline(due_us(v)) > now) {
        put_on_wheel(v, due_us(v));
    } else if (v->session.source) {
        expire(v);
    } else {
        forget(v);
        drop(v);
    }
}

static void turn_wheel(int64_t now)
{
    while (all.slot < now / SLOT_US) {
        struct list *slot = &all.slots[++all.slot % SLOTS];
        while (!list_is_empty(slot)) {
            look_at(LIST_ENTRY(slot->next, struct hls_viewer, link), now);
            co_give_way_by_time();
        }
    }
}

/* The server stops. */
static void end_all(void)
{
    all.is_closing = true;
    co_group_cancel_and_join(&all.leavers);
    for (size_t i = 0; i < SLOTS; i++) {
        while (!list_is_empty(&all.slots[i])) {
            struct hls_viewer *v = LIST_ENTRY(all.slots[i].next, struct hls_viewer, link);
            forget(v);
            if (v->session.source)
                begin_to_leave(v);
            else
                drop(v);
        }
    }
    leave_all(NULL);
    map_finish(&all.by_id);
    map_finish(&all.asked);
    all.server = NULL;
    all.keeper = NULL;
}

static void keep(void *arg)
{
    (void)arg;
    for (;;) {
        struct err *e = co_park(all.n ? (all.slot + 1) * SLOT_US : DEADLINE_NEVER);
        if (err_code(e) == E_THREAD_INTERRUPTED) {
            err_free(e);
            break;
        }
        err_free(e);
        turn_wheel(now_us());
        if (!list_is_empty(&all.leaving) && all.leavers.count == 0)
            err_free(co_go(&all.leavers, "hls-leave", leave_all, NULL, NULL));
    }
    end_all();
}

/* ---- requests ------------------------------------------------------------------------------------------------- */

static struct err *get_ready(struct server *server)
{
    if (all.server)
        return NULL;
    list_init(&all.newcomers);
    list_init(&all.leaving);
    for (size_t i = 0; i < SLOTS; i++)
        list_init(&all.slots[i]);
    all.by_id = MAP_INIT;
    all.n = all.n_new = 0;
    all.slot = now_us() / SLOT_US;
    all.is_closing = false;
    co_group_init(&all.leavers);
    struct err *e = co_go(&server->services, "hls-viewers", keep, NULL, &all.keeper);
    if (!e)
        all.server = server;
    return err_wrap(e, "look after the viewers of HLS");
}

static void expire_oldest_newcomer(void)
{
    if (!list_is_empty(&all.newcomers))
        expire(LIST_ENTRY(all.newcomers.next, struct hls_viewer, newcomer));
}

/* A server that has no place for a viewer makes one for the next. */
static struct err *make_room(void)
{
    if (all.n_new >= HLS_NEW_VIEWERS_MAX)
        expire_oldest_newcomer();
    if (all.n < HLS_VIEWERS_MAX && mem_has_room())
        return NULL;
    expire_oldest_newcomer();
    return err_new(E_LIMIT, "no room for another HLS viewer, there are %zu", all.n);
}

/* A publisher may have come back with another spelling of the same names. */
static bool is_of(const struct hls_viewer *v, const struct hls_viewer_stream *of)
{
    char a[STREAM_IDENTITY_CAP], b[STREAM_IDENTITY_CAP];
    if (str_equal(v->of.stream, of->stream) && str_equal(v->of.app, of->app) && str_equal(v->of.vhost, of->vhost))
        return true;
    return str_equal(stream_name_key(a, v->of.vhost, v->of.app, v->of.stream),
                     stream_name_key(b, of->vhost, of->app, of->stream));
}

static struct hls_viewer *use(struct hls_viewer *v)
{
    v->refs++;
    v->used_us = now_us();
    come_back(v);
    return v;
}

struct hls_viewer *hls_viewers_find_by_id(const char *id)
{
    struct hls_viewer *v = all.server ? map_find(&all.by_id, id) : NULL;
    return v ? use(v) : NULL;
}

struct hls_viewer *hls_viewers_find(const char *id, const struct hls_viewer_stream *of)
{
    struct hls_viewer *v = all.server ? map_find(&all.by_id, id) : NULL;
    return v && is_of(v, of) ? use(v) : NULL;
}

/* From here on the viewer is a client, and found by its id. */
static struct err *enter(struct hls_viewer *v, bool is_new)
{
    struct err *e = session_enter(&v->session);
    if (e)
        return e;
    if (!map_put(&all.by_id, v->id, v))
        return err_no_memory();
    v->is_known = true;
    v->session.client.end = end_client;
    all.n++;
    if (is_new) {
        list_push(&all.newcomers, &v->newcomer);
        all.n_new++;
    }
    put_on_wheel(v, due_us(v));
    if (all.n == 1)
        co_unpark(all.keeper); /* It waits for the first viewer. */
    log_info("start play %s over HLS, viewer=%.8s, ip=%s", v->session.source->identity, v->id, v->ip);
    return NULL;
}

/* Asks the door. Another request may have admitted the same id meanwhile: that viewer is the one, *other. */
static struct err *admit(struct hls_viewer *v, bool is_new, struct hls_viewer **other)
{
    struct err *e = session_admit(&v->session, &all.server->door);
    str_tame(v->page, strlen(v->page)); /* The rules have judged the unchanged URL; the API shows a tamed one. */
    if (e)
        return e;
    *other = map_find(&all.by_id, v->id);
    return *other ? NULL : enter(v, is_new);
}

/* A viewer that comes back: one request asks, and others with its id wait for the answer (*other). */
static struct err *admit_again(struct hls_viewer *v, struct hls_viewer **other)
{
    struct err *e = NULL;
    while (!e && map_find(&all.asked, v->id))
        e = co_sleep(ASKED_LOOK_US);
    if (e || (*other = map_find(&all.by_id, v->id)))
        return e;
    if (!map_put(&all.asked, v->id, v))
        return err_no_memory();
    e = admit(v, false, other);
    map_remove(&all.asked, v->id);
    return e;
}

struct err *hls_viewers_admit(struct hls_viewer **out, struct hls_refusal *refusal, struct server *server,
                              const struct hls_viewer_asks *asks, const char *id)
{
    struct hls_viewer *v = NULL, *other = NULL;
    struct err        *e;
    *out = NULL;
    *refusal = (struct hls_refusal){ .verdict = SESSION_FAILED };
    if ((e = get_ready(server)) || (e = make_room()))
        return e;
    if (!(v = hls_viewer_new(asks)))
        return err_no_memory();
    if (id)
        str_copy(v->id, sizeof v->id, id);
    else if (!hls_viewer_id_make(v->id, server->secret, &asks->of))
        e = err_new(E_OPEN_SSL_CREATE_HMAC, "make an id for an HLS viewer");
    if (!e) {
        v->session.authorization = asks->authorization;
        v->session.io = asks->io;
        e = id ? admit_again(v, &other) : admit(v, true, &other);
        v->session.authorization = NULL;
        v->session.io = NULL;
        *refusal = (struct hls_refusal){ v->session.verdict, v->session.challenge, v->session.place };
        v->session.place = NULL;
    }
    if (!e && !other) {
        v->refs++;
        *out = v;
        return NULL;
    }
    session_leave(&v->session);
    hls_viewer_unref(&v);
    if (!e)
        *out = use(other);
    return e;
}

void hls_viewers_release(struct hls_viewer **vp, int64_t bytes_in, int64_t bytes_out)
{
    struct hls_viewer *v = *vp;
    if (!v)
        return;
    v->bytes_in += bytes_in;
    v->bytes_out += bytes_out;
    v->session.client.n_messages++;
    v->used_us = now_us();
    hls_viewer_unref(vp);
}

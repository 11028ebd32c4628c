#include "app/hooks/outbox.h"

#include <string.h>

#include "core/clock.h"
#include "core/list.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* A client whose notices are in a queue that has not its name. */
struct guest {
    char         *id;
    struct queue *queue;
    size_t        n; /* its notices there */
};

struct notice {
    struct list      link;  /* in its queue */
    struct guest    *guest; /* NULL: the queue is the client's own */
    struct hook_call call;
    int64_t          held_until_us; /* 0: it does not wait */
    size_t           n_urls, bytes;
    char             texts[]; /* client_id, body, tls_ca, secret, then the URLs, each with its NUL */
};

struct queue {
    char       *key;
    struct list notices; /* the first one is the next, or on its way */
    struct list link;    /* in `ready` of a backend; unlinked: a sender or the holder has it */
    struct co  *holder;  /* waits until the first notice may go; NULL: none */
    struct list waiters;
};

/* What one server has to be told: the queues whose next notice is for it. */
struct backend {
    char       *key; /* the URL up to its path */
    struct list ready;
    size_t      n_senders;
};

struct waiter {
    struct list link;
    struct co  *co;
};

static struct {
    struct map      queues, guests, backends;
    size_t          bytes;
    size_t          n, n_dropped; /* notices that wait; that were dropped since the outbox was empty */
    bool            is_open, is_closing;
    struct co_group senders;
} all;

static void get_ready(void)
{
    if (all.is_open)
        return;
    co_group_init(&all.senders);
    all.is_open = true;
}

/* ---- notices ------------------------------------------------------------------------------------------------------ */

static const char *pack(char **at, const char *text)
{
    return str_pack(at, text, strlen(text));
}

static struct notice *notice_new(const struct hook_call *c, const struct conf_words *urls)
{
    size_t bytes = sizeof(struct notice) + strlen(c->client_id) + 1 + strlen(c->body) + 1 + strlen(c->manner.tls_ca) +
                   1 + strlen(c->manner.secret) + 1;
    for (size_t i = 0; i < urls->count; i++)
        bytes += strlen(urls->items[i]) + 1;
    if (all.bytes + bytes > HOOK_OUTBOX_BYTES_MAX)
        return NULL;
    struct notice *n = mem_alloc(bytes);
    if (!n)
        return NULL;
    char *at = n->texts;
    list_init(&n->link);
    n->held_until_us = 0;
    n->call = *c;
    n->call.client_id = pack(&at, c->client_id);
    n->call.body = pack(&at, c->body);
    n->call.manner.tls_ca = pack(&at, c->manner.tls_ca);
    n->call.manner.secret = pack(&at, c->manner.secret);
    hook_call_name(&n->call);
    n->call.url = at;
    for (size_t i = 0; i < urls->count; i++)
        pack(&at, urls->items[i]);
    n->n_urls = urls->count;
    n->bytes = bytes;
    return n;
}

static void guest_leave(struct guest *g)
{
    if (!g || --g->n > 0)
        return;
    map_remove(&all.guests, g->id);
    mem_free(g->id);
    mem_free(g);
}

static void notice_free(struct notice *n)
{
    guest_leave(n->guest);
    list_remove(&n->link);
    all.bytes -= n->bytes;
    all.n--;
    mem_free(n);
    if (all.n > 0 || all.n_dropped == 0)
        return;
    log_error("%zu callbacks were lost", all.n_dropped);
    all.n_dropped = 0;
}

/* Call the URLs one after the other. The first failure ends it, as with calls that decide. */
static void deliver(const struct notice *n)
{
    struct hook_call c = n->call;
    struct err      *e = NULL;
    enum hook_known  known;
    bool             is_notify = c.event == HOOK_HLS_NOTIFY;
    co_set_trace(c.client_id);
    for (size_t i = 0; i < n->n_urls && !e; i++, c.url += strlen(c.url) + 1)
        e = is_notify ? hook_fetch(&c) : hook_call(&c, &known);
    if (e)
        log_err(LOG_WARN, e, "%s is not delivered", hook_event_name(c.event));
}

/* ---- backends ----------------------------------------------------------------------------------------------------- */

static size_t authority_len(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? strcspn(host + 3, "/?#") + (size_t)(host + 3 - url) : strlen(url);
}

static struct backend *backend_of(const char *url)
{
    char *key = mem_strndup(url, authority_len(url));
    if (!key)
        return NULL;
    struct backend *b = map_find(&all.backends, key);
    if (!b && (b = mem_calloc(1, sizeof *b))) {
        b->key = key;
        list_init(&b->ready);
        if (map_put(&all.backends, key, b))
            return b;
        mem_free(b);
        b = NULL;
    }
    mem_free(key);
    return b;
}

static void drop_unused(struct backend *b)
{
    if (b->n_senders > 0 || !list_is_empty(&b->ready))
        return;
    map_remove(&all.backends, b->key);
    mem_free(b->key);
    mem_free(b);
}

/* ---- queues -------------------------------------------------------------------------------------------------------- */

static struct notice *first_of(const struct queue *l)
{
    return LIST_ENTRY(l->notices.next, struct notice, link);
}

static struct queue *queue_of(const char *key)
{
    struct queue *l = map_find(&all.queues, key);
    if (l || !(l = mem_calloc(1, sizeof *l)))
        return l;
    list_init(&l->notices);
    list_init(&l->link);
    list_init(&l->waiters);
    l->key = mem_strdup(key);
    if (l->key && map_put(&all.queues, key, l))
        return l;
    mem_free(l->key);
    mem_free(l);
    return NULL;
}

/* The guest that a client is in this queue. False: out of memory. */
static bool guest_of(struct guest **out, struct queue *l, const char *client_id)
{
    struct guest *g = *out = map_find(&all.guests, client_id);
    if (g || str_equal(l->key, client_id)) {
        if (g)
            g->n++;
        return true;
    }
    if (!(g = mem_calloc(1, sizeof *g)))
        return false;
    *g = (struct guest){ .id = mem_strdup(client_id), .queue = l, .n = 1 };
    if (g->id && map_put(&all.guests, client_id, g)) {
        *out = g;
        return true;
    }
    mem_free(g->id);
    mem_free(g);
    return false;
}

static void queue_free(struct queue *l)
{
    while (!list_is_empty(&l->notices))
        notice_free(first_of(l));
    list_remove(&l->link);
    map_remove(&all.queues, l->key);
    while (!list_is_empty(&l->waiters)) {
        struct waiter *w = LIST_ENTRY(l->waiters.next, struct waiter, link);
        list_remove(&w->link);
        co_unpark(w->co);
    }
    mem_free(l->key);
    mem_free(l);
}

static void send_all(void *arg);
static bool make_ready(struct queue *l);
static void drop_queue(struct queue *l);

/* Wait until the first notice of the queue may go. */
static void hold(void *arg)
{
    struct queue *l = arg;
    struct err   *e = NULL;
    while (!e && first_of(l)->held_until_us > now_us())
        e = err_except(co_park(first_of(l)->held_until_us), E_SOCKET_TIMEOUT);
    err_free(e);
    first_of(l)->held_until_us = 0;
    l->holder = NULL;
    if (!make_ready(l))
        drop_queue(l);
}

/* The next notice of the queue is due, or waits. False: out of memory. */
static bool make_ready(struct queue *l)
{
    if (first_of(l)->held_until_us && !all.is_closing) {
        struct err *e = co_go(&all.senders, "hooks-hold", hold, l, &l->holder);
        if (!e)
            return true;
        err_free(e); /* without memory it does not wait */
    }
    struct backend *b = backend_of(first_of(l)->call.url);
    if (!b)
        return false;
    list_push(&b->ready, &l->link);
    if (all.is_closing)
        return true;
    if (b->n_senders < HOOK_SENDERS_MAX) {
        struct err *e = co_go(&all.senders, "hooks", send_all, b, NULL);
        b->n_senders += !e;
        err_free(e);
    }
    return b->n_senders > 0;
}

static void drop_queue(struct queue *l)
{
    log_error("no memory to deliver callbacks: those of %s are lost", l->key);
    queue_free(l);
}

/* Deliver the first notice of a queue that no other sender has. */
static void serve_queue(struct queue *l)
{
    deliver(first_of(l));
    notice_free(first_of(l));
    if (list_is_empty(&l->notices))
        queue_free(l);
    else if (!make_ready(l))
        drop_queue(l);
}

static void send_all(void *arg)
{
    struct backend *b = arg;
    while (!list_is_empty(&b->ready) && !co_is_cancelled(co_self())) {
        struct queue *l = LIST_ENTRY(b->ready.next, struct queue, link);
        list_remove(&l->link);
        serve_queue(l);
    }
    b->n_senders--;
    drop_unused(b);
}

/* ---- what others see ------------------------------------------------------------------------------------------------ */

static void tell_loss(const char *queue, const struct hook_call *call)
{
    if (all.n_dropped++ == 0)
        log_error("callbacks are lost: %zu wait, of %zu bytes; the first is %s of %s", all.n, all.bytes,
                  hook_event_name(call->event), queue);
}

static struct notice *held_of(struct queue *l)
{
    LIST_FOREACH (&l->notices, it, after) {
        struct notice *n = LIST_ENTRY(it, struct notice, link);
        if (n->held_until_us)
            return n;
    }
    return NULL;
}

/* A holder looks again, because the first notice may be another one now. */
static void put(struct queue *l, struct notice *n, enum hook_place place)
{
    struct notice *held = place == HOOK_BEFORE_HELD ? held_of(l) : NULL;
    n->held_until_us = place == HOOK_HELD ? now_us() + HOOK_HELD_US : 0;
    list_push(held ? &held->link : &l->notices, &n->link);
    if (l->holder)
        co_unpark(l->holder);
}

void hook_outbox_release(const char *key)
{
    struct queue  *l = map_find(&all.queues, key);
    struct notice *held = l ? held_of(l) : NULL;
    if (held)
        held->held_until_us = 0;
    if (l && l->holder)
        co_unpark(l->holder);
}

void hook_outbox_add(const char *key, const struct hook_call *call, const struct conf_words *urls,
                     enum hook_place place)
{
    get_ready();
    if (urls->count == 0)
        return;
    struct guest  *g = map_find(&all.guests, call->client_id);
    struct queue  *l = g ? g->queue : queue_of(key);
    struct notice *n = l ? notice_new(call, urls) : NULL;
    bool           is_first = l && list_is_empty(&l->notices);
    if (n && guest_of(&n->guest, l, call->client_id)) {
        all.bytes += n->bytes;
        all.n++;
        put(l, n, place);
        if (is_first && !make_ready(l))
            drop_queue(l);
        return;
    }
    mem_free(n);
    if (is_first)
        queue_free(l);
    tell_loss(key, call);
}

static struct queue *find(const char *key)
{
    struct queue *l = map_find(&all.queues, key);
    struct guest *g = l ? NULL : map_find(&all.guests, key);
    return g ? g->queue : l;
}

struct err *hook_outbox_wait(const char *key, int64_t deadline_us)
{
    struct queue *l;
    struct err   *e = NULL;
    while (!e && (l = find(key))) {
        struct waiter w = { .co = co_self() };
        list_push(&l->waiters, &w.link);
        e = co_park(deadline_us);
        list_remove(&w.link);
    }
    return e;
}

static void drop_all(void)
{
    size_t          at;
    struct queue   *l;
    struct backend *b;
    while (at = 0, (l = map_next(&all.queues, &at, NULL)))
        queue_free(l);
    while (at = 0, (b = map_next(&all.backends, &at, NULL)))
        drop_unused(b);
    map_finish(&all.queues);
    map_finish(&all.guests);
    map_finish(&all.backends);
}

void hook_outbox_finish(int64_t patience_us)
{
    if (!all.is_open)
        return;
    co_group_join(&all.senders, now_us() + patience_us);
    if (all.n > 0)
        log_warn("the server ends: %zu callbacks are not delivered", all.n);
    all.is_closing = true;
    co_group_cancel_and_join(&all.senders);
    drop_all();
    all.is_open = all.is_closing = false;
}

#include "app/hooks/outbox.h"

#include <string.h>

#include "app/hooks/batch.h"
#include "app/hooks/journal.h"
#include "app/hooks/kafka.h"
#include "app/hooks/notice.h"
#include "core/clock.h"
#include "core/jw.h"
#include "core/list.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

/* How long the end waits for the disk beyond its patience. */
enum { JOURNAL_PATIENCE_US = 2 * US_PER_SECOND };

/* How often a folder that another server has is looked at. */
enum { HOOK_LOCK_LOOK_US = US_PER_SECOND };

/* Messages for Kafka that are waited for together. */
enum { KAFKA_PARCEL_MAX = 100 };

/* A client whose notices are in a queue that has not its name. */
struct hook_guest {
    char         *id;
    struct queue *queue;
    size_t        n; /* its notices there */
};

struct queue {
    char           *key;
    struct list     notices; /* the first one is the next, or on its way */
    struct list     held;    /* those that wait for others to come before them */
    int64_t         held_until_us;
    int64_t         ripe_at_us; /* of a batch; 0: none has been waited for yet */
    struct co      *holder;     /* waits for one of the two; NULL: none */
    struct backend *backend;    /* of the first notice; NULL: there is none */
    struct list     link;       /* in `ready` of the backend; unlinked: a sender has it */
    struct list     waiters;
};

/* What one server has to be told: the queues whose next notice is for it. */
struct backend {
    char       *key; /* the URL up to its path */
    struct list ready;
    size_t      n_senders;
    int64_t     delay_us; /* 0: it answers */
    int64_t     ask_at_us, failing_since_us;
    size_t      n_tries; /* that failed since */
    struct co  *prober;  /* the sender that waits until it may try again */
};

struct waiter {
    struct list link;
    struct co  *co;
};

static struct {
    struct map          queues, guests, backends;
    struct list         journal_waiters;
    size_t              bytes;        /* of notices in queues */
    size_t              n, n_dropped; /* notices in queues; that were dropped since there were none */
    size_t              n_lost;       /* that were dropped at all */
    size_t              n_failing;    /* backends */
    bool                is_open, is_stopping, is_closing;
    struct co_group     senders, readers;
    struct conf *const *conf; /* in force; NULL: not known */
} all;

static void get_ready(void)
{
    if (all.is_open)
        return;
    co_group_init(&all.senders);
    co_group_init(&all.readers);
    list_init(&all.journal_waiters);
    all.is_open = true;
}

static void wake(struct list *waiters)
{
    LIST_FOREACH (waiters, it, after)
        co_unpark(LIST_ENTRY(it, struct waiter, link)->co);
}

/* ---- notices ------------------------------------------------------------------------------------------------------ */

static void guest_leave(struct hook_guest *g)
{
    if (!g || --g->n > 0)
        return;
    map_remove(&all.guests, g->id);
    mem_free(g->id);
    mem_free(g);
}

static void wake_readers(void)
{
    size_t               at = 0;
    struct hook_journal *j;
    while ((j = hook_journals_next(&at)))
        if (*hook_journal_reader(j))
            co_unpark(*hook_journal_reader(j));
}

/* A notice is in no queue any more. */
static void leave_queue(struct hook_notice *n)
{
    guest_leave(n->guest);
    n->guest = NULL;
    list_remove(&n->link);
    all.bytes -= n->bytes;
    all.n--;
    if (all.n > 0 || all.n_dropped == 0)
        return;
    log_error("%zu callbacks were lost", all.n_dropped);
    all.n_dropped = 0;
}

static void discard(struct hook_notice *n)
{
    leave_queue(n);
    hook_notice_free(n);
}

static void lose(const char *queue, const struct hook_call *call)
{
    all.n_lost++;
    if (all.n_dropped++ == 0)
        log_error("callbacks are lost: %zu wait, of %zu bytes; the first is %s of %s", hook_notices_count(),
                  hook_notices_bytes(), hook_event_name(call->event), queue);
}

static struct hook_notice *first_of(const struct list *notices)
{
    return LIST_ENTRY(notices->next, struct hook_notice, link);
}

/* ---- delivery ----------------------------------------------------------------------------------------------------- */

static bool is_too_old(const struct hook_notice *n)
{
    int64_t age_us = n->call.manner.journal_age_us;
    if (!n->journal || age_us <= 0 || wall_now_us() - n->wall_us <= age_us)
        return false;
    log_warn("%s of %s is given up: it is older than journal_age", hook_event_name(n->call.event), n->queue);
    hook_journal_expired(n->journal, n->call.sequence);
    return true;
}

/* The first notices of a list, which are told together: one, or a batch. */
struct parcel {
    size_t           n;
    struct hook_call call;
    struct buf       body; /* of a batch */
    bool             is_answered;
};

/* Call the URL. True: the server has had its word. */
static bool is_answered(const struct parcel *p, const struct list *notices, struct err **e)
{
    const struct hook_call *c = &p->call;
    enum hook_known         known = HOOK_UNKNOWN;
    if (c->event == HOOK_KAFKA) {
        *e = hook_kafka_send(notices, p->n);
        return !*e;
    }
    if (c->event == HOOK_HLS_NOTIFY) {
        *e = hook_fetch(c);
        return !*e;
    }
    *e = hook_call(c, &known);
    return !*e || known == HOOK_REFUSED;
}

/* Messages for Kafka go together as far as they are for the same place. */
static size_t count_same(const struct list *notices)
{
    const struct hook_notice *first = first_of(notices);
    size_t                    count = 0;
    LIST_FOREACH (notices, it, after) {
        const struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (count == KAFKA_PARCEL_MAX || n->call.event != HOOK_KAFKA || !str_equal(n->call.url, first->call.url))
            break;
        count++;
    }
    return count;
}

/* False: out of memory. */
static bool pack_parcel(struct parcel *p, const struct list *notices)
{
    *p = (struct parcel){ .n = 1, .call = first_of(notices)->call, .body = buf_up_to(HOOK_NOTICES_BYTES_MAX) };
    if (p->call.event == HOOK_KAFKA)
        p->n = count_same(notices);
    if (p->call.event != HOOK_BATCH)
        return true;
    if (!(p->n = hook_batch_write(notices, &p->body)))
        return false;
    p->call.body = p->body.bytes;
    size_t i = 0;
    LIST_FOREACH (notices, it, after) {
        const struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (i++ == p->n)
            break;
        p->call.sequence = n->call.sequence;
        p->call.id_is_secret |= n->call.id_is_secret;
    }
    return true;
}

/* A URL has had all notices of the parcel. */
static void pass_url(const struct parcel *p, struct list *notices)
{
    size_t i = 0;
    LIST_FOREACH (notices, it, after) {
        struct hook_notice *n = LIST_ENTRY(it, struct hook_notice, link);
        if (i++ == p->n)
            break;
        n->call.url += strlen(n->call.url) + 1;
        n->n_urls--;
    }
}

/*
 * Call the URLs one after the other. A refusal ends it, as with calls that decide. False: a server cannot be asked now, and the
 * notice has a journal, so that it is tried again from this URL on.
 */
static bool deliver(struct parcel *p, struct list *notices, size_t n_tries)
{
    struct hook_notice *n = first_of(notices);
    struct err         *e = NULL;
    co_set_trace(p->call.client_id);
    while (n->n_urls > 0 && !e) {
        p->call.url = n->call.url;
        p->is_answered = is_answered(p, notices, &e);
        if (!p->is_answered && n->journal) {
            if (n_tries == 0)
                log_err(LOG_WARN, e, "%s is tried again", hook_event_name(n->call.event));
            else
                err_free(e);
            return false;
        }
        pass_url(p, notices);
    }
    log_err(LOG_WARN, e, "%s is not delivered", hook_event_name(n->call.event));
    return true;
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
    all.n_failing -= b->delay_us > 0;
    map_remove(&all.backends, b->key);
    mem_free(b->key);
    mem_free(b);
}

static void send_all(void *arg);

static void start_sender(struct backend *b)
{
    struct err *e = co_go(&all.senders, "hooks", send_all, b, NULL);
    b->n_senders += !e;
    err_free(e);
}

/* It has answered: all senders may go. */
static void note_answer(struct backend *b)
{
    if (b->delay_us == 0)
        return;
    log_info("callbacks: %s answers again, after %.1f s; %zu wait in memory", b->key,
             (double)(now_us() - b->failing_since_us) / US_PER_SECOND, all.n);
    b->delay_us = 0;
    b->n_tries = 0;
    all.n_failing--;
    for (size_t had = 0; b->n_senders < HOOK_SENDERS_MAX && had != b->n_senders && !all.is_closing;) {
        had = b->n_senders;
        start_sender(b);
    }
}

/* Those who wait for it learn that it may take long. */
static void tell_waiters(void)
{
    size_t        at = 0;
    struct queue *l;
    while ((l = map_next(&all.queues, &at, NULL)))
        wake(&l->waiters);
    wake(&all.journal_waiters);
}

/* It cannot be asked. Failures of calls that were on their way together count once. */
static void note_failure(struct backend *b)
{
    int64_t now = now_us();
    bool    is_first = b->delay_us == 0;
    if (!is_first && now < b->ask_at_us)
        return;
    b->n_tries++;
    b->delay_us = is_first ? HOOK_RETRY_MIN_US : b->delay_us * 2;
    if (b->delay_us > HOOK_RETRY_MAX_US)
        b->delay_us = HOOK_RETRY_MAX_US;
    b->ask_at_us = now + b->delay_us;
    if (!is_first)
        return;
    log_warn("callbacks: %s does not answer; %zu wait in memory", b->key, all.n);
    b->failing_since_us = now;
    all.n_failing++;
    tell_waiters();
}

/* True: the backend may be asked now. One sender waits until a backend that fails may be tried again. */
static bool may_ask(struct backend *b)
{
    if (b->delay_us == 0)
        return true;
    if (b->prober || all.is_stopping)
        return false;
    struct err *e = NULL;
    b->prober = co_self();
    while (!e && !all.is_stopping && b->ask_at_us > now_us())
        e = err_except(co_park(b->ask_at_us), E_SOCKET_TIMEOUT);
    b->prober = NULL;
    bool is_cancelled = e;
    err_free(e);
    return !is_cancelled && !all.is_stopping && !list_is_empty(&b->ready);
}

/* ---- queues -------------------------------------------------------------------------------------------------------- */

static struct queue *queue_of(const char *key)
{
    struct queue *l = map_find(&all.queues, key);
    if (l || !(l = mem_calloc(1, sizeof *l)))
        return l;
    list_init(&l->notices);
    list_init(&l->held);
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
static bool guest_of(struct hook_guest **out, struct queue *l, const char *client_id)
{
    struct hook_guest *g = *out = map_find(&all.guests, client_id);
    if (g || str_equal(l->key, client_id)) {
        if (g)
            g->n++;
        return true;
    }
    if (!(g = mem_calloc(1, sizeof *g)))
        return false;
    *g = (struct hook_guest){ .id = mem_strdup(client_id), .queue = l, .n = 1 };
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
        discard(first_of(&l->notices));
    while (!list_is_empty(&l->held))
        discard(first_of(&l->held));
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

static void free_if_empty(struct queue *l)
{
    if (list_is_empty(&l->notices) && list_is_empty(&l->held) && !l->holder)
        queue_free(l);
}

/* Senders may take the queue. False: out of memory. */
static bool hand_to_senders(struct queue *l)
{
    struct backend *b = l->backend = backend_of(first_of(&l->notices)->call.url);
    if (!b)
        return false;
    list_push(&b->ready, &l->link);
    if (!all.is_closing && b->n_senders < HOOK_SENDERS_MAX && !b->prober)
        start_sender(b);
    return all.is_closing || b->n_senders > 0;
}

static void drop_queue(struct queue *l);

/* True if the batch has all that it may have, or has waited long enough for more. */
static bool is_ripe(const struct queue *l)
{
    int n = 0;
    if (all.is_stopping || l->ripe_at_us <= now_us())
        return true;
    LIST_FOREACH (&l->notices, it, after)
        if (++n >= first_of(&l->notices)->call.manner.batch_events)
            return true;
    return false;
}

static void ripen(void *arg)
{
    struct queue *l = arg;
    struct err   *e = NULL;
    while (!e && !is_ripe(l))
        e = err_except(co_park(l->ripe_at_us), E_SOCKET_TIMEOUT);
    err_free(e);
    l->holder = NULL;
    if (!hand_to_senders(l))
        drop_queue(l);
}

/* The first notice of the queue is due; one of a batch waits for others. False: out of memory. */
static bool make_ready(struct queue *l)
{
    if (first_of(&l->notices)->call.event != HOOK_BATCH)
        return hand_to_senders(l);
    if (!l->ripe_at_us)
        l->ripe_at_us = now_us() + first_of(&l->notices)->call.manner.batch_us;
    if (is_ripe(l))
        return hand_to_senders(l);
    struct err *e = co_go(&all.senders, "hooks-batch", ripen, l, &l->holder);
    bool        is_waiting = !e;
    err_free(e);
    return is_waiting || hand_to_senders(l);
}

static void drop_queue(struct queue *l)
{
    log_error("no memory to deliver callbacks: those of %s are lost", l->key);
    LIST_FOREACH (&l->notices, it, after)
        all.n_lost++;
    while (!list_is_empty(&l->notices))
        discard(first_of(&l->notices));
    list_remove(&l->link);
    l->backend = NULL;
    free_if_empty(l);
}

/* The URLs that the configuration in force has for a notice; none: it keeps its own. `url` is room for one of Kafka. */
static struct conf_words urls_now(const struct hook_notice *n, const struct conf_vhost *v, struct buf *url)
{
    bool is_for_kafka = n->call.event == HOOK_KAFKA && hook_kafka_is_wanted(*all.conf);
    if (is_for_kafka)
        hook_kafka_put_url(&(*all.conf)->kafka, url);
    if (is_for_kafka && url->fault == BUF_SOUND)
        return (struct conf_words){ .items = &url->bytes, .count = 1 };
    if (n->call.event == HOOK_HLS_NOTIFY || n->call.event == HOOK_KAFKA)
        return (struct conf_words){ 0 };
    return *hook_event_urls(v, n->call.event);
}

/* A copy of the notice as the configuration in force would have it. NULL: nothing is to be changed, or memory is out. */
static struct hook_notice *renewed_of(const struct hook_notice *n)
{
    const struct conf_vhost *v = all.conf ? conf_vhost_named(*all.conf, n->call.vhost) : NULL;
    if (!v || n->call.manner.conf_serial == (*all.conf)->serial)
        return NULL;
    struct buf               url = buf_up_to(HOOK_KAFKA_URL_MAX);
    const struct hook_manner m = hook_manner_of(*all.conf, v, n->call.event);
    const struct conf_words  urls = urls_now(n, v, &url);
    struct hook_notice      *renewed = hook_notice_renew(n, &m, &urls);
    buf_finish(&url);
    return renewed;
}

/* A reload may have moved the backend of the first notice. */
static void renew_first(struct queue *l)
{
    struct hook_notice *n = first_of(&l->notices), *renewed = renewed_of(n);
    if (!renewed)
        return;
    renewed->guest = n->guest;
    n->guest = NULL;
    list_push(n->link.next, &renewed->link);
    all.n++;
    all.bytes += renewed->bytes;
    discard(n);
}

/* The first notices have been told. */
static void finish_parcel(struct queue *l, size_t n)
{
    for (; n > 0; n--) {
        struct hook_notice *first = first_of(&l->notices);
        if (first->journal)
            hook_journal_told(first->journal, first->call.sequence);
        discard(first);
    }
    l->ripe_at_us = 0;
    wake_readers();
}

/* Deliver the first notice of a queue that no other sender has, or a batch. */
static void serve_queue(struct queue *l)
{
    struct hook_notice *n = first_of(&l->notices);
    struct backend     *b = l->backend, *failing = NULL;
    struct parcel       p = { 0 };
    if (is_too_old(n)) {
        discard(n);
        wake_readers();
    } else if (pack_parcel(&p, &l->notices) && deliver(&p, &l->notices, b->n_tries)) {
        if (p.is_answered)
            note_answer(b);
        finish_parcel(l, p.n);
    } else if (!co_is_cancelled(co_self())) {
        if ((failing = backend_of(n->call.url)))
            note_failure(failing);
        renew_first(l);
    }
    buf_finish(&p.body);
    l->backend = NULL;
    if (list_is_empty(&l->notices))
        free_if_empty(l);
    else if (!make_ready(l))
        drop_queue(l);
    if (failing)
        drop_unused(failing);
}

static void send_all(void *arg)
{
    struct backend *b = arg;
    while (!list_is_empty(&b->ready) && !co_is_cancelled(co_self()) && may_ask(b)) {
        struct queue *l = LIST_ENTRY(b->ready.next, struct queue, link);
        list_remove(&l->link);
        serve_queue(l);
    }
    b->n_senders--;
    drop_unused(b);
}

/* ---- ways into a queue ---------------------------------------------------------------------------------------------- */

/* Put a notice into the queue. Without memory it is lost. */
static void put(struct queue *l, struct hook_notice *n)
{
    bool is_first = list_is_empty(&l->notices);
    list_push(&l->notices, &n->link);
    if (is_first && !make_ready(l))
        drop_queue(l);
    else if (l->holder)
        co_unpark(l->holder);
}

/* Count a notice as one of this queue. False: memory is out, and it is lost. */
static bool enter(struct queue *l, struct hook_notice *n)
{
    if (!guest_of(&n->guest, l, n->call.client_id)) {
        lose(l->key, &n->call);
        hook_notice_free(n);
        return false;
    }
    all.bytes += n->bytes;
    all.n++;
    return true;
}

/* A notice came back from a journal. */
static void put_again(struct hook_notice *n)
{
    struct hook_notice *renewed = renewed_of(n);
    if (renewed) {
        hook_notice_free(n);
        n = renewed;
    }
    struct hook_guest *g = map_find(&all.guests, n->call.client_id);
    struct queue      *l = g ? g->queue : queue_of(n->queue);
    if (l && enter(l, n)) {
        put(l, n);
    } else if (l) {
        free_if_empty(l);
    } else {
        lose(n->queue, &n->call);
        hook_notice_free(n);
    }
}

static void read_journal(void *arg)
{
    struct hook_journal *j = arg;
    struct err          *e = NULL;
    int64_t              look_us = hook_journal_open(j) ? DEADLINE_NEVER : now_us() + HOOK_LOCK_LOOK_US;
    while (!e && !co_is_cancelled(co_self()) && !all.is_stopping) {
        struct hook_notice *n = hook_journal_next(j, all.bytes < HOOK_QUEUED_BYTES_MAX);
        if (n)
            put_again(n);
        else
            e = err_except(co_park(look_us), E_SOCKET_TIMEOUT);
        if (!e && look_us <= now_us())
            look_us = hook_journal_open(j) ? DEADLINE_NEVER : now_us() + HOOK_LOCK_LOOK_US;
        wake(&all.journal_waiters);
    }
    err_free(e);
    *hook_journal_reader(j) = NULL;
}

/* The journal of a notice, with its reader. NULL: it has none, or memory is out. */
static struct hook_journal *journal_of(const struct hook_manner *m)
{
    struct hook_journal *j = *m->journal ? hook_journal_find(m->journal) : NULL;
    if (!j)
        return NULL;
    hook_journal_limit(j, m->journal_bytes);
    if (!*hook_journal_reader(j) && !all.is_stopping)
        err_free(co_go(&all.readers, "hooks-journal", read_journal, j, hook_journal_reader(j)));
    return j;
}

/* The journal writes a notice down, and keeps it back if there is no room, or others are kept back. */
static void take_down(struct queue *l, struct hook_notice *n)
{
    struct hook_journal *j = journal_of(&n->call.manner);
    if (j && hook_journal_take(j, n, all.bytes < HOOK_QUEUED_BYTES_MAX)) {
        wake_readers();
        free_if_empty(l);
    } else if (enter(l, n)) {
        put(l, n);
    } else {
        free_if_empty(l);
    }
}

/* ---- notices that wait for others ------------------------------------------------------------------------------------ */

/* The held notices go their way. */
static void let_go(struct queue *l)
{
    char *key = mem_strdup(l->key);
    while (key && l && !list_is_empty(&l->held)) {
        struct hook_notice *n = first_of(&l->held);
        leave_queue(n);
        take_down(l, n);
        l = map_find(&all.queues, key); /* it may be gone */
    }
    if (!key)
        drop_queue(l);
    mem_free(key);
}

static void hold(void *arg)
{
    struct queue *l = arg;
    struct err   *e = NULL;
    while (!e && l->held_until_us > now_us())
        e = err_except(co_park(l->held_until_us), E_SOCKET_TIMEOUT);
    err_free(e);
    l->holder = NULL;
    let_go(l);
}

static bool is_held(const struct queue *l, enum hook_place place)
{
    return place == HOOK_HELD || (place == HOOK_LAST && !list_is_empty(&l->held));
}

/* Keep a notice in the queue, behind those that are delivered meanwhile. */
static void keep(struct queue *l, struct hook_notice *n, enum hook_place place)
{
    if (!enter(l, n)) {
        free_if_empty(l);
        return;
    }
    list_push(&l->held, &n->link);
    if (place == HOOK_HELD)
        l->held_until_us = now_us() + HOOK_HELD_US;
    if (l->holder)
        return;
    struct err *e = co_go(&all.senders, "hooks-hold", hold, l, &l->holder);
    if (e)
        let_go(l); /* without memory it does not wait */
    err_free(e);
}

void hook_outbox_release(const char *key)
{
    struct queue *l = map_find(&all.queues, key);
    if (!l || !l->holder)
        return;
    l->held_until_us = 0;
    co_unpark(l->holder);
}

/* ---- what others see ------------------------------------------------------------------------------------------------ */

void hook_outbox_start(struct conf *const *conf)
{
    get_ready();
    all.conf = conf;
    if ((*conf)->kafka.enabled && !hook_kafka_is_built())
        log_error("kafka is on, but this server is built without it: configure --kafka=on");
    for (size_t i = 0; i < (*conf)->n_vhosts; i++) {
        const struct conf_vhost *v = &(*conf)->vhosts[i];
        const struct hook_manner m = hook_manner_of(*conf, v, HOOK_UNPUBLISH);
        const struct hook_manner of_kafka = hook_manner_of(*conf, v, HOOK_KAFKA);
        if (v->enabled && v->hooks.enabled)
            (void)journal_of(&m);
        if (v->enabled && hook_kafka_is_wanted(*conf))
            (void)journal_of(&of_kafka);
    }
}

void hook_outbox_add(const char *key, const struct hook_call *call, const struct conf_words *urls,
                     enum hook_place place)
{
    get_ready();
    if (urls->count == 0)
        return;
    struct hook_guest  *g = map_find(&all.guests, call->client_id);
    struct queue       *l = g ? g->queue : queue_of(key);
    struct hook_notice *n = l ? hook_notice_new(key, call, urls, wall_now_us()) : NULL;
    if (!n) {
        if (l)
            free_if_empty(l);
        lose(key, call);
        return;
    }
    if (!*n->call.id)
        hook_call_name(&n->call);
    if (is_held(l, place))
        keep(l, n, place);
    else
        take_down(l, n);
}

static struct queue *find(const char *key)
{
    struct queue      *l = map_find(&all.queues, key);
    struct hook_guest *g = l ? NULL : map_find(&all.guests, key);
    return g ? g->queue : l;
}

static bool is_stuck(const struct queue *l)
{
    return l ? l->backend && l->backend->delay_us > 0 : all.n_failing > 0;
}

struct err *hook_outbox_wait(const char *key, const char *journal, int64_t deadline_us)
{
    struct hook_journal *j = *journal ? hook_journal_find(journal) : NULL;
    uint64_t             moment = j ? hook_journal_moment(j) : 0;
    struct queue        *l;
    struct err          *e = NULL;
    while (!e && ((l = find(key)) || (j && hook_journal_keeps(j, moment)))) {
        struct waiter w = { .co = co_self() };
        if (is_stuck(l))
            return err_new(E_BACKEND, "callbacks before this one wait for a backend that does not answer");
        list_push(l ? &l->waiters : &all.journal_waiters, &w.link);
        e = co_park(deadline_us);
        list_remove(&w.link);
    }
    return e;
}

static void show_backends(struct jw *j)
{
    size_t          at = 0;
    struct backend *b;
    jw_array(j, "failing");
    while ((b = map_next(&all.backends, &at, NULL))) {
        if (b->delay_us == 0)
            continue;
        jw_object(j, NULL);
        jw_string(j, "backend", b->key);
        jw_fixed(j, "seconds", (double)(now_us() - b->failing_since_us) / US_PER_SECOND);
        jw_int(j, "tries", (int64_t)b->n_tries);
        jw_object_end(j);
    }
    jw_array_end(j);
}

void hook_outbox_show(struct jw *j)
{
    size_t               at = 0;
    struct hook_journal *journal;
    jw_int(j, "waiting", (int64_t)hook_notices_count());
    jw_int(j, "waiting_bytes", (int64_t)hook_notices_bytes());
    jw_int(j, "lost", (int64_t)all.n_lost);
    show_backends(j);
    jw_array(j, "journals");
    while ((journal = hook_journals_next(&at)))
        hook_journal_show(journal, j);
    jw_array_end(j);
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

/* Senders that wait for a backend that fails go at once. */
static void stop(void)
{
    size_t          at = 0;
    struct backend *b;
    struct queue   *l;
    all.is_stopping = true;
    while ((b = map_next(&all.backends, &at, NULL)))
        if (b->prober)
            co_unpark(b->prober);
    at = 0;
    while ((l = map_next(&all.queues, &at, NULL)))
        if (l->holder)
            co_unpark(l->holder);
}

static size_t count_without_journal(void)
{
    size_t        at = 0, n = 0;
    struct queue *l;
    while ((l = map_next(&all.queues, &at, NULL)))
        LIST_FOREACH (&l->notices, it, after)
            n += !LIST_ENTRY(it, struct hook_notice, link)->call.sequence;
    return n;
}

struct hook_outbox_state hook_outbox_state(void)
{
    return (struct hook_outbox_state){
        .n = hook_notices_count(), .bytes = hook_notices_bytes(), .n_lost = all.n_lost, .n_failing = all.n_failing
    };
}

void hook_outbox_finish(int64_t patience_us)
{
    if (!all.is_open)
        return;
    int64_t deadline_us = now_us() + patience_us;
    stop();
    co_group_join(&all.senders, deadline_us);
    size_t n = count_without_journal();
    all.is_closing = true;
    co_group_cancel_and_join(&all.senders);
    co_group_cancel_and_join(&all.readers);
    if (n > 0)
        log_warn("the server ends: %zu callbacks are not delivered", n);
    drop_all();
    hook_kafka_finish();
    hook_journals_finish(deadline_us + JOURNAL_PATIENCE_US);
    all.is_open = all.is_stopping = all.is_closing = false;
    all.conf = NULL;
}

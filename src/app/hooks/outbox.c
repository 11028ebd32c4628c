#include "app/hooks/outbox.h"

#include <string.h>

#include "app/hooks/backends.h"
#include "app/hooks/journal.h"
#include "app/hooks/kafka.h"
#include "app/hooks/notice.h"
#include "app/hooks/parcel.h"
#include "app/hooks/renewal.h"
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

/* A client whose notices are in a queue that has not its name. */
struct hook_guest {
    char         *id;
    struct queue *queue;
    size_t        n; /* its notices there */
};

struct queue {
    char                *key;
    struct list          notices; /* the first one is the next, or on its way */
    struct list          held;    /* those that wait for others to come before them */
    int64_t              held_until_us;
    int64_t              ripe_at_us; /* of a batch; 0: none has been waited for yet */
    struct co           *holder;     /* waits for one of the two; NULL: none */
    struct hook_backend *backend;    /* of the first notice; NULL: there is none */
    struct list          link;       /* in `ready` of the backend; unlinked: a sender has it */
    struct list          waiters;
};

struct waiter {
    struct list link;
    struct co  *co;
};

static struct {
    struct map          queues, guests;
    struct list         journal_waiters;
    size_t              bytes;        /* of notices in queues */
    size_t              n, n_dropped; /* notices in queues; that were dropped since there were none */
    size_t              n_lost;       /* that were dropped at all */
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

/* ---- backends ----------------------------------------------------------------------------------------------------- */

static void send_all(void *arg);

static void start_sender(struct hook_backend *b)
{
    struct err *e = co_go(&all.senders, "hooks", send_all, b, NULL);
    b->n_senders += !e;
    err_free(e);
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

/* It has answered: all senders may go. */
static void note_answer(struct hook_backend *b)
{
    if (!hook_backend_answered(b, all.n))
        return;
    for (size_t had = 0; b->n_senders < HOOK_SENDERS_MAX && had != b->n_senders && !all.is_closing;) {
        had = b->n_senders;
        start_sender(b);
    }
}

static void note_failure(struct hook_backend *b)
{
    if (hook_backend_failed(b, all.n))
        tell_waiters();
}

/* True: the backend may be asked now. One sender waits until a backend that fails may be tried again. */
static bool may_ask(struct hook_backend *b)
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
    struct hook_backend *b = l->backend = hook_backend_find(first_of(&l->notices)->call.url);
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

static struct hook_notice *renewed_of(const struct hook_notice *n)
{
    return all.conf ? hook_renewal_of(n, *all.conf) : NULL;
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
    struct hook_notice  *n = first_of(&l->notices);
    struct hook_backend *b = l->backend, *failing = NULL;
    struct hook_parcel   p = { 0 };
    if (is_too_old(n)) {
        discard(n);
        wake_readers();
    } else if (hook_parcel_pack(&p, &l->notices) && hook_parcel_deliver(&p, &l->notices, b->n_tries == 0)) {
        if (p.is_answered)
            note_answer(b);
        finish_parcel(l, p.n);
    } else if (!co_is_cancelled(co_self())) {
        if ((failing = hook_backend_find(n->call.url)))
            note_failure(failing);
        renew_first(l);
    }
    hook_parcel_finish(&p);
    l->backend = NULL;
    if (list_is_empty(&l->notices))
        free_if_empty(l);
    else if (!make_ready(l))
        drop_queue(l);
    if (failing)
        hook_backend_drop_unused(failing);
}

static void send_all(void *arg)
{
    struct hook_backend *b = arg;
    while (!list_is_empty(&b->ready) && !co_is_cancelled(co_self()) && may_ask(b)) {
        struct queue *l = LIST_ENTRY(b->ready.next, struct queue, link);
        list_remove(&l->link);
        serve_queue(l);
    }
    b->n_senders--;
    hook_backend_drop_unused(b);
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
    hook_kafka_start(conf);
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
    return l ? l->backend && l->backend->delay_us > 0 : hook_backends_failing() > 0;
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

void hook_outbox_show(struct jw *j)
{
    size_t               at = 0;
    struct hook_journal *journal;
    jw_int(j, "waiting", (int64_t)hook_notices_count());
    jw_int(j, "waiting_bytes", (int64_t)hook_notices_bytes());
    jw_int(j, "lost", (int64_t)all.n_lost);
    hook_backends_show(j);
    jw_array(j, "journals");
    while ((journal = hook_journals_next(&at)))
        hook_journal_show(journal, j);
    jw_array_end(j);
}

static void drop_all(void)
{
    size_t        at;
    struct queue *l;
    while (at = 0, (l = map_next(&all.queues, &at, NULL)))
        queue_free(l);
    hook_backends_finish();
    map_finish(&all.queues);
    map_finish(&all.guests);
}

/* Senders that wait for a backend that fails go at once. */
static void stop(void)
{
    size_t               at = 0;
    struct hook_backend *b;
    struct queue        *l;
    all.is_stopping = true;
    while ((b = hook_backends_next(&at)))
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
    return (struct hook_outbox_state){ .n = hook_notices_count(),
                                       .bytes = hook_notices_bytes(),
                                       .n_lost = all.n_lost,
                                       .n_failing = hook_backends_failing() };
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

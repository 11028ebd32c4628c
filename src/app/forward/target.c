#include "app/forward/target.h"

#include <strings.h>

#include "app/forward/backend.h"
#include "app/forward/loop.h"
#include "app/forward/send.h"
#include "app/forward/whip.h"
#include "app/hooks/trust.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/tls/ctx.h"

/* How long a target that leaves waits until its server has received everything. */
enum { GOODBYE_US = 2 * US_PER_SECOND };

static struct target_totals totals;

/* ---- one push ---- */

/* A connection has ended over which this was sent. */
static void note_sent(struct target *t, int64_t bytes)
{
    t->bytes_out = NULL;
    totals.bytes += bytes;
    t->bytes_before += bytes;
}

/* The certificates that the vhost trusts; NULL for a URL without TLS. */
static struct err *find_trust(struct tls_ctx **tls, const struct target *t, const char *url, int64_t deadline_us)
{
    static const char        schema[] = "rtmps:";
    const struct source     *s = t->source;
    const struct hook_manner manner = forward_manner(s->conf, s->vhost, deadline_us - now_us());
    tls_ctx_unref(tls);
    return strncasecmp(url, schema, sizeof schema - 1) == 0 ? hook_trust_take(tls, &manner) : NULL;
}

static struct err *open_at(struct target *t, struct rtmp_client_target *at, int64_t deadline_us)
{
    struct conf *conf = conf_ref(t->source->conf); /* A reload may come while the files of certificates are read. */
    struct err  *e = find_trust(&at->tls, t, at->url, deadline_us);
    conf_unref(&conf);
    if (!e)
        e = rtmp_client_open(&t->client, at, deadline_us);
    return e ? e
             : forward_loop_check(t->source->conf, t->source->key, &t->client,
                                  at->tc_url ? at->tc_url : t->client.address.tc_url);
}

/* Open a connection, and follow redirects. */
static struct err *open_client(struct target *t, int64_t deadline_us)
{
    struct rtmp_client_target at = {
        .url = t->to.url,
        .stream = t->to.stream,
        .tc_url = t->to.tc_url,
        .no_fc = true,
    };
    char       *moved_to = NULL, *next;
    struct err *e = open_at(t, &at, deadline_us);
    for (int n = 0; n < TARGET_REDIRECTS_MAX && (next = rtmp_client_take_redirect(&t->client, &e)); n++) {
        log_info("forward of %s is redirected to %.200s", t->source->identity, next);
        mem_free(moved_to);
        moved_to = next;
        at = (struct rtmp_client_target){ .url = moved_to, .tls = at.tls, .no_fc = true };
        e = open_at(t, &at, deadline_us);
    }
    tls_ctx_unref(&at.tls);
    mem_free(moved_to);
    return e;
}

static bool leaves(void *arg)
{
    const struct target *t = arg;
    return t->leaves;
}

static struct err *relay(struct target *t)
{
    t->reader = &t->out.reader;
    struct err *e = forward_send(&t->client, t->source, &t->out, &t->n_messages, leaves, t);
    t->reader = NULL;
    t->n_jumps += t->out.reader.n_jumps;
    sender_detach(&t->out);
    return e;
}

static struct err *push_by_rtmp(struct target *t, int64_t deadline_us)
{
    struct err *e = open_client(t, deadline_us);
    if (!e)
        e = rtmp_client_publish(&t->client, deadline_us);
    if (!e) {
        t->state = TARGET_PUSHING;
        log_info("forward of %s to %s begins", t->source->identity, t->word);
        e = relay(t);
        if (!e)
            rtmp_client_leave(&t->client, now_us() + GOODBYE_US);
    }
    note_sent(t, t->client.io.bytes_out);
    rtmp_client_close(&t->client);
    return e;
}

static struct err *push_by_whip(struct target *t, int64_t deadline_us)
{
    int64_t     n_bytes = 0;
    struct err *e = forward_whip(t, deadline_us, &n_bytes);
    note_sent(t, n_bytes);
    return e;
}

static struct err *push(struct target *t)
{
    int64_t deadline_us = now_us() + TARGET_CONNECT_US;
    if (t->to.is_whip)
        return push_by_whip(t, deadline_us);
    t->bytes_out = &t->client.io.bytes_out;
    return push_by_rtmp(t, deadline_us);
}

/* ---- again and again ---- */

/* The next pause, by how long the last push lasted. */
static int64_t grow_pause(struct target *t, int64_t lasted_us)
{
    t->pause_us = backoff_next_us(lasted_us < TARGET_STEADY_US ? t->pause_us : 0, TARGET_PAUSE_US, TARGET_PAUSE_MAX_US);
    return backoff_spread_us(t->pause_us);
}

static struct err *wait_to_try_again(struct target *t, int64_t pause_us)
{
    struct err *e = NULL;
    t->next_try_us = now_us() + pause_us;
    t->state = TARGET_WAITING;
    while (!e && !t->leaves && now_us() < t->next_try_us)
        e = err_except(co_park(t->next_try_us), E_SOCKET_TIMEOUT);
    return e;
}

static void run(void *arg)
{
    struct target *t = arg;
    struct err    *e = NULL;
    while (!e && !t->leaves) {
        int64_t began_us = now_us();
        t->state = TARGET_CONNECTING;
        e = push(t);
        if (!e || err_code(e) == E_THREAD_INTERRUPTED)
            break;
        int64_t pause_us = grow_pause(t, now_us() - began_us);
        totals.failures++;
        failures_note(&t->failures, e);
        log_err(LOG_WARN, e, "forward of %s to %s has failed, next try in %lldms", t->source->identity, t->word,
                (long long)(pause_us / US_PER_MS));
        e = wait_to_try_again(t, pause_us);
    }
    err_free(e);
    log_info("forward of %s to %s has ended, %lld messages were sent", t->source->identity, t->word,
             (long long)t->n_messages);
    t->state = TARGET_ENDED;
    co_unpark(t->owner);
}

/* ---- its life ---- */

struct err *target_create(struct target **out, struct co_group *group, struct source *s, const char *word,
                          const struct forward_names *names)
{
    struct target *t = mem_calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return err_no_memory();
    *t = (struct target){ .source = s, .owner = co_self(), .word = mem_strdup(word), .client.io.fd = -1 };
    list_init(&t->link);
    struct err *e = t->word ? forward_destination_make(&t->to, word, names) : err_no_memory();
    if (!e)
        e = co_go(group, "forward target", run, t, &t->co);
    if (e)
        target_destroy(t);
    else
        *out = t;
    return e;
}

void target_leave(struct target *t)
{
    if (t->leaves || t->state == TARGET_ENDED)
        return;
    t->leaves = true;
    t->leave_by_us = now_us() + TARGET_LEAVE_US;
    if (t->state == TARGET_PUSHING)
        co_unpark(t->co);
    else
        co_cancel(t->co);
}

int64_t target_tend(struct target *t)
{
    if (!t->leaves || t->state == TARGET_ENDED)
        return DEADLINE_NEVER;
    if (now_us() < t->leave_by_us)
        return t->leave_by_us;
    co_cancel(t->co);
    return DEADLINE_NEVER; /* Its end wakes the owner. */
}

void target_destroy(struct target *t)
{
    list_remove(&t->link);
    forward_destination_finish(&t->to);
    mem_free(t->word);
    mem_free(t);
}

/* ---- what is shown of it ---- */

const char *target_state_name(enum target_state state)
{
    static const char *const names[] = {
        [TARGET_CONNECTING] = "connecting",
        [TARGET_PUSHING] = "pushing",
        [TARGET_WAITING] = "waiting",
        [TARGET_ENDED] = "ended",
    };
    return names[state];
}

int64_t target_bytes(const struct target *t)
{
    return t->bytes_before + target_bytes_now(t);
}

int64_t target_bytes_now(const struct target *t)
{
    return t->bytes_out ? *t->bytes_out : 0;
}

int64_t target_lag_us(const struct target *t)
{
    const struct ring *ring = &t->source->ring;
    uint64_t           seq = t->reader ? t->reader->seq : 0;
    if (!t->reader || seq < ring->tail || seq >= ring->head)
        return 0;
    return now_us() - ring_at(ring, seq)->arrived_us;
}

struct target_totals target_totals(void)
{
    return totals;
}

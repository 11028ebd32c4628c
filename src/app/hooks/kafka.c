#include "app/hooks/kafka.h"

void hook_kafka_put_url(const struct conf_kafka *k, struct buf *url)
{
    buf_text(url, HOOK_KAFKA_SCHEME);
    for (size_t i = 0; i < k->brokers.count; i++)
        buf_printf(url, "%s%s", i ? "," : "", k->brokers.items[i]);
    buf_printf(url, "/%s", k->topic);
}

#ifdef WITH_KAFKA

#include <librdkafka/rdkafka.h>
#include <string.h>

#include "app/hooks/batch.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* How often reports are fetched; how long the last ones are waited for at the end. */
enum { LOOK_US = 10 * US_PER_MS, FLUSH_MS = 1000, FINISH_US = 5 * US_PER_SECOND };

/* Bytes of messages that the library may hold, and what it may wait to send several together. */
#define QUEUE_KBYTES "16384"
#define LINGER_MS "5"

/* Messages that somebody waits for. */
struct wait {
    size_t              n;  /* that are not reported yet */
    struct co          *co; /* NULL: nobody waits any more, and the last report frees it */
    rd_kafka_resp_err_t failure;
};

static struct {
    rd_kafka_t *producer;
    char       *brokers;
    size_t      n_waiting; /* coroutines whose messages it has */
} all;

bool hook_kafka_is_built(void)
{
    return true;
}

/* ---- the producer -------------------------------------------------------------------------------------------------- */

/* Called from rd_kafka_poll() on the loop; when the producer ends, and nobody waits any more, on a thread. */
static void reported(rd_kafka_t *producer, const rd_kafka_message_t *m, void *arg)
{
    struct wait *w = m->_private;
    (void)producer;
    (void)arg;
    if (m->err)
        w->failure = m->err;
    w->n--;
    if (w->co && w->n == 0)
        co_unpark(w->co);
    else if (!w->co && w->n == 0)
        mem_free(w);
}

/* The library's own lines repeat every second while a broker is away; the outbox tells that once. */
static void say_nothing(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
    (void)producer;
    (void)level;
    (void)facility;
    (void)text;
}

static struct err *set(rd_kafka_conf_t *c, const char *name, const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(c, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return NULL;
    return err_new(E_SYSTEM_CONFIG_INVALID, "kafka: %s", why);
}

static struct err *producer_new(rd_kafka_t **out, const char *brokers, int64_t timeout_us)
{
    char             why[256], timeout_ms[24];
    struct str       text = str_over(timeout_ms, sizeof timeout_ms);
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    struct err      *e;
    str_number(&text, timeout_us / US_PER_MS);
    rd_kafka_conf_set_dr_msg_cb(c, reported);
    rd_kafka_conf_set_log_cb(c, say_nothing);
    if ((e = set(c, "bootstrap.servers", brokers)) || (e = set(c, "enable.idempotence", "true")) ||
        (e = set(c, "message.timeout.ms", timeout_ms)) || (e = set(c, "linger.ms", LINGER_MS)) ||
        (e = set(c, "queue.buffering.max.kbytes", QUEUE_KBYTES))) {
        rd_kafka_conf_destroy(c);
        return e;
    }
    if ((*out = rd_kafka_new(RD_KAFKA_PRODUCER, c, why, sizeof why)))
        return NULL;
    rd_kafka_conf_destroy(c);
    return err_new(E_BACKEND, "kafka: %s", why);
}

struct ending {
    struct offload_job job;
    rd_kafka_t        *producer;
};

static void end_on_thread(struct offload_job *job)
{
    struct ending *x = CONTAINER_OF(job, struct ending, job);
    rd_kafka_purge(x->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    (void)rd_kafka_flush(x->producer, FLUSH_MS);
    rd_kafka_destroy(x->producer);
}

static void drop_ending(struct offload_job *job)
{
    mem_free(CONTAINER_OF(job, struct ending, job));
}

void hook_kafka_finish(void)
{
    struct ending *x = all.producer ? mem_calloc(1, sizeof *x) : NULL;
    mem_free(all.brokers);
    all.brokers = NULL;
    if (!x)
        return;
    *x = (struct ending){ .job = { .work = end_on_thread, .drop = drop_ending }, .producer = all.producer };
    all.producer = NULL;
    struct err *e = offload(OFFLOAD_DNS, &x->job, now_us() + FINISH_US);
    if (!e)
        mem_free(x);
    log_err(LOG_WARN, e, "end the producer of Kafka");
}

/* The producer for these brokers; a reload may have named others. */
static struct err *find_producer(const char *brokers, int64_t timeout_us)
{
    struct err *e = NULL;
    while (!e && all.n_waiting > 0 && !str_equal(all.brokers, brokers))
        e = co_sleep(LOOK_US);
    if (e || (all.producer && str_equal(all.brokers, brokers)))
        return e;
    hook_kafka_finish();
    if (!(all.brokers = mem_strdup(brokers)))
        return err_no_memory();
    return producer_new(&all.producer, brokers, timeout_us);
}

/* ---- messages -------------------------------------------------------------------------------------------------------- */

static struct err *produce(const struct hook_notice *n, const char *topic, struct wait *w)
{
    struct buf  value = buf_up_to(HOOK_NOTICES_BYTES_MAX);
    const char *key = n->queue + strlen(HOOK_KAFKA_QUEUE);
    hook_batch_write_one(n, &value);
    struct err *e = buf_error(&value);
    if (e) {
        buf_finish(&value);
        return e;
    }
    w->n++;
    rd_kafka_resp_err_t failure =
        rd_kafka_producev(all.producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, strlen(key)),
                          RD_KAFKA_V_VALUE(value.bytes, value.len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_OPAQUE(w), RD_KAFKA_V_END);
    buf_finish(&value);
    if (!failure)
        return NULL;
    w->n--;
    return err_new(E_BACKEND, "kafka: %s", rd_kafka_err2str(failure));
}

/* Wait for the reports, and give `w` back. */
static struct err *wait_for_reports(struct wait *w)
{
    struct err *e = NULL;
    all.n_waiting++;
    while (!e && w->n > 0) {
        rd_kafka_poll(all.producer, 0);
        if (w->n > 0)
            e = err_except(co_park(now_us() + LOOK_US), E_SOCKET_TIMEOUT);
    }
    if (!e && w->failure)
        e = err_new(E_BACKEND, "kafka: %s", rd_kafka_err2str(w->failure));
    all.n_waiting--;
    w->co = NULL;
    if (w->n == 0)
        mem_free(w);
    return e;
}

struct err *hook_kafka_send(const struct list *notices, size_t n)
{
    const struct hook_notice *first = LIST_ENTRY(notices->next, struct hook_notice, link);
    const char               *place = first->call.url + strlen(HOOK_KAFKA_SCHEME), *slash = strrchr(place, '/');
    char                     *brokers = mem_strndup(place, (size_t)(slash - place)), *topic = mem_strdup(slash + 1);
    struct wait              *w = mem_calloc(1, sizeof *w);
    struct err *e = brokers && topic && w ? find_producer(brokers, first->call.manner.timeout_us) : err_no_memory();
    size_t      i = 0;
    LIST_FOREACH (notices, it, after) {
        if (e || i++ == n)
            break;
        e = produce(LIST_ENTRY(it, struct hook_notice, link), topic, w);
    }
    mem_free(brokers);
    mem_free(topic);
    if (!w)
        return e;
    w->co = co_self();
    struct err *waited = wait_for_reports(w);
    if (!e)
        return waited;
    err_free(waited);
    return e;
}

bool hook_kafka_is_wanted(const struct conf *conf)
{
    return conf->kafka.enabled && conf->kafka.brokers.count > 0;
}

#else

bool hook_kafka_is_built(void)
{
    return false;
}

bool hook_kafka_is_wanted(const struct conf *conf)
{
    (void)conf;
    return false;
}

struct err *hook_kafka_send(const struct list *notices, size_t n)
{
    (void)notices;
    (void)n;
    return err_new(E_BACKEND, "kafka: this server is built without it");
}

void hook_kafka_finish(void)
{
}

#endif

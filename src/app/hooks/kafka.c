#include "app/hooks/kafka.h"

#include <string.h>

#include "core/log.h"
#include "core/str.h"

void hook_kafka_put_url(const struct conf_kafka *k, struct buf *url)
{
    buf_text(url, HOOK_KAFKA_SCHEME);
    for (size_t i = 0; i < k->brokers.count; i++)
        buf_printf(url, "%s%s", i ? "," : "", k->brokers.items[i]);
    buf_printf(url, "/%s", k->topic);
}

static bool has(const char *features, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = features; (at = strstr(at, name)); at += len)
        if ((at == features || at[-1] == ',') && (at[len] == ',' || !at[len]))
            return true;
    return false;
}

const char *hook_kafka_misses(const struct conf_kafka *k, const char *features)
{
    if (k->tls && !has(features, "ssl"))
        return "TLS";
    if (!k->sasl || !*k->sasl)
        return NULL;
    return has(features, str_equal(k->sasl, "PLAIN") ? "sasl_plain" : "sasl_scram") ? NULL : "this kind of SASL";
}

#ifdef WITH_KAFKA

#include <librdkafka/rdkafka.h>

#include "app/hooks/batch.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/offload.h"

/* How often reports are fetched; how long the last ones are waited for at the end. */
enum { LOOK_US = 10 * US_PER_MS, FLUSH_MS = 1000, FINISH_US = 5 * US_PER_SECOND, MAKE_US = 10 * US_PER_SECOND };

/* Bytes of the settings of a producer. */
enum { SETTINGS_MAX = 64 << 10 };

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
    struct conf *const *conf; /* NULL: nothing but the brokers is known */
    rd_kafka_t         *producer;
    char               *settings; /* of the producer */
    size_t              settings_len;
    size_t              n_waiting; /* coroutines whose messages it has */
    bool                is_changing;
} all;

void hook_kafka_start(struct conf *const *conf)
{
    all.conf = conf;
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

/*
 * Settings are a text: name and value in turn, each with its NUL, and an empty name at the end. So they can be compared, and a thread
 * needs nothing else.
 */
static void put(struct buf *settings, const char *name, const char *value)
{
    buf_append(settings, name, strlen(name) + 1);
    buf_append(settings, value, strlen(value) + 1);
}

static void put_path(struct buf *settings, const char *name, const char *path)
{
    if (path && *path)
        put(settings, name, path);
}

static void put_security(struct buf *settings, const struct conf_kafka *k)
{
    bool has_login = k->sasl && *k->sasl;
    put(settings, "security.protocol",
        k->tls      ? has_login ? "sasl_ssl" : "ssl"
        : has_login ? "sasl_plaintext"
                    : "plaintext");
    if (k->tls) {
        put(settings, "enable.ssl.certificate.verification", k->tls_verify ? "true" : "false");
        put(settings, "ssl.endpoint.identification.algorithm", k->tls_verify ? "https" : "none");
        put_path(settings, "ssl.ca.location", k->tls_ca);
        put_path(settings, "ssl.certificate.location", k->tls_cert);
        put_path(settings, "ssl.key.location", k->tls_key);
    }
    if (has_login) {
        put(settings, "sasl.mechanism", k->sasl);
        put(settings, "sasl.username", k->user ? k->user : "");
        put(settings, "sasl.password", k->password ? k->password : "");
    }
}

static struct err *write_settings(struct buf *settings, const char *brokers, const struct conf_kafka *k)
{
    put(settings, "bootstrap.servers", brokers);
    put(settings, "enable.idempotence", "true");
    put(settings, "linger.ms", LINGER_MS);
    put(settings, "queue.buffering.max.kbytes", QUEUE_KBYTES);
    put_security(settings, k);
    buf_append(settings, "", 1);
    return buf_error(settings);
}

/* False: the library does not take one of them, and `why` says which. */
static bool are_taken(rd_kafka_conf_t *c, const char *settings, char *why, size_t cap)
{
    for (const char *name = settings, *value; *name; name = value + strlen(value) + 1) {
        value = name + strlen(name) + 1;
        if (rd_kafka_conf_set(c, name, value, why, cap) != RD_KAFKA_CONF_OK)
            return false;
    }
    return true;
}

struct err *hook_kafka_check(const struct conf *conf)
{
    char             features[512] = "";
    size_t           len = sizeof features;
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    (void)rd_kafka_conf_get(c, "builtin.features", features, &len);
    rd_kafka_conf_destroy(c);
    const char *missing = conf->kafka.enabled ? hook_kafka_misses(&conf->kafka, features) : NULL;
    return missing ? err_new(E_SYSTEM_CONFIG_INVALID, "kafka: librdkafka is built without %s", missing) : NULL;
}

/* A thread makes the producer, because the files of TLS are read. */
struct making {
    struct offload_job job;
    rd_kafka_t        *producer;
    char               timeout_ms[24], why[256];
    char               settings[]; /* last */
};

static void make_on_thread(struct offload_job *job)
{
    struct making   *m = CONTAINER_OF(job, struct making, job);
    rd_kafka_conf_t *c = rd_kafka_conf_new();
    rd_kafka_conf_set_dr_msg_cb(c, reported);
    rd_kafka_conf_set_log_cb(c, say_nothing);
    if (are_taken(c, m->settings, m->why, sizeof m->why) &&
        rd_kafka_conf_set(c, "message.timeout.ms", m->timeout_ms, m->why, sizeof m->why) == RD_KAFKA_CONF_OK)
        m->producer = rd_kafka_new(RD_KAFKA_PRODUCER, c, m->why, sizeof m->why);
    if (!m->producer)
        rd_kafka_conf_destroy(c);
}

static void drop_making(struct offload_job *job)
{
    struct making *m = CONTAINER_OF(job, struct making, job);
    if (m->producer)
        rd_kafka_destroy(m->producer);
    mem_free(m);
}

static struct err *producer_new(rd_kafka_t **out, const struct buf *settings, int64_t timeout_us)
{
    struct making *m = mem_calloc(1, sizeof *m + settings->len);
    if (!m)
        return err_no_memory();
    struct str text = str_over(m->timeout_ms, sizeof m->timeout_ms);
    str_number(&text, timeout_us / US_PER_MS);
    memcpy(m->settings, settings->bytes, settings->len);
    m->job = (struct offload_job){ .work = make_on_thread, .drop = drop_making };
    struct err *e = offload(OFFLOAD_CERTS, &m->job, now_us() + MAKE_US);
    if (e)
        return err_wrap(e, "make a producer of Kafka");
    if (!(*out = m->producer))
        e = err_new(E_BACKEND, "kafka: %s", m->why);
    mem_free(m);
    return e;
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

static void end_producer(void)
{
    struct ending *x = all.producer ? mem_calloc(1, sizeof *x) : NULL;
    mem_free(all.settings);
    all.settings = NULL;
    if (!x)
        return;
    *x = (struct ending){ .job = { .work = end_on_thread, .drop = drop_ending }, .producer = all.producer };
    all.producer = NULL;
    struct err *e = offload(OFFLOAD_DNS, &x->job, now_us() + FINISH_US);
    if (!e)
        mem_free(x);
    log_err(LOG_WARN, e, "end the producer of Kafka");
}

void hook_kafka_finish(void)
{
    end_producer();
    all.conf = NULL;
}

static bool is_of(const struct buf *settings)
{
    return all.producer && all.settings_len == settings->len &&
           memcmp(all.settings, settings->bytes, settings->len) == 0;
}

static struct err *change_producer(const struct buf *settings, int64_t timeout_us)
{
    char *kept = mem_alloc(settings->len);
    if (!kept)
        return err_no_memory();
    memcpy(kept, settings->bytes, settings->len);
    end_producer();
    struct err *e = producer_new(&all.producer, settings, timeout_us);
    if (e) {
        mem_free(kept);
        return e;
    }
    all.settings = kept;
    all.settings_len = settings->len;
    return NULL;
}

/* The producer for these brokers; a reload may have named others, or another way to them. */
static struct err *find_producer(const char *brokers, int64_t timeout_us)
{
    static const struct conf_kafka plain = { 0 };
    struct buf                     settings = buf_up_to(SETTINGS_MAX);
    struct err                    *e = write_settings(&settings, brokers, all.conf ? &(*all.conf)->kafka : &plain);
    while (!e && (all.is_changing || (all.n_waiting > 0 && !is_of(&settings))))
        e = co_sleep(LOOK_US);
    if (!e && !is_of(&settings)) {
        all.is_changing = true;
        e = change_producer(&settings, timeout_us);
        all.is_changing = false;
    }
    buf_finish(&settings);
    return e;
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

void hook_kafka_start(struct conf *const *conf)
{
    if ((*conf)->kafka.enabled)
        log_error("kafka is on, but this server is built without it: configure --kafka=on");
}

struct err *hook_kafka_check(const struct conf *conf)
{
    (void)conf;
    return NULL;
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

#include "app/hooks/bus.h"

#include "app/hooks/kafka.h"
#include "app/hooks/outbox.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/stream_name.h"

bool hook_bus_is_wanted(const struct conf *conf, const struct conf_vhost *v)
{
    return hook_event_urls(v, HOOK_BATCH)->count > 0 || hook_kafka_is_wanted(conf);
}

/* The queue stands for the client, so that the event goes to no queue of its own. */
static void add(const char *queue, struct hook_call c, const struct conf_words *urls)
{
    c.client_id = queue;
    hook_outbox_add(queue, &c, urls, HOOK_LAST);
}

static void add_to_batch(const struct conf *conf, const struct conf_vhost *v, struct hook_call c)
{
    char       queue[sizeof "batch " + STREAM_VHOST_MAX];
    struct str name = str_over(queue, sizeof queue);
    str_printf(&name, "batch %s", v->name);
    c.event = HOOK_BATCH;
    c.manner = hook_manner_of(conf, v, HOOK_BATCH);
    add(queue, c, hook_event_urls(v, HOOK_BATCH));
}

static void add_to_kafka(const struct conf *conf, const struct conf_vhost *v, struct hook_call c, const char *key)
{
    char       queue[sizeof HOOK_KAFKA_QUEUE + STREAM_IDENTITY_CAP];
    struct str name = str_over(queue, sizeof queue);
    struct buf url = buf_up_to(HOOK_KAFKA_URL_MAX);
    hook_kafka_put_url(&conf->kafka, &url);
    str_printf(&name, "%s%s", HOOK_KAFKA_QUEUE, key);
    struct err *e = buf_error(&url);
    c.event = HOOK_KAFKA;
    c.manner = hook_manner_of(conf, v, HOOK_KAFKA);
    if (!e)
        add(queue, c, &(const struct conf_words){ .items = &url.bytes, .count = 1 });
    log_err(LOG_ERROR, e, "an event for Kafka is lost");
    buf_finish(&url);
}

void hook_bus_tell(const struct conf *conf, const struct conf_vhost *v, const struct hook_subject *s, const char *body)
{
    const struct hook_call c = { .vhost = v->name, .id_is_secret = s->id_is_secret, .body = body };
    if (hook_event_urls(v, HOOK_BATCH)->count > 0)
        add_to_batch(conf, v, c);
    if (hook_kafka_is_wanted(conf))
        add_to_kafka(conf, v, c, s->stream_url ? s->stream_url : s->client_id);
}

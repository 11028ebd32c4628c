#include "app/hooks/renewal.h"

#include "app/hooks/events.h"
#include "app/hooks/kafka.h"
#include "app/hooks/manner.h"
#include "core/buf.h"

/* The URLs that the configuration has for a notice; none: it keeps its own. `url` is room for one of Kafka. */
static struct conf_words urls_now(const struct hook_notice *n, const struct conf *conf, const struct conf_vhost *v,
                                  struct buf *url)
{
    bool is_for_kafka = n->call.event == HOOK_KAFKA && hook_kafka_is_wanted(conf);
    if (is_for_kafka)
        hook_kafka_put_url(&conf->kafka, url);
    if (is_for_kafka && url->fault == BUF_SOUND)
        return (struct conf_words){ .items = &url->bytes, .count = 1 };
    if (n->call.event == HOOK_HLS_NOTIFY || n->call.event == HOOK_KAFKA)
        return (struct conf_words){ 0 };
    return *hook_event_urls(v, n->call.event);
}

struct hook_notice *hook_renewal_of(const struct hook_notice *n, const struct conf *conf)
{
    const struct conf_vhost *v = conf_vhost_named(conf, n->call.vhost);
    if (!v || n->call.manner.conf_serial == conf->serial)
        return NULL;
    struct buf               url = buf_up_to(HOOK_KAFKA_URL_MAX);
    const struct hook_manner m = hook_manner_of(conf, v, n->call.event);
    const struct conf_words  urls = urls_now(n, conf, v, &url);
    struct hook_notice      *renewed = hook_notice_renew(n, &m, &urls);
    buf_finish(&url);
    return renewed;
}

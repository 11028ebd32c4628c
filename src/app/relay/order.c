#include "app/relay/order.h"

#include "app/conf/relay.h"
#include "app/session/session.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/stream_name.h"

static bool copy_urls(struct conf_words *to, const struct conf_words *from)
{
    to->items = mem_calloc(from->count, sizeof *to->items);
    for (; to->items && to->count < from->count; to->count++)
        if (!(to->items[to->count] = mem_strdup(from->items[to->count])))
            return false;
    return to->items;
}

struct err *pull_order_make(struct pull_order *o, const char *vhost, const struct conf_relay *relay)
{
    struct conf_relay_name names;
    char                   key[STREAM_IDENTITY_CAP];
    *o = (struct pull_order){ .kind = &relay_kind,
                              .on_demand = relay->on_demand,
                              .linger_us = relay->linger_us,
                              .timeout_us = relay->timeout_us,
                              .tls_verify = relay->tls_verify };
    if (relay->urls.count == 0 || relay->urls.count > CONF_RELAY_URLS_MAX ||
        !conf_relay_name_find(&names, relay->name ? relay->name : "", relay->urls.items[0]))
        return err_new(E_SYSTEM_CONFIG_INVALID, "a relay of vhost %s names no stream", vhost);
    o->vhost = mem_strdup(vhost);
    o->app = mem_strdup(names.app);
    o->stream = mem_strdup(names.stream);
    o->key = mem_strdup(stream_name_key(key, vhost, names.app, names.stream));
    o->tls_ca = mem_strdup(relay->tls_ca ? relay->tls_ca : "");
    if (!o->vhost || !o->app || !o->stream || !o->key || !o->tls_ca || !copy_urls(&o->urls, &relay->urls))
        return err_no_memory();
    return NULL;
}

const struct pull_kind relay_kind = {
    .name = "relay", .by = "a relay", .guards = session_own_guards, .pause_max_us = RELAY_PAUSE_MAX_US
};

static bool same_urls(const struct conf_words *a, const struct conf_words *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

bool pull_order_same_stream(const struct pull_order *a, const struct pull_order *b)
{
    return str_equal(a->key, b->key);
}

bool pull_order_equal(const struct pull_order *a, const struct pull_order *b)
{
    return pull_order_same_stream(a, b) && same_urls(&a->urls, &b->urls) && a->on_demand == b->on_demand &&
           a->has_standby == b->has_standby && a->linger_us == b->linger_us && a->timeout_us == b->timeout_us &&
           a->tls_verify == b->tls_verify && a->tells_self == b->tells_self && str_equal(a->tls_ca, b->tls_ca) &&
           str_equal(a->host ? a->host : "", b->host ? b->host : "");
}

void pull_order_finish(struct pull_order *o)
{
    for (size_t i = 0; i < o->urls.count; i++)
        mem_free(o->urls.items[i]);
    mem_free(o->urls.items);
    mem_free(o->vhost);
    mem_free(o->app);
    mem_free(o->stream);
    mem_free(o->key);
    mem_free(o->tls_ca);
    mem_free(o->host);
    *o = (struct pull_order){ 0 };
}

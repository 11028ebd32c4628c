#include "app/hooks/bus.h"

#include "app/hooks/outbox.h"
#include "core/str.h"
#include "protocol/stream_name.h"

bool hook_bus_is_wanted(const struct conf_vhost *v)
{
    return hook_event_urls(v, HOOK_BATCH)->count > 0;
}

void hook_bus_tell(const struct conf *conf, const struct conf_vhost *v, const struct hook_subject *s, const char *body)
{
    char       queue[sizeof "batch " + STREAM_VHOST_MAX];
    struct str name = str_over(queue, sizeof queue);
    str_printf(&name, "batch %s", v->name);
    const struct hook_call c = {
        .event = HOOK_BATCH,
        .manner = hook_manner_of(conf, v, HOOK_BATCH),
        .client_id = queue, /* it goes to no queue of its client */
        .vhost = v->name,
        .id_is_secret = s->id_is_secret,
        .body = body,
    };
    hook_outbox_add(queue, &c, hook_event_urls(v, HOOK_BATCH), HOOK_LAST);
}

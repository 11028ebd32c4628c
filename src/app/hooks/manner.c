#include "app/hooks/manner.h"

#include <string.h>

#include "app/conf/duration.h"
#include "core/clock.h"
#include "core/str.h"

/* Bounds are those of `timeout`. */
static bool parse_seconds(const char *word, double *seconds)
{
    return conf_duration_parse(word, seconds) && *seconds >= 0.1 && *seconds <= 300;
}

/* The word `on_play=0.5` of `timeouts`, or `timeout`. */
static int64_t timeout_us(const struct conf_hooks *h, enum hook_event event)
{
    const char *name = hook_event_name(event);
    double      seconds;
    for (size_t i = 0; i < h->timeouts.count; i++) {
        const char *word = h->timeouts.items[i];
        if (str_starts_with(word, name) && word[strlen(name)] == '=' &&
            parse_seconds(word + strlen(name) + 1, &seconds))
            return (int64_t)(seconds * US_PER_SECOND);
    }
    return h->timeout_us;
}

static const char *text_of(const char *text)
{
    return text ? text : "";
}

struct hook_manner hook_manner_of(const struct conf *conf, const struct conf_vhost *v, enum hook_event event)
{
    return (struct hook_manner){
        .timeout_us = timeout_us(&v->hooks, event),
        .tls_verify = v->hooks.tls_verify,
        .tls_ca = text_of(v->hooks.tls_ca),
        .secret = text_of(v->hooks.secret),
        .journal = text_of(event == HOOK_KAFKA ? conf->kafka.journal : v->hooks.journal),
        .journal_bytes = (int64_t)v->hooks.journal_mb << 20,
        .journal_age_us = v->hooks.journal_age_us,
        .batch_events = v->hooks.batch_events,
        .batch_us = v->hooks.batch_us,
        .update_interval_us = v->hooks.update_interval_us,
        .notify_bytes = v->hls.nb_notify,
        .conf_serial = conf->serial,
    };
}

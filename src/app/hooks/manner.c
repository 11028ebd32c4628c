#include "app/hooks/manner.h"

struct hook_manner hook_manner_of(const struct conf *conf, const struct conf_vhost *v)
{
    return (struct hook_manner){
        .timeout_us = v->hooks.timeout_us,
        .tls_verify = v->hooks.tls_verify,
        .tls_ca = v->hooks.tls_ca ? v->hooks.tls_ca : "",
        .secret = v->hooks.secret ? v->hooks.secret : "",
        .journal = v->hooks.journal ? v->hooks.journal : "",
        .journal_bytes = (int64_t)v->hooks.journal_mb << 20,
        .journal_age_us = v->hooks.journal_age_us,
        .update_interval_us = v->hooks.update_interval_us,
        .notify_bytes = v->hls.nb_notify,
        .conf_serial = conf->serial,
    };
}

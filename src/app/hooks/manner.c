#include "app/hooks/manner.h"

struct hook_manner hook_manner_of(const struct conf *conf, const struct conf_vhost *v)
{
    return (struct hook_manner){
        .timeout_us = v->hooks.timeout_us,
        .tls_verify = v->hooks.tls_verify,
        .tls_ca = v->hooks.tls_ca ? v->hooks.tls_ca : "",
        .secret = v->hooks.secret ? v->hooks.secret : "",
        .notify_bytes = v->hls.nb_notify,
        .conf_serial = conf->serial,
    };
}

/**
 * How a vhost's callbacks are called.
 *
 * Yields     no
 */
#ifndef APP_HOOKS_MANNER_H
#define APP_HOOKS_MANNER_H

#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/hooks/events.h"

struct hook_manner {
    int64_t     timeout_us;
    bool        tls_verify;
    const char *tls_ca;                        /* a PEM file; empty: the certificates of the system */
    const char *secret;                        /* empty: calls are not signed */
    const char *journal;                       /* folder of the journal of notices; empty: there is none */
    int64_t     journal_bytes, journal_age_us; /* its bounds */
    int64_t     update_interval_us;
    int         batch_events; /* the most in one POST of HOOK_BATCH */
    int64_t     batch_us;     /* how long the first one of them waits for others */
    int         notify_bytes; /* of the answer to HOOK_HLS_NOTIFY, that are read */
    uint64_t    conf_serial;  /* of the configuration that says so */
};

/** The manner of an event of a vhost of a configuration; borrows its texts. */
struct hook_manner hook_manner_of(const struct conf *conf, const struct conf_vhost *v, enum hook_event event);

#endif

/**
 * What is pulled: a local stream, and the URLs where it is.
 *
 * Ownership  an order owns its texts; pull_order_finish() frees them
 * Yields     no
 */
#ifndef APP_RELAY_ORDER_H
#define APP_RELAY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"

struct pull_order {
    char             *vhost, *app, *stream; /* of the stream here; the vhost by its name */
    char             *key;                  /* stream_name_key() */
    struct conf_words urls;                 /* at least one; the first one is tried first */
    bool              on_demand;
    int64_t           linger_us;  /* how long an unwatched pull on demand goes on */
    int64_t           timeout_us; /* how long a server may be silent */
    bool              tls_verify;
    char             *tls_ca; /* "": the certificates of the system */
};

/**
 * Copy what a relay of the configuration says.
 *
 * Ownership  release with pull_order_finish(), also after an error
 * Errors     E_SYSTEM_CONFIG_INVALID: it names no stream (conf/relay.h); out of memory
 */
struct err *pull_order_make(struct pull_order *o, const char *vhost, const struct conf_relay *relay) ATTR_MUST_USE;

/** True if both make the same stream of this server. */
bool pull_order_same_stream(const struct pull_order *a, const struct pull_order *b);

bool pull_order_equal(const struct pull_order *a, const struct pull_order *b);

/** Takes an order that is all zero. */
void pull_order_finish(struct pull_order *o);

#endif

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
#include "core/clock.h"
#include "core/err.h"

struct pull;
struct session_guard;

/** What pulls of one kind have in common. Static. */
struct pull_kind {
    const char                        *name, *by; /* for the log: "relay", "a relay" */
    const struct session_guard *const *guards;    /* that are asked when the stream comes */
    int64_t                            pause_max_us;
    bool seams; /* The servers of an order have the stream of one encoder (source/seam.h). */

    /**
     * The index of the URL that is tried next. NULL: one after another. It must not yield.
     *
     * Shape      failed: the one that has failed; PULL_URL_NONE: the pull begins
     */
    size_t (*choose)(const struct conf_words *urls, size_t failed);

    /** Another attempt has failed, or its stream has ended; p->order says where it goes on. NULL: nothing. It must not yield. */
    void (*failed)(const struct pull *p);

    /** The server of a URL has answered, or has failed to. NULL: nothing. It must not yield. */
    void (*heard)(const char *url, bool answered);

    /** Write who asks an RTMP server for the stream (edge/ring.h). NULL: it is not told. It must not yield. */
    void (*write_path)(char *path, const char *key, const char *service_id);
};

enum { PULL_PATH_CAP = 256 };

#define PULL_URL_NONE SIZE_MAX

/* The longest pause of a relay. */
enum { RELAY_PAUSE_MAX_US = 30 * US_PER_SECOND };

struct pull_order {
    const struct pull_kind *kind;
    char                   *vhost, *app, *stream;   /* of the stream here; the vhost by its name */
    char                   *key;                    /* stream_name_key() */
    struct conf_words       urls;                   /* at least one; the first one is tried first */
    bool                    on_demand, has_standby; /* standby.h */
    int64_t                 linger_us;              /* how long an unwatched pull on demand goes on */
    int64_t                 timeout_us;             /* how long a server may be silent */
    bool                    tls_verify;
    char                   *tls_ca;     /* "": the certificates of the system */
    bool                    tells_self; /* An RTMP server is told who this one is. */
    char                   *host;       /* as which an RTMP server is addressed in tcUrl; NULL: that of the URL */
};

/**
 * Copy what a relay of the configuration says.
 *
 * Ownership  release with pull_order_finish(), also after an error
 * Errors     E_SYSTEM_CONFIG_INVALID: it names no stream (conf/relay.h); out of memory
 */
struct err *pull_order_make(struct pull_order *o, const char *vhost, const struct conf_relay *relay) ATTR_MUST_USE;

/** Relays: they start with the first URL, and pauses grow to RELAY_PAUSE_MAX_US. */
extern const struct pull_kind relay_kind;

/** True if both make the same stream of this server. */
bool pull_order_same_stream(const struct pull_order *a, const struct pull_order *b);

bool pull_order_equal(const struct pull_order *a, const struct pull_order *b);

/** Takes an order that is all zero. */
void pull_order_finish(struct pull_order *o);

#endif

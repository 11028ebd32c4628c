/**
 * A connection to an origin in the name of a client of this edge, which publishes or plays one stream there.
 *
 * The stream has the same app and name at the origin. The vhost is that of `cluster { vhost; }`; the default vhost is the host of the origin.
 * The origin gets the client's parameters without `vhost` and `domain`, its pageUrl and swfUrl, and its second object of connect,
 * to which its address is added, and with `debug_srs_upnode` who this server is.
 *
 *     origin_call_init(&c, &who)
 *     origin_call_open(&c, conf, vhost, deadline)     again and again, until an origin has decided
 *     origin_call_close(&c)
 *     origin_call_finish(&c)
 *
 * Ownership  the call owns copies of all texts of its client
 */
#ifndef APP_EDGE_ORIGIN_CALL_H
#define APP_EDGE_ORIGIN_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/relay/reach.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/rtmp/client.h"

struct session;

enum {
    ORIGIN_REDIRECTS_MAX = 3,         /* in a row */
    ORIGIN_SETTLE_US = US_PER_SECOND, /* in which a server that has let a player in may still refuse it */
    ORIGIN_ARGS_MAX = 16 << 10,       /* of a client's second object; a longer one is not passed on */
};

/** The client, in its own words. */
struct origin_client {
    const char    *id, *vhost; /* the vhost by its name here */
    const char    *app, *stream, *param;
    const char    *page_url, *swf_url, *ip;
    const uint8_t *args; /* the second object of connect, as AMF0; NULL: none */
    size_t         args_len;
    bool           plays; /* in place of publishing */
};

/** The client of a session. The texts are borrowed from it. Does not yield. */
struct origin_client origin_client_of(const struct session *s);

struct origin_call {
    struct origin_client who; /* copies */
    char                *texts;
    uint8_t             *args;
    const char          *key; /* stream_name_key() */

    bool               was_connected; /* The origin that could not be opened has answered connect. */
    bool               is_open;       /* `at` has the stream at `origin`. */
    struct rtmp_client at;
    char              *origin;      /* "rtmp://host:port"; NULL: none has been tried */
    char              *asked_vhost; /* the vhost that was asked of it */
    struct reach       reach;       /* where its connections have gone to, also after redirects */
};

/** False when memory is out; then there is nothing to finish. Does not yield. */
bool origin_call_init(struct origin_call *c, const struct origin_client *who) ATTR_MUST_USE;

/** Close and free. Does not yield. */
void origin_call_finish(struct origin_call *c);

/** The origin that was tried last, for the log. */
static inline const char *origin_call_at(const struct origin_call *c)
{
    return c->origin ? c->origin : "-";
}

/** True if it is open at an origin that the vhost still has, by the name that is asked for now. Does not yield. */
bool origin_call_is_up_to_date(const struct origin_call *c, const struct conf_vhost *vhost);

/**
 * Connect to the next origin, and publish or play the stream there. The one that failed last comes last.
 *
 * Errors     those of rtmp_client_open(), rtmp_client_publish() and rtmp_client_play(); E_SYSTEM_FORWARD_LOOP; E_SYSTEM_CONFIG_INVALID:
 *            there is no origin; out of memory. Nothing is open then; c->at.refusal has what the origin said
 * Yields     yes; `conf` and `vhost` stay valid
 */
struct err *origin_call_open(struct origin_call *c, struct conf *conf, const struct conf_vhost *vhost,
                             int64_t deadline_us) ATTR_MUST_USE;

/**
 * True if this error of origin_call_open() is the verdict of an origin, and no failure to reach one. An origin that closes the connection
 * when it is told the stream has refused it too: servers that say nothing do so.
 */
bool origin_call_is_verdict(const struct origin_call *c, const struct err *e);

/** Close the connection. Does nothing if none is open. Does not yield. */
void origin_call_close(struct origin_call *c);

#endif

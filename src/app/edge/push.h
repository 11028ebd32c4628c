/**
 * A publisher of an edge, and its stream at an origin.
 *
 * A guard (push_guard.h) begins it, so that the origin decides about the publisher before it is let in; an attendant (push_attend.h) sends
 * the frames. In between, and while another origin is looked for, it rests here. Every publisher has one, because a reload may make its
 * vhost an edge.
 *
 * The stream has the same app and name at the origin. The vhost is that of `cluster { vhost; }`; the default vhost is the host of the origin.
 * The origin gets the publisher's parameters without `vhost` and `domain`, its pageUrl and swfUrl, and its second object of connect.
 *
 * Ownership  counted; the session of the publisher holds one reference
 */
#ifndef APP_EDGE_PUSH_H
#define APP_EDGE_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/live/sender.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/list.h"
#include "protocol/rtmp/client.h"

struct client;
struct session;

enum {
    PUSH_REDIRECTS_MAX = 3,   /* in a row */
    PUSH_ARGS_MAX = 16 << 10, /* of a publisher's second object; a longer one is not passed on */
};

struct edge_push {
    struct list    link; /* entry in the list of all */
    int            refs;
    struct client *client; /* the publisher; NULL: it has left */
    char          *texts;  /* the block of the texts below */
    const char    *id, *key, *vhost, *app, *stream, *param, *page_url, *swf_url;
    uint8_t       *args;
    size_t         args_len;

    bool               is_asked;      /* An origin is being asked whether it takes the stream. */
    bool               was_connected; /* The origin that could not be opened has answered connect. */
    bool               is_open;       /* `at` publishes the stream at `origin`. */
    struct rtmp_client at;
    char              *origin;      /* "rtmp://host:port"; NULL: none has been tried */
    char              *asked_vhost; /* the vhost that was asked of it */
    struct sender      out;
    int64_t            n_messages;
};

/**
 * A push of the session's publisher. Does not yield.
 *
 * Returns    NULL when memory is out
 * Ownership  the caller gets a reference
 */
struct edge_push *edge_push_new(struct session *s) ATTR_MUST_USE;

static inline struct edge_push *edge_push_ref(struct edge_push *p)
{
    p->refs++;
    return p;
}

/** The origin that was tried last, for the log. */
static inline const char *edge_push_at(const struct edge_push *p)
{
    return p->origin ? p->origin : "-";
}

/** Drop a reference; *p becomes NULL, and may be NULL before. The last one closes the connection. Does not yield. */
void edge_push_unref(struct edge_push **p);

/** The push of the publisher of this id that has not left; NULL: there is none. Borrowed until a yield. Does not yield. */
struct edge_push *edge_push_find(const char *id);

/** Another push of the same stream than `than`; NULL: there is none. Borrowed until a yield. Does not yield. */
struct edge_push *edge_push_other(const struct edge_push *than);

/** The origins of a vhost as words of a destination (forward/destination.h): "rtmp://host". Does not yield. */
struct err *edge_push_origins(struct conf_words *words, const struct conf_vhost *vhost) ATTR_MUST_USE;
void        edge_push_finish_origins(struct conf_words *words);

/** True if it is open at an origin that the vhost still has, by the name that is asked for now. Does not yield. */
bool edge_push_is_up_to_date(const struct edge_push *p, const struct conf_vhost *vhost);

/**
 * Connect to the next origin, and publish the stream there. The one that failed last comes last.
 *
 * Errors     those of rtmp_client_open() and rtmp_client_publish(); E_SYSTEM_FORWARD_LOOP; E_SYSTEM_CONFIG_INVALID: there is no origin; out
 *            of memory. Nothing is open then; p->at.refusal has what the origin said
 * Yields     yes; `conf` and `vhost` stay valid
 */
struct err *edge_push_open(struct edge_push *p, struct conf *conf, const struct conf_vhost *vhost,
                           int64_t deadline_us) ATTR_MUST_USE;

/**
 * True if this error of edge_push_open() is the verdict of an origin, and no failure to reach one. An origin that closes the connection when
 * it is told the stream has refused it too: servers that say nothing do so.
 */
bool edge_push_is_verdict(const struct edge_push *p, const struct err *e);

/** Close the connection. Does nothing if none is open. Does not yield. */
void edge_push_close(struct edge_push *p);

#endif

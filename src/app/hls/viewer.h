/**
 * One viewer of a stream over HLS: a session that lives while its playlists and segments are asked for.
 *
 * Life       made and found by viewers.h; ends after a silence (hls_viewer_life_us()), by a kick, or with the server
 * Ownership  counted. A request holds a reference until its reply is sent, so a viewer in the middle of a download is not silent.
 *            Whoever waits asks hls_viewer_has_ended() afterwards
 * Yields     no
 */
#ifndef APP_HLS_VIEWER_H
#define APP_HLS_VIEWER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "app/hls/viewer_id.h"
#include "app/session/session.h"
#include "core/attr.h"
#include "core/list.h"

/* A viewer that is silent for this long has gone, unless its playlist asks for more patience. */
enum { HLS_VIEWER_SILENCE_US = 30 * US_PER_SECOND };

/* The same for a viewer that has asked for the master playlist and for nothing since. */
enum { HLS_VIEWER_NEW_US = 10 * US_PER_SECOND };

/* A viewer's texts in memory. A longer query is refused; of a page's URL, the beginning counts. */
enum { HLS_VIEWER_PARAM_MAX = 4 << 10, HLS_VIEWER_PAGE_MAX = 1 << 10 };

struct io;

/** What a request tells of a viewer. Borrowed for the call. */
struct hls_viewer_asks {
    struct hls_viewer_stream of;
    const char              *host;          /* by which the vhost is found */
    const char              *ip;            /* of the client, not of a proxy */
    const char              *param;         /* "?k=v" without hls_ctx, or "" */
    const char              *page_url;      /* "" when there is none */
    const char              *tc_url;        /* "http://host/app" */
    const char              *authorization; /* the field of HTTP; NULL: there is none */
    struct io               *io;            /* of the request */
};

struct co;
struct http_exchange;

/** A request of a viewer that is being answered. */
struct hls_viewer_reply {
    struct list                 link; /* entry in viewer->replies; unlinked: there is no viewer */
    struct co                  *co;   /* that answers */
    const struct http_exchange *x;
};

struct hls_viewer {
    struct session           session;
    struct hls_viewer_stream of;       /* in `texts` */
    struct list              link;     /* the wheel's slot, or those that leave; unlinked: neither */
    struct list              newcomer; /* newcomers in the order of arrival; unlinked: it has come back */
    struct list              replies;  /* struct hls_viewer_reply: to requests that are being answered */
    int                      refs;     /* of requests, and one while it is in the table or leaves */
    bool                     is_known; /* it is in the table */
    bool    has_ended; /* by a kick; it stays in the table for as long as it asks, so that it stays out */
    bool    has_moved; /* it was seen at a second address */
    int64_t used_us;   /* when it last asked */
    int64_t target_us; /* how often it has a reason to ask; 0: not known yet */
    int64_t bytes_in, bytes_out;
    char    id[HLS_VIEWER_ID_CAP];
    char    ip[INET6_ADDRSTRLEN];
    char   *page; /* session.client.page_url, in `texts` */
    char    texts[];
};

/**
 * How long a viewer may be silent. 2 x hls_window, as SRS has it, but at most HLS_VIEWER_SILENCE_US, so that a large window does not
 * keep viewers in the count that have gone; and at least three target durations, because a player asks once in each.
 */
int64_t hls_viewer_life_us(const struct conf_hls *conf, int64_t target_us);

/** A viewer with one reference and all texts copied; its session is not admitted. NULL: out of memory. */
struct hls_viewer *hls_viewer_new(const struct hls_viewer_asks *asks) ATTR_MUST_USE;

/** Drop a reference. The last one frees the viewer; its session has left then. */
void hls_viewer_unref(struct hls_viewer **v);

/** The viewer was kicked: end the replies that have begun. Those that wait for media ask hls_viewer_has_ended() by themselves. */
void hls_viewer_end_replies(struct hls_viewer *v);

/** True for a viewer that was kicked: it gets nothing more. */
static inline bool hls_viewer_has_ended(const struct hls_viewer *v)
{
    return v->has_ended;
}

#endif

/**
 * Blocking reload of a playlist: a player asks for a version that is not there yet, and is answered when it is.
 *
 * Source     draft-pantos-hls-rfc8216bis 6.2.5.2, 6.2.5.1 (delta updates)
 */
#ifndef APP_HLS_RELOAD_H
#define APP_HLS_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "app/hls/hls.h"
#include "app/segment/lane.h"
#include "app/segment/show.h"
#include "core/attr.h"
#include "core/err.h"

struct http_request;

/* What a request for a playlist asks for: _HLS_msn, _HLS_part, _HLS_skip. */
struct hls_reload {
    int64_t msn, part; /* -1: not asked for */
    bool    is_delta, skips_dateranges;
};

enum hls_reload_state {
    HLS_RELOAD_READY,  /* It is there, or nothing was asked for. */
    HLS_RELOAD_WAITS,  /* It will come soon. */
    HLS_RELOAD_ABSURD, /* No player that follows the playlist asks for it: reply 400. */
};

/** Read the parameters; false if they make no sense. A server without low latency ignores them. Does not yield. */
bool hls_reload_read(struct hls_reload *r, const struct hls *h, const struct http_request *request);

/** Is it there? Does not yield. */
enum hls_reload_state hls_reload_look(const struct hls_reload *r, const struct hls *h);

/** How long a request may wait: three target durations. */
int64_t hls_reload_patience_us(const struct hls *h);

/* A request that waits for it. */
struct hls_reload_wait {
    struct lane_waiter         waiter; /* `answer` may be set before the wait */
    struct hls_reload          r;
    const struct viewing      *viewing; /* part of the show, as the lane is */
    const struct segment_view *by;
    char                       track[HLS_TRACK_NAME_CAP];
};

void hls_reload_wait_init(struct hls_reload_wait *w, const struct hls_reload *r, const struct hls *h);

/** The view that shows the same stream or track now; NULL: there is none any more. */
struct hls *hls_reload_find(const struct hls_reload_wait *w);

/**
 * Wait until it is there, or the request was answered. The caller holds a reference to the show.
 *
 * Shape      *h: the view may end meanwhile: then it is NULL, or a new one
 * Errors     E_SOCKET_TIMEOUT after hls_reload_patience_us(), E_THREAD_INTERRUPTED; as with lane_wait(), the request may have been
 *            answered nevertheless
 * Yields     yes
 */
struct err *hls_reload_wait(struct hls_reload_wait *w, struct hls **h) ATTR_MUST_USE;

#endif

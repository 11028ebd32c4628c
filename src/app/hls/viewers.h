/**
 * The viewers over HLS of this server: found by their ids, counted as clients, and gone after a silence.
 *
 * A viewer has no connection. Its first request makes a session, which passes the same door as every other client; later requests
 * name it by its id. One coroutine looks at those whose time may have come, once a second. Another one, while there is work, ends
 * sessions: guards may wait there (callbacks), and no viewer stays in the count because of them.
 *
 * A viewer that has gone may come back with its id: it is asked at the door again. A viewer that was kicked may not,
 * for as long as it goes on asking. An address has no bound of its own, because one address may be a whole mobile network or a CDN;
 * a crowd of newcomers that never come back costs HLS_NEW_VIEWERS_MAX places at most, and the oldest of them give way.
 */
#ifndef APP_HLS_VIEWERS_H
#define APP_HLS_VIEWERS_H

#include <stddef.h>

#include "app/hls/viewer.h"
#include "app/server/server.h"
#include "core/attr.h"
#include "core/err.h"

/* All viewers, those included whose sessions are being ended. */
enum { HLS_VIEWERS_MAX = 1 << 18 };

/* Viewers that have asked once. Beyond this the oldest gives way; if it is a player after all, its next request admits it again. */
enum { HLS_NEW_VIEWERS_MAX = 10000 };

/** How to answer a viewer that is not admitted; the members are those of struct session. */
struct hls_refusal {
    enum session_verdict verdict;
    const char          *challenge;
    char                *place; /* URL of SESSION_REDIRECTED, to be freed; else NULL */
};

/**
 * Find a viewer of this stream, which is asking now; NULL: there is none with this id. It may have been kicked.
 *
 * Ownership  the caller gets a reference, and drops it with hls_viewers_release()
 * Yields     no
 */
struct hls_viewer *hls_viewers_find(const char *id, const struct hls_viewer_stream *of);

/** The same for the viewer of any stream. */
struct hls_viewer *hls_viewers_find_by_id(const char *id);

/**
 * Admit a viewer. `id` is NULL, or one that hls_viewer_id_is_ours() knows.
 *
 * Ownership  *out is a reference, as hls_viewers_find() gives it; NULL with an error
 * Errors     of the guard that refuses: *refusal tells what the client is to hear; E_LIMIT when there is no room
 * Yields     as session_admit() does
 */
struct err *hls_viewers_admit(struct hls_viewer **out, struct hls_refusal *refusal, struct server *server,
                              const struct hls_viewer_asks *asks, const char *id) ATTR_MUST_USE;

/** A reply to the viewer is over: count its bytes, and drop the reference. Takes NULL. Does not yield. */
void hls_viewers_release(struct hls_viewer **v, int64_t bytes_in, int64_t bytes_out);

/** Why a client that is no viewer gets nothing that is for viewers alone. */
struct err *hls_viewers_refuse_others(void) ATTR_MUST_USE;

/** The number of viewers that are held in memory, for tests. */
size_t hls_viewers_count(void);

#endif

/**
 * The identifiers of HLS viewers: the `hls_ctx` of their URLs.
 *
 * An id is made here or it is none: it has 96 random bits, and 64 bits by which the server recognises its own ids without
 * remembering them. So a viewer that was silent for long, or that watches over a restart, keeps its id, and nobody can choose one.
 * An id belongs to one stream. It lets nobody in: who is not known is asked at the door again.
 *
 * Shape      HLS_VIEWER_ID_LEN characters a-z and 2-7 (RFC 4648, 6, in small letters)
 * Yields     no
 */
#ifndef APP_HLS_VIEWER_ID_H
#define APP_HLS_VIEWER_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "app/server/server.h"
#include "core/attr.h"

/* The parameter of a URL that has the id. */
#define HLS_VIEWER_ID_PARAM "hls_ctx"

enum { HLS_VIEWER_ID_LEN = 32, HLS_VIEWER_ID_CAP = HLS_VIEWER_ID_LEN + 1 };

/** The stream that an id is for: names in normal form. Borrowed. */
struct hls_viewer_stream {
    const char *vhost, *app, *stream;
};

/** Make a new id. False: there are no random bytes, or the crypto library failed. */
bool hls_viewer_id_make(char id[static HLS_VIEWER_ID_CAP], const uint8_t secret[static SERVER_SECRET_LEN],
                        const struct hls_viewer_stream *of) ATTR_MUST_USE;

/** True for an id that was made with this secret for this stream. Any text is allowed. */
bool hls_viewer_id_is_ours(const char *id, const uint8_t secret[static SERVER_SECRET_LEN],
                           const struct hls_viewer_stream *of);

#endif

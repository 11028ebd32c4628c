/**
 * The formats of live streams over HTTP: one row each, found by the extension of the path.
 *
 * Yields     no
 */
#ifndef APP_HTTP_LIVE_FORMAT_H
#define APP_HTTP_LIVE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/live/wire.h"
#include "core/wr.h"
#include "kernel/frame.h"

/** What is known of a stream when the first bytes are due to a player. */
struct live_opening {
    bool       has_audio, has_video;
    enum codec audio, video; /* CODEC_NONE: not known */
};

/* What comes before the first frame. */
enum { LIVE_HEADER_MAX = 64 };

struct live_format {
    const char               *ext, *content_type;
    const struct wire_format *wire;
    bool announces; /* its header says which kinds are there: has_audio, has_video and their kin count */

    bool from_live_end; /* no pictures: players start with `fast_cache`, not with the GOP */

    /** Whether there is a place for the codec. */
    bool (*carries)(enum codec codec);

    /** Make the wire that of the first frame, and write what comes before it. */
    void (*open)(const struct live_opening *o, struct wire *wire, struct wr *header);
};

/** The row of an extension with its dot, or NULL. */
const struct live_format *live_format_find(const char *ext);

#endif

/**
 * The formats of live streams over HTTP: one row each, found by the extension of the path.
 *
 * Yields     no
 */
#ifndef APP_HTTP_LIVE_FORMAT_H
#define APP_HTTP_LIVE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "app/http/live_opening.h"
#include "app/live/wire.h"
#include "core/wr.h"
#include "kernel/frame.h"

enum live_open {
    LIVE_OPENED,
    LIVE_NOT_YET, /* what it takes has not come */
    LIVE_NEVER,   /* there is nothing in this stream that the format carries */
};

struct live_format {
    const char               *ext, *content_type;
    const struct wire_format *wire;

    /* Its header says which kinds are there: has_audio, has_video and their kin count. */
    bool announces;

    /* One that is announced may come later; MPEG-TS tells it when it comes; MP4 has to end. */
    struct live_patience patience;

    /* No pictures: players start with `fast_cache`, not with the GOP. */
    bool from_live_end;

    /** Whether there is a place for the codec. */
    bool (*carries)(enum codec codec);

    /** Make the wire that of the first frame. It may point to the configurations of `o`. */
    enum live_open (*open)(const struct live_opening *o, struct wire *wire);

    /** What comes before the first frame. NULL: nothing. */
    size_t (*header_len)(const struct wire *wire);
    void (*write_header)(const struct live_opening *o, const struct wire *wire, struct wr *w);
};

/** The row of an extension with its dot, or NULL. */
const struct live_format *live_format_find(const char *ext);

#endif

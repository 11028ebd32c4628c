/**
 * What it takes to begin each format of live streams over HTTP: functions beside the row of kernel/stream_format.c.
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
#include "kernel/stream_format.h"

enum live_open {
    LIVE_OPENED,
    LIVE_NOT_YET, /* what it takes has not come */
    LIVE_NEVER,   /* there is nothing in this stream that the format carries */
};

struct live_format {
    const struct stream_format *format; /* its name, extension and content type */
    const struct wire_format   *wire;

    /* The header says which kinds are there, so that has_audio, has_video and guess_has_av matter. */
    bool announces;

    /* A kind that FLV announced may come later; MPEG-TS tells of it when it comes; MP4 has to end. */
    struct live_patience patience;

    /** Whether there is a place for the codec. */
    bool (*carries)(enum codec codec);

    /** Fill in the wire as it is before the first frame. It may point to the configurations of `o`. */
    enum live_open (*open)(const struct live_opening *o, struct wire *wire);

    /** The bytes before the first frame. NULL: there are none. */
    size_t (*header_len)(const struct wire *wire);
    void (*write_header)(const struct live_opening *o, const struct wire *wire, struct wr *w);
};

/** The row of an extension with its dot, or NULL. */
const struct live_format *live_format_find(const char *ext);

#endif

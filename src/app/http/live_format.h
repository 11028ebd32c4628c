/**
 * The live formats over HTTP: how each of them begins. The other properties are in the rows of kernel/stream_format.c.
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
    LIVE_NOT_YET, /* Something that the beginning needs has not come yet. */
    LIVE_NEVER,   /* The stream has nothing that the format carries. */
};

struct live_format {
    const struct stream_format *format; /* its name, extension and content type */
    const struct wire_format   *wire;

    /* The header announces the kinds of media, so has_audio, has_video and guess_has_av have an effect. */
    bool announces;

    /* The wait for a missing kind. FLV can announce a kind that comes later, MPEG-TS can add one, and MP4 has to end. */
    struct live_patience patience;

    /** True if the format has a place for the codec. */
    bool (*carries)(enum codec codec);

    /** Fill in the wire for the first frame. It may point to the configurations of `o`. */
    enum live_open (*open)(const struct live_opening *o, struct wire *wire);

    /** The header before the first frame. NULL: there is none. */
    size_t (*header_len)(const struct wire *wire);
    void (*write_header)(const struct live_opening *o, const struct wire *wire, struct wr *w);
};

/** The row of an extension with its dot, or NULL. */
const struct live_format *live_format_find(const char *ext);

#endif

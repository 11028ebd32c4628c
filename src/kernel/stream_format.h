/**
 * The containers in which a live stream is served by path: their names, extensions and properties.
 *
 * A format is a row. All code that depends on extensions uses this table: the checks of the configuration, the log of frames,
 * and the table of live formats over HTTP (app/http/live_format.c), which adds the functions.
 *
 * Yields     no
 */
#ifndef KERNEL_STREAM_FORMAT_H
#define KERNEL_STREAM_FORMAT_H

#include <stdbool.h>

#include "core/str.h"

enum stream_format_id {
    STREAM_FLV,
    STREAM_TS,
    STREAM_MP4,
    STREAM_AAC,
    STREAM_MP3,
    STREAM_FORMATS, /* number of formats */
};

struct stream_format {
    const char *name;         /* name for people */
    const char *ext;          /* extension with its dot, lower case */
    const char *content_type; /* RFC 9110, 8.3 */

    /* The format has no pictures: players start near the live end, not with the GOP. */
    bool bare_audio;

    /* The format is served beside the extension of every mount. */
    bool beside_every_mount;
};

extern const struct stream_format stream_formats[STREAM_FORMATS];

/** Find the format of an extension with its dot, or NULL. */
const struct stream_format *stream_format_find(const char *ext);

/** Find the format of a path by its extension, or NULL. */
const struct stream_format *stream_format_of_path(const char *path);

/** Append all extensions as a phrase: ".flv, .ts or .mp4". */
void stream_format_list(struct str *out);

#endif

/**
 * The containers in which a live stream is served by path: what each is called, and what a configuration may rely on.
 *
 * A format is a row. All code that needs to know about extensions asks here: the checks of the configuration, the log of frames,
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
    STREAM_FORMATS, /* how many they are */
};

struct stream_format {
    const char *name;         /* shown to people */
    const char *ext;          /* extension with its dot, lower case */
    const char *content_type; /* RFC 9110, 8.3 */

    /* No pictures: players start near the live end, not with the GOP. */
    bool bare_audio;

    /* Served beside the extension of every mount. */
    bool beside_every_mount;
};

extern const struct stream_format stream_formats[STREAM_FORMATS];

/** The format of an extension with its dot, or NULL. */
const struct stream_format *stream_format_find(const char *ext);

/** The format that a path ends with, or NULL. */
const struct stream_format *stream_format_of_path(const char *path);

/** All extensions as a phrase: ".flv, .ts or .mp4". */
void stream_format_list(struct str *out);

#endif

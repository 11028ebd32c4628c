/**
 * The file that an RTMP player means by a name.
 *
 * Shape      "live" + "x.flv" or "flv:x", "live" + "x.mp4" or "mp4:x": live/x.flv and live/x.mp4. "live" + "x", as ffmpeg and Flash name
 *            x.flv, is live/x.flv too, but also the name of a live stream. The prefix may stand before a folder: "mp4:rec/x"
 * Yields     no
 */
#ifndef APP_VOD_NAME_H
#define APP_VOD_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

enum { VOD_NAME_MAX = 1024 };

struct vod_name {
    char path[VOD_NAME_MAX]; /* below the folder of the files */
    bool is_file;            /* The name has a prefix or an ending, so no live stream is meant. */
};

/** False if there is no such path: too long, or with a part that is empty or begins with a dot. */
bool vod_name_find(struct vod_name *name, const char *app, const char *stream) ATTR_MUST_USE;

#endif

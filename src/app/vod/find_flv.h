/**
 * The part of an FLV file: from the last key frame at the wished time or before it, by the index of the file's metadata, or of earlier
 * walks, and a walk over its tags from there. A part that would begin with the first picture has the sound before it.
 *
 * Yields     no. It blocks on the disk
 */
#ifndef APP_VOD_FIND_FLV_H
#define APP_VOD_FIND_FLV_H

#include <stdint.h>

#include "app/vod/part.h"
#include "core/attr.h"
#include "core/err.h"

/* Most tags that a walk passes. */
enum { VOD_TAGS_MAX = 8 << 20 };

/** Find the part of a FLV file: vod_find_part() (app/vod/find_part.h) says how. */
struct err *vod_find_flv(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_keys *keys,
                         struct vod_found *found) ATTR_MUST_USE;

#endif

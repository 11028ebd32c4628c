/**
 * Find the part of a recorded file that a viewer wants to see: read its tables, on a thread.
 *
 * Shape      FLV: from the last key frame at the wished time or before it, by the index of the file's metadata, or of earlier walks,
 *            and a walk over its tags from there. MP4: see kernel/mp4/trim.h; a fragmented file as far as kernel/mp4/flat.h reads it
 * Yields     no. It blocks on the disk
 */
#ifndef APP_VOD_FIND_PART_H
#define APP_VOD_FIND_PART_H

#include <stdint.h>

#include "app/vod/part.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Find the part. A file that cannot be understood has one part: the whole.
 *
 * Errors     E_SYSTEM_FILE_READ; out of memory
 */
struct err *vod_find_part(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_keys *keys,
                          struct vod_found *found) ATTR_MUST_USE;

#endif

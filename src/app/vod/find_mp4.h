/**
 * The part of an MP4 file: see kernel/mp4/trim.h. A fragmented file is read as far as kernel/mp4/flat.h reads it.
 *
 * Yields     no. It blocks on the disk
 */
#ifndef APP_VOD_FIND_MP4_H
#define APP_VOD_FIND_MP4_H

#include <stdint.h>

#include "app/vod/part.h"
#include "core/attr.h"
#include "core/err.h"

/* The largest moov that is read, and the largest moof; most boxes of a file. */
enum { VOD_MOOV_MAX = 32 << 20, VOD_MOOF_MAX = 16 << 20, VOD_BOXES_MAX = 1 << 20 };

/** Find the part of an MP4 file: vod_find_part() (app/vod/find_part.h) says how. */
struct err *vod_find_mp4(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_found *found) ATTR_MUST_USE;

#endif

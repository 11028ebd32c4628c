/**
 * Find the part of a recorded file that a viewer wants to see: read its tables, on a thread.
 *
 * Shape      FLV: from the last key frame at the wished time or before it, by the index of the file's metadata, or of earlier walks,
 *            and a walk over its tags from there. MP4: see kernel/mp4/trim.h; a fragmented file as far as kernel/mp4/flat.h reads it
 * Yields     no. It blocks on the disk
 */
#ifndef APP_VOD_FIND_PART_H
#define APP_VOD_FIND_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "kernel/flv_head.h"

/* The largest moov that is read, and the largest moof; most boxes of a file, and most tags that are walked over. */
enum {
    VOD_MOOV_MAX = 32 << 20,
    VOD_MOOF_MAX = 16 << 20,
    VOD_BOXES_MAX = 1 << 20,
    VOD_TAGS_MAX = 8 << 20,
};

enum vod_format { VOD_FLV, VOD_MP4 };

struct vod_wish {
    enum vod_format format;
    int64_t         start_us, end_us; /* INT64_MAX: to the end */
};

/* Key frames of an FLV file, as earlier walks have seen them (NULL: none), and as this one leaves them, if there are more. */
struct vod_keys {
    const struct flv_index *known;
    struct flv_index        grown; /* flv_index_finish() */
};

/* A part: new bytes, and then bytes of the file. Without `head` it is the whole file. */
struct vod_found {
    uint8_t *head; /* mem_free() */
    size_t   head_len;
    int64_t  from, to;
    int64_t  began_us,
        duration_us; /* the time in the file at which a part with `head` begins; the duration of the file, 0: unknown */
};

/**
 * Find the part. A file that cannot be understood has one part: the whole.
 *
 * Errors     E_SYSTEM_FILE_READ; out of memory
 */
struct err *vod_find_part(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_keys *keys,
                          struct vod_found *found) ATTR_MUST_USE;

#endif

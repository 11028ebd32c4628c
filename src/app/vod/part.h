/**
 * What a viewer wants of a recorded file, and the part of the file that this is.
 */
#ifndef APP_VOD_PART_H
#define APP_VOD_PART_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/flv_head.h"

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
    int64_t  began_us;    /* the time in the file at which a part with `head` begins */
    int64_t  duration_us; /* of the file; 0: unknown */
};

#endif

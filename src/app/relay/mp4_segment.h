/**
 * Segments of fragmented MP4 as an attempt takes them.
 *
 *     mp4_segment_init(&m, bytes, len)                 an initialization section, which `m` borrows
 *     mp4_segment_take(&m, attempt, bytes, len, us)    a segment, over this time
 *
 * The first track of video and the first of sound are taken.
 */
#ifndef APP_RELAY_MP4_SEGMENT_H
#define APP_RELAY_MP4_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/relay/attempt.h"
#include "core/attr.h"
#include "core/err.h"
#include "kernel/mp4/fragments.h"

struct mp4_segment {
    struct mp4_init init;
    bool            is_told; /* The configurations of the tracks have been taken. */
};

/** Read an initialization section. False: it has no track that can be read. Does not yield. */
bool mp4_segment_init(struct mp4_segment *m, const uint8_t *bytes, size_t len) ATTR_MUST_USE;

/**
 * Take a segment: each sample in its time, so that all take `over_us`; 0: at once.
 *
 * Errors     E_HTTP_DATA_INVALID: broken, after the samples before that place; those of attempt_take_unit()
 * Yields     yes
 */
struct err *mp4_segment_take(struct mp4_segment *m, struct attempt *a, const uint8_t *bytes, size_t len,
                             int64_t over_us) ATTR_MUST_USE;

#endif

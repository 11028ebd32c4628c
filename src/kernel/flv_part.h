/**
 * A part of an FLV file, for players that seek: where it begins, and the bytes that a player needs before its tags.
 *
 * Source     Adobe FLV 10.1 E.2, E.4.1, E.5; the object `keyframes` of onMetaData (flv_head.h)
 * Yields     no
 */
#ifndef KERNEL_FLV_PART_H
#define KERNEL_FLV_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "core/wr.h"
#include "kernel/flv.h"

/* Bytes of the file in which the configurations are searched (metadata with an index comes first); their largest size. */
enum { FLV_PART_LOOK_BYTES = 1 << 20, FLV_PART_HEAD_MAX = 128 << 10 };

/**
 * Write the head of a part: the file header and the first configuration of each track.
 *
 * Shape      file: the beginning of the file
 * Returns    false if the file is no FLV, or the configurations are too large
 */
bool flv_part_head(struct rd file, struct wr *out) ATTR_MUST_USE;

/**
 * As flv_part_head(), for a part that begins at a time, with the metadata before the configurations. What the metadata say of places in
 * the file is left out; the times of the tags stay those of the file, and so does the duration. Where the metadata lack it, it is
 * `duration_s`.
 */
bool flv_part_head_at(struct rd file, int32_t ms, double duration_s, struct wr *out) ATTR_MUST_USE;

/** The duration by the metadata of the file, in seconds; 0: unknown. */
double flv_part_duration(struct rd file);

/**
 * Find the last key frame at a time or before it in the index of the file's metadata.
 *
 * Returns    *at and *at_ms as the index says, which may be wrong; false if there is no index, or none but its first key frame fits,
 *            before which there may be sound
 */
bool flv_part_indexed(struct rd file, int32_t ms, uint64_t *at, int32_t *at_ms) ATTR_MUST_USE;

/* What the first bytes of a tag tell to a walk over the tags of a file. */
enum { FLV_PEEK_LEN = FLV_TAG_HEADER_LEN + 2 };
struct flv_peek {
    struct flv_tag tag;              /* without body */
    bool           is_media, is_key; /* A picture or sound, no configuration; a key frame. */
};

/** Look at the first FLV_PEEK_LEN bytes of a tag. False if they are none. */
bool flv_peek(const uint8_t bytes[static FLV_PEEK_LEN], struct flv_peek *peek) ATTR_MUST_USE;

#endif

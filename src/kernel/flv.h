/**
 * FLV, the container: the file header and tags. flv_body.h reads the body of a tag.
 *
 * Source     Adobe FLV 10.1, Annex E.2 to E.4.1
 * Yields     no
 */
#ifndef KERNEL_FLV_H
#define KERNEL_FLV_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rd.h"
#include "core/wr.h"
#include "kernel/frame.h"

/* E.4.1 TagType; the same numbers are RTMP's message type ids. */
enum flv_tag_type { FLV_AUDIO = 8, FLV_VIDEO = 9, FLV_SCRIPT = 18 };

enum {
    FLV_HEADER_LEN = 9 + 4,     /* E.2 header and E.3 PreviousTagSize0 */
    FLV_TAG_HEADER_LEN = 11,    /* E.4.1 up to StreamID */
    FLV_TAG_TRAILER_LEN = 4,    /* E.3 PreviousTagSize */
    FLV_BODY_MAX = 0xFFFFFF,    /* E.4.1 DataSize is UI24 */
    FLV_DATA_OFFSET_MAX = 1024, /* E.2 DataOffset is 9 in version 1; later versions may be longer, up to this bound */
};

enum flv_read { FLV_GOT, FLV_NEED_MORE, FLV_BAD };

struct flv_header {
    uint8_t version;
    bool    has_audio, has_video; /* kinds that the header announces; it may be wrong */
};

struct flv_tag {
    uint8_t        type;   /* enum flv_tag_type */
    int32_t        dts_ms; /* SI32 */
    const uint8_t *body;
    uint32_t       len;
};

/**
 * Read the file header and PreviousTagSize0.
 *
 * Source     E.2
 * Returns    FLV_GOT        `in` moved to the first tag
 *            FLV_NEED_MORE  `in` ends inside and is unchanged
 *            FLV_BAD        no FLV; `in` unchanged
 */
enum flv_read flv_read_header(struct rd *in, struct flv_header *header);

/**
 * Read one FLV tag.
 *
 * Source     E.4.1
 * Shape      in: starts at TagType, so after PreviousTagSize0 or after a previous tag
 * Units      tag->dts_ms: milliseconds, wraps after 24.8 days
 * Ownership  tag->body points into `in` and lives as long as those bytes; nothing is allocated
 * Returns    FLV_GOT        `in` moved past the tag and its PreviousTagSize
 *            FLV_NEED_MORE  `in` ends inside the tag and is unchanged; call again with more
 *            FLV_BAD        unknown TagType; `in` unchanged; give up on this byte stream
 */
enum flv_read flv_read_tag(struct rd *in, struct flv_tag *tag);

/**
 * Read the 11 bytes before the body of a tag. tag->body is NULL.
 *
 * Source     E.4.1
 * Returns    as flv_read_tag(); FLV_GOT: `in` moved to the body
 */
enum flv_read flv_read_tag_header(struct rd *in, struct flv_tag *tag);

/** The type of the tag that carries a frame of this kind. */
enum flv_tag_type flv_tag_type_of(enum frame_kind kind);

/** Write a header of version 1 that announces these kinds, and PreviousTagSize0: FLV_HEADER_LEN bytes. */
void flv_write_header(struct wr *w, bool has_audio, bool has_video);

/** Write the 11 bytes before a body of `len` bytes; a length above FLV_BODY_MAX sets `full`. */
void flv_write_tag_header(struct wr *w, enum flv_tag_type type, uint32_t len, int32_t dts_ms);

/** Write the 4 bytes after a body of `len` bytes. */
void flv_write_tag_trailer(struct wr *w, uint32_t len);

/** Write a whole tag: header, body, trailer. */
void flv_write_tag(struct wr *w, const struct flv_tag *tag);

#endif

/**
 * FLV as it comes in over a connection, in pieces of any size: the header, then tag after tag, each in a frame of its own.
 *
 * Source     Adobe FLV 10.1, Annex E.2 to E.4.1; flv.h
 * Yields     no
 */
#ifndef KERNEL_FLV_STREAM_H
#define KERNEL_FLV_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"
#include "kernel/flv.h"
#include "kernel/frame.h"

/* Upper bound of what a tag's announced length makes the reader allocate before the bytes have come. */
enum { FLV_STREAM_ROOM_FIRST = 64 << 10 };

/** All zero at the start. */
struct flv_stream {
    struct flv_header header;
    bool              has_header;
    uint8_t           head[FLV_DATA_OFFSET_MAX +
                 FLV_TAG_TRAILER_LEN]; /* header of the file, then of each tag, as far as it has come */
    uint32_t          head_len;
    uint32_t          trailer_left; /* bytes of the previous tag's trailer that have not come */
    struct frame     *frame;        /* the tag under way; its len grows */
    uint32_t          body_len;
};

struct flv_stream_tag {
    int32_t       dts_ms; /* SI32, wraps after 24.8 days */
    struct frame *frame;  /* kind, len and data; the rest is the receiver's to fill, flv_frame_parse() */
};

enum flv_stream_read { FLV_STREAM_TAG, FLV_STREAM_NEED_MORE, FLV_STREAM_BAD, FLV_STREAM_NO_MEMORY };

/** The header alone; FLV_GOT also when it is there already. Does not allocate. */
enum flv_read flv_stream_read_header(struct flv_stream *s, struct rd *in);

/**
 * The next tag, and before the first one the header.
 *
 * Shape      in: the next piece; `in` moves past what has been taken
 * Ownership  tag->frame is the caller's
 * Returns    FLV_STREAM_NEED_MORE  all of `in` is taken; header and has_header are set as soon as they are known
 *            FLV_STREAM_BAD        no FLV, or an unknown TagType: give up on these bytes
 */
enum flv_stream_read flv_stream_read(struct flv_stream *s, struct rd *in, struct flv_stream_tag *tag);

/** Frees the tag under way. Takes one that is all zero. */
void flv_stream_finish(struct flv_stream *s);

#endif

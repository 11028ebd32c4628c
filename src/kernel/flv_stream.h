/**
 * A reader of FLV from a connection, in pieces of any size: the header, then each tag in a frame of its own.
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

/* Most bytes that are allocated for the announced length of a tag before its bytes have come. */
enum { FLV_STREAM_ROOM_FIRST = 64 << 10 };

/** The state of the reader, all zero at the start. */
struct flv_stream {
    struct flv_header header;
    bool              has_header;
    uint8_t           head[FLV_DATA_OFFSET_MAX +
                 FLV_TAG_TRAILER_LEN]; /* the part that has come of the file header, later of each tag header */
    uint32_t          head_len;
    uint32_t          trailer_left; /* bytes of the previous tag's trailer that have not come */
    struct frame     *frame;        /* the tag that is being received; its len grows */
    uint32_t          body_len;
};

struct flv_stream_tag {
    int32_t       dts_ms; /* SI32, wraps after 24.8 days */
    struct frame *frame;  /* kind, len and data are set; the receiver fills the rest by flv_frame_parse() */
};

enum flv_stream_read { FLV_STREAM_TAG, FLV_STREAM_NEED_MORE, FLV_STREAM_BAD, FLV_STREAM_NO_MEMORY };

/** Read only the header; FLV_GOT also if it has been read already. Does not allocate. */
enum flv_read flv_stream_read_header(struct flv_stream *s, struct rd *in);

/**
 * Read the next tag, and the header before the first one.
 *
 * Shape      in: the next piece; `in` moves past the bytes that were taken
 * Ownership  the caller owns tag->frame
 * Returns    FLV_STREAM_NEED_MORE  all of `in` is taken; header and has_header are set as soon as they are known
 *            FLV_STREAM_BAD        no FLV, or an unknown TagType: give up on these bytes
 */
enum flv_stream_read flv_stream_read(struct flv_stream *s, struct rd *in, struct flv_stream_tag *tag);

/** Free the tag that is being received. Takes a reader that is all zero. */
void flv_stream_finish(struct flv_stream *s);

#endif

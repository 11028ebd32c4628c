/**
 * The receiving half of the RTMP chunk stream: bytes in, messages out.
 *
 *     rtmp_chunk_reader_feed(&in, buf, n);
 *     for (;;) {
 *         if ((e = rtmp_chunk_reader_next(&in, &msg, &got)))
 *             return e;                       the byte stream is beyond repair
 *         if (!got)
 *             break;                          all of `buf` is consumed, and may serve another connection
 *         ...msg.payload is ours
 *     }
 *
 * A payload is copied once, from the fed bytes into the frame that leaves. An idle reader between
 * messages holds one small table of the chunk streams that the peer has used.
 *
 * Source     RTMP 1.0, 5.3; beyond it, two habits of encoders are understood: type 3 chunks without the extended
 *            timestamp, and a chunk stream that begins with a type 1 chunk
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_CHUNK_READER_H
#define PROTOCOL_RTMP_CHUNK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/rtmp/message.h"
#include "protocol/unfinished.h"

enum {
    RTMP_CHUNK_HEADER_MAX = 3 + 11 + 4, /* basic header, message header of type 0, extended timestamp */
    RTMP_CHUNK_STREAMS_MAX = 64,        /* encoders use up to 6 */
    /* First room of a message, whatever length it claims; more is given as its bytes arrive. */
    RTMP_MESSAGE_FIRST_ROOM = 64 << 10,
    RTMP_COMMAND_MAX = RTMP_MESSAGE_FIRST_ROOM, /* commands; encoders use some 500 bytes */
    /* Room of all messages under way: one of the longest, and a first room on every other chunk stream. */
    RTMP_PARTIAL_BYTES_MAX = (16 << 20) + RTMP_CHUNK_STREAMS_MAX * RTMP_MESSAGE_FIRST_ROOM,
};

struct rtmp_chunk_stream;

struct rtmp_chunk_reader {
    const uint8_t            *at, *end; /* fed, not consumed */
    uint8_t                  *kept;     /* our own copy of the fed bytes; NULL: they are borrowed */
    struct rtmp_chunk_stream *streams;
    uint8_t                   n_streams, streams_cap;
    int8_t                    current; /* index of the stream whose chunk is being read; -1: a header is due */
    uint8_t                   carry_len;
    uint8_t                   carry[RTMP_CHUNK_HEADER_MAX]; /* a header that was cut, read before `at` */
    bool                      omits_extended;   /* the peer leaves extended timestamps out of type 3 chunks */
    bool                      began_with_type1; /* the peer began a chunk stream so; tolerated */
    uint32_t                  chunk_size, chunk_left;
    uint32_t                  message_max;   /* a longer message is an error */
    size_t                    partial_bytes; /* room of the messages under way */
    struct unfinished         unfinished;    /* gives partial_bytes back when the process needs memory */
    bool                      gave_way;      /* memory was given back: the byte stream has a hole */
};

void rtmp_chunk_reader_init(struct rtmp_chunk_reader *r);

/**
 * `media` false: from now on take no message longer than RTMP_COMMAND_MAX, and no more than two of that size under way; the
 * peer has only commands to send. `media` true: take messages of any length.
 */
void rtmp_chunk_reader_expect_media(struct rtmp_chunk_reader *r, bool media);

/** E_LIMIT when the messages under way were dropped for want of memory (protocol/unfinished.h), else NULL. */
struct err *rtmp_chunk_reader_check(const struct rtmp_chunk_reader *r) ATTR_MUST_USE;

/** Takes a reader that is all zero. */
void rtmp_chunk_reader_finish(struct rtmp_chunk_reader *r);

/**
 * Give the reader bytes. Only after rtmp_chunk_reader_next() has said that there is no message left.
 *
 * Ownership  borrows `bytes` until next() says so again, or keep()
 */
void rtmp_chunk_reader_feed(struct rtmp_chunk_reader *r, const uint8_t *bytes, size_t len);

/** Whether fed bytes are still borrowed: not consumed, and not copied by keep(). */
static inline bool rtmp_chunk_reader_borrows(const struct rtmp_chunk_reader *r)
{
    return r->at != r->end && !r->kept;
}

/**
 * Take the next complete message out of the fed bytes.
 *
 * Ownership  msg->payload is the caller's when `*got`; a frame with exactly the message's length as room
 * Returns    `*got` false: every fed byte has been consumed
 * Errors     E_RTMP_CHUNK_START  a chunk stream begins with type 2 or 3; type 0 inside a message
 *            E_RTMP_PACKET_SIZE  the length changes inside a message
 *            E_LIMIT             too many chunk streams, or bytes of messages under way; too long a message; or the
 *                                process holds more memory than its limit (mem_has_room()), or has dropped the
 *                                messages under way for that reason
 *            out of memory. After any error the reader is good for finish() only.
 */
struct err *rtmp_chunk_reader_next(struct rtmp_chunk_reader *r, struct rtmp_message *msg, bool *got) ATTR_MUST_USE;

/** Copy the bytes that are fed and not consumed into the reader, so that the fed storage is free. Errors: out of memory. */
struct err *rtmp_chunk_reader_keep(struct rtmp_chunk_reader *r) ATTR_MUST_USE;

/**
 * The peer announced another chunk size (Set Chunk Size): it holds from the next chunk header on.
 *
 * Errors     E_RTMP_CHUNK_SIZE below RTMP_CHUNK_SIZE_MIN; a larger size than RTMP_CHUNK_SIZE_MAX means that maximum
 */
struct err *rtmp_chunk_reader_set_chunk_size(struct rtmp_chunk_reader *r, uint32_t chunk_size) ATTR_MUST_USE;

/** The peer gave up the message under way on a chunk stream (Abort Message); a stream that it never used is ignored. */
void rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r, uint32_t csid);

#endif

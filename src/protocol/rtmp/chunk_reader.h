/**
 * The receiving half of the RTMP chunk stream: bytes in, messages out.
 *
 *     rtmp_chunk_reader_feed(&in, buf, n);
 *     for (;;) {
 *         if ((e = rtmp_chunk_reader_next(&in, &msg, &got)))
 *             return e;                       the byte stream cannot be read any further
 *         if (!got)
 *             break;                          all of `buf` is consumed, and may serve another connection
 *         ...                                 the caller owns msg.payload
 *     }
 *
 * A payload is copied once, from the fed bytes into the frame of the message. Between messages, a reader
 * holds only a small table of the chunk streams that the peer has used.
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
    RTMP_CHUNK_STREAMS_MAX = 64,        /* Encoders use up to 6. */
    /* Room that a message gets first, whatever length it claims; the room grows as bytes arrive. */
    RTMP_MESSAGE_FIRST_ROOM = 64 << 10,
    RTMP_COMMAND_MAX = RTMP_MESSAGE_FIRST_ROOM, /* longest command; encoders use some 500 bytes */
    /* Room for all messages under way: one of the greatest length, and a first room on every other chunk stream. */
    RTMP_PARTIAL_BYTES_MAX = (16 << 20) + RTMP_CHUNK_STREAMS_MAX * RTMP_MESSAGE_FIRST_ROOM,
};

struct rtmp_chunk_stream;

struct rtmp_chunk_reader {
    const uint8_t            *at, *end; /* bytes that are fed and not consumed */
    uint8_t                  *kept;     /* the reader's copy of the fed bytes; NULL: they are borrowed */
    struct rtmp_chunk_stream *streams;
    uint8_t                   n_streams, streams_cap;
    int8_t                    current; /* index of the stream whose chunk is being read; -1: a header is due */
    uint8_t                   carry_len;
    uint8_t                   carry[RTMP_CHUNK_HEADER_MAX]; /* beginning of a cut header, read before `at` */
    bool                      omits_extended;   /* The peer leaves extended timestamps out of type 3 chunks. */
    bool                      began_with_type1; /* The peer began a chunk stream with a type 1 chunk; tolerated. */
    uint32_t                  chunk_size, chunk_left;
    uint32_t                  message_max;   /* longest message that is accepted */
    size_t                    partial_bytes; /* room of the messages under way */
    struct unfinished         unfinished;    /* entry by which partial_bytes are freed if the process needs memory */
    bool                      gave_way;      /* The messages under way were freed: the byte stream has a hole. */
};

void rtmp_chunk_reader_init(struct rtmp_chunk_reader *r);

/**
 * Set which messages are accepted from now on. `media` false: the peer sends only commands, none longer than RTMP_COMMAND_MAX,
 * and at most two of that size are under way. `media` true: messages of any length are accepted.
 */
void rtmp_chunk_reader_expect_media(struct rtmp_chunk_reader *r, bool media);

/** E_LIMIT if the messages under way were dropped for lack of memory (protocol/unfinished.h), otherwise NULL. */
struct err *rtmp_chunk_reader_check(const struct rtmp_chunk_reader *r) ATTR_MUST_USE;

/** Free what the reader holds. Takes a reader that is all zero. */
void rtmp_chunk_reader_finish(struct rtmp_chunk_reader *r);

/**
 * Give the reader bytes. It is called only after rtmp_chunk_reader_next() has found no further message.
 *
 * Ownership  borrows `bytes` until next() finds no further message, or until keep()
 */
void rtmp_chunk_reader_feed(struct rtmp_chunk_reader *r, const uint8_t *bytes, size_t len);

/** True while fed bytes are borrowed: they are neither consumed nor copied by keep(). */
static inline bool rtmp_chunk_reader_borrows(const struct rtmp_chunk_reader *r)
{
    return r->at != r->end && !r->kept;
}

/**
 * Take the next complete message out of the fed bytes.
 *
 * Ownership  if `*got`, the caller owns msg->payload: a frame whose room is exactly the length of the message
 * Returns    `*got` false: every fed byte has been consumed
 * Errors     E_RTMP_CHUNK_START  a chunk stream begins with type 2 or 3; type 0 inside a message
 *            E_RTMP_PACKET_SIZE  the length changes inside a message
 *            E_LIMIT             too many chunk streams, or bytes of messages under way; too long a message; or the
 *                                process holds more memory than its limit (mem_has_room()), or has dropped the
 *                                messages under way for that reason
 *            out of memory. After an error, only finish() may be called.
 */
struct err *rtmp_chunk_reader_next(struct rtmp_chunk_reader *r, struct rtmp_message *msg, bool *got) ATTR_MUST_USE;

/** Copy the fed bytes that are not consumed, so that the caller's storage is free again. Errors: out of memory. */
struct err *rtmp_chunk_reader_keep(struct rtmp_chunk_reader *r) ATTR_MUST_USE;

/**
 * Set the chunk size that the peer has announced (Set Chunk Size). It applies from the next chunk header on. A size above
 * RTMP_CHUNK_SIZE_MAX means that maximum.
 *
 * Errors     E_RTMP_CHUNK_SIZE below RTMP_CHUNK_SIZE_MIN
 */
struct err *rtmp_chunk_reader_set_chunk_size(struct rtmp_chunk_reader *r, uint32_t chunk_size) ATTR_MUST_USE;

/** Drop the message under way on a chunk stream (Abort Message). A stream that the peer never used is ignored. */
void rtmp_chunk_reader_abort(struct rtmp_chunk_reader *r, uint32_t csid);

#endif

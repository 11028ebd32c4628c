/**
 * The sending half of the RTMP chunk stream: messages in, headers and iovecs out.
 *
 * Each message begins with a type 0 chunk, which carries its absolute time, and continues with type 3 chunks. So its bytes
 * depend on nothing that was sent before, and several receivers can share them.
 *
 * Source     RTMP 1.0, 5.3
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_CHUNK_WRITER_H
#define PROTOCOL_RTMP_CHUNK_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/wr.h"
#include "protocol/rtmp/chunk_reader.h" /* RTMP_CHUNK_HEADER_MAX */
#include "protocol/rtmp/message.h"

enum { RTMP_CONTINUATION_MAX = 3 + 4 }; /* basic header, extended timestamp */

/** A message to send. The body is borrowed. */
struct rtmp_out {
    uint32_t       csid, msid, timestamp_ms;
    uint8_t        type_id;
    uint32_t       len;
    const uint8_t *body;
};

/** Write the header of the first chunk (type 0) of a message; returns its length. */
size_t rtmp_chunk_header(uint8_t out[static RTMP_CHUNK_HEADER_MAX], uint32_t csid, uint32_t msid, uint8_t type_id,
                         uint32_t len, uint32_t timestamp_ms);

/** Write the header of a further chunk (type 3), with the extended timestamp repeated; returns its length. */
size_t rtmp_chunk_continuation(uint8_t out[static RTMP_CONTINUATION_MAX], uint32_t csid, uint32_t timestamp_ms);

/** The number of bytes of a message with its chunk headers; chunk_size is at least 1. */
size_t rtmp_message_wire_len(const struct rtmp_out *m, uint32_t chunk_size);

/**
 * Describe the chunks of a message by iovecs, from byte `offset` on. A write that was cut short resumes with the number of bytes
 * that were sent as offset. A message in one chunk takes two iovecs.
 *
 * Shape      `offset` is less than rtmp_message_wire_len(); the headers are written to `scratch`, which must outlive the iovecs
 * Returns    the number of iovecs that were filled. `covered` is the sum of their lengths; it is less than the rest of the
 *            message if iovecs or scratch were used up
 */
int rtmp_message_iov(const struct rtmp_out *m, uint32_t chunk_size, size_t offset, struct iovec *iov, int n_iov,
                     struct wr *scratch, size_t *covered);

/** Write a whole message: headers and a copy of the body. */
void rtmp_message_write(struct wr *w, const struct rtmp_out *m, uint32_t chunk_size);

/* RTMP 1.0, 7.1.7: events of User Control messages. */
enum rtmp_user_event {
    RTMP_EVENT_STREAM_BEGIN = 0,
    RTMP_EVENT_STREAM_EOF = 1,
    RTMP_EVENT_STREAM_DRY = 2,
    RTMP_EVENT_SET_BUFFER_LENGTH = 3,
    RTMP_EVENT_STREAM_IS_RECORDED = 4,
    RTMP_EVENT_PING_REQUEST = 6,
    RTMP_EVENT_PING_RESPONSE = 7,
};

/* RTMP 1.0, 5.4.5: limit types of Set Peer Bandwidth. */
enum rtmp_bandwidth_limit { RTMP_LIMIT_HARD = 0, RTMP_LIMIT_SOFT = 1, RTMP_LIMIT_DYNAMIC = 2 };

/*
 * The writers below write a whole control message, header and body, on chunk stream 2 and message stream 0, at time 0. The longest
 * has RTMP_CONTROL_MAX bytes.
 */
enum { RTMP_CONTROL_MAX = 12 + 10 };
void rtmp_write_set_chunk_size(struct wr *w, uint32_t chunk_size);
void rtmp_write_ack(struct wr *w, uint32_t bytes_received);
void rtmp_write_window_ack_size(struct wr *w, uint32_t bytes);
void rtmp_write_set_peer_bandwidth(struct wr *w, uint32_t bytes, enum rtmp_bandwidth_limit limit);
void rtmp_write_user_control(struct wr *w, enum rtmp_user_event event, uint32_t value);
void rtmp_write_set_buffer_length(struct wr *w, uint32_t msid, uint32_t buffer_ms);

#endif

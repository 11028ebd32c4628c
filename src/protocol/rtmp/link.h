/**
 * An RTMP connection below its two ends: chunks to messages and back, and the protocol's own control messages.
 *
 *     rtmp_link_init(&l, &io);
 *     rtmp_link_read_message(&l, &msg, deadline)       waits for a message, or
 *     rtmp_link_next_now(&l, &msg, &got)               takes one that is there
 *     rtmp_link_finish(&l);
 *
 * A server (server.h) and a client (client.h) each have a link, and send their messages through an outbox (outbox.h).
 * Chunk sizes, acknowledgements, pings, aborts and aggregate messages are handled inside. The caller gets audio, video,
 * data (always type 18) and commands (always type 20), each in a frame of its own.
 *
 * All links share one receive buffer (receive_buffer.h). Bytes in it that a link has not consumed are copied when another link
 * needs the buffer; so a caller may yield between two messages.
 *
 * Answers are written whole: a caller that writes media itself must not read while a message of its own is half written.
 *
 * Units      deadlines are absolute now_us() times
 * Errors     those of io.h (E_SOCKET_TIMEOUT at a deadline, E_END_OF_STREAM when the peer closes,
 *            E_THREAD_INTERRUPTED), of the chunk stream (chunk_reader.h) and of AMF0; others are named
 * Yields     every function that takes a deadline or sends something
 */
#ifndef PROTOCOL_RTMP_LINK_H
#define PROTOCOL_RTMP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"
#include "protocol/io.h"
#include "protocol/rtmp/aggregate.h"
#include "protocol/rtmp/chunk_reader.h"
#include "protocol/rtmp/chunk_writer.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/message.h"
#include "protocol/rtmp/receive_buffer.h"

/* The longest time in which the peer's kernel takes nothing of an answer. */
enum { RTMP_REPLY_TIMEOUT_US = 30 * US_PER_SECOND };

struct rtmp_link {
    struct io                  *io;
    struct rtmp_receive_buffer *buffer;
    struct rtmp_chunk_reader    in;
    struct rtmp_message         aggregate; /* the aggregate whose parts are being read; payload NULL: none */
    struct rtmp_aggregate       parts;
    uint32_t                    out_chunk_size;
    uint32_t                    ack_window;    /* Half of this many bytes are acknowledged at a time; 0: none. */
    int64_t                     acked;         /* io->bytes_in at the last acknowledgement */
    uint32_t                    buffer_ms;     /* the peer's last Set Buffer Length */
    uint32_t                    read_on_bytes; /* bytes read since the link last waited or gave way */
    uint32_t                    n_pings;       /* pings that have been answered */
    bool                        said_odd_type, said_big_chunks, said_type1;
    bool                        no_memory; /* Bytes in the shared buffer could not be copied; the link is broken. */
    struct rtmp_message         unread;    /* the message given back by rtmp_link_unread(); payload NULL: none */
};

/** Borrows the io. Only commands are accepted until rtmp_chunk_reader_expect_media(&l->in, true). */
void rtmp_link_init(struct rtmp_link *l, struct io *io);

/** Free what the link holds. Takes a link that is all zero. Does not close the io. */
void rtmp_link_finish(struct rtmp_link *l);

/**
 * Wait for the next audio, video, data or command message.
 *
 * Ownership  the caller owns msg->payload
 * Errors     E_SOCKET_TIMEOUT when no such message is complete at the deadline
 *            E_RTMP_AGGREGATE
 */
struct err *rtmp_link_read_message(struct rtmp_link *l, struct rtmp_message *msg, int64_t deadline_us) ATTR_MUST_USE;

/**
 * As rtmp_link_read_message(), but without waiting for input. It yields when it answers a ping or sends an acknowledgement,
 * and gives way after each RTMP_RECEIVE_BUFFER bytes of a peer that sends without a pause.
 * Nearly free when nothing is there (io_is_readable()).
 */
struct err *rtmp_link_next_now(struct rtmp_link *l, struct rtmp_message *msg, bool *got) ATTR_MUST_USE;

/** Give a message back, so that it is the next one that is read. Takes msg->payload. One message at a time. */
void rtmp_link_unread(struct rtmp_link *l, struct rtmp_message *msg);

/** Decode a command message; any other type becomes RTMP_CALL_OTHER without a name. Borrows the message. Does not yield. */
struct err *rtmp_link_decode(const struct rtmp_message *msg, struct rtmp_call *call) ATTR_MUST_USE;

/**
 * Wait for a command; other messages are dropped.
 *
 * Ownership  the caller owns msg->payload on success; `call` borrows it
 */
struct err *rtmp_link_read_call(struct rtmp_link *l, struct rtmp_message *msg, struct rtmp_call *call,
                                int64_t deadline_us) ATTR_MUST_USE;

/** Send a User Control event. */
struct err *rtmp_link_send_event(struct rtmp_link *l, enum rtmp_user_event event, uint32_t value) ATTR_MUST_USE;

/**
 * Make the kernel acknowledge the peer's bytes at once (TCP_QUICKACK, which does not last). A peer with Nagle's algorithm on
 * holds its next small message back until the last one is acknowledged, and the kernel delays the acknowledgement by 40 ms while
 * it has nothing to send. That can happen three times before the first frame. Does not yield.
 */
void rtmp_link_acknowledge_at_once(const struct rtmp_link *l);

#endif

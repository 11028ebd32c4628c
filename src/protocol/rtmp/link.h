/**
 * An RTMP connection below its two ends: chunks to messages and back, and the protocol's own control messages.
 *
 *     rtmp_link_init(&l, &io);
 *     rtmp_link_read_message(&l, &msg, deadline)       waits, or
 *     rtmp_link_next_now(&l, &msg, &got)               what is there
 *     rtmp_link_finish(&l);
 *
 * A server (server.h) and a client (client.h) each have one, and say what they have to say through an outbox (outbox.h).
 * Chunk sizes, acknowledgements, pings, aborts and aggregate messages are handled inside. What comes out is audio, video,
 * data (always type 18) and commands (always type 20), each in a frame of its own.
 *
 * All links share one receive buffer. Bytes in it that a link has not consumed are copied when another link needs the
 * buffer; so a caller may yield between two messages.
 *
 * Answers are written whole: a caller that writes media itself reads only where no message of its own is half written.
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

enum {
    RTMP_RECEIVE_BUFFER = 64 << 10,
    RTMP_REPLY_TIMEOUT_US = 30 * US_PER_SECOND, /* the peer's kernel may take nothing of an answer for this long */
};

struct rtmp_link {
    struct io               *io;
    struct rtmp_chunk_reader in;
    struct rtmp_message      aggregate; /* being taken apart; payload NULL: none */
    struct rtmp_aggregate    parts;
    uint32_t                 out_chunk_size;
    uint32_t                 ack_window;    /* acknowledge when half of it has come; 0: never */
    int64_t                  acked;         /* io->bytes_in at the last acknowledgement */
    uint32_t                 buffer_ms;     /* the peer's last Set Buffer Length */
    uint32_t                 read_on_bytes; /* since the last wait */
    uint32_t                 n_pings;       /* answered */
    bool                     said_odd_type, said_big_chunks, said_type1;
    bool                     no_memory; /* bytes that were borrowed of the shared buffer could not be copied */
    struct rtmp_message      unread;    /* by rtmp_link_unread(); payload NULL: none */
};

/** Borrows the io. Only commands are taken until rtmp_chunk_reader_expect_media(&l->in, true). */
void rtmp_link_init(struct rtmp_link *l, struct io *io);

/** Takes one that is all zero. Does not close the io. */
void rtmp_link_finish(struct rtmp_link *l);

/**
 * The next audio, video, data or command message.
 *
 * Ownership  msg->payload is the caller's
 * Errors     E_SOCKET_TIMEOUT when none is complete at the deadline, whatever else has come
 *            E_RTMP_AGGREGATE
 */
struct err *rtmp_link_read_message(struct rtmp_link *l, struct rtmp_message *msg, int64_t deadline_us) ATTR_MUST_USE;

/**
 * As rtmp_link_read_message(), but never waits for input. It yields where a ping or an acknowledgement is answered, and
 * gives way after each RTMP_RECEIVE_BUFFER of a peer that sends on and on.
 * Nearly free when nothing is there (io_is_readable()).
 */
struct err *rtmp_link_next_now(struct rtmp_link *l, struct rtmp_message *msg, bool *got) ATTR_MUST_USE;

/** Give a message back: it is the next one that is read. Takes msg->payload. One message at a time. */
void rtmp_link_unread(struct rtmp_link *l, struct rtmp_message *msg);

/** Decode a command message; any other type: RTMP_CALL_OTHER without a name. Borrows the message. Does not yield. */
struct err *rtmp_link_decode(const struct rtmp_message *msg, struct rtmp_call *call) ATTR_MUST_USE;

/**
 * Wait for a command; other messages are dropped.
 *
 * Ownership  msg->payload is the caller's on success; `call` borrows it
 */
struct err *rtmp_link_read_call(struct rtmp_link *l, struct rtmp_message *msg, struct rtmp_call *call,
                                int64_t deadline_us) ATTR_MUST_USE;

/** Send a User Control event. */
struct err *rtmp_link_send_event(struct rtmp_link *l, enum rtmp_user_event event, uint32_t value) ATTR_MUST_USE;

/**
 * Have the kernel acknowledge the peer's bytes at once; it forgets this soon. A peer that leaves Nagle's algorithm on holds
 * its next small message back until the last one is acknowledged, and the kernel puts that off for 40 ms while it has
 * nothing to send: up to three times on the way to the first frame. Does not yield.
 */
void rtmp_link_acknowledge_at_once(const struct rtmp_link *l);

#endif

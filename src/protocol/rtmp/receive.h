/**
 * The receiving half of a server's conversation: from the shared buffer to messages, with the protocol's own
 * control messages handled on the way. rtmp_server_read_message() and rtmp_server_next_now() are here too.
 *
 * Used by the server's side of a conversation only (server.h).
 */
#ifndef PROTOCOL_RTMP_RECEIVE_H
#define PROTOCOL_RTMP_RECEIVE_H

#include "core/err.h"
#include "protocol/rtmp/server.h"

/** The connection ends: it no longer borrows from the shared buffer. */
void rtmp_receive_forget(struct rtmp_server *s);

/**
 * Clients that leave Nagle's algorithm on hold their next small message back until the last one is acknowledged,
 * which the kernel puts off for 40 ms while we have nothing to answer: up to three times on the way to the first
 * frame. So acknowledge at once until the client has said what it wants; the kernel forgets this soon.
 */
void rtmp_receive_acknowledge_at_once(const struct rtmp_server *s);

/**
 * Wait for a command; other messages have no business yet.
 *
 * Ownership  msg->payload is the caller's on success; `call` borrows it
 * Yields     yes
 */
struct err *rtmp_receive_call(struct rtmp_server *s, struct rtmp_message *msg, struct rtmp_call *call,
                              int64_t deadline_us) ATTR_MUST_USE;

#endif

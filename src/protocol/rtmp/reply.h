/**
 * Answers: several messages that leave in one write, and control messages.
 *
 *     rtmp_reply_begin(&r, s)
 *     rtmp_write_…(&r.body, …); rtmp_reply_add(&r, …)     once a message
 *     rtmp_reply_send(&r)                                  always, once begun
 *
 * Used by the server's side of a conversation only (server.h).
 *
 * Errors     the socket's; E_RTMP_MESSAGE_ENCODE when a reply outgrows RTMP_REPLY_MAX; out of memory
 * Yields     what sends, within RTMP_REPLY_TIMEOUT_US
 */
#ifndef PROTOCOL_RTMP_REPLY_H
#define PROTOCOL_RTMP_REPLY_H

#include "core/err.h"
#include "core/wr.h"
#include "protocol/rtmp/server.h"

/* The storage is on the heap: it is large and soon gone. */
struct rtmp_reply {
    struct rtmp_server *s;
    struct wr           body; /* of the message being made */
    struct wr           wire;
    uint8_t            *storage;
};

struct err *rtmp_reply_begin(struct rtmp_reply *r, struct rtmp_server *s) ATTR_MUST_USE;

/** The body is complete: put it on the wire, and begin the next. */
void rtmp_reply_add(struct rtmp_reply *r, uint32_t csid, uint32_t msid, uint8_t type_id);

/** A status of fixed words as a message of its own. */
void rtmp_reply_add_status(struct rtmp_reply *r, enum rtmp_status status);

struct err *rtmp_reply_send(struct rtmp_reply *r) ATTR_MUST_USE;

typedef void rtmp_write_result(struct wr *w, double tid);

/** Answer a command by a `_result` alone. */
struct err *rtmp_reply_result(struct rtmp_server *s, uint32_t msid, double tid, rtmp_write_result *write) ATTR_MUST_USE;

/** One whole control message, as rtmp_write_…() made it. */
struct err *rtmp_send_control(struct rtmp_server *s, const struct wr *w) ATTR_MUST_USE;

struct err *rtmp_send_user_control(struct rtmp_server *s, enum rtmp_user_event event, uint32_t value) ATTR_MUST_USE;

#endif

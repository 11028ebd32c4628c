/**
 * Several messages that leave a link in one write.
 *
 *     rtmp_outbox_begin(&o, link)
 *     rtmp_write_…(&o.body, …); rtmp_outbox_add(&o, …)     once for each message
 *     rtmp_write_…(&o.wire, …)                             for each control message
 *     rtmp_outbox_send(&o)                                 also after an error: it frees the storage
 *
 * Errors     the socket's; E_RTMP_MESSAGE_ENCODE when the messages outgrow RTMP_REPLY_MAX; out of memory
 * Yields     rtmp_outbox_send(), rtmp_outbox_send_by()
 */
#ifndef PROTOCOL_RTMP_OUTBOX_H
#define PROTOCOL_RTMP_OUTBOX_H

#include <stdint.h>

#include "core/err.h"
#include "core/wr.h"
#include "protocol/rtmp/link.h"

struct rtmp_outbox {
    struct rtmp_link *link;
    struct wr         body; /* body of the message that is being made */
    struct wr         wire; /* the messages that are complete, in chunks */
    uint8_t          *storage;
};

struct err *rtmp_outbox_begin(struct rtmp_outbox *o, struct rtmp_link *link) ATTR_MUST_USE;

/** Add the message whose body has been written, and begin the next body. */
void rtmp_outbox_add(struct rtmp_outbox *o, uint32_t csid, uint32_t msid, uint8_t type_id);

/** Add Set Chunk Size; messages that are added later have chunks of that size. */
void rtmp_outbox_set_chunk_size(struct rtmp_outbox *o, uint32_t chunk_size);

/** Send the messages to a peer that may be slow. It fails if the peer's kernel takes nothing for RTMP_REPLY_TIMEOUT_US. */
struct err *rtmp_outbox_send(struct rtmp_outbox *o) ATTR_MUST_USE;

/** Send the messages before a deadline. */
struct err *rtmp_outbox_send_by(struct rtmp_outbox *o, int64_t deadline_us) ATTR_MUST_USE;

#endif

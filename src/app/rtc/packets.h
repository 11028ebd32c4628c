/**
 * The frames of a stream as payloads of RTP, made once for all its WebRTC viewers.
 *
 *     rtc_packets_join(&packets, source, &how)
 *     p = rtc_packets_at(packets, reader.seq)       the payloads of the frame with that number in the log
 *     rtc_packets_leave(&packets)
 *
 * They are made when the first viewer asks, in the order of the log, for the stream's first track of each kind, and kept while a
 * newcomer may begin with them or a slow viewer may still need them: from the newest key frame on, and those of the last
 * RTC_PACKETS_KEPT_US, at most RTC_PACKETS_BYTES_MAX. Who wants them for longer takes a reference.
 *
 * Ownership  counted: each viewer. The last one that leaves frees all
 * Yields     no
 */
#ifndef APP_RTC_PACKETS_H
#define APP_RTC_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "protocol/rtc/pack.h"

struct source;

enum { RTC_PACKETS_BYTES_MAX = 32 << 20, RTC_PACKETS_KEPT_US = 2 * US_PER_SECOND };

/* The payloads of one frame. They never change. None: nothing of the frame goes into RTP (SEI alone, a filler), and nothing is lost. */
struct rtc_packed {
    int                refs;
    uint8_t            kind, codec; /* enum frame_kind, enum codec */
    bool               is_key;
    bool               is_late;      /* struct rtp_payloads */
    bool               is_droppable; /* likewise */
    int64_t            dts_us, pts_us, arrived_us;
    uint32_t           n;
    size_t             n_bytes; /* of this struct and all payloads */
    const uint8_t     *bytes;
    struct rtp_payload list[];
};

/* How frames are packed; the first viewer tells. */
struct rtc_packing {
    bool keep_sei, merge_nalus; /* struct rtp_packer */
};

struct rtc_packets;

/**
 * Find the packets of a source, or begin them.
 *
 * Errors     out of memory
 */
struct err *rtc_packets_join(struct rtc_packets **out, struct source *s, const struct rtc_packing *how) ATTR_MUST_USE;

/** Give the reference back. Takes NULL, and makes it so. The source still lives. */
void rtc_packets_leave(struct rtc_packets **packets);

/**
 * The payloads of a frame in the log.
 *
 * Returns    NULL: it cannot be packed, it is of another track, it is forgotten, or memory is out. Borrowed until the next call
 */
struct rtc_packed *rtc_packets_at(struct rtc_packets *packets, uint64_t seq);

/** The payloads of one frame of sound that is not in the log (app/sound). NULL: memory is out. Borrowed until the next call. */
struct rtc_packed *rtc_packets_of_sound(struct rtc_packets *packets, struct frame *f);

/** The same for a single viewer: the caller owns the one reference. */
struct rtc_packed *rtc_packed_of_sound(struct frame *f) ATTR_MUST_USE;

static inline struct rtc_packed *rtc_packed_ref(struct rtc_packed *p)
{
    p->refs++;
    return p;
}

/** Drop the reference; *p becomes NULL, and may be NULL before. */
void rtc_packed_unref(struct rtc_packed **p);

#endif

/**
 * A PES packet, cut into transport packets.
 *
 * The length of the payload is given first, so each byte is copied once to its place, and an adaptation field fills
 * the rest of the last transport packet:
 *
 *     ts_pes_begin(&pes, &w, &head, len, &cc);
 *     ts_pes_put(&pes, bytes, n);                       repeated, `len` bytes in all
 *
 * A zeroed struct ts_pes writes nothing and counts what is put.
 *
 * Source     ISO/IEC 13818-1 2.4.3.2, 2.4.3.4 (adaptation field), 2.4.3.6 (PES packet)
 * Ownership  borrows the writer's room and the counter until the last byte has been put
 * Yields     no
 */
#ifndef KERNEL_TS_PES_H
#define KERNEL_TS_PES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/wr.h"
#include "kernel/ts/packet.h"

/* Table 2-22 stream_id */
enum ts_stream_id { TS_STREAM_ID_PRIVATE_1 = 0xBD, TS_STREAM_ID_AUDIO = 0xC0, TS_STREAM_ID_VIDEO = 0xE0 };

/* PES_packet_length has 16 bits. Only video may be longer: then its length is 0, and it ends where the next packet begins. */
enum { TS_PES_LEN_MAX = 0xFFFF };

/*
 * The clock is 200 ms behind the DTS of the packet that carries it: a decoder has data before they are due (2.4.2, the buffers of the
 * system target decoder). Without it, pictures of VLC 3 stop for good when it joins a stream in its first segments. The clock wraps
 * as all stamps do: that of a stream that begins at 0 begins near 2^33.
 */
enum { TS_PCR_LAG_90K = 200 * 90 };

struct ts_pes_head {
    uint16_t pid;
    uint8_t  stream_id;
    bool     random_access; /* random_access_indicator */
    bool     discontinuity; /* discontinuity_indicator */
    bool     pcr;           /* The packet carries the clock. */
    bool     dts;           /* The DTS is written beside the PTS. */
    int64_t  pts_90k, dts_90k;
};

struct ts_pes {
    uint8_t *p, *end; /* place of the next byte, and end of the present packet; NULL: only count */
    size_t   left;    /* bytes that later packets must take */
    size_t   len;     /* bytes that have been put */
    uint16_t pid;
    uint8_t *cc;
};

/** The number of transport packets for a payload; 0 if a PES packet of this stream cannot hold it. */
size_t ts_pes_packets(const struct ts_pes_head *head, size_t payload_len) ATTR_MUST_USE;

/**
 * Begin a packet whose payload has `payload_len` bytes, which ts_pes_packets() has accepted.
 *
 * Returns    false, with nothing written and `full` set, if `w` has no room for the whole packet
 */
bool ts_pes_begin(struct ts_pes *pes, struct wr *w, const struct ts_pes_head *head, size_t payload_len,
                  uint8_t *cc) ATTR_MUST_USE;

/** Put the next bytes of the payload, in all not more than the length given to ts_pes_begin(). */
void ts_pes_put(struct ts_pes *pes, const void *bytes, size_t n);

#endif

/**
 * The packets of a transport stream, found in bytes that come in pieces of any size.
 *
 * Where a packet should begin and no sync byte is, the place is lost. The next one is a sync byte that another follows a packet
 * later. Whoever knows that a piece begins with a packet, as a datagram does, says so: ts_packets_restart().
 *
 * Source     ISO/IEC 13818-1 2.4.3.2, Annex G (acquisition)
 * Yields     no
 */
#ifndef KERNEL_TS_PACKETS_H
#define KERNEL_TS_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"
#include "kernel/ts/packet.h"

/* All zero at the start: the first byte should begin a packet. */
struct ts_packets {
    /* The part of a packet that has come; while the place is lost, also the next sync byte. */
    uint8_t held[TS_PACKET_LEN + 1];
    size_t  held_len;
    size_t  used;      /* bytes of held[] that the last packet took */
    bool    lost;      /* The place of the next packet is not known. */
    int64_t n_skipped; /* bytes that belong to no packet */
};

/**
 * The next packet: TS_PACKET_LEN bytes, valid until the next call; they lie in the piece or in `p`. NULL when all of the piece has been
 * taken.
 */
const uint8_t *ts_packets_next(struct ts_packets *p, struct rd *piece);

/** The next piece begins with a packet; one that was cut is dropped. */
void ts_packets_restart(struct ts_packets *p);

#endif

/**
 * The end of a transport stream that another one is to continue: the continuity counters, the version of the PMT, the newest time.
 *
 *     ts_tail_look(&t, packets, len)         the last packets, then those before them, until ts_tail_is_whole()
 *     ts_mux_resume(&m, &t)
 *
 * Source     ISO/IEC 13818-1 2.4.3.3 (continuity_counter), 2.4.4.9 (version_number)
 * Units      90 kHz
 * Yields     no
 */
#ifndef KERNEL_TS_TAIL_H
#define KERNEL_TS_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/ts/packet.h"

/** All zero at the start. */
struct ts_tail {
    uint8_t cc[TS_TRACKS]; /* for the next packet; 0: none was seen */
    uint8_t seen;          /* a bit for each track of which there was a packet */
    uint8_t version;       /* of the PMT */
    bool    has_time;
    int64_t newest_90k; /* the latest PTS, of 33 bits */
};

/** Look at packets that stand before those that were looked at; a part of a packet at the end is left out. */
void ts_tail_look(struct ts_tail *t, const uint8_t *packets, size_t len);

/** True when the newest tables were seen, behind which all tracks of the last GOP stand, and a track. */
bool ts_tail_is_whole(const struct ts_tail *t);

/** The first PTS of packets. False: there is none. */
bool ts_first_time(const uint8_t *packets, size_t len, int64_t *pts_90k);

/** The time from a PTS to a later one of 33 bits, given about how long it is: what has wrapped is told apart. */
int64_t ts_time_between(int64_t from_90k, int64_t to_90k, int64_t about_90k);

#endif

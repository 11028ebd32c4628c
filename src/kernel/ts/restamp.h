/**
 * Conversion of one player's transport packets into those of another player.
 *
 * Source     ISO/IEC 13818-1 2.4.3.2 to 2.4.3.7
 * Yields     no
 */
#ifndef KERNEL_TS_RESTAMP_H
#define KERNEL_TS_RESTAMP_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/ts/packet.h"

struct ts_shift {
    int64_t delta_90k;     /* added to PTS, DTS and PCR */
    uint8_t cc[TS_TRACKS]; /* added to the continuity counters */
};

/**
 * Shift all time stamps and continuity counters, in place.
 *
 * Shape      bytes: any number of whole packets of ts_mux_frame(). Other bytes are safe, and may be changed
 */
void ts_restamp(uint8_t *bytes, size_t len, const struct ts_shift *shift);

#endif

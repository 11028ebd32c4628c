/**
 * One player's transport packets made of another's.
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
 * Shape      bytes: whole packets as ts_mux_frame() writes them, in any number; any other bytes are safe, and come
 *            out changed or not
 */
void ts_restamp(uint8_t *bytes, size_t len, const struct ts_shift *shift);

#endif

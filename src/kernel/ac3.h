/**
 * AC-3 and E-AC-3: the header of a syncframe.
 *
 * Source     ETSI TS 102 366 4.3, 4.4 (AC-3), Annex E.1.2, E.1.3 (E-AC-3)
 * Yields     no
 */
#ifndef KERNEL_AC3_H
#define KERNEL_AC3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct ac3_header {
    bool     enhanced;     /* E-AC-3 */
    bool     is_dependent; /* E-AC-3: The syncframe belongs to the one before it, or to another program. */
    uint8_t  channels;     /* number of channels with the low frequency channel */
    uint16_t samples;      /* samples of one channel in the syncframe */
    uint32_t sample_rate;  /* Hz */
    uint32_t frame_len;    /* bytes */

    /* Fields of the bit stream that a container repeats. */
    uint8_t  fscod, bsid, acmod;
    uint8_t  bsmod;         /* AC-3; E-AC-3: 0 */
    uint8_t  bit_rate_code; /* AC-3: frmsizecod / 2 */
    bool     lfeon;
    uint16_t chanmap; /* E-AC-3, a dependent substream: its channels, if it tells them; otherwise 0 */
};

/** Read the header of a syncframe. Returns false if it is cut, has no syncword, or has an impossible value. */
bool ac3_header_parse(const uint8_t *bytes, size_t len, struct ac3_header *header) ATTR_MUST_USE;

#endif

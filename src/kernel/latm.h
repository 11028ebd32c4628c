/**
 * AAC in LATM, in a LOAS stream, as transport streams of television carry it.
 *
 *     latm_find(bytes, len, &skip, &element_len)          where the next AudioMuxElement is
 *     latm_open(&latm, element, element_len, &frames, &changed)
 *                                                         reads the configuration, when there is one
 *     while (latm_next(&latm, &frames, raw, &raw_len))    the frames, raw as MP4 has them
 *
 * One program with one layer is read, all frames of which are byte counted or have one fixed length; that is what is broadcast.
 *
 * Source     ISO/IEC 14496-3 1.7.2 (AudioSyncStream), 1.7.3 (AudioMuxElement, StreamMuxConfig, PayloadLengthInfo)
 * Yields     no
 */
#ifndef KERNEL_LATM_H
#define KERNEL_LATM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/bits.h"

enum {
    LATM_HEADER_LEN = 3,       /* of an AudioSyncStream: syncword and audioMuxLengthBytes */
    LATM_ELEMENT_MAX = 0x1FFF, /* audioMuxLengthBytes has 13 bits */
    LATM_CONFIG_MAX = 64,      /* longest AudioSpecificConfig that is taken; usual ones have 2 to 7 bytes */
};

/** What the elements before have told; all zero at the start. */
struct latm {
    uint8_t  config[LATM_CONFIG_MAX]; /* AudioSpecificConfig */
    uint8_t  config_len;              /* 0: none yet */
    uint8_t  n_frames;                /* in each element */
    bool     is_fixed;                /* Each frame has fixed_bits; otherwise its length comes before it. */
    uint16_t fixed_bits;
    uint16_t samples; /* of a channel of the core in a frame */
    uint32_t rate;    /* of the core, Hz */
};

/* The frames of one element that have not been read. */
struct latm_frames {
    struct bits b;
    unsigned    left;
};

/**
 * Find the next AudioMuxElement.
 *
 * Shape      *skip: bytes to drop before its header. *len: its bytes, which come after LATM_HEADER_LEN bytes of header
 * Returns    false, with *skip set, if the bytes end before it does
 */
bool latm_find(const uint8_t *bytes, size_t len, size_t *skip, size_t *element_len) ATTR_MUST_USE;

/**
 * Begin to read an element.
 *
 * Returns    false if it cannot be read: it is malformed, or no configuration came before. *changed: there is a new configuration
 */
bool latm_open(struct latm *l, const uint8_t *element, size_t len, struct latm_frames *frames,
               bool *changed) ATTR_MUST_USE;

/** Copy the next frame of an element, at most LATM_ELEMENT_MAX bytes. False at the end, and if the element is cut. */
bool latm_next(const struct latm *l, struct latm_frames *frames, uint8_t *raw, size_t *len) ATTR_MUST_USE;

#endif

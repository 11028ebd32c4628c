/**
 * The box esds, which describes AAC and MP3 to a decoder by descriptors of MPEG-4 systems.
 *
 * Source     ISO/IEC 14496-14 5.6 (esds); 14496-1 7.2.6 (descriptors), 8.3.3 (their sizes), Table 5 (object types)
 * Yields     no
 */
#ifndef KERNEL_MP4_ESDS_H
#define KERNEL_MP4_ESDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"

/* objectTypeIndication */
enum { MP4_ESDS_AAC = 0x40, MP4_ESDS_MPEG2_AUDIO = 0x69, MP4_ESDS_MPEG1_AUDIO = 0x6B };

struct mp4_esds {
    uint8_t        object_type;
    const uint8_t *config; /* AudioSpecificConfig, borrowed; NULL: none */
    size_t         config_len;
};

/** The number of bytes that mp4_esds_write() writes. */
size_t mp4_esds_len(const struct mp4_esds *e);

/** Write the contents of the box, version and flags included. */
void mp4_esds_write(struct wr *w, const struct mp4_esds *e);

#endif

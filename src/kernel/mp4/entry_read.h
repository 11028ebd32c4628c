/**
 * A sample entry that is read: the codec of a track, and its configuration as FLV carries it.
 *
 * Source     ISO/IEC 14496-12 8.5.2, 12.1.3, 12.2.3; 14496-15 5.3.4, 8.4.1 (avcC, hvcC); AV1 in ISOBMFF 2.3 (av1C); esds.h
 * Ownership  borrows the entry
 * Yields     no
 */
#ifndef KERNEL_MP4_ENTRY_READ_H
#define KERNEL_MP4_ENTRY_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/frame.h"

struct mp4_entry {
    enum codec     codec; /* H.264, HEVC, AV1, AAC, MP3, Opus, AC-3 or E-AC-3 */
    const uint8_t *config;
    size_t         config_len;    /* 0: MP3, Opus, AC-3 and E-AC-3, whose streams need none, or another one */
    uint16_t       width, height; /* of video */
    uint8_t        channels;      /* of sound */
};

/**
 * Read a sample entry.
 *
 * Shape      entry: with its header, as mp4_tables.entry. Samples of H.264 and HEVC are length-prefixed
 * Returns    false for a codec that is not named above, or malformed bytes
 */
bool mp4_entry_read(struct rd entry, struct mp4_entry *e) ATTR_MUST_USE;

#endif

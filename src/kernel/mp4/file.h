/**
 * A reader of the media in an MP4 file that is in memory: the samples of its first track of pictures and its first track of sound,
 * in the order of their decoding times.
 *
 *     mp4_file_begin(&f, bytes, len)
 *     while (mp4_file_next(&f, &unit)) …       frame_make_next() makes frames of it; configurations come first
 *     mp4_file_rewind(&f)                      from the first sample on
 *
 * Read are AVC, HEVC, AV1, AAC, MP3, Opus, AC-3 and E-AC-3. Fragments are not read. A sample that lies outside the file ends its
 * track.
 *
 * Source     ISO/IEC 14496-12 4.2 (boxes), 8.5.2, 12.1.3 and 12.2.3 (sample entries); 14496-14 5.6 and 14496-1 7.2.6 (esds); 14496-15
 *            5.4.2, 8.4.1 (avcC, hvcC); AV1 in ISOBMFF 2.2.3
 * Ownership  borrows the bytes
 * Yields     no
 */
#ifndef KERNEL_MP4_FILE_H
#define KERNEL_MP4_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "core/rd.h"
#include "kernel/frame_make.h"
#include "kernel/mp4/tables.h"

struct mp4_file_track {
    bool                    is_there, has_told_config;
    enum codec              codec;
    uint8_t                 channels; /* of sound */
    struct rd               config;   /* the record of the codec; empty: it has none */
    struct mp4_tables       tables;
    struct mp4_cursor       at;
    struct mp4_table_sample next;
    bool                    has_next;
};

enum { MP4_FILE_PICTURES, MP4_FILE_SOUND, MP4_FILE_TRACKS };

struct mp4_file {
    struct rd             all;
    struct mp4_file_track tracks[MP4_FILE_TRACKS];
};

/** False if it is no MP4 file, or has no track that can be read. */
bool mp4_file_begin(struct mp4_file *f, const void *bytes, size_t len) ATTR_MUST_USE;

/** False if all samples of the tracks have been read, or are in fragments. */
bool mp4_file_has_samples(const struct mp4_file *f);

/** The next configuration or sample, in the form of MP4. False at the end. */
bool mp4_file_next(struct mp4_file *f, struct frame_unit *unit) ATTR_MUST_USE;

void mp4_file_rewind(struct mp4_file *f);

#endif

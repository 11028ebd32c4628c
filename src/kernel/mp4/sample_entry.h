/**
 * Sample entries, which describe the codec of an MP4 track to a decoder, and codecs parameters (RFC 6381), which describe it to a
 * browser.
 *
 * A codec is a row of a table of functions; a new one is a row.
 *
 * Source     ISO/IEC 14496-12 8.5.2, 12.1.3, 12.2.3 (entries); 14496-15 5.4.2 (avc1, avc3), 8.4.1 (hvc1, hev1); esds.h (mp4a); AV1, VP, Opus and
 *            FLAC in ISO Base Media File Format; ac3_box.h (ac-3, ec-3); RFC 6381 3.3, 3.4
 * Ownership  an entry borrows the configuration frame that it was read from, and the description of its encryption
 * Yields     no
 */
#ifndef KERNEL_MP4_SAMPLE_ENTRY_H
#define KERNEL_MP4_SAMPLE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"
#include "core/wr.h"
#include "kernel/frame.h"
#include "kernel/mp4/cbcs.h"

/* Longest configuration; a record with many parameter sets has some hundred bytes. */
enum { MP4_CONFIG_MAX = 16 << 10 };

enum mp4_result {
    MP4_OK,
    MP4_NEED_CONFIG, /* A configuration frame is still missing, or a key frame that has the size. */
    MP4_BAD_CONFIG,  /* The configuration is malformed, or larger than MP4_CONFIG_MAX. */
    MP4_NOT_CARRIED, /* MP4 does not carry the codec. */
};

struct mp4_sample_entry {
    const struct frame *config; /* NULL: no such track */
    const struct cbcs  *cbcs;   /* how samples are encrypted; NULL, as after reading: not at all */
    bool     in_band; /* AVC, HEVC: samples may have parameter sets too (avc3, hev1); false, as after reading */
    uint16_t width, height;
    uint8_t  channels, sample_bits;
    uint32_t sample_rate;  /* audio: Hz */
    uint32_t samples;      /* audio: samples in a frame at sample_rate; 0 if it varies */
    uint32_t duration_90k; /* duration of a frame: for audio that of the codec, 0 if it varies; for video a guess */
};

/** True if the table has a row for the codec: H.264, HEVC, AV1, VP9; AAC, MP3, Opus, FLAC, AC-3, E-AC-3. */
bool mp4_sample_entry_carries(enum codec codec);

/**
 * Fill in a sample entry.
 *
 * Shape      config: a configuration frame; for MP3, AC-3 and E-AC-3, which have none, any frame
 *            key: a key frame, or NULL. It has the size of VP9, and of AV1 without a sequence header in its record
 * Returns    MP4_OK, or the reason of a failure; *e is then empty
 */
enum mp4_result mp4_sample_entry_read(struct mp4_sample_entry *e, const struct frame *config, const struct frame *key);

/** The number of bytes that mp4_sample_entry_write() will write. */
size_t mp4_sample_entry_len(const struct mp4_sample_entry *e);

void mp4_sample_entry_write(const struct mp4_sample_entry *e, struct wr *w);

/** Append the codec in the form of the codecs parameter: "avc1.64001e", "mp4a.40.2". */
void mp4_sample_entry_codecs(const struct mp4_sample_entry *e, struct str *s);

/** True if a frame of the same codec has another configuration, so that this entry is no longer valid. */
bool mp4_sample_entry_differs(const struct mp4_sample_entry *e, const struct frame *f);

/** True for a codec without configuration frames: MP3, AC-3, E-AC-3. Any frame of it takes their place. */
bool mp4_sample_entry_takes_any_frame(enum codec codec);

/** The number of samples in an audio frame, at the entry's sample_rate; 0 if only the time of the next frame can tell. */
uint32_t mp4_sample_entry_samples(const struct mp4_sample_entry *e, const struct frame *f);

/** The duration of an audio frame by its codec; 0 if only the time of the next frame can tell, and for video. */
uint32_t mp4_sample_entry_duration_90k(const struct mp4_sample_entry *e, const struct frame *f);

#endif

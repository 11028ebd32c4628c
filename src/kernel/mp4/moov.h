/**
 * The header of a fragmented MP4: ftyp and moov.
 *
 * Source     ISO/IEC 14496-12 4.3 (ftyp), 8.2 to 8.7 (moov and its tracks), 8.8.1 to 8.8.3 (mvex, trex);
 *            ISO/IEC 23000-19 7.2 (brands of CMAF)
 * Yields     no
 */
#ifndef KERNEL_MP4_MOOV_H
#define KERNEL_MP4_MOOV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wr.h"
#include "kernel/mp4/sample_entry.h"

enum { MP4_TIMESCALE = 90000 };

/* The contents of a header. Video is track 1, audio is track 2. */
struct mp4_movie {
    const struct mp4_sample_entry *video, *audio; /* An entry without configuration is left out. */

    uint32_t audio_timescale; /* ticks in a second of the audio track; the video track has MP4_TIMESCALE */
    int64_t  duration_90k;    /* duration of the tracks in the header; 0: that of their fragments */
    bool     is_cmaf;         /* The brands are those of CMAF; a file with both tracks is not a CMAF track. */
};

/** The number of bytes that mp4_moov_write() writes. */
size_t mp4_moov_len(const struct mp4_movie *m);

/** Write ftyp and moov. */
void mp4_moov_write(const struct mp4_movie *m, struct wr *w);

enum { MP4_CODECS_CAP = 80 }; /* room for the codecs of two tracks */

/** Write the codecs parameter of the media type, "avc1.64001e,mp4a.40.2" (RFC 6381 3.3). Returns `buf`, terminated, cut at `cap`. */
const char *mp4_moov_codecs(const struct mp4_movie *m, char *buf, size_t cap);

#endif

/**
 * Program specific information: the two tables that say which stream is on which PID.
 *
 * Source     ISO/IEC 13818-1 2.4.4.3 (PAT), 2.4.4.8 (PMT), 2.6.8 (registration_descriptor), 2.6.58 to 2.6.61
 *            (metadata_pointer_descriptor, metadata_descriptor), Table 2-34 (stream_type), Annex A (CRC); Apple, Timed Metadata
 *            for HTTP Live Streaming 2 (ID3); ATSC A/53-3 (AC-3), ETSI TS 101 154 / Opus in MPEG-TS (Opus)
 * Yields     no
 */
#ifndef KERNEL_TS_PSI_H
#define KERNEL_TS_PSI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wr.h"
#include "kernel/ts/packet.h"

enum ts_stream_type {
    TS_STREAM_NONE = 0,
    TS_STREAM_MPEG1_AUDIO = 0x03,
    TS_STREAM_MPEG2_AUDIO = 0x04, /* MPEG audio at half rates */
    TS_STREAM_PRIVATE = 0x06,     /* a format that a registration_descriptor names */
    TS_STREAM_AAC_ADTS = 0x0F,
    TS_STREAM_METADATA = 0x15, /* metadata in PES packets; here ID3 */
    TS_STREAM_H264 = 0x1B,
    TS_STREAM_HEVC = 0x24,
    TS_STREAM_AC3 = 0x81,
    TS_STREAM_EAC3 = 0x87,
};

enum { TS_VERSION_MASK = 0x1F, TS_PSI_LEN = 2 * TS_PACKET_LEN };

/* The contents of a PMT. */
struct ts_program {
    uint8_t  version;       /* number that changes whenever a field below does */
    uint8_t  video, audio;  /* enum ts_stream_type; TS_STREAM_NONE: there is no such stream */
    uint8_t  opus_channels; /* channel_config_code of an Opus stream, otherwise 0 */
    uint32_t registration;  /* format_identifier of the audio; 0: none */
    bool     has_id3;       /* There is a stream of timed ID3. */
};

/**
 * Write the PAT and the PMT, one packet each: TS_PSI_LEN bytes, or nothing and `full` is set.
 * The clock is on the PID of the video, or without video on that of the audio.
 */
void ts_psi_write(struct wr *w, const struct ts_program *program, uint8_t cc[TS_TRACKS]);

#endif

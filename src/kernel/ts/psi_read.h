/**
 * Program specific information that comes in: which programs a transport stream has, and which streams a program.
 *
 * Source     ISO/IEC 13818-1 2.4.4.3 (PAT), 2.4.4.8 (PMT), 2.6 (descriptors), Table 2-34 (stream_type); ATSC A/53-3, ETSI
 *            EN 300 468 Annex D (AC-3, E-AC-3); Opus in MPEG-TS (registration, channel_config_code); SCTE 35 8.1 (0x86);
 *            Apple, Timed Metadata for HTTP Live Streaming 2 (ID3)
 * Yields     no
 */
#ifndef KERNEL_TS_PSI_READ_H
#define KERNEL_TS_PSI_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"

/* Programs of a PAT, and streams of a PMT, beyond these are left out. */
enum { TS_PROGRAMS_MAX = 64, TS_STREAMS_MAX = 16 };

struct ts_pat_program {
    uint16_t number;
    uint16_t pmt_pid;
};

struct ts_pat {
    struct ts_pat_program programs[TS_PROGRAMS_MAX];
    size_t                n;
};

enum ts_stream_kind {
    TS_KIND_UNKNOWN, /* nothing that is read here: `type` says what the PMT names */
    TS_KIND_PICTURE,
    TS_KIND_SOUND, /* frames in a row: ADTS, MPEG audio, AC-3 */
    TS_KIND_LATM,
    TS_KIND_OPUS,
    TS_KIND_ID3,
    TS_KIND_SCTE35,
};

struct ts_pmt_stream {
    uint16_t pid;
    uint8_t  type;     /* stream_type */
    uint8_t  kind;     /* enum ts_stream_kind */
    uint8_t  codec;    /* enum codec */
    uint8_t  channels; /* Opus; 0: not told */
    uint8_t  track;    /* number among the pictures, or the sounds, of the program, in the order of the PMT */
};

struct ts_pmt {
    struct ts_pmt_stream streams[TS_STREAMS_MAX];
    size_t               n;
    uint16_t             program, pcr_pid;
};

/** Read a section of a right checksum. False if it is no PAT, not in force yet, or malformed. */
bool ts_psi_read_pat(const uint8_t *section, size_t len, struct ts_pat *pat) ATTR_MUST_USE;
bool ts_psi_read_pmt(const uint8_t *section, size_t len, struct ts_pmt *pmt) ATTR_MUST_USE;

#endif

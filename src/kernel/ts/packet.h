/**
 * The transport packet: PIDs, continuity counters and time stamps.
 *
 * Every stream that is written is program 1 with at most one stream each of video, audio and timed metadata, each on a PID of its
 * own.
 *
 * Source     ISO/IEC 13818-1 2.4.3.2 (packet), 2.4.3.4 (PCR), 2.4.3.6 (PTS, DTS)
 * Units      stamps have 33 bits of 90 kHz; higher bits are cut off, so they wrap after 26.5 hours
 * Yields     no
 */
#ifndef KERNEL_TS_PACKET_H
#define KERNEL_TS_PACKET_H

#include <stdint.h>

enum { TS_PACKET_LEN = 188, TS_HEADER_LEN = 4, TS_SYNC_BYTE = 0x47 };

enum ts_pid {
    TS_PID_PAT = 0,
    TS_PID_VIDEO = 0x100,
    TS_PID_AUDIO = 0x101,
    TS_PID_ID3 = 0x102,
    TS_PID_PMT = 0x1001,
    TS_PID_NONE = 0x1FFF,
};

/* Indices into arrays of continuity counters. A counter is the value for the next packet. */
enum ts_track { TS_PAT, TS_PMT, TS_VIDEO, TS_AUDIO, TS_ID3, TS_TRACKS };

enum { TS_STAMP_LEN = 5, TS_PCR_LEN = 6 };

/** Write a PTS or DTS; `prefix` is 2 for a PTS alone, 3 for a PTS before a DTS, 1 for the DTS. */
static inline void ts_stamp_write(uint8_t bytes[TS_STAMP_LEN], unsigned prefix, int64_t v_90k)
{
    uint64_t v = (uint64_t)v_90k;
    bytes[0] = (uint8_t)(prefix << 4 | (v >> 29 & 0x0E) | 1);
    bytes[1] = (uint8_t)(v >> 22);
    bytes[2] = (uint8_t)(v >> 14 | 1);
    bytes[3] = (uint8_t)(v >> 7);
    bytes[4] = (uint8_t)(v << 1 | 1);
}

static inline int64_t ts_stamp_read(const uint8_t bytes[TS_STAMP_LEN])
{
    return (int64_t)(bytes[0] >> 1 & 7) << 30 | (int64_t)bytes[1] << 22 | (int64_t)(bytes[2] >> 1) << 15 |
           (int64_t)bytes[3] << 7 | bytes[4] >> 1;
}

/** Write program_clock_reference_base, with an extension of 0. */
static inline void ts_pcr_write(uint8_t bytes[TS_PCR_LEN], int64_t v_90k)
{
    uint64_t v = (uint64_t)v_90k;
    bytes[0] = (uint8_t)(v >> 25);
    bytes[1] = (uint8_t)(v >> 17);
    bytes[2] = (uint8_t)(v >> 9);
    bytes[3] = (uint8_t)(v >> 1);
    bytes[4] = (uint8_t)(v << 7 | 0x7E); /* reserved bits are ones */
    bytes[5] = 0;
}

static inline int64_t ts_pcr_read(const uint8_t bytes[TS_PCR_LEN])
{
    return (int64_t)bytes[0] << 25 | (int64_t)bytes[1] << 17 | (int64_t)bytes[2] << 9 | (int64_t)bytes[3] << 1 |
           bytes[4] >> 7;
}

#endif

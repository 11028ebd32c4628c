#include "kernel/ts/restamp.h"

#include <stdbool.h>

enum { PES_FLAGS = 7, PES_STAMPS = 9 }; /* offsets of the flags and of the stamps in a PES packet */

static bool is_tracked(unsigned pid, enum ts_track *track)
{
    switch (pid) {
    case TS_PID_PAT: *track = TS_PAT; return true;
    case TS_PID_PMT: *track = TS_PMT; return true;
    case TS_PID_VIDEO: *track = TS_VIDEO; return true;
    case TS_PID_AUDIO: *track = TS_AUDIO; return true;
    case TS_PID_ID3: *track = TS_ID3; return true;
    default: return false;
    }
}

static void shift_stamp(uint8_t *stamp, int64_t delta_90k)
{
    ts_stamp_write(stamp, stamp[0] >> 4, (int64_t)((uint64_t)ts_stamp_read(stamp) + (uint64_t)delta_90k));
}

static void shift_pcr(uint8_t *field, int64_t delta_90k)
{
    enum { PCR_FLAG = 0x10 };
    if (field[0] > TS_PCR_LEN && (field[1] & PCR_FLAG))
        ts_pcr_write(field + 2, (int64_t)((uint64_t)ts_pcr_read(field + 2) + (uint64_t)delta_90k));
}

/* Restamp a PES packet that begins here; its header is in one transport packet. */
static void shift_pes(uint8_t *pes, const uint8_t *end, int64_t delta_90k)
{
    enum { PTS_AND_DTS = 3 };
    uint8_t *pts = pes + PES_STAMPS, *dts = pts + TS_STAMP_LEN;
    if (end - pes >= PES_STAMPS + TS_STAMP_LEN)
        shift_stamp(pts, delta_90k);
    if (end - pes >= PES_STAMPS + 2 * TS_STAMP_LEN && pes[PES_FLAGS] >> 6 == PTS_AND_DTS)
        shift_stamp(dts, delta_90k);
}

/* Restamp a transport packet in which a PES packet begins. */
static void shift_times(uint8_t *packet, int64_t delta_90k)
{
    bool     adapted = packet[3] & 0x20;
    uint8_t *field = packet + TS_HEADER_LEN;
    size_t   adaptation = adapted ? 1u + field[0] : 0;
    if (adaptation >= TS_PACKET_LEN - TS_HEADER_LEN)
        return;
    if (adapted)
        shift_pcr(field, delta_90k);
    shift_pes(field + adaptation, packet + TS_PACKET_LEN, delta_90k);
}

void ts_restamp(uint8_t *bytes, size_t len, const struct ts_shift *shift)
{
    for (; len >= TS_PACKET_LEN; bytes += TS_PACKET_LEN, len -= TS_PACKET_LEN) {
        enum ts_track track;
        if (!is_tracked((bytes[1] & 0x1Fu) << 8 | bytes[2], &track))
            continue;
        bytes[3] = (uint8_t)((bytes[3] & 0xF0) | ((bytes[3] + shift->cc[track]) & 0x0F));
        if (track >= TS_VIDEO && shift->delta_90k &&
            (bytes[1] & 0x40)) /* Clock and stamps are where a PES packet begins. */
            shift_times(bytes, shift->delta_90k);
    }
}

#include "kernel/ts/tail.h"

enum { UNIT_START = 0x40, HAS_FIELD = 0x20, HAS_PAYLOAD = 0x10 };

#define STAMP_RANGE (INT64_C(1) << 33)

static bool find_track(const uint8_t *packet, enum ts_track *track)
{
    static const uint16_t pids[TS_TRACKS] = { [TS_PAT] = TS_PID_PAT,
                                              [TS_PMT] = TS_PID_PMT,
                                              [TS_VIDEO] = TS_PID_VIDEO,
                                              [TS_AUDIO] = TS_PID_AUDIO,
                                              [TS_ID3] = TS_PID_ID3 };
    unsigned              pid = (packet[1] & 0x1Fu) << 8 | packet[2];
    int                   i = 0;
    while (i < TS_TRACKS && pids[i] != pid)
        i++;
    *track = (enum ts_track)i;
    return packet[0] == TS_SYNC_BYTE && i < TS_TRACKS && (packet[3] & HAS_PAYLOAD);
}

/* The number of bytes before the payload; TS_PACKET_LEN: there is none. */
static size_t payload_at(const uint8_t *packet)
{
    size_t at = TS_HEADER_LEN + (packet[3] & HAS_FIELD ? 1u + packet[TS_HEADER_LEN] : 0);
    return at < TS_PACKET_LEN ? at : TS_PACKET_LEN;
}

/* The PTS of a PES packet that begins here. Table 2-21: it stands behind nine bytes. */
static bool find_time(const uint8_t *packet, int64_t *pts_90k)
{
    enum { FLAGS = 7, STAMPS = 9, HAS_PTS = 0x80 };
    size_t         at = payload_at(packet);
    const uint8_t *pes = packet + at;
    if (!(packet[1] & UNIT_START) || at + STAMPS + TS_STAMP_LEN > TS_PACKET_LEN || !(pes[FLAGS] & HAS_PTS))
        return false;
    *pts_90k = ts_stamp_read(pes + STAMPS);
    return true;
}

/* 2.4.4.8: behind pointer_field, table_id, section_length and program_number. */
static uint8_t version_of(const uint8_t *packet, uint8_t otherwise)
{
    enum { VERSION = 6 };
    size_t at = payload_at(packet) + VERSION;
    return at < TS_PACKET_LEN ? packet[at] >> 1 & 0x1F : otherwise;
}

static bool is_later(int64_t a_90k, int64_t b_90k)
{
    return ts_time_between(b_90k, a_90k, 0) > 0;
}

static void note_packet(struct ts_tail *t, const uint8_t *packet)
{
    enum ts_track track;
    int64_t       pts_90k;
    if (!find_track(packet, &track))
        return;
    if (track >= TS_VIDEO && find_time(packet, &pts_90k) && (!t->has_time || is_later(pts_90k, t->newest_90k))) {
        t->newest_90k = pts_90k;
        t->has_time = true;
    }
    if (t->seen & 1u << track)
        return;
    t->seen |= (uint8_t)(1u << track);
    t->cc[track] = (packet[3] + 1) & 0x0F;
    if (track == TS_PMT)
        t->version = version_of(packet, t->version);
}

void ts_tail_look(struct ts_tail *t, const uint8_t *packets, size_t len)
{
    for (size_t at = len - len % TS_PACKET_LEN; at >= TS_PACKET_LEN;) {
        at -= TS_PACKET_LEN;
        note_packet(t, packets + at);
    }
}

bool ts_tail_is_whole(const struct ts_tail *t)
{
    enum { TABLES = 1 << TS_PAT | 1 << TS_PMT };
    return (t->seen & TABLES) == TABLES && (t->seen & ~TABLES);
}

bool ts_first_time(const uint8_t *packets, size_t len, int64_t *pts_90k)
{
    enum ts_track track;
    for (size_t at = 0; at + TS_PACKET_LEN <= len; at += TS_PACKET_LEN)
        if (find_track(packets + at, &track) && track >= TS_VIDEO && find_time(packets + at, pts_90k))
            return true;
    return false;
}

int64_t ts_time_between(int64_t from_90k, int64_t to_90k, int64_t about_90k)
{
    int64_t off = (to_90k - from_90k - about_90k) % STAMP_RANGE; /* from what it is about */
    if (off > STAMP_RANGE / 2)
        off -= STAMP_RANGE;
    else if (off < -STAMP_RANGE / 2)
        off += STAMP_RANGE;
    return about_90k + off;
}

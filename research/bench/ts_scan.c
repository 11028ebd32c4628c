#include "ts_scan.h"

#include <string.h>

#include "kernel/flv.h"

enum {
    SYNC = 0x47,
    STREAM_AUDIO = 0xC0, /* stream_id of PES: 110x xxxx, and private_stream_1 for Opus */
    STREAM_VIDEO = 0xE0, /* 1110 xxxx */
    STREAM_PRIVATE_1 = 0xBD,
};

void ts_scan_init(struct ts_scan *s)
{
    *s = (struct ts_scan){ 0 };
}

/* The next whole packet, in place if it has come in one piece; NULL when it is not complete. */
static const uint8_t *next_packet(struct ts_scan *s, struct rd *in)
{
    if (!s->n_held && rd_left(in) >= TS_SCAN_PACKET_LEN)
        return rd_bytes(in, TS_SCAN_PACKET_LEN);
    size_t more = TS_SCAN_PACKET_LEN - s->n_held;
    more = more < rd_left(in) ? more : rd_left(in);
    if (more) {
        memcpy(s->held + s->n_held, rd_bytes(in, more), more);
        s->n_held += (uint8_t)more;
    }
    if (s->n_held < TS_SCAN_PACKET_LEN)
        return NULL;
    s->n_held = 0;
    return s->held;
}

static uint8_t type_of(uint8_t stream_id)
{
    if ((stream_id & 0xF0) == STREAM_VIDEO)
        return FLV_VIDEO;
    return (stream_id & 0xE0) == STREAM_AUDIO || stream_id == STREAM_PRIVATE_1 ? FLV_AUDIO : 0;
}

/* True when the packet begins an access unit. */
static bool begins_unit(const uint8_t *packet, struct scanned *unit)
{
    struct rd r = rd_over(packet + 1, TS_SCAN_PACKET_LEN - 1);
    uint16_t  pid = rd_u16(&r);
    uint8_t   flags = rd_u8(&r);
    if (flags & 0x20) /* adaptation_field_control */
        rd_bytes(&r, rd_u8(&r));
    if (r.bad || !(pid & 0x4000) || !(flags & 0x10)) /* payload_unit_start_indicator */
        return false;
    *unit = (struct scanned){ .start = r.p, .n_start = rd_left(&r) };
    if (rd_u24(&r) != 1) /* packet_start_code_prefix; tables have none */
        return false;
    unit->type = type_of(rd_u8(&r));
    return !r.bad && unit->type;
}

bool ts_scan_next(struct ts_scan *s, struct rd *in, struct scanned *unit)
{
    const uint8_t *packet;
    while (!s->bad && (packet = next_packet(s, in))) {
        s->bad = packet[0] != SYNC;
        if (!s->bad && begins_unit(packet, unit))
            return true;
    }
    return false;
}

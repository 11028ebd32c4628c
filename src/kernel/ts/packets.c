#include "kernel/ts/packets.h"

#include <string.h>

/* The bytes that are needed to tell that a packet begins with the first one. */
static size_t needed(const struct ts_packets *p)
{
    return p->lost ? TS_PACKET_LEN + 1 : TS_PACKET_LEN;
}

static bool is_packet(const struct ts_packets *p, const uint8_t *bytes)
{
    return bytes[0] == TS_SYNC_BYTE && (!p->lost || bytes[TS_PACKET_LEN] == TS_SYNC_BYTE);
}

/* The number of bytes before the next sync byte that may begin a packet, when the first one does not. */
static size_t bytes_to_skip(struct ts_packets *p, const uint8_t *bytes, size_t len)
{
    const uint8_t *next = memchr(bytes + 1, TS_SYNC_BYTE, len - 1);
    size_t         n = next ? (size_t)(next - bytes) : len;
    p->lost = true;
    p->n_skipped += (int64_t)n;
    return n;
}

static void drop_held(struct ts_packets *p, size_t n)
{
    memmove(p->held, p->held + n, p->held_len - n);
    p->held_len -= n;
}

static void hold(struct ts_packets *p, struct rd *piece)
{
    size_t want = needed(p), missing = want > p->held_len ? want - p->held_len : 0;
    size_t n = missing < rd_left(piece) ? missing : rd_left(piece);
    memcpy(p->held + p->held_len, rd_bytes(piece, n), n);
    p->held_len += n;
}

/* The next packet that began in an earlier piece. NULL: there is none; with held bytes the piece is used up. */
static const uint8_t *next_held(struct ts_packets *p, struct rd *piece)
{
    while (p->held_len) {
        hold(p, piece);
        if (p->held_len < needed(p))
            return NULL;
        if (is_packet(p, p->held)) {
            p->lost = false;
            p->used = TS_PACKET_LEN;
            return p->held;
        }
        drop_held(p, bytes_to_skip(p, p->held, p->held_len));
    }
    return NULL;
}

const uint8_t *ts_packets_next(struct ts_packets *p, struct rd *piece)
{
    drop_held(p, p->used);
    p->used = 0;
    const uint8_t *packet = next_held(p, piece);
    if (packet || p->held_len)
        return packet;
    while (rd_left(piece) >= needed(p)) {
        if (is_packet(p, piece->p)) {
            p->lost = false;
            return rd_bytes(piece, TS_PACKET_LEN);
        }
        rd_bytes(piece, bytes_to_skip(p, piece->p, rd_left(piece)));
    }
    if (rd_left(piece))
        hold(p, piece);
    return NULL;
}

void ts_packets_restart(struct ts_packets *p)
{
    p->held_len = p->used = 0;
    p->lost = false;
}

#include <string.h>

#include "core/rd.h"
#include "kernel/av1.h"
#include "protocol/rtc/unpack_codec.h"

/* "RTP Payload Format For AV1" 1.0, 4.4: the aggregation header. */
enum { CONTINUES = 0x80, GOES_ON = 0x40, NEW_SEQUENCE = 0x08 };

/* AV1 5.3.2: the header of an OBU. */
enum { HAS_EXTENSION = 0x04, HAS_SIZE = 0x02 };

/* Elements lack their sizes. Room for one, of four bytes (AV1 4.10.5), is left before each, and filled when it is complete. */
enum { SIZE_LEN = 4, LEB128_MAX = 8 };

static uint64_t read_leb128(struct rd *r)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < LEB128_MAX; i++) {
        uint8_t byte = rd_u8(r);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return value;
    }
    r->bad = true;
    return 0;
}

static void begin_element(struct rtp_unpacker *u)
{
    static const uint8_t room[SIZE_LEN] = { 0 };
    u->part_at = u->bytes.len;
    buf_append(&u->bytes, room, sizeof room);
}

/* Its own size must be that of the element. */
static bool has_its_size(struct rd r, size_t head_len)
{
    rd_bytes(&r, head_len);
    uint64_t size = read_leb128(&r);
    return !r.bad && size == rd_left(&r);
}

/* The OBU is complete: bring its header before the room, and its size into it. */
static bool end_element(struct rtp_unpacker *u)
{
    if (u->bytes.fault)
        return false;
    uint8_t *obu = (uint8_t *)u->bytes.bytes + u->part_at;
    size_t   len = u->bytes.len - u->part_at - SIZE_LEN;
    size_t   head_len = len > 0 && obu[SIZE_LEN] & HAS_EXTENSION ? 2 : 1;
    if (len < head_len)
        return false;
    if (obu[SIZE_LEN] & HAS_SIZE) {
        memmove(obu, obu + SIZE_LEN, len);
        buf_rewind(&u->bytes, u->part_at + len);
        return has_its_size(rd_over(obu, len), head_len);
    }
    memmove(obu, obu + SIZE_LEN, head_len);
    obu[0] |= HAS_SIZE;
    size_t size = len - head_len;
    for (unsigned i = 0; i < SIZE_LEN; i++)
        obu[head_len + i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i + 1 < SIZE_LEN ? 0x80 : 0));
    return true;
}

/* One element, whole or a part. False where a part before it is missing, or it is malformed. */
static bool take_element(struct rtp_unpacker *u, const uint8_t *bytes, size_t len, bool continues, bool goes_on)
{
    if (continues != u->in_part)
        return false;
    if (!continues)
        begin_element(u);
    buf_append(&u->bytes, bytes, len);
    u->in_part = goes_on;
    return goes_on || end_element(u);
}

static bool take_av1(struct rtp_unpacker *u, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    uint8_t   head = rd_u8(&r);
    unsigned  n = head >> 4 & 3; /* W: the number of elements, of which the last has no length; 0: all have */
    if (rd_left(&r) == 0)
        return false;
    for (unsigned i = 1; rd_left(&r) > 0; i++) {
        bool           is_last = n > 0 && i == n;
        size_t         element_len = is_last ? rd_left(&r) : (size_t)read_leb128(&r);
        const uint8_t *bytes = rd_bytes(&r, element_len);
        if (r.bad || (element_len == 0 && !(i == 1 && head & CONTINUES)))
            return false;
        if (!take_element(u, bytes, element_len, i == 1 && head & CONTINUES, rd_left(&r) == 0 && head & GOES_ON))
            return false;
    }
    return true;
}

/* Only the first packet of a sequence tells that nothing of its frame is missing before it. */
static bool av1_begins(const uint8_t *payload, size_t len)
{
    return len > 0 && payload[0] & NEW_SEQUENCE && !(payload[0] & CONTINUES);
}

static void end_av1(struct rtp_unpacker *u)
{
    u->is_key = av1_is_key(rd_over(u->bytes.bytes, u->bytes.len));
}

const struct rtp_unpack_codec rtp_unpack_av1 = { .begins = av1_begins, .take = take_av1, .end = end_av1 };

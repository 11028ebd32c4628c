#include "stamp.h"

#include <string.h>

#include "kernel/nalu.h"

enum {
    BODY_HEADER_LEN = 5,       /* FLV E.4.3.1 and E.4.3.2: frame type and codec, AVCPacketType, CompositionTime */
    AVC = 7,                   /* CodecID */
    PACKET_NALU = 1,           /* AVCPacketType */
    SEI_USER_UNREGISTERED = 5, /* H.264 D.1: payloadType */
    NUMBER_DIGITS = 8,
    TIME_DIGITS = 16,
    UUID_LEN = 16,
};

static const uint8_t uuid[UUID_LEN] = { 0x6b, 0xd4, 0x1e, 0x93, 0x27, 0xc8, 0x4f, 0x5a,
                                        0x9e, 0x71, 0xb3, 0x0c, 0xa8, 0x5d, 0x62, 0xf4 };

static bool holds_picture(const uint8_t *body, size_t len)
{
    return len > BODY_HEADER_LEN + 4 && (body[0] & 0x8f) == AVC && body[1] == PACKET_NALU;
}

size_t stamp_place(const uint8_t *body, size_t len)
{
    if (!holds_picture(body, len))
        return 0;
    /* H.264 7.4.1.2.3: an access unit delimiter is the first NAL unit where there is one */
    struct rd   r = rd_over(body + BODY_HEADER_LEN, len - BODY_HEADER_LEN);
    struct nalu first;
    if (nalu_next_avcc(&r, 4, &first) && avc_nalu_type(first) == AVC_NALU_AUD)
        return (size_t)(r.p - body);
    return BODY_HEADER_LEN;
}

static void put_hex(uint8_t *out, int digits, uint64_t value)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 4)
        out[i] = (uint8_t) "0123456789abcdef"[value & 15];
}

static bool get_hex(const uint8_t *in, int digits, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        unsigned digit = in[i] >= '0' && in[i] <= '9'   ? in[i] - '0'
                         : in[i] >= 'a' && in[i] <= 'f' ? in[i] - 'a' + 10
                                                        : 16;
        if (digit == 16)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

void stamp_write(uint8_t out[static STAMP_LEN], const struct stamp *stamp)
{
    const uint8_t head[] = {
        0, 0, 0, STAMP_LEN - 4, AVC_NALU_SEI, SEI_USER_UNREGISTERED, UUID_LEN + NUMBER_DIGITS + TIME_DIGITS
    };
    memcpy(out, head, sizeof head);
    out += sizeof head;
    memcpy(out, uuid, UUID_LEN);
    put_hex(out + UUID_LEN, NUMBER_DIGITS, stamp->number);
    put_hex(out + UUID_LEN + NUMBER_DIGITS, TIME_DIGITS, (uint64_t)stamp->sent_us);
    out[UUID_LEN + NUMBER_DIGITS + TIME_DIGITS] = 0x80; /* rbsp_trailing_bits */
}

/* Read the digits after the UUID. */
static bool read_digits(const uint8_t *p, struct stamp *stamp)
{
    uint64_t number, time;
    if (!get_hex(p, NUMBER_DIGITS, &number) || !get_hex(p + NUMBER_DIGITS, TIME_DIGITS, &time))
        return false;
    *stamp = (struct stamp){ (uint32_t)number, (int64_t)time };
    return true;
}

bool stamp_find(const uint8_t *body, size_t len, struct stamp *stamp)
{
    size_t place = stamp_place(body, len);
    if (!place || len < place + STAMP_LEN)
        return false;
    const uint8_t *p = body + place + 4 + 3;
    return memcmp(p, uuid, UUID_LEN) == 0 && read_digits(p + UUID_LEN, stamp);
}

bool stamp_search(const uint8_t *bytes, size_t len, struct stamp *stamp)
{
    const uint8_t *p = memmem(bytes, len, uuid, UUID_LEN);
    return p && bytes + len - p >= UUID_LEN + NUMBER_DIGITS + TIME_DIGITS && read_digits(p + UUID_LEN, stamp);
}

bool stamp_search_next(const uint8_t *bytes, size_t len, size_t *at, struct stamp *stamp)
{
    while (*at < len) {
        const uint8_t *p = memmem(bytes + *at, len - *at, uuid, UUID_LEN);
        *at = p ? (size_t)(p - bytes) + UUID_LEN : len;
        if (p && len - *at >= NUMBER_DIGITS + TIME_DIGITS && read_digits(p + UUID_LEN, stamp))
            return true;
    }
    return false;
}

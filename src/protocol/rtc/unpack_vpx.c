#include "core/rd.h"
#include "kernel/vp9.h"
#include "protocol/rtc/unpack_codec.h"

/* ---- VP8: RFC 7741 4.2 ---- */

enum { VP8_EXTENDED = 0x80, VP8_START = 0x10, VP8_PARTITION = 0x07 };

/* Skip the descriptor; returns its first byte. */
static uint8_t skip_vp8_descriptor(struct rd *r)
{
    uint8_t first = rd_u8(r);
    uint8_t has = first & VP8_EXTENDED ? rd_u8(r) : 0;
    if (has & 0x80 && rd_u8(r) & 0x80) /* I: PictureID, of 15 bits if M is set */
        rd_u8(r);
    if (has & 0x40) /* L: TL0PICIDX */
        rd_u8(r);
    if (has & 0x30) /* T, K: one byte for both */
        rd_u8(r);
    return first;
}

static bool vp8_begins(const uint8_t *payload, size_t len)
{
    return len > 0 && payload[0] & VP8_START && !(payload[0] & VP8_PARTITION);
}

static bool take_vp8(struct rtp_unpacker *u, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    skip_vp8_descriptor(&r);
    if (r.bad || rd_left(&r) == 0 || (u->bytes.len == 0 && !vp8_begins(payload, len)))
        return false;
    if (u->bytes.len == 0)
        u->is_key = vp8_is_key(r.p, rd_left(&r));
    buf_append(&u->bytes, r.p, rd_left(&r));
    return true;
}

/* ---- VP9: RFC 9628 4.2 ---- */

enum {
    VP9_PICTURE_ID = 0x80,
    VP9_INTER = 0x40,
    VP9_LAYERS = 0x20,
    VP9_FLEXIBLE = 0x10,
    VP9_START = 0x08,
    VP9_STRUCTURE = 0x02,
    VP9_REFERENCES_MAX = 3,
};

/* 4.2.1: the sizes of the layers, and the groups of pictures. */
static void skip_vp9_structure(struct rd *r)
{
    uint8_t  head = rd_u8(r);
    unsigned n_layers = (head >> 5) + 1u;
    if (head & 0x10) /* Y: width and height of each */
        rd_bytes(r, (size_t)n_layers * 4);
    unsigned n_pictures = head & 0x08 ? rd_u8(r) : 0; /* G */
    for (unsigned i = 0; i < n_pictures && !r->bad; i++)
        rd_bytes(r, rd_u8(r) >> 2 & 3); /* R: references of the picture */
}

static void skip_vp9_descriptor(struct rd *r)
{
    uint8_t first = rd_u8(r);
    if (first & VP9_PICTURE_ID && rd_u8(r) & 0x80) /* M: 15 bits */
        rd_u8(r);
    if (first & VP9_LAYERS) {
        rd_u8(r);
        if (!(first & VP9_FLEXIBLE))
            rd_u8(r); /* TL0PICIDX */
    }
    if (first & VP9_FLEXIBLE && first & VP9_INTER)
        for (int i = 0; i < VP9_REFERENCES_MAX && rd_u8(r) & 1 && !r->bad; i++)
            ; /* P_DIFF; N: another one follows */
    if (first & VP9_STRUCTURE)
        skip_vp9_structure(r);
}

static bool vp9_begins(const uint8_t *payload, size_t len)
{
    enum { SPATIAL = 0x0e };
    struct rd r = rd_over(payload, len);
    uint8_t   first = rd_u8(&r);
    if (first & VP9_PICTURE_ID && rd_u8(&r) & 0x80)
        rd_u8(&r);
    bool is_lowest = !(first & VP9_LAYERS) || !(rd_u8(&r) & SPATIAL);
    return !r.bad && first & VP9_START && is_lowest;
}

static bool take_vp9(struct rtp_unpacker *u, const uint8_t *payload, size_t len)
{
    struct rd r = rd_over(payload, len);
    skip_vp9_descriptor(&r);
    if (r.bad || rd_left(&r) == 0 || (u->bytes.len == 0 && !vp9_begins(payload, len)))
        return false;
    buf_append(&u->bytes, r.p, rd_left(&r));
    return true;
}

static void end_vp9(struct rtp_unpacker *u)
{
    uint32_t width = 0, height = 0;
    u->is_key = vp9_key_frame_size((const uint8_t *)u->bytes.bytes, u->bytes.len, &width, &height);
}

const struct rtp_unpack_codec rtp_unpack_vp8 = { .begins = vp8_begins, .take = take_vp8 };
const struct rtp_unpack_codec rtp_unpack_vp9 = { .begins = vp9_begins, .take = take_vp9, .end = end_vp9 };

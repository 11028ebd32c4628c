/**
 * What a receiver makes of the payloads of one frame, for tests: written from the payload formats alone, and trusting, because our
 * own packer made them.
 *
 * Shape      H.264, HEVC: NAL units behind start codes of four bytes; AV1: OBUs, each behind its length of four bytes; all others: the
 *            frame's bytes
 */
#ifndef TEST_UNIT_RTC_REASSEMBLE_H
#define TEST_UNIT_RTC_REASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/rd.h"
#include "protocol/rtc/pack.h"

struct rebuilt {
    uint8_t bytes[1 << 20];
    size_t  len;
    size_t  unit_at; /* AV1: where the length of the open OBU is */
    bool    is_open; /* A unit is under way. */
    bool    bad;
    bool    is_sequence; /* AV1: N was set. */
    int     n_together;  /* payloads with several NAL units */
    int     n_pieces;    /* payloads with a piece of a NAL unit */
};

static inline void rebuilt_add(struct rebuilt *b, const uint8_t *bytes, size_t len)
{
    if (len > sizeof b->bytes - b->len) {
        b->bad = true;
        return;
    }
    if (len)
        memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
}

static inline void rebuilt_begin_unit(struct rebuilt *b)
{
    rebuilt_add(b, (const uint8_t[]){ 0, 0, 0, 1 }, 4);
}

/* RFC 6184 5.6 to 5.8; RFC 7798 4.4: both have the same three forms, with a header of one byte or two. */
static inline void rebuilt_nalus(struct rebuilt *b, struct rd r, bool hevc)
{
    const uint8_t *head = rd_bytes(&r, hevc ? 2 : 1);
    unsigned       type = !head ? 0 : hevc ? head[0] >> 1 & 0x3f : head[0] & 0x1f;
    if (type == (hevc ? 48 : 24)) {
        b->n_together++;
        while (rd_left(&r) > 0 && !r.bad) {
            uint16_t       len = rd_u16(&r);
            const uint8_t *unit = rd_bytes(&r, len);
            rebuilt_begin_unit(b);
            rebuilt_add(b, unit, unit ? len : 0);
        }
    } else if (type == (hevc ? 49 : 28)) {
        uint8_t flags = rd_u8(&r);
        b->n_pieces++;
        b->bad |= b->is_open == (bool)(flags & 0x80);
        if (flags & 0x80) {
            rebuilt_begin_unit(b);
            if (hevc)
                rebuilt_add(b, (const uint8_t[]){ (uint8_t)((head[0] & 0x81) | (flags & 0x3f) << 1), head[1] }, 2);
            else
                rebuilt_add(b, (const uint8_t[]){ (uint8_t)((head[0] & 0xe0) | (flags & 0x1f)) }, 1);
        }
        b->is_open = !(flags & 0x40);
        rebuilt_add(b, r.p, rd_left(&r));
    } else {
        b->bad |= b->is_open;
        rebuilt_begin_unit(b);
        rebuilt_add(b, head, hevc ? 2 : 1);
        rebuilt_add(b, r.p, rd_left(&r));
    }
    b->bad |= r.bad;
}

/* RFC 7741 4.2, with a picture id of 15 bits. */
static inline void rebuilt_vp8(struct rebuilt *b, struct rd r)
{
    uint8_t first = rd_u8(&r), extension = rd_u8(&r);
    b->bad |= !(first & 0x80) || extension != 0x80 || !(rd_u16(&r) & 0x8000) || (b->len == 0) != (bool)(first & 0x10);
    rebuilt_add(b, r.p, rd_left(&r));
}

/* RFC 9628 4.2, flexible mode with one reference. */
static inline void rebuilt_vp9(struct rebuilt *b, struct rd r)
{
    uint8_t first = rd_u8(&r);
    b->bad |= !(first & 0x80) || !(rd_u16(&r) & 0x8000) || (b->len == 0) != (bool)(first & 0x08);
    if ((first & 0x50) == 0x50)
        b->bad |= rd_u8(&r) != 2;
    if (first & 0x02) {
        b->bad |= rd_u8(&r) != 0x10;
        rd_bytes(&r, 4);
    }
    rebuilt_add(b, r.p, rd_left(&r));
    b->is_open = !(first & 0x04);
    b->bad |= r.bad;
}

static inline void rebuilt_write_length(struct rebuilt *b)
{
    size_t len = b->len - b->unit_at - 4;
    for (int i = 0; i < 4; i++)
        b->bytes[b->unit_at + (size_t)i] = (uint8_t)(len >> (24 - 8 * i));
}

/* RTP Payload Format For AV1 4.3, 4.4, with W = 0. */
static inline void rebuilt_av1(struct rebuilt *b, struct rd r)
{
    uint8_t head = rd_u8(&r);
    bool    continues = head & 0x80;
    b->bad |= continues != b->is_open || (head & 0x37);
    b->is_sequence |= head & 0x08;
    while (rd_left(&r) > 0 && !r.bad) {
        uint8_t        low = rd_u8(&r);
        size_t         len = low & 0x80 ? (size_t)(low & 0x7f) | (size_t)rd_u8(&r) << 7 : low;
        const uint8_t *bytes = rd_bytes(&r, len);
        if (!continues) {
            b->unit_at = b->len;
            rebuilt_add(b, (const uint8_t[4]){ 0 }, 4);
        }
        rebuilt_add(b, bytes, bytes ? len : 0);
        if (!b->bad)
            rebuilt_write_length(b);
        continues = false;
    }
    b->is_open = head & 0x40;
    b->bad |= r.bad;
}

/** Rebuild a frame from its payloads; `bad` if they contradict each other. */
static inline void rebuild(struct rebuilt *b, enum codec codec, const struct rtp_payloads *payloads)
{
    *b = (struct rebuilt){ 0 };
    for (size_t i = 0; i < payloads->n && !b->bad; i++) {
        struct rd r = rd_over(payloads->bytes.bytes + payloads->list[i].at, payloads->list[i].len);
        switch (codec) {
        case CODEC_H264:
        case CODEC_HEVC: rebuilt_nalus(b, r, codec == CODEC_HEVC); break;
        case CODEC_VP8: rebuilt_vp8(b, r); break;
        case CODEC_VP9: rebuilt_vp9(b, r); break;
        case CODEC_AV1: rebuilt_av1(b, r); break;
        default: rebuilt_add(b, r.p, rd_left(&r)); break;
        }
    }
    b->bad |= b->is_open;
}

#endif

/* VP8 and VP9: each packet has a descriptor, and a piece of the frame. */
#include "kernel/vp9.h"
#include "protocol/rtc/pack.h"
#include "protocol/rtc/rtp.h"

/* RFC 7741 4.2: bits of the first byte, and of the extension. */
enum { VP8_EXTENDED = 0x80, VP8_START = 0x10, VP8_HAS_PICTURE_ID = 0x80 };

/* RFC 9628 4.2: bits of the first byte. */
enum {
    VP9_HAS_PICTURE_ID = 0x80,
    VP9_IS_PREDICTED = 0x40,
    VP9_IS_FLEXIBLE = 0x10,
    VP9_BEGIN = 0x08,
    VP9_END = 0x04,
    VP9_HAS_STRUCTURE = 0x02,
};

/* RFC 9628 4.2.1: P_DIFF 1 in the upper seven bits, and no other reference. Figure 4: one layer, whose size follows. */
enum { VP9_PREVIOUS = 1 << 1, VP9_ONE_SIZED_LAYER = 0x10 };

/* The M bit: the picture id has 15 bits. */
enum { LONG_ID = 0x8000 };

enum { VP8_HEAD_LEN = 4, VP9_HEAD_MAX = 9 };

/* Where the picture id is. */
enum { VP8_ID_AT = 2, VP9_ID_AT = 1 };

bool pack_vp8(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    (void)p;
    size_t piece, n = packing_pieces(f->media_len, RTP_PAYLOAD_MAX - VP8_HEAD_LEN, &piece);
    for (size_t i = 0; i < n; i++) {
        size_t at = i * piece, left = f->media_len - at;
        packing_begin(out);
        packing_add_u8(out, (uint8_t)(VP8_EXTENDED | (i == 0 ? VP8_START : 0)));
        packing_add_u8(out, VP8_HAS_PICTURE_ID);
        packing_add_u16(out, LONG_ID);
        packing_add(out, f->data + f->media_offset + at, left < piece ? left : piece);
    }
    return true;
}

bool pack_vp9(const struct rtp_packer *p, const struct frame *f, struct rtp_payloads *out)
{
    (void)p;
    uint32_t width = 0, height = 0;
    bool     is_sized = f->key && vp9_key_frame_size(f->data + f->media_offset, f->media_len, &width, &height);
    size_t   piece, n = packing_pieces(f->media_len, RTP_PAYLOAD_MAX - VP9_HEAD_MAX, &piece);
    for (size_t i = 0; i < n; i++) {
        size_t at = i * piece, left = f->media_len - at;
        bool   has_size = i == 0 && is_sized && width <= UINT16_MAX && height <= UINT16_MAX;
        int    bits = VP9_HAS_PICTURE_ID | VP9_IS_FLEXIBLE | (f->key ? 0 : VP9_IS_PREDICTED);
        bits |= (i == 0 ? VP9_BEGIN : 0) | (i + 1 == n ? VP9_END : 0) | (has_size ? VP9_HAS_STRUCTURE : 0);
        packing_begin(out);
        packing_add_u8(out, (uint8_t)bits);
        packing_add_u16(out, LONG_ID);
        if (!f->key)
            packing_add_u8(out, VP9_PREVIOUS);
        if (has_size) {
            packing_add_u8(out, VP9_ONE_SIZED_LAYER);
            packing_add_u16(out, (uint16_t)width);
            packing_add_u16(out, (uint16_t)height);
        }
        packing_add(out, f->data + f->media_offset + at, left < piece ? left : piece);
    }
    return true;
}

void rtp_set_picture_id(enum codec codec, uint8_t *payload, size_t len, uint16_t id)
{
    size_t at = codec == CODEC_VP8 ? VP8_ID_AT : VP9_ID_AT;
    if ((codec != CODEC_VP8 && codec != CODEC_VP9) || len < at + 2)
        return;
    payload[at] = (uint8_t)((LONG_ID | id) >> 8);
    payload[at + 1] = (uint8_t)id;
}

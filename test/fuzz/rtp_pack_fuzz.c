/* Any frame of any codec is packed; what a receiver rebuilds holds together, and of VP8 and VP9 it is the frame. */
#include "protocol/rtc/pack.h"

#include "../unit/protocol/rtc/reassemble.h"
#include "fuzzing.h"
#include "kernel/nalu_form.h"
#include "protocol/rtc/rtp.h"

static const enum codec codecs[] = { CODEC_H264, CODEC_HEVC, CODEC_VP8, CODEC_VP9, CODEC_AV1, CODEC_OPUS, CODEC_PCMA };

static struct frame *frame_of(enum codec codec, uint8_t flags, const uint8_t *bytes, size_t len)
{
    struct frame *f = frame_new(len);
    f->kind = codec_kind(codec);
    f->codec = codec;
    f->len = f->media_len = (uint32_t)len;
    f->config = flags & 1;
    f->key = f->idr = (flags & 3) == 2;
    f->nalu_form = flags & 4 ? NALU_ANNEXB : 1 + (flags >> 3 & 3);
    f->pts_us = flags >> 5;
    if (len)
        memcpy(f->data, bytes, len);
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rebuilt b;
    struct rtp_packer     p;
    struct rtp_payloads   out = { 0 };
    struct rd             r = rd_over(data, size);
    enum codec            codec = codecs[rd_u8(&r) % (sizeof codecs / sizeof *codecs)];
    uint8_t               options = rd_u8(&r);
    rtp_packer_init(&p, codec);
    p.keep_sei = options & 1;
    p.merge_nalus = options & 2;
    while (rd_left(&r) > 3) {
        uint8_t        flags = rd_u8(&r);
        size_t         len = rd_u16(&r), left = rd_left(&r);
        const uint8_t *bytes = rd_bytes(&r, len < left ? len : left);
        struct frame  *f = frame_of(codec, flags, bytes, len < left ? len : left);
        bool           is_whole = rtp_pack(&p, f, &out);
        check(is_whole || out.n == 0);
        for (size_t i = 0; i < out.n; i++)
            check(out.list[i].len > 0 && out.list[i].len <= (f->kind == FRAME_VIDEO ? RTP_PAYLOAD_MAX : RTP_SOUND_MAX));
        rebuild(&b, codec, &out);
        check(!b.bad);
        check(out.n == 0 || (codec != CODEC_VP8 && codec != CODEC_VP9) ||
              (b.len == f->media_len && memcmp(b.bytes, f->data, b.len) == 0));
        frame_unref(&f);
    }
    rtp_payloads_finish(&out);
    rtp_packer_finish(&p);
    return 0;
}

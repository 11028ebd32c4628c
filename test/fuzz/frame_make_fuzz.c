/*
 * Units of one stream are put through the maker of frames: every frame agrees with its body, and every unit comes to an end.
 *
 * Input      codec, form, track and channels in a byte each; then units behind lengths of two bytes
 */
#include "kernel/frame_make.h"

#include "fuzzing.h"

static void check_frame(struct frame *f, const struct frame_unit *u)
{
    struct flv_body body;
    check(f->refs >= 1 && f->len <= f->cap && f->codec == u->codec && f->kind == codec_kind(u->codec));
    check(f->media_len == 0 || (size_t)f->media_offset + f->media_len == f->len);
    check((f->kind == FRAME_VIDEO ? flv_body_parse_video(f->data, f->len, &body)
                                  : flv_body_parse_audio(f->data, f->len, &body)) == FLV_PARSE_OK);
    check(body.codec == f->codec && body.track == f->track && body.media_offset == f->media_offset);
    check((body.packet == FLV_PACKET_CONFIG) == f->config);
    check(f->kind == FRAME_AUDIO || !f->key || body.frame_type == FLV_KEY_FRAME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct frame_maker maker = { 0 };
    struct rd          r = rd_over(data, len);
    struct frame_unit  like = { .codec = (enum codec)(rd_u8(&r) % (CODEC_OTHER + 1)),
                                .form = (enum unit_form)(rd_u8(&r) % 3) };
    like.track = rd_u8(&r) % 3;
    like.channels = rd_u8(&r) % 4;
    for (int64_t ms = 0; rd_left(&r) > 2; ms += 40) {
        struct frame_unit u = like;
        struct frame     *f;
        size_t            n = rd_u16(&r), left = rd_left(&r), most = 0;
        u.is_key = n & 0x8000;
        u.dts_us = ms * 1000 + 333;
        u.pts_us = u.dts_us + (int64_t)(n % 7) * 20100;
        n = (n & 0x7fff) < left ? (n & 0x7fff) : left;
        u.bytes = rd_over(rd_bytes(&r, n), n);
        while (frame_make_next(&maker, &u, &f) == FRAME_MADE) {
            check_frame(f, &u);
            frame_unref(&f);
            check(++most <= n + 1); /* each frame takes bytes of the unit, except a configuration */
        }
        check(!f && rd_left(&u.bytes) == 0);
    }
    frame_maker_finish(&maker);
    return 0;
}

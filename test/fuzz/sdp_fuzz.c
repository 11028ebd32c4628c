/* An offer is read, agreed on in both directions, and answered; the answer is read again, and mirrors the offer. */
#include "core/mem.h"
#include "protocol/rtc/sdp_answer.h"

#include "fuzzing.h"

static const struct sdp_wish wishes[] = {
    { .is_play = true,
      .n_video = 5,
      .n_audio = 3,
      .video = { CODEC_H264, CODEC_HEVC, CODEC_AV1, CODEC_VP9, CODEC_VP8 },
      .audio = { CODEC_OPUS, CODEC_PCMA, CODEC_PCMU },
      .h264_profile = 0x640028,
      .nack = true,
      .twcc = true,
      .ssrc_audio = 1,
      .ssrc_audio_rtx = 2,
      .ssrc_video = 3,
      .ssrc_video_rtx = 4 },
    { .n_video = 2, .n_audio = 1, .video = { CODEC_VP8, CODEC_H264 }, .audio = { CODEC_OPUS }, .without_dtls = true },
};

static const struct sdp_local local = {
    .session = 1,
    .app = "live",
    .stream = "cam",
    .ufrag = "abcdefgh",
    .pwd = "01234567890123456789012345678901",
    .fingerprint = "sha-256 00:11",
    .cname = "0123456789abcdef",
    .n_candidates = 1,
    .candidates = { { false, 8000, "192.0.2.1" } },
};

static void mirror(const struct sdp *offer, const struct rtc_agreement *agreed, struct sdp *back)
{
    struct buf out = buf_up_to(SDP_ANSWER_BYTES_MAX), fragment = buf_up_to(SDP_ANSWER_BYTES_MAX);
    sdp_answer_write(&out, offer, agreed, &local);
    sdp_fragment_write(&fragment, agreed, &local);
    check(sdp_parse_fragment(back, fragment.bytes, fragment.len) == SDP_SOUND && back->n_candidates == 1);
    check(out.fault != BUF_SOUND || sdp_parse(back, out.bytes, out.len) == SDP_SOUND);
    check(out.fault != BUF_SOUND || back->n_media == offer->n_media);
    for (size_t i = 0; i < back->n_media && out.fault == BUF_SOUND; i++) {
        check((back->media[i].port != 0) == agreed->tracks[i].active);
        check(!offer->media[i].mid.at || sdp_same(back->media[i].mid, offer->media[i].mid));
    }
    buf_finish(&out);
    buf_finish(&fragment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sdp           offer, back;
    static struct rtc_agreement agreed;
    const char                 *text = (const char *)data;
    if (sdp_parse(&offer, text, size) == SDP_SOUND)
        for (size_t i = 0; i < ARRAY_LEN(wishes); i++)
            if (sdp_agree(&offer, &wishes[i], &agreed) == SDP_SOUND)
                mirror(&offer, &agreed, &back);
    if (sdp_parse_fragment(&offer, text, size) == SDP_SOUND)
        check(!sdp_ice_of(&offer).ufrag.at || sdp_ice_of(&offer).ufrag.len >= SDP_UFRAG_LEN_MIN);
    return 0;
}

#include "protocol/rtc/sdp_offer.h"

#include <inttypes.h>

#include "core/version.h"
#include "protocol/rtc/sdp_codec.h"

/* Payload types: those of RFC 3551 for G.711, 111 for Opus as browsers have it, and pairs from 96 on for pictures and their RTX. */
enum { PT_PCMU = 0, PT_PCMA = 8, PT_OPUS = 111, PT_VIDEO = 96 };

/* The profile that every server takes: Constrained Baseline, level 3.1. */
enum { H264_PROFILE_COMMON = 0x42e01f };

enum { EXT_MID = 1, EXT_TWCC = 2, EXT_ABS_CAPTURE = 3 };

struct offer {
    struct buf             *out;
    const struct sdp_wish  *wish;
    const struct sdp_local *local;
};

/* A format of an m-line. `profile`: of H.264. */
struct format {
    enum codec codec;
    uint8_t    pt, rtx_pt;
    uint32_t   profile;
};

enum { FORMATS_MAX = RTC_CODECS_MAX + 1 };

static uint8_t sound_pt(enum codec codec)
{
    return codec == CODEC_PCMU ? PT_PCMU : codec == CODEC_PCMA ? PT_PCMA : PT_OPUS;
}

static size_t list_sound(struct format list[static FORMATS_MAX], const struct sdp_wish *wish)
{
    for (size_t i = 0; i < wish->n_audio; i++)
        list[i] = (struct format){ .codec = wish->audio[i], .pt = sound_pt(wish->audio[i]) };
    return wish->n_audio;
}

static size_t list_pictures(struct format list[static FORMATS_MAX], const struct sdp_wish *wish)
{
    size_t n = 0;
    for (size_t i = 0; i < wish->n_video; i++) {
        bool     is_h264 = wish->video[i] == CODEC_H264;
        uint32_t profile = wish->h264_profile ? wish->h264_profile : H264_PROFILE_COMMON;
        list[n++] = (struct format){ .codec = wish->video[i], .profile = is_h264 ? profile : 0 };
        if (is_h264 && profile != H264_PROFILE_COMMON)
            list[n++] = (struct format){ .codec = CODEC_H264, .profile = H264_PROFILE_COMMON };
    }
    for (size_t i = 0; i < n; i++) {
        list[i].pt = (uint8_t)(PT_VIDEO + 2 * i);
        list[i].rtx_pt = wish->nack ? list[i].pt + 1 : 0;
    }
    return n;
}

static void put_feedback(struct offer *o, const struct format *f, bool is_video)
{
    if (o->wish->twcc)
        buf_printf(o->out, "a=rtcp-fb:%u transport-cc\r\n", f->pt);
    if (is_video && o->wish->nack)
        buf_printf(o->out, "a=rtcp-fb:%u nack\r\n", f->pt);
    if (is_video)
        buf_printf(o->out, "a=rtcp-fb:%u nack pli\r\na=rtcp-fb:%u ccm fir\r\n", f->pt, f->pt);
}

static void put_format(struct offer *o, const struct format *f, bool is_video)
{
    uint8_t  channels;
    uint32_t clock_hz = sdp_codec_clock(f->codec, &channels);
    buf_printf(o->out, "a=rtpmap:%u %s/%" PRIu32, f->pt, sdp_codec_encoding(f->codec), clock_hz);
    if (channels > 1)
        buf_printf(o->out, "/%u", channels);
    buf_text(o->out, "\r\n");
    put_feedback(o, f, is_video);
    if (f->codec == CODEC_H264)
        buf_printf(o->out,
                   "a=fmtp:%u level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%06" PRIx32 "\r\n", f->pt,
                   f->profile);
    else if (f->codec == CODEC_VP9)
        buf_printf(o->out, "a=fmtp:%u profile-id=0\r\n", f->pt);
    else if (f->codec == CODEC_OPUS)
        buf_printf(o->out, "a=fmtp:%u minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n", f->pt);
    if (f->rtx_pt)
        buf_printf(o->out, "a=rtpmap:%u rtx/%" PRIu32 "\r\na=fmtp:%u apt=%u\r\n", f->rtx_pt, clock_hz, f->rtx_pt,
                   f->pt);
}

static void put_sources(struct offer *o, bool is_video)
{
    const struct sdp_wish *w = o->wish;
    uint32_t    ssrc = is_video ? w->ssrc_video : w->ssrc_audio, rtx = is_video && w->nack ? w->ssrc_video_rtx : 0;
    const char *kind = is_video ? "video" : "audio", *cname = o->local->cname;
    buf_printf(o->out, "a=msid:%s %s-%s\r\n", cname, kind, cname);
    if (rtx)
        buf_printf(o->out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", ssrc, rtx);
    buf_printf(o->out, "a=ssrc:%" PRIu32 " cname:%s\r\n", ssrc, cname);
    if (rtx)
        buf_printf(o->out, "a=ssrc:%" PRIu32 " cname:%s\r\n", rtx, cname);
}

static void put_transport(struct offer *o)
{
    buf_printf(o->out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\n", o->local->ufrag, o->local->pwd);
    buf_printf(o->out, "a=fingerprint:%s\r\na=setup:actpass\r\n", o->local->fingerprint);
}

static void put_media(struct offer *o, unsigned mid, bool is_video)
{
    struct format list[FORMATS_MAX];
    size_t        n = is_video ? list_pictures(list, o->wish) : list_sound(list, o->wish);
    if (n == 0)
        return;
    buf_printf(o->out, "m=%s 9 UDP/TLS/RTP/SAVPF", is_video ? "video" : "audio");
    for (size_t i = 0; i < n; i++)
        buf_printf(o->out, list[i].rtx_pt ? " %u %u" : " %u", list[i].pt, list[i].rtx_pt);
    buf_text(o->out, "\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n");
    put_transport(o);
    buf_printf(o->out, "a=mid:%u\r\na=extmap:%u %s\r\n", mid, EXT_MID, SDP_EXT_MID);
    if (o->wish->twcc)
        buf_printf(o->out, "a=extmap:%u %s\r\n", EXT_TWCC, SDP_EXT_TWCC);
    buf_printf(o->out, "a=extmap:%u %s\r\n", EXT_ABS_CAPTURE, SDP_EXT_ABS_CAPTURE);
    buf_text(o->out, o->wish->is_play ? "a=sendonly\r\n" : "a=recvonly\r\n");
    buf_text(o->out, "a=rtcp-mux\r\na=rtcp-rsize\r\n");
    for (size_t i = 0; i < n; i++)
        put_format(o, &list[i], is_video);
    if (o->wish->is_play)
        put_sources(o, is_video);
}

void sdp_offer_write(struct buf *out, const struct sdp_wish *wish, const struct sdp_local *local)
{
    struct offer o = { out, wish, local };
    bool         has_both = wish->n_audio > 0 && wish->n_video > 0;
    buf_printf(out, "v=0\r\no=" SERVER_SIGNATURE " %" PRIu64 " 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", local->session);
    buf_printf(out, "a=group:BUNDLE %s\r\na=msid-semantic: WMS *\r\n", has_both ? "0 1" : "0");
    put_media(&o, 0, false);
    put_media(&o, wish->n_audio > 0, true);
}

#include "protocol/rtc/sdp_agree.h"

#include <string.h>

#include "core/attr.h"
#include "protocol/rtc/rtp.h"
#include "protocol/rtc/sdp_codec.h"

/* RFC 8285 4.2: ids of the form of one byte. */
enum { EXTENSION_ID_MAX = 14 };

const struct rtc_track_agreed *rtc_agreed_track(const struct rtc_agreement *agreed, enum frame_kind kind)
{
    for (size_t i = 0; i < agreed->n_tracks; i++)
        if (agreed->tracks[i].active && agreed->tracks[i].kind == kind)
            return &agreed->tracks[i];
    return NULL;
}

static void copy(char *to, size_t cap, struct sdp_text from)
{
    size_t len = from.len < cap ? from.len : cap - 1;
    if (len > 0)
        memcpy(to, from.at, len);
    to[len] = '\0';
}

/* ---- one m-line ---- */

static bool find_kind(const struct sdp_media *m, enum frame_kind *kind)
{
    *kind = sdp_is(m->kind, "audio") ? FRAME_AUDIO : FRAME_VIDEO;
    return sdp_is(m->kind, "audio") || sdp_is(m->kind, "video");
}

/* RFC 9429 5.1.2: the profiles that an answerer takes, with any transport before them. */
static bool is_known_protocol(struct sdp_text protocol)
{
    static const char *const profiles[] = { "RTP/SAVPF", "RTP/SAVP", "RTP/AVPF", "RTP/AVP" };
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        size_t len = strlen(profiles[i]);
        if (protocol.len >= len && sdp_is(sdp_text_of(protocol.at + protocol.len - len, len), profiles[i]))
            return true;
    }
    return false;
}

static bool is_offered(const struct sdp_media *m)
{
    enum frame_kind kind;
    return find_kind(m, &kind) && (m->port != 0 || m->is_bundle_only) && is_known_protocol(m->protocol);
}

static bool has_direction(const struct sdp_media *m, bool is_play)
{
    return m->own.direction == SDP_SENDRECV || m->own.direction == (is_play ? SDP_RECVONLY : SDP_SENDONLY);
}

/* The format of the codec that we like best. */
static const struct sdp_format *find_format(const struct sdp_media *m, const struct sdp_wish *wish,
                                            enum frame_kind kind, enum codec *codec)
{
    const enum codec *codecs = kind == FRAME_AUDIO ? wish->audio : wish->video;
    size_t            n = kind == FRAME_AUDIO ? wish->n_audio : wish->n_video;
    for (size_t i = 0; i < n; i++) {
        const struct sdp_format *f = sdp_codec_format(m, codecs[i], wish->h264_profile);
        *codec = codecs[i];
        if (f)
            return f;
    }
    return NULL;
}

static uint8_t find_extension(const struct sdp_media *m, const char *uri)
{
    for (size_t i = 0; i < m->n_extensions; i++)
        if (m->extensions[i].id <= EXTENSION_ID_MAX && sdp_is(m->extensions[i].uri, uri))
            return m->extensions[i].id;
    return 0;
}

static bool can_write_mid(const struct rtc_track_agreed *t)
{
    return *t->mid && strlen(t->mid) <= RTP_EXTENSION_LEN_MAX;
}

/* Feedback, and the extensions that it needs. REMB estimates from the times of sending, and transport-cc is better. */
static void agree_feedback(struct rtc_track_agreed *t, const struct sdp_media *m, const struct sdp_format *f,
                           const struct sdp_wish *wish)
{
    t->nack = wish->nack && (f->feedback & SDP_FB_NACK);
    t->pli = f->feedback & SDP_FB_PLI;
    t->fir = f->feedback & SDP_FB_FIR;
    t->ext_mid = !wish->is_play || can_write_mid(t) ? find_extension(m, SDP_EXT_MID) : 0;
    t->ext_abs_capture = find_extension(m, SDP_EXT_ABS_CAPTURE);
    t->ext_playout_delay = wish->is_play ? find_extension(m, SDP_EXT_PLAYOUT_DELAY) : 0;
    if (wish->twcc && (f->feedback & SDP_FB_TWCC))
        t->ext_twcc = find_extension(m, SDP_EXT_TWCC);
    t->twcc = t->ext_twcc != 0;
    if (!wish->is_play && !t->twcc && (f->feedback & SDP_FB_REMB)) /* We do not write the time of sending. */
        t->ext_abs_send = find_extension(m, SDP_EXT_ABS_SEND);
    t->remb = t->ext_abs_send != 0;
    t->rtcp_rsize = m->has_rtcp_rsize;
}

static void agree_sources(struct rtc_track_agreed *t, const struct sdp_media *m, const struct sdp_wish *wish)
{
    if (wish->is_play) {
        t->ssrc = t->kind == FRAME_AUDIO ? wish->ssrc_audio : wish->ssrc_video;
        t->rtx_ssrc = t->kind == FRAME_AUDIO ? wish->ssrc_audio_rtx : wish->ssrc_video_rtx;
    } else if (m->n_sources > 0) {
        t->ssrc = m->sources[0].ssrc;
        t->rtx_ssrc = m->sources[0].rtx_ssrc;
    }
    if (!t->rtx_pt)
        t->rtx_ssrc = 0;
}

static void agree_parameters(struct rtc_track_agreed *t, const struct sdp_format *f)
{
    if (t->codec == CODEC_H264) {
        t->h264_mode = sdp_parameter_number(f->fmtp, "packetization-mode", 0) == 1;
        t->h264_profile = sdp_h264_profile(f);
    } else if (t->codec == CODEC_OPUS) {
        t->opus_stereo =
            sdp_parameter_number(f->fmtp, "stereo", 0) == 1 || sdp_parameter_number(f->fmtp, "sprop-stereo", 0) == 1;
        t->opus_fec = sdp_parameter_number(f->fmtp, "useinbandfec", 0) == 1;
        t->opus_dtx = sdp_parameter_number(f->fmtp, "usedtx", 0) == 1;
    }
}

/* Serve an m-line. On a fault the track stays inactive. */
static enum sdp_fault agree_track(struct rtc_track_agreed *t, const struct sdp_media *m, const struct sdp_wish *wish,
                                  enum frame_kind kind)
{
    enum codec codec = CODEC_NONE;
    if (!has_direction(m, wish->is_play))
        return SDP_WRONG_DIRECTION;
    if (!m->has_rtcp_mux)
        return SDP_NO_RTCP_MUX;
    const struct sdp_format *f = find_format(m, wish, kind, &codec);
    if (!f)
        return SDP_NO_CODEC;
    const struct sdp_format *rtx = wish->nack && (f->feedback & SDP_FB_NACK) ? sdp_rtx_format(m, f) : NULL;
    const struct sdp_format *red = wish->red && codec == CODEC_OPUS ? sdp_red_format(m, f) : NULL;
    t->active = true;
    t->kind = kind;
    t->codec = codec;
    t->pt = f->pt;
    t->rtx_pt = rtx ? rtx->pt : 0;
    t->red_pt = red ? red->pt : 0;
    t->clock_hz = f->clock_hz;
    t->channels = f->channels;
    agree_feedback(t, m, f, wish);
    agree_sources(t, m, wish);
    agree_parameters(t, f);
    return SDP_SOUND;
}

/* ---- all of them ---- */

/* A session has one transport: all that is offered must be in the group; one m-line alone needs none. */
static enum sdp_fault check_media(const struct sdp *offer)
{
    size_t n_offered = 0, n_bundled = 0;
    for (size_t i = 0; i < offer->n_media; i++) {
        n_offered += is_offered(&offer->media[i]);
        n_bundled += is_offered(&offer->media[i]) && sdp_in_bundle(offer, offer->media[i].mid);
    }
    if (n_offered == 0)
        return SDP_NO_MEDIA;
    return n_bundled == n_offered || (n_offered == 1 && !offer->bundle.at) ? SDP_SOUND : SDP_NO_BUNDLE;
}

static enum sdp_fault agree_transport(const struct sdp *offer, const struct sdp_wish *wish,
                                      struct rtc_agreement *agreed)
{
    struct sdp_ice  ice = sdp_ice_of(offer);
    struct sdp_text fingerprint = sdp_fingerprint_of(offer);
    enum sdp_setup  setup = sdp_setup_of(offer);
    if (!ice.ufrag.at || !ice.pwd.at)
        return SDP_NO_ICE;
    if (!fingerprint.at && !wish->without_dtls)
        return SDP_NO_FINGERPRINT;
    copy(agreed->remote_ufrag, sizeof agreed->remote_ufrag, ice.ufrag);
    copy(agreed->remote_pwd, sizeof agreed->remote_pwd, ice.pwd);
    copy(agreed->remote_fingerprint, sizeof agreed->remote_fingerprint, fingerprint);
    agreed->dtls_active = setup == SDP_SETUP_PASSIVE || (setup == SDP_SETUP_ACTPASS && wish->dtls_active);
    return SDP_SOUND;
}

/* Serve the first m-line of a kind that can be. `*fault` is the first reason against one; SDP_SOUND: there is none, or it is served. */
static bool agree_kind(const struct sdp *offer, const struct sdp_wish *wish, struct rtc_agreement *agreed,
                       enum frame_kind kind, enum sdp_fault *fault)
{
    *fault = SDP_SOUND;
    for (size_t i = 0; i < offer->n_media; i++) {
        const struct sdp_media *m = &offer->media[i];
        enum frame_kind         of;
        if (!find_kind(m, &of) || of != kind || !is_offered(m))
            continue;
        enum sdp_fault now = agree_track(&agreed->tracks[i], m, wish, kind);
        if (now == SDP_SOUND) {
            *fault = SDP_SOUND;
            return true;
        }
        if (*fault == SDP_SOUND)
            *fault = now;
    }
    return false;
}

static enum sdp_fault agree_tracks(const struct sdp *offer, const struct sdp_wish *wish, struct rtc_agreement *agreed)
{
    enum sdp_fault video = SDP_SOUND, audio = SDP_SOUND;
    bool           any = wish->n_video > 0 && agree_kind(offer, wish, agreed, FRAME_VIDEO, &video);
    any |= wish->n_audio > 0 && agree_kind(offer, wish, agreed, FRAME_AUDIO, &audio);
    /* An m-line that goes the other way may stand beside one that is served. */
    if (video != SDP_SOUND && (video != SDP_WRONG_DIRECTION || !any))
        return video;
    if (audio != SDP_SOUND && (audio != SDP_WRONG_DIRECTION || !any))
        return audio;
    return any ? SDP_SOUND : SDP_NO_CODEC;
}

enum sdp_fault sdp_agree(const struct sdp *offer, const struct sdp_wish *wish, struct rtc_agreement *agreed)
{
    memset(agreed, 0, sizeof *agreed);
    agreed->is_play = wish->is_play;
    agreed->n_tracks = offer->n_media;
    for (size_t i = 0; i < offer->n_media; i++)
        copy(agreed->tracks[i].mid, sizeof agreed->tracks[i].mid, offer->media[i].mid);
    enum sdp_fault fault = check_media(offer);
    if (fault == SDP_SOUND)
        fault = agree_tracks(offer, wish, agreed);
    return fault == SDP_SOUND ? agree_transport(offer, wish, agreed) : fault;
}

#include "protocol/rtc/sdp_answer.h"

#include <inttypes.h>

#include "core/version.h"
#include "protocol/rtc/ice.h"
#include "protocol/rtc/sdp_codec.h"

/* RFC 8445 5.1.2.2: 126 for host candidates; for TCP a lower one, and a local preference that begins with the direction (RFC 6544 4.2). */
enum { TYPE_PREFERENCE_UDP = 126, TYPE_PREFERENCE_TCP = 90, LOCAL_PREFERENCE_MAX = 65535, COMPONENT_RTP = 1 };
enum { DIRECTION_PASSIVE = 4, OTHER_PREFERENCE_BITS = 13, OTHER_PREFERENCE_MAX = (1 << OTHER_PREFERENCE_BITS) - 1 };

struct answer {
    struct buf                 *out;
    const struct sdp           *offer;
    const struct rtc_agreement *agreed;
    const struct sdp_local     *local;
};

static void put_text(struct buf *out, struct sdp_text text)
{
    buf_append(out, text.at, text.len);
}

static const char *kind_name(enum frame_kind kind)
{
    return kind == FRAME_AUDIO ? "audio" : "video";
}

/* ---- parts that fragments have as well ---- */

static const struct rtc_track_agreed *first_active(const struct rtc_agreement *agreed)
{
    size_t i = 0;
    while (!agreed->tracks[i].active)
        i++;
    return &agreed->tracks[i];
}

/* The group, of m-lines that are served. An m-line without a mid is alone, and has no group. */
static void put_group(struct buf *out, const struct rtc_agreement *agreed)
{
    if (!*first_active(agreed)->mid)
        return;
    buf_text(out, "a=group:BUNDLE");
    for (size_t i = 0; i < agreed->n_tracks; i++)
        if (agreed->tracks[i].active)
            buf_printf(out, " %s", agreed->tracks[i].mid);
    buf_text(out, "\r\n");
}

static void put_ice(struct buf *out, const struct sdp_local *local)
{
    buf_printf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", local->ufrag, local->pwd);
}

static void put_mid(struct buf *out, const struct rtc_track_agreed *t)
{
    if (*t->mid)
        buf_printf(out, "a=mid:%s\r\n", t->mid);
}

/* The first one is preferred, within its transport. */
static uint32_t priority_of(bool is_tcp, unsigned place)
{
    unsigned passive = (DIRECTION_PASSIVE << OTHER_PREFERENCE_BITS) + OTHER_PREFERENCE_MAX;
    return is_tcp ? ice_priority(TYPE_PREFERENCE_TCP, passive - place, COMPONENT_RTP)
                  : ice_priority(TYPE_PREFERENCE_UDP, LOCAL_PREFERENCE_MAX - place, COMPONENT_RTP);
}

static void put_candidates(struct buf *out, const struct sdp_local *local)
{
    for (size_t i = 0; i < local->n_candidates; i++) {
        const struct sdp_candidate *c = &local->candidates[i];
        uint32_t                    priority = priority_of(c->is_tcp, (unsigned)i);
        buf_printf(out, "a=candidate:%zu 1 %s %" PRIu32 " %s %u typ host%s generation 0\r\n", i,
                   c->is_tcp ? "tcp" : "udp", priority, c->address, c->port, c->is_tcp ? " tcptype passive" : "");
    }
    buf_text(out, "a=end-of-candidates\r\n");
}

/* ---- an m-line ---- */

static const struct sdp_format *format_of(const struct sdp_media *m, uint8_t pt)
{
    for (size_t i = 0; i < m->n_formats; i++)
        if (m->formats[i].pt == pt)
            return &m->formats[i];
    return NULL;
}

static void put_rejected(struct answer *a, size_t i)
{
    const struct sdp_media *m = &a->offer->media[i];
    buf_text(a->out, "m=");
    put_text(a->out, m->kind);
    buf_text(a->out, " 0 ");
    put_text(a->out, m->protocol);
    buf_text(a->out, " ");
    put_text(a->out, m->first_format);
    buf_text(a->out, "\r\nc=IN IP4 0.0.0.0\r\n");
    put_mid(a->out, &a->agreed->tracks[i]);
    buf_text(a->out, "a=inactive\r\n");
}

static void put_extensions(struct buf *out, const struct rtc_track_agreed *t)
{
    const struct {
        uint8_t     id;
        const char *uri;
    } rows[] = {
        { t->ext_mid, SDP_EXT_MID },
        { t->ext_twcc, SDP_EXT_TWCC },
        { t->ext_abs_send, SDP_EXT_ABS_SEND },
        { t->ext_abs_capture, SDP_EXT_ABS_CAPTURE },
        { t->ext_playout_delay, SDP_EXT_PLAYOUT_DELAY },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].id)
            buf_printf(out, "a=extmap:%u %s\r\n", rows[i].id, rows[i].uri);
}

static void put_feedback(struct buf *out, const struct rtc_track_agreed *t)
{
    const struct {
        bool        is_agreed;
        const char *value;
    } rows[] = {
        { t->twcc, "transport-cc" }, { t->remb, "goog-remb" }, { t->nack, "nack" },
        { t->pli, "nack pli" },      { t->fir, "ccm fir" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].is_agreed)
            buf_printf(out, "a=rtcp-fb:%u %s\r\n", t->pt, rows[i].value);
}

/* Parameters of Opus tell what their side receives, but for those named "sprop" (RFC 7587 6.1). We receive what is offered. */
static void put_opus_parameters(struct buf *out, const struct rtc_track_agreed *t, bool is_play)
{
    buf_printf(out, "a=fmtp:%u minptime=10%s%s%s%s\r\n", t->pt, t->opus_fec ? ";useinbandfec=1" : "",
               t->opus_stereo ? ";stereo=1" : "", t->opus_stereo && is_play ? ";sprop-stereo=1" : "",
               t->opus_dtx ? ";usedtx=1" : "");
}

/* The parameters of pictures name a configuration, so both sides have the same ones (RFC 6184 8.2.2). */
static void put_format(struct answer *a, const struct sdp_format *f, const struct rtc_track_agreed *t)
{
    buf_printf(a->out, "a=rtpmap:%u %s/%u", t->pt, sdp_codec_encoding(t->codec), t->clock_hz);
    if (t->channels > 1)
        buf_printf(a->out, "/%u", t->channels);
    buf_text(a->out, "\r\n");
    put_feedback(a->out, t);
    if (t->codec == CODEC_OPUS) {
        put_opus_parameters(a->out, t, a->agreed->is_play);
    } else if (f->fmtp.len > 0) {
        buf_printf(a->out, "a=fmtp:%u ", t->pt);
        put_text(a->out, f->fmtp);
        buf_text(a->out, "\r\n");
    }
    if (t->red_pt)
        buf_printf(a->out, "a=rtpmap:%u red/%u/%u\r\na=fmtp:%u %u/%u\r\n", t->red_pt, t->clock_hz, t->channels,
                   t->red_pt, t->pt, t->pt);
    if (t->rtx_pt)
        buf_printf(a->out, "a=rtpmap:%u rtx/%u\r\na=fmtp:%u apt=%u\r\n", t->rtx_pt, t->clock_hz, t->rtx_pt, t->pt);
}

static void put_source(struct answer *a, uint32_t ssrc, enum frame_kind kind)
{
    const struct sdp_local *l = a->local;
    buf_printf(a->out, "a=ssrc:%" PRIu32 " cname:%s\r\n", ssrc, l->cname);
    buf_printf(a->out, "a=ssrc:%" PRIu32 " label:%s-%s\r\n", ssrc, kind_name(kind), l->cname);
}

/* What we send: a track of the stream, and the sources that carry it. */
static void put_sources(struct answer *a, const struct rtc_track_agreed *t)
{
    const struct sdp_local *l = a->local;
    buf_printf(a->out, "a=msid:%s/%s %s-%s\r\n", l->app, l->stream, kind_name(t->kind), l->cname);
    if (t->rtx_ssrc)
        buf_printf(a->out, "a=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n", t->ssrc, t->rtx_ssrc);
    put_source(a, t->ssrc, t->kind);
    if (t->rtx_ssrc)
        put_source(a, t->rtx_ssrc, t->kind);
}

static void put_transport(struct answer *a, bool is_first)
{
    put_ice(a->out, a->local);
    if (a->local->fingerprint)
        buf_printf(a->out, "a=fingerprint:%s\r\na=setup:%s\r\n", a->local->fingerprint,
                   a->agreed->dtls_active ? "active" : "passive");
    if (is_first)
        put_candidates(a->out, a->local);
}

static void put_served(struct answer *a, size_t i)
{
    const struct sdp_media        *m = &a->offer->media[i];
    const struct rtc_track_agreed *t = &a->agreed->tracks[i];
    buf_printf(a->out, "m=%s 9 ", kind_name(t->kind));
    put_text(a->out, m->protocol);
    if (t->red_pt && !a->agreed->is_play) /* Chromium repeats its sound if RED stands before Opus. */
        buf_printf(a->out, " %u", t->red_pt);
    buf_printf(a->out, " %u", t->pt);
    if (t->red_pt && a->agreed->is_play)
        buf_printf(a->out, " %u", t->red_pt);
    if (t->rtx_pt)
        buf_printf(a->out, " %u", t->rtx_pt);
    buf_text(a->out, "\r\nc=IN IP4 0.0.0.0\r\n");
    put_transport(a, t == first_active(a->agreed));
    put_mid(a->out, t);
    put_extensions(a->out, t);
    buf_text(a->out, a->agreed->is_play ? "a=sendonly\r\n" : "a=recvonly\r\n");
    buf_text(a->out, "a=rtcp-mux\r\n");
    if (t->rtcp_rsize)
        buf_text(a->out, "a=rtcp-rsize\r\n");
    put_format(a, format_of(m, t->pt), t);
    if (a->agreed->is_play)
        put_sources(a, t);
}

/* ---- all of it ---- */

void sdp_answer_write(struct buf *out, const struct sdp *offer, const struct rtc_agreement *agreed,
                      const struct sdp_local *local)
{
    struct answer a = { out, offer, agreed, local };
    buf_printf(out, "v=0\r\no=" SERVER_SIGNATURE " %" PRIu64 " 2 IN IP4 0.0.0.0\r\n", local->session);
    buf_printf(out, "s=SRS%sSession\r\nt=0 0\r\na=ice-lite\r\n", agreed->is_play ? "Play" : "Publish");
    put_group(out, agreed);
    if (offer->allows_mixed_extensions)
        buf_text(out, "a=extmap-allow-mixed\r\n");
    buf_printf(out, "a=msid-semantic: WMS %s/%s\r\n", local->app, local->stream);
    for (size_t i = 0; i < agreed->n_tracks; i++) {
        if (agreed->tracks[i].active)
            put_served(&a, i);
        else
            put_rejected(&a, i);
    }
}

void sdp_fragment_write(struct buf *out, const struct rtc_agreement *agreed, const struct sdp_local *local)
{
    const struct rtc_track_agreed *t = first_active(agreed);
    buf_text(out, "a=ice-lite\r\n");
    put_group(out, agreed);
    buf_printf(out, "m=%s 9 UDP/TLS/RTP/SAVPF %u\r\n", kind_name(t->kind), t->pt);
    put_mid(out, t);
    put_ice(out, local);
    put_candidates(out, local);
}

/**
 * What two sides of a WebRTC session agree on: the offer of a client and our wish give one agreement.
 *
 *     fault = sdp_parse(offer, text, len)
 *     fault = sdp_agree(offer, &wish, &agreed)
 *     sdp_answer_write(&answer, offer, &agreed, &local)             sdp_answer.h
 *
 * The first m-line of a kind that can be served is served; all others are refused with port 0, as the offer/answer model wants it.
 * Of forward error correction only RED for Opus is agreed on. ULPFEC, FlexFEC and simulcast are left out, and a client then does without.
 *
 * Source     RFC 9429 5.3 (answers), RFC 3264 6, RFC 9143 7.3 (BUNDLE), RFC 8842 5.3 (DTLS roles), RFC 4585 (feedback); codecs: sdp_codec.h
 * Ownership  an agreement has its own copies; it does not borrow the offer
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_AGREE_H
#define PROTOCOL_RTC_SDP_AGREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "kernel/frame.h"
#include "protocol/rtc/sdp.h"

enum { RTC_CODECS_MAX = 8 };

struct rtc_track_agreed {
    char            mid[SDP_MID_LEN_MAX + 1]; /* empty: the offer names none */
    bool            active;                   /* else all below is 0 */
    enum frame_kind kind;
    enum codec      codec;
    uint8_t         pt;
    uint8_t         rtx_pt; /* 0: none */
    uint8_t         red_pt; /* of Opus that is repeated (red.h); 0: none */
    uint32_t        clock_hz;
    uint8_t         channels;
    /* Ids of extensions, 1 to 14, so that the form of one byte does; 0: not agreed. */
    uint8_t ext_twcc, ext_abs_send, ext_abs_capture, ext_playout_delay, ext_mid;
    /* Playing: ours. Publishing: the offer's; 0: not told, the extension with the mid or the payload type tells. */
    uint32_t ssrc, rtx_ssrc;
    bool     nack, pli, fir, twcc, remb;
    bool     rtcp_rsize;                      /* RTCP that is no compound is understood (RFC 5506). */
    uint8_t  h264_mode;                       /* packetization-mode, 0 or 1 */
    uint32_t h264_profile;                    /* profile-level-id, 24 bits */
    bool     opus_stereo, opus_fec, opus_dtx; /* what the client wants to receive (playing) or can send (publishing) */
};

/* Index i is m-line i of the offer. At most one track of sound and one of video are active. */
struct rtc_agreement {
    bool                    is_play;     /* We send, the client receives. */
    bool                    dtls_active; /* We open the DTLS handshake. */
    size_t                  n_tracks;
    struct rtc_track_agreed tracks[SDP_MEDIA_MAX];
    char                    remote_ufrag[SDP_UFRAG_LEN_MAX + 1], remote_pwd[SDP_PWD_LEN_MAX + 1];
    char remote_fingerprint[SDP_FINGERPRINT_LEN_MAX + 1]; /* "sha-256 AB:CD:…"; "" only without DTLS */
};

/** The active track of a kind; NULL: none. */
const struct rtc_track_agreed *rtc_agreed_track(const struct rtc_agreement *agreed, enum frame_kind kind);

/* What we would like, and what the session is for. */
struct sdp_wish {
    bool       is_play;
    size_t     n_video, n_audio;                             /* 0: no track of this kind is served */
    enum codec video[RTC_CODECS_MAX], audio[RTC_CODECS_MAX]; /* the best first; others are not agreed on */
    uint32_t   h264_profile;                                 /* profile-level-id of the stream; 0: not known */
    bool       nack, twcc, red;
    bool       dtls_active;  /* if the client leaves the choice to us */
    bool       without_dtls; /* A fingerprint is not needed. */
    /* Playing: our sources, not 0. */
    uint32_t ssrc_audio, ssrc_audio_rtx, ssrc_video, ssrc_video_rtx;
};

/**
 * Find what both sides can. On a fault the agreement has no meaning.
 *
 * Returns    SDP_SOUND, or a fault "of the agreement". An m-line of a wished kind without a common codec is SDP_NO_CODEC, even when the
 *            other kind could be served: a client that gets half of what it asked for would not know why
 */
enum sdp_fault sdp_agree(const struct sdp *offer, const struct sdp_wish *wish,
                         struct rtc_agreement *agreed) ATTR_MUST_USE;

#endif

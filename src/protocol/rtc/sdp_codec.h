/**
 * Formats of an m-line and our codecs: which can be used, and which is best.
 *
 * Source     RFC 6184 8.2.2 (H.264), RFC 7798 7.2 (HEVC), RFC 9628 7 (VP9), RTP Payload Format For AV1 1.0 7 (AOM), RFC 7587 7 (Opus),
 *            RFC 3551 6 (G.711), RFC 4588 8.6 (RTX)
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_CODEC_H
#define PROTOCOL_RTC_SDP_CODEC_H

#include <stdint.h>

#include "kernel/frame.h"
#include "protocol/rtc/sdp.h"

/* What H.264 is without a profile-level-id (RFC 6184 8.1): Baseline, level 1. */
enum { H264_PROFILE_DEFAULT = 0x42000a };

/* Extensions of the head of a packet, as a=extmap names them: the mid (RFC 9143 15), and those of libwebrtc that others use as well. */
#define SDP_EXT_MID "urn:ietf:params:rtp-hdrext:sdes:mid"
#define SDP_EXT_TWCC "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define SDP_EXT_ABS_SEND "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define SDP_EXT_ABS_CAPTURE "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
#define SDP_EXT_PLAYOUT_DELAY "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

/** The codec by its name as an encoding ("H264", "opus"), without regard to case; CODEC_NONE: we send and take none of that name. */
enum codec sdp_codec_find(struct sdp_text name);

/** The name as an encoding; NULL for a codec without one. */
const char *sdp_codec_encoding(enum codec codec);

/** The clock of a codec's RTP times, and how many channels its rtpmap names; 0 for a codec without an encoding. */
uint32_t sdp_codec_clock(enum codec codec, uint8_t *channels);

/** The profile-level-id of a format of H.264, 24 bits. */
uint32_t sdp_h264_profile(const struct sdp_format *f);

/**
 * The best format of an m-line for a codec; of equally good ones the first.
 *
 * Shape      h264_profile: that of the stream as profile-level-id, 0: not known
 * Returns    NULL when none is possible
 */
const struct sdp_format *sdp_codec_format(const struct sdp_media *m, enum codec codec, uint32_t h264_profile);

/** The format of redundant sound that repeats a format; NULL: none. Source: RFC 2198 5 */
const struct sdp_format *sdp_red_format(const struct sdp_media *m, const struct sdp_format *of);

/** The format of retransmission that belongs to a format; NULL: none. */
const struct sdp_format *sdp_rtx_format(const struct sdp_media *m, const struct sdp_format *of);

#endif

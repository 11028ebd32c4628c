#include "protocol/rtc/sdp_fault.h"

static const struct {
    const char *name, *text;
} faults[SDP_N_FAULTS] = {
    [SDP_SOUND] = { "sound", "Nothing is wrong." },
    [SDP_EMPTY] = { "empty", "There is no SDP." },
    [SDP_TOO_LONG] = { "too-long", "The SDP is longer than 64 KiB." },
    [SDP_TOO_MANY_LINES] = { "too-many-lines", "The SDP has more than 4096 lines." },
    [SDP_NOT_SDP] = { "not-sdp", "The body is no SDP: it does not begin with v=0." },
    [SDP_BAD_LINE] = { "bad-line", "A line of the SDP is not of the form x=text." },
    [SDP_BAD_MEDIA] = { "bad-media", "An m-line of the SDP is malformed." },
    [SDP_TOO_MANY_MEDIA] = { "too-many-media", "The SDP has more than 16 m-lines." },
    [SDP_TOO_MANY_FORMATS] = { "too-many-formats", "An m-line of the SDP has more than 64 formats." },
    [SDP_BAD_FORMAT] = { "bad-format", "An rtpmap or fmtp of the SDP is malformed." },
    [SDP_BAD_MID] = { "bad-mid", "A mid of the SDP is no token, or longer than 32 characters." },
    [SDP_TWICE_ONE_MID] = { "twice-one-mid", "Two m-lines of the SDP have the same mid." },
    [SDP_BAD_ICE] = { "bad-ice", "An ice-ufrag or ice-pwd of the SDP has a wrong length or character." },
    [SDP_BAD_FINGERPRINT] = { "bad-fingerprint", "A fingerprint of the SDP is malformed." },
    [SDP_BAD_SETUP] = { "bad-setup", "A setup of the SDP is none of actpass, active and passive." },
    [SDP_NO_MEDIA] = { "no-media", "The SDP offers neither sound nor video." },
    [SDP_NO_BUNDLE] = { "no-bundle", "The m-lines are not in one group BUNDLE." },
    [SDP_NO_RTCP_MUX] = { "no-rtcp-mux", "The SDP does not offer rtcp-mux." },
    [SDP_WRONG_DIRECTION] = { "wrong-direction", "A publisher must offer to send, a player to receive." },
    [SDP_NO_CODEC] = { "no-codec", "None of the offered codecs can be used for this stream." },
    [SDP_NO_ICE] = { "no-ice", "The SDP has no ice-ufrag and ice-pwd." },
    [SDP_NO_FINGERPRINT] = { "no-fingerprint", "The SDP has no fingerprint." },
};

const char *sdp_fault_name(enum sdp_fault fault)
{
    return faults[fault].name;
}

const char *sdp_fault_text(enum sdp_fault fault)
{
    return faults[fault].text;
}

/**
 * Why a description of a session, or what it offers, is refused.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_FAULT_H
#define PROTOCOL_RTC_SDP_FAULT_H

enum sdp_fault {
    SDP_SOUND,
    /* Of the text. */
    SDP_EMPTY,
    SDP_TOO_LONG,
    SDP_TOO_MANY_LINES,
    SDP_NOT_SDP,
    SDP_BAD_LINE,
    SDP_BAD_MEDIA,
    SDP_TOO_MANY_MEDIA,
    SDP_TOO_MANY_FORMATS,
    SDP_BAD_FORMAT,
    SDP_BAD_MID,
    SDP_TWICE_ONE_MID,
    SDP_BAD_ICE,
    SDP_BAD_FINGERPRINT,
    SDP_BAD_SETUP,
    /* Of the agreement. */
    SDP_NO_MEDIA,
    SDP_NO_BUNDLE,
    SDP_NO_RTCP_MUX,
    SDP_WRONG_DIRECTION,
    SDP_NO_CODEC,
    SDP_NO_ICE,
    SDP_NO_FINGERPRINT,
    SDP_N_FAULTS,
};

/** The word for logs and problem types: "no-bundle". */
const char *sdp_fault_name(enum sdp_fault fault);

/** A sentence for the client: "The offer has no group BUNDLE." */
const char *sdp_fault_text(enum sdp_fault fault);

#endif

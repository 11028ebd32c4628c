/**
 * The lines of a description, for sdp_parse.c alone: m-lines and attributes, each in a file of its own.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_PARSER_H
#define PROTOCOL_RTC_SDP_PARSER_H

#include "core/attr.h"
#include "protocol/rtc/sdp.h"

struct sdp_parser {
    struct sdp       *sdp;
    struct sdp_media *media; /* whose lines come now; NULL: those of the session */
};

/** Take the value of an m-line: "audio 9 UDP/TLS/RTP/SAVPF 111 0". */
enum sdp_fault sdp_take_media(struct sdp_parser *p, struct sdp_text value) ATTR_MUST_USE;

/** Take the value of an a-line: "rtcp-mux", or "mid:0". */
enum sdp_fault sdp_take_attribute(struct sdp_parser *p, struct sdp_text value) ATTR_MUST_USE;

/** Take the value of a=candidate; what cannot be read or is not for RTP is left out. */
void sdp_take_candidate(struct sdp *sdp, struct sdp_text value);

/** Take the value of a=ssrc, and of a=ssrc-group. */
void sdp_take_ssrc(struct sdp_media *media, struct sdp_text value);
void sdp_take_ssrc_group(struct sdp_media *media, struct sdp_text value);

#endif

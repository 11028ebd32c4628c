/**
 * Descriptions of WebRTC sessions: what a client offers.
 *
 * A reader of the subset of SDP that JSEP offers use. Lines that it does not know are skipped. A malformed line refuses the whole
 * text where the session depends on it; malformed candidates, extensions, sources and feedback are skipped. Everything has a bound;
 * extensions, sources and candidates beyond theirs are left out.
 *
 *     struct sdp *offer = mem_alloc(sizeof *offer);
 *     enum sdp_fault fault = sdp_parse(offer, text, len);
 *
 * Source     RFC 8866 (SDP), RFC 9429 5 (JSEP), RFC 9143 (BUNDLE), RFC 5888 (mid), RFC 8839 (ICE), RFC 8122 (fingerprint),
 *            RFC 4145 and RFC 5763 (setup), RFC 4585 (rtcp-fb), RFC 8285 (extmap), RFC 5576 (ssrc), RFC 4588 (RTX),
 *            RFC 8840 (trickle)
 * Shape      lines end with LF, with or without a CR before it
 * Ownership  views into the text; it must outlive the struct
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_H
#define PROTOCOL_RTC_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "protocol/rtc/sdp_fault.h"
#include "protocol/rtc/sdp_text.h"

enum {
    SDP_BYTES_MAX = 64 << 10, /* Chromium's longest offers have 8 KiB. */
    SDP_LINES_MAX = 4096,
    SDP_MEDIA_MAX = 16,
    SDP_FORMATS_MAX = 64, /* of an m-line: the dynamic types are 96 to 127 and 35 to 63 */
    SDP_EXTENSIONS_MAX = 32,
    SDP_SOURCES_MAX = 32,
    SDP_CANDIDATES_MAX = 32,
    SDP_MID_LEN_MAX = 32,
    SDP_UFRAG_LEN_MIN = 4, /* RFC 8839 5.4 */
    SDP_UFRAG_LEN_MAX = 256,
    SDP_PWD_LEN_MIN = 22,
    SDP_PWD_LEN_MAX = 256,
    SDP_FINGERPRINT_LEN_MAX = 200, /* "sha-512 " and 64 bytes as AB:CD:… */
    SDP_ADDRESS_LEN_MAX = 63,      /* longer names of candidates are left out */
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

enum sdp_setup { SDP_SETUP_NONE, SDP_SETUP_ACTPASS, SDP_SETUP_ACTIVE, SDP_SETUP_PASSIVE };

/* Feedback that a format allows: bits. */
enum {
    SDP_FB_NACK = 1 << 0,
    SDP_FB_PLI = 1 << 1,
    SDP_FB_FIR = 1 << 2,
    SDP_FB_REMB = 1 << 3,
    SDP_FB_TWCC = 1 << 4,
};

/* A format of an m-line, in the order of the line. */
struct sdp_format {
    uint8_t         pt;
    uint8_t         channels; /* sound; 1 unless the rtpmap says more */
    uint8_t         feedback; /* SDP_FB_ bits */
    uint32_t        clock_hz;
    struct sdp_text name; /* of the encoding; PCMU and PCMA without an rtpmap have theirs of RFC 3551 6 */
    struct sdp_text fmtp; /* the parameters alone */
};

struct sdp_extension {
    uint8_t         id; /* 1 to 255 */
    struct sdp_text uri;
};

/* An SSRC, and the one that repairs it (group FID); 0: none. */
struct sdp_source {
    uint32_t ssrc, rtx_ssrc;
};

/* A candidate of type host, or one that peers reach in the same way. */
struct sdp_candidate {
    bool     is_tcp;
    uint16_t port;
    char     address[SDP_ADDRESS_LEN_MAX + 1]; /* an IP address without brackets, or a name */
};

struct sdp_ice {
    struct sdp_text ufrag, pwd;
};

/* What stands above the first m-line for all of them, and in each. */
struct sdp_common {
    struct sdp_ice     ice;
    struct sdp_text    fingerprint; /* "sha-256 AB:CD:…"; of several the first with SHA-256, else the first */
    enum sdp_setup     setup;
    enum sdp_direction direction;
};

struct sdp_media {
    struct sdp_text      kind;                   /* "audio", "video", "application" … */
    struct sdp_text      protocol, first_format; /* as in the m-line */
    uint16_t             port;
    bool                 is_bundle_only, has_rtcp_mux, has_rtcp_rsize;
    struct sdp_common    own;
    struct sdp_text      mid;
    size_t               n_formats, n_extensions, n_sources;
    struct sdp_format    formats[SDP_FORMATS_MAX];
    struct sdp_extension extensions[SDP_EXTENSIONS_MAX];
    struct sdp_source    sources[SDP_SOURCES_MAX]; /* a source that repairs another has no entry of its own */
};

struct sdp {
    struct sdp_text      bundle; /* the mids of the first group BUNDLE, separated by spaces */
    struct sdp_common    all;
    bool                 can_trickle, is_ice_lite, allows_mixed_extensions;
    size_t               n_media, n_candidates;
    struct sdp_media     media[SDP_MEDIA_MAX];
    struct sdp_candidate candidates[SDP_CANDIDATES_MAX]; /* of all m-lines, for RTP */
};

/** Read an offer. On a fault the struct has no meaning. It needs no initialisation; at about 70 KiB it is not for a coroutine's stack. */
enum sdp_fault sdp_parse(struct sdp *sdp, const char *text, size_t len) ATTR_MUST_USE;

/**
 * Read a fragment (application/trickle-ice-sdpfrag, RFC 8840 9.2), as PATCH of WHIP carries it. It has no v= line and needs no m-line;
 * ICE credentials may stand above the first m-line or below each.
 */
enum sdp_fault sdp_parse_fragment(struct sdp *sdp, const char *text, size_t len) ATTR_MUST_USE;

/** What is said once for a BUNDLE group: of the first m-line that says it, else of the session. `at` is NULL: nowhere. */
struct sdp_ice  sdp_ice_of(const struct sdp *sdp);
struct sdp_text sdp_fingerprint_of(const struct sdp *sdp);
enum sdp_setup  sdp_setup_of(const struct sdp *sdp);

/** True if the mid is in the BUNDLE group. */
bool sdp_in_bundle(const struct sdp *sdp, struct sdp_text mid);

#endif

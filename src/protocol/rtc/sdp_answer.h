/**
 * The answer to an offer, and the fragment that answers an ICE restart.
 *
 * Source     RFC 9429 5.3; RFC 9143 7.3; RFC 8839 (candidates); RFC 6544 4.5 (of TCP); RFC 9725 4.3.2 (fragments); the shape of SRS's answers,
 *            which players parse
 * Shape      all candidates are in the first m-line that is served, and their end is told
 * Ownership  everything is copied into `out`
 * Errors     stick in `out`, which should be BUF_UP_TO(SDP_ANSWER_BYTES_MAX)
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_ANSWER_H
#define PROTOCOL_RTC_SDP_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "protocol/rtc/sdp_agree.h"

enum { SDP_ANSWER_BYTES_MAX = 64 << 10, SDP_LOCAL_CANDIDATES_MAX = 16 };

/* Our side. */
struct sdp_local {
    uint64_t             session; /* number in the o= line: random and below 2^63, not an address */
    const char          *app, *stream;
    const char          *ufrag, *pwd; /* of our ICE agent */
    const char          *fingerprint; /* "sha-256 AB:CD:…" of our certificate; NULL without DTLS */
    const char          *cname;       /* playing: of both tracks */
    size_t               n_candidates;
    struct sdp_candidate candidates[SDP_LOCAL_CANDIDATES_MAX]; /* the best first */
};

/** Write the answer. `offer` is the one that was agreed on. */
void sdp_answer_write(struct buf *out, const struct sdp *offer, const struct rtc_agreement *agreed,
                      const struct sdp_local *local);

/** Write the fragment: new credentials, and the candidates. */
void sdp_fragment_write(struct buf *out, const struct rtc_agreement *agreed, const struct sdp_local *local);

#endif

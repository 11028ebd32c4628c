/**
 * The offer of a client of WHIP or WHEP: one transport, at most one track of sound and one of pictures.
 *
 *     sdp_offer_write(&offer, &wish, &local)
 *     sdp_parse(answer, text, len)
 *     sdp_agree(answer, &wish, &agreed)          an answer says what its side can do in the same words as an offer
 *
 * It names no candidate: a client checks those of the answer, and the server learns the client's address from these checks.
 *
 * Source     RFC 9725 4.2, 4.4 (WHIP); RFC 9429 5.2 (offers); RFC 9143 (BUNDLE); RFC 8842 5.2 (actpass); RFC 6184 8.1, RFC 9628 7, RFC 7587 7
 *            (parameters)
 * Ownership  everything is copied into `out`
 * Errors     stick in `out`, which should be BUF_UP_TO(SDP_OFFER_BYTES_MAX)
 * Yields     no
 */
#ifndef PROTOCOL_RTC_SDP_OFFER_H
#define PROTOCOL_RTC_SDP_OFFER_H

#include "core/buf.h"
#include "protocol/rtc/sdp_agree.h"
#include "protocol/rtc/sdp_answer.h"

enum { SDP_OFFER_BYTES_MAX = 16 << 10 };

/**
 * Write the offer. With wish->is_play this side sends, by the SSRCs of the wish. H.264 stands in it with the profile of the stream, and with
 * Constrained Baseline, which is what servers know that compare profiles by their letters.
 */
void sdp_offer_write(struct buf *out, const struct sdp_wish *wish, const struct sdp_local *local);

#endif

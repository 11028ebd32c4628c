/**
 * The addresses that clients are told to send media to.
 *
 * In this order, each once: that of the request (`eip`), the host of the request, what `candidate` of rtc_server says; there `*` means
 * the addresses of this machine. Each is a candidate of UDP, of TCP, or of both, as `protocol` says.
 *
 * Source     doc/webrtc.md, "Addresses"
 */
#ifndef APP_RTC_CANDIDATES_H
#define APP_RTC_CANDIDATES_H

#include "app/conf/conf.h"
#include "core/attr.h"
#include "core/err.h"
#include "protocol/rtc/sdp_answer.h"

/**
 * Fill in local->candidates.
 *
 * Shape      host: of the request, with a port or not; wanted: `eip` of the request, with a port or not; NULL or "": none
 * Errors     E_THREAD_INTERRUPTED: the client has hung up. A name that does not resolve is left out, and logged
 * Yields     for a host that is a name
 */
struct err *rtc_candidates_find(struct sdp_local *local, const struct conf *conf, const char *host,
                                const char *wanted) ATTR_MUST_USE;

#endif

/**
 * The steps of DTLS handshakes on threads of OFFLOAD_SHAKE, for sessions that wait to be connected: signatures and keys of those that join
 * hold up nobody else.
 *
 * Bounds     each session has one step on its way; OFFLOAD_QUEUE_MAX steps wait in all
 */
#ifndef APP_RTC_HANDSHAKE_STEP_H
#define APP_RTC_HANDSHAKE_STEP_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct rtc_transport;

/**
 * Do the step that the transport wants, if it wants one. The caller owns the transport. After an error the handshake cannot go on.
 *
 * Errors     those of offload()
 * Yields     when a step is wanted
 */
struct err *rtc_handshake_step(struct rtc_transport *t, int64_t deadline_us) ATTR_MUST_USE;

#endif

/**
 * Handshakes take turns, so that a crowd of them leaves time for all other work.
 *
 * A signature costs up to a millisecond, and live streams would wait for those of a thousand clients that come at once. So each
 * step that computes gets a time slot, and a third of the loop's time stays free between the slots.
 *
 * Units      microseconds, absolute now_us() times
 */
#ifndef PROTOCOL_TLS_TURN_H
#define PROTOCOL_TLS_TURN_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/**
 * Wait for the next slot. Returns at once when no other handshake has it.
 *
 * Errors     E_LIMIT when the turn would come after the deadline; E_THREAD_INTERRUPTED
 * Yields     when it waits
 */
struct err *tls_turn_wait(int64_t deadline_us) ATTR_MUST_USE;

/** Report the time that the step took. */
void tls_turn_took(int64_t cost_us);

#endif

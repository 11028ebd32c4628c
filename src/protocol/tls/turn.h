/**
 * Handshakes take turns, so that a crowd of them leaves room for everybody else.
 *
 * A signature costs up to a millisecond. A thousand clients at once would keep live streams waiting for all of theirs; so
 * each step that computes has a time of its own, and a third of the loop's time stays free between them.
 *
 * Units      microseconds, absolute now_us() times
 */
#ifndef PROTOCOL_TLS_TURN_H
#define PROTOCOL_TLS_TURN_H

#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

/**
 * Wait for the next turn: at once when nobody else is at it.
 *
 * Errors     E_LIMIT when the turn would come after the deadline; E_THREAD_INTERRUPTED
 * Yields     when it waits
 */
struct err *tls_turn_wait(int64_t deadline_us) ATTR_MUST_USE;

/** A turn is over, and took so long. */
void tls_turn_took(int64_t cost_us);

#endif

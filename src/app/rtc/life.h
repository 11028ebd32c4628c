/**
 * The coroutine of a session, from the answer to the end.
 */
#ifndef APP_RTC_LIFE_H
#define APP_RTC_LIFE_H

#include "core/attr.h"
#include "core/err.h"

struct rtc_peer;

/**
 * Start the coroutine of a session that is admitted. Before the next yield it has to be entered, its role has to begin, and it has to
 * be in the table of peers; or peer->refused is set, and the coroutine undoes it.
 *
 * Ownership  the coroutine has the peer from now on; after an error it is still the caller's
 * Errors     those of co_go()
 * Yields     no
 */
struct err *rtc_life_start(struct rtc_peer *peer) ATTR_MUST_USE;

/** Free a peer whose session has been left, or never began. NULL is allowed. Does not yield. */
void rtc_peer_free(struct rtc_peer *peer);

#endif

/**
 * All sessions of WebRTC, found by what a client names them by.
 *
 * Sessions for which no check has come are bounded (waiters.h), so that offers which nobody follows up neither fill the memory nor take
 * the places of max_connections from everybody else.
 *
 * Yields     only rtc_peers_run()
 */
#ifndef APP_RTC_PEERS_H
#define APP_RTC_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct rtc_addr;
struct rtc_peer;
struct rtc_peer_counts;
struct rtc_port;

/** Enter a session: by its ufrag, token and mark, and as one that waits. False: no memory, or one of the three is another session's. */
bool rtc_peers_add(struct rtc_peer *peer) ATTR_MUST_USE;
void rtc_peers_remove(struct rtc_peer *peer);

/** The first check has come for it. */
void rtc_peers_verified(struct rtc_peer *peer);

/** It is found by another ufrag from now on, and no more by peer->ufrag, which becomes that. False: no memory, or
 * it is another session's; nothing has changed. */
bool rtc_peers_rename(struct rtc_peer *peer, const char *ufrag) ATTR_MUST_USE;

/** NULL: there is none. Borrowed until a yield. */
struct rtc_peer *rtc_peers_find_ufrag(const char *ufrag, size_t len);
struct rtc_peer *rtc_peers_find_token(const char *token, size_t len);

/** The session that a check of ours asked for, by the check's id. */
struct rtc_peer *rtc_peers_find_mark(const uint8_t *id);

/** The next session behind `after` (NULL: the first one) that rtc_peer_may_have_moved() to this address. */
struct rtc_peer *rtc_peers_next_moved(struct rtc_peer *after, const struct rtc_addr *from, int64_t since_us);

/** End a session as one whose client has left. It is gone after its coroutine has run. */
void rtc_peer_end(struct rtc_peer *peer);

/** A port is closed: nobody is reached by it any more, and those that have no other one are ended. */
void rtc_peers_leave_port(const struct rtc_port *port);

/** How many there are, and how many of them wait for their first check. */
size_t rtc_peers_count(void);
size_t rtc_peers_waiting(void);

/** The sums of what was counted of all sessions since the start; what is measured is 0. */
void rtc_peers_sum(struct rtc_peer_counts *sum);

/** A service of the server: look for peers that have become silent, until the coroutine is cancelled. */
void rtc_peers_run(void *arg);

#endif

/**
 * To which servers a pull may be led. Redirects and playlists name servers, and they are in the hand of whoever runs the first one. One
 * that is elsewhere must not make this server ask its own API, or what else answers on this host and its link alone.
 *
 * The first connection of an attempt goes to the server of the URL, wherever that is. If it is elsewhere, later ones must be so too.
 *
 * Yields     no
 */
#ifndef APP_RELAY_REACH_H
#define APP_RELAY_REACH_H

#include "app/relay/attempt.h"
#include "core/attr.h"
#include "core/err.h"

/**
 * Judge a new connection of an attempt, which is `attempt`, before a request goes out on it.
 *
 * Errors     E_HTTP_DATA_INVALID: it is to this host, or to a link-local address, and the first one was to another host
 */
struct err *reach_judge(void *attempt, int fd) ATTR_MUST_USE;

#endif

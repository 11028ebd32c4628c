/**
 * Edges that pull a stream from each other in a ring, directly or through others.
 *
 * When an edge asks an origin for a stream, it names itself, and all that ask itself for that stream, in the second object of connect. A
 * player whose connection names this very stream of this server is refused: it would get the stream from itself. Without that, edges
 * would be each other's players for ever. Pulls by HTTP-FLV, or with debug_srs_upnode off, name nobody.
 *
 * Only what a trusted peer tells is believed, as with srs_client_ip (session/client_address.h): with the origin's name in its path any
 * other player could make the origin refuse the pull, for all.
 *
 * Source     srs_path, of our own: words of "SERVICE.CRC32", the id of a run of a server and the CRC of the stream's key
 */
#ifndef APP_EDGE_RING_H
#define APP_EDGE_RING_H

#include "app/relay/order.h"
#include "app/session/session.h"

/** Refuses such players with E_SYSTEM_FORWARD_LOOP, and remembers who asks. Its row is in app/guards.c. Does not yield. */
extern const struct session_guard edge_ring_guard;

/**
 * Write who asks an origin for the stream, this server first. What does not fit is left out. Does not yield.
 *
 * Shape      key: stream_name_key(); service_id: of this run of the server
 */
void ring_write_path(char path[static PULL_PATH_CAP], const char *key, const char *service_id);

#endif

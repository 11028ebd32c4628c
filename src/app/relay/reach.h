/**
 * A rule about the servers that redirects and playlists send this server to. Whoever runs the first server writes them. A first server
 * on another host must not make this server ask its own API, or anything else that answers this host and its link alone.
 *
 * The first connection of an attempt goes to the server of the URL, wherever that is. If it is elsewhere, later ones must be so too.
 *
 * Yields     no
 */
#ifndef APP_RELAY_REACH_H
#define APP_RELAY_REACH_H

#include "core/attr.h"
#include "core/err.h"

enum { REACH_IP_CAP = 64 };

/** The address at the other end of a socket; "" if it is not known. */
void reach_peer_ip(int fd, char ip[static REACH_IP_CAP]);

/* Where the first connection went to. */
enum reach_first { REACH_NOWHERE, REACH_HERE, REACH_ELSEWHERE };

/** What is known of the connections of one attempt to get a stream. It begins with the url alone; the rest is 0. */
struct reach {
    const char      *url; /* borrowed, for the error */
    enum reach_first first;
};

/**
 * Judge a new connection before a byte goes out on it: the judge of http/client.h and rtmp/client.h.
 *
 * Shape      reach: struct reach
 * Errors     E_HTTP_DATA_INVALID: it is to this host, or to a link-local address, and the first one was to another host;
 *            E_ST_CONNECT: its other end is not known, because it has broken already
 */
struct err *reach_judge(void *reach, int fd) ATTR_MUST_USE;

#endif

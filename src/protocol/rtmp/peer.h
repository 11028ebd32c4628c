/**
 * How servers of this kind name themselves to each other: in the answer to connect, and relays in the second object of connect.
 *
 * Source     the properties srs_server, srs_server_ip, srs_pid and srs_id, as SRS has them; srs_client_ip, srs_hops and srs_path are ours
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_PEER_H
#define PROTOCOL_RTMP_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"

enum { RTMP_PEER_SERVER_CAP = 64, RTMP_PEER_ID_CAP = 64 };

/** A server, by its own words, without control characters. Absent texts are "", an absent pid is -1. */
struct rtmp_peer {
    char    server[RTMP_PEER_SERVER_CAP]; /* name and version */
    char    ip[INET6_ADDRSTRLEN];         /* its end of the connection */
    char    id[RTMP_PEER_ID_CAP];         /* its name for the connection; older servers send a number */
    int64_t pid;
};

/** Read the properties of the object at `object`. True if it names a server or an id; otherwise all is absent. */
bool rtmp_peer_read(struct rtmp_peer *p, struct rd object);

/** Write it for the log: "SRS/7.0.18(Hang) ip=10.0.0.2 pid=7 id=abc". Returns `buf`. */
enum { RTMP_PEER_TEXT_CAP = 256 };
const char *rtmp_peer_text(const struct rtmp_peer *p, char buf[static RTMP_PEER_TEXT_CAP]);

#endif

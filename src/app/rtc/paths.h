/**
 * The addresses from which peers have shown that they may be sent to: who a datagram comes from is found here.
 *
 * An address leads to one peer. A peer has several while it tries candidates, or moves; a further one replaces the one that was heard
 * longest ago.
 *
 * Ownership  a path belongs to its peer (struct rtc_peer has RTC_PATHS_MAX); the table has links between them alone
 * Yields     no
 */
#ifndef APP_RTC_PATHS_H
#define APP_RTC_PATHS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/rtc/addr.h"

struct rtc_peer;
struct rtc_port;

/* Addresses of one peer at a time. */
enum { RTC_PATHS_MAX = 8 };

/* This host's own address that the client has sent to, so that it gets its answers from there; family 0: the route decides. */
struct rtc_local {
    sa_family_t family;
    union {
        struct in_addr  v4;
        struct in6_addr v6;
    };
};

struct rtc_path {
    struct rtc_path *next; /* of the same bucket */
    struct rtc_peer *peer; /* NULL: the path is free */
    struct rtc_addr  to;
    struct rtc_port *port;
    struct rtc_local local;
    int64_t          heard_us;
};

/** The path of that address; NULL: it is nobody's. */
struct rtc_path *rtc_path_find(const struct rtc_addr *from);

/** Put a path into the table under `to`. The address is nobody's, and the path is free. */
void rtc_path_link(struct rtc_path *path, struct rtc_peer *peer, const struct rtc_addr *to);

/** Take it out. A path that is free stays so. */
void rtc_path_unlink(struct rtc_path *path);

#endif

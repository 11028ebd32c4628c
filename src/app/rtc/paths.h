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

#include <stdbool.h>
#include <stdint.h>

#include "app/rtc/local.h"
#include "core/list.h"
#include "protocol/rtc/addr.h"

struct rtc_peer;
struct rtc_port;

/* Addresses of one peer at a time. */
enum { RTC_PATHS_MAX = 8 };

struct rtc_path {
    struct rtc_path *next; /* of the same bucket */
    struct rtc_peer *peer; /* NULL: the path is free */
    struct rtc_addr  to;
    struct rtc_port *port;
    struct list      of_port; /* of the paths by the same port; valid where `port` is set */
    struct rtc_local local;
    int64_t          heard_us;
};

/** The path of that address; NULL: it is nobody's. */
struct rtc_path *rtc_path_find(const struct rtc_addr *from);

/** Put a path into the table under `to`. The address is nobody's, and the path is free. */
void rtc_path_link(struct rtc_path *path, struct rtc_peer *peer, const struct rtc_addr *to);

/** The port by which a path leads, and this host's own address, from now on. */
void rtc_path_lead(struct rtc_path *path, struct rtc_port *port, const struct rtc_local *local);

/** Forget all paths that lead by a port. */
void rtc_paths_leave(struct rtc_port *port);

/** Take it out, of its port too. A path that is free stays so. */
void rtc_path_unlink(struct rtc_path *path);

#endif

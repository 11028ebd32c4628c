/**
 * Ranges of IP addresses, as `security` and `trusted_proxies` name them: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32".
 *
 * ::ffff:192.0.2.7 is 192.0.2.7 (RFC 4291, 2.5.5.2), and the zone of a link-local address does not count.
 *
 * Source     RFC 4632, RFC 4291
 * Yields     no
 */
#ifndef APP_CONF_CIDR_H
#define APP_CONF_CIDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum { CIDR_IPV4_BITS = 32, CIDR_IPV6_BITS = 128 };

struct cidr {
    int           bits;   /* length of the address family; 0: not an address */
    int           prefix; /* leading bits that must match: all of them for a single address */
    unsigned char bytes[CIDR_IPV6_BITS / 8];
};

/** Parse an address, with or without /prefix. False when the text is neither; then `out` contains nothing and is in no range. */
bool cidr_parse(const char *text, size_t len, struct cidr *out);

/** True for a range, or an address, that lies within the loopback addresses: 127.0.0.0/8 and ::1. */
bool cidr_is_loopback(const struct cidr *c);

/** Whether all of `inner` lies in `outer`. */
bool cidr_contains(const struct cidr *outer, const struct cidr *inner);

/** Make it the range of its first `prefix` bits: the bits behind them become 0. */
void cidr_mask(struct cidr *c, int prefix);

/** Write the address, without its prefix, in its canonical spelling. */
void cidr_format_ip(const struct cidr *c, char ip[static INET6_ADDRSTRLEN]);

#endif

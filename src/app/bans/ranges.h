/**
 * The banned addresses: whether an address lies in a banned range costs one look for each length of a prefix that is there,
 * whatever the number of bans.
 *
 * Ownership  bans are borrowed
 * Yields     no
 */
#ifndef APP_BANS_RANGES_H
#define APP_BANS_RANGES_H

#include <stdint.h>

#include "app/bans/ban.h"

enum { BAN_BUCKETS = 4096 };

struct ban_ranges {
    struct ban *buckets[BAN_BUCKETS];
    unsigned    n_ipv4[CIDR_IPV4_BITS + 1], n_ipv6[CIDR_IPV6_BITS + 1]; /* ranges with a prefix of that length */
    uint64_t    seed; /* random, so that nobody can choose addresses that fall into one bucket; 0: no range yet */
};

void ban_ranges_add(struct ban_ranges *r, struct ban *b);

void ban_ranges_remove(struct ban_ranges *r, struct ban *b);

/** A ban, not over, of a range in which the address lies; NULL: there is none. */
struct ban *ban_ranges_find(const struct ban_ranges *r, const struct cidr *address, int64_t now);

#endif

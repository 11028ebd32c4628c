#include "app/bans/ranges.h"

#include <string.h>

#include "core/ident.h"

/* FNV-1a, begun with the seed. */
static size_t bucket_of(const struct ban_ranges *r, const struct cidr *range)
{
    uint64_t h = r->seed ^ UINT64_C(0xcbf29ce484222325) ^ (uint64_t)range->prefix;
    for (int i = 0; i < range->bits / 8; i++)
        h = (h ^ range->bytes[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32) % BAN_BUCKETS;
}

static unsigned *counts_of(struct ban_ranges *r, const struct cidr *range)
{
    return range->bits == CIDR_IPV4_BITS ? r->n_ipv4 : r->n_ipv6;
}

void ban_ranges_add(struct ban_ranges *r, struct ban *b)
{
    while (!r->seed)
        random_bytes(&r->seed, sizeof r->seed);
    struct ban **bucket = &r->buckets[bucket_of(r, &b->range)];
    b->next_of_bucket = *bucket;
    *bucket = b;
    counts_of(r, &b->range)[b->range.prefix]++;
}

void ban_ranges_remove(struct ban_ranges *r, struct ban *b)
{
    struct ban **at = &r->buckets[bucket_of(r, &b->range)];
    while (*at && *at != b)
        at = &(*at)->next_of_bucket;
    if (!*at)
        return;
    *at = b->next_of_bucket;
    counts_of(r, &b->range)[b->range.prefix]--;
}

static struct ban *find_range(const struct ban_ranges *r, const struct cidr *range, int64_t now)
{
    struct ban *b = r->buckets[bucket_of(r, range)];
    while (b && (b->range.bits != range->bits || b->range.prefix != range->prefix || ban_is_over(b, now) ||
                 memcmp(b->range.bytes, range->bytes, (size_t)range->bits / 8) != 0))
        b = b->next_of_bucket;
    return b;
}

struct ban *ban_ranges_find(const struct ban_ranges *r, const struct cidr *address, int64_t now)
{
    const unsigned *counts = address->bits == CIDR_IPV4_BITS ? r->n_ipv4 : r->n_ipv6;
    struct cidr     range = *address;
    struct ban     *found = NULL;
    for (int prefix = address->prefix; prefix >= 0 && !found; prefix--) {
        if (counts[prefix] == 0)
            continue;
        cidr_mask(&range, prefix);
        found = find_range(r, &range, now);
    }
    return found;
}

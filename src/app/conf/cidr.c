#include "app/conf/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/str.h"

enum { MAPPED_BITS = CIDR_IPV6_BITS - CIDR_IPV4_BITS, ZONE_CAP = 32 };

static bool parse_address(const char *text, size_t len, struct cidr *out)
{
    char       ip[INET6_ADDRSTRLEN + ZONE_CAP];
    struct str copy = str_over(ip, sizeof ip);
    str_append(&copy, text, len);
    if (copy.cut || strlen(ip) != copy.len)
        return false;
    if (inet_pton(AF_INET, ip, out->bytes) == 1) {
        out->bits = CIDR_IPV4_BITS;
        return true;
    }
    ip[strcspn(ip, "%")] = '\0';
    out->bits = CIDR_IPV6_BITS;
    return inet_pton(AF_INET6, ip, out->bytes) == 1;
}

static bool parse_prefix(const char *text, size_t len, int max, int *prefix)
{
    *prefix = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *prefix = *prefix * 10 + (text[i] - '0');
        if (*prefix > max)
            return false;
    }
    return len > 0;
}

/* An IPv4-mapped IPv6 address becomes the IPv4 address. */
static void unmap(struct cidr *c)
{
    static const unsigned char mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };
    if (c->bits != CIDR_IPV6_BITS || c->prefix < MAPPED_BITS || memcmp(c->bytes, mapped, sizeof mapped) != 0)
        return;
    memmove(c->bytes, c->bytes + sizeof mapped, CIDR_IPV4_BITS / 8);
    c->bits = CIDR_IPV4_BITS;
    c->prefix -= MAPPED_BITS;
}

bool cidr_parse(const char *text, size_t len, struct cidr *out)
{
    const char *slash = memchr(text, '/', len);
    size_t      address_len = slash ? (size_t)(slash - text) : len;
    bool        ok = parse_address(text, address_len, out);
    out->prefix = out->bits;
    if (ok && slash)
        ok = parse_prefix(slash + 1, len - address_len - 1, out->bits, &out->prefix);
    if (ok)
        unmap(out);
    else
        *out = (struct cidr){ 0 };
    return ok;
}

bool cidr_is_loopback(const struct cidr *c)
{
    static const struct cidr ipv4 = { CIDR_IPV4_BITS, 8, { 127 } };
    static const struct cidr ipv6 = { CIDR_IPV6_BITS, CIDR_IPV6_BITS, { [15] = 1 } };
    return cidr_contains(&ipv4, c) || cidr_contains(&ipv6, c);
}

bool cidr_contains(const struct cidr *outer, const struct cidr *inner)
{
    if (!outer->bits || outer->bits != inner->bits || outer->prefix > inner->prefix)
        return false;
    int whole = outer->prefix / 8, rest = outer->prefix % 8;
    if (memcmp(outer->bytes, inner->bytes, (size_t)whole) != 0)
        return false;
    unsigned mask = 0xff00u >> rest & 0xffu;
    return !rest || (outer->bytes[whole] & mask) == (inner->bytes[whole] & mask);
}

void cidr_mask(struct cidr *c, int prefix)
{
    int n_bytes = c->bits / 8;
    c->prefix = prefix;
    for (int i = 0; i < n_bytes; i++) {
        int kept = prefix - 8 * i;
        if (kept < 8)
            c->bytes[i] &= kept <= 0 ? 0 : (unsigned char)(0xff00u >> kept);
    }
}

void cidr_format_ip(const struct cidr *c, char ip[static INET6_ADDRSTRLEN])
{
    inet_ntop(c->bits == CIDR_IPV4_BITS ? AF_INET : AF_INET6, c->bytes, ip, INET6_ADDRSTRLEN);
}

#include "app/stat/system/nics.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "app/stat/system/proc_text.h"
#include "core/attr.h"
#include "core/str.h"

bool nics_parse(const char *net_dev, bool (*is_public)(const char *name, void *ctx), void *ctx, struct nics *out)
{
    enum { FIELD_IN = 0, FIELD_OUT = 8, FIELDS };
    *out = (struct nics){ 0 };
    for (const char *line = net_dev; line; line = proc_text_next_line(line)) {
        int64_t     v[FIELDS];
        char        name[IFNAMSIZ];
        const char *begin = line + strspn(line, " ");
        size_t      len = strcspn(begin, ":\n"); /* counters may follow the colon without a blank */
        if (begin[len] != ':' || proc_text_numbers(begin + len + 1, v, FIELDS) != FIELDS)
            continue;
        struct str copy = str_over(name, sizeof name);
        str_append(&copy, begin, len);
        bool is_outer = !copy.cut && is_public(name, ctx);
        *(is_outer ? &out->public_in : &out->inner_in) += v[FIELD_IN];
        *(is_outer ? &out->public_out : &out->inner_out) += v[FIELD_OUT];
    }
    return str_starts_with(net_dev, "Inter-|");
}

static bool ipv4_is_public(uint32_t ip)
{
    static const struct {
        uint32_t net;
        int      bits;
    } special[] = {
        { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 },
        { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 },
        { 0xc6336400, 24 }, { 0xcb007100, 24 }, { 0xe0000000, 3 },
    };
    for (size_t i = 0; i < ARRAY_LEN(special); i++)
        if ((ip ^ special[i].net) >> (32 - special[i].bits) == 0)
            return false;
    return true;
}

/* Global unicast is 2000::/3, without the documentation's 2001:db8::/32; an IPv4 address in IPv6 is judged as such. */
static bool ipv6_is_public(const struct in6_addr *addr)
{
    const uint8_t *b = addr->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(addr))
        return ipv4_is_public((uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 | (uint32_t)b[14] << 8 | b[15]);
    return b[0] >> 5 == 1 && !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8);
}

bool nics_address_is_public(const struct sockaddr *addr)
{
    if (addr->sa_family == AF_INET)
        return ipv4_is_public(ntohl(((const struct sockaddr_in *)(const void *)addr)->sin_addr.s_addr));
    return addr->sa_family == AF_INET6 && ipv6_is_public(&((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr);
}

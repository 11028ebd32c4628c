#include "app/conf/endpoint.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "app/conf/conf.h"
#include "core/str.h"

/* Split off the address, which goes to `e`; returns the port. */
static const char *split(const char *text, struct conf_endpoint *e)
{
    const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = close && close[1] == ':' ? close + 1 : strrchr(text, ':');
    if (!colon) {
        e->any = true;
        str_copy(e->ip, sizeof e->ip, "0.0.0.0");
        return text;
    }
    const char *start = close && colon == close + 1 ? text + 1 : text;
    const char *stop = close && colon == close + 1 ? close : colon;
    struct str  ip = str_over(e->ip, sizeof e->ip);
    str_append(&ip, start, (size_t)(stop - start));
    return colon + 1;
}

/* True for an IPv4 address that is mapped into IPv6: our IPv6 sockets do not accept IPv4. */
static bool unmap(struct conf_endpoint *e, const unsigned char address[static sizeof(struct in6_addr)])
{
    static const unsigned char mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    return memcmp(address, mapped, sizeof mapped) == 0 &&
           inet_ntop(AF_INET, address + sizeof mapped, e->ip, sizeof e->ip);
}

enum conf_endpoint_read conf_endpoint_parse(const char *text, struct conf_endpoint *e)
{
    *e = (struct conf_endpoint){ 0 };
    const char *port = split(text, e);
    long        n = strtol(port, NULL, 10); /* read like all numbers: anything behind the digits is ignored */
    e->port = n < INT_MIN || n > INT_MAX ? -1 : (int)n;

    unsigned char address[sizeof(struct in6_addr)];
    e->ipv6 = inet_pton(AF_INET6, e->ip, address) == 1 && !unmap(e, address);
    if (!e->ipv6 && inet_pton(AF_INET, e->ip, address) != 1)
        return CONF_ENDPOINT_BAD_IP;
    return e->port < 1 || e->port > 65535 ? CONF_ENDPOINT_BAD_PORT : CONF_ENDPOINT_OK;
}

bool conf_endpoints_have_port(const struct conf_words *listen, int port)
{
    struct conf_endpoint e;
    for (size_t i = 0; i < listen->count; i++)
        if (conf_endpoint_parse(listen->items[i], &e) == CONF_ENDPOINT_OK && e.port == port)
            return true;
    return false;
}

bool conf_endpoint_is_any(const struct conf_endpoint *e)
{
    return e->any || str_equal(e->ip, "0.0.0.0") || str_equal(e->ip, "::");
}

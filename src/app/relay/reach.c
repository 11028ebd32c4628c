#include "app/relay/reach.h"

#include <arpa/inet.h>
#include <string.h>

#include "app/conf/cidr.h"
#include "app/forward/loop.h"
#include "core/attr.h"
#include "core/str.h"

void reach_peer_ip(int fd, char ip[static REACH_IP_CAP])
{
    struct sockaddr_storage    there = { 0 };
    socklen_t                  len = sizeof there;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&there;
    const struct sockaddr_in  *v4 = (const struct sockaddr_in *)&there;
    bool                       known = getpeername(fd, (struct sockaddr *)&there, &len) == 0;
    if (!known || !inet_ntop(there.ss_family,
                             there.ss_family == AF_INET6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr,
                             ip, REACH_IP_CAP))
        str_copy(ip, REACH_IP_CAP, "");
}

/* True for an address that only this host, or a neighbour on its link, can mean: as of RFC 6890. */
static bool is_near(const char *ip)
{
    static const char *const ranges[] = { "127.0.0.0/8", "0.0.0.0/8", "169.254.0.0/16", "::/127", "fe80::/10" };
    struct cidr              address, range;
    if (!cidr_parse(ip, strlen(ip), &address))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (cidr_parse(ranges[i], strlen(ranges[i]), &range) && cidr_contains(&range, &address))
            return true;
    return false;
}

struct err *reach_judge(void *reach, int fd)
{
    struct reach *r = reach;
    char          ip[REACH_IP_CAP];
    reach_peer_ip(fd, ip);
    if (!*ip) /* It must not pass for one to this host, and open the way to it. */
        return err_new(E_ST_CONNECT, "the other end of a connection for %s is not known", r->url);
    bool is_here = forward_loop_is_to_this_host(fd) || is_near(ip);
    if (r->first == REACH_NOWHERE)
        r->first = is_here ? REACH_HERE : REACH_ELSEWHERE;
    if (!is_here || r->first == REACH_HERE)
        return NULL;
    return err_new(E_HTTP_DATA_INVALID, "%s leads to %s, which is this host or its link", r->url, ip);
}

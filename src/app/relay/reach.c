#include "app/relay/reach.h"

#include <string.h>

#include "app/conf/cidr.h"
#include "app/forward/loop.h"
#include "core/attr.h"

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

struct err *reach_judge(void *attempt, int fd)
{
    struct attempt *a = attempt;
    char            ip[ATTEMPT_IP_CAP];
    attempt_peer_ip(fd, ip);
    bool is_here = forward_loop_is_to_this_host(fd) || is_near(ip);
    if (a->first == ATTEMPT_NOWHERE)
        a->first = is_here ? ATTEMPT_HERE : ATTEMPT_ELSEWHERE;
    if (!is_here || a->first == ATTEMPT_HERE)
        return NULL;
    return err_new(E_HTTP_DATA_INVALID, "%s leads to %s, which is this host or its link", a->url, ip);
}

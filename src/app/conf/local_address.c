#include "app/conf/local_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stddef.h>

static bool counts(const struct ifaddrs *a, int family, bool loopback)
{
    return a->ifa_addr && a->ifa_addr->sa_family == family && (a->ifa_flags & IFF_UP) && (a->ifa_flags & IFF_RUNNING) &&
           !(a->ifa_flags & IFF_POINTOPOINT) && !(a->ifa_flags & IFF_LOOPBACK) == !loopback;
}

static int count(const struct ifaddrs *all, bool loopback)
{
    int n = 0;
    for (const struct ifaddrs *a = all; a; a = a->ifa_next)
        n += counts(a, AF_INET, loopback) || counts(a, AF_INET6, loopback);
    return n;
}

int local_address_count_in(const struct ifaddrs *all)
{
    int n = count(all, false);
    return n ? n : count(all, true);
}

static const struct ifaddrs *find(const struct ifaddrs *all, int index, bool loopback)
{
    static const int families[] = { AF_INET, AF_INET6 };
    for (int i = 0; i < 2; i++)
        for (const struct ifaddrs *a = all; a; a = a->ifa_next)
            if (counts(a, families[i], loopback) && index-- == 0)
                return a;
    return NULL;
}

static const void *bytes_of(const struct sockaddr *addr)
{
    return addr->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)addr)->sin_addr
                                      : &((const struct sockaddr_in6 *)addr)->sin6_addr;
}

bool local_address_find_in(const struct ifaddrs *all, int index, char ip[static INET6_ADDRSTRLEN])
{
    const struct ifaddrs *a = find(all, index, count(all, false) == 0);
    return a && inet_ntop(a->ifa_addr->sa_family, bytes_of(a->ifa_addr), ip, INET6_ADDRSTRLEN);
}

int local_address_count(void)
{
    struct ifaddrs *all;
    if (getifaddrs(&all))
        return 0;
    int n = local_address_count_in(all);
    freeifaddrs(all);
    return n;
}

bool local_address_find(int index, char ip[static INET6_ADDRSTRLEN])
{
    struct ifaddrs *all;
    if (getifaddrs(&all))
        return false;
    bool is_found = local_address_find_in(all, index, ip);
    freeifaddrs(all);
    return is_found;
}

#include "protocol/multicast.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "protocol/io.h"

static const struct in6_addr *ipv6_of(const struct sockaddr *addr)
{
    return &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
}

static in_addr_t ipv4_of(const struct sockaddr *addr)
{
    return ((const struct sockaddr_in *)(const void *)addr)->sin_addr.s_addr;
}

bool multicast_is_group(const struct sockaddr *addr)
{
    return addr->sa_family == AF_INET6 ? IN6_IS_ADDR_MULTICAST(ipv6_of(addr)) : IN_MULTICAST(ntohl(ipv4_of(addr)));
}

static void copy_addr(struct sockaddr_storage *to, const struct sockaddr *from)
{
    memcpy(to, from, from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

/* Read the address of a sender, of the family of the group. */
static bool read_source(struct sockaddr_storage *to, int family, const char *text)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    struct sockaddr_in  *v4 = (struct sockaddr_in *)to;
    to->ss_family = (sa_family_t)family;
    return inet_pton(family, text, family == AF_INET6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) == 1;
}

static struct err *set(int fd, int level, int option, const void *value, size_t len, const struct sockaddr *group)
{
    char text[IO_ADDR_CAP];
    if (setsockopt(fd, level, option, value, (socklen_t)len) == 0 || errno == EADDRINUSE)
        return NULL; /* EADDRINUSE: it hears the group already. */
    return err_sys(E_SOCKET_CREATE, "join the multicast group %s", io_addr_text(group, text));
}

static struct err *join_source(int fd, int level, const struct sockaddr *group, unsigned index, const char *source)
{
    struct group_source_req request = { .gsr_interface = index };
    if (!read_source(&request.gsr_source, group->sa_family, source))
        return err_new(E_SOCKET_CREATE, "multicast_source %s is no address of the group's family", source);
    copy_addr(&request.gsr_group, group);
    return set(fd, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request, group);
}

/* Do not hear groups that other sockets of this host have joined. */
static void hear_own_groups_only(int fd, int level)
{
    static const int off = 0;
    setsockopt(fd, level, level == IPPROTO_IPV6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL, &off, sizeof off);
}

struct err *multicast_join(int fd, const struct sockaddr *group, const char *interface, char *const *sources,
                           size_t n_sources)
{
    int              level = group->sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    struct group_req request = { .gr_interface = *interface ? if_nametoindex(interface) : 0 };
    struct err      *e = NULL;
    if (*interface && !request.gr_interface)
        return err_new(E_SOCKET_CREATE, "multicast_interface %s is no interface", interface);
    hear_own_groups_only(fd, level);
    copy_addr(&request.gr_group, group);
    if (n_sources == 0)
        return set(fd, level, MCAST_JOIN_GROUP, &request, sizeof request, group);
    for (size_t i = 0; i < n_sources && !e; i++)
        e = join_source(fd, level, group, request.gr_interface, sources[i]);
    return e;
}

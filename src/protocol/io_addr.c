/* Addresses as texts: the functions of io.h that need no coroutine. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/str.h"
#include "protocol/io.h"

const char *io_addr_host(const struct sockaddr *addr, char *buf, size_t cap)
{
    if (addr->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)addr)->sin_addr, buf, (socklen_t)cap);
    } else if (addr->sa_family == AF_INET6) {
        const struct in6_addr *a = &((const struct sockaddr_in6 *)addr)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(a))
            inet_ntop(AF_INET, &a->s6_addr[12], buf, (socklen_t)cap);
        else
            inet_ntop(AF_INET6, a, buf, (socklen_t)cap);
    } else {
        str_copy(buf, cap, "unknown");
    }
    return buf;
}

const char *io_local_host(const struct io *io, char *buf, size_t cap)
{
    struct sockaddr_storage local = { 0 };
    socklen_t               len = sizeof local;
    getsockname(io->fd, (struct sockaddr *)&local, &len);
    return io_addr_host((struct sockaddr *)&local, buf, cap);
}

uint16_t io_addr_port(const struct sockaddr *addr)
{
    bool v6 = addr->sa_family == AF_INET6;
    return ntohs(v6 ? ((const struct sockaddr_in6 *)addr)->sin6_port : ((const struct sockaddr_in *)addr)->sin_port);
}

const char *io_addr_join(const char *host, uint16_t port, char buf[static IO_ADDR_CAP])
{
    snprintf(buf, IO_ADDR_CAP, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    return buf;
}

const char *io_addr_text(const struct sockaddr *addr, char buf[static IO_ADDR_CAP])
{
    char host[INET6_ADDRSTRLEN];
    io_addr_host(addr, host, sizeof host);
    return io_addr_join(host, io_addr_port(addr), buf);
}

/**
 * The address of a peer, in 32 bytes.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTC_ADDR_H
#define PROTOCOL_RTC_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* All of it is defined, padding too, so that it may be a key of a map. */
struct rtc_addr {
    union {
        struct sockaddr     any;
        struct sockaddr_in  v4;
        struct sockaddr_in6 v6;
    };
    uint16_t len;    /* of the address; 0: none */
    uint16_t is_tcp; /* 1: the other end of a TCP connection, which is another address than the same one of datagrams */
};

/** The address that a socket call gave; `len` 0 in the result if it is of another family. The flow label is left out. */
static inline struct rtc_addr rtc_addr_of(const struct sockaddr_storage *from)
{
    struct rtc_addr a;
    memset(&a, 0, sizeof a);
    a.len = from->ss_family == AF_INET ? sizeof a.v4 : from->ss_family == AF_INET6 ? sizeof a.v6 : 0;
    memcpy(&a.v6, from, a.len);
    if (a.len == sizeof a.v6)
        a.v6.sin6_flowinfo = 0;
    return a;
}

/** True if they are the same address, port and transport. */
static inline bool rtc_addr_is(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/** True if they are of one host and transport, whatever their ports are. */
static inline bool rtc_addr_is_at(const struct rtc_addr *a, const struct rtc_addr *b)
{
    if (a->len == 0 || a->len != b->len || a->is_tcp != b->is_tcp || a->any.sa_family != b->any.sa_family)
        return false;
    return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr
                                       : memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

#endif

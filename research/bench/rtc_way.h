/**
 * The way of one viewer over WebRTC: a socket of datagrams, or a TCP connection that carries packets with their lengths before them.
 *
 * Source     RFC 4571 2, RFC 6544 3
 */
#ifndef BENCH_RTC_WAY_H
#define BENCH_RTC_WAY_H

#include <netinet/in.h>
#include <openssl/bio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rtc_way {
    int      fd; /* -1: closed; it does not block */
    bool     is_tcp;
    size_t   at, end; /* what of `in` has been received and not been taken */
    uint8_t *in;      /* of a TCP connection */
};

/** Connect. False: it did not succeed, and nothing is to be closed. */
bool rtc_way_open(struct rtc_way *w, const struct sockaddr_in *to, bool is_tcp);
void rtc_way_close(struct rtc_way *w);

/** Send a packet. False: the socket does not take it whole. */
bool rtc_way_send(struct rtc_way *w, const uint8_t *bytes, size_t len);

/** Take the next packet. Returns its length; 0: none is there; -1: the way is lost, and `errno` says why. */
ssize_t rtc_way_receive(struct rtc_way *w, uint8_t *bytes, size_t cap);

/** A BIO that reads and writes packets. Dies without memory. */
BIO *rtc_way_bio(struct rtc_way *w);

#endif

/**
 * One viewer over WebRTC: the session is opened by WHEP, then ICE, DTLS and SRTP as a browser does them, without a line of the server's
 * own code for them but the messages of STUN.
 *
 *     rtc_viewer_open(&v, &target)                   asks the server, which answers at once; sends the first check
 *     with the socket readable:  rtc_viewer_read(&v, &tally)
 *     each 50 ms or so:          rtc_viewer_tick(&v, now)
 *
 * Packets are counted by their heads, which are plain; sampled viewers decrypt the video and read the stamp in it.
 *
 * Source     WHEP (draft-ietf-wish-whep); RFC 8445 7.2 (checks); RFC 5764 4.2 (keys)
 * Units      microseconds of now_us()
 */
#ifndef BENCH_RTC_VIEWER_H
#define BENCH_RTC_VIEWER_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "rtc_way.h"

enum rtc_phase { RTC_CHECKING, RTC_HANDSHAKE, RTC_PLAYING };

struct rtc_viewer {
    struct rtc_way way;
    enum rtc_phase phase;
    bool           sampled;
    bool           leaves; /* as soon as it is connected: it has then joined */
    const char    *failure;
    char           remote_ufrag[64], remote_pwd[128];
    uint8_t        id[12]; /* of the last check */
    SSL           *ssl;
    srtp_t         srtp; /* of a sampled viewer */
    int64_t        opened_us, joined_us, checked_us;
    uint16_t       seq; /* of the last packet of the video */
    bool           has_seq;
};

/* What viewers have seen since the measuring began; `joined` and `failed` since the start. */
struct rtc_tally {
    uint64_t         joined, failed, bytes, packets, lost;
    const char      *why; /* the first failure */
    struct histogram join, latency;
};

/* Where sessions are opened: http://ADDRESS:PORT and the path with its query. */
struct rtc_target {
    struct sockaddr_in addr;
    const char        *path;
    bool               is_tcp; /* Media go over TCP. */
};

/** Make the certificate that all viewers share. Dies without one. */
void rtc_viewers_begin(void);

/** Open the session and send the first check. A failure is in v->failure. */
void rtc_viewer_open(struct rtc_viewer *v, const struct rtc_target *target, struct rtc_tally *tally);

/** Read all datagrams that are there. */
void rtc_viewer_read(struct rtc_viewer *v, struct rtc_tally *tally);

/** Send what is due again: checks, and what DTLS has lost. */
void rtc_viewer_tick(struct rtc_viewer *v, struct rtc_tally *tally, int64_t now);

/** Close the socket, and free what the viewer has. */
void rtc_viewer_close(struct rtc_viewer *v);

#endif

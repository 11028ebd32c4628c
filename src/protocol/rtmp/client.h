/**
 * The client's end of an RTMP conversation: play a stream of another server, or publish one to it; RTMP and RTMPS.
 *
 *     struct rtmp_client_target t = { .url = "rtmp://h/live/s?k=v" };
 *     rtmp_client_open(&c, &t, deadline)                      connected, and admitted by connect
 *     rtmp_client_play(&c, NULL, deadline)                    rtmp_client_publish(&c, deadline)
 *         rtmp_client_read(&c, &msg, &news, deadline) …           rtmp_client_write(&c, &out, deadline) …
 *                                                                 rtmp_client_listen(&c) between two messages
 *     rtmp_client_leave(&c, deadline)                         the end in good order; after an error there is none
 *     rtmp_client_close(&c)
 *
 * A relay that plays (a pull, an edge) gives what rtmp_client_read() returns to a feed (app/source/feed.h). One that
 * publishes (a forward, an edge) is a player of its source whose bytes go to c.io: a sender (app/live/sender.h) over a wire of
 * .format = &rtmp_wire, .chunk_size = c.link.out_chunk_size, .msid = c.msid. Between two batches, when c.io is readable and no
 * frame is half written, it calls rtmp_client_listen(); when a write has failed, rtmp_client_last_words().
 * test/unit/app/rtmp/rtmp_wire_test.c is such a relay.
 *
 * Refusals are errors that tell the server's own words (answer.h). After E_CONTROL_REDIRECT, which any of the functions may
 * return, c.moved_to is the URL to go to; the owner of the connection follows it, a bounded number of times.
 *
 * Names are looked up off the loop and all addresses of a name are tried. Nothing of the server's is kept but texts within
 * named bounds; whatever it sends or leaves unsent, a function returns at its deadline.
 *
 * Source     RTMP 1.0, 7.2; FCPublish, releaseStream and FCUnpublish as Flash Media Live Encoder sends them
 * Units      deadlines are absolute now_us() times
 * Ownership  struct rtmp_client must stay where it is between open and close, in one coroutine. After an error, that of open
 *            too, rtmp_client_close() is all there is left to do.
 * Errors     those of dial.h, tls.h, link.h, address.h, handshake.h and answer.h
 * Yields     every function that takes a deadline, and rtmp_client_listen()
 */
#ifndef PROTOCOL_RTMP_CLIENT_H
#define PROTOCOL_RTMP_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/io.h"
#include "protocol/rtmp/address.h"
#include "protocol/rtmp/answer.h"
#include "protocol/rtmp/handshake.h"
#include "protocol/rtmp/link.h"

struct tls_ctx;

enum { RTMP_CLIENT_CHUNK_SIZE = 60000 /* the size that servers know from relays */ };

/** Whom to connect to and what to say. Only the url must be there. */
struct rtmp_client_target {
    const char     *url;                /* rtmp[s]://host[:port]/app/stream[?param] */
    const char     *tc_url;             /* of connect; NULL: made of the url. An edge names its vhost by it */
    const char     *page_url, *swf_url; /* NULL: "" */
    const uint8_t  *args;               /* the second object of connect, as AMF0; NULL: none */
    size_t          args_len;
    struct tls_ctx *tls;        /* for rtmps://; NULL: that is an error */
    uint32_t        chunk_size; /* of what we send, 128..65536; 0: RTMP_CLIENT_CHUNK_SIZE */
    bool            plain;      /* a handshake without digest */
    bool            no_fc;      /* publish without releaseStream, FCPublish and FCUnpublish, as SRS's own relays do */
};

/** What a server tells about itself in the answer to connect; "" and -1 when it does not. */
struct rtmp_client_peer {
    char    server[64], ip[INET6_ADDRSTRLEN], id[RTMP_PEER_ID_CAP];
    int64_t pid;
};

struct rtmp_client {
    struct rtmp_link         link;
    struct io                io;
    struct rtmp_address      address;
    struct rtmp_client_peer  peer;
    enum rtmp_handshake_kind handshake;
    uint32_t                 tid, msid; /* of the last call; of the stream, 0: none */
    bool                     publishes, no_fc;
    char                    *moved_to; /* by E_CONTROL_REDIRECT; NULL: never */
};

/** Connect, TLS, handshake, connect with its arguments. Borrows the target until it returns. */
struct err *rtmp_client_open(struct rtmp_client *c, const struct rtmp_client_target *t,
                             int64_t deadline_us) ATTR_MUST_USE;

/** The same over a socket that is connected already, which it takes, also after an error. */
struct err *rtmp_client_open_over(struct rtmp_client *c, const struct rtmp_client_target *t, int fd,
                                  int64_t deadline_us) ATTR_MUST_USE;

/** Takes one that is all zero. Does not yield. */
void rtmp_client_close(struct rtmp_client *c);

/** Which part of a stream to play. A server of live streams heeds duration_ms alone, or nothing. */
struct rtmp_client_part {
    double   start_ms, duration_ms; /* RTMP_PLAY_START, RTMP_PLAY_DURATION: as it is, to its end */
    uint32_t buffer_ms;             /* what the server is told that we buffer */
};

/** Play the stream of the target's URL; `part` NULL: all of it. Returns when the server has accepted, or sends media. */
struct err *rtmp_client_play(struct rtmp_client *c, const struct rtmp_client_part *part,
                             int64_t deadline_us) ATTR_MUST_USE;

/** Publish the stream of the target's URL. Returns when the server has accepted: media may follow. */
struct err *rtmp_client_publish(struct rtmp_client *c, int64_t deadline_us) ATTR_MUST_USE;

/** What a message from the server means. */
enum rtmp_client_news {
    RTMP_NEWS_NONE,  /* nothing for the caller */
    RTMP_NEWS_MEDIA, /* audio, video, or data of the stream */
    RTMP_NEWS_BEGUN, /* the stream is published (again) */
    RTMP_NEWS_ENDED, /* the stream has ended; the connection has not, and the stream may begin again */
};

/**
 * The next message of the stream that is played, or what the server says of it; never RTMP_NEWS_NONE.
 *
 * Ownership  msg->payload is the caller's; it is NULL for all but RTMP_NEWS_MEDIA
 * Errors     E_END_OF_STREAM when the server closes the connection, and the refusals
 */
struct err *rtmp_client_read(struct rtmp_client *c, struct rtmp_message *msg, enum rtmp_client_news *news,
                             int64_t deadline_us) ATTR_MUST_USE;

/**
 * What one message means that the caller has read from c->link by itself (app/rtmp/intake.h does). Does not yield.
 *
 * Errors     the refusals; E_RTMP_AMF0_DECODE
 */
struct err *rtmp_client_judge(struct rtmp_client *c, const struct rtmp_message *msg,
                              enum rtmp_client_news *news) ATTR_MUST_USE;

/**
 * While publishing: handle what the server has said by now, without waiting for more. Nearly free when it has said nothing.
 *
 * Errors     E_END_OF_STREAM, the refusals: the server has had enough
 */
struct err *rtmp_client_listen(struct rtmp_client *c) ATTR_MUST_USE;

/**
 * Writing has failed with `e`: the server's refusal in place of it, if it has said one before it closed. Takes `e`.
 * rtmp_client_write() asks by itself.
 */
struct err *rtmp_client_last_words(struct rtmp_client *c, struct err *e) ATTR_MUST_USE;

/** Write one whole message of the stream; csid, type, time and body are the caller's, msid is ours. Borrows the body. */
struct err *rtmp_client_write(struct rtmp_client *c, const struct rtmp_out *m, int64_t deadline_us) ATTR_MUST_USE;

/**
 * End the stream in good order (FCUnpublish, deleteStream), and wait until the server has taken all of it and closes, or
 * for the deadline. Failures are not told, because rtmp_client_close() follows in any case. A coroutine that has been cancelled
 * waits for nothing: the server finds the connection closed.
 */
void rtmp_client_leave(struct rtmp_client *c, int64_t deadline_us);

#endif

/**
 * The client's end of an RTMP conversation: play a stream of another server, or publish one to it; RTMP and RTMPS.
 *
 *     struct rtmp_client_target t = { .url = "rtmp://h/live/s?k=v" };
 *     rtmp_client_open(&c, &t, deadline)                      connected, and admitted by connect
 *     rtmp_client_play(&c, NULL, deadline)                    rtmp_client_publish(&c, deadline)
 *         rtmp_client_read(&c, &msg, &news, deadline) …           rtmp_client_write(&c, &out, deadline) …
 *                                                                 rtmp_client_listen(&c) between two messages
 *     rtmp_client_leave(&c, deadline)                         end in good order; not called after an error
 *     rtmp_client_close(&c)
 *
 * A relay that plays (a pull, an edge) passes the messages of rtmp_client_read() to a feed (app/source/feed.h). A relay that
 * publishes (a forward, an edge) is a player of its source whose bytes go to c.io: a sender (app/live/sender.h) over a wire of
 * .format = &rtmp_wire, .chunk_size = c.link.out_chunk_size, .msid = c.msid. Between two batches, when c.io is readable and no
 * frame is half written, it calls rtmp_client_listen(). When a write has failed, it calls rtmp_client_last_words().
 * test/unit/app/rtmp/rtmp_wire_test.c is such a relay.
 *
 * A server that asks for a user and a password in Adobe's way (authmod_client.h) gets those of the URL, by further connections.
 *
 * Refusals are errors with the server's own words (answer.h). Any of the functions may return E_CONTROL_REDIRECT; then c.moved_to
 * is the URL to connect to, and the owner of the connection follows it, a bounded number of times (rtmp_client_take_redirect()).
 *
 * Names are resolved off the loop, and all addresses of a name are tried. Texts that are kept from the server have named bounds.
 * Every function returns at its deadline, whatever the server sends or fails to send.
 *
 * Source     RTMP 1.0, 7.2; FCPublish, releaseStream and FCUnpublish of Flash Media Live Encoder
 * Units      deadlines are absolute now_us() times
 * Ownership  struct rtmp_client must not move between open and close, and belongs to one coroutine. After an error, also of
 *            open, only rtmp_client_close() may be called
 * Errors     those of dial.h, tls.h, link.h, address.h, handshake.h and answer.h
 * Yields     every function that takes a deadline, and rtmp_client_listen()
 */
#ifndef PROTOCOL_RTMP_CLIENT_H
#define PROTOCOL_RTMP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/io.h"
#include "protocol/rtmp/address.h"
#include "protocol/rtmp/answer.h"
#include "protocol/rtmp/authmod_client.h"
#include "protocol/rtmp/handshake.h"
#include "protocol/rtmp/link.h"
#include "protocol/rtmp/peer.h"

struct tls_ctx;

enum { RTMP_CLIENT_CHUNK_SIZE = 60000 /* the usual size of relays */, RTMP_CLIENT_REFUSAL_CAP = 256 };

/** The server to connect to, and the arguments of connect. Only the url is required. */
struct rtmp_client_target {
    const char    *url;    /* rtmp[s]://host[:port]/app/stream[?param] */
    const char    *stream; /* its name with its parameters, if the URL ends with the app; NULL: the URL has it */
    const char    *tc_url; /* tcUrl of connect, by which an edge names its vhost; NULL: made from the url */
    const char    *page_url, *swf_url; /* NULL: "" */
    const uint8_t *args;               /* the second object of connect, as AMF0; NULL: none */
    size_t         args_len;
    /* What is added to the second object (peer.h). */
    const char     *own_id;    /* who we are, and this as srs_id; NULL: not told */
    const char     *client_ip; /* for whom we ask; NULL: nobody */
    const char     *path;      /* the servers that ask, one after another, as srs_path; NULL: not told */
    struct tls_ctx *tls;       /* TLS context; NULL: an rtmps:// URL is an error */
    /* Asked when the socket is connected, before a byte goes out; its error ends the opening. It must not yield. NULL: nobody */
    struct err *(*judge)(void *arg, int fd);
    void    *judge_arg;
    uint32_t chunk_size; /* chunk size of our messages, 128..65536; 0: RTMP_CLIENT_CHUNK_SIZE */
    bool     plain;      /* Make the handshake without digest. */
    bool     no_fc;      /* Publish without releaseStream, FCPublish and FCUnpublish, as the relays of SRS do. */
};

struct rtmp_client {
    struct rtmp_link         link;
    struct io                io;
    struct rtmp_address      address;
    struct rtmp_peer         peer; /* the server, by its answer to connect */
    enum rtmp_handshake_kind handshake;
    uint32_t                 tid, msid; /* transaction id of the last call; message stream id, 0: none */
    bool                     publishes, no_fc;
    struct authmod_demand    demand;       /* what E_AUTH_REQUIRED wants */
    char                    *moved_to;     /* URL of a redirect (E_CONTROL_REDIRECT); NULL: none */
    char refusal[RTMP_CLIENT_REFUSAL_CAP]; /* what the server has said to its last refusal; "": nothing */
};

/** Connect the socket, begin TLS, make the handshake and call connect. Borrows the target until it returns. */
struct err *rtmp_client_open(struct rtmp_client *c, const struct rtmp_client_target *t,
                             int64_t deadline_us) ATTR_MUST_USE;

/** Open over a socket that is connected already. Takes the socket, also after an error. */
struct err *rtmp_client_open_over(struct rtmp_client *c, const struct rtmp_client_target *t, int fd,
                                  int64_t deadline_us) ATTR_MUST_USE;

/** Close the connection. Takes a client that is all zero. Does not yield. */
void rtmp_client_close(struct rtmp_client *c);

/**
 * If *e is a redirect, free it, close the connection, and return the URL to connect to; otherwise NULL, and nothing is done. A server
 * that was asked over TLS may not lead to one without: such a redirect stays an error. Does not yield.
 *
 * Ownership  the URL is the caller's, mem_free()
 */
char *rtmp_client_take_redirect(struct rtmp_client *c, struct err **e);

/** The part of a stream to play. A server of live streams respects only duration_ms, or nothing. */
struct rtmp_client_part {
    double   start_ms, duration_ms; /* RTMP_PLAY_START, RTMP_PLAY_DURATION: the live stream, to its end */
    uint32_t buffer_ms;             /* buffer length that is announced to the server */
};

/** Play the stream of the target's URL; `part` NULL: the whole stream. Returns when the server has accepted or sends media. */
struct err *rtmp_client_play(struct rtmp_client *c, const struct rtmp_client_part *part,
                             int64_t deadline_us) ATTR_MUST_USE;

/** Publish the stream of the target's URL. Returns when the server has accepted; then media may follow. */
struct err *rtmp_client_publish(struct rtmp_client *c, int64_t deadline_us) ATTR_MUST_USE;

/** The meaning of a message from the server. */
enum rtmp_client_news {
    RTMP_NEWS_NONE,  /* nothing for the caller */
    RTMP_NEWS_MEDIA, /* audio, video, or data of the stream */
    RTMP_NEWS_BEGUN, /* The stream is published, or published again. */
    RTMP_NEWS_ENDED, /* The stream has ended. The connection lives on, and the stream may begin again. */
};

/**
 * Wait for the next message of the played stream, or for news about it; never RTMP_NEWS_NONE.
 *
 * Ownership  the caller owns msg->payload; it is NULL unless the news is RTMP_NEWS_MEDIA
 * Errors     E_END_OF_STREAM when the server closes the connection, and the refusals
 */
struct err *rtmp_client_read(struct rtmp_client *c, struct rtmp_message *msg, enum rtmp_client_news *news,
                             int64_t deadline_us) ATTR_MUST_USE;

/**
 * Judge a message that the caller has read from c->link itself, as app/rtmp/intake.h does. Does not yield.
 *
 * Errors     the refusals; E_RTMP_AMF0_DECODE
 */
struct err *rtmp_client_judge(struct rtmp_client *c, const struct rtmp_message *msg,
                              enum rtmp_client_news *news) ATTR_MUST_USE;

/**
 * Handle messages that the server has sent to a publisher, without waiting for more. Nearly free if there are none. Of a server that
 * sends without end only some are read, so that the publisher goes on; the next call goes on with the others.
 *
 * Errors     E_END_OF_STREAM, the refusals: the server does not want the stream any more
 */
struct err *rtmp_client_listen(struct rtmp_client *c) ATTR_MUST_USE;

/**
 * Returns the refusal that the server sent before it closed the connection, or else `e`, the error of a failed write. Takes `e`.
 * rtmp_client_write() calls it by itself.
 */
struct err *rtmp_client_last_words(struct rtmp_client *c, struct err *e) ATTR_MUST_USE;

/** Write one whole message of the stream. The caller sets csid, type, time and body; msid is filled in. Borrows the body. */
struct err *rtmp_client_write(struct rtmp_client *c, const struct rtmp_out *m, int64_t deadline_us) ATTR_MUST_USE;

/**
 * End the stream in good order (FCUnpublish, deleteStream), and wait until the server has received everything and closes, or
 * until the deadline. Failures are not reported, because rtmp_client_close() follows in any case. A cancelled coroutine does not
 * wait: the server finds the connection closed.
 */
void rtmp_client_leave(struct rtmp_client *c, int64_t deadline_us);

#endif

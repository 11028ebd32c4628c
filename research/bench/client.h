/**
 * An RTMP client on a non-blocking socket, from connect() to the first media: the conversation that players and
 * publishers have in common, step by step as real ones have it.
 *
 *     client_open(&c, &target, number, CLIENT_PLAY, ...)
 *     on EPOLLOUT, once:         client_connected(&c)
 *     with bytes received:       in = rd_over(buf, n);
 *                                while (client_next(&c, &in, &message)) ...media, once c.phase is CLIENT_RUNNING
 *     c.failure set:             it is over, for that reason
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "chunk_scan.h"
#include "tool.h"

enum client_role { CLIENT_PLAY, CLIENT_PUBLISH };

enum client_phase {
    CLIENT_CONNECTING,
    CLIENT_TLS,       /* its handshake */
    CLIENT_HANDSHAKE, /* C0C1 sent */
    CLIENT_CONNECT,   /* connect sent */
    CLIENT_CREATE,    /* createStream sent */
    CLIENT_START,     /* play or publish sent */
    CLIENT_RUNNING,   /* and accepted */
};

struct client_handshake;

struct client {
    int                      fd; /* -1: closed */
    enum client_role         role;
    enum client_phase        phase;
    int                      number; /* for the `%d` of the target */
    bool                     digest; /* begin with a digest handshake */
    uint32_t                 msid, ack_window;
    uint64_t                 bytes_in, acked;
    const struct target     *target;
    struct client_handshake *handshake; /* while it lasts */
    struct tls_socket       *tls;       /* NULL: plain */
    const char              *failure;
    struct chunk_scan        scan;
};

/** Start to connect. A failure is in c->failure. */
void client_open(struct client *c, const struct target *t, int number, enum client_role role, bool digest,
                 int receive_buffer);

/** The socket is writable for the first time. */
void client_connected(struct client *c);

/** As recv(). During the handshake of TLS there is nothing: EAGAIN. */
ssize_t client_receive(struct client *c, void *buf, size_t cap);

/** The next message; what belongs to the conversation has been answered already. */
bool client_next(struct client *c, struct rd *in, struct scanned *message);

/** `n` bytes have come: acknowledge them when the server's window says so. */
void client_acknowledge(struct client *c, size_t n);

/** All or nothing: for small messages. */
void client_send(struct client *c, const void *bytes, size_t len);

/** Close the socket, keep the rest for the report. */
void client_close(struct client *c);

#endif

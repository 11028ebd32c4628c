/**
 * An RTMP client on a non-blocking socket, from connect() to the first media: the part of the conversation that players and
 * publishers share, with the steps of real clients.
 *
 *     client_open(&c, &target, number, CLIENT_PLAY, ...)
 *     on EPOLLOUT, once:         client_connected(&c)
 *     with bytes received:       in = rd_over(buf, n);
 *                                while (client_next(&c, &in, &message)) ...media, once c.phase is CLIENT_RUNNING
 *     c.failure set:             the client has ended, for that reason
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
    CLIENT_TLS,       /* the handshake of TLS is under way */
    CLIENT_HANDSHAKE, /* C0C1 sent */
    CLIENT_CONNECT,   /* connect sent */
    CLIENT_CREATE,    /* createStream sent */
    CLIENT_START,     /* play or publish sent */
    CLIENT_RUNNING,   /* play or publish accepted */
};

struct client_handshake;

struct client {
    int                      fd; /* -1: closed */
    enum client_role         role;
    enum client_phase        phase;
    int                      number; /* takes the place of `%d` in the target */
    bool                     digest; /* begin with a digest handshake */
    uint32_t                 msid, ack_window;
    uint64_t                 bytes_in, acked;
    const struct target     *target;
    struct client_handshake *handshake; /* NULL after the handshake */
    struct tls_socket       *tls;       /* NULL: plain */
    const char              *failure;
    struct chunk_scan        scan;
};

/** Start to connect. A failure is in c->failure. */
void client_open(struct client *c, const struct target *t, int number, enum client_role role, bool digest,
                 int receive_buffer);

/** The socket is writable for the first time. */
void client_connected(struct client *c);

/** Receive like recv(). During the handshake of TLS the result is EAGAIN. */
ssize_t client_receive(struct client *c, void *buf, size_t cap);

/** Read the next message. Messages of the conversation have been answered already. */
bool client_next(struct client *c, struct rd *in, struct scanned *message);

/** Count `n` received bytes, and acknowledge when the server's window asks for it. */
void client_acknowledge(struct client *c, size_t n);

/** Send a small message: all of it or nothing. */
void client_send(struct client *c, const void *bytes, size_t len);

/** Close the socket, keep the rest for the report. */
void client_close(struct client *c);

#endif

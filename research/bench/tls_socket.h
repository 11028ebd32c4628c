/**
 * The client's side of TLS on a non-blocking socket. Certificates are not checked, because the tools talk to servers that the
 * bench has started itself.
 *
 * Ownership  the socket stays the caller's
 * Errors     like recv() and send(): -1 and errno, EAGAIN when it has to wait
 */
#ifndef BENCH_TLS_SOCKET_H
#define BENCH_TLS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls_socket;

/** Begin TLS on a connected socket; NULL: out of memory. */
struct tls_socket *tls_socket_open(int fd);
void               tls_socket_close(struct tls_socket *t); /* takes NULL */

/** Go on with the handshake: 1 when it is done, -1 and errno otherwise. */
int tls_socket_shake(struct tls_socket *t);

/** Receive all whole records that have come. With `cap` below TLS_SOCKET_RECORD_MAX nothing is received. */
ssize_t tls_socket_receive(struct tls_socket *t, void *buf, size_t cap);
ssize_t tls_socket_send(struct tls_socket *t, const void *bytes, size_t len);

enum { TLS_SOCKET_RECORD_MAX = 16 << 10 }; /* RFC 8446, 5.1 */

#endif

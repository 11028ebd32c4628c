/**
 * The client's side of TLS on a non-blocking socket. Certificates are not looked at: the tools talk to servers that
 * the bench has started itself.
 *
 * Ownership  the socket stays the caller's
 * Errors     as recv() and send() have them: -1 and errno, EAGAIN when it has to wait
 */
#ifndef BENCH_TLS_SOCKET_H
#define BENCH_TLS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls_socket;

/** For a socket that is connected; NULL: out of memory. */
struct tls_socket *tls_socket_open(int fd);
void               tls_socket_close(struct tls_socket *t); /* takes NULL */

/** Go on with the handshake: 1 when it is done, -1 and errno otherwise. */
int tls_socket_shake(struct tls_socket *t);

/** All that is there, in whole records: `cap` of less than TLS_SOCKET_RECORD_MAX receives nothing. */
ssize_t tls_socket_receive(struct tls_socket *t, void *buf, size_t cap);
ssize_t tls_socket_send(struct tls_socket *t, const void *bytes, size_t len);

enum { TLS_SOCKET_RECORD_MAX = 16 << 10 }; /* RFC 8446, 5.1 */

#endif

/**
 * A pool for OpenSSL's large buffers: one of about 17 KiB for each record that is being made or read, two and more for each
 * handshake.
 *
 * malloc() would place them between blocks that live on, so that a thousand handshakes at once would cost 30 KiB each for good:
 * 49 KiB a connection beside its coroutine, with the pool 19. The pool gives free memory back to the system, and keeps a few
 * buffers ready, since most of them live for one call.
 */
#ifndef PROTOCOL_TLS_BUFFERS_H
#define PROTOCOL_TLS_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>

/** Make OpenSSL use the pool. Call it before any other function of OpenSSL. False when it is too late or there is no room: then
 * malloc() stays. */
bool tls_buffers_install(void);

/** Bytes that OpenSSL holds: they are part of mem_held(). */
size_t tls_buffers_bytes(void);

/** For tests: true when a block is from the pool; the number of blocks in use. */
bool   tls_buffers_has(const void *block);
size_t tls_buffers_in_use(void);

#endif

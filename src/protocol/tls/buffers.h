/**
 * Where OpenSSL's large buffers come from: one of 16 KiB and something for each record that is being made or read, two and
 * more for each handshake.
 *
 * From malloc() they lie between what lives on, so that a thousand handshakes at once cost 30 KiB each for ever: 49 KiB a
 * connection beside its coroutine, where this makes it 19. Here they have a place of their own, which gives its memory back; a few are kept at hand, since most live for one call.
 */
#ifndef PROTOCOL_TLS_BUFFERS_H
#define PROTOCOL_TLS_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>

/** From now on; false when it is too late, or there is no room: then all stays with malloc(). Before anything of OpenSSL. */
bool tls_buffers_install(void);

/** For tests: whether a block is one of these, and how many are in use. */
bool   tls_buffers_has(const void *block);
size_t tls_buffers_in_use(void);

#endif

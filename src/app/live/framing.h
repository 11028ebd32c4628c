/**
 * The framing around the bytes of a frame: a chunk of HTTP/1.1, or a WebSocket message.
 *
 * Source     RFC 9112, 7.1 (chunked); RFC 6455, 5.2 (binary message, one frame, not masked)
 * Yields     no
 */
#ifndef APP_LIVE_FRAMING_H
#define APP_LIVE_FRAMING_H

#include <stddef.h>
#include <stdint.h>

enum framing { FRAMING_NONE, FRAMING_CHUNK, FRAMING_WEBSOCKET };

/* Longest framing: the size of a chunk in hexadecimal digits with CRLF, or a WebSocket header with a length of 64 bits. */
enum { FRAMING_BEFORE_MAX = 18, FRAMING_AFTER_MAX = 2 };

/** Write the framing before `len` bytes (at least 1); returns its length. */
size_t framing_before(enum framing framing, size_t len, uint8_t out[static FRAMING_BEFORE_MAX]);

/** The framing after the bytes: nothing, or the CRLF of a chunk. Returns its length. */
size_t framing_after(enum framing framing, const char **bytes);

#endif

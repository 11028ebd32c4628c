/**
 * The chunked transfer coding, read strictly: a form that two servers read differently could hide a request.
 *
 * Source     RFC 9112 7.1; trailer fields are skipped, extensions too
 * Ownership  pieces point into the input
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_CHUNKED_H
#define PROTOCOL_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

#include "core/rd.h"

/* Bounds of bytes that carry no data: a peer could send one byte in each chunk with a long extension, or endless trailers. */
enum { HTTP_CHUNK_LINE_MAX = 256, HTTP_TRAILER_MAX = 8 << 10 };

/** All zero at the start of a body. */
struct http_chunked {
    int      state;
    uint64_t left;     /* bytes of the chunk that are still to come; its size while that is being read */
    size_t   line_len; /* bytes of the size line, or of all trailers */
};

enum http_chunk_read {
    HTTP_CHUNK_DATA,      /* a piece of data; call again */
    HTTP_CHUNK_NEED_MORE, /* all input has been read */
    HTTP_CHUNK_END,       /* the body has ended; the rest of the input belongs to the next request */
    HTTP_CHUNK_BAD,
};

enum http_chunk_read http_chunked_read(struct http_chunked *c, struct rd *in, const uint8_t **data, size_t *len);

#endif

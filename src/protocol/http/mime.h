/**
 * Media types by the ending of a name.
 *
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_MIME_H
#define PROTOCOL_HTTP_MIME_H

#include <stdbool.h>

struct http_mime {
    const char *ending, *type;
    bool        is_text;  /* worth compressing */
    bool        is_fresh; /* playlists, pages: may be another one at the next request */
};

/** By what follows the last dot of the last segment, whatever the case of its letters; application/octet-stream for others. */
const struct http_mime *http_mime_of(const char *path);

#endif

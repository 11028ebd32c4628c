/**
 * Media types by the extension of a file's name.
 *
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_MIME_H
#define PROTOCOL_HTTP_MIME_H

#include <stdbool.h>

struct http_mime {
    const char *ending, *type;
    bool        is_text;  /* worth compressing */
    bool        is_fresh; /* playlists, pages: the content may differ at the next request */
};

/** The type of a path by its extension, without regard to case; application/octet-stream for unknown ones. */
const struct http_mime *http_mime_of(const char *path);

#endif

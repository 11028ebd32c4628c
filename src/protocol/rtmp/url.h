/**
 * The address of an RTMP stream in the spelling of a client: a vhost, an app, a stream and parameters.
 *
 * A client names its stream twice: by the tcUrl of `connect` and by the name in `publish` or `play`. Either may carry
 * parameters, either may carry a part of the other, and the vhost has five spellings:
 *
 *     rtmp://v/live                    + s              the host is the vhost
 *     rtmp://h/live?vhost=v            + s              ?domain=v means the same
 *     rtmp://h/live...vhost...v        + s
 *     rtmp://h/live                    + s?vhost=v
 *     rtmp://h/live?vhost=v/s          + nothing        the stream is guessed: the last part of the app or of the query
 *
 * The query begins at the first `?`; a `/` in a value separates nothing. The parameters of both texts are joined: those of the
 * stream name come first, then those of the tcUrl whose keys the stream name does not have. Nothing is remembered from a stream
 * that was published before on the same connection.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_URL_H
#define PROTOCOL_RTMP_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
    RTMP_URL_MAX = 4096, /* longest tcUrl; longest stream name with its parameters */
    RTMP_PORT_DEFAULT = 1935,
};

struct rtmp_url {
    const char *schema, *host, *vhost, *app, *stream; /* never NULL; an unnamed stream is "" */
    const char *param;                                /* "?k=v#fragment", unchanged; "" if there is none */
    uint16_t    port;                                 /* RTMP_PORT_DEFAULT if the tcUrl has none */
    bool        has_port;                             /* The tcUrl has a port. */
    char       *block;                                /* storage of all texts */
};

/**
 * Parse a tcUrl and a stream name.
 *
 * Shape      `stream`: NULL if none is named yet (connect); "" to guess it from the tcUrl
 * Ownership  release with rtmp_url_finish(), also after an error
 * Errors     E_RTMP_REQ_TCURL  not a URL; a control character; a vhost, a name or a path that leads upwards
 *            E_LIMIT           longer than the bounds above
 *            out of memory
 */
struct err *rtmp_url_parse(struct rtmp_url *url, const char *tc_url, const char *stream) ATTR_MUST_USE;

/** Free the texts. Takes a URL that is all zero. */
void rtmp_url_finish(struct rtmp_url *url);

#endif

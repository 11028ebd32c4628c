/**
 * From what a client says to a vhost, an app and a stream.
 *
 * A client names its stream twice: by the tcUrl of `connect` and by the name in `publish` or `play`. Either
 * may carry parameters, either may carry a part of the other, and the vhost has five spellings:
 *
 *     rtmp://v/live                    + s              the host is the vhost
 *     rtmp://h/live?vhost=v            + s              so ?domain=v
 *     rtmp://h/live...vhost...v        + s
 *     rtmp://h/live                    + s?vhost=v
 *     rtmp://h/live?vhost=v/s          +                nothing: the stream is where a `/` allows to guess it
 *
 * The query begins at the first `?`, so a `/` in a value splits nothing. The parameters of both are put
 * together, the stream's first; of the tcUrl's, those whose key the stream does not say itself. Nothing is
 * remembered from a stream published before on the same connection.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_URL_H
#define PROTOCOL_RTMP_URL_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

enum {
    RTMP_URL_MAX = 4096, /* a tcUrl; and a stream name with its parameters */
    RTMP_HOST_MAX = 255, /* RFC 1035 2.3.4; a vhost too */
    RTMP_NAME_MAX = 512, /* an app, and a stream */
    RTMP_PORT_DEFAULT = 1935,
    RTMP_IDENTITY_CAP = RTMP_HOST_MAX + 2 * (RTMP_NAME_MAX + 1) + 1,
};

#define RTMP_DEFAULT_VHOST "__defaultVhost__"
#define RTMP_DEFAULT_APP "__defaultApp__"

struct rtmp_url {
    const char *schema, *host, *vhost, *app, *stream; /* never NULL; an unnamed stream is "" */
    const char *param;                                /* "?k=v#fragment" as it came; "" when there is none */
    uint16_t    port;
    char       *block; /* holds all of them */
};

/**
 * Parse a tcUrl and a stream name.
 *
 * Shape      `stream` NULL: there is none yet (connect); "" : there is none, guess it from the tcUrl
 * Ownership  release with rtmp_url_finish(), also after an error
 * Errors     E_RTMP_REQ_TCURL  not a URL; a control character; a vhost, a name or a path that leads upwards
 *            E_LIMIT           longer than the bounds above
 *            out of memory
 */
struct err *rtmp_url_parse(struct rtmp_url *url, const char *tc_url, const char *stream) ATTR_MUST_USE;

/** Takes one that is all zero. */
void rtmp_url_finish(struct rtmp_url *url);

/**
 * How one live stream is shown: `vhost/app/stream`, the default vhost left out: `/app/stream`. The whole of the stream's
 * name counts, so `room.1` and `room.2` are two. Returns `buf`.
 */
const char *rtmp_identity(char buf[static RTMP_IDENTITY_CAP], const char *vhost, const char *app, const char *stream);

/**
 * How one live stream is found, by whatever protocol: as its identity, but with app and stream in the normal form that all their
 * spellings have in common (protocol/stream_name.h). Returns `buf`.
 */
const char *rtmp_key(char buf[static RTMP_IDENTITY_CAP], const char *vhost, const char *app, const char *stream);

#endif

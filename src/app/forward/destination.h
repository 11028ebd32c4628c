/**
 * What a word of `forward.destination`, or a URL of a backend, means for one stream.
 *
 *     host:1936                       the same vhost, app, stream and parameters on that server
 *     rtmps://host                    likewise, over TLS
 *     rtmp://host/app                 the stream under that app
 *     rtmp://host/app/name?k=v        that stream, with these parameters and no others
 *     rtmp://host/[app]/x-[stream][param]
 *
 *     whip://host, whips://host       likewise by WHIP, to /rtc/v1/whip/ of a server of our kind
 *     whips://host/app/name           that stream of it (conf/rtc_url.h)
 *     https://host/…/whip?…           by WHIP, to exactly this URL
 *
 * [vhost], [app], [stream] and [param] are the names of the published stream; [param] begins with its `?`. A URL that names an app
 * or has a query gets no parameter of the publisher by itself, because that may be a secret between it and this server.
 *
 * Yields     no
 */
#ifndef APP_FORWARD_DESTINATION_H
#define APP_FORWARD_DESTINATION_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

/* Largest number of destinations of a stream. */
enum { FORWARD_TARGETS_MAX = 32 };

/** Names of the published stream, as its publisher spells them; param: "?k=v", or "". */
struct forward_names {
    const char *vhost, *app, *stream, *param;
};

/** Arguments of an RTMP client (protocol/rtmp/client.h); with `is_whip`, the URL is for a client of WHIP (app/rtc/signal.h). */
struct forward_destination {
    bool  is_whip;
    char *url;
    char *stream; /* NULL: the last part of the URL */
    char *tc_url; /* NULL: made from the URL */
};

/**
 * Make the arguments.
 *
 * Ownership  release with forward_destination_finish(), also after an error
 * Errors     E_LIMIT: too long; out of memory. The word is not checked to be a URL: the RTMP client does that
 */
struct err *forward_destination_make(struct forward_destination *d, const char *word,
                                     const struct forward_names *names) ATTR_MUST_USE;

/** Takes a destination that is all zero. */
void forward_destination_finish(struct forward_destination *d);

#endif

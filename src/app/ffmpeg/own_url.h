/**
 * URLs of this server's own streams: how its programs reach it, and which of its streams a URL means.
 *
 * Yields     no
 */
#ifndef APP_FFMPEG_OWN_URL_H
#define APP_FFMPEG_OWN_URL_H

#include <stdbool.h>

#include "app/conf/conf.h"
#include "core/buf.h"
#include "protocol/rtmp/url.h"
#include "protocol/stream_name.h"

/** The port of the first RTMP endpoint, which is [port] of ingests; RTMP_PORT_DEFAULT if there is none. */
int own_url_port(const struct conf *conf);

/** True if an RTMP endpoint of the configuration has this port. */
bool own_url_has_port(const struct conf *conf, int port);

/**
 * Append the URL of a stream of this server: rtmp://HOST:PORT/APP/STREAM[?vhost=V], names escaped. The host is 127.0.0.1, or the address of the
 * first endpoint if that is bound to one.
 */
void own_url_put(struct buf *b, const struct conf *conf, const char *vhost, const char *app, const char *stream);

/**
 * True if an RTMP URL leads to this server: its port is one of ours, and its host is a loopback address, an address that we listen
 * on, or `own_name`, the name by which a publisher has called us ("": unknown).
 */
bool own_url_is_own(const struct conf *conf, const struct rtmp_url *url, const char *own_name);

/**
 * Write the key of the stream (stream_name_key()) that a URL means, or "" if it leads elsewhere or is no RTMP URL. Returns `key`.
 */
const char *own_url_key(char key[static STREAM_IDENTITY_CAP], const struct conf *conf, const char *url,
                        const char *own_name);

#endif

/**
 * The address that a client connects to, made from the `tcUrl` and the `app` of its connect.
 *
 * Most clients send the app in both; then the tcUrl counts. Some hardware encoders send it only in `app`:
 *
 *     tcUrl rtmp://h/live            app any      rtmp://h/live
 *     tcUrl rtmp://h:1935?vhost=v    app live     rtmp://h:1935/live?vhost=v
 *     tcUrl rtmp://h/                app live?k=v rtmp://h/live?k=v
 *     no tcUrl                       app live     rtmp://__defaultVhost__/live
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_TC_URL_H
#define PROTOCOL_RTMP_TC_URL_H

#include <stddef.h>

#include "core/err.h"
#include "protocol/rtmp/url.h"

/**
 * Complete a tcUrl. A text that is no URL is left as it is; rtmp_url_parse() refuses it.
 *
 * Shape      both texts are the peer's bytes, with a length and not terminated; length 0: absent
 * Errors     E_RTMP_REQ_CONNECT  both are absent
 *            E_LIMIT             longer than RTMP_URL_MAX, or with a NUL in it
 */
struct err *rtmp_tc_url_complete(char to[static RTMP_URL_MAX + 1], const char *tc_url, size_t tc_url_len,
                                 const char *app, size_t app_len) ATTR_MUST_USE;

#endif

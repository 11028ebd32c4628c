/**
 * Streams that would be pushed to themselves, or pulled from themselves: the other server is this one, and the stream is the same. With
 * `republish takeover` such a push would end the publisher whose stream it is.
 *
 * Yields     no
 */
#ifndef APP_FORWARD_LOOP_H
#define APP_FORWARD_LOOP_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/err.h"

struct conf;
struct rtmp_client;

/** True if both ends of the connected socket have one address: it is to this host. */
bool forward_loop_is_to_this_host(int fd);

/**
 * Check an open connection. It is to this server if it is to this host, and the port is one that this server listens on.
 *
 * Shape      key: of the stream that is pushed or pulled; tc_url: what connect has said
 * Errors     E_SYSTEM_FORWARD_LOOP; those of rtmp_url_parse()
 */
struct err *forward_loop_check(const struct conf *conf, const char *key, const struct rtmp_client *c,
                               const char *tc_url) ATTR_MUST_USE;

/**
 * Check a connection for a URL of WHIP or WHEP, whose query names the stream as this server's own URLs do: `app`, `stream`, `vhost`.
 *
 * Errors     E_SYSTEM_FORWARD_LOOP
 */
struct err *forward_loop_check_rtc(const struct conf *conf, const char *key, const char *url, int fd) ATTR_MUST_USE;

#endif

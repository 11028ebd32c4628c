/**
 * Streams that would be pushed to themselves: the target is this server, and names the very stream. With `republish takeover` the push
 * would end the publisher whose stream it is.
 *
 * Yields     no
 */
#ifndef APP_FORWARD_LOOP_H
#define APP_FORWARD_LOOP_H

#include "core/attr.h"
#include "core/err.h"

struct rtmp_client;
struct source;

/**
 * Check an open connection. It is to this server if both its ends have one address, and the port is one that this server listens on.
 *
 * Shape      tc_url: what connect has said
 * Errors     E_SYSTEM_FORWARD_LOOP; those of rtmp_url_parse()
 */
struct err *forward_loop_check(const struct source *s, const struct rtmp_client *c, const char *tc_url) ATTR_MUST_USE;

#endif

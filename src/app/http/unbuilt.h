/**
 * Replies on paths of features that are not built yet: 501 and a text that says what is missing and what is there.
 *
 * Yields     the functions that reply
 */
#ifndef APP_HTTP_UNBUILT_H
#define APP_HTTP_UNBUILT_H

#include "protocol/http/exchange.h"

/** True for a path that is such a feature's whatever files there are. Does not yield. */
bool http_unbuilt_owns(const char *path);

/** The reply on such a path, and where no file is: 501 with the text on a path of the table (conf/unbuilt.h), else 404. */
struct err *http_unbuilt_reply(struct http_exchange *x) ATTR_MUST_USE;

/** 503 with the text of `why`, which is consumed and logged: the vhost refuses its players. */
struct err *http_unbuilt_refuse(struct http_exchange *x, struct err *why) ATTR_MUST_USE;

#endif

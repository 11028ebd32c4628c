/**
 * Replies for paths of features that are not built yet: 501, and a text that names the missing feature and an alternative.
 *
 * Yields     the functions that reply
 */
#ifndef APP_HTTP_UNBUILT_H
#define APP_HTTP_UNBUILT_H

#include "protocol/http/exchange.h"

/** True for a path of such a feature, even if a file has the same path. Does not yield. */
bool http_unbuilt_owns(const char *path);

/** Reply if no file is found: 501 with the text if the table (conf/unbuilt.h) has the path, otherwise 404. */
struct err *http_unbuilt_reply(struct http_exchange *x) ATTR_MUST_USE;

#endif

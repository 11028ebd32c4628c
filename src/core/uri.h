/**
 * Paths of URLs, encoded into a buffer that grows.
 *
 * Source     RFC 3986: 2.1 (percent-encoding), 2.3 (unreserved characters), 4.2 (a relative path whose first segment has a
 *            colon would read as a scheme)
 * Yields     no
 */
#ifndef CORE_URI_H
#define CORE_URI_H

#include "core/buf.h"

/**
 * Append a path. Everything but unreserved characters and '/' becomes %XX, so that the text can stand in XML, in a quoted
 * attribute and in a template of DASH as it is.
 */
void uri_put_path(struct buf *b, const char *path);

#endif

/**
 * The host of a page, from the URL or origin that a client names: Referer, Origin, pageUrl.
 *
 * Source     RFC 3986 3.2; the URL standard of browsers, where a backslash ends the host as a slash does
 * Yields     no
 */
#ifndef APP_SESSION_PAGE_HOST_H
#define APP_SESSION_PAGE_HOST_H

#include <stddef.h>

/* A longer host is cut. */
enum { PAGE_HOST_CAP = 256 };

/**
 * The host of `url` in `buf`: without scheme, user, port, path and the dot of the root; an IPv6 address keeps its brackets.
 * Empty when the URL has none, or is NULL. Returns `buf`.
 */
const char *page_host(const char *url, char buf[static PAGE_HOST_CAP]);

/**
 * Where host and port begin in `url`, behind scheme, user and password, and how long they are. A URL without `//` begins with its
 * host. Borrowed from `url`.
 */
const char *page_host_find(const char *url, size_t *len);

#endif

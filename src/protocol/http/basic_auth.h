/**
 * The Basic scheme: user and password in each request.
 *
 * Source     RFC 7617
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_BASIC_AUTH_H
#define PROTOCOL_HTTP_BASIC_AUTH_H

#include <stdbool.h>

/* Longer user names and passwords than this together are never right. */
enum { HTTP_BASIC_AUTH_MAX = 1024 };

/**
 * Whether the field `Authorization`, which may be NULL, names this user and password. How long that takes tells nothing
 * of either.
 */
bool http_basic_auth_is(const char *authorization, const char *user, const char *password);

#endif

/**
 * The Basic scheme of authentication: user and password in each request.
 *
 * Source     RFC 7617
 * Yields     no
 */
#ifndef PROTOCOL_HTTP_BASIC_AUTH_H
#define PROTOCOL_HTTP_BASIC_AUTH_H

#include <stdbool.h>

/* A user name and password that are longer together never match. */
enum { HTTP_BASIC_AUTH_MAX = 1024 };

/**
 * True when the field `Authorization`, which may be NULL, has this user and password. The time of the comparison reveals
 * neither.
 */
bool http_basic_auth_is(const char *authorization, const char *user, const char *password);

#endif

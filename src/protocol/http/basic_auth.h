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

/* Room for the field of the longest ones: the scheme, and four characters for three bytes. */
enum { HTTP_BASIC_AUTH_CAP = sizeof "Basic " + (HTTP_BASIC_AUTH_MAX + 3) / 3 * 4 };

/** Write the field `Authorization` of a user and a password. False: they are too long, and the field matches nothing. */
bool http_basic_auth_write(char field[static HTTP_BASIC_AUTH_CAP], const char *user, const char *password);

/**
 * True when the field `Authorization`, which may be NULL, has this user and password. The time of the comparison reveals
 * neither.
 */
bool http_basic_auth_is(const char *authorization, const char *user, const char *password);

#endif

/**
 * Passwords, as a configuration keeps them: the text itself, or "sha256:SALT:HEX", the digest of salt and password.
 *
 *     printf %s "SALTpassword" | openssl dgst -sha256
 *
 * Source     FIPS 180-4
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_PASSWORD_H
#define PROTOCOL_TOKEN_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

/* The longest name of a user, and the longest password. */
enum { PASSWORD_USER_MAX = 63, PASSWORD_MAX = 255 };

/** True for a password that can be kept: not empty, not too long, and with a digest behind "sha256:". */
bool password_can_be_kept(const char *kept);

/** True if the text itself is kept, which the authmod of RTMP needs. */
bool password_is_plain(const char *kept);

/** True for the right password. The time of the comparison does not tell how much of it is right. */
bool password_is(const char *kept, const char *given);

/**
 * Read user and password from the field Authorization of HTTP, scheme Basic (RFC 7617). False: it is of another scheme, is no base64,
 * or names no user; texts that are too long are none either.
 */
bool password_from_basic(const char *authorization, char user[static PASSWORD_USER_MAX + 1],
                         char password[static PASSWORD_MAX + 1]);

#endif

/**
 * User and password over RTMP in Adobe's way, `authmod=adobe`, the client's part (authmod.h has the server's, and the conversation).
 *
 * A client whose connect was refused reads the description, and connects again with a text added to the query of its app and tcUrl.
 *
 * Source     what librtmp and ffmpeg send, and what FMS, Wowza and this server ask; there is no specification. A server that sends no
 *            opaque is answered with its challenge in that place
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_AUTHMOD_CLIENT_H
#define PROTOCOL_RTMP_AUTHMOD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"
#include "protocol/rtmp/authmod.h"

/* Bytes of the random challenge of the client, as hexadecimal digits. */
enum { AUTHMOD_OWN_CHALLENGE_BYTES = 4, AUTHMOD_QUERY_CAP = 512 };

enum authmod_demand_kind {
    AUTHMOD_DEMANDS_NOTHING,  /* a refusal for another reason, or in a way that is not known here */
    AUTHMOD_DEMANDS_USER,     /* a user has to be named */
    AUTHMOD_DEMANDS_RESPONSE, /* the challenge has to be answered */
    AUTHMOD_DENIES,           /* user or password are wrong */
};

struct authmod_demand {
    enum authmod_demand_kind kind;
    char                     salt[AUTHMOD_TEXT_MAX + 1], challenge[AUTHMOD_TEXT_MAX + 1], opaque[AUTHMOD_TEXT_MAX + 1];
};

/** Read the description of a refusal: `len` bytes of the server's. A value that is too long makes it a demand of nothing. */
void authmod_demand_read(struct authmod_demand *d, const char *description, size_t len);

/**
 * Write what a client with this user and password adds to its query, "authmod=adobe&user=…", for AUTHMOD_DEMANDS_USER and
 * AUTHMOD_DEMANDS_RESPONSE. `own`: the random challenge of the client.
 *
 * Returns    false for other demands, texts that are too long, a user with '&', and when OpenSSL fails
 */
bool authmod_answer(char query[static AUTHMOD_QUERY_CAP], const struct authmod_demand *d, const char *user,
                    const char *password, const char *own) ATTR_MUST_USE;

#endif

/**
 * User and password over RTMP in Adobe's way, `authmod=adobe`, the server's part. A client connects up to three times, each time with
 * more in the query of its app, and each of the first two connects is refused by a description that says what is wanted:
 *
 *     live                                                            code=403 need auth; authmod=adobe
 *     live?authmod=adobe&user=NAME                                    ?reason=needauth&user=NAME&salt=S&challenge=C&opaque=O
 *     live?authmod=adobe&user=NAME&challenge=N&response=R&opaque=O    accepted, or ?reason=authfailed&opaque=O
 *
 * R is base64(MD5(base64(MD5(NAME + S + password)) + O + N)).
 *
 * Source     what librtmp, ffmpeg, FMLE and Wirecast send; there is no specification
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_AUTHMOD_H
#define PROTOCOL_RTMP_AUTHMOD_H

#include <stdbool.h>
#include <stddef.h>

/* Texts of a client: a longer one is none. A response is 16 bytes in base64. */
enum { AUTHMOD_TEXT_MAX = 63, AUTHMOD_RESPONSE_CAP = 25, AUTHMOD_DESCRIPTION_CAP = 512 };

enum authmod_step {
    AUTHMOD_NOTHING,  /* the client says nothing of it */
    AUTHMOD_USER,     /* it has named its user */
    AUTHMOD_RESPONSE, /* it has answered a challenge */
    AUTHMOD_BAD,      /* another authmod, or not what the step needs */
};

struct authmod {
    char user[AUTHMOD_TEXT_MAX + 1], challenge[AUTHMOD_TEXT_MAX + 1], response[AUTHMOD_TEXT_MAX + 1],
        opaque[AUTHMOD_TEXT_MAX + 1];
};

/**
 * Read what a client says in the query of its tcUrl. The values are not escaped.
 *
 * Shape      *cut: how much of the tcUrl stands before that, for it should be seen nowhere else: clients write it last
 */
enum authmod_step authmod_read(const char *tc_url, struct authmod *a, size_t *cut);

/**
 * Take out of a tcUrl, in place, what librtmp with GnuTLS writes behind the base64 of challenge and response, which it does not
 * terminate: any bytes, up to the next parameter.
 */
void authmod_tidy(char *tc_url);

/** The response that a client with this password gives. False when OpenSSL fails. */
bool authmod_response(char response[static AUTHMOD_RESPONSE_CAP], const char *user, const char *salt,
                      const char *password, const char *opaque, const char *challenge);

/** The descriptions of the three refusals. Each is written into `text`, which is returned. */
const char *authmod_ask_user(char text[static AUTHMOD_DESCRIPTION_CAP]);
const char *authmod_ask_response(char text[static AUTHMOD_DESCRIPTION_CAP], const char *user, const char *salt,
                                 const char *opaque);
const char *authmod_refuse(char text[static AUTHMOD_DESCRIPTION_CAP], const char *opaque);

#endif

/**
 * Tokens: what a client brings to prove that somebody with a key lets it publish or play a stream until some time.
 *
 * Each form of token has a file in this folder. All of them are asked the same question and answer in the same words.
 *
 * Yields     no
 */
#ifndef PROTOCOL_TOKEN_TOKEN_H
#define PROTOCOL_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/token/password.h"

/** What the client wants, and what it has brought. Borrowed for the call; no field is NULL but `authorization`. */
struct token_ask {
    bool        publish;      /* otherwise play */
    const char *app, *stream; /* in normal form */
    const char *name;  /* the last part of the URL's path: the stream, with the extension of a format if it has one */
    const char *ip;    /* of the client */
    const char *query; /* "?k=v#fragment", "k=v", or "" */
    const char *authorization; /* the field of HTTP; NULL: none */
    const char *user;          /* who has shown by its protocol, in this vhost, who it is; NULL: nobody */
    int64_t     now_s;         /* wall time, since 1970 */
};

enum token_verdict {
    TOKEN_ABSENT,    /* there is no token of this form */
    TOKEN_MALFORMED, /* it cannot be read, or is there twice */
    TOKEN_FORGED,    /* no key has made it for this stream and action */
    TOKEN_EXPIRED,
    TOKEN_EARLY, /* it is not valid yet */
    TOKEN_GOOD,
};

/** The answer to a good token. */
struct token_grant {
    int64_t expires_s;                   /* when it expires; INT64_MAX: never */
    char    user[PASSWORD_USER_MAX + 1]; /* who it is; empty: the token does not tell */
    bool    is_wrong_password;           /* the verdict is about a password that was guessed, perhaps */
    size_t  app_skip; /* bytes of the app that are the token; the stream's own app begins behind them */
};

/** The verdict for people: "has expired". */
const char *token_verdict_text(enum token_verdict verdict);

#endif

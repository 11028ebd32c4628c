/**
 * The answers of an RTMP server, read by its client: `_result`, `_error`, onStatus.
 *
 * Source     RTMP 1.0, 7.2; names and codes that live servers use; the `ex` object of a redirect, which Flash Media Server and
 *            load balancers send
 * Ownership  texts point into the message
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_ANSWER_H
#define PROTOCOL_RTMP_ANSWER_H

#include <stdbool.h>

#include "core/err.h"
#include "kernel/amf0.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/peer.h"

/** The contents of an answer. An absent text is {NULL, 0}. */
struct rtmp_answer {
    bool             refused; /* The answer is an _error, or has the level "error" or a code that refuses. */
    double           number;  /* createStream: the message stream id; -1 if absent */
    struct amf0_text level, code, description;
    struct amf0_text redirect;  /* the tcUrl to connect to instead, without the stream */
    struct amf0_text redirect2; /* the URL of the stream to connect to instead */
    struct rtmp_peer peer;      /* in the answer to connect by servers of this kind */
};

/** Read the answer in a RESULT, ERROR or STATUS call. A field that is absent or has another type is left empty. */
void rtmp_answer_read(struct rtmp_answer *a, const struct rtmp_call *call);

/**
 * Turn a refusal into an error with the server's code and description; NULL if the answer is no refusal.
 *
 * Errors     E_CONTROL_REDIRECT       the client is sent elsewhere: redirect or redirect2
 *            E_AUTH_REQUIRED          the server requires a user and a password (authmod)
 *            E_SYSTEM_STREAM_BUSY     another publisher holds the stream
 *            E_RTMP_STREAM_NOT_FOUND  there is no such stream to play
 *            E_REFUSED                any other reason
 */
struct err *rtmp_answer_check(const struct rtmp_answer *a) ATTR_MUST_USE;

#endif

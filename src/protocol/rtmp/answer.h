/**
 * The answers of an RTMP server, as its client reads them: `_result`, `_error`, onStatus.
 *
 * Source     RTMP 1.0, 7.2; names and codes as live servers use them; `ex` of a redirect as Flash Media Server and load
 *            balancers send it
 * Ownership  texts point into the message
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_ANSWER_H
#define PROTOCOL_RTMP_ANSWER_H

#include <stdbool.h>

#include "core/err.h"
#include "kernel/amf0.h"
#include "protocol/rtmp/command.h"

enum { RTMP_PEER_ID_CAP = 64 };

/** What an answer says. A text that is absent is {NULL, 0}. */
struct rtmp_answer {
    bool             refused; /* _error, or level "error", or a code that means it */
    double           number;  /* createStream: the message stream id; -1 when absent */
    struct amf0_text level, code, description;
    struct amf0_text redirect;  /* a tcUrl to go to instead, without the stream */
    struct amf0_text redirect2; /* the same as the URL of the stream */
    /* connect: of a server of this kind */
    struct amf0_text server, server_ip;
    double           pid;
    char             id[RTMP_PEER_ID_CAP]; /* a string, or a number as older servers send it; "" when absent */
};

/** Read the answer in a RESULT, ERROR or STATUS call. What is absent or of another type is left empty. */
void rtmp_answer_read(struct rtmp_answer *a, const struct rtmp_call *call);

/**
 * The refusal as an error, which tells the server's code and description; NULL when the answer is no refusal.
 *
 * Errors     E_CONTROL_REDIRECT       the client is sent elsewhere: redirect or redirect2
 *            E_AUTH_REQUIRED          a user and a password are wanted (authmod)
 *            E_SYSTEM_STREAM_BUSY     another publisher holds the stream
 *            E_RTMP_STREAM_NOT_FOUND  there is no such stream to play
 *            E_REFUSED                any other reason
 */
struct err *rtmp_answer_check(const struct rtmp_answer *a) ATTR_MUST_USE;

#endif

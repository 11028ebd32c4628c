/**
 * The request of an RTMP client: first the arguments of connect, later the stream.
 *
 * Yields     no
 */
#ifndef PROTOCOL_RTMP_REQUEST_H
#define PROTOCOL_RTMP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/rtmp/command.h"
#include "protocol/rtmp/url.h"

enum { RTMP_ARGS_MAX = 4096 /* longest second object of connect, in bytes */ };

/** A client's request. A text that the client did not send is "". */
struct rtmp_request {
    struct rtmp_url url; /* parts of the tcUrl; stream and param are "" until the client has named its stream */
    const char     *tc_url, *page_url, *swf_url;
    double          object_encoding, connect_tid;
    int64_t         start_ms;    /* position given in play; RTMP_PLAY_START, RTMP_PLAY_LIVE: none */
    int64_t         duration_ms; /* duration given in play; 0: until the stream ends */
    uint8_t        *args;        /* the second object of connect, as AMF0; NULL: none */
    size_t          args_len;
    bool            is_encoder; /* the client has introduced itself as one: it will publish */
    char           *block;      /* storage of the texts */
};

void rtmp_request_init(struct rtmp_request *req);

/** Free the texts. A request that is all zero is allowed. */
void rtmp_request_finish(struct rtmp_request *req);

/**
 * Read a client's first command into a request that was just initialised. req->tc_url is the client's tcUrl, completed by its
 * app (tc_url.h).
 *
 * Ownership  borrows the call; release `req` with rtmp_request_finish(), also after an error
 * Errors     E_RTMP_REQ_CONNECT  a command that is not connect, or one with neither tcUrl nor app
 *            E_RTMP_REQ_TCURL, E_LIMIT; out of memory
 */
struct err *rtmp_request_read(struct rtmp_request *req, const struct rtmp_call *call) ATTR_MUST_USE;

#endif

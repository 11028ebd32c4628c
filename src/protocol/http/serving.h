/**
 * The settings of an HTTP connection: its handler, its owner and its time limits.
 *
 * Units      microseconds
 */
#ifndef PROTOCOL_HTTP_SERVING_H
#define PROTOCOL_HTTP_SERVING_H

#include <stdint.h>

#include "core/clock.h"
#include "core/err.h"

struct http_exchange;

enum {
    HTTP_IDLE_US = 15 * US_PER_SECOND,  /* between two requests, as in SRS */
    HTTP_HEAD_US = 15 * US_PER_SECOND,  /* a whole head, from its first byte */
    HTTP_BODY_US = 30 * US_PER_SECOND,  /* a whole body that http_read_body() reads */
    HTTP_STALL_US = 30 * US_PER_SECOND, /* a peer that takes no byte of a reply */
    HTTP_TAKE_US =
        60 * US_PER_SECOND, /* a reply that is in memory as a whole, and its length at HTTP_TAKE_BYTES_PER_S */
    HTTP_TAKE_BYTES_PER_S = 10000,
    HTTP_LINGER_US = 2 * US_PER_SECOND, /* time of the peer to read the last reply and close */
    HTTP_DRAIN_US = 5 * US_PER_SECOND,  /* time for the rest of an unread body */
    HTTP_DRAIN_BYTES_MAX = 64 << 10,    /* bytes of an unread body that are read to keep the connection */
};

struct http_serving {
    /**
     * Reply to a request. An error before the reply has begun becomes a 500 (413, 400, 408 for errors of the body). Every error
     * ends the connection.
     */
    struct err *(*handle)(struct http_exchange *x);
    void   *owner;
    int64_t idle_us, head_us, stall_us, take_us; /* 0: the defaults above */
};

/** A time limit of a connection. */
static inline int64_t http_or_default(int64_t set_us, int64_t default_us)
{
    return set_us ? set_us : default_us;
}

#endif

/**
 * What a target (target.h) is made of, for those that push.
 */
#ifndef APP_FORWARD_TARGET_STATE_H
#define APP_FORWARD_TARGET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/forward/destination.h"
#include "app/live/sender.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/failures.h"
#include "core/list.h"
#include "protocol/rtmp/client.h"

struct co;
struct co_group;
struct reader;
struct source;

enum {
    TARGET_CONNECT_US = 10 * US_PER_SECOND, /* connect, handshake, and the answers to connect and publish */
    TARGET_PAUSE_US = US_PER_SECOND,
    TARGET_PAUSE_MAX_US = 30 * US_PER_SECOND,
    TARGET_STEADY_US = 10 * US_PER_SECOND,
    TARGET_REDIRECTS_MAX = 3, /* in a row */
    TARGET_LEAVE_US = 3 * US_PER_SECOND,
};

enum target_state {
    TARGET_CONNECTING,
    TARGET_PUSHING,
    TARGET_WAITING, /* for its next try */
    TARGET_ENDED,   /* its coroutine has nothing to do any more */
};

struct target {
    struct list                link; /* entry in forward->targets */
    struct source             *source;
    struct co                 *owner; /* is woken when the target ends */
    struct co                 *co;    /* valid until TARGET_ENDED */
    char                      *word;  /* what it was made from */
    struct forward_destination to;
    enum target_state          state;
    bool                       leaves;      /* Send what is due, say goodbye, and end. */
    int64_t                    leave_by_us; /* time at which its owner cancels it; only if it leaves */
    int64_t                    pause_us;
    int64_t                    next_try_us; /* in TARGET_WAITING */
    struct rtmp_client         client;
    struct sender              out;
    const struct reader       *reader;    /* of the push; NULL: nothing is pushed */
    const int64_t             *bytes_out; /* of the connection; NULL: there is none */
    int64_t                    n_messages, n_jumps;
    int64_t                    bytes_before; /* bytes of earlier connections */
    struct failures            failures;
};

#endif

/* Serves a connection as a port does, in one coroutine that waits where a port's rests. */
#ifndef TEST_SERVE_TO_END_H
#define TEST_SERVE_TO_END_H

#include "protocol/http/serve.h"

static struct err *serve_to_end(struct io *io, const struct http_serving *s)
{
    int64_t     rests_until_us = 0;
    struct err *e;
    do {
        e = http_serve(io, s, &rests_until_us);
        if (!e && rests_until_us) /* An error of the wait is found again by the call. */
            err_free(io_wait_readable(io, rests_until_us));
    } while (!e && rests_until_us);
    return e;
}

#endif

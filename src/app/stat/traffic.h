/**
 * Bytes in and out of a client, a stream, a vhost or the server, and their rates.
 *
 * Yields     no
 */
#ifndef APP_STAT_TRAFFIC_H
#define APP_STAT_TRAFFIC_H

#include <stdint.h>

#include "app/stat/rate.h"

struct traffic {
    int64_t     bytes_in, bytes_out;
    struct rate in, out;
};

static inline void traffic_start(struct traffic *t, int64_t now_us)
{
    t->bytes_in = t->bytes_out = 0;
    rate_start(&t->in, now_us, 0);
    rate_start(&t->out, now_us, 0);
}

static inline void traffic_add(struct traffic *t, int64_t bytes_in, int64_t bytes_out)
{
    t->bytes_in += bytes_in;
    t->bytes_out += bytes_out;
}

static inline void traffic_sample(struct traffic *t, int64_t now_us)
{
    rate_sample(&t->in, now_us, t->bytes_in);
    rate_sample(&t->out, now_us, t->bytes_out);
}

#endif

#include "app/relay/hls_reading.h"

#include "app/relay/order.h"
#include "core/clock.h"

int64_t hls_reading_patience_us(const struct hls_reading *r, int targets)
{
    int64_t us = targets * r->target_us;
    return us > r->a->order->timeout_us ? us : r->a->order->timeout_us;
}

struct err *hls_reading_load(struct hls_reading *r, struct http_client *c, const struct http_get *get, size_t cap,
                             char **body, size_t *len)
{
    int64_t     deadline_us = now_us() + hls_reading_patience_us(r, 2);
    struct err *e = http_get_open(c, r->a, get, deadline_us);
    if (!e)
        e = http_client_read_all(c, cap, body, len, deadline_us);
    if (!e)
        r->a->bytes_in += (int64_t)*len;
    return e;
}

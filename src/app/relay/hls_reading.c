#include "app/relay/hls_reading.h"

#include "app/relay/order.h"
#include "core/clock.h"
#include "core/log.h"
#include "protocol/co.h"

/* How often what fails is asked for in a target duration. */
enum { TRIES_IN_TARGET = 4 };

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
    r->status = c->response.status;
    if (!e)
        r->a->bytes_in += (int64_t)*len;
    return e;
}

/* True if the server may soon be able again. */
static bool may_pass(const struct err *e, int status)
{
    enum err_code code = err_code(e);
    return code == E_HTTP_RESPONSE_EOF || code == E_SOCKET_READ || (code == E_HTTP_STATUS_INVALID && status >= 500);
}

bool hls_reading_retries(struct hls_reading *r, struct err **e, int64_t *since_us, const char *what)
{
    int64_t now = now_us();
    if (*since_us == 0)
        *since_us = now;
    if (!r->a->began_us || !may_pass(*e, r->status) || now >= *since_us + r->target_us)
        return false;
    log_err(LOG_WARN, *e, "relay of %s asks for its %s again", r->a->order->key, what);
    *e = co_sleep(r->target_us / TRIES_IN_TARGET);
    return true;
}

/* FLV and MPEG-TS over HTTP and HTTPS. */
#include <string.h>

#include "app/relay/forms.h"
#include "app/relay/http_get.h"
#include "app/relay/order.h"
#include "core/mem.h"
#include "protocol/http/client.h"
#include "protocol/http/pool.h"

/* An FLV file header with its first PreviousTagSize (Adobe FLV 10.1, E.2): servers send it before the stream is there. */
enum { HEAD_BYTES = 13 };

struct reading {
    struct attempt    *a;
    struct http_client client;
    uint8_t            head[HEAD_BYTES]; /* what has come before the stream is published */
    size_t             head_len;
};

/* ---- media ---- */

/* Keep what comes before the first tag or packet; false when the stream has begun. */
static bool keeps(struct reading *r, const uint8_t *bytes, size_t len)
{
    if (r->head_len + len > HEAD_BYTES)
        return false;
    memcpy(r->head + r->head_len, bytes, len);
    r->head_len += len;
    return true;
}

static struct err *begin(struct reading *r)
{
    struct err *e = attempt_begin(r->a, r->client.line->io.fd, NULL);
    return e ? e : attempt_take(r->a, r->head, r->head_len);
}

static struct err *take(struct reading *r, const uint8_t *bytes, size_t len)
{
    struct err *e = NULL;
    r->a->bytes_in += (int64_t)len;
    if (!r->a->began_us) {
        if (keeps(r, bytes, len))
            return NULL;
        e = begin(r);
    }
    return e ? e : attempt_take(r->a, bytes, len);
}

/* The body has ended: take what is left of a transport stream. */
static struct err *end(struct reading *r)
{
    struct err *e = NULL;
    bool        is_whole = !r->a->began_us || entry_take_end(&r->a->entry, &e);
    if (e)
        return e;
    return is_whole ? attempt_end(r->a) : err_new(E_HTTP_DATA_INVALID, "%s has ended within a tag", r->a->url);
}

static struct err *read_all(struct reading *r)
{
    const void *bytes;
    size_t      len = 1;
    struct err *e = NULL;
    while (!e && len > 0) {
        e = http_client_read(&r->client, &bytes, &len, attempt_deadline(r->a));
        if (!e && len > 0)
            e = take(r, bytes, len);
        if (!e && len > 0 && now_us() >= attempt_deadline(r->a))
            e = err_new(E_SOCKET_TIMEOUT, "no frame came");
    }
    return e ? e : end(r);
}

struct err *http_form_run(struct attempt *a)
{
    struct reading *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    r->a = a;
    const struct http_get get = { .url = a->url };
    struct err           *e = http_get_open(&r->client, a, &get, attempt_deadline(a));
    a->heard_us = now_us(); /* It has answered: now it has as long again for its first frame. */
    co_trim_stack();        /* Return the stack pages that the request touched. */
    if (!e)
        e = read_all(r);
    http_client_close(&r->client);
    mem_free(r);
    return e;
}

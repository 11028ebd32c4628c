#include "app/relay/hls_segment.h"

#include <string.h>

#include "app/relay/hls_cipher.h"
#include "app/relay/order.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/ts/packet.h"

enum {
    SEGMENT_BYTES_MAX = 32 << 20,
    MAP_BYTES_MAX = 1 << 20,
    MISSED_MAX = 3,                        /* segments in a row that cannot be had */
    RESERVE_MAX = 3,                       /* with more segments in reserve, the stream is taken faster */
    SLICE_BYTES_MAX = 348 * TS_PACKET_LEN, /* of one turn */
    TICK_US = 40 * US_PER_MS,              /* between two slices of a segment */
};

/* ---- initialization sections ---- */

static bool is_same_map(const struct hls_reading *r, const char *url, const struct hls_range *range)
{
    return r->map && str_equal(r->map_url, url) && r->map_range.len == range->len &&
           (range->len == 0 || r->map_range.offset == range->offset);
}

static struct err *read_map(struct hls_reading *r, const struct hls_next *next)
{
    struct http_client    c = { 0 };
    const struct http_get get = {
        .url = r->segment_url, .offset = next->map_range.offset, .len = next->map_range.len, .pool = &r->pool
    };
    char       *body = NULL;
    size_t      len = 0;
    struct err *e = hls_reading_load(r, &c, &get, MAP_BYTES_MAX, &body, &len);
    http_client_close(&c);
    mem_free(r->map);
    r->map = (uint8_t *)body;
    r->map_range = next->map_range;
    str_copy(r->map_url, sizeof r->map_url, r->segment_url);
    if (!e && !mp4_segment_init(&r->mp4, r->map, len))
        e = err_new(E_HTTP_DATA_INVALID, "%s has no track that can be read", r->map_url);
    return err_wrap(e, "initialization section");
}

/* Load the initialization section of the segment, unless it is the one in force. */
static struct err *load_map(struct hls_reading *r, const struct hls_next *next)
{
    struct err *e = http_location_resolve(r->base, next->map_uri, r->segment_url);
    return e || is_same_map(r, r->segment_url, &next->map_range) ? e : read_map(r, next);
}

/* ---- keys ---- */

static struct err *read_key(struct hls_reading *r)
{
    struct http_client    c = { 0 };
    const struct http_get get = { .url = r->segment_url, .pool = &r->pool };
    char                 *body = NULL;
    size_t                len = 0;
    struct err           *e = hls_reading_load(r, &c, &get, AES_CBC_BLOCK, &body, &len);
    http_client_close(&c);
    if (!e && len != AES_CBC_BLOCK)
        e = err_new(E_HTTP_DATA_INVALID, "%s: a key of %zu bytes", r->segment_url, len);
    if (!e) {
        memcpy(r->key, body, AES_CBC_BLOCK);
        str_copy(r->key_url, sizeof r->key_url, r->segment_url);
    }
    mem_free(body);
    return err_wrap(e, "key");
}

/* Load the key of a segment, unless it is the one that was used last. */
static struct err *load_key(struct hls_reading *r, const struct hls_key *key)
{
    if (key->method != HLS_KEY_AES_128 || key->keyformat)
        return err_new(E_HTTP_DATA_INVALID, "%s: segments are encrypted in a way that is not read", r->base);
    struct err *e = http_location_resolve(r->base, key->uri, r->segment_url);
    return e || str_equal(r->segment_url, r->key_url) ? e : read_key(r);
}

static struct err *decrypt(struct hls_reading *r, const struct hls_next *next)
{
    uint8_t iv[AES_CBC_BLOCK];
    hls_cipher_iv(&next->key, next->number, iv);
    return hls_cipher_decrypt(r->segment, &r->segment_len, r->key, iv);
}

/* ---- media ---- */

static struct err *load_segment(struct hls_reading *r, const struct hls_next *next)
{
    struct http_client    c = { 0 };
    const struct http_get get = {
        .url = r->segment_url, .offset = next->range.offset, .len = next->range.len, .pool = &r->pool
    };
    char       *body = NULL;
    struct err *e = hls_reading_load(r, &c, &get, SEGMENT_BYTES_MAX, &body, &r->segment_len);
    r->segment = (uint8_t *)body;
    if (!e && !r->a->began_us)
        e = attempt_begin(r->a, c.line->io.fd, NULL);
    http_client_close(&c);
    return err_wrap(e, "segment");
}

/* Over how long the segment is taken. */
static int64_t pace_us(const struct hls_reading *r, const struct hls_next *next)
{
    int64_t us = next->duration_us < r->target_us ? next->duration_us : r->target_us;
    if (r->next < 0)
        return 0;
    return next->n_behind >= RESERVE_MAX && !next->is_ended ? us / 2 : us;
}

static struct err *take_slices(struct hls_reading *r, int64_t over_us)
{
    int64_t     began_us = now_us(), n = over_us / TICK_US + 1;
    size_t      even = (r->segment_len / (size_t)n / TS_PACKET_LEN + 1) * TS_PACKET_LEN;
    size_t      slice = even < SLICE_BYTES_MAX ? even : SLICE_BYTES_MAX;
    struct err *e = NULL;
    for (size_t at = 0; !e && at < r->segment_len; at += slice) {
        size_t left = r->segment_len - at;
        e = attempt_take(r->a, r->segment + at, slice < left ? slice : left);
        int64_t due_us =
            began_us + over_us * (int64_t)(at / TS_PACKET_LEN) / (int64_t)(r->segment_len / TS_PACKET_LEN + 1);
        if (!e && due_us > now_us())
            e = co_sleep(due_us - now_us());
    }
    return e;
}

static struct err *take_media(struct hls_reading *r, const struct hls_next *next)
{
    if (next->map_uri)
        return mp4_segment_take(&r->mp4, r->a, r->segment, r->segment_len, pace_us(r, next));
    entry_restart(&r->a->entry);
    return take_slices(r, pace_us(r, next));
}

static void drop_segment(struct hls_reading *r)
{
    mem_free(r->segment);
    r->segment = NULL;
}

static bool is_fatal(const struct err *e)
{
    enum err_code code = err_code(e);
    return code != E_HTTP_STATUS_INVALID && code != E_SOCKET_TIMEOUT && code != E_SOCKET_READ &&
           code != E_HTTP_RESPONSE_EOF;
}

/* A segment that cannot be had is asked for again. In the end a few are left out. */
static struct err *bear(struct hls_reading *r, struct err *e, bool *is_again)
{
    *is_again = e && !r->segment && hls_reading_retries(r, &e, &r->segment_failing_us, "segment");
    if (*is_again)
        return e;
    r->segment_failing_us = 0;
    if (!e)
        r->n_missed = 0;
    if (!e || r->segment || is_fatal(e) || ++r->n_missed > MISSED_MAX)
        return e;
    log_err(LOG_WARN, e, "relay of %s leaves a segment out", r->a->order->key);
    return NULL;
}

struct err *hls_segment_take(struct hls_reading *r, const struct hls_next *next)
{
    bool        is_again;
    struct err *e = next->map_uri ? load_map(r, next) : NULL;
    if (!e && next->key.method != HLS_KEY_NONE)
        e = load_key(r, &next->key);
    if (!e)
        e = http_location_resolve(r->base, next->uri, r->segment_url);
    if (!e && !next->is_gap)
        e = load_segment(r, next);
    if (!e && r->segment && next->key.method != HLS_KEY_NONE)
        e = decrypt(r, next);
    if (!e && r->segment)
        e = take_media(r, next);
    e = bear(r, e, &is_again);
    drop_segment(r);
    r->next = is_again ? next->number : next->number + 1;
    return e;
}

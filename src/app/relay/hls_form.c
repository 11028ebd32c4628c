/*
 * HLS over HTTP and HTTPS, with segments of MPEG-TS or of fragmented MP4. The media playlist is loaded for each segment. A live stream
 * begins three segments before its end (RFC 8216 6.3.3), so two are in reserve. The first segment is taken at once, and each further one
 * over its duration, because players want an even stream.
 */
#include <string.h>

#include "app/relay/forms.h"
#include "app/relay/hls_next.h"
#include "app/relay/http_get.h"
#include "app/relay/mp4_segment.h"
#include "app/relay/order.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/master_read.h"
#include "kernel/ts/packet.h"
#include "protocol/http/client.h"
#include "protocol/http/location.h"
#include "protocol/http/pool.h"

enum {
    PLAYLIST_BYTES_MAX = 1 << 20,
    SEGMENT_BYTES_MAX = 32 << 20,
    MAP_BYTES_MAX = 1 << 20,
    MISSED_MAX = 3,  /* segments in a row that cannot be had */
    RESERVE_MAX = 3, /* with more segments in reserve, the stream is taken faster */
    TARGET_US_MIN = US_PER_SECOND,
    SLICE_BYTES_MAX = 348 * TS_PACKET_LEN, /* of one turn */
    TICK_US = 40 * US_PER_MS,              /* between two slices of a segment */
};

struct reading {
    struct attempt  *a;
    struct http_pool pool;
    char             url[HTTP_URL_MAX + 1];  /* of the playlist that is asked for */
    char             base[HTTP_URL_MAX + 1]; /* from where it came, after redirects */
    bool             is_chosen;              /* A master playlist has led to it. */
    int64_t          next;                   /* number of the next segment; negative: none was taken */
    int64_t          target_us;
    int              n_missed; /* in a row */
    char             segment_url[HTTP_URL_MAX + 1];
    uint8_t         *segment;
    size_t           segment_len;

    /* The initialization section in force; `map` is NULL before the first. */
    char               map_url[HTTP_URL_MAX + 1];
    struct hls_range   map_range;
    uint8_t           *map;
    struct mp4_segment mp4;
};

/* ---- loading ---- */

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Load all of a resource. `base` gets the URL from where it came. *fd is valid until http_client_close(). */
static struct err *load(struct reading *r, struct http_client *c, const struct http_get *get, size_t cap, char **body,
                        size_t *len)
{
    int64_t     deadline_us = now_us() + longer(r->a->order->timeout_us, 2 * r->target_us);
    struct err *e = http_get_open(c, r->a, get, deadline_us);
    if (!e)
        e = http_client_read_all(c, cap, body, len, deadline_us);
    if (!e)
        r->a->bytes_in += (int64_t)*len;
    return e;
}

static struct err *load_playlist(struct reading *r, char **text, size_t *len)
{
    struct http_client    c = { 0 };
    const struct http_get get = { .url = r->url, .pool = &r->pool };
    *text = NULL;
    struct err *e = load(r, &c, &get, PLAYLIST_BYTES_MAX, text, len);
    if (!e)
        str_copy(r->base, sizeof r->base, c.url);
    http_client_close(&c);
    return err_wrap(e, "playlist");
}

static struct err *take_variant(struct reading *r, char *text, size_t len)
{
    struct hls_choice c;
    if (r->is_chosen || !hls_master_choose(&c, text, len))
        return err_new(E_HTTP_DATA_INVALID, "%s lists no variant that can be read", r->base);
    r->is_chosen = true;
    if (c.has_audio_elsewhere)
        log_info("%s: sound that has a playlist of its own is left out", r->base);
    return http_location_resolve(r->base, c.uri, r->url);
}

static struct err *choose_segment(struct reading *r, struct hls_next *next, char *text, size_t len)
{
    if (hls_is_master(text, len)) {
        struct err *e = take_variant(r, text, len);
        *next = (struct hls_next){ .is_again = true };
        return e;
    }
    if (!hls_next_find(next, text, len, r->next))
        return err_new(E_HTTP_DATA_INVALID, "%s is no media playlist", r->base);
    r->target_us = longer(next->target_us, TARGET_US_MIN);
    return NULL;
}

/* ---- a segment ---- */

static bool is_same_map(const struct reading *r, const char *url, const struct hls_range *range)
{
    return r->map && str_equal(r->map_url, url) && r->map_range.len == range->len &&
           (range->len == 0 || r->map_range.offset == range->offset);
}

static struct err *read_map(struct reading *r, const struct hls_next *next)
{
    struct http_client    c = { 0 };
    const struct http_get get = {
        .url = r->segment_url, .offset = next->map_range.offset, .len = next->map_range.len, .pool = &r->pool
    };
    char       *body = NULL;
    size_t      len = 0;
    struct err *e = load(r, &c, &get, MAP_BYTES_MAX, &body, &len);
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
static struct err *load_map(struct reading *r, const struct hls_next *next)
{
    struct err *e = http_location_resolve(r->base, next->map_uri, r->segment_url);
    return e || is_same_map(r, r->segment_url, &next->map_range) ? e : read_map(r, next);
}

static struct err *load_segment(struct reading *r, const struct hls_next *next)
{
    struct http_client    c = { 0 };
    const struct http_get get = {
        .url = r->segment_url, .offset = next->range.offset, .len = next->range.len, .pool = &r->pool
    };
    char       *body = NULL;
    struct err *e = load(r, &c, &get, SEGMENT_BYTES_MAX, &body, &r->segment_len);
    r->segment = (uint8_t *)body;
    if (!e && !r->a->began_us)
        e = attempt_begin(r->a, c.line->io.fd);
    http_client_close(&c);
    return err_wrap(e, "segment");
}

/* Over how long the segment is taken. */
static int64_t pace_us(const struct reading *r, const struct hls_next *next)
{
    int64_t us = next->duration_us < r->target_us ? next->duration_us : r->target_us;
    if (r->next < 0)
        return 0;
    return next->n_behind >= RESERVE_MAX && !next->is_ended ? us / 2 : us;
}

static struct err *take_slices(struct reading *r, int64_t over_us)
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

static struct err *take_media(struct reading *r, const struct hls_next *next)
{
    if (next->map_uri)
        return mp4_segment_take(&r->mp4, r->a, r->segment, r->segment_len, pace_us(r, next));
    entry_restart(&r->a->entry);
    return take_slices(r, pace_us(r, next));
}

static void drop_segment(struct reading *r)
{
    mem_free(r->segment);
    r->segment = NULL;
}

static bool is_fatal(const struct err *e)
{
    enum err_code code = err_code(e);
    return code != E_HTTP_STATUS_INVALID && code != E_SOCKET_TIMEOUT && code != E_HTTP_RESPONSE_EOF;
}

/* A few segments that cannot be had are left out. */
static struct err *bear(struct reading *r, struct err *e)
{
    if (!e)
        r->n_missed = 0;
    if (!e || r->segment || is_fatal(e) || ++r->n_missed > MISSED_MAX)
        return e;
    log_err(LOG_WARN, e, "relay of %s leaves a segment out", r->a->order->key);
    return NULL;
}

static struct err *take_segment(struct reading *r, const struct hls_next *next)
{
    struct err *e = NULL;
    if (next->is_encrypted)
        e = err_new(E_HTTP_DATA_INVALID, "%s: encrypted segments cannot be read", r->base);
    if (!e && next->map_uri)
        e = load_map(r, next);
    if (!e)
        e = http_location_resolve(r->base, next->uri, r->segment_url);
    if (!e && !next->is_gap)
        e = load_segment(r, next);
    if (!e && r->segment)
        e = take_media(r, next);
    e = bear(r, e);
    drop_segment(r);
    r->next = next->number + 1;
    return e;
}

/* ---- all of them ---- */

/* The stream is given up if no frame has come for too long, whatever the playlist says. */
static struct err *check_patience(const struct reading *r)
{
    if (now_us() < r->a->heard_us + longer(r->a->order->timeout_us, 3 * r->target_us))
        return NULL;
    return err_new(E_SOCKET_TIMEOUT, "%s: no frame came", r->base);
}

static struct err *end(struct reading *r)
{
    struct err *e = NULL;
    if (r->a->began_us && !entry_take_end(&r->a->entry, &e) && !e)
        e = err_new(E_HTTP_DATA_INVALID, "%s holds no frame", r->base);
    return e ? e : attempt_end(r->a);
}

static struct err *step(struct reading *r)
{
    struct hls_next next = { .is_again = false };
    char           *text = NULL;
    size_t          len = 0;
    struct err     *e = check_patience(r);
    if (!e)
        e = load_playlist(r, &text, &len);
    if (!e)
        e = choose_segment(r, &next, text, len);
    if (!e && !next.is_again)
        e = next.uri ? take_segment(r, &next) : next.is_ended ? end(r) : co_sleep(r->target_us / 2); /* 6.3.4 */
    mem_free(text);
    return e;
}

struct err *hls_form_run(struct attempt *a)
{
    struct reading *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    *r = (struct reading){ .a = a, .next = -1, .target_us = TARGET_US_MIN };
    http_pool_init(&r->pool);
    struct err *e = str_copy(r->url, sizeof r->url, a->url) ? NULL : err_new(E_LIMIT, "the URL is too long");
    while (!e)
        e = step(r);
    http_pool_finish(&r->pool);
    mem_free(r->map);
    mem_free(r);
    return e;
}

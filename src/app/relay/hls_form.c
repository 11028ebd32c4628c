/*
 * HLS over HTTP and HTTPS, with segments of MPEG-TS or of fragmented MP4. The media playlist is loaded for each segment. A live stream
 * begins three segments before its end (RFC 8216 6.3.3), so two are in reserve. The first segment is taken at once, and each further one
 * over its duration, because players want an even stream.
 */
#include "app/relay/forms.h"
#include "app/relay/hls_next.h"
#include "app/relay/hls_reading.h"
#include "app/relay/hls_segment.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/master_read.h"

enum {
    PLAYLIST_BYTES_MAX = 1 << 20,
    PLAYLIST_LINES_MAX = 100000, /* 50000 segments without further tags: more than a day of 2 s */
    TARGET_US_MIN = US_PER_SECOND,
    STEP_US_MIN = 100 * US_PER_MS, /* from one media playlist to the next: a server may have segments of no duration */
};

/* ---- playlists ---- */

/* *text is NULL, which is no error, if the playlist is to be asked for again. */
static struct err *load_playlist(struct hls_reading *r, char **text, size_t *len)
{
    struct http_client    c = { 0 };
    const struct http_get get = { .url = r->url, .pool = &r->pool };
    *text = NULL;
    struct err *e = hls_reading_load(r, &c, &get, PLAYLIST_BYTES_MAX, text, len);
    if (!e)
        str_copy(r->base, sizeof r->base, c.url);
    http_client_close(&c);
    if (e)
        (void)hls_reading_retries(r, &e, &r->playlist_failing_us, "playlist");
    else
        r->playlist_failing_us = 0;
    return err_wrap(e, "playlist");
}

static struct err *take_variant(struct hls_reading *r, char *text, size_t len)
{
    struct hls_choice c;
    if (r->is_chosen || !hls_master_choose(&c, text, len))
        return err_new(E_HTTP_DATA_INVALID, "%s lists no variant that can be read", r->base);
    r->is_chosen = true;
    if (c.has_audio_elsewhere)
        log_info("%s: sound that has a playlist of its own is left out", r->base);
    return http_location_resolve(r->base, c.uri, r->url);
}

static struct err *choose_segment(struct hls_reading *r, struct hls_next *next, char *text, size_t len)
{
    if (hls_next_has_more_lines(text, len, PLAYLIST_LINES_MAX))
        return err_new(E_LIMIT, "%s has more than %d lines", r->base, PLAYLIST_LINES_MAX);
    if (hls_is_master(text, len)) {
        struct err *e = take_variant(r, text, len);
        *next = (struct hls_next){ .is_again = true };
        return e;
    }
    if (!hls_next_find(next, text, len, r->next))
        return err_new(E_HTTP_DATA_INVALID, "%s is no media playlist", r->base);
    r->target_us = next->target_us > TARGET_US_MIN ? next->target_us : TARGET_US_MIN;
    return NULL;
}

/* ---- all of them ---- */

/* The stream is given up if no frame has come for too long, whatever the playlist says. */
static struct err *check_patience(const struct hls_reading *r)
{
    if (now_us() < r->a->heard_us + hls_reading_patience_us(r, 3))
        return NULL;
    return err_new(E_SOCKET_TIMEOUT, "%s: no frame came", r->base);
}

static struct err *end(struct hls_reading *r)
{
    struct err *e = NULL;
    if (r->a->began_us && !entry_take_end(&r->a->entry, &e) && !e)
        e = err_new(E_HTTP_DATA_INVALID, "%s holds no frame", r->base);
    return e ? e : attempt_end(r->a);
}

static struct err *sleep_until(int64_t us)
{
    int64_t left_us = us - now_us();
    return left_us > 0 ? co_sleep(left_us) : NULL;
}

static struct err *step(struct hls_reading *r)
{
    int64_t         next_us = now_us() + STEP_US_MIN;
    struct hls_next next = { .is_again = false };
    char           *text = NULL;
    size_t          len = 0;
    struct err     *e = check_patience(r);
    if (!e)
        e = load_playlist(r, &text, &len);
    if (!e && text)
        e = choose_segment(r, &next, text, len);
    if (!e && text && !next.is_again)
        e = next.uri ? hls_segment_take(r, &next) : next.is_ended ? end(r) : co_sleep(r->target_us / 2); /* 6.3.4 */
    mem_free(text);
    return e || next.is_again ? e : sleep_until(next_us);
}

struct err *hls_form_run(struct attempt *a)
{
    struct hls_reading *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    *r = (struct hls_reading){ .a = a, .next = -1, .target_us = TARGET_US_MIN };
    http_pool_init(&r->pool);
    struct err *e = str_copy(r->url, sizeof r->url, a->url) ? NULL : err_new(E_LIMIT, "the URL is too long");
    while (!e)
        e = step(r);
    http_pool_finish(&r->pool);
    mem_free(r->map);
    mem_free(r);
    return e;
}

#include "app/hls/timeshift.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/hls/ask.h"
#include "app/hls/hls.h"
#include "app/hls/master_playlist.h"
#include "app/hls/playlist_text.h"
#include "app/hls/timeshift_answer.h"
#include "app/hls/timeshift_folder.h"
#include "app/hls/timeshift_query.h"
#include "app/hls/view.h"
#include "app/http/conn.h"
#include "app/http/refusal.h"
#include "app/segment/template_match.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/hls/master.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

enum { QUESTION_CAP = 8 << 10, URI_BYTES_MAX = 16 << 10 };

/* How long a range that is over may be kept by caches. */
#define RANGE_CACHE_CONTROL "max-age=60"

/* The wall clock minus the monotonic clock, the largest that was seen: the past must not come back when a clock is set back. */
static int64_t wall_ahead_us;

/* One request. */
struct past {
    struct conf                *conf; /* held, because asking the door may wait */
    const struct conf_vhost    *vhost;
    struct hls_timeshift_query  query;
    struct hls_timeshift_wanted wanted;
    char                       *folder;
    int64_t                     now_us;                      /* wall clock of the stream */
    char                        path[HTTP_REQUEST_LINE_MAX]; /* in normal form, below hls_path */
};

/* ---- replies ---- */

/* The master playlist: its media playlist has the same query, and the viewer's id. */
static struct err *reply_master(struct http_exchange *x, const struct past *p, const struct hls_timeshift_answer *a,
                                const struct hls_ask *ask)
{
    const struct hls_timeshift_view *view = &a->view;
    struct buf                       uri = buf_up_to(URI_BYTES_MAX);
    struct hls_text                  text = hls_text_up_to(HLS_TEXT_BYTES_MAX);
    struct hls_playlist_text        *made = NULL;
    hls_master_put_uri(&uri, &p->vhost->hls, view->m3u8, view->m3u8);
    const struct hls_variant v = {
        .uri = uri.bytes,
        .bandwidth_bps = view->bandwidth.peak_bps,
        .average_bps = view->bandwidth.average_bps,
        .codecs = view->codecs,
        .width = (unsigned)view->width,
        .height = (unsigned)view->height,
        .fps_thousandths = (unsigned)view->fps_thousandths,
    };
    const struct hls_master m = { .variants = &v, .n_variants = 1 };
    struct err             *e = buf_error(&uri);
    if (!e)
        hls_master_write(&text, &m);
    if (!e)
        e = hls_playlist_text_new(&made, &text);
    if (!e)
        e = hls_playlist_text_reply(x, made, ask, p->vhost, "no-cache");
    hls_playlist_text_unref(&made);
    buf_finish(&uri);
    return e;
}

static const char *cache_control(const struct past *p, const struct hls_timeshift_view *v, char *text, size_t cap)
{
    if (p->wanted.is_vod)
        return p->query.has_end && p->query.end_us < p->now_us - p->vhost->hls.window_us ? RANGE_CACHE_CONTROL
                                                                                         : "no-cache";
    if (v->target_s < 2)
        return "no-cache";
    snprintf(text, cap, "max-age=%" PRId64, v->target_s / 2);
    return text;
}

static struct err *reply_media(struct http_exchange *x, const struct past *p, const struct hls_timeshift_answer *a,
                               const struct hls_ask *ask)
{
    char seconds[32];
    hls_ask_expect(ask, a->view.target_s * US_PER_SECOND);
    return hls_playlist_text_reply(x, a->media, ask, p->vhost, cache_control(p, &a->view, seconds, sizeof seconds));
}

/* ---- the question ---- */

static bool has_steps_with_dots(const char *path)
{
    return *path == '.' || strstr(path, "/.");
}

static bool is_playlist(struct past *p, const char *path)
{
    path += *path == '/';
    size_t len = strlen(path);
    if (len >= sizeof p->path)
        return false;
    stream_name_normalise(p->path, path, len);
    return stream_name_is_safe(p->path) && !has_steps_with_dots(p->path) &&
           template_match(p->vhost->hls.m3u8_file, p->vhost->name, p->path, NULL, NULL);
}

/* ---- the clock ---- */

/* Take the clock of the stream, if it has this playlist. */
static bool is_shown(void *arg, const struct template_match_names *n)
{
    struct past *p = arg;
    char         app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    if (!stream_name_take(app, n->app, n->app_len) || !stream_name_take(stream, n->stream, n->stream_len))
        return false;
    const struct show *show = show_find(p->vhost, app, stream);
    for (size_t i = 0; show && i < SHOW_VIEWS_MAX; i++) {
        const struct viewing *v = &show->viewings[i];
        const struct hls     *h = v->by == &hls_view ? v->state : NULL;
        if (!h || !str_equal(h->m3u8_path, p->path))
            continue;
        p->now_us = plan_wall_us(v->plan, now_us());
        return true;
    }
    return false;
}

/* Segments of a stream that goes on have their dates by its own clock. */
static void look_at_clock(struct past *p)
{
    int64_t ahead_us = wall_now_us() - now_us();
    if (ahead_us > wall_ahead_us)
        wall_ahead_us = ahead_us;
    if (!template_match(p->vhost->hls.m3u8_file, p->vhost->name, p->path, is_shown, p))
        p->now_us = now_us() + wall_ahead_us;
}

/* What to look for; false if it is outside of what is kept. */
static bool want(struct past *p)
{
    const struct conf_hls            *c = &p->vhost->hls;
    const struct hls_timeshift_query *q = &p->query;
    int64_t                           now = p->now_us;
    p->wanted = (struct hls_timeshift_wanted){
        .folder = p->folder,
        .entry_prefix = c->entry_prefix,
        .key_url = c->key_url,
        .is_vod = q->delay_us == 0,
        .from_us = q->start_us,
        .to_us = q->delay_us  ? now - q->delay_us
                 : q->has_end ? q->end_us
                              : now,
        .oldest_us = now - c->timeshift_us,
        .window_us = c->window_us,
    };
    return p->wanted.to_us > p->wanted.oldest_us;
}

static bool put_question(const struct past *p, char text[static QUESTION_CAP])
{
    const struct hls_timeshift_query *q = &p->query;
    int n = snprintf(text, QUESTION_CAP, "%" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 " %s", p->conf->serial,
                     q->delay_us, q->start_us, q->has_end ? q->end_us : -1, p->folder);
    return n > 0 && n < QUESTION_CAP;
}

static struct err *ask_index(struct past *p, struct hls_timeshift_answer **a)
{
    char *question = mem_alloc(QUESTION_CAP);
    if (!question)
        return err_no_memory();
    struct err *e = put_question(p, question) ? hls_timeshift_ask(a, question, &p->wanted)
                                              : err_new(E_LIMIT, "the path of the playlist is too long");
    mem_free(question);
    return e;
}

/* ---- the request ---- */

static struct err *serve_answer(struct http_exchange *x, const struct past *p, const struct hls_timeshift_answer *a)
{
    struct hls_ask ask;
    struct err    *e = hls_ask_begin(&ask, x, p->vhost, a->view.app, a->view.stream, HLS_ASK_PLAYLIST);
    if (!e && !ask.is_answered)
        e = ask.is_new ? reply_master(x, p, a, &ask) : reply_media(x, p, a, &ask);
    hls_ask_end(&ask, x);
    return e;
}

static struct err *serve(struct http_exchange *x, struct past *p)
{
    struct hls_timeshift_answer *a = NULL;
    if (!want(p))
        return refusal_text(x, HTTP_STATUS_NOT_FOUND, "This time is outside of what is kept.\n");
    struct err *e = ask_index(p, &a);
    if (e && err_code(e) != E_THREAD_INTERRUPTED)
        return refusal_for_now(x, e, "The past of this stream cannot be read now.\n");
    if (e)
        return e;
    switch (a->view.result) {
    case HLS_TIMESHIFT_FOUND: e = serve_answer(x, p, a); break;
    case HLS_TIMESHIFT_NOTHING: e = refusal_text(x, HTTP_STATUS_NOT_FOUND, "Nothing of this time is kept.\n"); break;
    case HLS_TIMESHIFT_TOO_MANY:
        e = refusal_text(x, HTTP_STATUS_BAD_REQUEST, "The range has too many segments: ask for a shorter one.\n");
        break;
    }
    hls_timeshift_answer_unref(&a);
    return e;
}

bool hls_timeshift_is_kept(const struct conf_vhost *vhost)
{
    return vhost && vhost->enabled && vhost->hls.enabled && vhost->hls.timeshift_us > 0;
}

static struct err *reply(struct http_exchange *x, struct past *p)
{
    const char *why = NULL;
    if (hls_timeshift_query_read(&p->query, http_request_of(x), &why) == HLS_TIMESHIFT_ASKS_NONSENSE)
        return refusal_text(x, HTTP_STATUS_BAD_REQUEST, why);
    p->conf = conf_ref(http_conn_of(x)->server->conf);
    look_at_clock(p);
    struct err *e = hls_timeshift_folder_name(&p->folder, p->vhost->hls.path, p->vhost->name, p->path);
    if (!e)
        e = serve(x, p);
    mem_free(p->folder);
    conf_unref(&p->conf);
    return e;
}

struct err *hls_timeshift_handle(struct http_exchange *x, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(http_conn_of(x)->server->conf, http_request_vhost(r));
    *taken = false;
    if (!hls_timeshift_is_kept(vhost) || !hls_timeshift_is_asked(r))
        return NULL;
    struct past *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_no_memory();
    p->vhost = vhost;
    *taken = is_playlist(p, r->path);
    struct err *e = *taken ? reply(x, p) : NULL;
    mem_free(p);
    return e;
}

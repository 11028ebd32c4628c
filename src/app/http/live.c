#include "app/http/live.h"

#include <string.h>

#include "app/http/conn.h"
#include "app/http/live_format.h"
#include "app/http/live_mount.h"
#include "app/http/live_player.h"
#include "app/http/live_session.h"
#include "app/http/refusal.h"
#include "app/http/site.h"
#include "app/http/static_files.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

/* The stream and the format that a request is for. */
struct target {
    const struct conf_vhost  *vhost;
    const struct live_format *format;
    char                      app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
};

/* Find the app for a path without an app: it means the published stream of that name in any app. */
static bool take_app_of_stream(const struct sources *all, struct target *t)
{
    const struct source *s = source_find_in_any_app(all, t->vhost, t->stream);
    return s && str_copy(t->app, sizeof t->app, s->app);
}

static bool is_published(const struct sources *all, const struct target *t)
{
    const struct source *s = source_find(all, t->vhost, t->app, t->stream);
    return s && source_is_on_air(s);
}

static bool is_own_ext(const struct conf_vhost *vhost, const char *ext)
{
    return strcmp(ext, live_mount_ext(vhost->http_remux.mount)) == 0;
}

/*
 * A published stream takes precedence over a file of the same path. A stream that is not published takes precedence only where
 * no http_static mount owns the path, and not in deeper folders, where recordings lie.
 */
static bool find_target(const struct http_exchange *x, const struct conf *conf, struct target *t)
{
    const struct http_request *r = http_request_of(x);
    const char                *host = http_request_vhost(r);
    const struct sources      *all = &http_conn_of(x)->server->sources;
    struct live_path           path;
    t->vhost = conf_find_vhost(conf, host);
    if (!t->vhost || !t->vhost->http_remux.enabled ||
        !live_mount_match(t->vhost->http_remux.mount, t->vhost->name, host, r->path, &path) ||
        !stream_name_take(t->stream, path.stream.text, path.stream.len) ||
        !(path.app.len ? stream_name_take(t->app, path.app.text, path.app.len) : take_app_of_stream(all, t)))
        return false;
    t->format = live_format_find(path.ext);
    if (!t->format || is_published(all, t))
        return t->format && (is_own_ext(t->vhost, path.ext) || t->format->format->beside_every_mount);
    return is_own_ext(t->vhost, path.ext) && !path.deep && !static_files_own(conf, r);
}

/* ---- admission ---- */

/* Translates the verdict: the client gets a status, the log the reason. */
static struct err *refuse(struct http_exchange *x, const struct session *s, struct err *why)
{
    enum session_verdict verdict = s->verdict;
    int                  status = verdict == SESSION_NOT_FOUND ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_FORBIDDEN;
    if (verdict == SESSION_FAILED)
        return why;
    if (verdict == SESSION_REDIRECTED) {
        log_err(LOG_INFO, why, "HTTP client ip=%s, %s", http_visit_of(x)->ip, http_request_of(x)->path);
        return http_reply_redirect(x, HTTP_STATUS_FOUND, s->place);
    }
    if (verdict == SESSION_UNNAMED)
        return refusal_unnamed(x, s->challenge, why);
    if (verdict == SESSION_UNAVAILABLE)
        return refusal_unasked(x, why);
    log_err(LOG_WARN, why, "HTTP client ip=%s refused, %s", http_visit_of(x)->ip, http_request_of(x)->path);
    return http_reply_status(x, status);
}

/* ---- what the format can carry ---- */

/* True if the format carries a known codec of the stream, or if none is known yet. */
static bool is_carried(const struct source *s, const struct live_format *format)
{
    bool video = source_knows_codec(s, FRAME_VIDEO), audio = source_knows_codec(s, FRAME_AUDIO);
    return (!video && !audio) || (video && format->carries(s->video.codec)) ||
           (audio && format->carries(s->audio.codec));
}

static struct err *reply_not_carried(struct http_exchange *x, const struct source *s, const struct live_format *format)
{
    char       text[256];
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "%s cannot carry this stream: video %s, audio %s.\n", format->wire->name,
               source_knows_codec(s, FRAME_VIDEO) ? codec_name(s->video.codec) : "none",
               source_knows_codec(s, FRAME_AUDIO) ? codec_name(s->audio.codec) : "none");
    log_warn("HTTP client ip=%s, %s: %s cannot carry %s, %s", http_visit_of(x)->ip, s->identity, format->wire->name,
             codec_name(s->video.codec), codec_name(s->audio.codec));
    return http_reply(x, HTTP_STATUS_NOT_ACCEPTABLE, "text/plain; charset=utf-8", text, out.len);
}

static struct err *serve(struct http_exchange *x, struct session *session, const struct live_format *format)
{
    const struct source *s = session->source;
    if (!source_is_on_air(s) && s->vhost->http_remux.wait_us == 0 && !attend_brings(s))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    if (!is_carried(s, format))
        return reply_not_carried(x, s, format);
    return http_live_play(x, session, format);
}

/* Admit the player. It is a separate function, so that the stack does not keep `t` while the stream plays. */
static struct err *admit(struct http_exchange *x, bool *taken, struct live_session *l,
                         const struct live_format **format)
{
    struct conf  *conf = conf_ref(http_conn_of(x)->server->conf);
    struct target t;
    *taken = find_target(x, conf, &t);
    conf_unref(&conf);
    if (!*taken)
        return NULL;
    *format = t.format;
    struct err *e = live_session_admit(l, x, t.app, t.stream, t.format->format->ext);
    return e ? refuse(x, &l->session, e) : NULL;
}

struct err *http_live_handle(struct http_exchange *x, bool *taken)
{
    struct live_session       l = { 0 };
    const struct live_format *format = NULL;
    struct err               *e = admit(x, taken, &l, &format);
    if (!e && l.session.source)
        e = session_end_reason(&l.session, serve(x, &l.session, format));
    live_session_end(&l);
    return e;
}

/* A picture of a stream's newest key frame: /api/v1/snapshots/VHOST/APP/STREAM.jpg; without a path the counts. SRS has no such
 * endpoint. */
#include <string.h>

#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/http/conn.h"
#include "app/http/play_rules.h"
#include "app/snapshot/key_frame.h"
#include "app/snapshot/shots.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/negotiate.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

/* How long a key frame is waited for, where none is kept; how long a picture of it is. */
#define KEY_US (5 * US_PER_SECOND)
#define MAKE_US (5 * US_PER_SECOND)

enum { ETAG_CAP = 80 };

struct target {
    char                     vhost[STREAM_VHOST_MAX + 1], app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
    struct picture_wish      wish;
    const struct conf_vhost *found;
};

/* ---- what is asked for ---- */

/* VHOST/APP/STREAM.jpg; an app may have slashes in it. */
static bool take_path(struct target *t, const char *path)
{
    const char *app = strchr(path, '/'), *stream = strrchr(path, '/'), *dot = strrchr(path, '.');
    if (!app || app == stream || app == path || (size_t)(app - path) > STREAM_VHOST_MAX)
        return false;
    struct str vhost = str_over(t->vhost, sizeof t->vhost);
    str_append(&vhost, path, (size_t)(app - path));
    return dot > stream && picture_parse_extension(dot, &t->wish.format) &&
           stream_name_take(t->app, app + 1, (size_t)(stream - app) - 1) &&
           stream_name_take(t->stream, stream + 1, (size_t)(dot - stream) - 1);
}

/* A side that is missing, no number or 0 follows the other. */
static void take_size(struct target *t, const struct api_reply *r)
{
    t->wish.width = (int)api_number(r, "width", 0, PICTURE_SIDE_MAX);
    t->wish.height = (int)api_number(r, "height", 0, PICTURE_SIDE_MAX);
}

/* ---- who may ---- */

/*
 * The password of the API opens all streams, unless another site's page has a browser send it. Without it a picture is for those that
 * may play the stream. A callback that decides about players is not asked for a picture.
 */
static struct err *check_access(const struct api_reply *r, const struct target *t)
{
    struct play_rules rules;
    if (r->server->conf->http_api.auth && r->shows_secrets)
        return NULL;
    if (t->found->hooks.enabled && t->found->hooks.on_play.count > 0)
        return err_new(E_AUTH_DENIED, "on_play decides who may play; pictures need the password of the API");
    if (t->found->cluster.token_traverse)
        return err_new(E_AUTH_DENIED, "the origin decides who may play; pictures need the password of the API");
    return play_rules_check_names(r->x, t->found, t->app, t->stream, &rules);
}

static struct err *deny(struct api_reply *r, struct err *why)
{
    log_err(LOG_WARN, why, "HTTP client ip=%s gets no picture", http_visit_of(r->x)->ip);
    return api_refuse(r, HTTP_STATUS_FORBIDDEN);
}

/* ---- the answer ---- */

static struct err *refuse_result(struct api_reply *r, const struct shot *s)
{
    switch (s->result) {
    case PICTURE_UNBUILT: return api_refuse_because(r, HTTP_STATUS_NOT_IMPLEMENTED, s->picture.why);
    case PICTURE_UNKNOWN: return api_refuse_because(r, HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE, s->picture.why);
    case PICTURE_BROKEN: return api_refuse_because(r, HTTP_STATUS_UNPROCESSABLE_ENTITY, s->picture.why);
    default: return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, s->picture.why);
    }
}

/* An error of a wait becomes the answer, unless it is that of the connection. */
static struct err *refuse_error(struct api_reply *r, struct err *e)
{
    enum err_code code = err_code(e);
    if (code != E_LIMIT && code != E_SOCKET_TIMEOUT && code != E_END_OF_STREAM && code != E_NO_MEMORY)
        return e;
    err_free(e);
    if (code == E_END_OF_STREAM)
        return api_refuse_because(r, HTTP_STATUS_NOT_FOUND, "the stream is not published");
    e = http_add_field(r->x, "Retry-After", "1");
    return e ? e
             : api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE,
                                  code == E_SOCKET_TIMEOUT
                                      ? "no key frame has come, or no picture was made of it, in time"
                                      : "too many pictures are being made");
}

static struct err *add_fields(struct api_reply *r, const char *etag)
{
    struct err *e = http_add_field(r->x, "ETag", etag);
    return e ? e : http_add_field(r->x, "Cache-Control", "private, no-cache");
}

static struct err *send_picture(struct api_reply *r, const struct shot *s, const char *etag)
{
    struct err *e = add_fields(r, etag);
    r->is_answered = true;
    return e ? e : http_reply(r->x, HTTP_STATUS_OK, picture_type(s->wish.format), s->picture.bytes, s->picture.len);
}

static struct err *send_unchanged(struct api_reply *r, const char *etag)
{
    struct err *e = add_fields(r, etag);
    r->is_answered = true;
    return e ? e : http_reply(r->x, HTTP_STATUS_NOT_MODIFIED, NULL, NULL, 0);
}

/* The same key frame, size and format give the same bytes. The run of the server is in it, because the numbers begin anew. */
static void write_etag(char etag[static ETAG_CAP], const struct api_reply *r, const struct target *t,
                       const struct key_frame *k)
{
    struct str out = str_over(etag, ETAG_CAP);
    str_printf(&out, "\"%.16s-%llx-%llx-%dx%d-%s\"", r->server->service_id, (unsigned long long)k->serial,
               (unsigned long long)k->seq, t->wish.width, t->wish.height, picture_extension(t->wish.format));
}

/* A client that takes its reply slowly holds the picture alone: the key frame is dropped before. */
static struct err *answer_key_frame(struct api_reply *r, const struct target *t, struct key_frame *k)
{
    char         etag[ETAG_CAP];
    struct shot *s = NULL;
    write_etag(etag, r, t, k);
    bool        is_known = http_has_version(r->request, etag);
    struct err *e = is_known ? NULL : shots_ask(&s, k, &t->wish, now_us() + MAKE_US);
    key_frame_drop(k);
    if (e)
        return refuse_error(r, e);
    if (is_known)
        return send_unchanged(r, etag);
    e = s->result == PICTURE_MADE ? send_picture(r, s, etag) : refuse_result(r, s);
    shot_unref(&s);
    return e;
}

static struct err *answer(struct api_reply *r, struct target *t)
{
    if (!take_path(t, api_id(r, "/api/v1/snapshots/")))
        return api_refuse_because(r, HTTP_STATUS_NOT_FOUND, "the path of a picture is VHOST/APP/STREAM.jpg or .webp");
    take_size(t, r);
    if (!(t->found = conf_find_vhost(r->server->conf, t->vhost)) || !t->found->enabled)
        return api_refuse_because(r, HTTP_STATUS_NOT_FOUND, "there is no such vhost");
    struct err *e = check_access(r, t);
    if (e)
        return deny(r, e);
    struct source *source = source_find(&r->server->sources, t->found, t->app, t->stream);
    if (!source)
        return api_refuse_because(r, HTTP_STATUS_NOT_FOUND, "the stream is not published");
    struct key_frame k;
    source->refs++; /* while it waits */
    e = key_frame_await(source, now_us() + KEY_US, &k);
    source_release(source);
    return e ? refuse_error(r, e) : answer_key_frame(r, t, &k);
}

static void put_counts(struct api_reply *r)
{
    struct shots_counts n = shots_count();
    api_begin_data(r);
    jw_int(&r->json, "made", n.n_made);
    jw_int(&r->json, "failed", n.n_failed);
    jw_int(&r->json, "found", n.n_found);
    jw_int(&r->json, "refused", n.n_refused);
    jw_int(&r->json, "kept", (int64_t)n.n_kept);
    jw_int(&r->json, "bytes", (int64_t)n.bytes);
    api_end_data(r);
}

static struct err *write_snapshots(struct api_reply *r)
{
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!*api_id(r, "/api/v1/snapshots/")) {
        put_counts(r);
        return NULL;
    }
    struct target *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_no_memory();
    struct err *e = answer(r, t);
    mem_free(t);
    return e;
}

struct err *api_snapshots(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_snapshots);
}

#include "app/hls/old_files.h"

#include <string.h>

#include "app/hls/ask.h"
#include "app/hls/timeshift.h"
#include "app/hls/viewers.h"
#include "app/http/conn.h"
#include "app/http/file_guard.h"
#include "app/http/refusal.h"
#include "app/http/static_files.h"
#include "app/segment/template_match.h"
#include "core/mem.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

/* One request. */
struct old_file {
    struct conf             *conf; /* held, because asking the door may wait */
    const struct conf_vhost *vhost;
    char                    *path; /* below `dir`, as templates make it; copied */
    const char              *dir, *template;
    enum hls_ask_for         what;
    const char              *id; /* NULL: none */
    const uint8_t           *secret;
    struct hls_viewer_stream of; /* in `app` and `stream` */
    char                     app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
};

/* ---- which file ---- */

static bool fits(struct old_file *f, const char *dir, const char *template, enum hls_ask_for what)
{
    f->dir = dir;
    f->template = template;
    f->what = what;
    return template_match(template, f->vhost->name, f->path, NULL, NULL);
}

/* An init segment may have a number in its name (names.h): init-2.mp4 is judged as init.mp4. */
static bool remove_number(char *path)
{
    char  *dash = strrchr(path, '-');
    size_t digits = dash ? strspn(dash + 1, "0123456789") : 0;
    if (digits > 0)
        memmove(dash, dash + 1 + digits, strlen(dash + 1 + digits) + 1);
    return digits > 0;
}

static bool find(struct old_file *f)
{
    const struct conf_hls *c = &f->vhost->hls;
    return fits(f, c->key_file_path, c->key_file, HLS_ASK_KEY) || fits(f, c->path, c->ts_file, HLS_ASK_SEGMENT) ||
           fits(f, c->path, c->fmp4_file, HLS_ASK_SEGMENT) || fits(f, c->path, c->init_file, HLS_ASK_SEGMENT) ||
           (remove_number(f->path) && fits(f, c->path, c->init_file, HLS_ASK_SEGMENT));
}

/* ---- whose file ---- */

/* True if the request's id is of a viewer of this stream, whose names are kept then. */
static bool is_id_of(struct old_file *f, const char *app, size_t app_len, const char *stream, size_t stream_len)
{
    if (app_len > STREAM_NAME_MAX || stream_len > STREAM_NAME_MAX)
        return false;
    memcpy(f->app, app, app_len);
    f->app[app_len] = '\0';
    memcpy(f->stream, stream, stream_len);
    f->stream[stream_len] = '\0';
    f->of = (struct hls_viewer_stream){ .vhost = f->vhost->name, .app = f->app, .stream = f->stream };
    return hls_viewer_id_is_ours(f->id, f->secret, &f->of);
}

/* A viewer of a stream is one of its variants as well (`hls_variants`). */
static bool is_viewers(void *arg, const struct template_match_names *n)
{
    struct old_file         *f = arg;
    const struct conf_words *variants = &f->vhost->hls.variants;
    const char              *app = n->app ? n->app : "", *stream = n->stream ? n->stream : "";
    bool                     is = is_id_of(f, app, n->app_len, stream, n->stream_len);
    for (size_t i = 0; i < variants->count && !is; i++) {
        size_t len = strlen(variants->items[i]);
        is = n->stream_len > len && memcmp(stream + n->stream_len - len, variants->items[i], len) == 0 &&
             is_id_of(f, app, n->app_len, stream, n->stream_len - len);
    }
    return is;
}

/* ---- replies ---- */

static struct err *send_file(struct http_exchange *x, const struct old_file *f)
{
    const char *below = http_request_of(x)->path + 1;
    struct err *e = file_guard_check(x, f->conf, f->dir, below);
    if (e)
        return refusal_denied(x, HTTP_STATUS_FORBIDDEN, e);
    e = f->what == HLS_ASK_KEY ? http_add_field(x, "Cache-Control", "no-store") : NULL;
    return e ? e : static_files_reply(x, f->dir, below);
}

static struct err *serve_viewer(struct http_exchange *x, struct old_file *f)
{
    struct hls_ask ask;
    struct err    *e = hls_ask_begin(&ask, x, f->vhost, f->app, f->stream, f->what);
    if (!e && !ask.is_answered)
        e = send_file(x, f);
    hls_ask_end(&ask, x);
    return e;
}

static struct err *serve(struct http_exchange *x, struct old_file *f)
{
    bool is_theirs = f->id && template_match(f->template, f->vhost->name, f->path, is_viewers, f);
    if (is_theirs)
        return serve_viewer(x, f);
    if (hls_ask_needs_viewer(f->vhost, f->what))
        return refusal_denied(x, HTTP_STATUS_FORBIDDEN, hls_viewers_refuse_others());
    return send_file(x, f);
}

/* ---- the request ---- */

struct err *hls_old_files_handle(struct http_exchange *x, bool *taken)
{
    struct server             *server = http_conn_of(x)->server;
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(server->conf, http_request_vhost(r));
    *taken = false;
    if (!hls_timeshift_is_kept(vhost) || static_files_own(server->conf, r) || r->path[0] != '/' || r->path[1] == '/')
        return NULL;
    struct old_file *f = mem_calloc(1, sizeof *f);
    char            *path = mem_strdup(r->path + 1);
    struct err      *e = f && path ? NULL : err_no_memory();
    if (!e) {
        *f = (struct old_file){ .conf = conf_ref(server->conf), .vhost = vhost, .path = path };
        f->id = http_request_param(r, HLS_VIEWER_ID_PARAM);
        f->secret = server->secret;
        *taken = find(f);
    }
    if (*taken)
        e = serve(x, f);
    if (f)
        conf_unref(&f->conf);
    mem_free(path);
    mem_free(f);
    return e;
}

#include "app/hls/file_guard.h"

#include <string.h>

#include "app/conf/auth.h"
#include "app/hls/timeshift_folder.h"
#include "app/hls/track_path.h"
#include "app/hls/viewers.h"
#include "app/http/conn.h"
#include "app/segment/file_path.h"
#include "app/session/access.h"
#include "core/str.h"
#include "protocol/stream_name.h"

/* A new guard that depends on the vhost counts here as well. */
bool hls_file_guard_may_refuse(const struct conf_vhost *v)
{
    return v->cluster.token_traverse || v->security.enabled || conf_auth_asks(&v->auth, false) || v->refer.enabled ||
           (v->hooks.enabled && v->hooks.on_play.count > 0);
}

static bool is_made_by(const char *path, const char *dir, const char *template, const struct conf_vhost *v,
                       const struct hls_viewer_stream *of)
{
    const struct template_names names = { v->name, of ? of->app : NULL, of ? of->stream : NULL };
    return file_path_is_made_by(path, dir, template, &names);
}

static bool is_key(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    return is_made_by(path, v->hls.key_file_path, v->hls.key_file, v, of);
}

/* Later init segments have a number before their extension (names.h). */
static bool is_init(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    const char *template = v->hls.init_file, *dot = strrchr(template, '.');
    char       tagged[FILE_PATH_CAP];
    struct str out = str_over(tagged, sizeof tagged);
    if (!dot || strchr(dot, '/'))
        dot = template + strlen(template);
    str_printf(&out, "%.*s-[number]%s", (int)(dot - template), template, dot);
    return is_made_by(path, v->hls.path, template, v, of) || (!out.cut && is_made_by(path, v->hls.path, tagged, v, of));
}

static bool is_segment(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    const struct conf_hls *c = &v->hls;
    return is_made_by(path, c->path, c->ts_file, v, of) || is_made_by(path, c->path, c->fmp4_file, v, of) ||
           is_init(v, path, of);
}

bool hls_file_guard_keeps(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    const struct conf_hls *c = &v->hls;
    char                   own[FILE_PATH_CAP];
    if (!of && file_path_is_in(path, c->path, HLS_OWN_FOLDER))
        return true;
    if (!v->enabled || !c->enabled || !c->ctx)
        return false;
    if (str_copy(own, sizeof own, path) && hls_track_path_strip(own, NULL))
        path = own; /* A file of a rendition is judged as that of its stream. */
    if (is_key(v, path, of))
        return true;
    if (!hls_file_guard_may_refuse(v))
        return false;
    if (is_made_by(path, c->path, c->m3u8_file, v, of))
        return true;
    return c->ts_ctx && is_segment(v, path, of);
}

bool hls_file_guard_has(const struct conf_vhost *v, const char *path, const struct template_names *names)
{
    const struct conf_hls         *c = &v->hls;
    const struct hls_viewer_stream of = { v->name, names->app, names->stream };
    char                           own[FILE_PATH_CAP];
    if (str_copy(own, sizeof own, path) && hls_track_path_strip(own, NULL))
        path = own;
    return is_key(v, path, &of) || is_made_by(path, c->path, c->m3u8_file, v, &of) || is_segment(v, path, &of);
}

/* True if the path is of a variant (`hls_variants`) of the stream. */
static bool is_of_variant(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    char name[STREAM_NAME_MAX + 1];
    bool is_of = false;
    for (size_t i = 0; i < v->hls.variants.count && !is_of; i++) {
        struct str               out = str_over(name, sizeof name);
        struct hls_viewer_stream variant = { .vhost = of->vhost, .app = of->app, .stream = name };
        str_printf(&out, "%s%s", of->stream, v->hls.variants.items[i]);
        is_of = !out.cut && hls_file_guard_keeps(v, path, &variant);
    }
    return is_of;
}

static bool is_of(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    return str_equal(of->vhost, v->name) && (hls_file_guard_keeps(v, path, of) || is_of_variant(v, path, of));
}

/* Why the client may not have a file that is for viewers alone. */
static struct err *refuse(const struct conf_vhost *v, const char *path, const struct http_exchange *x)
{
    const char        *id = http_request_param(http_request_of(x), HLS_VIEWER_ID_PARAM);
    struct hls_viewer *viewer = id ? hls_viewers_find_by_id(id) : NULL;
    bool               is_own = viewer && !hls_viewer_has_ended(viewer) && is_of(v, path, &viewer->of);
    hls_viewers_release(&viewer, 0, 0);
    if (is_own) /* perhaps from another address than its viewer's */
        return access_check_security(v, ACCESS_PLAY, http_visit_of(x)->ip);
    return hls_viewers_refuse_others();
}

struct err *hls_file_guard_refuse(const struct conf_vhost *v, const char *path, const struct http_exchange *x)
{
    return hls_file_guard_keeps(v, path, NULL) ? refuse(v, path, x) : NULL;
}

#include "app/hls/file_guard.h"

#include <string.h>
#include <unistd.h>

#include "app/hls/timeshift_folder.h"
#include "app/hls/viewers.h"
#include "app/http/conn.h"
#include "app/http/file_mount.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/stream_name.h"

/* A longer path is of no file of HLS (segment/template.h). */
enum { GUARD_PATH_CAP = 3 << 10 };

/* ---- paths ----------------------------------------------------------------------------------------------------- */

static void put_steps(struct str *out, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && memcmp(path, "..", 2) == 0) {
            while (out->len > 0 && out->buf[--out->len] != '/')
                ;
            out->buf[out->len] = '\0';
        } else if (len > 0 && !(len == 1 && *path == '.')) {
            str_append(out, "/", 1);
            str_append(out, path, len);
        }
        path += len + (path[len] == '/');
    }
}

/* The absolute path, by its text alone: nothing here may wait for a disk. False if it is too long. */
static bool make_absolute(char path[static GUARD_PATH_CAP], const char *dir, const char *below)
{
    char       cwd[GUARD_PATH_CAP];
    struct str out = str_over(path, GUARD_PATH_CAP);
    if (*dir != '/') {
        if (!getcwd(cwd, sizeof cwd))
            return false;
        put_steps(&out, cwd);
    }
    put_steps(&out, dir);
    put_steps(&out, below);
    return !out.cut;
}

/* True if `text` fits the pattern, in which each '\1' stands for anything but nothing. The time is bounded by both lengths. */
static bool fits(const char *pattern, const char *text)
{
    const char *retry = NULL, *from = NULL;
    for (;;) {
        if (*pattern == '\1') {
            retry = ++pattern;
            from = text;
            if (!*text++)
                return false;
        } else if (*pattern == *text) {
            if (!*text)
                return true;
            pattern++;
            text++;
        } else if (retry && *from && *++from) {
            pattern = retry;
            text = from;
        } else {
            return false;
        }
    }
}

/* Write a variable as the name that it stands for, or as '\1' if it may be anything. */
static void put_variable(struct str *out, const char *name, size_t len, const struct conf_vhost *vhost,
                         const struct hls_viewer_stream *of)
{
    if (len == strlen("vhost") && memcmp(name, "vhost", len) == 0)
        str_printf(out, "%s", vhost->name);
    else if (of && len == strlen("app") && memcmp(name, "app", len) == 0)
        str_printf(out, "%s", of->app);
    else if (of && len == strlen("stream") && memcmp(name, "stream", len) == 0)
        str_printf(out, "%s", of->stream);
    else
        str_append(out, "\1", 1);
}

/* True if the path, below the folder, is one that the template gives. */
static bool is_made_by(const char *path, const char *dir, const char *template, const struct conf_vhost *vhost,
                       const struct hls_viewer_stream *of)
{
    char       folder[GUARD_PATH_CAP], pattern[GUARD_PATH_CAP];
    struct str out = str_over(pattern, sizeof pattern);
    if (!make_absolute(folder, dir, ""))
        return false;
    size_t folder_len = strlen(folder);
    if (strncmp(path, folder, folder_len) != 0 || path[folder_len] != '/')
        return false;
    for (template += strspn(template, "/"); *template;) {
        const char *end = *template == '[' ? strchr(template, ']') : NULL;
        if (end)
            put_variable(&out, template + 1, (size_t)(end - template - 1), vhost, of);
        else
            str_append(&out, template, 1);
        template = end ? end + 1 : template + 1;
    }
    return !out.cut && fits(pattern, path + folder_len + 1);
}

/* ---- the rules ------------------------------------------------------------------------------------------------- */

/* True if some guard of the vhost may refuse a viewer: a new guard that depends on the vhost counts here as well. */
static bool may_refuse(const struct conf_vhost *v)
{
    return v->security.enabled || v->refer.enabled;
}

static bool is_key(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    return is_made_by(path, v->hls.key_file_path, v->hls.key_file, v, of);
}

/* Later init segments have a number before their extension (names.h). */
static bool is_init(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    const char *template = v->hls.init_file, *dot = strrchr(template, '.');
    char       tagged[GUARD_PATH_CAP];
    struct str out = str_over(tagged, sizeof tagged);
    if (!dot || strchr(dot, '/'))
        dot = template + strlen(template);
    str_printf(&out, "%.*s-[number]%s", (int)(dot - template), template, dot);
    return is_made_by(path, v->hls.path, template, v, of) || (!out.cut && is_made_by(path, v->hls.path, tagged, v, of));
}

/* The name that a file gets once it is written: a crash may leave it under its temporary name. */
static const char *final_name(char name[static GUARD_PATH_CAP], const char *path)
{
    static const char *const suffixes[] = { ".tmp", ".temp" };
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
        if (str_ends_with(path, suffixes[i]) && str_copy(name, GUARD_PATH_CAP, path)) {
            name[strlen(name) - strlen(suffixes[i])] = '\0';
            return name;
        }
    return path;
}

/* True for the folder in which the server keeps its own notes, and all that is in it. */
static bool is_servers_own(const struct conf_vhost *v, const char *path)
{
    char folder[GUARD_PATH_CAP];
    if (!make_absolute(folder, v->hls.path, HLS_OWN_FOLDER))
        return false;
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && (!path[len] || path[len] == '/');
}

bool hls_file_guard_keeps(const struct conf_vhost *v, const char *path, const struct hls_viewer_stream *of)
{
    const struct conf_hls *c = &v->hls;
    char                   name[GUARD_PATH_CAP];
    path = final_name(name, path);
    if (!of && is_servers_own(v, path))
        return true;
    if (!v->enabled || !c->enabled || !c->ctx)
        return false;
    if (is_key(v, path, of))
        return true;
    if (!may_refuse(v))
        return false;
    if (is_made_by(path, c->path, c->m3u8_file, v, of))
        return true;
    return c->ts_ctx && (is_made_by(path, c->path, c->ts_file, v, of) ||
                         is_made_by(path, c->path, c->fmp4_file, v, of) || is_init(v, path, of));
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
    return of && str_equal(of->vhost, v->name) && (hls_file_guard_keeps(v, path, of) || is_of_variant(v, path, of));
}

static bool is_viewers_own(const struct conf_vhost *v, const char *path, const char *id)
{
    struct hls_viewer *viewer = id ? hls_viewers_find_by_id(id) : NULL;
    bool               own = viewer && !hls_viewer_has_ended(viewer) && is_of(v, path, &viewer->of);
    hls_viewers_release(&viewer, 0, 0);
    return own;
}

bool hls_file_guard_lets(const struct conf *conf, const char *dir, const char *below,
                         const struct hls_viewer_stream *of)
{
    char path[GUARD_PATH_CAP];
    bool lets = make_absolute(path, dir, below);
    for (size_t i = 0; i < conf->n_vhosts && lets; i++)
        lets = !hls_file_guard_keeps(&conf->vhosts[i], path, NULL) || is_of(&conf->vhosts[i], path, of);
    return lets;
}

struct err *hls_file_guard_handle(struct http_exchange *x, bool *taken)
{
    const struct conf         *conf = http_conn_of(x)->server->conf;
    const struct http_request *r = http_request_of(x);
    struct file_mount          m;
    char                       path[GUARD_PATH_CAP];
    *taken = false;
    if (!file_mount_find(conf, http_request_vhost(r), r->path, &m) || !make_absolute(path, m.dir, m.below))
        return NULL;
    for (size_t i = 0; i < conf->n_vhosts && !*taken; i++) {
        const struct conf_vhost *v = &conf->vhosts[i];
        *taken = hls_file_guard_keeps(v, path, NULL) && !is_viewers_own(v, path, http_request_param(r, "hls_ctx"));
    }
    if (!*taken)
        return NULL;
    log_warn("HTTP client ip=%s refused, %s: only viewers of the playlist get this file of HLS", http_visit_of(x)->ip,
             r->path);
    struct err *e = http_add_field(x, "Cache-Control", "no-store");
    return e ? e : http_reply_status(x, HTTP_STATUS_FORBIDDEN);
}

#include "app/cluster/http.h"

#include <string.h>

#include "app/cluster/find.h"
#include "app/cluster/url.h"
#include "app/cluster/websocket.h"
#include "app/http/conn.h"
#include "app/http/live_format.h"
#include "app/http/live_mount.h"
#include "app/http/play_rules.h"
#include "app/http/playlist_path.h"
#include "app/http/refusal.h"
#include "app/http/static_files.h"
#include "app/segment/shelf.h"
#include "app/segment/variants.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/status.h"
#include "protocol/http/websocket.h"
#include "protocol/stream_name.h"

/* ---- which stream ---- */

/* True if the path is that of a live stream, in the form of `mount` or as MP4, and of no file or segment. */
static bool find_live(const struct http_exchange *x, const struct conf *conf, const struct conf_vhost *vhost,
                      struct playlist_path *out)
{
    const struct http_request *r = http_request_of(x);
    const char                *mount = vhost->http_remux.mount;
    struct live_path           path;
    if (!vhost->http_remux.enabled || (r->upgrade && !websocket_is_wanted(r)) ||
        !live_mount_match(mount, vhost->name, http_request_vhost(r), r->path, &path) || path.deep ||
        !stream_name_take(out->app, path.app.text, path.app.len) ||
        !stream_name_take(out->stream, path.stream.text, path.stream.len))
        return false;
    const struct live_format *format = live_format_find(path.ext);
    return format && (format->format->beside_every_mount || str_equal(path.ext, live_mount_ext(mount))) &&
           !shelf_find(vhost, r->path) && !static_files_own(conf, r);
}

/*
 * A stream that the path may mean: the one of its name, or in further places its variants, which a master playlist names. False: there are no
 * more of them, or no stream can have that name.
 */
static bool name_of(char to[static STREAM_NAME_MAX + 1], const struct conf_vhost *vhost, const struct playlist_path *p,
                    size_t place)
{
    const struct conf_words *suffixes = &vhost->hls.variants;
    struct str               out = str_over(to, STREAM_NAME_MAX + 1);
    char                     group[STREAM_NAME_MAX + 1];
    bool                     is_master =
        place == 0 || (p->view && variants_group_of(group, vhost, p->stream) && str_equal(group, p->stream));
    if (!is_master || place > suffixes->count)
        return false;
    str_printf(&out, "%s%s", p->stream, place ? suffixes->items[place - 1] : "");
    return !out.cut;
}

/* True if one of the streams is published here. */
static bool is_here(const struct http_exchange *x, const struct conf_vhost *vhost, const struct playlist_path *p)
{
    char           name[STREAM_NAME_MAX + 1];
    struct source *s = NULL;
    for (size_t i = 0; !(s && source_is_on_air(s)) && name_of(name, vhost, p, i); i++)
        s = source_find(&http_conn_of(x)->server->sources, vhost, p->app, name);
    return s && source_is_on_air(s);
}

/* ---- sending on ---- */

static struct err *send_on(struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                           const struct cluster_place *place)
{
    const struct http_request *r = http_request_of(x);
    char                      *url = NULL;
    struct err                *e;
    if (cluster_hops(r->raw_query) >= CLUSTER_HOPS_MAX)
        return refusal_for_now(
            x, err_new(E_OCLUSTER_REDIRECT, "the client was sent on %d times already", CLUSTER_HOPS_MAX),
            "The servers send this request in a circle.\n");
    if (websocket_is_wanted(r))
        return cluster_websocket_serve(x, conf, vhost, place);
    if ((e = cluster_http_url(&url, place, http_conn_of(x)->is_tls, vhost->name, r->raw_path, r->raw_query)))
        return refusal_for_now(x, e, "The stream is on a server that has no such port.\n");
    log_info("HTTP client ip=%s is sent on, %s is at %s", http_visit_of(x)->ip, r->path, place->host);
    e = http_reply_redirect(x, HTTP_STATUS_FOUND, url);
    mem_free(url);
    return e;
}

/* Ask for the streams in turn, until one is found. *found is CLUSTER_NO_ANSWER only if nobody has answered about any. */
static struct err *find_any(const struct http_exchange *x, struct cluster_wanted *w, const struct playlist_path *p,
                            enum cluster_found *found, struct cluster_place *place)
{
    char               name[STREAM_NAME_MAX + 1];
    enum cluster_found last = CLUSTER_NO_ANSWER;
    struct err        *e = NULL;
    *found = CLUSTER_NO_ANSWER;
    w->stream = name;
    io_end_with_peer(http_visit_of(x)->io, true);
    for (size_t i = 0; !e && *found != CLUSTER_FOUND && name_of(name, w->vhost, p, i); i++) {
        e = cluster_find(w, &last, place);
        if (last != CLUSTER_NO_ANSWER)
            *found = last;
    }
    io_end_with_peer(http_visit_of(x)->io, false);
    w->stream = p->stream;
    return e;
}

static struct err *find(struct http_exchange *x, struct cluster_wanted *w, const struct playlist_path *p, bool *taken)
{
    enum cluster_found   found;
    struct cluster_place place;
    struct err          *e = find_any(x, w, p, &found, &place);
    if (e || found == CLUSTER_NOBODY || is_here(x, w->vhost, p))
        return e;
    *taken = true;
    if (found == CLUSTER_FOUND)
        return send_on(x, w->conf, w->vhost, &place);
    return refusal_for_now(x, err_new(E_OCLUSTER_DISCOVER, "%s is not here, and no co-worker answers", w->stream),
                           "The stream is not here, and no other server answers.\n");
}

/* A client that may not play is left to those who refuse it in the right words. */
static struct err *ask(struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                       const struct playlist_path *p, bool *taken)
{
    struct play_rules     rules = { 0 };
    struct cluster_wanted w = { .conf = conf, .vhost = vhost, .host = http_request_of(x)->host, .app = p->app };
    struct err           *refused = play_rules_check_names(x, vhost, p->app, p->stream, &rules);
    if (!refused)
        return find(x, &w, p, taken);
    err_free(refused);
    return NULL;
}

struct err *cluster_http_handle(struct http_exchange *x, bool *taken)
{
    struct conf             *conf = http_conn_of(x)->server->conf;
    const struct conf_vhost *vhost = conf_find_vhost(conf, http_request_vhost(http_request_of(x)));
    *taken = false;
    if (!vhost || !vhost->enabled || !cluster_is_wanted(vhost))
        return NULL;
    struct playlist_path *p = mem_calloc(1, sizeof *p);
    struct err           *e = NULL;
    if (!p)
        return err_no_memory();
    conf_ref(conf);
    if ((playlist_path_find(vhost, http_request_of(x)->path, p) || find_live(x, conf, vhost, p)) &&
        !is_here(x, vhost, p))
        e = ask(x, conf, vhost, p, taken);
    conf_unref(&conf);
    mem_free(p);
    return e;
}

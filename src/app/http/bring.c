#include "app/http/bring.h"

#include <string.h>

#include "app/http/conn.h"
#include "app/http/play_rules.h"
#include "app/http/watched.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "app/segment/template_match.h"
#include "app/segment/view.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/stream_name.h"

/* How often a request looks whether its playlist is there. */
enum { LOOK_US = 200 * US_PER_MS };

struct wanted {
    const struct segment_view *view;
    char                       app[STREAM_NAME_MAX + 1], stream[STREAM_NAME_MAX + 1];
};

/* ---- which stream ---- */

static bool copy_name(char to[static STREAM_NAME_MAX + 1], const char *name, size_t len)
{
    struct str out = str_over(to, STREAM_NAME_MAX + 1);
    str_append(&out, name ? name : "", len);
    return !out.cut && *to && stream_name_is_safe(to);
}

static bool take_names(void *arg, const struct template_match_names *n)
{
    struct wanted *w = arg;
    return copy_name(w->app, n->app, n->app_len) && copy_name(w->stream, n->stream, n->stream_len) &&
           !strchr(w->stream, '/');
}

/* True if the stream shows a playlist that has segments. */
static bool is_there(const struct conf_vhost *vhost, const struct wanted *w)
{
    const struct show *show = show_find(vhost, w->app, w->stream);
    for (size_t i = 0; show && i < SHOW_VIEWS_MAX; i++) {
        const struct viewing *v = &show->viewings[i];
        if (v->by == w->view && v->state && v->by->is_there(v))
            return true;
    }
    return false;
}

/* Find the view whose playlist has this path. */
static bool find_view(const struct conf_vhost *vhost, const char *path, struct wanted *w)
{
    for (const struct segment_view *const *view = segment_views; *view; view++) {
        w->view = *view;
        if (w->view->wanted(vhost) && template_match(w->view->playlist(vhost), vhost->name, path, take_names, w))
            return true;
    }
    return false;
}

/* True if the path is that of a playlist of a stream, which is not there yet. */
static bool is_missing(const struct conf_vhost *vhost, const char *path, struct wanted *w)
{
    char name[2 * STREAM_NAME_MAX + 2];
    path += *path == '/';
    if (strlen(path) >= sizeof name)
        return false;
    stream_name_normalise(name, path, strlen(path));
    if (!find_view(vhost, name, w))
        return false;
    bool is_other = shelf_find(vhost, path) && !show_find(vhost, w->app, w->stream);
    return !is_other && !is_there(vhost, w);
}

/* ---- the wait ---- */

static void note_param(struct source *s, const struct http_exchange *x)
{
    struct buf param = buf_up_to(HTTP_REQUEST_LINE_MAX);
    buf_printf(&param, "?%s", http_request_of(x)->raw_query);
    source_note_param(s, param.fault || param.len == 1 ? "" : param.bytes);
    buf_finish(&param);
}

static struct err *wait_for(const struct http_exchange *x, struct source *s, const struct conf_vhost *vhost,
                            const struct wanted *w)
{
    int64_t     wait_us = HTTP_BRING_US + 2 * view_fragment_us(w->view, vhost);
    int64_t     until_us = now_us() + (wait_us < HTTP_BRING_MAX_US ? wait_us : HTTP_BRING_MAX_US);
    struct err *e = NULL;
    io_end_with_peer(http_visit_of(x)->io, true);
    while (!e && !is_there(vhost, w) && attend_brings(s) && now_us() < until_us) {
        watched_note(s);
        e = co_sleep(LOOK_US);
    }
    io_end_with_peer(http_visit_of(x)->io, false);
    return e;
}

static struct err *bring(const struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                         const struct wanted *w)
{
    struct server *server = http_conn_of(x)->server;
    struct source *s = NULL;
    struct err    *e = source_acquire(&s, &server->sources, conf, vhost, w->app, w->stream);
    if (e)
        return e;
    note_param(s, x);
    e = wait_for(x, s, vhost, w);
    source_release(s);
    return e;
}

struct err *http_bring_handle(struct http_exchange *x, bool *taken)
{
    const struct server       *server = http_conn_of(x)->server;
    struct conf               *conf = server->conf;
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(conf, http_request_vhost(r));
    struct play_rules          rules = { 0 };
    *taken = false;
    if (!watched_is_wanted(server, vhost))
        return NULL;
    struct wanted *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_no_memory();
    struct err *e = NULL;
    if (is_missing(vhost, r->path, w)) {
        struct err *refused = play_rules_check_names(x, vhost, w->app, w->stream, &rules);
        conf_ref(conf);
        if (!refused)
            e = bring(x, conf, vhost, w);
        err_free(refused); /* Who may not play gets 404: the stream is not here. */
        conf_unref(&conf);
    }
    mem_free(w);
    return e;
}

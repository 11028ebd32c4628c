#include "app/http/bring.h"

#include "app/http/conn.h"
#include "app/http/late_rules.h"
#include "app/http/play_rules.h"
#include "app/http/playlist_path.h"
#include "app/http/refusal.h"
#include "app/http/watched.h"
#include "app/segment/view.h"
#include "app/source/attend.h"
#include "app/source/audience.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/buf.h"
#include "core/mem.h"
#include "protocol/co.h"

/*
 * How often a request looks whether its playlist is there, and for how long a look counts as watching: a client that hangs up leaves
 * no pull behind.
 */
enum { LOOK_US = 200 * US_PER_MS, WATCH_US = US_PER_SECOND };

static void note_viewer(struct source *s, const struct http_exchange *x)
{
    struct buf param = buf_up_to(HTTP_REQUEST_LINE_MAX);
    buf_printf(&param, "?%s", http_request_of(x)->raw_query);
    source_note_player(s, STAT_HLS, param.fault || param.len == 1 ? "" : param.bytes);
    buf_finish(&param);
}

static struct err *wait_for(const struct http_exchange *x, struct source *s, const struct conf_vhost *vhost,
                            const struct playlist_path *w)
{
    int64_t     wait_us = HTTP_BRING_US + 2 * view_fragment_us(w->view, vhost);
    int64_t     until_us = now_us() + (wait_us < HTTP_BRING_MAX_US ? wait_us : HTTP_BRING_MAX_US);
    struct err *e = NULL;
    io_end_with_peer(http_visit_of(x)->io, true);
    while (!e && !playlist_path_is_there(vhost, w) && attend_brings(s) && now_us() < until_us) {
        audience_view(s, now_us() + WATCH_US);
        e = co_sleep(LOOK_US);
    }
    io_end_with_peer(http_visit_of(x)->io, false);
    return e;
}

/* Fetch the stream. *is_late: it has come, and its playlist has not. */
static struct err *bring(const struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                         const struct playlist_path *w, bool *is_late)
{
    struct server *server = http_conn_of(x)->server;
    struct source *s = NULL;
    struct err    *e = source_acquire(&s, &server->sources, conf, vhost, w->app, w->stream);
    if (e)
        return e;
    note_viewer(s, x);
    e = wait_for(x, s, vhost, w);
    *is_late = !e && attend_brings(s) && source_is_live(s) && !playlist_path_is_there(vhost, w);
    source_release(s);
    return e;
}

static struct err *reply_late(struct http_exchange *x, const struct playlist_path *w)
{
    struct err *why = err_new(E_SOCKET_TIMEOUT, "%s/%s has no segment yet", w->app, w->stream);
    return refusal_for_now(x, why, "The stream has no segment yet.\n");
}

/* A client that may not play gets 404 from those that follow: the stream is not here. */
static struct err *bring_for(struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                             const struct playlist_path *w, bool *taken)
{
    struct play_rules    rules = { 0 };
    enum session_verdict verdict = SESSION_NOT_FOUND;
    struct err          *refused = play_rules_check_names(x, vhost, w->app, w->stream, &rules);
    if (!refused)
        refused = late_rules_check(x, vhost, w->app, w->stream, &verdict);
    if (!refused) {
        struct err *e = bring(x, conf, vhost, w, taken);
        return e || !*taken ? e : reply_late(x, w);
    }
    *taken = verdict == SESSION_UNAVAILABLE;
    if (*taken)
        return late_rules_refuse(x, verdict, refused);
    err_free(refused);
    return NULL;
}

struct err *http_bring_handle(struct http_exchange *x, bool *taken)
{
    const struct server       *server = http_conn_of(x)->server;
    struct conf               *conf = server->conf;
    const struct http_request *r = http_request_of(x);
    const struct conf_vhost   *vhost = conf_find_vhost(conf, http_request_vhost(r));
    *taken = false;
    if (!watched_is_wanted(server, vhost))
        return NULL;
    struct playlist_path *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_no_memory();
    struct err *e = NULL;
    if (playlist_path_find(vhost, r->path, w) && !playlist_path_is_there(vhost, w)) {
        conf_ref(conf);
        e = bring_for(x, conf, vhost, w, taken);
        conf_unref(&conf);
    }
    mem_free(w);
    return e;
}

#include "app/http/bring.h"

#include "app/http/conn.h"
#include "app/http/late_rules.h"
#include "app/http/play_rules.h"
#include "app/http/playlist_path.h"
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

static struct err *bring(const struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                         const struct playlist_path *w)
{
    struct server *server = http_conn_of(x)->server;
    struct source *s = NULL;
    struct err    *e = source_acquire(&s, &server->sources, conf, vhost, w->app, w->stream);
    if (e)
        return e;
    note_viewer(s, x);
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
    struct playlist_path *w = mem_calloc(1, sizeof *w);
    if (!w)
        return err_no_memory();
    struct err *e = NULL;
    if (playlist_path_find(vhost, r->path, w) && !playlist_path_is_there(vhost, w)) {
        enum session_verdict verdict;
        conf_ref(conf);
        struct err *refused = play_rules_check_names(x, vhost, w->app, w->stream, &rules);
        if (!refused)
            refused = late_rules_check(x, vhost, w->app, w->stream, &verdict);
        if (!refused)
            e = bring(x, conf, vhost, w);
        err_free(refused); /* A client that may not play gets 404: the stream is not here. */
        conf_unref(&conf);
    }
    mem_free(w);
    return e;
}

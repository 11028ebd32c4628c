#include "app/http/shelf.h"

#include "app/http/conn.h"
#include "app/http/late_rules.h"
#include "app/http/play_rules.h"
#include "app/http/refusal.h"
#include "app/http/watched.h"
#include "app/segment/shelf.h"
#include "app/segment/show.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/http/status.h"

static struct err *refuse(struct http_exchange *x, const struct play_rules *rules, struct err *why)
{
    if (rules->challenge)
        return refusal_unnamed(x, rules->challenge, why);
    log_err(LOG_WARN, why, "HTTP client ip=%s, GET %s", http_visit_of(x)->ip, http_request_of(x)->path);
    return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
}

/* Ask the origin about the client. Afterwards the stream may be gone. */
static struct err *ask_about(const struct http_exchange *x, const struct conf_vhost *vhost, const struct show *show,
                             enum session_verdict *verdict)
{
    char *app = mem_strdup(show->app), *stream = mem_strdup(show->stream);
    *verdict = SESSION_FAILED;
    struct err *e = app && stream ? late_rules_check(x, vhost, app, stream, verdict) : err_no_memory();
    mem_free(app);
    mem_free(stream);
    return e;
}

/* Check the rules of the vhost for an item that is guarded; *taken is true once the client is refused. */
static struct err *check(struct http_exchange *x, const struct conf_vhost *vhost, const struct show *guarded,
                         struct play_rules *rules, bool *taken)
{
    enum session_verdict verdict;
    struct err          *refused = play_rules_check(x, vhost, guarded, rules);
    *taken = true;
    if (refused)
        return refuse(x, rules, refused);
    if ((refused = ask_about(x, vhost, guarded, &verdict)))
        return late_rules_refuse(x, verdict, refused);
    *taken = false;
    return NULL;
}

static struct err *serve(struct http_exchange *x, const struct conf_vhost *vhost, bool *taken)
{
    const struct http_request *r = http_request_of(x);
    struct shelf_item         *item = shelf_find(vhost, r->path);
    struct play_rules          rules = { 0 };
    struct err                *e = item && item->guarded ? check(x, vhost, item->guarded, &rules, taken) : NULL;
    if (e || *taken)
        return e;
    item = shelf_find(vhost, r->path); /* again, because the origin may have been asked */
    *taken = item != NULL;
    http_reply_ends(x, rules.ends_us);
    if (item && item->guarded)
        watched_note_show(http_conn_of(x)->server, item->guarded);
    return item ? item->serve(x, item) : NULL;
}

struct err *http_shelf_handle(struct http_exchange *x, bool *taken)
{
    struct conf             *conf = conf_ref(http_conn_of(x)->server->conf);
    const struct conf_vhost *vhost = conf_find_vhost(conf, http_request_vhost(http_request_of(x)));
    *taken = false;
    struct err *e = vhost ? serve(x, vhost, taken) : NULL;
    conf_unref(&conf);
    return e;
}

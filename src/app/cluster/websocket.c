#include "app/cluster/websocket.h"

#include <string.h>

#include "app/cluster/url.h"
#include "app/hooks/manner.h"
#include "app/hooks/trust.h"
#include "app/http/conn.h"
#include "app/http/refusal.h"
#include "app/http/site.h"
#include "core/attr.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/http/client.h"
#include "protocol/http/status.h"
#include "protocol/http/websocket.h"
#include "protocol/io.h"
#include "protocol/tls/ctx.h"

/* How often the client is listened to while nothing comes for it. */
enum { LISTEN_US = US_PER_SECOND };

struct fetch {
    struct http_exchange *x;
    struct http_client    from;
    struct websocket      to;
    uint8_t               frame[WEBSOCKET_HEAD_MAX + HTTP_CLIENT_BUFFER];
};

static int n_fetches;

/* ---- the other origin ---- */

static struct err *open_from(struct fetch *f, const struct conf *conf, const struct conf_vhost *vhost, const char *url)
{
    const struct http_request *r = http_request_of(f->x);
    const char                *page = http_site_page(r), *login = http_request_field(r, "Authorization");
    const struct http_pair     fields[] = { { "X-Forwarded-For", http_visit_of(f->x)->ip },
                                            { page ? "Referer" : "", page },
                                            { login ? "Authorization" : "", login } };
    struct http_pair           told[ARRAY_LEN(fields)];
    const struct hook_manner   manner = { .timeout_us = CLUSTER_FETCH_US,
                                          .tls_verify = vhost->cluster.tls_verify,
                                          .tls_ca = vhost->cluster.tls_ca ? vhost->cluster.tls_ca : "",
                                          .conf_serial = conf->serial };
    struct http_client_request request = {
        .method = HTTP_GET, .url = url, .fields = told, .redirects_max = CLUSTER_HOPS_MAX
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (*fields[i].name)
            told[request.n_fields++] = fields[i];
    struct err *e = hook_trust_find(&request.tls, url, &manner);
    io_end_with_peer(http_visit_of(f->x)->io, true);
    if (!e)
        e = http_client_open(&f->from, &request, now_us() + CLUSTER_FETCH_US);
    io_end_with_peer(http_visit_of(f->x)->io, false);
    tls_ctx_unref(&request.tls);
    return e;
}

/* ---- the client ---- */

static struct err *pass_on(struct fetch *f, const void *bytes, size_t len)
{
    size_t head_len = websocket_head(f->frame, WEBSOCKET_BINARY, len);
    memcpy(f->frame + head_len, bytes, len);
    return err_wrap(io_write_taken(f->to.io, f->frame, head_len + len, WEBSOCKET_REPLY_US), "send to the client");
}

/* Pass the body on until one of the two ends; NULL: the stream has ended. */
static struct err *pass_all(struct fetch *f)
{
    int64_t     heard_us = now_us();
    size_t      len = 1;
    struct err *e = NULL;
    while (!e && (len > 0 || !f->from.ended)) {
        const void *bytes;
        e = http_client_read(&f->from, &bytes, &len, now_us() + LISTEN_US);
        if (err_code(e) == E_SOCKET_TIMEOUT && now_us() - heard_us < CLUSTER_FETCH_SILENT_US)
            e = err_except(e, E_SOCKET_TIMEOUT);
        if (!e && len > 0) {
            heard_us = now_us();
            e = pass_on(f, bytes, len);
        }
        if (!e)
            e = websocket_listen_now(&f->to);
    }
    return e;
}

static struct err *play(struct fetch *f)
{
    bool        accepted;
    struct err *e = websocket_accept(f->x, &f->to, &accepted);
    if (e || !accepted)
        return e;
    http_forget_request(f->x);
    co_trim_stack(); /* Return the stack pages that the request touched. */
    e = pass_all(f);
    if (!e)
        websocket_close(&f->to, WEBSOCKET_NORMAL, "the stream has ended");
    return e;
}

/* ---- both ---- */

/* What the client hears when the other origin gives nothing. Takes `why`. */
static struct err *refuse(struct fetch *f, struct err *why)
{
    int status = f->from.response.status;
    if (err_code(why) == E_THREAD_INTERRUPTED)
        return why;
    if (!why && status >= 400 && status < 500)
        return refusal_denied(f->x, status, err_new(E_OCLUSTER_REDIRECT, "%s: status %d", f->from.url, status));
    if (!why)
        why = err_new(E_OCLUSTER_REDIRECT, "%s: status %d", f->from.url, status);
    return refusal_for_now(f->x, why, "The stream is on a server that does not give it.\n");
}

static struct err *serve(struct fetch *f, const struct conf *conf, const struct conf_vhost *vhost, const char *url)
{
    struct err *e = open_from(f, conf, vhost, url);
    if (e || f->from.response.status != HTTP_STATUS_OK)
        return refuse(f, e);
    log_info("HTTP client ip=%s, WebSocket %s is fetched from %s", http_visit_of(f->x)->ip, http_request_of(f->x)->path,
             f->from.url);
    return play(f);
}

struct err *cluster_websocket_serve(struct http_exchange *x, struct conf *conf, const struct conf_vhost *vhost,
                                    const struct cluster_place *place)
{
    const struct http_request *r = http_request_of(x);
    char                      *url = NULL;
    if (n_fetches >= CLUSTER_WEBSOCKETS_MAX)
        return refusal_for_now(x, err_new(E_LIMIT, "%d WebSockets are fetched from other origins", n_fetches),
                               "The server fetches too many streams for others.\n");
    struct err *e = cluster_http_url(&url, place, http_conn_of(x)->is_tls, vhost->name, r->raw_path, r->raw_query);
    if (e)
        return refusal_for_now(x, e, "The stream is on a server that has no such port.\n");
    struct fetch *f = mem_calloc(1, sizeof *f);
    n_fetches++;
    if (f) {
        f->x = x;
        e = serve(f, conf, vhost, url);
        http_client_close(&f->from);
    }
    n_fetches--;
    mem_free(url);
    if (!f)
        return err_no_memory();
    mem_free(f);
    return e;
}

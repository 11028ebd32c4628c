#include "app/cluster/question.h"

#include <stdlib.h>
#include <string.h>

#include "app/cluster/coworkers.h"
#include "app/conf/endpoint.h"
#include "app/forward/loop.h"
#include "app/hooks/manner.h"
#include "app/hooks/trust.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/uri.h"
#include "protocol/http/basic_auth.h"
#include "protocol/http/client.h"
#include "protocol/http/status.h"
#include "protocol/tls/ctx.h"

enum { URL_MAX = 8 << 10 };

struct param {
    const char *name, *value;
};

static void put_url(struct buf *url, const char *name, const struct param *params, size_t n)
{
    buf_printf(url, "%s%s/api/v1/clusters", name == coworker_bare(name) ? "http://" : "", name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(url, "%c%s=", i ? '&' : '?', params[i].name);
        uri_put_path(url, params[i].value);
    }
}

/* A name of several addresses has that of this server too. */
static bool is_this_server(const struct cluster_question *q, const struct http_client *c, const char *name)
{
    const char *port = strrchr(name, ':');
    bool        is_tls = name != coworker_bare(name);
    return forward_loop_is_to_this_host(c->line->io.fd) &&
           conf_endpoints_have_port(is_tls ? &q->conf->http_api.https.listen : &q->conf->http_api.listen,
                                    atoi(port + 1));
}

/* Servers of a cluster have one password for their APIs. */
static struct err *open_client(struct http_client *c, const struct cluster_question *q, enum http_method method,
                               const char *url, struct http_pool *pool, int64_t deadline_us)
{
    const struct conf_http_api *api = &q->conf->http_api;
    char                        field[HTTP_BASIC_AUTH_CAP];
    const struct http_pair      login = { "Authorization", field };
    struct http_client_request  request = { .method = method, .url = url, .pool = pool };
    const struct hook_manner    manner = { .timeout_us = deadline_us - now_us(),
                                           .tls_verify = q->trusts->tls_verify,
                                           .tls_ca = q->trusts->tls_ca ? q->trusts->tls_ca : "",
                                           .conf_serial = q->conf->serial };
    struct err                 *e = hook_trust_find(&request.tls, url, &manner);
    if (api->auth && http_basic_auth_write(field, api->username, api->password)) {
        request.fields = &login;
        request.n_fields = 1;
    }
    if (!e)
        e = http_client_open(c, &request, deadline_us);
    tls_ctx_unref(&request.tls);
    return e;
}

static struct err *read_answer(struct http_client *c, int64_t deadline_us, enum cluster_answer *answer,
                               struct cluster_place *place)
{
    char       *body = NULL;
    size_t      len = 0;
    struct err *e = http_client_read_all(c, CLUSTER_ANSWER_MAX, &body, &len, deadline_us);
    if (!e && c->response.status != HTTP_STATUS_OK)
        e = err_new(E_OCLUSTER_DISCOVER, "status %d", c->response.status);
    if (!e && (*answer = cluster_answer_read(body, len, place)) == CLUSTER_ANSWER_BAD)
        e = err_new(E_OCLUSTER_DISCOVER, "no answer of /api/v1/clusters");
    mem_free(body);
    return e;
}

struct err *cluster_ask(const struct cluster_question *q, const char *name, const char *known_as,
                        struct http_pool *pool, int64_t deadline_us, enum cluster_answer *answer,
                        struct cluster_place *place)
{
    struct http_client c = { .url = NULL };
    struct buf         url = buf_up_to(URL_MAX);
    const struct param params[] = {
        { "vhost", q->vhost },   { "ip", q->host },        { "app", q->app },
        { "stream", q->stream }, { "coworker", known_as }, { "ports", "on" },
    };
    put_url(&url, name, params, ARRAY_LEN(params));
    struct err *e = buf_error(&url);
    *answer = CLUSTER_ANSWER_NOT_HERE;
    if (!e)
        e = open_client(&c, q, HTTP_POST, url.bytes, pool, deadline_us);
    if (!e && is_this_server(q, &c, name))
        *answer = CLUSTER_ANSWER_SELF;
    else if (!e)
        e = read_answer(&c, deadline_us, answer, place);
    http_client_close(&c);
    buf_finish(&url);
    return err_wrap(e, "ask co-worker %s", name);
}

static struct err *read_given(struct http_client *c, int64_t deadline_us, bool *was_there)
{
    char       *body = NULL;
    size_t      len = 0;
    struct err *e = http_client_read_all(c, CLUSTER_ANSWER_MAX, &body, &len, deadline_us);
    if (!e && (c->response.status != HTTP_STATUS_OK || !cluster_answer_read_taken(body, len, was_there)))
        e = err_new(E_SYSTEM_STREAM_BUSY, "it keeps its publisher, status %d", c->response.status);
    mem_free(body);
    return e;
}

struct err *cluster_ask_to_give(const struct cluster_question *q, const char *name, const char *from,
                                int64_t deadline_us, bool *was_there)
{
    struct http_client c = { .url = NULL };
    struct buf         url = buf_up_to(URL_MAX);
    const struct param params[] = {
        { "vhost", q->vhost },
        { "app", q->app },
        { "stream", q->stream },
        { "from", from },
    };
    put_url(&url, name, params, ARRAY_LEN(params));
    struct err *e = buf_error(&url);
    if (!e)
        e = open_client(&c, q, HTTP_DELETE, url.bytes, NULL, deadline_us);
    if (!e)
        e = read_given(&c, deadline_us, was_there);
    http_client_close(&c);
    buf_finish(&url);
    return err_wrap(e, "ask co-worker %s to end its publisher", name);
}

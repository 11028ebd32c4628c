/*
 * Where a stream is published, for the other origins of a cluster, of this server and of SRS: each asks its coworkers with an empty POST
 * (cluster/question.h), and sends its player to the one that has the stream. DELETE ends the publisher for one that has come to another origin
 * (cluster/take.h).
 */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/cluster/own_place.h"
#include "app/cluster/take.h"
#include "app/http/conn.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"

struct asked {
    const char *ip, *vhost, *app, *stream;
    const char *coworker; /* the address by which the asker knows this server; empty: it does not say */
    bool        ports;    /* The asker wants the ports of all protocols, which SRS does not know. */
};

static bool is_live(const struct api_reply *r, const struct asked *a)
{
    const struct conf_vhost *vhost = conf_find_vhost(r->server->conf, a->vhost);
    const struct source     *s = vhost ? source_find(&r->server->sources, vhost, a->app, a->stream) : NULL;
    return s && source_is_live(s);
}

static void put_api(struct jw *j, const char *api)
{
    jw_string(j, "api", api);
    jw_array(j, "routers"); /* servers that the question has passed */
    jw_string(j, NULL, api);
    jw_array_end(j);
}

static void put_origin(struct api_reply *r, const struct asked *a)
{
    struct jw           *j = &r->json;
    struct cluster_place place;
    if (!is_live(r, a) || !cluster_own_place(&place, r->server->conf, a->coworker)) {
        jw_null(j, "origin");
        return;
    }
    jw_object(j, "origin");
    jw_string(j, "ip", place.host);
    jw_int(j, "port", place.rtmp_port);
    jw_string(j, "vhost", a->vhost);
    put_api(j, *a->coworker ? a->coworker : place.coworker);
    if (a->ports)
        cluster_put_ports(j, &place);
    jw_object_end(j);
}

static struct err *write_clusters(struct api_reply *r)
{
    struct asked a = {
        api_text(r, "ip"),     api_text(r, "vhost"),    api_text(r, "app"),
        api_text(r, "stream"), api_text(r, "coworker"), str_equal(api_text(r, "ports"), "on"),
    };
    struct jw *j = &r->json;
    jw_object(j, NULL);
    jw_int(j, "code", E_SUCCESS);
    jw_object(j, "data");
    jw_object(j, "query");
    jw_string(j, "ip", a.ip);
    jw_string(j, "vhost", a.vhost);
    jw_string(j, "app", a.app);
    jw_string(j, "stream", a.stream);
    jw_object_end(j);
    put_origin(r, &a);
    jw_object_end(j);
    jw_object_end(j);
    return NULL;
}

/* A publisher has come to the co-worker that asks, and takes the stream over. */
static struct err *write_given(struct api_reply *r)
{
    const struct conf_vhost *vhost = conf_find_vhost(r->server->conf, api_text(r, "vhost"));
    if (!vhost)
        return api_refuse(r, HTTP_STATUS_NOT_FOUND);
    enum cluster_given given =
        cluster_give(&r->server->sources, vhost, api_text(r, "app"), api_text(r, "stream"), api_text(r, "from"));
    switch (given) {
    case CLUSTER_GIVEN_NOT:
        return api_refuse_because(r, HTTP_STATUS_FORBIDDEN, "publish_elsewhere is not takeover here");
    case CLUSTER_GIVEN_LOOP:
        return api_refuse_because(r, HTTP_STATUS_FORBIDDEN, "the new publisher is a push of this stream");
    case CLUSTER_GIVEN_LATE:
        return api_refuse_because(r, HTTP_STATUS_SERVICE_UNAVAILABLE, "the publisher has not gone in time");
    default: break;
    }
    log_info("cluster: %s/%s is given to the server at %s, %s", api_text(r, "app"), api_text(r, "stream"),
             http_visit_of(r->x)->ip, given == CLUSTER_GIVEN ? "its publisher is ended" : "it had no publisher");
    api_begin(r);
    jw_bool(&r->json, "taken_over", given == CLUSTER_GIVEN);
    jw_object_end(&r->json);
    return NULL;
}

static struct err *write_answer(struct api_reply *r)
{
    return r->method == HTTP_DELETE ? write_given(r) : write_clusters(r);
}

struct err *api_clusters(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_answer);
}

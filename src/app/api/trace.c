/* A client, and the servers from which its stream comes and to which it goes: what is needed to follow it from server to server. Not in SRS. */
#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/api/reply.h"
#include "app/edge/push.h"
#include "app/source/source.h"
#include "protocol/rtmp/peer.h"

/* Another server, and its name for the connection: the id of a client there. */
static void put_peer(struct api_reply *r, const char *key, const struct rtmp_peer *p)
{
    struct jw *j = &r->json;
    if (!p || (!*p->server && !*p->id)) {
        jw_null(j, key);
        return;
    }
    jw_object(j, key);
    jw_string(j, "server", p->server);
    jw_string(j, "ip", r->shows_secrets ? p->ip : "");
    jw_int(j, "pid", p->pid);
    jw_string(j, "id", p->id);
    jw_object_end(j);
}

/* The origin that gets the stream of this publisher. */
static const struct rtmp_peer *passed_on_to(const char *publisher)
{
    const struct edge_push *p = edge_push_find(publisher);
    return p && p->call.is_open ? &p->call.at.peer : NULL;
}

static void put_trace(struct api_reply *r, const char *key, const void *member)
{
    const struct client    *c = member;
    const struct publisher *p = c->source->publisher;
    char public[IDENT_CAP];
    struct jw *j = &r->json;
    jw_object(j, key);
    jw_string(j, "id", r->shows_secrets ? c->id : client_public_id(c, public));
    jw_string(j, "type", c->type->name);
    jw_bool(j, "publish", c->type->publish);
    jw_string(j, "ip", r->shows_secrets ? c->ip : "");
    jw_string(j, "url", c->source->identity);
    put_peer(r, "client", c->peer);
    jw_string(j, "publisher", p ? p->trace : "");
    put_peer(r, "from", p ? p->upnode : NULL);
    put_peer(r, "to", p ? passed_on_to(p->trace) : NULL);
    jw_object_end(j);
}

static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    return filter_takes_client(f, r, member);
}

static struct err *put_list(struct api_reply *r)
{
    const struct listing list = {
        .key = "traces", .members = &r->server->registry.client_roll, .paged = true, .takes = takes, .put = put_trace
    };
    return listing_put_page(r, &list);
}

static struct err *write_trace(struct api_reply *r)
{
    const char *id = api_id(r, "/api/v1/trace/");
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    if (!*id)
        return put_list(r);
    listing_put_one(r, "trace", registry_find_client(&r->server->registry, id), E_RTMP_CLIENT_NOT_FOUND, put_trace);
    return NULL;
}

struct err *api_trace(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_trace);
}

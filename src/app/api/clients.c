/* The list of clients, single clients, and DELETE, which kicks a client. */
#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/http/conn.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/http/status.h"

enum { CODE_NO_CONNECTION = 400 };

/* A secret id is cut for those who may not see it: enough is left to tell clients apart. */
static void put_id(struct api_reply *r, const struct client *c)
{
    char public[IDENT_CAP];
    str_copy(public, sizeof public, c->id);
    jw_string(&r->json, "id", r->shows_secrets || !c->id_is_secret ? c->id : public);
}

static void put_client(struct api_reply *r, const char *key, const void *member)
{
    const struct client *c = member;
    const struct source *s = c->source;
    struct jw           *j = &r->json;
    jw_object(j, key);
    put_id(r, c);
    jw_string(j, "vhost", c->vhost->id);
    jw_string(j, "stream", s->id);
    jw_string(j, "ip", r->shows_secrets ? c->ip : "");
    api_put_page(r, "pageUrl", c->page_url);
    api_put_page(r, "swfUrl", c->swf_url);
    api_put_url(r, "tcUrl", c->tc_url);
    jw_string(j, "url", s->identity);
    jw_string(j, "name", c->name ? c->name : s->stream);
    jw_string(j, "type", c->type->name);
    jw_bool(j, "publish", c->type->publish);
    jw_fixed(j, "alive", (double)(now_us() - c->since_us) / US_PER_SECOND);
    listing_put_traffic(j, &c->traffic);
    jw_object_end(j);
}

/* End the client at once, or tell its coroutine to end: it wakes from any wait, cleans up and logs code 1070. */
static void kick(struct api_reply *r, struct client *c)
{
    if (!c || !(c->co || c->end)) {
        api_error(r, HTTP_STATUS_OK, c ? CODE_NO_CONNECTION : E_RTMP_CLIENT_NOT_FOUND);
        return;
    }
    /* Every kick is logged: the limit on repeated log lines does not apply. */
    log_write_as(co_trace(), LOG_WARN, "client %s, %s of %s, ip=%s, is kicked by %s", c->id, c->type->name,
                 c->source->identity, c->ip, http_visit_of(r->x)->ip);
    if (c->end)
        c->end(c);
    else
        co_cancel(c->co);
    api_begin(r);
    jw_object_end(&r->json);
}

static struct err *write_clients(struct api_reply *r)
{
    const struct registry *registry = &r->server->registry;
    const char            *id = api_id(r, "/api/v1/clients/");
    struct client         *c = registry_find_client(registry, id);
    if (r->method == HTTP_DELETE)
        kick(r, c);
    else if (r->method != HTTP_GET)
        return api_refuse_method(r, "DELETE, GET, HEAD, OPTIONS");
    else if (!*id)
        return listing_put_page(r, "clients", &registry->client_roll, true, put_client);
    else
        listing_put_one(r, "client", c, E_RTMP_CLIENT_NOT_FOUND, put_client);
    return NULL;
}

struct err *api_clients(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_clients);
}

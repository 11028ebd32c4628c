/* The list of clients, single clients, and DELETE, which kicks a client. */
#include "app/api/endpoints.h"
#include "app/api/kick.h"
#include "app/api/listing.h"
#include "app/rtc/report.h"
#include "app/source/source.h"
#include "core/clock.h"

static void put_id(struct api_reply *r, const struct client *c)
{
    char public[IDENT_CAP];
    jw_string(&r->json, "id", r->shows_secrets ? c->id : client_public_id(c, public));
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
    rtc_report_put_client(j, c, r->shows_secrets);
    jw_object_end(j);
}

/* ---- the list ---- */

static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    return filter_takes_client(f, r, member);
}

static const char *url_of(const void *member)
{
    return ((const struct client *)member)->source->identity;
}

static const char *type_of(const void *member)
{
    return ((const struct client *)member)->type->name;
}

/* The order of ages, as a number that does not change, so that a cursor keeps its place. */
static int64_t since_of(const void *member)
{
    return -((const struct client *)member)->since_us;
}

static const struct listing_column columns[] = {
    { "url", .text = url_of },
    { "type", .text = type_of },
    { "alive", .number = since_of },
    LISTING_TRAFFIC_COLUMNS(struct client),
};

static struct err *put_list(struct api_reply *r)
{
    const struct listing list = { .key = "clients",
                                  .members = &r->server->registry.client_roll,
                                  .paged = true,
                                  .takes = takes,
                                  .put = put_client,
                                  .columns = columns,
                                  .n_columns = ARRAY_LEN(columns) };
    return listing_put_page(r, &list);
}

static struct err *write_clients(struct api_reply *r)
{
    const char    *id = api_id(r, "/api/v1/clients/");
    struct client *c = registry_find_client(&r->server->registry, id);
    if (r->method == HTTP_DELETE)
        return *id ? kick_client(r, c) : kick_selected(r);
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "DELETE, GET, HEAD, OPTIONS");
    if (!*id)
        return put_list(r);
    listing_put_one(r, "client", c, E_RTMP_CLIENT_NOT_FOUND, put_client);
    return NULL;
}

struct err *api_clients(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_clients);
}

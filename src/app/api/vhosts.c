/* Vhosts that have had a client since the start. */
#include "app/api/endpoints.h"
#include "app/api/listing.h"
#include "app/stat/vhost_stat.h"

/* The vhost of this name in the running configuration, or NULL. */
static const struct conf_vhost *find_enabled(const struct conf *conf, const char *name)
{
    const struct conf_vhost *v = conf_vhost_named(conf, name);
    return v && v->enabled ? v : NULL;
}

/* Which forms of its streams the vhost makes. `dash` and `rtc` are additions to SRS. */
static void put_forms(struct jw *j, const struct conf_vhost *v)
{
    bool has_hls = v && v->hls.enabled;
    jw_object(j, "hls");
    jw_bool(j, "enabled", has_hls);
    if (has_hls)
        jw_fixed(j, "fragment", (double)v->hls.fragment_us / 1e6);
    jw_object_end(j);
    jw_object(j, "dash");
    jw_bool(j, "enabled", v && v->dash.enabled);
    jw_object_end(j);
    jw_object(j, "rtc");
    jw_bool(j, "enabled", v && v->rtc.enabled);
    jw_object_end(j);
}

static void put_vhost(struct api_reply *r, const char *key, const void *member)
{
    const struct vhost_stat *v = member;
    const struct conf_vhost *in_conf = find_enabled(r->server->conf, v->name);
    struct jw               *j = &r->json;
    jw_object(j, key);
    jw_string(j, "id", v->id);
    jw_string(j, "name", v->name);
    jw_bool(j, "enabled", in_conf != NULL);
    jw_int(j, "clients", v->n_clients);
    jw_int(j, "streams", v->n_streams);
    listing_put_traffic(j, &v->traffic);
    put_forms(j, in_conf);
    jw_object_end(j);
}

/* ---- the list ---- */

static bool takes(const struct filter *f, const struct api_reply *r, const void *member)
{
    (void)r;
    return filter_takes_vhost(f, member);
}

static const char *name_of(const void *member)
{
    return ((const struct vhost_stat *)member)->name;
}

static int64_t clients_of(const void *member)
{
    return ((const struct vhost_stat *)member)->n_clients;
}

static int64_t streams_of(const void *member)
{
    return ((const struct vhost_stat *)member)->n_streams;
}

static const struct listing_column columns[] = {
    { "name", .text = name_of },
    { "clients", .number = clients_of },
    { "streams", .number = streams_of },
    LISTING_TRAFFIC_COLUMNS(struct vhost_stat),
};

static struct err *put_list(struct api_reply *r)
{
    const struct listing list = { .key = "vhosts",
                                  .members = &r->server->registry.vhost_roll,
                                  .takes = takes,
                                  .put = put_vhost,
                                  .columns = columns,
                                  .n_columns = ARRAY_LEN(columns) };
    return listing_put_page(r, &list);
}

static struct err *write_vhosts(struct api_reply *r)
{
    const struct registry *registry = &r->server->registry;
    const char            *id = api_id(r, "/api/v1/vhosts/");
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    else if (!*id)
        return put_list(r);
    else
        listing_put_one(r, "vhost", registry_find_vhost(registry, id), E_RTMP_VHOST_NOT_FOUND, put_vhost);
    return NULL;
}

struct err *api_vhosts(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_vhosts);
}

/* The origins of edges: which answer, and what is pulled from and pushed to each. Not in SRS. */
#include "app/api/endpoints.h"
#include "app/api/reply.h"
#include "app/edge/origin_list.h"
#include "core/clock.h"

static void put_origin(struct api_reply *r, const struct edge_origin *o)
{
    struct jw *j = &r->json;
    jw_object(j, NULL);
    jw_string(j, "vhost", o->vhost);
    api_put_url(r, "url", o->url);
    jw_string(j, "state", edge_origin_state_name(&o->state));
    jw_int(j, "aside_ms", o->state.aside_us / US_PER_MS);
    jw_int(j, "failures", o->state.n_failures);
    jw_int(j, "pulls", (int64_t)edge_origin_pulls(o));
    jw_int(j, "pushes", (int64_t)edge_origin_pushes(o));
    jw_object_end(j);
}

/* Their number is that of the configuration. Nothing yields, so the rows are of one moment. */
static struct err *write_origins(struct api_reply *r)
{
    struct edge_origin_walk at = { 0 };
    struct edge_origin      o;
    if (r->method != HTTP_GET)
        return api_refuse_method(r, "GET, HEAD, OPTIONS");
    api_begin(r);
    jw_array(&r->json, "origins");
    while (edge_origins_next(r->server->conf, &at, &o))
        put_origin(r, &o);
    jw_array_end(&r->json);
    jw_object_end(&r->json);
    return NULL;
}

struct err *api_origins(struct http_exchange *x)
{
    return api_answer_by_own_name(x, write_origins);
}

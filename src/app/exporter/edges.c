/* Metrics of edges: which origins answer, and what is pulled from and pushed to each. */
#include "app/edge/origin_list.h"
#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "core/attr.h"

static int64_t up_of(const struct edge_origin *o)
{
    return o->state.is_up || !o->state.is_known;
}

static int64_t failures_of(const struct edge_origin *o)
{
    return o->state.n_failures;
}

static int64_t pulls_of(const struct edge_origin *o)
{
    return (int64_t)edge_origin_pulls(o);
}

static int64_t pushes_of(const struct edge_origin *o)
{
    return (int64_t)edge_origin_pushes(o);
}

static const struct {
    enum mw_type type;
    const char  *name, *help;
    int64_t (*value)(const struct edge_origin *o);
} families[] = {
    { MW_GAUGE, "srs_edge_origin_up", "0 if the origin of an edge did not answer when it was asked last.", up_of },
    { MW_COUNTER, "srs_edge_origin_failures_total", "How often it did not answer.", failures_of },
    { MW_GAUGE, "srs_edge_pulls", "Streams that are pulled from it, or about to be.", pulls_of },
    { MW_GAUGE, "srs_edge_pushes", "Publishers that are passed on to it.", pushes_of },
};

struct err *families_of_edges(struct scrape *s)
{
    struct mw *m = &s->metrics;
    for (size_t f = 0; f < ARRAY_LEN(families); f++) {
        struct edge_origin_walk at = { 0 };
        struct edge_origin      o;
        mw_family(m, families[f].type, families[f].name, families[f].help);
        while (edge_origins_next(s->server->conf, &at, &o)) {
            mw_begin(m, NULL);
            mw_label(m, "vhost", o.vhost);
            mw_label(m, "origin", o.url);
            mw_int(m, families[f].value(&o));
        }
    }
    return scrape_give_way(s);
}

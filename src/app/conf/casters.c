#include "app/conf/casters.h"

#include <string.h>

#include "app/conf/endpoint.h"
#include "app/conf/report.h"

static void tell_what_cannot_run(struct conf_fill *f, const struct conf_stream_caster *caster)
{
    if (!caster->listen.count || !*caster->output)
        conf_report_add(f->report, LOG_WARN, "stream_caster: one without listen or output takes no stream");
    if (caster->kind == CONF_CASTER_GB28181)
        conf_report_add(f->report, LOG_WARN, "stream_caster: gb28181 is not built yet: its port is not opened");
    if (caster->kind == CONF_CASTER_UNKNOWN)
        conf_report_add(f->report, LOG_WARN,
                        "stream_caster: caster must be mpegts_over_udp or flv, so nothing is opened for this one");
}

/* Put the endpoints of a caster behind those of the casters before it. */
static void append(struct conf_fill *f, struct conf_words *to, const struct conf_words *more)
{
    char **items = conf_fill_array(f, to->count + more->count, sizeof *items);
    if (!items)
        return;
    for (size_t i = 0; i < to->count; i++)
        items[i] = to->items[i];
    for (size_t i = 0; i < more->count; i++)
        items[to->count + i] = more->items[i];
    *to = (struct conf_words){ items, to->count + more->count };
}

void conf_caster_derive(struct conf_fill *f, void *item, const struct conf_node *n)
{
    struct conf_stream_caster *caster = item;
    (void)n;
    if (!caster->enabled)
        return;
    tell_what_cannot_run(f, caster);
    if (caster->kind == CONF_CASTER_MPEGTS_OVER_UDP)
        append(f, &f->conf->casters_udp, &caster->listen);
    if (caster->kind == CONF_CASTER_FLV)
        append(f, &f->conf->casters_http, &caster->listen);
}

/* How well an endpoint fits a socket's address: 0: not at all. */
static int match(const char *endpoint, int port, const char *ip)
{
    struct conf_endpoint e;
    if (conf_endpoint_parse(endpoint, &e) != CONF_ENDPOINT_OK || e.port != port)
        return 0;
    return strcmp(e.ip, ip) == 0 ? 2 : 1;
}

const struct conf_stream_caster *conf_caster_find(const struct conf *c, enum conf_caster_kind kind, int port,
                                                  const char *ip)
{
    const struct conf_stream_caster *found = NULL;
    int                              best = 0;
    for (size_t i = 0; i < c->n_stream_casters; i++) {
        const struct conf_stream_caster *caster = &c->stream_casters[i];
        for (size_t k = 0; k < caster->listen.count && caster->enabled && caster->kind == kind; k++) {
            int fit = match(caster->listen.items[k], port, ip);
            if (fit > best) {
                best = fit;
                found = caster;
            }
        }
    }
    return found;
}

#include "app/exporter/exporter.h"

#include "app/exporter/families.h"
#include "app/exporter/scrape.h"
#include "app/http/conn.h"
#include "app/http/site.h"
#include "core/err_codes.h"
#include "core/log.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* The tables of families, in the order of the text. A new group of metrics is a new row. */
static struct err *(*const groups[])(struct scrape *s) = {
    families_of_srs,   families_of_process,  families_of_features, families_of_clusters,
    families_of_edges, families_of_programs, families_of_streams,
};

static struct err *reply_with_code(struct http_exchange *x, int code)
{
    char       text[32];
    struct str out = str_over(text, sizeof text);
    str_printf(&out, "{\"code\":%d}", code);
    return http_reply(x, HTTP_STATUS_OK, "application/json", text, out.len);
}

/*
 * Metrics have the names of streams. A web page of another site must not read them, nor a page whose own name was made to resolve to
 * this server. A scraper is no page, and may call the server by any name.
 */
static bool may_read(const struct conf *conf, const struct http_request *r)
{
    enum http_site site = http_site_of(conf, r);
    return site == HTTP_SITE_NONE || (site != HTTP_SITE_FOREIGN && http_site_host_is_own(conf, r));
}

static struct err *scrape(struct scrape *s)
{
    struct err *e = NULL;
    for (size_t i = 0; !e && i < ARRAY_LEN(groups); i++)
        e = groups[i](s);
    mw_end(&s->metrics);
    return e ? e : scrape_end(s);
}

static struct err *handle(struct http_exchange *x)
{
    struct server             *server = http_conn_of(x)->server;
    const struct http_request *r = http_request_of(x);
    if (!server->conf->exporter.enabled)
        return reply_with_code(x, E_EXPORTER_DISABLED);
    if (!may_read(server->conf, r)) {
        log_warn("HTTP client ip=%s: metrics are refused to a web page of another site", http_visit_of(x)->ip);
        return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
    }
    struct scrape s;
    struct err   *e = scrape_begin(&s, x, server);
    if (!e)
        e = scrape(&s);
    scrape_finish(&s);
    return e;
}

static const struct http_route rows[] = {
    { "/metrics", HTTP_METHOD(GET), handle },
};
const struct http_routes exporter_routes = { rows, ARRAY_LEN(rows) };

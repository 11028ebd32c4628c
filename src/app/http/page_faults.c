#include "app/http/page_faults.h"

#include <string.h>

#include "app/http/conn.h"
#include "app/http/site.h"
#include "app/session/client_address.h"
#include "app/session/page_host.h"
#include "core/attr.h"
#include "core/clock.h"
#include "core/str.h"
#include "protocol/http/status.h"

/* Paths by which streams begin. Segments are left out: they go away as a stream goes on. */
static bool is_of_stream(const char *path)
{
    static const char *const ends[] = { ".flv", ".m3u8", ".mpd", ".mp3", ".aac" };
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_ends_with(path, ends[i]))
            return true;
    return false;
}

/* Takes `why`. */
static void note(const struct http_exchange *x, struct err *why)
{
    const struct http_request *r = http_request_of(x);
    const char                *slash = strrchr(r->path, '/');
    char                       app[REFUSAL_NAME_CAP];
    struct str                 out = str_over(app, sizeof app);
    if (slash > r->path)
        str_append(&out, r->path + 1, (size_t)(slash - r->path) - 1);
    const struct refused what = {
        .host = http_request_vhost(r),
        .app = app,
        .stream = slash ? slash + 1 : r->path,
        .ip = http_visit_of(x)->ip,
    };
    refusals_note(&http_conn_of(x)->server->registry.refusals, &what, why, now_us());
    err_free(why);
}

/* A proxy in front may have ended the TLS connection. */
static bool is_plain(const struct http_exchange *x, const struct conf *conf)
{
    const struct http_conn *c = http_conn_of(x);
    return !c->is_tls && !client_address_is_trusted(conf, c->peer_ip) &&
           !str_equal(http_request_field(http_request_of(x), "X-Forwarded-Proto"), "https");
}

void page_faults_before(const struct http_exchange *x, const struct conf *conf)
{
    const struct http_request *r = http_request_of(x);
    const char                *page = http_site_page(r);
    char                       host[PAGE_HOST_CAP];
    if (!page || !is_of_stream(r->path))
        return;
    page_host(page, host);
    if (!conf->http_server.crossdomain && http_request_field(r, "Origin") && http_site_of(conf, r) == HTTP_SITE_FOREIGN)
        note(x, err_new(E_CROSS_SITE, "the page is of %s", host));
    if (str_starts_with(page, "https:") && is_plain(x, conf))
        note(x, err_new(E_MIXED_CONTENT, "the page of %s is over https, and asks over http", host));
}

void page_faults_after(const struct http_exchange *x)
{
    if (http_reply_status_of(x) == HTTP_STATUS_NOT_FOUND && is_of_stream(http_request_of(x)->path))
        note(x, err_new(E_HTTP_HANDLER_MATCH_URL, "nothing is at this path"));
}

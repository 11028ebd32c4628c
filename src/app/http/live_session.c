#include "app/http/live_session.h"

#include <string.h>

#include "app/http/conn.h"
#include "app/http/site.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"

static const struct client_type player_type = {
    .name = "flv-play", .tag = "HTS", .protocol = STAT_HTTP, .is_http = true
};

/* Most bytes of an app's URL beside host and app: scheme, port and slashes. */
enum { URL_EXTRA = sizeof "https://:65535/" };

/* Write the URL of the app, in the form of an RTMP player's tcUrl. */
static const char *pack_url(char **at, size_t cap, const struct http_exchange *x, const char *app)
{
    const struct http_conn    *c = http_conn_of(x);
    const struct http_request *r = http_request_of(x);
    const char                *colon = strrchr(r->host_port, ':'), *url = *at;
    bool                       has_port = colon && !strchr(colon, ']');
    struct str                 out = str_over(*at, cap);
    str_printf(&out, "%s://%s", c->is_tls ? "https" : "http", r->host_port);
    if (!has_port)
        str_printf(&out, ":%d", c->local_port);
    str_printf(&out, "/%s", app);
    *at += out.len + 1;
    return url;
}

static const char *pack(char **at, const char *text)
{
    return str_pack(at, text, strlen(text));
}

/* A connection that carries several players at a time has one name for each of them. */
static void name_player(struct http_visit *v)
{
    ident_random(v->trace, IDENT_LEN);
    co_set_trace(v->trace);
}

static struct client client_of(const struct http_visit *v)
{
    return (struct client){
        .type = &player_type,
        .id = v->trace,
        .ip = v->ip,
        .swf_url = "",
        .co = co_self(),
        .bytes_in = &v->io->bytes_in,
        .bytes_out = &v->io->bytes_out,
        .counted_in = v->counted_in,
        .counted_out = v->counted_out,
    };
}

/* Packs all texts into one block. */
static struct err *fill_in(struct live_session *l, const struct http_exchange *x, const char *app, const char *stream,
                           const char *ext)
{
    const struct http_request *r = http_request_of(x);
    struct session            *s = &l->session;
    const char                *host = http_request_vhost(r), *page = http_site_page(r);
    size_t                     url_cap = URL_EXTRA + strlen(r->host_port) + strlen(app) + 1;
    page = page ? page : "";
    size_t names_len = strlen(host) + 1 + strlen(app) + 1 + 2 * (strlen(stream) + 1) + strlen(ext);
    size_t rest_len = 1 + strlen(r->raw_query) + 1 + strlen(page) + 1;
    if (!(l->texts = mem_alloc(url_cap + names_len + rest_len)))
        return err_no_memory();

    char *at = l->texts;
    s->client = client_of(http_visit_of(x));
    s->client.stays = r->upgrade; /* Browsers do not follow a redirect of a WebSocket. */
    s->authorization = http_request_field(r, "Authorization");
    s->io = http_visit_of(x)->io;
    s->client.tc_url = pack_url(&at, url_cap, x, app);
    s->host = pack(&at, host);
    s->app = pack(&at, app);
    s->stream = pack(&at, stream);
    s->client.name = at;
    at = stpcpy(stpcpy(at, stream), ext) + 1;
    s->param = at;
    at = stpcpy(stpcpy(at, *r->raw_query ? "?" : ""), r->raw_query) + 1;
    s->client.page_url = l->page = at;
    strcpy(at, page);
    return NULL;
}

struct err *live_session_admit(struct live_session *l, const struct http_exchange *x, const char *app,
                               const char *stream, const char *ext)
{
    if (http_is_multiplexed(x))
        name_player(http_visit_of(x));
    struct err *e = fill_in(l, x, app, stream, ext);
    if (e) {
        l->session.verdict = SESSION_FAILED;
        return e;
    }
    e = session_admit(&l->session, &http_conn_of(x)->server->door);
    l->session.authorization = NULL; /* The request is forgotten while the stream plays. */
    l->session.io = NULL;
    str_tame(l->page, strlen(l->page)); /* The rules have judged the unchanged URL; the API shows a tamed one. */
    return e;
}

void live_session_end(struct live_session *l)
{
    session_leave(&l->session);
    mem_free(l->texts);
    *l = (struct live_session){ 0 };
}

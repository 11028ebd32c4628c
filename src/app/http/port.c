#include "app/http/port.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/bans/bans.h"
#include "app/http/conn.h"
#include "app/http/guest.h"
#include "app/http/page_faults.h"
#include "app/http/signed_path.h"
#include "app/http/site.h"
#include "app/http/unbuilt.h"
#include "app/session/client_address.h"
#include "app/session/goodbye.h"
#include "app/tls/store.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/http/basic_auth.h"
#include "protocol/http/serve.h"
#include "protocol/http/status.h"
#include "protocol/http2/http2.h"
#include "protocol/peer_watch.h"
#include "protocol/tls/tls.h"

/* The time for the header of the PROXY protocol, and the time for the TLS handshake. */
enum { INTRODUCTION_US = 15 * US_PER_SECOND };

/* Each of these times, and the time for a request's head, for a connection that has one of the API's few places. */
enum { API_PLACE_US = 5 * US_PER_SECOND };

/* ---- before the handlers --------------------------------------------------------------------------------------- */

static const struct http_face *face_of(const struct http_conn *c, const struct http_request *r)
{
    const struct http_face *const *face = c->faces;
    for (bool slash_is_missing; face[1]; face++) {
        const struct http_route *route = http_router_find((*face)->router, r->path, &slash_is_missing);
        if (route && strcmp(route->path, "/") != 0)
            break;
    }
    return *face;
}

/* The fields that scripts may send. `*` does not cover Authorization, which is named only to those that ask for it (Fetch, CORS protocol). */
static const char *allowed_fields(const struct http_request *r)
{
    const char *asked = http_request_field(r, "Access-Control-Request-Headers");
    return asked && strcasestr(asked, "authorization") ? "*, Authorization" : "*";
}

/* Add the fields that let scripts of other sites use the reply, with these methods. */
static struct err *add_cors(struct http_exchange *x, const char *methods)
{
    const struct http_pair fields[] = {
        { "Access-Control-Allow-Origin", "*" },
        { "Access-Control-Allow-Headers", allowed_fields(http_request_of(x)) },
        { "Access-Control-Allow-Methods", methods },
        { "Access-Control-Expose-Headers", "*" },
        { "Access-Control-Allow-Credentials", "false" },
        { "Access-Control-Request-Private-Network", "true" },
    };
    struct err *e = NULL;
    for (size_t i = 0; !e && i < ARRAY_LEN(fields); i++)
        e = http_add_field(x, fields[i].name, fields[i].value);
    return e;
}

/* True for the signalling of WebRTC. Rules, tokens and callbacks decide who may publish and play, as over RTMP, whatever the page. */
static bool is_for_all_pages(const char *path)
{
    return str_starts_with(path, "/rtc/v1/");
}

/* The methods that scripts may use: pages of other sites may read the API, but change nothing. */
static const char *allowed_methods(const struct conf *conf, const struct http_face *face, const struct http_request *r)
{
    bool may_only_read = face->is_api && !is_for_all_pages(r->path) && http_site_of(conf, r) != HTTP_SITE_OWN;
    return may_only_read ? "GET, HEAD, OPTIONS" : "*";
}

/*
 * Add the fields for pages of other sites. A stream or file may come from a cache, which keeps what the first client got, so that
 * one names the origins even where no page asks.
 */
static struct err *allow_other_sites(struct http_exchange *x, const struct conf *conf, const struct http_face *face)
{
    const struct http_request *r = http_request_of(x);
    if (http_request_field(r, "Origin"))
        return add_cors(x, allowed_methods(conf, face, r));
    return face->is_api ? NULL : http_add_field(x, "Access-Control-Allow-Origin", "*");
}

/* True for a path that needs the password: every path with /api/ in it, on every port. */
static bool is_protected(const char *path)
{
    return strstr(path, "/api/") || str_ends_with(path, "/api");
}

static bool is_authorized(const struct conf *conf, const struct http_request *r)
{
    const struct conf_http_api *api = &conf->http_api;
    return !api->auth || !is_protected(r->path) ||
           http_basic_auth_is(http_request_field(r, "Authorization"), api->username, api->password);
}

static struct err *ask_for_password(struct http_exchange *x)
{
    const char *ip = http_visit_of(x)->ip;
    log_warn("HTTP client ip=%s: %s without the right user and password", ip, http_request_of(x)->raw_path);
    struct err *e = http_add_field(x, "WWW-Authenticate", "Basic realm=\"srs\"");
    return e ? e : http_reply_status(x, HTTP_STATUS_UNAUTHORIZED);
}

static struct err *refuse_banned(struct http_exchange *x)
{
    log_warn("HTTP client ip=%s: code=%d(%s), %s", http_visit_of(x)->ip, E_BANNED, err_code_name(E_BANNED),
             http_request_of(x)->raw_path);
    http_close_after(x);
    return http_reply_status(x, HTTP_STATUS_FORBIDDEN);
}

/* False if the request names a vhost that is off, in any field or parameter. */
static bool host_is_served(const struct conf *conf, const struct http_request *r)
{
    const struct conf_vhost *vhost = conf_find_vhost(conf, http_request_vhost(r));
    return !vhost || vhost->enabled;
}

/* Answer a request that the configuration alone decides; otherwise *go_on is set, and a handler serves it. */
static struct err *receive(struct http_exchange *x, const struct conf *conf, const struct http_face *face, bool *go_on)
{
    const struct http_request *r = http_request_of(x);
    bool                       crossdomain = face->is_api ? conf->http_api.crossdomain : conf->http_server.crossdomain;
    struct err                *e = crossdomain ? allow_other_sites(x, conf, face) : NULL;
    *go_on = false;
    if (e)
        return e;
    if (bans_shut_out_ip(http_visit_of(x)->ip, face->is_api)) /* a client behind a proxy is known only now */
        return refuse_banned(x);
    if (r->method == HTTP_OPTIONS)
        return crossdomain ? http_reply(x, HTTP_STATUS_OK, NULL, NULL, 0)
                           : http_reply_status(x, HTTP_STATUS_METHOD_NOT_ALLOWED);
    if (!is_authorized(conf, r))
        return ask_for_password(x);
    if (!face->is_api && !host_is_served(conf, r))
        return http_reply_status(x, HTTP_STATUS_NOT_FOUND);
    if (!face->is_api)
        page_faults_before(x, conf);
    *go_on = true;
    return NULL;
}

static bool has_api_place(const struct http_conn *c)
{
    return c->api_seat.beyond;
}

static int64_t introduction_us(const struct http_conn *c)
{
    return has_api_place(c) ? API_PLACE_US : INTRODUCTION_US;
}

/* ---- a visit --------------------------------------------------------------------------------------------------- */

/* Most summaries are never shown, so taming them is left to shown(). */
static void write_summary(char summary[static HTTP_SUMMARY_CAP], const struct http_request *r)
{
    const char *method = http_method_str(r->method);
    struct str  out = str_over(summary, HTTP_SUMMARY_CAP);
    str_append(&out, method, strlen(method));
    str_append(&out, " ", 1);
    str_append(&out, r->raw_path, strlen(r->raw_path));
}

static const char *shown(char summary[static HTTP_SUMMARY_CAP])
{
    str_tame(summary, strlen(summary));
    return summary;
}

static void begin_visit(struct http_visit *v, struct http_conn *c, struct http_exchange *x, const struct conf *conf)
{
    const struct http_request *r = http_request_of(x);
    bool                       shares = http_is_multiplexed(x); /* Others go on on this connection at the same time. */
    *v = (struct http_visit){ .conn = c, .io = http_io_of(x) };
    v->counted_in = shares ? 0 : c->earlier_in;
    v->counted_out = shares ? 0 : c->earlier_out;
    memcpy(v->trace, c->trace, sizeof v->trace);
    if (shares) { /* A coroutine of its own. */
        co_set_trace(c->trace);
        co_set_log_limits(&c->log_limits);
    }
    client_address_of_request(conf, c->peer_ip, r, v->ip);
    write_summary(v->summary, r);
    http_set_owner(x, v);
}

static void end_visit(struct http_visit *v, struct http_exchange *x)
{
    struct http_conn *c = v->conn;
    c->status = http_reply_status_of(x);
    c->earlier_in = c->io.bytes_in;
    c->earlier_out = c->io.bytes_out;
    memcpy(c->ip, v->ip, sizeof c->ip);
    memcpy(c->summary, v->summary, sizeof c->summary);
    http_set_owner(x, c);
    if (v->query)
        http_request_move(x, 0, "");
    mem_free(v->query);
    if (log_enabled(LOG_DEBUG))
        log_debug("HTTP %s, ip=%s, status=%d", shown(c->summary), c->ip, c->status);
}

/* Tell why a visit failed that is not the only one of its connection: the line of the connection's end cannot. */
static void tell_failure(struct http_visit *v, const struct http_exchange *x, const struct err *e)
{
    enum err_code code = err_code(e);
    char          text[ERR_TEXT_MAX];
    if (e && http_is_multiplexed(x))
        log_write(goodbye_level(goodbye_of(code)), "HTTP/2 stream ended. ip=%s, %s, in=%lld, out=%lld, ret=%d, %s",
                  v->ip, shown(v->summary), (long long)v->io->bytes_in, (long long)v->io->bytes_out, (int)code,
                  err_text(e, text, sizeof text));
}

/* A handler may take days, so it does not hold the configuration under which the request came: *conf is dropped. */
static struct err *serve(struct http_exchange *x, struct conf **conf, const struct http_face *face)
{
    bool        go_on;
    struct err *e = receive(x, *conf, face, &go_on);
    if (!e && go_on && !face->is_api)
        e = signed_path_take(x, *conf, &http_visit_of(x)->query);
    conf_unref(conf);
    if (e || !go_on)
        return e;
    return http_unbuilt_owns(http_request_of(x)->path) ? http_unbuilt_reply(x) : http_router_handle(face->router, x);
}

static struct err *handle(struct http_exchange *x)
{
    struct http_conn          *c = http_owner_of(x);
    const struct http_request *r = http_request_of(x);
    struct conf               *conf = conf_ref(c->server->conf);
    const struct http_face    *face = face_of(c, r);
    struct http_visit          v;
    newcomer_end(&c->newcomer);
    begin_visit(&v, c, x, conf);
    c->api_seat.asks = true;
    c->n_requests++;
    c->n_served += !face->is_api && !is_protected(r->path);
    if (c->server->stop != SERVER_RUNS || has_api_place(c))
        http_close_after(x);
    struct err *e;
    if (has_api_place(c) && !face->is_api) /* This place is for the API, and all others are taken. */
        e = http_reply_status(x, HTTP_STATUS_SERVICE_UNAVAILABLE);
    else
        e = serve(x, &conf, face);
    conf_unref(&conf);
    if (!e && !face->is_api)
        page_faults_after(x);
    tell_failure(&v, x, e);
    end_visit(&v, x);
    return e;
}

/* ---- the connection -------------------------------------------------------------------------------------------- */

/* Log one line for the whole connection, at DEBUG if it has only polled the API. */
static void tell_end(struct http_conn *c, struct err *e)
{
    char text[ERR_TEXT_MAX];
    log_write(c->n_served ? LOG_INFO : LOG_DEBUG,
              "HTTP client finished. ip=%s, %u requests, last %s, status=%d, in=%lld, out=%lld, ret=%d%s%s", c->ip,
              c->n_requests, shown(c->summary), c->status, (long long)c->io.bytes_in, (long long)c->io.bytes_out,
              (int)err_code(e), e ? ", " : "", e ? err_text(e, text, sizeof text) : "");
    err_free(e);
}

static void say_goodbye(struct http_conn *c, struct err *e)
{
    enum err_code code = err_code(e);
    enum goodbye  ending = goodbye_of(code);
    char          text[ERR_TEXT_MAX];
    switch (ending) {
    case GOODBYE_FINISHED:
    case GOODBYE_GONE:
    case GOODBYE_SILENT:
    case GOODBYE_CLOSED: tell_end(c, e); return;
    case GOODBYE_NO_TLS:
    case GOODBYE_REFUSED:
    case GOODBYE_MALFORMED:
        log_write(goodbye_level(ending), "HTTP client ip=%s, code=%d(%s), %s", c->ip, (int)code, err_code_name(code),
                  err_text(e, text, sizeof text));
        err_free(e);
        return;
    case GOODBYE_FAULT: log_err(goodbye_level(ending), e, "HTTP client ip=%s, %s", c->ip, shown(c->summary));
    }
}

static void conn_free(struct http_conn *c)
{
    api_places_leave(&c->server->api_places, &c->api_seat);
    newcomer_end(&c->newcomer);
    io_close(&c->io);
    mem_free(c);
}

static int port_of(int fd)
{
    struct sockaddr_storage local = { 0 };
    socklen_t               len = sizeof local;
    getsockname(fd, (struct sockaddr *)&local, &len);
    return ntohs(local.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&local)->sin6_port
                                             : ((struct sockaddr_in *)&local)->sin_port);
}

static struct err *introduce(struct http_conn *c)
{
    struct err *e = client_address_accept(c->server->conf, &c->io, c->peer_ip, now_us() + introduction_us(c));
    memcpy(c->ip, c->peer_ip, sizeof c->ip);
    if (!e)
        e = http_guest_take(c, now_us() + introduction_us(c), &c->is_guest);
    if (e || !c->is_tls || c->is_guest)
        return e;
    struct conf                  *conf = c->server->conf;
    static const char             protocols[] = "\x02" HTTP2_ALPN "\x08http/1.1";
    static const struct tls_offer offer = { .resumable = true,
                                            .protocols = protocols,
                                            .protocols_len = sizeof protocols - 1 };
    return tls_store_accept(&c->server->tls, conf, &c->io, c->by->tls(conf), &offer, now_us() + introduction_us(c));
}

static void log_arrival(const struct http_conn *c)
{
    char peer[IO_ADDR_CAP];
    log_debug("HTTP client ip=%s, fd=%d", io_addr_join(c->peer_ip, c->peer_port, peer), c->io.fd);
}

static struct err *begin(struct http_conn *c)
{
    static const int on = 1;
    co_set_trace(c->trace);
    co_set_log_limits(&c->log_limits);
    c->api_seat.co = co_self();
    io_set_owner(&c->io, co_self());
    log_arrival(c);
    setsockopt(c->io.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* Replies are written whole. */
    c->has_begun = true;
    return introduce(c);
}

static struct err *serve_conn(struct http_conn *c)
{
    int64_t                   patience_us = has_api_place(c) ? API_PLACE_US : 0; /* 0: the default */
    const struct http_serving serving = {
        .handle = handle, .owner = c, .idle_us = patience_us, .head_us = patience_us
    };
    return tls_has_chosen(&c->io, HTTP2_ALPN) ? http2_serve(&c->io, &serving)
                                              : http_serve(&c->io, &serving, &c->rests_until_us);
}

/* The coroutine of a connection, from its beginning or from the end of a rest on. */
static void run(void *arg)
{
    struct http_conn *c = arg;
    struct err       *e = c->has_begun ? NULL : begin(c);
    if (!e && c->is_guest) {
        conn_free(c);
        return;
    }
    if (!e)
        e = serve_conn(c);
    if (!e && c->rests_until_us) {
        co_rest(c->rests_until_us);
        return;
    }
    say_goodbye(c, e);
    log_tell_held(&c->log_limits);
    co_set_log_limits(NULL);
    conn_free(c);
}

struct err *http_port_start(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by)
{
    struct http_conn *c = mem_calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return err_no_memory();
    }
    c->server = s;
    c->by = by;
    c->is_tls = by->tls != NULL;
    c->faces = by->faces(s->conf);
    c->local_port = port_of(fd);
    ident_random(c->trace, IDENT_LEN);
    io_addr_host(peer, c->peer_ip, sizeof c->peer_ip);
    c->peer_port = io_addr_port(peer);
    newcomer_begin(&c->newcomer, s->conf, c->peer_ip);
    bool is_beyond = server_is_full(s) || !mem_has_room();
    if (is_beyond)
        api_places_take(&s->api_places, c->peer_ip, &c->api_seat, now_us());
    struct err *e = io_open(&c->io, fd);
    if (!e)
        peer_watch_add(&c->io);
    if (!e)
        e = co_go(&s->connections, "http", run, c, NULL);
    if (e)
        conn_free(c);
    return e;
}

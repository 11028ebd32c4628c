#include "app/rtmp/port.h"

#include <string.h>
#include <unistd.h>

#include "app/rtmp/bandcheck.h"
#include "app/rtmp/conn.h"
#include "app/rtmp/introduction.h"
#include "app/rtmp/player.h"
#include "app/rtmp/publisher.h"
#include "app/rtmp/vod_player.h"
#include "app/session/goodbye.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/peer_watch.h"
#include "protocol/rtmp/identify.h"

/* The time that a client has between two streams on one connection. */
enum { AGAIN_TIMEOUT_US = 180 * US_PER_SECOND };

/* The log limits of a connection are reset for each of its first streams; later streams share one limit. */
enum { STREAMS_TOLD = 8 };

/* How long a client that is sent elsewhere has for its answer. */
enum { REDIRECT_US = 3 * US_PER_SECOND };

static const struct client_type client_types[] = {
    [RTMP_PLAY] = { .name = "rtmp-play", .tag = "PLA" },
    [RTMP_FMLE_PUBLISH] = { .name = "fmle-publish", .tag = "CPB", .publish = true },
    [RTMP_FLASH_PUBLISH] = { .name = "flash-publish", .tag = "CPB", .publish = true },
    [RTMP_HAIVISION_PUBLISH] = { .name = "haivision-publish", .tag = "CPB", .publish = true },
};

/* The length of a URL of a stream without the stream: up to the last slash before its parameters, which may have slashes too. */
static size_t len_of_app(const char *url)
{
    size_t len = strcspn(url, "?#");
    while (len > 0 && url[len] != '/')
        len--;
    return len;
}

/* Send the client to session.place: `redirect` is that without the stream, for clients that keep theirs. */
static struct err *redirect_session(struct rtmp_conn *c, struct err *e)
{
    const char *place = c->session.place;
    bool        accepted;
    char        text[ERR_TEXT_MAX];
    char       *app = mem_strndup(place, len_of_app(place));
    struct err *sent =
        app ? rtmp_server_redirect(&c->rtmp, app, place, now_us() + REDIRECT_US, &accepted) : err_no_memory();
    err_free(sent);
    mem_free(app);
    log_info("%s is sent elsewhere, %s", rtmp_role_name(c->role), err_text(e, text, sizeof text));
    return err_wrap(e, "%s redirected", rtmp_role_name(c->role));
}

/* Translate the verdict into a refusal of RTMP. */
static struct err *refuse_session(struct rtmp_conn *c, struct err *e)
{
    static const enum rtmp_refusal words[] = {
        [SESSION_NOT_FOUND] = RTMP_REFUSE_NOT_FOUND, [SESSION_DENIED] = RTMP_REFUSE_DENIED,
        [SESSION_BUSY] = RTMP_REFUSE_BUSY,           [SESSION_UNAVAILABLE] = RTMP_REFUSE_DENIED,
        [SESSION_UNNAMED] = RTMP_REFUSE_DENIED,      [SESSION_FAILED] = RTMP_REFUSE_FAILED,
    };
    if (c->session.verdict == SESSION_REDIRECTED)
        return redirect_session(c, e);
    return rtmp_conn_refuse(c, words[c->session.verdict], e);
}

static struct err *admit(struct rtmp_conn *c)
{
    const struct rtmp_request *req = &c->request;
    c->session = (struct session){
        .client = {
            .type = &client_types[c->role],
            .id = c->trace,
            .ip = c->ip,
            .tc_url = req->tc_url,
            .page_url = req->page_url,
            .swf_url = req->swf_url,
            .peer = c->peer,
            .co = co_self(),
            .bytes_in = &c->io.bytes_in,
            .bytes_out = &c->io.bytes_out,
            .counted_in = c->session.client.counted_in, /* bytes of earlier streams on this connection */
            .counted_out = c->session.client.counted_out,
        },
        .host = req->url.vhost,
        .app = req->url.app,
        .stream = req->url.stream,
        .param = req->url.param,
        .args = req->args,
        .args_len = req->args_len,
        .io = &c->io,
        .connection = &c->connection,
        .login = *c->login.user ? &c->login : NULL,
    };
    struct err *e = session_admit(&c->session, &c->server->door);
    bool        has_gone = goodbye_of(err_code(e)) == GOODBYE_GONE;
    return e && !has_gone ? refuse_session(c, e) : e;
}

static void forget_log_limits(struct rtmp_conn *c)
{
    log_tell_held(&c->log_limits);
    c->log_limits = (struct log_limits){ 0 };
}

static void begin_telling(struct rtmp_conn *c)
{
    if (c->n_streams++ < STREAMS_TOLD)
        forget_log_limits(c);
}

/* Log the stream. The first two lines end as in SRS, because scripts match them; other facts have a line of their own. */
static void log_stream(const struct rtmp_conn *c)
{
    const struct rtmp_request *req = &c->request;
    const struct source       *s = c->session.source;
    const char                *last_id = s->stat.publisher_id;
    log_info("connected stream, tcUrl=%s, pageUrl=%s, swfUrl=%s, schema=%s, vhost=%s, port=%d, app=%s, stream=%s, "
             "param=%s, args=%s",
             req->tc_url, req->page_url, req->swf_url, req->url.schema, s->vhost->name, req->url.port, req->url.app,
             req->url.stream, req->url.param, req->args ? "(obj)" : "null");
    log_info("source url=%s, ip=%s, cache=%d/%d, is_edge=%d, source_id=%s/%s", s->identity, c->ip,
             s->vhost->play.gop_cache, s->vhost->play.gop_cache_max_frames, source_is_edge(s),
             source_is_live(s) ? last_id : "", last_id);
    log_info("stream %s, id=%s, publishing=%d, players=%zu", s->identity, s->id, source_is_live(s), s->n_readers);
}

/* A recorded file is played if the vhost has them and the client means one. */
static struct err *play(struct rtmp_conn *c)
{
    struct vod_film *film;
    struct err      *e = rtmp_vod_player_find(c, &film);
    if (e)
        return e;
    return film ? rtmp_vod_player_run(c, film) : rtmp_player_run(c);
}

/* Serve one stream, from the client's commands to the end of the stream. */
static struct err *serve_stream(struct rtmp_conn *c, int64_t deadline_us)
{
    c->identified = false;
    begin_telling(c);
    struct err *e = rtmp_identify(&c->rtmp, &c->request, &c->role, deadline_us);
    if (err_code(e) == E_RTMP_STREAM_NAME_EMPTY || err_code(e) == E_RTMP_REQ_TCURL || err_code(e) == E_LIMIT)
        rtmp_conn_linger(c); /* The client has been told the reason. */
    if (e)
        return err_wrap(e, "identify client");
    c->identified = true;
    newcomer_end(&c->newcomer);
    const struct rtmp_url *url = &c->request.url;
    int64_t                without_ms = rtmp_role_is_publish(c->role) ? 0 : -1;
    log_info("client identified, type=%s, vhost=%s, app=%s, stream=%s, param=%s, duration=%lldms",
             rtmp_role_name(c->role), url->vhost, url->app, url->stream, url->param,
             (long long)(c->request.duration_ms > 0 ? c->request.duration_ms : without_ms));

    e = admit(c);
    if (!e) {
        log_stream(c);
        rtmp_conn_apply_socket_options(c);
        e = session_enter(&c->session);
    }
    if (!e)
        e = session_end_reason(&c->session, rtmp_role_is_publish(c->role) ? rtmp_publisher_run(c) : play(c));
    if (err_code(e) == E_LIMIT && c->session.client.over_kbps)
        e = rtmp_conn_refuse(c, RTMP_REFUSE_DENIED, e);
    c->session.client.has_failed = e != NULL;
    session_leave(&c->session);
    return e;
}

/* True for the end of a client that leaves or falls silent between two streams, which is in good order. */
static bool is_leave(enum err_code code)
{
    enum goodbye ending = goodbye_of(code);
    return ending == GOODBYE_GONE || ending == GOODBYE_SILENT;
}

static struct err *serve(struct rtmp_conn *c)
{
    struct err *e = rtmp_introduce(c);
    if (!e && c->bandcheck) {
        newcomer_end(&c->newcomer);
        return bandcheck_run(c);
    }
    if (!e)
        e = serve_stream(c, now_us() + RTMP_STEP_TIMEOUT_US);
    while (!e) { /* The stream has ended in good order: there may be another one. */
        e = serve_stream(c, now_us() + AGAIN_TIMEOUT_US);
        if (!c->identified && is_leave(err_code(e))) {
            err_free(e);
            return NULL;
        }
    }
    return e;
}

static void conn_free(struct rtmp_conn *c)
{
    newcomer_end(&c->newcomer);
    bandcheck_end(c);
    mem_free(c->peer);
    rtmp_request_finish(&c->request);
    rtmp_server_finish(&c->rtmp);
    io_close(&c->io);
    mem_free(c);
}

static void log_arrival(const struct rtmp_conn *c)
{
    char peer[IO_ADDR_CAP];
    log_info("%s client ip=%s, fd=%d", c->is_tls ? "RTMPS" : "RTMP", io_addr_join(c->ip, c->peer_port, peer), c->io.fd);
}

static void run(void *arg)
{
    struct rtmp_conn *c = arg;
    co_set_trace(c->trace);
    co_set_log_limits(&c->log_limits);
    io_set_owner(&c->io, co_self());
    log_arrival(c);
    rtmp_conn_set_nodelay(
        c, true); /* The introduction is many small messages, each of which would wait for a delayed ACK. */
    struct err *e = serve(c);
    session_connection_end(&c->connection);
    forget_log_limits(c);
    goodbye_say(e);
    log_tell_held(&c->log_limits);
    co_set_log_limits(NULL);
    conn_free(c);
}

struct err *rtmp_port_start(struct server *s, int fd, const struct sockaddr *peer, const struct listen_service *by)
{
    struct rtmp_conn *c = mem_calloc(1, sizeof *c);
    if (!c) {
        close(fd);
        return err_no_memory();
    }
    c->server = s;
    c->is_tls = by->tls != NULL;
    ident_random(c->trace, IDENT_LEN);
    io_addr_host(peer, c->ip, sizeof c->ip);
    c->peer_port = io_addr_port(peer);
    newcomer_begin(&c->newcomer, s->conf, c->ip);
    rtmp_server_init(&c->rtmp, &c->io);
    struct err *e = io_open(&c->io, fd);
    if (!e)
        peer_watch_add(&c->io);
    if (!e)
        e = co_go(&s->connections, "rtmp", run, c, NULL);
    if (e)
        conn_free(c);
    return e;
}

#include "app/rtc/tcp_service.h"

#include <string.h>
#include <unistd.h>

#include "app/limits/newcomers.h"
#include "app/rtc/arrival.h"
#include "app/rtc/paths.h"
#include "app/rtc/tcp_port.h"
#include "app/rtc/waiters.h"
#include "app/server/server.h"
#include "app/session/client_address.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/io.h"
#include "protocol/rtc/framing.h"

enum {
    FIRST_CHECK_US = 5 * US_PER_SECOND, /* a client sends a check when it has connected */
    SETTLED_US = 2 * US_PER_SECOND,     /* after which the handshake of DTLS is over as a rule */
    RECEIVE_BYTES = 64 << 10,
    REST_MAX = RTC_FRAMING_HEAD + RTC_FRAMING_PACKET_MAX,
};

struct connection {
    struct rtc_tcp_port port;
    struct rtc_waiter   waiter;
    struct newcomer     newcomer;
    struct server      *server;
    struct io           io;
    struct rtc_addr     from;
    bool                has_path; /* A session is reached by it. */
    bool                had_path; /* ... or was. */
    int64_t    until_us; /* without a path a check has to come; with one it settles down, then DEADLINE_NEVER */
    struct buf rest;     /* the beginning of a packet */
    char       ip[INET6_ADDRSTRLEN], trace[IDENT_CAP];
};

/* Connections read into one buffer, and take what they have read before another one runs. */
static uint8_t received[RECEIVE_BYTES];

static struct rtc_waiters waiting = RTC_WAITERS_NONE(waiting, "TCP connections");
static size_t             n_connections;
static uint64_t           n_strangers;

const struct conf_words *rtc_tcp_service_endpoints(const struct conf *conf)
{
    bool has_ports = conf->rtc_server.enabled && conf->rtc_server.tcp.enabled && !conf_rtc_tcp_host(conf);
    return has_ports ? &conf->rtc_server.tcp.listen : NULL;
}

struct rtc_tcp_counts rtc_tcp_counts(void)
{
    return (struct rtc_tcp_counts){ n_connections, waiting.n, n_strangers };
}

/* ---- in ---- */

/* Paths come by checks, and go with their sessions: without one, the connection waits for a check. */
static void follow_paths(struct connection *c)
{
    bool has_path = !list_is_empty(&c->port.port.paths);
    if (has_path == c->has_path)
        return;
    c->has_path = has_path;
    c->had_path |= has_path;
    c->until_us = now_us() + (has_path ? SETTLED_US : FIRST_CHECK_US);
    if (has_path) {
        rtc_waiters_remove(&waiting, &c->waiter);
        newcomer_end(&c->newcomer);
    } else {
        rtc_waiters_add(&waiting, &c->waiter, c->server->conf->max_connections);
    }
}

/* Take the packets that are whole. Returns an error if the connection has no right to go on; *left: what is not whole. */
static struct err *take_packets(struct connection *c, size_t n, struct rd *left)
{
    const uint8_t        *packet;
    size_t                len;
    enum rtc_framing_read read;
    int64_t               now = now_us();
    *left = rd_over(received, n);
    while ((read = rtc_framing_next(left, &packet, &len)) == RTC_FRAMING_GOT) {
        struct rtc_path way = { .to = c->from, .port = &c->port.port };
        if (!rtc_arrival_take(&way, now, received + (packet - received), len) && list_is_empty(&c->port.port.paths))
            return err_new(E_RTC_TCP_STUN, "%zu bytes came that are no check for a session", len);
    }
    if (read == RTC_FRAMING_TOO_LONG)
        return err_new(E_RTC_TCP_SIZE, "a packet is longer than %d bytes", RTC_FRAMING_PACKET_MAX);
    return NULL;
}

/* Keep the beginning of a packet; most reads end with a whole one, and nothing is allocated then. */
static struct err *keep_rest(struct connection *c, const struct rd *left)
{
    buf_clear(&c->rest);
    if (rd_left(left) > 0)
        buf_append(&c->rest, left->p, rd_left(left));
    else
        buf_finish(&c->rest);
    return buf_error(&c->rest);
}

static struct err *take_bytes(struct connection *c)
{
    size_t    had = c->rest.len, n;
    struct rd left;
    if (had)
        memcpy(received, c->rest.bytes, had);
    struct err *e = io_read_now(&c->io, received + had, sizeof received - had, &n);
    if (e || n == 0)
        return e;
    e = take_packets(c, had + n, &left);
    if (!e)
        e = keep_rest(c, &left);
    co_give_way_by_time();
    return e;
}

/* The time of until_us has come. */
static struct err *end_wait(struct connection *c)
{
    if (list_is_empty(&c->port.port.paths))
        return err_new(E_SOCKET_TIMEOUT, "no check for a session came");
    if (c->has_path) {
        co_trim_stack(); /* Return the stack pages that the handshake touched; the client may live for days. */
        c->until_us = DEADLINE_NEVER;
    }
    return NULL;
}

/* Wait until the socket may be read or written, a path has come or gone, or a time is over. */
static struct err *wait_for_news(struct connection *c)
{
    struct err *e = co_park(co_deadline(c->until_us));
    if (err_code(e) != E_SOCKET_TIMEOUT)
        return e;
    err_free(e);
    return now_us() >= co_deadline(c->until_us) ? end_wait(c) : NULL;
}

static struct err *serve(struct connection *c)
{
    struct err *e = client_address_accept(c->server->conf, &c->io, c->ip, c->until_us);
    while (!e) {
        follow_paths(c);
        rtc_tcp_port_flush(&c->port);
        if (co_is_cancelled(co_self())) /* A peer that floods must not delay it. */
            e = err_new(E_THREAD_INTERRUPTED, "the connection is closed");
        else if (c->port.is_broken)
            e = err_new(E_SOCKET_WRITE, "the connection is lost");
        else
            e = io_is_readable(&c->io) ? take_bytes(c) : wait_for_news(c);
    }
    return e;
}

/* ---- from the beginning to the end ---- */

static void connection_free(struct connection *c)
{
    rtc_waiters_remove(&waiting, &c->waiter);
    newcomer_end(&c->newcomer);
    rtc_paths_leave(&c->port.port);
    rtc_tcp_port_close(&c->port);
    io_close(&c->io);
    buf_finish(&c->rest);
    n_connections--;
    mem_free(c);
}

static void tell_end(const struct connection *c, const struct err *e)
{
    static struct log_limits strangers;
    char                     text[ERR_TEXT_MAX];
    if (c->had_path)
        log_info("rtc: TCP connection of %s ends, %s", c->ip, err_text(e, text, sizeof text));
    else if (err_code(e) != E_THREAD_INTERRUPTED)
        log_write_within(&strangers, LOG_WARN, "rtc: TCP connection of %s belongs to no session, %s", c->ip,
                         err_text(e, text, sizeof text));
}

static void run(void *arg)
{
    struct connection *c = arg;
    co_set_trace(c->trace);
    io_set_owner(&c->io, co_self());
    struct err *e = serve(c);
    n_strangers += !c->had_path;
    tell_end(c, e);
    err_free(e);
    connection_free(c);
}

struct err *rtc_tcp_service_start(struct server *s, int fd, const struct sockaddr *peer,
                                  const struct listen_service *by)
{
    struct connection      *c = mem_calloc(1, sizeof *c);
    struct sockaddr_storage from = { 0 };
    (void)by;
    if (!c) {
        close(fd);
        return err_no_memory();
    }
    memcpy(&from, peer, peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    c->server = s;
    c->from = rtc_addr_of(&from);
    c->from.is_tcp = 1;
    c->rest = buf_up_to(REST_MAX);
    c->until_us = now_us() + FIRST_CHECK_US;
    list_init(&c->waiter.link);
    ident_random(c->trace, IDENT_LEN);
    io_addr_host(peer, c->ip, sizeof c->ip);
    newcomer_begin(&c->newcomer, s->conf, c->ip);
    n_connections++;
    struct err *e = io_open(&c->io, fd);
    rtc_tcp_port_open(&c->port, &c->io);
    if (!e) /* The services outlast the sessions, whose goodbyes go this way. */
        e = co_go(&s->services, "rtc-tcp", run, c, &c->waiter.co);
    if (e) {
        connection_free(c);
        return e;
    }
    c->waiter.ip = c->ip;
    c->waiter.trace = c->trace;
    rtc_waiters_add(&waiting, &c->waiter, s->conf->max_connections);
    return NULL;
}

#include "app/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/listen_address.h"
#include "app/server/server.h"
#include "app/services.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/io.h"

enum { EXHAUSTED_PAUSE_US = 100 * US_PER_MS };

/*
 * Accepted in one turn of the loop: as many newcomers as cost, until they play, a quarter of what the others took in the
 * turn before. A thousand at once would make one turn of a tenth of a second.
 */
enum { ACCEPTS_MIN = 8, ACCEPTS_MAX = 64, NEWCOMER_US = 100 };

struct listener {
    struct list                  link; /* in server->listeners */
    struct server               *server;
    const struct listen_service *service;
    struct io                    io;
    struct co                   *co;
    int                          spare_fd;   /* given up to refuse a connection when descriptors run out; -1: none */
    struct log_limits            log_limits; /* of the lines that newcomers cause */
    bool                         wanted, fresh, closing;
    struct listen_address        address;
    char                         name[IO_ADDR_CAP];
};

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void listener_free(struct listener *l)
{
    list_remove(&l->link);
    io_close(&l->io);
    if (l->spare_fd >= 0)
        close(l->spare_fd);
    mem_free(l);
}

static void refuse(struct listener *l, int fd, const char *who)
{
    struct server *s = l->server;
    close(fd);
    s->registry.n_refused++;
    log_warn("refused %s: code=%d(%s), there are %zu connections, max_connections=%d", who, E_EXCEED_CONNECTIONS,
             err_code_name(E_EXCEED_CONNECTIONS), s->connections.count, s->conf->max_connections);
}

static void refuse_for_memory(struct listener *l, int fd, const char *who)
{
    close(fd);
    l->server->registry.n_refused++;
    log_warn(
        "refused %s: code=%d(%s), %zu MiB are held, more than memory_limit=%zu MiB, and nothing is left to give way",
        who, E_LIMIT, err_code_name(E_LIMIT), mem_held() >> 20, mem_limit() >> 20);
}

/* Beyond all limits for one of the API's own places. */
static bool may_ask_api(const struct listener *l, const struct sockaddr *peer)
{
    char ip[INET6_ADDRSTRLEN];
    return l->service->has_api && l->service->has_api(l->server->conf) &&
           api_places_has(&l->server->api_places, io_addr_host(peer, ip, sizeof ip), now_us());
}

static void welcome(struct listener *l, int fd, const struct sockaddr *peer)
{
    char who[IO_ADDR_CAP];
    io_addr_text(peer, who);
    if (server_is_full(l->server) && !may_ask_api(l, peer)) {
        refuse(l, fd, who);
        return;
    }
    if (!mem_has_room() && !may_ask_api(l, peer)) {
        refuse_for_memory(l, fd, who);
        return;
    }
    bool has_ip = peer->sa_family == AF_INET || peer->sa_family == AF_INET6;
    if (!has_ip && !l->server->conf->empty_ip_ok) {
        log_warn("refused a client without an address: code=%d, empty_ip_ok is off", E_SOCKET_GET_PEER_IP);
        close(fd);
        return;
    }
    struct err *e = l->service->start(l->server, fd, peer, l->service);
    if (e)
        log_err(LOG_ERROR, e, "serve %s", who);
    else
        l->server->registry.n_accepted++;
}

/* A newcomer was turned away for want of a descriptor. */
static void say_exhausted(struct listener *l, int why)
{
    l->server->registry.n_refused++;
    log_error("accept at tcp://%s: %s; new connections are turned away", l->name, strerror(why));
}

/*
 * No descriptor for a newcomer, if there is one: Linux says so before it looks at the queue. Use the spare one to
 * close it, so that it does not hang in the queue. False when nobody waited.
 */
static bool turn_away(struct listener *l, int why)
{
    int fd = -1;
    if (l->spare_fd >= 0) {
        close(l->spare_fd);
        fd = accept4(l->io.fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN)
            l->io.may_read = false;
        if (fd >= 0) {
            close(fd);
            say_exhausted(l, why);
        }
    }
    l->spare_fd = open_spare();
    if (fd < 0 && l->io.may_read)               /* somebody else has the spare one now */
        err_free(co_sleep(EXHAUSTED_PAUSE_US)); /* a cancel shows at the next wait */
    return l->io.may_read;
}

/* One accept(); false when the queue is empty. */
static bool accept_one(struct listener *l)
{
    struct sockaddr_storage peer;
    socklen_t               len = sizeof peer;
    int                     fd = accept4(l->io.fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        welcome(l, fd, (struct sockaddr *)&peer);
        return true;
    }
    switch (errno) {
    case EAGAIN: l->io.may_read = false; return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return turn_away(l, errno);
    default: /* ECONNABORTED and other troubles of that one connection: the next may be fine */ return true;
    }
}

/* How many may come in the next turn. */
static int let_others_run(void)
{
    int64_t n = co_give_way_timed() / 4 / NEWCOMER_US;
    return n < ACCEPTS_MIN ? ACCEPTS_MIN : n > ACCEPTS_MAX ? ACCEPTS_MAX : (int)n;
}

static void accept_loop(void *arg)
{
    struct listener *l = arg;
    struct err      *e;
    int              n_max = ACCEPTS_MIN;
    co_set_log_limits(&l->log_limits);
    while (!(e = io_wait_readable(&l->io, DEADLINE_NEVER))) {
        int n = 0;
        while (n < n_max && accept_one(l))
            n++;
        if (n == n_max)
            n_max = let_others_run();
    }
    err_free(e); /* only a cancel ends it */
    log_info("%s stops listening at tcp://%s", l->service->name, l->name);
    log_tell_held(&l->log_limits);
    co_set_log_limits(NULL);
    listener_free(l);
}

static struct err *open_listener(struct server *s, const struct listen_service *service,
                                 const struct listen_address *at, bool reuse_port)
{
    struct listener *l = mem_calloc(1, sizeof *l);
    if (!l)
        return err_no_memory();
    list_init(&l->link);
    l->server = s;
    l->service = service;
    l->io.fd = -1;
    l->address = *at;
    l->wanted = l->fresh = true;
    l->spare_fd = open_spare();
    io_addr_text((const struct sockaddr *)&at->addr, l->name);

    int         fd;
    struct err *e = io_listen(&fd, (const struct sockaddr *)&at->addr, at->len, reuse_port);
    if (!e)
        e = io_open(&l->io, fd);
    if (!e)
        e = co_go(&s->accepters, "accept", accept_loop, l, &l->co);
    if (e) {
        listener_free(l);
        return e;
    }
    list_push(&s->listeners, &l->link);
    log_info("%s listen at tcp://%s, fd=%d", service->name, l->name, fd);
    return NULL;
}

static struct listener *find_listener(struct server *s, const struct listen_service *service,
                                      const struct listen_address *at)
{
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        if (!l->closing && l->service == service && memcmp(&l->address.addr, &at->addr, sizeof at->addr) == 0)
            return l;
    }
    return NULL;
}

/* Stop listening at once where an endpoint that is to come needs the port: 1935 may become 127.0.0.1:1935. */
static bool let_go_of_port(struct server *s, const struct listen_address *at)
{
    bool any = false;
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        if (l->wanted || l->io.fd < 0 || listen_address_port(&l->address) != listen_address_port(at))
            continue;
        io_close(&l->io);
        any = true;
    }
    return any;
}

/* Undo that; the accept loop has noticed nothing. */
static void take_port_back(struct listener *l)
{
    int         fd;
    struct err *e =
        io_listen(&fd, (const struct sockaddr *)&l->address.addr, l->address.len, l->server->conf->reuse_port);
    if (!e)
        e = io_open(&l->io, fd);
    io_set_owner(&l->io, l->co);
    l->wanted = !e;
    log_err(LOG_ERROR, e, "listen again at tcp://%s", l->name);
}

/* The listener of each endpoint of a service: to keep those that are open, then to open the others. */
static struct err *want_service(struct server *s, const struct conf *conf, const struct listen_service *service,
                                bool may_open)
{
    const struct conf_words *endpoints = service->endpoints(conf);
    const struct conf_https *tls = service->tls && endpoints ? service->tls(conf) : NULL;
    struct err              *e = NULL;
    if (tls && !tls_store_find(&s->tls, tls->key, tls->cert))
        return NULL; /* the log has said why; it listens as soon as there is a pair */
    for (size_t i = 0; endpoints && !e && i < endpoints->count; i++) {
        struct listen_address at;
        if (!listen_address_parse(endpoints->items[i], &at))
            return err_new(E_SYSTEM_CONFIG_INVALID, "%s: listen=%s is invalid", service->name, endpoints->items[i]);
        struct listener *l = find_listener(s, service, &at);
        if (l)
            l->wanted = true;
        else if (may_open)
            e = open_listener(s, service, &at, conf->reuse_port);
        if (err_errno(e) == EADDRINUSE && let_go_of_port(s, &at)) {
            err_free(e);
            e = open_listener(s, service, &at, conf->reuse_port);
        }
    }
    return err_wrap(e, "listen for %s", service->name);
}

static struct err *want(struct server *s, const struct conf *conf, bool may_open)
{
    struct err *e = NULL;
    for (const struct listen_service *service = listen_services; !e && service->name; service++)
        e = want_service(s, conf, service, may_open);
    return e;
}

static void close_unwanted(struct server *s)
{
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        l->fresh = false;
        if (!l->wanted && !l->closing) {
            l->closing = true;
            io_close(&l->io);
            co_cancel(l->co);
        }
    }
}

/* Those that were there, and nothing else. */
static void restore(struct server *s)
{
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        l->wanted = !l->fresh;
        if (l->fresh)
            io_close(&l->io);
    }
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        if (l->wanted && !l->closing && l->io.fd < 0)
            take_port_back(l);
    }
}

struct err *listeners_apply(struct server *s, const struct conf *conf)
{
    LIST_FOREACH (&s->listeners, it, after)
        LIST_ENTRY(it, struct listener, link)->wanted = false;
    struct err *e = want(s, conf, false);
    if (!e)
        e = want(s, conf, true);
    if (e)
        restore(s);
    close_unwanted(s);
    return e;
}

void listeners_close(struct server *s)
{
    LIST_FOREACH (&s->listeners, it, after)
        LIST_ENTRY(it, struct listener, link)->wanted = false;
    close_unwanted(s);
    co_group_join(&s->accepters, DEADLINE_NEVER);
}

#include "app/listener.h"

#include <errno.h>
#include <string.h>

#include "app/accept_loop.h"
#include "app/listen_address.h"
#include "app/server/server.h"
#include "core/list.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/io.h"

struct listener {
    struct list                  link; /* member of server->listeners */
    struct server               *server;
    const struct listen_service *service;
    struct io                    io;
    struct co                   *co;
    struct log_limits            log_limits; /* for log lines that newcomers cause */
    bool                         wanted, fresh, closing;
    struct listen_address        address;
    char                         name[IO_ADDR_CAP];
};

static const char *scheme(const struct listen_service *service)
{
    return service->kind == LISTEN_DATAGRAM ? "udp" : "tcp";
}

static void listener_free(struct listener *l)
{
    list_remove(&l->link);
    io_close(&l->io);
    mem_free(l);
}

static void run_listener(void *arg)
{
    struct listener *l = arg;
    co_set_log_limits(&l->log_limits);
    if (l->service->kind == LISTEN_DATAGRAM)
        l->service->run(l->server, &l->io, l->service);
    else
        accept_loop(l->server, &l->io, l->service);
    log_info("%s stops listening at %s://%s", l->service->name, scheme(l->service), l->name);
    log_tell_held(&l->log_limits);
    co_set_log_limits(NULL);
    listener_free(l);
}

static struct err *open_socket(struct listener *l, bool reuse_port)
{
    int                    fd;
    const struct sockaddr *at = (const struct sockaddr *)&l->address.addr;
    struct err            *e = l->service->kind == LISTEN_DATAGRAM ? io_bind(&fd, at, l->address.len, reuse_port)
                                                                   : io_listen(&fd, at, l->address.len, reuse_port);
    return e ? e : io_open(&l->io, fd);
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
    io_addr_text((const struct sockaddr *)&at->addr, l->name);

    struct err *e = open_socket(l, reuse_port);
    if (!e)
        e = co_go(service->outlasts_clients ? &s->services : &s->accepters, "listener", run_listener, l, &l->co);
    if (e) {
        listener_free(l);
        return e;
    }
    list_push(&s->listeners, &l->link);
    log_info("%s listen at %s://%s, fd=%d", service->name, scheme(service), l->name, l->io.fd);
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

/* Close at once the open listeners that hold the port of a new endpoint: 1935 may become 127.0.0.1:1935. */
static bool let_go_of_port(struct server *s, enum listen_kind kind, const struct listen_address *at)
{
    bool any = false;
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        if (l->wanted || l->io.fd < 0 || l->service->kind != kind ||
            listen_address_port(&l->address) != listen_address_port(at))
            continue;
        io_close(&l->io);
        any = true;
    }
    return any;
}

/* Undo let_go_of_port(): the listener's coroutine has not run since, so it has noticed nothing. */
static void take_port_back(struct listener *l)
{
    struct err *e = open_socket(l, l->server->conf->reuse_port);
    io_set_owner(&l->io, l->co);
    l->wanted = !e;
    log_err(LOG_ERROR, e, "listen again at %s://%s", scheme(l->service), l->name);
}

/* Mark the open listeners of a service's endpoints as wanted, and open the missing ones if `may_open`. */
static struct err *want_service(struct server *s, const struct conf *conf, const struct listen_service *service,
                                bool may_open)
{
    const struct conf_words *endpoints = service->endpoints(conf);
    const struct conf_https *tls = service->tls && endpoints ? service->tls(conf) : NULL;
    struct err              *e = NULL;
    if (tls && !tls_store_find(&s->tls, tls->key, tls->cert))
        return NULL; /* the log has said why; the service listens as soon as there is a pair */
    for (size_t i = 0; endpoints && !e && i < endpoints->count; i++) {
        struct listen_address at;
        if (!listen_address_parse(endpoints->items[i], &at))
            return err_new(E_SYSTEM_CONFIG_INVALID, "%s: listen=%s is invalid", service->name, endpoints->items[i]);
        struct listener *l = find_listener(s, service, &at);
        if (l)
            l->wanted = true;
        else if (may_open)
            e = open_listener(s, service, &at, conf->reuse_port);
        if (err_errno(e) == EADDRINUSE && let_go_of_port(s, service->kind, &at)) {
            err_free(e);
            e = open_listener(s, service, &at, conf->reuse_port);
        }
    }
    return err_wrap(e, "listen for %s", service->name);
}

static struct err *want(struct server *s, const struct listen_service *services, const struct conf *conf, bool may_open)
{
    struct err *e = NULL;
    for (const struct listen_service *service = services; !e && service->name; service++)
        e = want_service(s, conf, service, may_open);
    return e;
}

static void mark_all_unwanted(struct server *s)
{
    LIST_FOREACH (&s->listeners, it, after)
        LIST_ENTRY(it, struct listener, link)->wanted = false;
}

struct err *listeners_open(struct server *s, const struct listen_service *services, const struct conf *conf)
{
    mark_all_unwanted(s);
    struct err *e = want(s, services, conf, false);
    return e ? e : want(s, services, conf, true);
}

void listeners_close_unwanted(struct server *s)
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

void listeners_restore(struct server *s)
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
    listeners_close_unwanted(s);
}

struct err *listeners_apply(struct server *s, const struct listen_service *services, const struct conf *conf)
{
    struct err *e = listeners_open(s, services, conf);
    if (e)
        listeners_restore(s);
    else
        listeners_close_unwanted(s);
    return e;
}

void listeners_close(struct server *s)
{
    LIST_FOREACH (&s->listeners, it, after) {
        struct listener *l = LIST_ENTRY(it, struct listener, link);
        l->wanted = l->service->outlasts_clients;
    }
    listeners_close_unwanted(s);
    co_group_join(&s->accepters, DEADLINE_NEVER);
}

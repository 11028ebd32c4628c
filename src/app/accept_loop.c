#include "app/accept_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "app/bans/bans.h"
#include "app/conf/open_files.h"
#include "app/limits/newcomers.h"
#include "app/server/server.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/io.h"

enum { EXHAUSTED_PAUSE_US = 100 * US_PER_MS };

/*
 * Bounds of the number of connections that are accepted in one turn of the loop. Starting them shall take a quarter of the time
 * that everything else took in the turn before. A thousand at once would make one turn of a tenth of a second.
 */
enum { ACCEPTS_MIN = 8, ACCEPTS_MAX = 64, NEWCOMER_US = 100 };

struct accepter {
    struct server               *server;
    const struct listen_service *service;
    struct io                   *io;
    int                          spare_fd; /* closed to refuse a connection when descriptors run out; -1: none */
};

static int open_spare(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void refuse_connection(struct accepter *a, int fd, const char *who)
{
    struct server *s = a->server;
    close(fd);
    s->registry.n_refused++;
    log_warn("refused %s: code=%d(%s), there are %zu connections, max_connections=%d", who, E_EXCEED_CONNECTIONS,
             err_code_name(E_EXCEED_CONNECTIONS), s->connections.count, s->conf->max_connections);
}

static void refuse_for_memory(struct accepter *a, int fd, const char *who)
{
    close(fd);
    a->server->registry.n_refused++;
    log_warn(
        "refused %s: code=%d(%s), %zu MiB are held, more than memory_limit=%zu MiB, and nothing is left to give way",
        who, E_LIMIT, err_code_name(E_LIMIT), mem_held() >> 20, mem_limit() >> 20);
}

static bool has_api(const struct accepter *a)
{
    return a->service->has_api && a->service->has_api(a->server->conf);
}

/* A flood from a banned address costs an accept() and a close() for each connection, and at most one log line a second. */
static void refuse_banned(struct accepter *a, int fd, const char *who)
{
    static struct log_limits limits;
    close(fd);
    a->server->registry.n_refused++;
    log_write_within(&limits, LOG_WARN, "refused %s: code=%d(%s), the address is banned", who, E_BANNED,
                     err_code_name(E_BANNED));
}

/* The address has too many connections that say nothing: a further one is closed, as those of a banned address are. */
static void refuse_newcomer(struct accepter *a, int fd, const char *who)
{
    static struct log_limits limits;
    close(fd);
    a->server->registry.n_refused++;
    log_write_within(&limits, LOG_WARN, "refused %s: code=%d(%s), newcomers_per_ip=%d connections say nothing", who,
                     E_LIMIT, err_code_name(E_LIMIT), a->server->conf->newcomers_per_ip);
}

/* True when a connection beyond max_connections may take one of the places that are reserved for the API. */
static bool may_ask_api(const struct accepter *a, const struct sockaddr *peer)
{
    char ip[INET6_ADDRSTRLEN];
    return has_api(a) && api_places_has(&a->server->api_places, io_addr_host(peer, ip, sizeof ip), now_us());
}

/* Log that a newcomer was refused because there is no descriptor for it. */
static void say_exhausted(struct accepter *a, int why)
{
    static struct log_limits limits;
    struct sockaddr_storage  at = { 0 };
    socklen_t                len = sizeof at;
    char                     name[IO_ADDR_CAP];
    getsockname(a->io->fd, (struct sockaddr *)&at, &len);
    a->server->registry.n_refused++;
    log_write_within(&limits, LOG_ERROR, "accept at tcp://%s: %s; new connections are turned away",
                     io_addr_text((struct sockaddr *)&at, name), strerror(why));
}

static void welcome(struct accepter *a, int fd, const struct sockaddr *peer)
{
    char who[IO_ADDR_CAP];
    io_addr_text(peer, who);
    if (bans_shut_out_peer(peer, has_api(a))) {
        refuse_banned(a, fd, who);
        return;
    }
    if (newcomers_are_full(a->server->conf, peer)) {
        refuse_newcomer(a, fd, who);
        return;
    }
    if (!a->service->has_own_bounds && server_is_full(a->server) && !may_ask_api(a, peer)) {
        refuse_connection(a, fd, who);
        return;
    }
    if (open_files_are_short(fd) && !may_ask_api(a, peer)) {
        close(fd);
        say_exhausted(a, EMFILE);
        return;
    }
    if (!mem_has_room() && !may_ask_api(a, peer)) {
        refuse_for_memory(a, fd, who);
        return;
    }
    bool has_ip = peer->sa_family == AF_INET || peer->sa_family == AF_INET6;
    if (!has_ip && !a->server->conf->empty_ip_ok) {
        log_warn("refused a client without an address: code=%d, empty_ip_ok is off", E_SOCKET_GET_PEER_IP);
        close(fd);
        return;
    }
    struct err *e = a->service->start(a->server, fd, peer, a->service);
    if (e)
        log_err(LOG_ERROR, e, "serve %s", who);
    else
        a->server->registry.n_accepted++;
}

/*
 * No descriptor is free. Linux reports this before it looks at the queue, so there may be no newcomer. Use the spare descriptor
 * to accept and close a newcomer, so that it does not hang in the queue. False when the queue was empty.
 */
static bool turn_away(struct accepter *a, int why)
{
    int fd = -1;
    if (a->spare_fd >= 0) {
        close(a->spare_fd);
        fd = accept4(a->io->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN)
            a->io->may_read = false;
        if (fd >= 0) {
            close(fd);
            say_exhausted(a, why);
        }
    }
    a->spare_fd = open_spare();
    if (fd < 0 && a->io->may_read)              /* another part of the process has taken the spare descriptor */
        err_free(co_sleep(EXHAUSTED_PAUSE_US)); /* the next wait reports a cancel again */
    return a->io->may_read;
}

/* One accept(); false when the queue is empty. */
static bool accept_one(struct accepter *a)
{
    struct sockaddr_storage peer;
    socklen_t               len = sizeof peer;
    int                     fd = accept4(a->io->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
        welcome(a, fd, (struct sockaddr *)&peer);
        return true;
    }
    switch (errno) {
    case EAGAIN: a->io->may_read = false; return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return turn_away(a, errno);
    default: /* ECONNABORTED and other errors of that connection: the next one may be fine */ return true;
    }
}

/* Let other coroutines run. Returns how many connections may be accepted in the next turn. */
static int let_others_run(void)
{
    int64_t n = co_give_way_timed() / 4 / NEWCOMER_US;
    return n < ACCEPTS_MIN ? ACCEPTS_MIN : n > ACCEPTS_MAX ? ACCEPTS_MAX : (int)n;
}

void accept_loop(struct server *s, struct io *listening, const struct listen_service *by)
{
    struct accepter a = { .server = s, .service = by, .io = listening, .spare_fd = open_spare() };
    struct err     *e;
    int             n_max = ACCEPTS_MIN;
    while (!(e = io_wait_readable(listening, DEADLINE_NEVER))) {
        int n = 0;
        while (n < n_max && accept_one(&a))
            n++;
        if (n == n_max)
            n_max = let_others_run();
    }
    err_free(e); /* only a cancel gets here */
    if (a.spare_fd >= 0)
        close(a.spare_fd);
}

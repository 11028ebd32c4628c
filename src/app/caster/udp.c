#include "app/caster/udp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/caster/entry.h"
#include "app/conf/casters.h"
#include "app/server/server.h"
#include "app/session/goodbye.h"
#include "core/ident.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/rd.h"
#include "protocol/io.h"
#include "protocol/multicast.h"

/* Longest datagram of UDP; room in the kernel for those that come while others run. */
enum { DATAGRAM_MAX = 65535, RECEIVE_BUFFER_BYTES = 4 << 20 };

struct sender {
    struct sockaddr_storage addr; /* the bytes after the address are zero */
    char                    ip[INET6_ADDRSTRLEN];
};

/* A port. The coroutine of its listener starts another one for each stream; a kick or another publisher may cancel that one. */
struct port {
    struct server *server;
    struct io     *io;
    struct co     *listener, *publisher;
    bool           ended;    /* The publisher's coroutine has ended. */
    ino_t          prepared; /* the socket that has been prepared */

    struct sender refused; /* ip "": nobody */
    int64_t       refused_until_us;
    bool          refused_until_quiet;

    /* The stream. */
    struct entry  entry;
    struct sender sender;
    char          trace[IDENT_CAP];
    char         *output;
    int64_t       bytes_in, bytes_out, heard_us;
    int64_t       n_foreign, n_garbage; /* datagrams of others; those that are no transport stream */
    uint8_t       bytes[DATAGRAM_MAX];
};

/* ---- datagrams ---- */

/* Skip the header of RTP, if there is one (RFC 3550 5.1, 5.3.1; RFC 3551: 33 is MP2T). */
static struct rd skip_rtp(struct rd datagram)
{
    enum { VERSION = 0x80, VERSION_MASK = 0xC0, EXTENDED = 0x10, MP2T = 33, FIXED_REST = 10 };
    struct rd r = datagram;
    unsigned  flags = rd_u8(&r), type = rd_u8(&r) & 0x7F;
    if ((flags & VERSION_MASK) != VERSION || type != MP2T)
        return datagram;
    rd_bytes(&r, FIXED_REST);
    rd_bytes(&r, 4 * (flags & 0x0F)); /* contributing sources */
    if (flags & EXTENDED) {
        rd_u16(&r);
        rd_bytes(&r, 4 * (size_t)rd_u16(&r));
    }
    return r.bad ? datagram : r;
}

static bool is_transport_stream(const struct rd *r)
{
    return rd_left(r) >= TS_PACKET_LEN && r->p[0] == TS_SYNC_BYTE &&
           (rd_left(r) <= TS_PACKET_LEN || r->p[TS_PACKET_LEN] == TS_SYNC_BYTE);
}

static struct err *receive(struct port *p, struct rd *datagram, struct sender *from, int64_t deadline_us)
{
    for (;;) {
        socklen_t len = sizeof from->addr;
        *from = (struct sender){ 0 };
        ssize_t n =
            co_is_cancelled(co_self()) /* A peer that floods must not delay it. */
                ? -1
                : recvfrom(p->io->fd, p->bytes, sizeof p->bytes, MSG_DONTWAIT, (struct sockaddr *)&from->addr, &len);
        if (n >= 0) {
            io_addr_host((struct sockaddr *)&from->addr, from->ip, sizeof from->ip);
            *datagram = skip_rtp(rd_over(p->bytes, (size_t)n));
            return NULL;
        }
        if (errno == EINTR)
            continue;
        io_drained(p->io);
        struct err *e = io_wait_readable(p->io, deadline_us);
        if (e)
            return e;
    }
}

/* ---- who is heard ---- */

static bool is_same(const struct sender *a, const struct sender *b)
{
    return memcmp(&a->addr, &b->addr, sizeof a->addr) == 0;
}

static bool is_refused(struct port *p, const struct sender *from)
{
    int64_t now = now_us();
    if (strcmp(p->refused.ip, from->ip) != 0 || now >= p->refused_until_us)
        return false;
    if (p->refused_until_quiet)
        p->refused_until_us = now + UDP_QUIET_US;
    return true;
}

static void refuse(struct port *p, bool until_quiet)
{
    p->refused = p->sender;
    p->refused_until_quiet = until_quiet;
    p->refused_until_us = now_us() + (until_quiet ? UDP_QUIET_US : UDP_RETRY_US);
}

/* True for a datagram of the stream. */
static bool is_of_stream(struct port *p, const struct rd *datagram, const struct sender *from)
{
    bool is_stream = is_transport_stream(datagram);
    if (is_same(from, &p->sender)) {
        p->n_garbage += !is_stream;
        return is_stream;
    }
    if (is_stream && strcmp(from->ip, p->sender.ip) == 0 && now_us() - p->heard_us >= UDP_ADOPT_US) {
        log_info("caster: %s goes on with %s from another port", from->ip, p->entry.session.source->identity);
        p->sender = *from;
        return true;
    }
    if (p->n_foreign++ == 0)
        log_warn("caster: datagrams of %s are ignored while %s publishes %s", from->ip, p->sender.ip,
                 p->entry.session.source->identity);
    return false;
}

/* ---- a stream ---- */

static struct err *wait_for_sender(struct port *p, struct rd *datagram)
{
    struct err *e;
    do {
        e = receive(p, datagram, &p->sender, DEADLINE_NEVER);
        co_give_way_by_time();
    } while (!e && (!is_transport_stream(datagram) || is_refused(p, &p->sender)));
    return e;
}

static struct err *take(struct port *p, const struct rd *datagram)
{
    p->heard_us = now_us();
    p->bytes_in += (int64_t)rd_left(datagram);
    entry_restart(&p->entry);
    return entry_take(&p->entry, datagram->p, rd_left(datagram));
}

static struct err *take_next(struct port *p)
{
    const struct patience *patience = &p->entry.patience;
    struct rd              datagram;
    struct sender          from;
    struct err            *e = patience_judge(patience); /* Datagrams without a frame prove nothing. */
    if (e)
        return e;
    e = receive(p, &datagram, &from, patience_deadline(patience));
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        err_free(e);
        return patience_judge(patience);
    }
    if (e)
        return e;
    if (is_of_stream(p, &datagram, &from))
        return take(p, &datagram);
    co_give_way_by_time();
    return NULL;
}

/* What the socket is bound to. */
static const struct conf_stream_caster *caster_of(const struct port *p, struct sockaddr_storage *at)
{
    char      ip[INET6_ADDRSTRLEN];
    socklen_t len = sizeof *at;
    *at = (struct sockaddr_storage){ 0 };
    if (getsockname(p->io->fd, (struct sockaddr *)at, &len) < 0)
        return NULL;
    io_addr_host((struct sockaddr *)at, ip, sizeof ip);
    return conf_caster_find(p->server->conf, CONF_CASTER_MPEGTS_OVER_UDP, io_addr_port((struct sockaddr *)at), ip);
}

static struct err *open_stream(struct port *p)
{
    struct sockaddr_storage          at;
    const struct conf_stream_caster *caster = caster_of(p, &at);
    const struct entry_who           who = { .client = { .id = p->trace,
                                                         .ip = p->sender.ip,
                                                         .co = co_self(),
                                                         .bytes_in = &p->bytes_in,
                                                         .bytes_out = &p->bytes_out },
                                             .query = "" };
    if (!caster)
        return err_new(E_STREAM_CASTER_ENGINE, "no caster has this port any more");
    if (!(p->output = mem_strdup(caster->output)))
        return err_no_memory();
    return entry_open(&p->entry, p->server, p->output, &who);
}

static struct err *publish(struct port *p, const struct rd *first)
{
    struct err *e = take(p, first);
    while (!e)
        e = take_next(p);
    if (err_code(e) == E_SOCKET_TIMEOUT) {
        struct err *last = NULL;
        if (!entry_take_end(&p->entry, &last))
            log_warn("caster: nothing of what %s has sent is a frame", p->sender.ip);
        err_free(last);
    }
    return entry_end_reason(&p->entry, e);
}

static void tell_end(const struct port *p, struct err *e)
{
    log_err(goodbye_level(goodbye_of(err_code(e))), e, "caster: udp sender ip=%s, in=%lld, garbage=%lld, foreign=%lld",
            p->sender.ip, (long long)p->bytes_in, (long long)p->n_garbage, (long long)p->n_foreign);
}

static void serve_stream(struct port *p)
{
    struct rd   datagram;
    struct err *e = wait_for_sender(p, &datagram);
    if (e) {
        err_free(e); /* The port is being closed. */
        return;
    }
    ident_random(p->trace, IDENT_LEN);
    co_set_trace(p->trace);
    p->bytes_in = p->n_garbage = p->n_foreign = 0;
    if ((e = open_stream(p))) {
        refuse(p, false);
    } else {
        e = publish(p, &datagram);
        if (err_code(e) != E_SOCKET_TIMEOUT)
            refuse(p, true);
    }
    entry_close(&p->entry, e);
    tell_end(p, e);
    mem_free(p->output);
    p->output = NULL;
}

static void run_stream(void *arg)
{
    struct port      *p = arg;
    struct log_limits limits = { 0 };
    co_set_log_limits(&limits);
    co_set_urgent(true);
    serve_stream(p);
    log_tell_held(&limits);
    co_set_log_limits(NULL);
    io_set_owner(p->io, p->listener); /* An edge must not wake this coroutine once it has ended. */
    p->ended = true;
    co_unpark(p->listener);
}

/* ---- the port ---- */

/* Prepare the socket, unless that was done: a reload may have opened another one in its place. */
static void prepare(struct port *p)
{
    static const int        bytes = RECEIVE_BUFFER_BYTES;
    struct sockaddr_storage at;
    struct stat             st;
    if (fstat(p->io->fd, &st) < 0 || st.st_ino == p->prepared)
        return;
    p->prepared = st.st_ino;
    const struct conf_stream_caster *caster = caster_of(p, &at);
    setsockopt(p->io->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); /* as much of it as the system allows */
    if (caster && multicast_is_group((struct sockaddr *)&at))
        log_err(LOG_ERROR,
                multicast_join(p->io->fd, (struct sockaddr *)&at, caster->multicast_interface,
                               caster->multicast_sources.items, caster->multicast_sources.count),
                "caster: nothing is heard");
}

/* Wait for the end of a stream. An error when the port is being closed. */
static struct err *wait_for_end(struct port *p)
{
    struct err *e = NULL;
    while (!e && !p->ended) {
        io_set_owner(p->io, p->publisher);
        co_unpark(p->publisher);
        e = co_park(DEADLINE_NEVER);
        if (!e && !p->ended)
            prepare(p);
    }
    return e;
}

static struct err *run_streams(struct port *p, struct co_group *group)
{
    struct err *e = NULL;
    while (!e) {
        p->ended = false;
        struct err *failed = co_go(group, "caster", run_stream, p, &p->publisher);
        e = failed ? co_sleep(US_PER_SECOND) : wait_for_end(p);
        log_err(LOG_ERROR, failed, "caster: start");
        if (!e)
            co_group_join(group, DEADLINE_NEVER);
    }
    co_group_cancel_and_join(group);
    return e;
}

void caster_udp_run(struct server *s, struct io *socket, const struct listen_service *by)
{
    struct port    *p = mem_calloc(1, sizeof *p);
    struct co_group group;
    (void)by;
    if (!p) {
        log_error("caster: no memory for a port");
        return;
    }
    p->server = s;
    p->io = socket;
    p->listener = co_self();
    co_group_init(&group);
    prepare(p);
    err_free(run_streams(p, &group));
    mem_free(p);
}

const struct conf_words *caster_udp_endpoints(const struct conf *conf)
{
    return conf->casters_udp.count ? &conf->casters_udp : NULL;
}

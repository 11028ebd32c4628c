#include "app/rtc/service.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "app/rtc/arrival.h"
#include "app/rtc/peers.h"
#include "app/rtc/udp_port.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/io.h"

/* Datagrams that one call reads; longest datagram: those of a usual network are no longer than its MTU. */
enum { BATCH = 64, DATAGRAM_CAP = 2048 };

/* Room in the kernel, of which the system may allow less. */
enum { SOCKET_BUFFER_BYTES = 4 << 20 };

struct control {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct reader {
    struct rtc_udp_port     port;
    ino_t                   prepared; /* the socket that has been prepared */
    bool                    has_told; /* The log says that the system gives less room than is asked for. */
    struct mmsghdr          heads[BATCH];
    struct iovec            iov[BATCH];
    struct sockaddr_storage from[BATCH];
    struct control          controls[BATCH];
    uint8_t                 bytes[BATCH][DATAGRAM_CAP];
};

const struct conf_words *rtc_service_endpoints(const struct conf *conf)
{
    return conf->rtc_server.enabled ? &conf->rtc_server.listen : NULL;
}

/* ---- in ---- */

/* This host's address that a datagram was sent to. */
static struct rtc_local local_of(struct msghdr *head)
{
    struct rtc_local local = { 0 };
    for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local.family = AF_INET;
            local.v4 = info.ipi_spec_dst;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local.family = AF_INET6;
            local.v6 = info.ipi6_addr;
        }
    }
    return local;
}

static void take_datagram(struct reader *r, int i, int64_t now)
{
    struct msghdr  *head = &r->heads[i].msg_hdr;
    bool            is_cut = head->msg_flags & MSG_TRUNC;
    struct rtc_path way = { .to = rtc_addr_of(&r->from[i]), .port = &r->port.port, .local = local_of(head) };
    rtc_arrival_take(&way, now, r->bytes[i], is_cut ? 0 : r->heads[i].msg_len);
}

static void prepare_batch(struct reader *r)
{
    for (int i = 0; i < BATCH; i++) {
        r->iov[i] = (struct iovec){ r->bytes[i], DATAGRAM_CAP };
        r->heads[i].msg_hdr = (struct msghdr){ .msg_name = &r->from[i],
                                               .msg_namelen = sizeof r->from[i],
                                               .msg_iov = &r->iov[i],
                                               .msg_iovlen = 1,
                                               .msg_control = r->controls[i].bytes,
                                               .msg_controllen = sizeof r->controls[i].bytes };
    }
}

/* Read and take what is there, at most one batch. Waits when there is nothing. */
static struct err *take_batch(struct reader *r)
{
    if (co_is_cancelled(co_self())) /* A peer that floods must not delay it. */
        return err_new(E_THREAD_INTERRUPTED, "the port is closed");
    prepare_batch(r);
    int n = recvmmsg(r->port.io->fd, r->heads, BATCH, MSG_DONTWAIT, NULL);
    if (n < 0 && errno == EINTR)
        return NULL;
    if (n < BATCH)
        io_drained(r->port.io);
    if (n <= 0)
        return io_wait_readable(r->port.io, DEADLINE_NEVER);
    int64_t now = now_us();
    for (int i = 0; i < n; i++)
        take_datagram(r, i, now);
    co_give_way_by_time();
    return NULL;
}

/* ---- the port ---- */

/* Ask for room in the kernel, beyond the system's bound if we may (CAP_NET_ADMIN). Returns what there is. */
static int ask_for_room(int fd, int option, int beyond)
{
    int       bytes = SOCKET_BUFFER_BYTES, got = 0;
    socklen_t len = sizeof got;
    if (setsockopt(fd, SOL_SOCKET, beyond, &bytes, sizeof bytes) < 0)
        setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
    getsockopt(fd, SOL_SOCKET, option, &got, &len);
    return got / 2; /* socket(7): the kernel counts twice what was asked for, for its own needs. */
}

static void make_room(struct reader *r)
{
    int in = ask_for_room(r->port.io->fd, SO_RCVBUF, SO_RCVBUFFORCE);
    int out = ask_for_room(r->port.io->fd, SO_SNDBUF, SO_SNDBUFFORCE);
    if (!r->has_told && (in < SOCKET_BUFFER_BYTES || out < SOCKET_BUFFER_BYTES)) {
        r->has_told = true;
        log_info("rtc: the system gives the port %d bytes to receive and %d to send, %d were asked for: many clients "
                 "want more (net.core.rmem_max, net.core.wmem_max)",
                 in, out, SOCKET_BUFFER_BYTES);
    }
}

/* Prepare the socket, unless that was done: a reload may have opened another one in its place. */
static void prepare(struct reader *r)
{
    static const int on = 1;
    struct stat      st;
    if (fstat(r->port.io->fd, &st) < 0 || st.st_ino == r->prepared)
        return;
    r->prepared = st.st_ino;
    make_room(r);
    setsockopt(r->port.io->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(r->port.io->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on,
               sizeof on); /* fails where the socket is none of IPv6 */
}

void rtc_service_run(struct server *s, struct io *socket, const struct listen_service *by)
{
    struct reader *r = mem_calloc(1, sizeof *r);
    struct err    *e = NULL;
    (void)s;
    (void)by;
    if (!r || !rtc_udp_port_open(&r->port, socket)) {
        log_error("rtc: no memory for a port");
        mem_free(r);
        return;
    }
    co_set_urgent(true);
    while (!e) {
        prepare(r);
        e = take_batch(r);
    }
    err_free(e);
    rtc_peers_leave_port(&r->port.port);
    rtc_udp_port_close(&r->port);
    mem_free(r);
}

#include "app/rtc/send_queue.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "core/mem.h"
#include "protocol/io.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h, since Linux 4.18 */
#endif

enum {
    DATAGRAM_MAX = 1500,
    MESSAGES_MAX = 128,
    BYTES_MAX = 256 << 10,
    SEGMENTS_MAX = 64,         /* UDP_MAX_SEGMENTS of kernels before 6.x */
    MESSAGE_BYTES_MAX = 65000, /* less than the 65,507 bytes of a datagram over IPv4 */
};

/* A message: `count` datagrams of `each` bytes, of which the last may be shorter. */
struct message {
    struct rtc_addr  to;
    struct rtc_local local;
    size_t           at, len, each, count;
    bool             closed; /* Its last datagram is shorter: nothing may follow. */
};

/* Room for the two control messages of one message. */
struct control {
    _Alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct rtc_send_queue {
    const struct io        *io;
    bool                    no_segments; /* The kernel does not know UDP_SEGMENT, or not for this device. */
    bool                    is_stuck;    /* The socket has no room; the next flush tries again. */
    struct rtc_send_counts *counts;
    size_t                  n, len;
    struct message          messages[MESSAGES_MAX];
    struct mmsghdr          heads[MESSAGES_MAX];
    struct iovec            iov[MESSAGES_MAX];
    struct control          controls[MESSAGES_MAX];
    uint8_t                 bytes[BYTES_MAX];
};

struct rtc_send_queue *rtc_send_queue_new(const struct io *io, struct rtc_send_counts *counts)
{
    struct rtc_send_queue *q = mem_calloc(1, sizeof *q);
    if (q) {
        q->io = io;
        q->counts = counts;
    }
    return q;
}

void rtc_send_queue_free(struct rtc_send_queue *q)
{
    for (size_t i = 0; q && i < q->n; i++)
        q->counts->full += q->messages[i].count;
    mem_free(q);
}

/* ---- flush ---- */

static void put_control(struct msghdr *head, struct cmsghdr **at, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = *at ? (struct cmsghdr *)((uint8_t *)*at + CMSG_ALIGN((*at)->cmsg_len)) : CMSG_FIRSTHDR(head);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    *at = c;
}

/* The control messages of a message: from where it goes out, and how long its datagrams are. */
static void put_controls(struct msghdr *head, const struct message *m, struct control *room)
{
    struct cmsghdr *at = NULL;
    uint16_t        each = (uint16_t)m->each;
    memset(room, 0, sizeof *room);
    head->msg_control = room->bytes;
    head->msg_controllen = sizeof room->bytes;
    if (m->local.family == AF_INET) {
        struct in_pktinfo info = { .ipi_spec_dst = m->local.v4 };
        put_control(head, &at, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else if (m->local.family == AF_INET6) {
        struct in6_pktinfo info = { .ipi6_addr = m->local.v6 };
        put_control(head, &at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
    if (m->count > 1)
        put_control(head, &at, SOL_UDP, UDP_SEGMENT, &each, sizeof each);
    head->msg_controllen = at ? (size_t)((uint8_t *)at + CMSG_ALIGN(at->cmsg_len) - room->bytes) : 0;
    if (!at)
        head->msg_control = NULL;
}

static void prepare(struct rtc_send_queue *q)
{
    for (size_t i = 0; i < q->n; i++) {
        struct message *m = &q->messages[i];
        q->iov[i] = (struct iovec){ q->bytes + m->at, m->len };
        q->heads[i].msg_hdr =
            (struct msghdr){ .msg_name = &m->to.any, .msg_namelen = m->to.len, .msg_iov = &q->iov[i], .msg_iovlen = 1 };
        put_controls(&q->heads[i].msg_hdr, m, &q->controls[i]);
    }
}

static bool is_full(int why)
{
    return why == EAGAIN || why == ENOBUFS;
}

/* Send the datagrams of a message one by one: the kernel cannot cut it. False: the rest waits for room. */
static bool send_apart(struct rtc_send_queue *q, struct message *m)
{
    while (m->len > 0) {
        struct message one = *m;
        struct control room;
        one.len = m->len < m->each ? m->len : m->each;
        one.count = 1;
        struct iovec  iov = { q->bytes + one.at, one.len };
        struct msghdr head = { .msg_name = &one.to.any, .msg_namelen = one.to.len, .msg_iov = &iov, .msg_iovlen = 1 };
        put_controls(&head, &one, &room);
        bool is_sent = sendmsg(q->io->fd, &head, MSG_DONTWAIT) >= 0;
        q->counts->calls++;
        if (!is_sent && errno == EINTR)
            continue;
        if (!is_sent && is_full(errno))
            return false;
        q->counts->datagrams += is_sent;
        q->counts->bytes += is_sent ? one.len : 0;
        q->counts->unreachable += !is_sent;
        m->at += one.len;
        m->len -= one.len;
        m->count--;
    }
    return true;
}

static void count_sent(struct rtc_send_queue *q, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        q->counts->datagrams += q->messages[i].count;
        q->counts->bytes += q->messages[i].len;
    }
    q->counts->messages += to - from;
}

/* The kernel refuses message `at`: decide by errno. Returns the message to go on with. */
static size_t pass_refused(struct rtc_send_queue *q, size_t at, int why)
{
    struct message *m = &q->messages[at];
    bool is_device = why == EIO || why == EOPNOTSUPP; /* else it is the way: its MTU is smaller (EINVAL, EMSGSIZE) */
    if (why == EINTR)
        return at;
    if (m->count > 1 && (is_device || why == EINVAL || why == EMSGSIZE)) {
        q->no_segments |= is_device;
        q->is_stuck = !send_apart(q, m);
    } else if (is_full(why)) {
        q->is_stuck = true;
    } else {
        q->counts->unreachable += m->count;
    }
    return q->is_stuck ? at : at + 1;
}

/* Drop the messages before `at`. */
static void keep_from(struct rtc_send_queue *q, size_t at)
{
    size_t begin = at < q->n ? q->messages[at].at : q->len;
    if (begin > 0)
        memmove(q->bytes, q->bytes + begin, q->len - begin);
    q->n -= at;
    q->len -= begin;
    for (size_t i = 0; i < q->n; i++) {
        q->messages[i] = q->messages[at + i];
        q->messages[i].at -= begin;
    }
}

static void send_all(struct rtc_send_queue *q)
{
    size_t at = 0;
    prepare(q);
    while (at < q->n && !q->is_stuck) {
        int sent = sendmmsg(q->io->fd, q->heads + at, (unsigned)(q->n - at), MSG_DONTWAIT);
        q->counts->calls++;
        if (sent > 0) {
            count_sent(q, at, at + (size_t)sent);
            at += (size_t)sent;
        } else {
            at = pass_refused(q, at, errno);
        }
    }
    keep_from(q, at);
}

bool rtc_send_queue_flush(struct rtc_send_queue *q)
{
    q->is_stuck = false;
    send_all(q);
    return q->n == 0;
}

/* ---- put ---- */

static bool is_from(const struct rtc_local *a, const struct rtc_local *b)
{
    if (a->family != b->family)
        return false;
    return a->family == AF_INET    ? a->v4.s_addr == b->v4.s_addr
           : a->family == AF_INET6 ? memcmp(&a->v6, &b->v6, sizeof a->v6) == 0
                                   : true;
}

/* Append the datagram to the newest message, if both may be one. */
static bool join(struct rtc_send_queue *q, const struct rtc_addr *to, const struct rtc_local *local, size_t len)
{
    struct message *m = q->n ? &q->messages[q->n - 1] : NULL;
    if (!m || q->no_segments || m->closed || len > m->each || m->count == SEGMENTS_MAX ||
        m->len + len > MESSAGE_BYTES_MAX || !rtc_addr_is(&m->to, to) || !is_from(&m->local, local))
        return false;
    m->closed = len < m->each;
    m->count++;
    m->len += len;
    return true;
}

static bool has_room(const struct rtc_send_queue *q, size_t len)
{
    return q->n < MESSAGES_MAX && q->len + len <= BYTES_MAX;
}

bool rtc_send_queue_put(struct rtc_send_queue *q, const struct rtc_addr *to, const struct rtc_local *local,
                        const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > DATAGRAM_MAX)
        return false;
    if (!has_room(q, len) && !q->is_stuck)
        send_all(q);
    if (!has_room(q, len)) {
        q->counts->full++;
        return false;
    }
    memcpy(q->bytes + q->len, bytes, len);
    if (!join(q, to, local, len))
        q->messages[q->n++] =
            (struct message){ .to = *to, .local = *local, .at = q->len, .len = len, .each = len, .count = 1 };
    q->len += len;
    return true;
}

/**
 * The floor of WebRTC: the cost of encryption and delivery alone. Packets of one stream are encrypted by libsrtp for each viewer, with
 * keys of its own, and sent over one socket: those of a frame for one viewer by one message (UDP_SEGMENT) or one each, many messages by
 * one sendmmsg(). A child process reads and drops them.
 *
 *     objs/bench/rtc_floor --viewers 500 --kbps 1000 --duration 10
 *
 * One line of JSON goes to stdout: CPU seconds a Gbit of this process, and what it has sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/udp.h>
#include <signal.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

enum { FPS = 25, PACKET = 1150, TAG = 16, SEALED = PACKET + TAG, IN_FRAME_MAX = 40, MESSAGES = 64, HEAD = 12 };

static struct {
    int  viewers, kbps, duration_s;
    bool plain; /* without UDP_SEGMENT */
} conf = { 500, 1000, 10, false };

struct viewer {
    srtp_t             srtp;
    struct sockaddr_in addr;
    uint16_t           seq;
};

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = {
        { "viewers", 1, NULL, 'v' }, { "kbps", 1, NULL, 'k' },  { "duration", 1, NULL, 'd' },
        { "plain", 0, NULL, 'p' },   { "quiet", 0, NULL, 'q' }, { 0 },
    };
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        switch (what) {
        case 'v': conf.viewers = (int)tool_number("viewers", optarg, 1); break;
        case 'k': conf.kbps = (int)tool_number("kbps", optarg, 1); break;
        case 'd': conf.duration_s = (int)tool_number("duration", optarg, 1); break;
        case 'p': conf.plain = true; break;
        case 'q': break; /* as for the other tools; there is no progress */
        default: fputs("rtc_floor [--viewers N] [--kbps N] [--duration S] [--plain]\n", stderr); exit(2);
        }
    }
}

/* ---- the other side: sockets that are read and dropped by a child ---- */

static int open_sink(struct sockaddr_in *addr)
{
    int       fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), bytes = 256 << 10;
    socklen_t len = sizeof *addr;
    *addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) < 0 || getsockname(fd, (struct sockaddr *)addr, &len) < 0)
        die("socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return fd;
}

static _Noreturn void drain(const int *fds, int n)
{
    static uint8_t     bytes[SEALED * 2];
    struct epoll_event events[256];
    int                epoll = epoll_create1(0);
    for (int i = 0; i < n; i++)
        (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &(struct epoll_event){ .events = EPOLLIN, .data.fd = fds[i] });
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++)
            while (recv(events[i].data.fd, bytes, sizeof bytes, 0) > 0)
                continue;
    }
}

/* ---- this side ---- */

static void open_srtp(struct viewer *v)
{
    static uint8_t key[28] = "a key of sixteen and a salt";
    srtp_policy_t  policy = { .ssrc = { ssrc_any_outbound, 0 }, .key = key };
    key[0]++;
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    if (srtp_create(&v->srtp, &policy) != srtp_err_status_ok)
        die("srtp_create");
}

static size_t seal(struct viewer *v, uint8_t *out, const uint8_t *payload, uint32_t ts)
{
    const uint8_t head[HEAD] = { 0x80,
                                 102,
                                 (uint8_t)(v->seq >> 8),
                                 (uint8_t)v->seq,
                                 (uint8_t)(ts >> 24),
                                 (uint8_t)(ts >> 16),
                                 (uint8_t)(ts >> 8),
                                 (uint8_t)ts,
                                 1,
                                 2,
                                 3,
                                 4 };
    int           len = PACKET;
    memcpy(out, head, HEAD);
    memcpy(out + HEAD, payload, PACKET - HEAD);
    v->seq++;
    if (srtp_protect(v->srtp, out, &len) != srtp_err_status_ok)
        die("srtp_protect");
    return (size_t)len;
}

static struct {
    uint8_t        bytes[MESSAGES][IN_FRAME_MAX * SEALED];
    struct mmsghdr messages[MESSAGES];
    struct iovec   iov[MESSAGES];
    char           control[MESSAGES][CMSG_SPACE(sizeof(uint16_t))];
    unsigned       n;
    uint64_t       sent, lost;
} out;

static void flush(int fd)
{
    for (unsigned at = 0; at < out.n;) {
        int n = sendmmsg(fd, out.messages + at, out.n - at, 0);
        for (int i = 0; i < n; i++)
            out.sent += out.messages[at + (unsigned)i].msg_len;
        out.lost += n <= 0;
        at += n > 0 ? (unsigned)n : 1;
    }
    out.n = 0;
}

static void queue(int fd, struct viewer *v, size_t len, bool is_segmented)
{
    unsigned       i = out.n++;
    struct msghdr *m = &out.messages[i].msg_hdr;
    out.iov[i] = (struct iovec){ out.bytes[i], len };
    *m =
        (struct msghdr){ .msg_name = &v->addr, .msg_namelen = sizeof v->addr, .msg_iov = &out.iov[i], .msg_iovlen = 1 };
    if (is_segmented) {
        m->msg_control = out.control[i];
        m->msg_controllen = sizeof out.control[i];
        struct cmsghdr *c = CMSG_FIRSTHDR(m);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        memcpy(CMSG_DATA(c), &(uint16_t){ SEALED }, sizeof(uint16_t));
    }
    if (out.n == MESSAGES)
        flush(fd);
}

static void send_frame(int fd, struct viewer *v, const uint8_t *payload, int n, uint32_t ts)
{
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        len += seal(v, out.bytes[out.n] + len, payload, ts);
        if (conf.plain) {
            queue(fd, v, len, false);
            len = 0;
        }
    }
    if (len)
        queue(fd, v, len, true);
}

static double cpu_s(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
    static uint8_t payload[PACKET];
    parse_options(argc, argv);
    tool_want_files((size_t)conf.viewers + 64);
    struct viewer *all = calloc((size_t)conf.viewers, sizeof *all);
    int *sinks = calloc((size_t)conf.viewers, sizeof *sinks), fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (!all || !sinks || fd < 0 || srtp_init() != srtp_err_status_ok)
        die("out of memory");
    for (int i = 0; i < conf.viewers; i++) {
        sinks[i] = open_sink(&all[i].addr);
        open_srtp(&all[i]);
    }
    pid_t child = fork();
    if (child == 0)
        drain(sinks, conf.viewers);

    int     n = conf.kbps * 1000 / 8 / FPS / PACKET;
    int64_t began = now_us();
    double  before = cpu_s();
    n = n < 1 ? 1 : n > IN_FRAME_MAX ? IN_FRAME_MAX : n;
    for (int frame = 0; frame < conf.duration_s * FPS; frame++) {
        int64_t due = began + (int64_t)frame * US_PER_SECOND / FPS, left = due - now_us();
        if (left > 0)
            nanosleep(&(struct timespec){ left / US_PER_SECOND, left % US_PER_SECOND * 1000 }, NULL);
        for (int i = 0; i < conf.viewers; i++)
            send_frame(fd, &all[i], payload, n, (uint32_t)frame * 3600);
        flush(fd);
    }
    double cpu = cpu_s() - before, seconds = (double)(now_us() - began) / 1e6;
    kill(child, SIGTERM);
    printf("{\"event\":\"result\",\"viewers\":%d,\"seconds\":%.3f,\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64
           ",\"cpu_s\":%.4f,\"core\":%.4f,\"cpu_s_per_gbit\":%.5f}\n",
           conf.viewers, seconds, out.sent, out.lost, cpu, cpu / seconds, cpu / ((double)out.sent * 8 / 1e9));
    return 0;
}

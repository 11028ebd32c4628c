/**
 * The floor: the cost of delivery alone. Each connection gets an FLV file in a loop in real time, by one send() every --interval
 * milliseconds; 0 means one send() for each frame.
 *
 *     objs/bench/floor --port 11935 --interval 350 doc/sample.flv
 *     objs/bench/players --players 1000 raw://127.0.0.1:11935
 *
 * Nothing is read. The state of a connection is its place in one ring of bytes that all connections share; a connection that
 * falls behind by the whole ring is closed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "clip.h"
#include "core/wr.h"
#include "stamp.h"
#include "tool.h"

enum { RING_BYTES = 16 << 20, BACKLOG = 4096 };

struct conn {
    int      fd;
    uint64_t at; /* number of bytes of the stream that it has received */
};

static struct {
    const char *file;
    uint16_t    port;
    int64_t     interval_us;
    size_t      conns_max;
} conf = { .interval_us = 350 * US_PER_MS, .conns_max = 16000 };

static struct {
    struct clip        clip;
    struct clip_cursor at;
    int64_t            began_us;
    uint32_t           number;
    uint8_t           *ring;
    uint64_t           head; /* bytes of the stream so far */
    uint64_t           join; /* end of the last tag that was sent; newcomers start here */
    uint8_t           *tag;
    size_t             tag_cap;
    struct conn       *conns;
    size_t             n_conns;
    int                listen_fd, epoll_fd;
    uint64_t           sent, n_sends;
} own;

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = { { "port", 1, NULL, 'p' }, { "interval", 1, NULL, 'i' }, { 0 } };
    for (int what; (what = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (what) {
        case 'p': conf.port = (uint16_t)tool_number("port", optarg, 1); break;
        case 'i': conf.interval_us = tool_number("interval", optarg, 0) * US_PER_MS; break;
        default: die("floor --port N [--interval MS] FILE.flv");
        }
    }
    if (optind + 1 != argc || !conf.port)
        die("floor --port N [--interval MS] FILE.flv");
    conf.file = argv[optind];
}

static void listen_at(uint16_t port)
{
    static const int   on = 1;
    struct sockaddr_in addr = { .sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN };
    own.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    own.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    setsockopt(own.listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(own.listen_fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(own.listen_fd, BACKLOG) < 0 ||
        epoll_ctl(own.epoll_fd, EPOLL_CTL_ADD, own.listen_fd, &event) < 0)
        die("port %u: %s", port, strerror(errno));
}

/* ---- the stream ---- */

static void ring_write(const uint8_t *bytes, size_t len)
{
    size_t at = own.head % RING_BYTES, first = len < RING_BYTES - at ? len : RING_BYTES - at;
    memcpy(own.ring + at, bytes, first);
    memcpy(own.ring, bytes + first, len - first);
    own.head += len;
}

static int64_t next_tag_us(void)
{
    return own.began_us + clip_time_ms(&own.clip, &own.at) * US_PER_MS;
}

static void make_tag(const struct clip_tag *t)
{
    struct wr    w = wr_over(own.tag, own.tag_cap);
    uint32_t     len = t->tag.len + (t->stamp_at ? (uint32_t)STAMP_LEN : 0);
    struct stamp stamp = { own.number,
                           next_tag_us() }; /* stamped with the time at which it was due, so that waiting counts */
    flv_write_tag_header(&w, t->tag.type, len, (int32_t)clip_time_ms(&own.clip, &own.at));
    wr_bytes(&w, t->tag.body, t->stamp_at);
    if (t->stamp_at) {
        uint8_t *room = wr_room(&w, STAMP_LEN);
        if (room)
            stamp_write(room, &stamp);
        own.number++;
    }
    wr_bytes(&w, t->tag.body + t->stamp_at, t->tag.len - t->stamp_at);
    flv_write_tag_trailer(&w, len);
    ring_write(own.tag, wr_len(&w));
}

static void make_due(int64_t now)
{
    while (next_tag_us() <= now) {
        make_tag(&own.clip.tags[own.at.tag]);
        clip_step(&own.clip, &own.at);
    }
}

/* ---- connections ---- */

static void greet(void)
{
    uint8_t   bytes[FLV_HEADER_LEN];
    struct wr w = wr_over(bytes, sizeof bytes);
    flv_write_header(&w, true, true);
    int fd;
    while (own.n_conns < conf.conns_max &&
           (fd = accept4(own.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        own.conns[own.n_conns++] = (struct conn){ fd, own.join };
        send(fd, bytes, wr_len(&w), MSG_NOSIGNAL); /* a failure shows at the next send() */
    }
}

/* False when the connection is over. */
static bool send_to(struct conn *c)
{
    size_t left = (size_t)(own.head - c->at), at = c->at % RING_BYTES;
    if (left > RING_BYTES)
        return false;
    size_t first =
        left < RING_BYTES - at ? left : RING_BYTES - at; /* at the end of the ring the rest waits for the next send() */
    ssize_t n = send(c->fd, own.ring + at, first, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    own.n_sends++;
    own.sent += (uint64_t)n;
    c->at += (uint64_t)n;
    return true;
}

static void send_to_all(void)
{
    for (size_t i = 0; i < own.n_conns;) {
        if (own.conns[i].at == own.head || send_to(&own.conns[i])) {
            i++;
            continue;
        }
        close(own.conns[i].fd);
        own.conns[i] = own.conns[--own.n_conns];
    }
    own.join = own.head;
}

static void wait_until(int64_t until_us)
{
    struct epoll_event event;
    int64_t            left;
    while (!tool_stop && (left = until_us - now_us()) > 0) {
        struct timespec timeout = { left / US_PER_SECOND, left % US_PER_SECOND * 1000 };
        if (epoll_pwait2(own.epoll_fd, &event, 1, &timeout, NULL) > 0)
            greet();
    }
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    clip_load(&own.clip, conf.file);
    tool_catch_signals();
    tool_want_files(conf.conns_max + 16);
    own.tag_cap = own.clip.longest + STAMP_LEN + FLV_TAG_HEADER_LEN + FLV_TAG_TRAILER_LEN;
    own.tag = malloc(own.tag_cap);
    own.ring = malloc(RING_BYTES);
    own.conns = calloc(conf.conns_max, sizeof *own.conns);
    if (!own.tag || !own.ring || !own.conns)
        die("out of memory");
    listen_at(conf.port);
    own.began_us = now_us();
    for (int64_t next_us = own.began_us; !tool_stop;) {
        wait_until(next_us);
        make_due(now_us());
        send_to_all();
        next_us = conf.interval_us ? next_us + conf.interval_us : next_tag_us();
    }
    printf("{\"event\":\"result\",\"connections\":%zu,\"bytes\":%llu,\"sends\":%llu}\n", own.n_conns,
           (unsigned long long)own.sent, (unsigned long long)own.n_sends);
    return 0;
}

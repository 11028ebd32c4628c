/**
 * N publishers in one process, each of which sends an FLV file in a loop in real time.
 *
 *     objs/bench/publishers doc/sample.flv rtmp://127.0.0.1/live/livestream
 *     objs/bench/publishers --publishers 300 --rate 100 doc/sample.flv rtmp://127.0.0.1/live/s%d
 *
 * Each picture of AVC gets a stamp (stamp.h) that tells players when it was sent. {"event":"ready"} goes to stdout
 * when all publish, {"event":"result", …} at the end.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clip.h"
#include "core/wr.h"
#include "histogram.h"
#include "kernel/amf0.h"
#include "protocol/rtmp/chunk_writer.h"
#include "stamp.h"
#include "tool.h"

/* CHUNK_SIZE is that of the publisher's messages, as announced by Set Chunk Size (client.c). */
enum { CHUNK_SIZE = 60000, EVENTS = 256, PENDING_MAX = 8 << 20 };

/* The number of tags that a publisher may send at once before the others have their turn. */
enum { PACE_BURST = 64 };

struct publisher {
    struct client      client;
    struct clip_cursor at;
    int64_t            began_us; /* time at which the clip began; 0: not yet */
    int64_t            due_us;   /* time of the next tag */
    uint32_t           number;   /* number of the next picture */
    uint8_t           *pending;  /* bytes that the socket has not taken */
    size_t             n_pending, pending_sent;
    bool               over;
};

static struct {
    const char *file, *url;
    size_t      n;
    int64_t     rate, duration_s, warmup_s;
    double      speed; /* times real time; 0: as fast as possible */
    bool        digest, quiet;
    pid_t       pid;
} conf = { .n = 1, .rate = 100, .duration_s = 0, .warmup_s = 1, .speed = 1 };

static struct {
    struct target      target;
    struct clip        clip;
    struct publisher  *all;
    struct publisher **heap; /* ordered by due_us, the earliest first */
    size_t             n_heap, n_opened, n_publishing, n_failed, n_dropped;
    const char        *why;
    int                epoll_fd;
    uint8_t           *scratch, *wire;
    size_t             wire_cap;
    uint64_t           bytes, messages, bytes_before, n_blocked;
    struct histogram   late, second;
    struct usage       usage_at_start, usage_now;
    int64_t            start_us, measure_us, second_us;
    bool               ready, measuring;
} load;

static void usage(void)
{
    fputs("publishers [options] FILE.flv URL\n"
          "  --publishers N    how many; %d in the URL stands for 0 to N-1 (1)\n"
          "  --rate N          connects a second (100)\n"
          "  --warmup S        seconds between the last one's start and the measuring (1)\n"
          "  --duration S      seconds to measure; 0: until a signal (0)\n"
          "  --speed F         times real time; 0: as fast as the server takes it (1)\n"
          "  --digest          a digest handshake\n"
          "  --pid PID         note CPU time and memory of the server\n"
          "  --quiet           no progress\n",
          stderr);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    enum { PUBLISHERS, RATE, WARMUP, DURATION, SPEED, DIGEST, PID, QUIET };
    static const struct option options[] = {
        { "publishers", 1, NULL, PUBLISHERS },
        { "rate", 1, NULL, RATE },
        { "warmup", 1, NULL, WARMUP },
        { "duration", 1, NULL, DURATION },
        { "speed", 1, NULL, SPEED },
        { "digest", 0, NULL, DIGEST },
        { "pid", 1, NULL, PID },
        { "quiet", 0, NULL, QUIET },
        { 0 },
    };
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        if (what == '?')
            usage();
        int64_t n =
            optarg && what != SPEED ? tool_number(options[at].name, optarg, what == PUBLISHERS || what == RATE) : 0;
        switch (what) {
        case PUBLISHERS: conf.n = (size_t)n; break;
        case RATE: conf.rate = n; break;
        case WARMUP: conf.warmup_s = n; break;
        case DURATION: conf.duration_s = n; break;
        case SPEED: conf.speed = atof(optarg); break;
        case DIGEST: conf.digest = true; break;
        case PID: conf.pid = (pid_t)n; break;
        case QUIET: conf.quiet = true; break;
        }
    }
    if (optind + 2 != argc)
        usage();
    conf.file = argv[optind];
    conf.url = argv[optind + 1];
}

/* ---- the publisher that is due next: a binary heap ---- */

static void heap_push(struct publisher *p)
{
    size_t i = load.n_heap++;
    for (; i && load.heap[(i - 1) / 2]->due_us > p->due_us; i = (i - 1) / 2)
        load.heap[i] = load.heap[(i - 1) / 2];
    load.heap[i] = p;
}

static struct publisher *heap_pop(void)
{
    struct publisher *first = load.heap[0], *last = load.heap[--load.n_heap];
    size_t            i = 0, child;
    for (; (child = 2 * i + 1) < load.n_heap; i = child) {
        if (child + 1 < load.n_heap && load.heap[child + 1]->due_us < load.heap[child]->due_us)
            child++;
        if (load.heap[child]->due_us >= last->due_us)
            break;
        load.heap[i] = load.heap[child];
    }
    load.heap[i] = last;
    return first;
}

/* ---- sending ---- */

static void end(struct publisher *p, const char *why)
{
    if (p->over)
        return;
    p->over = true;
    if (p->began_us)
        load.n_dropped++;
    else
        load.n_failed++;
    if (!load.why)
        load.why = why;
    client_close(&p->client);
    free(p->pending);
    p->pending = NULL;
}

static void watch(struct publisher *p, int op, uint32_t what)
{
    struct epoll_event event = { .events = what, .data.ptr = p };
    if (epoll_ctl(load.epoll_fd, op, p->client.fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static size_t try_send(struct publisher *p, const uint8_t *bytes, size_t len)
{
    ssize_t sent = send(p->client.fd, bytes, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        end(p, strerror(errno));
    return sent < 0 ? 0 : (size_t)sent;
}

static void keep(struct publisher *p, const uint8_t *bytes, size_t len)
{
    if (p->n_pending + len > PENDING_MAX) {
        end(p, "the server does not take what is published");
        return;
    }
    uint8_t *more = realloc(p->pending, p->n_pending + len);
    if (!more)
        die("out of memory");
    memcpy(more + p->n_pending, bytes, len);
    p->pending = more;
    p->n_pending += len;
}

static void send_bytes(struct publisher *p, const uint8_t *bytes, size_t len)
{
    size_t sent = p->n_pending ? 0 : try_send(p, bytes, len);
    if (p->over)
        return;
    load.bytes += len;
    if (sent == len)
        return;
    if (!p->n_pending) {
        load.n_blocked++;
        watch(p, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    keep(p, bytes + sent, len - sent);
}

static void flush(struct publisher *p)
{
    p->pending_sent += try_send(p, p->pending + p->pending_sent, p->n_pending - p->pending_sent);
    if (p->over || p->pending_sent < p->n_pending)
        return;
    free(p->pending);
    p->pending = NULL;
    p->n_pending = p->pending_sent = 0;
    watch(p, EPOLL_CTL_MOD, EPOLLIN);
}

/* Make the body to send: metadata with @setDataFrame, pictures with their stamp. */
static size_t make_body(struct publisher *p, const struct clip_tag *t)
{
    struct wr w = wr_over(load.scratch, load.clip.longest + STAMP_LEN + 32);
    size_t    before = t->tag.type == FLV_SCRIPT ? 0 : t->stamp_at;
    if (t->tag.type == FLV_SCRIPT)
        amf0_write_string(&w, "@setDataFrame");
    wr_bytes(&w, t->tag.body, before);
    if (before) {
        struct stamp stamp = { p->number++, now_us() };
        uint8_t     *room = wr_room(&w, STAMP_LEN);
        if (room)
            stamp_write(room, &stamp);
    }
    wr_bytes(&w, t->tag.body + before, t->tag.len - before);
    return wr_len(&w);
}

static void send_tag(struct publisher *p)
{
    static const uint32_t csids[] = {
        [FLV_AUDIO] = RTMP_CSID_AUDIO, [FLV_VIDEO] = RTMP_CSID_VIDEO, [FLV_SCRIPT] = RTMP_CSID_AUDIO
    };
    const struct clip_tag *t = &load.clip.tags[p->at.tag];
    struct rtmp_out        m = { .csid = csids[t->tag.type],
                                 .msid = p->client.msid,
                                 .type_id = t->tag.type,
                                 .timestamp_ms = (uint32_t)clip_time_ms(&load.clip, &p->at),
                                 .len = (uint32_t)make_body(p, t),
                                 .body = load.scratch };
    struct wr              wire = wr_over(load.wire, load.wire_cap);
    rtmp_message_write(&wire, &m, CHUNK_SIZE);
    send_bytes(p, load.wire, wr_len(&wire));
    load.messages++;
}

/* The time at which the tag at the cursor is due. */
static int64_t due_us(const struct publisher *p, int64_t now)
{
    double us = (double)clip_time_ms(&load.clip, &p->at) * US_PER_MS;
    return conf.speed > 0 ? p->began_us + (int64_t)(us / conf.speed) : now;
}

/* Send the tags that are due, at most PACE_BURST at once. */
static void send_due(struct publisher *p, int64_t now)
{
    for (int n = 0; n < PACE_BURST && !p->over && p->due_us <= now; n++) {
        if (conf.speed > 0) {
            histogram_add(&load.late, now - p->due_us);
            histogram_add(&load.second, now - p->due_us);
        } else if (p->n_pending) {
            p->due_us = now + US_PER_MS; /* wait until the server takes it */
            break;
        }
        send_tag(p);
        clip_step(&load.clip, &p->at);
        p->due_us = due_us(p, now);
    }
    if (!p->over)
        heap_push(p);
}

/* ---- the conversation ---- */

static void open_publisher(size_t index)
{
    struct publisher *p = &load.all[index];
    client_open(&p->client, &load.target, (int)index, CLIENT_PUBLISH, conf.digest, 0);
    if (p->client.failure)
        end(p, p->client.failure);
    else
        watch(p, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void begin(struct publisher *p)
{
    p->began_us = p->due_us = now_us();
    load.n_publishing++;
    heap_push(p);
}

static void receive(struct publisher *p)
{
    static uint8_t buffer[64 << 10];
    struct scanned message;
    ssize_t        n = recv(p->client.fd, buffer, sizeof buffer, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        end(p, n ? strerror(errno) : "the server closed the connection");
        return;
    }
    if (n < 0)
        return;
    struct rd in = rd_over(buffer, (size_t)n);
    while (client_next(&p->client, &in, &message))
        ;
    if (p->client.failure)
        end(p, p->client.failure);
    else if (p->client.phase == CLIENT_RUNNING && !p->began_us)
        begin(p);
}

static void look_at(struct publisher *p, uint32_t what)
{
    if (!p->over && p->client.phase == CLIENT_CONNECTING && what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        client_connected(&p->client);
        if (p->client.failure)
            end(p, p->client.failure);
        else
            watch(p, EPOLL_CTL_MOD, EPOLLIN);
        return;
    }
    if (!p->over && p->n_pending && what & EPOLLOUT)
        flush(p);
    if (!p->over && what & (EPOLLIN | EPOLLERR | EPOLLHUP))
        receive(p);
}

static void wait_until(int64_t until_us)
{
    static struct epoll_event events[EVENTS];
    int64_t                   left = until_us - now_us();
    struct timespec           timeout = { 0, 0 };
    if (left > 0)
        timeout = (struct timespec){ left / US_PER_SECOND, left % US_PER_SECOND * 1000 };
    int n = epoll_pwait2(load.epoll_fd, events, EVENTS, &timeout, NULL);
    for (int i = 0; i < n; i++)
        look_at(events[i].data.ptr, events[i].events);
}

/* ---- reporting ---- */

static void note_usage(void)
{
    if (conf.pid && !usage_read(conf.pid, &load.usage_now))
        die("process %d, the server, is gone", (int)conf.pid);
}

static void note_second(int64_t now)
{
    note_usage();
    if (!conf.quiet)
        fprintf(stderr, "%6.1f s  publishers %zu publishing, %zu dropped, %zu failed  %7.1f Mbit/s  late p99 %.1f ms\n",
                (double)(now - load.start_us) / 1e6, load.n_publishing - load.n_dropped, load.n_dropped, load.n_failed,
                (double)(load.bytes - load.bytes_before) * 8 / 1e6, histogram_ms(&load.second, 99));
    load.bytes_before = load.bytes;
    histogram_clear(&load.second);
}

static void begin_measuring(int64_t now)
{
    load.measuring = true;
    load.measure_us = now;
    load.bytes = load.messages = load.bytes_before = load.n_blocked = 0;
    histogram_clear(&load.late);
    note_usage();
    load.usage_at_start = load.usage_now;
}

static void print_result(double seconds)
{
    double cpu_s = (double)(load.usage_now.cpu_us - load.usage_at_start.cpu_us) / 1e6;
    double gbit = (double)load.bytes * 8 / 1e9;
    printf("{\"event\":\"result\",\"url\":\"%s\",\"publishers\":%zu,\"publishing\":%zu,\"failed\":%zu,\"dropped\":%zu,"
           "\"why\":\"%s\""
           ",\"seconds\":%.3f,\"bytes\":%" PRIu64 ",\"messages\":%" PRIu64 ",\"blocked\":%" PRIu64
           ",\"late_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
           conf.url, conf.n, load.n_publishing, load.n_failed, load.n_dropped, load.why ? load.why : "", seconds,
           load.bytes, load.messages, load.n_blocked, histogram_ms(&load.late, 50), histogram_ms(&load.late, 99),
           histogram_max_ms(&load.late));
    if (conf.pid)
        printf(",\"server\":{\"cpu_s\":%.4f,\"core\":%.4f,\"cpu_s_per_gbit\":%.5f,\"rss\":%" PRId64 "}", cpu_s,
               seconds > 0 ? cpu_s / seconds : 0, gbit > 0 ? cpu_s / gbit : 0, load.usage_now.rss_bytes);
    printf("}\n");
}

/* ---- the run ---- */

static void open_due(int64_t now)
{
    size_t due = (size_t)((now - load.start_us) * conf.rate / US_PER_SECOND) + 1;
    while (load.n_opened < due && load.n_opened < conf.n)
        open_publisher(load.n_opened++);
}

/* True when the run is over. */
static bool advance(int64_t now)
{
    if (!load.ready && load.n_publishing + load.n_failed == conf.n) {
        load.ready = true;
        load.measure_us = now + conf.warmup_s * US_PER_SECOND;
        printf("{\"event\":\"ready\",\"publishing\":%zu,\"failed\":%zu}\n", load.n_publishing, load.n_failed);
        fflush(stdout);
    }
    if (load.ready && !load.measuring && now >= load.measure_us)
        begin_measuring(now);
    if (load.n_failed + load.n_dropped == conf.n)
        return true;
    return load.measuring && conf.duration_s && now - load.measure_us >= conf.duration_s * US_PER_SECOND;
}

static void run(void)
{
    enum { TURN_US = 10000, CONNECT_TURN_US = 2000 };
    int64_t now = load.start_us = now_us();
    load.second_us = now + US_PER_SECOND;
    while (!tool_stop && !advance(now)) {
        open_due(now);
        int64_t until = now + (load.n_opened < conf.n ? CONNECT_TURN_US : TURN_US);
        if (load.n_heap && load.heap[0]->due_us < until)
            until = load.heap[0]->due_us;
        wait_until(until);
        now = now_us();
        while (load.n_heap && load.heap[0]->due_us <= now) {
            struct publisher *p = heap_pop();
            if (!p->over)
                send_due(p, now);
            if (conf.speed <= 0)
                break; /* the others are looked at in between */
        }
        if (now >= load.second_us) {
            note_second(now);
            load.second_us += US_PER_SECOND;
        }
    }
    note_usage();
    print_result(load.measuring ? (double)(now - load.measure_us) / US_PER_SECOND : 0);
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    target_parse(&load.target, conf.url);
    clip_load(&load.clip, conf.file);
    tool_catch_signals();
    tool_want_files(conf.n + 16);
    size_t body_max = load.clip.longest + STAMP_LEN + 32;
    load.wire_cap = body_max + RTMP_CHUNK_HEADER_MAX + body_max / CHUNK_SIZE * RTMP_CONTINUATION_MAX;
    load.all = calloc(conf.n, sizeof *load.all);
    load.heap = calloc(conf.n, sizeof(struct publisher *));
    load.scratch = malloc(body_max);
    load.wire = malloc(load.wire_cap);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!load.all || !load.heap || !load.scratch || !load.wire || load.epoll_fd < 0)
        die("cannot begin: %s", strerror(errno));
    note_usage();
    run();
    for (size_t i = 0; i < load.n_opened; i++) {
        client_close(&load.all[i].client);
        free(load.all[i].pending);
    }
    free(load.all);
    free(load.heap);
    free(load.scratch);
    free(load.wire);
    clip_free(&load.clip);
    return load.n_failed || load.n_dropped ? 3 : 0;
}

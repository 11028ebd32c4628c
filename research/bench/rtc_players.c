/**
 * N viewers over WebRTC in one process.
 *
 *     objs/bench/rtc_players --players 500 --duration 10 'http://127.0.0.1:1985/rtc/v1/whep/?app=live&stream=livestream'
 *
 * They join (--rate a second), then --warmup seconds pass, then --duration seconds are measured. Two lines of JSON go to stdout:
 * {"event":"ready"} when all play, {"event":"result", …} at the end. Latency is that of the stamp in each picture (stamp.h), which
 * sampled viewers decrypt; join is the time from the request to the first packet of the video, or, with --leave, to the keys.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "rtc_viewer.h"
#include "tool.h"

enum { EVENTS = 256, TICK_US = 50 * US_PER_MS, WAIT_MS = 5, ONE_TO_SAMPLE = 20 };

static struct {
    struct rtc_target target;
    size_t            n_players;
    int64_t           rate, warmup_s, duration_s, join_timeout_s;
    pid_t             pid;
    bool              leave;
} conf = { .n_players = 1, .rate = 100, .warmup_s = 1, .duration_s = 10, .join_timeout_s = 20 };

static struct {
    struct rtc_viewer *all;
    size_t             n_opened;
    int                epoll_fd;
    struct rtc_tally   tally;
} load;

static void usage(void)
{
    fputs("rtc_players [options] http://ADDRESS:PORT/rtc/v1/whep/?app=APP&stream=STREAM\n"
          "  --players N       how many (1)\n"
          "  --rate N          joins a second (100)\n"
          "  --warmup S        seconds between the last join and the measuring (1)\n"
          "  --duration S      seconds to measure (10)\n"
          "  --join-timeout S  do not wait longer for the last to join (20)\n"
          "  --tcp             media over TCP; the server has to tell a candidate of it\n"
          "  --leave           a viewer leaves as soon as it is connected\n"
          "  --pid PID         note CPU time and memory of the server\n"
          "  --quiet           as for the other tools; there is no progress\n",
          stderr);
    exit(2);
}

static void parse_url(const char *url)
{
    char     ip[INET_ADDRSTRLEN];
    unsigned port;
    int      at = 0;
    if (sscanf(url, "http://%15[0-9.]:%u%n", ip, &port, &at) != 2 || url[at] != '/')
        usage();
    conf.target.addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    conf.target.path = url + at;
    if (inet_pton(AF_INET, ip, &conf.target.addr.sin_addr) != 1)
        usage();
}

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = {
        { "players", 1, NULL, 'n' },      { "rate", 1, NULL, 'r' },
        { "warmup", 1, NULL, 'w' },       { "duration", 1, NULL, 'd' },
        { "join-timeout", 1, NULL, 'j' }, { "pid", 1, NULL, 'p' },
        { "quiet", 0, NULL, 'q' },        { "tcp", 0, NULL, 't' },
        { "leave", 0, NULL, 'l' },        { 0 },
    };
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        if (what == '?')
            usage();
        int64_t n = optarg ? tool_number(options[at].name, optarg, what == 'n' || what == 'r') : 0;
        switch (what) {
        case 'n': conf.n_players = (size_t)n; break;
        case 'r': conf.rate = n; break;
        case 'w': conf.warmup_s = n; break;
        case 'd': conf.duration_s = n; break;
        case 'j': conf.join_timeout_s = n; break;
        case 'p': conf.pid = (pid_t)n; break;
        case 't': conf.target.is_tcp = true; break;
        case 'l': conf.leave = true; break;
        }
    }
    if (optind + 1 != argc)
        usage();
    parse_url(argv[optind]);
}

static void open_one(void)
{
    size_t             i = load.n_opened++;
    struct rtc_viewer *v = &load.all[i];
    v->sampled = i % ONE_TO_SAMPLE == 0;
    v->leaves = conf.leave;
    rtc_viewer_open(v, &conf.target, &load.tally);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = v };
    if (v->way.fd >= 0 && epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, v->way.fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

/* Let all viewers work until `until_us`, or until `is_enough`. */
static void work(int64_t until_us, bool (*is_enough)(void))
{
    static int64_t ticked;
    int64_t        began = now_us();
    size_t         first = load.n_opened;
    for (int64_t now = began; now < until_us && !tool_stop && !(is_enough && is_enough()); now = now_us()) {
        if (load.n_opened < conf.n_players &&
            (int64_t)(load.n_opened - first) <= (now - began) * conf.rate / US_PER_SECOND)
            open_one();
        struct epoll_event events[EVENTS];
        int                n = epoll_wait(load.epoll_fd, events, EVENTS, load.n_opened < conf.n_players ? 1 : WAIT_MS);
        for (int i = 0; i < n; i++)
            rtc_viewer_read(events[i].data.ptr, &load.tally);
        for (size_t i = 0; now - ticked > TICK_US && i < load.n_opened; i++)
            rtc_viewer_tick(&load.all[i], &load.tally, now);
        ticked = now - ticked > TICK_US ? now : ticked;
    }
}

static bool have_all_joined(void)
{
    return load.tally.joined + load.tally.failed >= conf.n_players;
}

static void print_times(const char *name, const struct histogram *h)
{
    printf(",\"%s\":{\"samples\":%" PRIu64 ",\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name, h->count,
           histogram_ms(h, 50), histogram_ms(h, 95), histogram_ms(h, 99), histogram_max_ms(h));
}

static void print_result(double seconds, const struct usage *before)
{
    const struct rtc_tally *t = &load.tally;
    double                  gbit = (double)t->bytes * 8 / 1e9;
    printf("{\"event\":\"result\",\"players\":%zu,\"connected\":%" PRIu64 ",\"failed\":%" PRIu64
           ",\"why\":\"%s\",\"seconds\":%.3f,"
           "\"bytes\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"lost\":%" PRIu64,
           conf.n_players, t->joined, t->failed, t->why ? t->why : "", seconds, t->bytes, t->packets, t->lost);
    print_times("join_ms", &t->join);
    print_times("latency_ms", &t->latency);
    struct usage after;
    if (conf.pid && usage_read(conf.pid, &after)) {
        double cpu_s = (double)(after.cpu_us - before->cpu_us) / 1e6;
        printf(",\"server\":{\"cpu_s\":%.4f,\"core\":%.4f,\"cpu_s_per_gbit\":%.5f,\"rss\":%" PRId64 "}", cpu_s,
               seconds > 0 ? cpu_s / seconds : 0, gbit > 0 ? cpu_s / gbit : 0, after.rss_bytes);
    }
    printf("}\n");
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    tool_catch_signals();
    tool_want_files(conf.n_players + 64);
    rtc_viewers_begin();
    load.all = calloc(conf.n_players, sizeof *load.all);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!load.all || load.epoll_fd < 0)
        die("out of memory");

    int64_t joining_us = (int64_t)conf.n_players * US_PER_SECOND / conf.rate + conf.join_timeout_s * US_PER_SECOND;
    work(now_us() + joining_us, have_all_joined);
    printf("{\"event\":\"ready\",\"connected\":%" PRIu64 ",\"failed\":%" PRIu64 "}\n", load.tally.joined,
           load.tally.failed);
    fflush(stdout);
    work(now_us() + conf.warmup_s * US_PER_SECOND, NULL);

    struct usage before = { 0 };
    if (conf.pid && !usage_read(conf.pid, &before))
        die("process %d, the server, is gone", (int)conf.pid);
    load.tally.bytes = load.tally.packets = load.tally.lost = 0;
    histogram_clear(&load.tally.latency);
    int64_t began = now_us();
    work(began + conf.duration_s * US_PER_SECOND, NULL);
    print_result((double)(now_us() - began) / 1e6, &before);
    for (size_t i = 0; i < load.n_opened; i++)
        rtc_viewer_close(&load.all[i]);
    return 0;
}

/**
 * N HLS players in one process: plain epoll, one kept connection each.
 *
 *     objs/bench/hls_players --players 2000 --pid "$(cat objs/srs.pid)" http://127.0.0.1:8080/live/livestream.m3u8
 *     objs/bench/hls_players --players 2000 --ll http://127.0.0.1:8080/live/livestream.m3u8
 *
 * They come over --spread ms, so that their clocks differ; then --warmup seconds pass, then --duration seconds are measured. Two
 * lines of JSON go to stdout: {"event":"ready"} when all have got media, {"event":"result", …} at the end, which a signal may cause.
 *
 * TS segments are checked by their sync bytes, all answers by their length. Sampled players read the time of sending from the pictures
 * (stamp.h): `arrival` is the time until they have it, `glass` the time until they show it.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "hls_player.h"

enum { EVENTS = 512, TURN_US = 2000, SERIES_MAX = 1440, UNSETTLED_US = US_PER_SECOND };

enum stage { STAGE_JOINING, STAGE_WARMUP, STAGE_MEASURING, STAGE_OVER };

struct period {
    double   at_s, arrival_p50, arrival_p99, glass_p50;
    uint64_t stalls;
};

static struct {
    size_t  n, n_sampled;
    int64_t spread_ms, warmup_s, duration_s, period_s, join_timeout_s;
    bool    ll, quiet;
    pid_t   pid;
} conf = {
    .n = 1, .n_sampled = 10, .spread_ms = 2000, .warmup_s = 4, .duration_s = 10, .period_s = 60, .join_timeout_s = 20
};

static struct {
    struct target      target;
    struct hls_player *all;
    size_t             n_opened;
    int                epoll_fd;
    struct hls_tally   tally;
    enum stage         stage;
    int64_t            start_us, stage_us, period_us;
    struct usage       usage_at_start, usage_now;
    struct histogram   arrival, glass; /* of the whole time; those of the tally are of the period */
    struct period      series[SERIES_MAX];
    size_t             n_series;
    uint64_t           stalls_before;
} load;

static void usage(void)
{
    fputs("hls_players [options] URL\n"
          "  URL               http://ADDRESS:PORT/app/stream.m3u8: a master or a media playlist\n"
          "  --players N       how many (1)\n"
          "  --ll              low latency: reloads that wait, and parts\n"
          "  --spread MS       the time over which they come (2000)\n"
          "  --warmup S        seconds between the last one's first media and the measuring (4)\n"
          "  --duration S      seconds to measure (10)\n"
          "  --period S        seconds of a line of the series (60)\n"
          "  --join-timeout S  do not wait longer for the last to get media (20)\n"
          "  --sample N        so many note the latency (10)\n"
          "  --pid PID         note CPU time and memory of the server\n"
          "  --quiet           no progress\n",
          stderr);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    enum { PLAYERS, LL, SPREAD, WARMUP, DURATION, PERIOD, JOIN_TIMEOUT, SAMPLE, PID, QUIET };
    static const struct option options[] = {
        { "players", 1, NULL, PLAYERS },
        { "ll", 0, NULL, LL },
        { "spread", 1, NULL, SPREAD },
        { "warmup", 1, NULL, WARMUP },
        { "duration", 1, NULL, DURATION },
        { "period", 1, NULL, PERIOD },
        { "join-timeout", 1, NULL, JOIN_TIMEOUT },
        { "sample", 1, NULL, SAMPLE },
        { "pid", 1, NULL, PID },
        { "quiet", 0, NULL, QUIET },
        { 0 },
    };
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        if (what == '?')
            usage();
        int64_t n = optarg ? tool_number(options[at].name, optarg, what == PLAYERS || what == PERIOD) : 0;
        switch (what) {
        case PLAYERS: conf.n = (size_t)n; break;
        case LL: conf.ll = true; break;
        case SPREAD: conf.spread_ms = n; break;
        case WARMUP: conf.warmup_s = n; break;
        case DURATION: conf.duration_s = n; break;
        case PERIOD: conf.period_s = n; break;
        case JOIN_TIMEOUT: conf.join_timeout_s = n; break;
        case SAMPLE: conf.n_sampled = (size_t)n; break;
        case PID: conf.pid = (pid_t)n; break;
        case QUIET: conf.quiet = true; break;
        }
    }
    if (optind + 1 != argc)
        usage();
    target_parse(&load.target, argv[optind]);
    if (load.target.wire != WIRE_HTTP || load.target.tls)
        die("%s: http:// is wanted", argv[optind]);
}

/* ---- players ---- */

static void watch(struct hls_player *p, int op, uint32_t what)
{
    struct epoll_event event = { .events = what, .data.ptr = p };
    if (!p->over && epoll_ctl(load.epoll_fd, op, p->fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void open_due(int64_t now)
{
    while (load.n_opened < conf.n &&
           now - load.start_us >= (int64_t)load.n_opened * conf.spread_ms * US_PER_MS / (int64_t)conf.n) {
        struct hls_player *p = &load.all[load.n_opened];
        bool sampled = load.n_opened * conf.n_sampled / conf.n != (load.n_opened + 1) * conf.n_sampled / conf.n;
        load.n_opened++;
        hls_player_open(p, &load.target, conf.ll, sampled || conf.n_sampled >= conf.n, &load.tally);
        watch(p, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
    }
}

static void look_at(struct hls_player *p)
{
    bool was_connected = p->connected;
    hls_player_ready(p, &load.tally);
    if (p->connected && !was_connected)
        watch(p, EPOLL_CTL_MOD, EPOLLIN);
}

static void look_at_all(void)
{
    static struct epoll_event events[EVENTS];
    struct timespec           timeout = { 0, TURN_US * 1000 };
    int                       n = epoll_pwait2(load.epoll_fd, events, EVENTS, &timeout, NULL);
    for (int i = 0; i < n; i++)
        look_at(events[i].data.ptr);
}

static void tick_all(int64_t now)
{
    for (size_t i = 0; i < load.n_opened; i++)
        hls_player_tick(&load.all[i], now, &load.tally);
}

/* ---- reporting ---- */

static void note_usage(void)
{
    if (conf.pid && !usage_read(conf.pid, &load.usage_now))
        die("process %d, the server, is gone", (int)conf.pid);
}

static void histogram_move(struct histogram *to, struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        to->buckets[i] += from->buckets[i];
    to->count += from->count;
    to->max_us = to->max_us > from->max_us ? to->max_us : from->max_us;
    histogram_clear(from);
}

static void end_period(int64_t now)
{
    struct hls_tally *t = &load.tally;
    struct period     p = { .at_s = (double)(now - load.stage_us) / US_PER_SECOND,
                            .arrival_p50 = histogram_ms(&t->arrival, 50),
                            .arrival_p99 = histogram_ms(&t->arrival, 99),
                            .glass_p50 = histogram_ms(&t->glass, 50),
                            .stalls = t->stalls - load.stalls_before };
    if (t->arrival.count && load.n_series < SERIES_MAX)
        load.series[load.n_series++] = p;
    load.stalls_before = t->stalls;
    histogram_move(&load.arrival, &t->arrival);
    histogram_move(&load.glass, &t->glass);
    load.period_us = now + conf.period_s * US_PER_SECOND;
    if (!conf.quiet)
        fprintf(stderr, "%6.0f s  arrival p50 %.1f p99 %.1f ms  glass to glass %.1f ms  stalls %" PRIu64 "\n", p.at_s,
                p.arrival_p50, p.arrival_p99, p.glass_p50, p.stalls);
}

static void print_histogram(const char *name, const struct histogram *h)
{
    printf(",\"%s_ms\":{\"samples\":%" PRIu64 ",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}", name, h->count,
           histogram_ms(h, 50), histogram_ms(h, 99), histogram_max_ms(h));
}

static void print_series(void)
{
    printf(",\"series\":[");
    for (size_t i = 0; i < load.n_series; i++) {
        const struct period *p = &load.series[i];
        printf("%s{\"t\":%.1f,\"arrival_p50\":%.3f,\"arrival_p99\":%.3f,\"glass_p50\":%.3f,\"stalls\":%" PRIu64 "}",
               i ? "," : "", p->at_s, p->arrival_p50, p->arrival_p99, p->glass_p50, p->stalls);
    }
    printf("]");
}

static void print_result(double seconds)
{
    const struct hls_tally *t = &load.tally;
    double                  cpu_s = (double)(load.usage_now.cpu_us - load.usage_at_start.cpu_us) / 1e6;
    double                  gbit = (double)t->bytes * 8 / 1e9;
    printf("{\"event\":\"result\",\"players\":%zu,\"connected\":%zu,\"failed\":%zu,\"dropped\":%zu,\"why\":\"%s\","
           "\"seconds\":%.3f,\"bytes\":%" PRIu64 ",\"playlists\":%" PRIu64 ",\"media\":%" PRIu64 ",\"stalls\":%" PRIu64
           ",\"stalled_ms\":%.3f",
           conf.n, t->joined, t->failed, t->dropped, t->why ? t->why : "", seconds, t->bytes, t->playlists, t->media,
           t->stalls, (double)t->stalled_us / 1e3);
    print_histogram("fetch", &t->fetch);
    print_histogram("arrival", &load.arrival);
    print_histogram("glass", &load.glass);
    if (conf.ll) {
        print_histogram("last_answer", &t->board.last);
        print_histogram("answers_apart", &t->board.spread);
        printf(",\"unanswered\":%" PRIu64, t->board.unanswered);
    }
    if (conf.pid)
        printf(",\"server\":{\"cpu_s\":%.4f,\"core\":%.4f,\"cpu_s_per_gbit\":%.5f,\"rss\":%" PRId64 "}", cpu_s,
               seconds > 0 ? cpu_s / seconds : 0, gbit > 0 ? cpu_s / gbit : 0, load.usage_now.rss_bytes);
    print_series();
    printf("}\n");
}

/* ---- the run ---- */

static void begin_measuring(int64_t now)
{
    struct hls_tally *t = &load.tally;
    t->bytes = t->playlists = t->media = t->stalls = load.stalls_before = 0;
    t->stalled_us = 0;
    histogram_clear(&t->fetch);
    histogram_clear(&t->arrival);
    histogram_clear(&t->glass);
    part_board_begin(&t->board, now);
    note_usage();
    load.usage_at_start = load.usage_now;
    load.period_us = now + conf.period_s * US_PER_SECOND;
}

static void go_to(enum stage stage, int64_t now)
{
    load.stage = stage;
    load.stage_us = now;
}

static void advance(int64_t now)
{
    const struct hls_tally *t = &load.tally;
    int64_t                 since_us = now - load.stage_us;
    switch (load.stage) {
    case STAGE_JOINING:
        if (load.n_opened < conf.n)
            load.stage_us = now; /* the timeout counts from the last connect */
        else if (t->joined + t->failed >= conf.n || since_us >= conf.join_timeout_s * US_PER_SECOND) {
            go_to(STAGE_WARMUP, now);
            printf("{\"event\":\"ready\",\"connected\":%zu,\"failed\":%zu,\"seconds\":%.3f}\n", t->joined, t->failed,
                   (double)(now - load.start_us) / US_PER_SECOND);
            fflush(stdout);
        }
        break;
    case STAGE_WARMUP:
        if (since_us >= conf.warmup_s * US_PER_SECOND) {
            go_to(STAGE_MEASURING, now);
            begin_measuring(now);
        }
        break;
    case STAGE_MEASURING:
        if (now >= load.period_us)
            end_period(now);
        if (since_us >= conf.duration_s * US_PER_SECOND)
            load.stage = STAGE_OVER;
        break;
    case STAGE_OVER: break;
    }
}

static void run(void)
{
    int64_t now = now_us();
    load.start_us = load.stage_us = now;
    while (load.stage != STAGE_OVER && !tool_stop) {
        open_due(now);
        tick_all(now);
        look_at_all();
        now = now_us();
        advance(now);
    }
    note_usage();
    end_period(now);
    part_board_count(&load.tally.board, now - UNSETTLED_US, load.tally.joined - load.tally.dropped);
    print_result(load.stage < STAGE_MEASURING ? 0 : (double)(now - load.stage_us) / US_PER_SECOND);
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    tool_catch_signals();
    tool_want_files(conf.n + 16);
    load.all = calloc(conf.n, sizeof *load.all);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!load.all || load.epoll_fd < 0)
        die("cannot begin: %s", strerror(errno));
    note_usage();
    run();
    for (size_t i = 0; i < load.n_opened; i++)
        hls_player_close(&load.all[i]);
    free(load.all);
    return load.tally.failed || load.tally.dropped ? 3 : 0;
}

/**
 * N players in one process: plain epoll, one socket and a few hundred bytes each.
 *
 *     objs/bench/players --players 1000 --duration 10 rtmp://127.0.0.1/live/livestream
 *     objs/bench/players --players 1000 --duration 10 http://127.0.0.1:8080/live/livestream.flv
 *     objs/bench/players --players 1000 --streams 1000 rtmp://127.0.0.1/live/s%d
 *
 * They connect (--rate a second), then --warmup seconds pass, then --duration seconds are measured. Two lines of JSON go to
 * stdout: {"event":"ready"} when all play, {"event":"result", …} at the end, which a signal may cause. SIGUSR1 asks for one more
 * line, {"event":"mark", …}, with the latency since the last one. Progress goes to stderr once a second.
 *
 * Latency is the time from the publisher's send (the stamp in each picture, stamp.h) to the receive of a sampled player. Sampled
 * players are looked at between all others, so that the server is measured and not our own loop.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "player.h"
#include "tool.h"

enum { EVENTS = 512, OTHERS_BETWEEN_SAMPLES = 8, CONNECTS_A_TURN = 32, SLOW_RECEIVE_BUFFER = 4096, SERIES_MAX = 7200 };

enum stage { STAGE_JOINING, STAGE_WARMUP, STAGE_MEASURING, STAGE_OVER };

struct second {
    double   at_s;
    size_t   joined, dropped;
    uint64_t bytes, messages;
    double   p50_ms, p99_ms, max_ms, spread_ms;
    int64_t  cpu_us, rss_bytes; /* the server's total time, and its present memory */
};

static struct {
    const char         *url;
    size_t              n_players, n_slow, n_sampled, sip_bytes;
    int                 n_streams;
    int64_t             rate, duration_s, warmup_s, join_timeout_s;
    bool                digest, leave, quiet;
    pid_t               pid;
    struct players_conf players;
} conf = { .n_players = 1,
           .n_sampled = 100,
           .n_streams = 1,
           .rate = 1000,
           .duration_s = 10,
           .warmup_s = 1,
           .join_timeout_s = 20 };

static struct {
    struct target  target;
    struct player *all;
    size_t         n_opened;
    int            epoll_fd, sampled_fd;
    struct tally   tally;
    enum stage     stage;
    int64_t        start_us, stage_us, second_us;
    struct usage   usage_at_start, usage_now;
    struct second  series[SERIES_MAX];
    size_t         n_series;
    double         spread_ms;
    uint64_t       bytes_before, messages_before; /* counts at the last second */
} load;

static void usage(void)
{
    fputs("players [options] URL\n"
          "  URL               rtmp://; http://, https://: FLV, or MPEG-TS when it ends in .ts; raw://: see floor\n"
          "  --players N       how many (1)\n"
          "  --streams N       player i plays stream i modulo N, in place of %d in the URL (1)\n"
          "  --rate N          connects a second; 0: all at once (1000)\n"
          "  --warmup S        seconds between the last join and the measuring (1)\n"
          "  --duration S      seconds to measure (10)\n"
          "  --join-timeout S  do not wait longer for the last to join (20)\n"
          "  --leave           a player leaves as soon as it has joined\n"
          "  --silent          nobody publishes: a player has joined when its play is accepted\n"
          "  --slow N          so many of the players are slow, and not measured (0)\n"
          "  --sip N           bytes a second that a slow one reads; 0: it never reads (0)\n"
          "  --sample N        so many note the latency (100)\n"
          "  --drain           let the kernel drop what comes to the others: less load, no gaps seen\n"
          "  --digest          a digest handshake, as Flash Player's\n"
          "  --pid PID         note CPU time and memory of the server\n"
          "  --quiet           no progress\n",
          stderr);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    enum {
        PLAYERS,
        STREAMS,
        RATE,
        WARMUP,
        DURATION,
        JOIN_TIMEOUT,
        SILENT,
        SLOW,
        SIP,
        SAMPLE,
        DRAIN,
        LEAVE,
        DIGEST,
        PID,
        QUIET
    };
    static const struct option options[] = {
        { "players", 1, NULL, PLAYERS },   { "streams", 1, NULL, STREAMS },
        { "rate", 1, NULL, RATE },         { "warmup", 1, NULL, WARMUP },
        { "duration", 1, NULL, DURATION }, { "join-timeout", 1, NULL, JOIN_TIMEOUT },
        { "silent", 0, NULL, SILENT },     { "slow", 1, NULL, SLOW },
        { "sip", 1, NULL, SIP },           { "sample", 1, NULL, SAMPLE },
        { "leave", 0, NULL, LEAVE },       { "drain", 0, NULL, DRAIN },
        { "digest", 0, NULL, DIGEST },     { "pid", 1, NULL, PID },
        { "quiet", 0, NULL, QUIET },       { 0 },
    };
    for (int what, at; (what = getopt_long(argc, argv, "", options, &at)) != -1;) {
        if (what == '?')
            usage();
        int64_t n = optarg ? tool_number(options[at].name, optarg, what == PLAYERS || what == STREAMS) : 0;
        switch (what) {
        case PLAYERS: conf.n_players = (size_t)n; break;
        case STREAMS: conf.n_streams = (int)n; break;
        case RATE: conf.rate = n; break;
        case WARMUP: conf.warmup_s = n; break;
        case DURATION: conf.duration_s = n; break;
        case JOIN_TIMEOUT: conf.join_timeout_s = n; break;
        case SILENT: conf.players.silent = true; break;
        case SLOW: conf.n_slow = (size_t)n; break;
        case SIP: conf.sip_bytes = (size_t)n; break;
        case SAMPLE: conf.n_sampled = (size_t)n; break;
        case DRAIN: conf.players.drain = true; break;
        case LEAVE: conf.leave = true; break;
        case DIGEST: conf.digest = true; break;
        case PID: conf.pid = (pid_t)n; break;
        case QUIET: conf.quiet = true; break;
        }
    }
    if (optind + 1 != argc)
        usage();
    conf.url = argv[optind];
}

/* ---- connecting ---- */

static void watch(struct player *p, int op, uint32_t what)
{
    struct epoll_event event = { .events = what, .data.ptr = p };
    int                fd = p->sampled ? load.sampled_fd : load.epoll_fd;
    if (epoll_ctl(fd, op, p->client.fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

/* True for a sampled player. The first players are slow ones; the sampled ones are spread evenly over the others. */
static bool is_sampled(size_t index)
{
    size_t n = conf.n_players - conf.n_slow, i = index - conf.n_slow;
    if (index < conf.n_slow)
        return false;
    return conf.n_sampled >= n || i * conf.n_sampled / n != (i + 1) * conf.n_sampled / n;
}

static void open_player(size_t index)
{
    struct player *p = &load.all[index];
    p->slow = index < conf.n_slow;
    p->sampled = is_sampled(index);
    p->drains = conf.players.drain && !p->sampled && !load.target.tls;
    player_open(p, &load.target, (int)(index % (size_t)conf.n_streams), conf.digest, p->slow ? SLOW_RECEIVE_BUFFER : 0,
                &load.tally);
    if (!p->over)
        watch(p, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/* The number of players that should have been opened by now. */
static size_t n_due(int64_t now)
{
    if (!conf.rate)
        return conf.n_players;
    size_t due = (size_t)((now - load.start_us) * conf.rate / US_PER_SECOND) + 1;
    return due < conf.n_players ? due : conf.n_players;
}

static void open_due(int64_t now)
{
    size_t due = n_due(now);
    for (int n = 0; load.n_opened < due && n < CONNECTS_A_TURN; n++)
        open_player(load.n_opened++);
}

/* ---- receiving ---- */

static void look_at(struct player *p, uint32_t what)
{
    if (p->over)
        return;
    if (p->client.phase == CLIENT_CONNECTING && what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        client_connected(&p->client);
        if (p->client.failure)
            player_end(p, p->client.failure, &load.tally);
        else
            watch(p, EPOLL_CTL_MOD, EPOLLIN);
        return;
    }
    player_receive(p, &conf.players, &load.tally);
    if (conf.leave && p->joined_us && !p->over)
        player_leave(p);
    if (p->slow && p->joined_us && !p->over)
        watch(p, EPOLL_CTL_DEL, 0);
}

static void look_at_sampled(void)
{
    struct epoll_event events[EVENTS];
    int                n = epoll_wait(load.sampled_fd, events, EVENTS, 0);
    for (int i = 0; i < n; i++)
        look_at(events[i].data.ptr, events[i].events);
}

static void look_at_all(int64_t until_us)
{
    static struct epoll_event events[EVENTS];
    int64_t                   left = until_us - now_us();
    struct timespec           timeout = { 0, 0 };
    if (left > 0)
        timeout = (struct timespec){ left / US_PER_SECOND, left % US_PER_SECOND * 1000 };
    int n = epoll_pwait2(load.epoll_fd, events, EVENTS, &timeout, NULL);
    for (int i = 0; i < n; i++) {
        if (i % OTHERS_BETWEEN_SAMPLES == 0)
            look_at_sampled();
        if (events[i].data.ptr)
            look_at(events[i].data.ptr, events[i].events);
    }
}

static void let_slow_ones_sip(void)
{
    for (size_t i = 0; conf.sip_bytes && i < conf.n_slow; i++)
        if (load.all[i].joined_us && !load.all[i].over)
            player_sip(&load.all[i], conf.sip_bytes, &load.tally);
}

/* ---- reporting ---- */

/* The distance between the newest pictures of all players of one stream. */
static double spread_ms(void)
{
    int64_t first = INT64_MAX, last = 0;
    for (size_t i = 0; i < load.n_opened && conf.n_streams == 1; i++) {
        const struct player *p = &load.all[i];
        if (p->over || p->slow || p->drains || !p->stamp_us)
            continue;
        first = p->stamp_us < first ? p->stamp_us : first;
        last = p->stamp_us > last ? p->stamp_us : last;
    }
    return last ? (double)(last - first) / US_PER_MS : 0;
}

static void note_usage(void)
{
    if (conf.pid && !usage_read(conf.pid, &load.usage_now))
        die("process %d, the server, is gone", (int)conf.pid);
}

static void note_second(int64_t now)
{
    struct tally *t = &load.tally;
    note_usage();
    struct second s = { .at_s = (double)(now - load.start_us) / US_PER_SECOND,
                        .joined = t->joined,
                        .dropped = t->dropped,
                        .bytes = t->bytes - load.bytes_before,
                        .messages = t->messages - load.messages_before,
                        .p50_ms = histogram_ms(&t->second, 50),
                        .p99_ms = histogram_ms(&t->second, 99),
                        .max_ms = histogram_max_ms(&t->second),
                        .spread_ms = spread_ms(),
                        .cpu_us = load.usage_now.cpu_us,
                        .rss_bytes = load.usage_now.rss_bytes };
    load.bytes_before = t->bytes;
    load.messages_before = t->messages;
    histogram_clear(&t->second);
    if (load.stage == STAGE_MEASURING && s.spread_ms > load.spread_ms)
        load.spread_ms = s.spread_ms;
    if (load.n_series < SERIES_MAX)
        load.series[load.n_series++] = s;
    if (!conf.quiet)
        fprintf(stderr,
                "%6.1f s  players %zu joined, %zu dropped, %zu failed  %8.1f Mbit/s  latency p50 %.1f p99 %.1f ms\n",
                s.at_s, s.joined, s.dropped, t->failed, (double)s.bytes * 8 / 1e6, s.p50_ms, s.p99_ms);
}

static void print_series(void)
{
    printf(",\"series\":[");
    for (size_t i = 0; i < load.n_series; i++) {
        const struct second *s = &load.series[i];
        printf("%s{\"t\":%.2f,\"joined\":%zu,\"dropped\":%zu,\"bytes\":%" PRIu64 ",\"messages\":%" PRIu64
               ",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"spread\":%.3f,\"cpu_s\":%.4f,\"rss\":%" PRId64 "}",
               i ? "," : "", s->at_s, s->joined, s->dropped, s->bytes, s->messages, s->p50_ms, s->p99_ms, s->max_ms,
               s->spread_ms, (double)s->cpu_us / 1e6, s->rss_bytes);
    }
    printf("]");
}

/* The mean time between two receives of a sampled player, which is about the server's batch. */
static double interval_ms(double seconds)
{
    size_t n = conf.n_players - conf.n_slow, n_sampled = conf.n_sampled < n ? conf.n_sampled : n;
    return load.tally.receives ? seconds * 1e3 * (double)n_sampled / (double)load.tally.receives : 0;
}

/* Print the latency of the sampled players since the last mark. */
static void print_mark(void)
{
    struct histogram *h = &load.tally.marked;
    printf("{\"event\":\"mark\",\"samples\":%" PRIu64 ",\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}\n", h->count,
           histogram_ms(h, 50), histogram_ms(h, 99), histogram_max_ms(h));
    fflush(stdout);
    histogram_clear(h);
}

static void print_result(double seconds)
{
    const struct tally *t = &load.tally;
    double              cpu_s = (double)(load.usage_now.cpu_us - load.usage_at_start.cpu_us) / 1e6;
    double              gbit = (double)t->bytes * 8 / 1e9;
    printf("{\"event\":\"result\",\"url\":\"%s\",\"players\":%zu,\"slow\":%zu,\"connected\":%zu,"
           "\"failed\":%zu,\"dropped\":%zu,\"why\":\"%s\",\"seconds\":%.3f,\"bytes\":%" PRIu64 ",\"messages\":%" PRIu64
           ",\"gaps\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"repeats\":%" PRIu64 ",\"backward\":%" PRIu64,
           conf.url, conf.n_players, conf.n_slow, t->joined, t->failed, t->dropped, t->why ? t->why : "", seconds,
           t->bytes, t->messages, t->gaps, t->lost, t->repeats, t->backward);
    printf(",\"join_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}", histogram_ms(&t->join, 50),
           histogram_ms(&t->join, 99), histogram_max_ms(&t->join));
    printf(",\"latency_ms\":{\"samples\":%" PRIu64 ",\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
           t->latency.count, histogram_ms(&t->latency, 50), histogram_ms(&t->latency, 90),
           histogram_ms(&t->latency, 99), histogram_max_ms(&t->latency));
    printf(",\"spread_ms\":%.3f,\"pause_ms\":%.3f,\"interval_ms\":%.3f", load.spread_ms, (double)t->pause_us / 1e3,
           interval_ms(seconds));
    if (conf.pid)
        printf(",\"server\":{\"cpu_s\":%.4f,\"core\":%.4f,\"cpu_s_per_gbit\":%.5f,\"rss\":%" PRId64 "}", cpu_s,
               seconds > 0 ? cpu_s / seconds : 0, gbit > 0 ? cpu_s / gbit : 0, load.usage_now.rss_bytes);
    print_series();
    printf("}\n");
}

/* ---- the run ---- */

static void begin_measuring(int64_t now)
{
    struct tally *t = &load.tally;
    t->bytes = t->messages = t->gaps = t->lost = t->repeats = t->backward = t->receives = 0;
    t->pause_us = 0;
    histogram_clear(&t->latency);
    load.bytes_before = load.messages_before = 0;
    note_usage();
    load.usage_at_start = load.usage_now;
    load.second_us = now + US_PER_SECOND;
    histogram_clear(&t->second);
}

static void go_to(enum stage stage, int64_t now)
{
    load.stage = stage;
    load.stage_us = now;
}

static void advance(int64_t now)
{
    const struct tally *t = &load.tally;
    bool                all_joined = t->joined + t->failed >= conf.n_players;
    int64_t             since_us = now - load.stage_us;
    switch (load.stage) {
    case STAGE_JOINING:
        if (!all_joined && (load.n_opened < conf.n_players || since_us < conf.join_timeout_s * US_PER_SECOND)) {
            if (load.n_opened < conf.n_players)
                load.stage_us = now; /* the timeout counts from the last connect */
            break;
        }
        go_to(STAGE_WARMUP, now);
        printf("{\"event\":\"ready\",\"connected\":%zu,\"failed\":%zu,\"seconds\":%.3f}\n", t->joined, t->failed,
               (double)(now - load.start_us) / US_PER_SECOND);
        fflush(stdout);
        break;
    case STAGE_WARMUP:
        if (since_us >= conf.warmup_s * US_PER_SECOND) {
            go_to(STAGE_MEASURING, now);
            begin_measuring(now);
        }
        break;
    case STAGE_MEASURING:
        if (since_us >= conf.duration_s * US_PER_SECOND)
            load.stage = STAGE_OVER;
        break;
    case STAGE_OVER: break;
    }
}

static void run(void)
{
    enum { TURN_US = 1000, IDLE_TURN_US = 20000 };
    int64_t now = now_us();
    load.start_us = load.stage_us = now;
    load.second_us = now + US_PER_SECOND;
    while (load.stage != STAGE_OVER && !tool_stop) {
        open_due(now);
        bool busy = load.n_opened < conf.n_players;
        look_at_all(now + (busy ? TURN_US : IDLE_TURN_US));
        now = now_us();
        if (tool_mark) {
            tool_mark = 0;
            print_mark();
        }
        if (now >= load.second_us) {
            let_slow_ones_sip();
            note_second(now);
            load.second_us += US_PER_SECOND;
        }
        advance(now);
    }
    note_usage();
    print_result(load.stage < STAGE_MEASURING ? 0 : (double)(now - load.stage_us) / US_PER_SECOND);
}

int main(int argc, char **argv)
{
    parse_options(argc, argv);
    target_parse(&load.target, conf.url);
    tool_catch_signals();
    tool_want_files(conf.n_players + 16);
    load.all = calloc(conf.n_players, sizeof *load.all);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load.sampled_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN }; /* a null pointer stands for all sampled players */
    if (!load.all || load.epoll_fd < 0 || epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, load.sampled_fd, &event) < 0)
        die("cannot begin: %s", strerror(errno));
    note_usage();
    run();
    for (size_t i = 0; i < load.n_opened; i++)
        client_close(&load.all[i].client);
    free(load.all);
    return load.tally.failed || load.tally.dropped ? 3 : 0;
}

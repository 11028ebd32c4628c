/**
 * One player of a load: what it receives, and what is noted about it.
 *
 * A few hundred bytes each. All of them write into one tally; latency is noted by the sampled ones alone.
 */
#ifndef BENCH_PLAYER_H
#define BENCH_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "body_scan.h"
#include "client.h"
#include "flv_scan.h"
#include "histogram.h"
#include "ts_scan.h"

/** What players have noted: since the start, or (`window`) since the measuring began. */
struct tally {
    size_t           joined, dropped, failed; /* in all; dropped: after it had joined */
    const char      *why;                     /* the first failure */
    uint64_t         bytes, messages;
    uint64_t         gaps, lost;                    /* places where pictures are missing, and how many */
    uint64_t         receives;                      /* of the sampled players: how often they got something */
    int64_t          pause_us;                      /* the longest that a player got nothing */
    struct histogram join, latency, second, marked; /* marked: since the last mark */
};

struct player {
    struct client    client;
    struct body_scan body; /* of HTTP */
    union {
        struct flv_scan flv;
        struct ts_scan  ts;
    } scan;               /* of what comes in place of RTMP */
    int64_t  opened_us;   /* connect() */
    int64_t  joined_us;   /* first media, or play accepted if silent; 0: not yet */
    int64_t  received_us; /* last bytes */
    int64_t  stamp_us;    /* of the last picture */
    uint32_t stamp_number;
    bool     sampled, slow, drains, over;
};

/** Connect. */
void player_open(struct player *p, const struct target *t, int number, bool digest, int receive_buffer,
                 struct tally *tally);

struct players_conf {
    bool silent; /* nobody publishes: a player has joined when its play is accepted */
    bool drain;  /* players that are not sampled have the kernel drop what comes, once they have joined */
};

/** Something may be read. `p->over` afterwards: closed, and counted as dropped or failed. */
void player_receive(struct player *p, const struct players_conf *conf, struct tally *tally);

/** Read at most so many bytes, as a slow player does. */
void player_sip(struct player *p, size_t n, struct tally *tally);

void player_end(struct player *p, const char *why, struct tally *tally);

#endif

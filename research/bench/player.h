/**
 * One player of a load: what it receives, and what is noted about it.
 *
 * A few hundred bytes each. All of them write into one tally; latency is noted by the sampled ones alone.
 */
#ifndef BENCH_PLAYER_H
#define BENCH_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "flv_scan.h"
#include "histogram.h"

/** What players have noted: since the start, or (`window`) since the measuring began. */
struct tally {
    size_t           joined, dropped, failed; /* in all; dropped: after it had joined */
    const char      *why;                     /* the first failure */
    uint64_t         bytes, messages;
    uint64_t         gaps, lost; /* places where pictures are missing, and how many */
    uint64_t         receives;   /* of the sampled players: how often they got something */
    int64_t          pause_us;   /* the longest that a player got nothing */
    struct histogram join, latency, second;
};

struct player {
    struct client   client;
    struct flv_scan flv;         /* where FLV comes in place of RTMP */
    int64_t         opened_us;   /* connect() */
    int64_t         joined_us;   /* first media, or play accepted if silent; 0: not yet */
    int64_t         received_us; /* last bytes */
    int64_t         stamp_us;    /* of the last picture */
    uint32_t        stamp_number;
    bool            sampled, slow, drains, over;
};

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

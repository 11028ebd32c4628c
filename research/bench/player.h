/**
 * One player of a load: its connection and its measurements.
 *
 * A player takes a few hundred bytes. All players write into one tally; only the sampled ones measure latency.
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

/** The measurements of players: since the start, or (`window`) since the measuring began. */
struct tally {
    size_t           joined, dropped, failed; /* totals; dropped: failed after it had joined */
    const char      *why;                     /* the first failure */
    uint64_t         bytes, messages;
    uint64_t         gaps, lost; /* places where pictures are missing, and number of missing pictures */
    uint64_t         repeats;    /* pictures that had come before */
    uint64_t         backward;   /* pictures and sounds with a timestamp before that of the last one */
    uint64_t         receives;   /* number of receives with bytes, of sampled players */
    int64_t          pause_us;   /* longest time in which a player got nothing */
    struct histogram join, latency, second, marked; /* marked: since the last mark */
};

struct player {
    struct client    client;
    struct body_scan body; /* used with HTTP */
    union {
        struct flv_scan flv;
        struct ts_scan  ts;
    } scan;               /* of a stream that is not RTMP */
    int64_t  opened_us;   /* time of connect() */
    int64_t  joined_us;   /* time of the first media, or of the accepted play if silent; 0: not yet */
    int64_t  received_us; /* time of the last bytes */
    int64_t  stamp_us;    /* stamp of the last picture */
    uint32_t stamp_number;
    uint32_t timestamp_ms[2]; /* of the last sound and picture */
    bool     sampled, slow, drains, over;
};

/** Begin to connect a player. */
void player_open(struct player *p, const struct target *t, int number, bool digest, int receive_buffer,
                 struct tally *tally);

struct players_conf {
    bool silent; /* there is no publisher: a player has joined when its play is accepted */
    bool drain;  /* players that are not sampled let the kernel drop their input once they have joined */
};

/** Read from a player whose socket is readable. When `p->over` is set it is closed, and counted as dropped or failed. */
void player_receive(struct player *p, const struct players_conf *conf, struct tally *tally);

/** Read at most `n` bytes, as a slow player does. */
void player_sip(struct player *p, size_t n, struct tally *tally);

/** Close a player that failed. */
void player_end(struct player *p, const char *why, struct tally *tally);

/** Close a player that has seen enough: it counts as joined only. */
void player_leave(struct player *p);

#endif

/**
 * One HLS player of a load: one kept connection, which asks for the playlist and then for what is new in it.
 *
 * A plain player polls once a target duration, and begins three target durations behind the end. A player with low latency asks for the
 * playlist with the next part (_HLS_msn, _HLS_part), waits for it, gets the part, and begins PART-HOLD-BACK behind the end. Media is
 * played as it comes: it stalls when the next of it comes later than what is there has been played.
 *
 * Source     RFC 8216 6.3.3, 6.3.4; draft-pantos-hls-rfc8216bis 6.2.5.2
 * Yields     there are no coroutines
 */
#ifndef BENCH_HLS_PLAYER_H
#define BENCH_HLS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "body_scan.h"
#include "histogram.h"
#include "media_list.h"
#include "part_board.h"
#include "tool.h"

/* What all players measure: since the start, or (`since`) since the measuring began. */
struct hls_tally {
    size_t           joined, failed, dropped; /* joined: has got media; dropped: failed after that */
    const char      *why;                     /* the first failure */
    uint64_t         bytes, playlists, media, stalls;
    int64_t          stalled_us;
    struct histogram fetch; /* from the request for media to its last byte */
    struct histogram arrival,
        glass; /* of sampled players, pictures that were sent since the player joined: until they arrive, are shown */
    struct part_board board; /* low latency: when all had a part */
};

/* Media to be got. */
struct hls_unit {
    struct part_key key;
    int64_t         duration_us;
    char           *uri;
};

enum { HLS_UNITS_MAX = 64 };

struct hls_player {
    const struct target *target;
    int                  fd;
    bool                 connected, ll, sampled, over;
    enum { HLS_ASKS_NOTHING, HLS_ASKS_PLAYLIST, HLS_ASKS_MEDIA } asks;
    struct body_scan body;
    char            *path; /* of the playlist, with its query */
    char            *held; /* the body, if it is looked at */
    size_t           n_held, held_cap, n_body;
    struct hls_unit  units[HLS_UNITS_MAX];
    size_t           n_units, at;
    struct part_key  listed, next, got; /* newest one listed; what a reload asks for; newest one got */
    int64_t          target_us, asked_us, playlist_us, due_us; /* due_us: time of the next playlist; 0: not waiting */
    int64_t          joined_us, began_us, played_until_us;     /* the clock of playing, and the media that is there */
    int64_t          lag_us; /* sampled: a picture is shown this long after it was sent */
};

void hls_player_open(struct hls_player *p, const struct target *t, bool ll, bool sampled, struct hls_tally *tally);

/** The socket is ready. When `p->over` is set, the player is closed, and counted as dropped or failed. */
void hls_player_ready(struct hls_player *p, struct hls_tally *tally);

/** Ask for the playlist if it is time. */
void hls_player_tick(struct hls_player *p, int64_t now, struct hls_tally *tally);

void hls_player_close(struct hls_player *p);

#endif

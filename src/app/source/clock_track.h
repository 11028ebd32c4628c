/**
 * The state of the clock of a stream (stream_clock.h) and of its tracks: where their times are, and their usual steps.
 *
 * Units      microseconds; arrival is monotonic
 * Yields     no
 */
#ifndef APP_SOURCE_CLOCK_TRACK_H
#define APP_SOURCE_CLOCK_TRACK_H

#include <stdbool.h>
#include <stdint.h>

/* Most tracks with a state of their own. A further track takes the place of the track that was silent longest. */
enum { CLOCK_TRACKS = 8 };

/* Number of recent steps that define the usual step. */
enum { CLOCK_STEPS = 8 };

struct clock_track {
    uint8_t  kind, id;
    bool     has_out; /* `out_us` was set in this publish or an earlier one. */
    bool     started; /* A frame has come in this publish. */
    int64_t  raw_us;  /* the encoder's last time, unwrapped */
    int64_t  shift_us;
    int64_t  origin_us;       /* part of `shift_us` that moves this track's own origin to that of the others */
    int64_t  top_us;          /* the highest time, before times are made monotonic */
    int64_t  out_us;          /* the last time that a frame got */
    int64_t  end_us;          /* the highest time at which a frame is shown or heard */
    int64_t  early_end_us[2]; /* the same before the last frame, and before the last two */
    bool     meets;           /* Its times have not passed those of the publish before. */
    int64_t  arrived_us;
    int64_t  lead_us; /* greatest lead of times over their arrival; falls slowly */
    int64_t  lag_us;  /* least lead of times over their arrival; rises slowly */
    int32_t  steps_us[CLOCK_STEPS];
    unsigned n_steps;
    unsigned n_since_break; /* frames of this track since the newest break of any track */
    unsigned n_unpaced;     /* above 0 while frames come faster than their times run */
    int64_t  reorder_us;    /* greatest step back of the display times */
    unsigned peer;          /* index of the track that this one was compared with last */
    int64_t  peer_out_us;   /* value of `out_us` of that track at the comparison */
};

struct stream_clock {
    struct clock_track tracks[CLOCK_TRACKS];
    unsigned           n_tracks;
    bool               started, has_out;
    bool               hurries;           /* The next publish begins without the time that has passed. */
    int64_t            ended_us;          /* time of the last frame of the last publish */
    int64_t            pause_us;          /* time from the end of the last publish to the begin of this one */
    int64_t            shift_us;          /* shift since the newest break */
    int64_t            before_us;         /* shift before it, for stragglers and for glitches that end */
    int64_t            newest_us;         /* time of the newest frame of any track */
    int64_t            newest_arrived_us; /* arrival of that frame */
    int64_t            n_breaks;
};

/**
 * Round a shift up to whole milliseconds, so that formats that count in milliseconds round a shifted time as they round the time
 * itself. Rounding up keeps a shifted frame from coming before the last one.
 */
int64_t clock_whole_ms(int64_t us);

/** The longest of the recent steps; 0: there is none. */
int64_t clock_track_largest_step(const struct clock_track *t);

/** The last step; 0: there is none. */
int64_t clock_track_newest_step(const struct clock_track *t);

void clock_track_add_step(struct clock_track *t, int64_t us);

#endif

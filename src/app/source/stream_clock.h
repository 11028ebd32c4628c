/**
 * The clock of a stream. It turns the encoder's timestamps, as frames come in, into times that every output can rely on.
 *
 * An encoder's times are used unchanged while they can be explained: by the usual step of the track, by the time since the last
 * frame arrived, or by the progress of the other track. A long step is kept if one of these explains it. A jump that none
 * explains, in either direction (a restart, a reset, a glitch), is a break: then one shift is added to the times of all tracks,
 * so that time continues where it was, and the offset between sound and picture stays. Each track takes the new shift with its
 * own first frame after the break.
 *
 * Rules      times of a track never go back; 32-bit timestamps are unwrapped; a new publisher continues after the last one;
 *            configurations and scripts get the time that their track has reached, and change nothing
 *            video sent in decoding order with display times: the decoding time is made monotonic, the display time is kept
 *            a track whose times have another origin (more than CLOCK_OFFSET_MAX_US away from the others) is moved to them
 * Units      microseconds; arrival is monotonic. A shift is always whole milliseconds, so that formats that count in milliseconds
 *            keep the encoder's steps
 * Source     RTMP 1.0, 3 (timestamps compare by serial number arithmetic)
 * Yields     no
 */
#ifndef APP_SOURCE_STREAM_CLOCK_H
#define APP_SOURCE_STREAM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/* Most tracks with a state of their own. A further track takes the place of the track that was silent longest. */
enum { CLOCK_TRACKS = 8 };

/* Number of recent steps that define the usual step. */
enum { CLOCK_STEPS = 8 };

/* The largest difference between the times of two tracks that an encoder may mean. */
enum { CLOCK_OFFSET_MAX_US = 10000000 };

struct clock_track {
    uint8_t  kind, id;
    bool     has_out; /* `out_us` was set in this publish or an earlier one. */
    bool     started; /* A frame has come in this publish. */
    int64_t  raw_us;  /* the encoder's last time, unwrapped */
    int64_t  shift_us;
    int64_t  origin_us; /* part of `shift_us` that moves this track's own origin to that of the others */
    int64_t  top_us;    /* the highest time, before times are made monotonic */
    int64_t  out_us;    /* the last time that a frame got */
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
    int64_t            shift_us;          /* shift since the newest break */
    int64_t            before_us;         /* shift before it, for stragglers and for glitches that end */
    int64_t            newest_us;         /* time of the newest frame of any track */
    int64_t            newest_arrived_us; /* arrival of that frame */
    int64_t            n_breaks;
};

struct clock_time {
    int64_t dts_us;   /* time of the frame, never less than the last one of its track */
    int64_t own_us;   /* the same moment in the encoder's times, unwrapped */
    int64_t shown_us; /* the encoder's time with its shift, before it is made monotonic */
    int64_t jump_us;  /* jump of the encoder's time at a break; 0: no break */
    bool    is_reordered;
};

/** Begin a new publish: its times are unrelated to those of the last publisher, and continue after them. */
void stream_clock_begin(struct stream_clock *c);

/**
 * Unwrap a timestamp of 32 bits of milliseconds, as in RTMP and FLV: the result is the time that is nearest to the last time of
 * its track, or of another track while it has none.
 */
int64_t stream_clock_unwrap(const struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms);

/** Make the time of a frame of sound or picture. `raw_us` is the encoder's time, unwrapped. */
struct clock_time stream_clock_media(struct stream_clock *c, enum frame_kind kind, unsigned track, int64_t raw_us,
                                     int64_t now_us);

/** The time of a configuration or script. It does not change the clock. */
struct clock_time stream_clock_header(const struct stream_clock *c, enum frame_kind kind, unsigned track,
                                      int64_t raw_us);

/**
 * Set the times of a parsed frame, of which the caller has the only reference: dts_us, pts_us and shift_us.
 *
 * Shape      f->dts_us and f->pts_us: pts_us − dts_us is the composition time
 * Returns    the jump of the encoder's time at a break; 0: no break
 */
int64_t stream_clock_stamp(struct stream_clock *c, struct frame *f, int64_t raw_us, int64_t now_us);

/** True if frames of that kind have come in this publish. */
bool stream_clock_has(const struct stream_clock *c, enum frame_kind kind);

/** The last time of that kind; its next frame is not before it. False if no such frame has come lately. */
bool stream_clock_reached(const struct stream_clock *c, enum frame_kind kind, int64_t now_us, int64_t *us);

#endif

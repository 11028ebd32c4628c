/**
 * The one clock of a stream, made at the door: encoders' timestamps become times that every output can rely on.
 *
 * An encoder's times are taken as they are while they can be explained: by the step that is usual for the track, by the
 * time that has passed since the last frame arrived, or by how far the other track has come. A long step is kept when one of
 * these explains it. A jump that nothing explains, in either direction (a restart, a reset, a glitch), is a break: one
 * amount is then added to the times of all tracks, so that time goes on where it was and the offset between sound and
 * picture stays what the encoder meant. Each track moves to the new amount with its own first frame behind the break.
 *
 * Rules      times of a track never go back; 32-bit timestamps are unwrapped; a new publisher goes on behind the last one;
 *            configurations and scripts get the time that their track has reached, and move nothing
 *            video sent in decoding order with display times: the decoding time is made monotonic, the display time is kept
 *            a track whose times have another origin (more than CLOCK_OFFSET_MAX_US away from the others) is moved to them
 * Units      microseconds; arrival is monotonic. What is added to an encoder's times is always whole milliseconds, so that formats
 *            that count in those see the steps that the encoder made.
 * Source     RTMP 1.0, 3 (timestamps compare by serial number arithmetic)
 * Yields     no
 */
#ifndef APP_SOURCE_STREAM_CLOCK_H
#define APP_SOURCE_STREAM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/frame.h"

/* Tracks that are followed by themselves; further ones share the place of the one that was silent longest. */
enum { CLOCK_TRACKS = 8 };

/* Recent steps that tell what is usual. */
enum { CLOCK_STEPS = 8 };

/* The largest difference between the times of two tracks that an encoder may mean. */
enum { CLOCK_OFFSET_MAX_US = 10000000 };

struct clock_track {
    uint8_t  kind, id;
    bool     has_out; /* `out_us` is set, in this publish or an earlier one */
    bool     started; /* a frame has come in this publish */
    int64_t  raw_us;  /* the encoder's last time, unwrapped */
    int64_t  shift_us;
    int64_t  origin_us; /* part of `shift_us`: what moves this track's own origin to that of the others */
    int64_t  top_us;    /* the highest time, before times are made monotonic */
    int64_t  out_us;    /* the last time given */
    int64_t  arrived_us;
    int64_t  lead_us; /* how far times have been ahead of their arrival at most; falls slowly */
    int64_t  lag_us;  /* how far they have been ahead at least; rises slowly */
    int32_t  steps_us[CLOCK_STEPS];
    unsigned n_steps;
    unsigned n_since_break; /* frames of this track since the newest break of any track */
    unsigned n_unpaced;     /* above 0: frames come faster than their times run */
    int64_t  reorder_us;    /* how far display times go back among themselves */
    unsigned peer;          /* the other track that it was compared with last, … */
    int64_t  peer_out_us;   /* … and how far that one had come then */
};

struct stream_clock {
    struct clock_track tracks[CLOCK_TRACKS];
    unsigned           n_tracks;
    bool               started, has_out;
    int64_t            shift_us;          /* added to the encoder's times since the newest break */
    int64_t            before_us;         /* added before it: for stragglers, and for glitches that end */
    int64_t            newest_us;         /* the time of the newest frame of any track */
    int64_t            newest_arrived_us; /* when that arrived */
    int64_t            n_breaks;
};

struct clock_time {
    int64_t dts_us;   /* never less than the last one of this track */
    int64_t own_us;   /* the same moment by the encoder's times, unwrapped */
    int64_t shown_us; /* what the encoder's time became before it was made monotonic */
    int64_t jump_us;  /* jump of the encoder's time where a break was found; 0: no break */
    bool    is_reordered;
};

/** A new publisher: its times have nothing to do with those of the last one, and go on behind them. */
void stream_clock_begin(struct stream_clock *c);

/**
 * The encoder's time of a timestamp that counts 32 bits of milliseconds and wraps, as RTMP and FLV carry it: the one that is
 * nearest to the last time of its track, or of another track while it has none.
 */
int64_t stream_clock_unwrap(const struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms);

/** The time of a frame of sound or picture. `raw_us` is the encoder's, unwrapped. */
struct clock_time stream_clock_media(struct stream_clock *c, enum frame_kind kind, unsigned track, int64_t raw_us,
                                     int64_t now_us);

/** The time of a configuration or script. Moves nothing. */
struct clock_time stream_clock_header(const struct stream_clock *c, enum frame_kind kind, unsigned track,
                                      int64_t raw_us);

/**
 * Give a parsed frame that nobody else holds its times: dts_us, pts_us and shift_us.
 *
 * Shape      f->dts_us and f->pts_us: pts_us − dts_us is the composition time
 * Returns    by how much the encoder's time jumped where a break was found; 0: no break
 */
int64_t stream_clock_stamp(struct stream_clock *c, struct frame *f, int64_t raw_us, int64_t now_us);

/** Whether frames of that kind have come in this publish. */
bool stream_clock_has(const struct stream_clock *c, enum frame_kind kind);

/** The last time of that kind, which its next frame is not before; false when none has come lately. */
bool stream_clock_reached(const struct stream_clock *c, enum frame_kind kind, int64_t now_us, int64_t *us);

#endif

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
 *            a publish is shown where the last one ended: its first picture comes a step after the last picture in display
 *            time, whatever their composition times are. Sound of a time that has been heard is left out
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

#include "app/source/clock_track.h"
#include "kernel/frame.h"

/* The largest difference between the times of two tracks that an encoder may mean. */
enum { CLOCK_OFFSET_MAX_US = 10000000 };

struct clock_time {
    int64_t dts_us;      /* time of the frame, never less than the last one of its track */
    int64_t own_us;      /* the same moment in the encoder's times, unwrapped */
    int64_t shown_us;    /* the encoder's time with its shift, before it is made monotonic */
    int64_t jump_us;     /* jump of the encoder's time at a break; 0: no break */
    bool    keeps_shown; /* The display time is kept where it differs from the decoding time. */
    bool    is_late;     /* sound of a time that has been heard in the last publish: it is left out */
};

/** Begin a new publish: its times are unrelated to those of the last publisher, and continue after them. */
void stream_clock_begin(struct stream_clock *c);

/**
 * The publish that begins has other configurations than the last one: it follows at once, whatever time has passed. A decoder that
 * is set up anew loses the last picture, and browsers stand still in a gap of more than two pictures.
 */
void stream_clock_hurry(struct stream_clock *c);

/**
 * Unwrap a timestamp of 32 bits of milliseconds, as in RTMP and FLV: the result is the time that is nearest to the last time of
 * its track, or of another track while it has none.
 */
int64_t stream_clock_unwrap(const struct stream_clock *c, enum frame_kind kind, unsigned track, uint32_t ts_ms);

/** Make the time of a frame of sound or picture. `raw_us` is the encoder's time, unwrapped; `cts_us` its composition time. */
struct clock_time stream_clock_media(struct stream_clock *c, enum frame_kind kind, unsigned track, int64_t raw_us,
                                     int64_t cts_us, int64_t now_us);

/** The time of a configuration or script. It does not change the clock. */
struct clock_time stream_clock_header(const struct stream_clock *c, enum frame_kind kind, unsigned track,
                                      int64_t raw_us);

/**
 * Set the times of a parsed frame, of which the caller has the only reference: dts_us, pts_us and shift_us.
 *
 * Shape      f->dts_us and f->pts_us: pts_us − dts_us is the composition time
 */
struct clock_time stream_clock_stamp(struct stream_clock *c, struct frame *f, int64_t raw_us, int64_t now_us);

/** True if frames of that kind have come in this publish. */
bool stream_clock_has(const struct stream_clock *c, enum frame_kind kind);

/** The last time of that kind; its next frame is not before it. False if no such frame has come lately. */
bool stream_clock_reached(const struct stream_clock *c, enum frame_kind kind, int64_t now_us, int64_t *us);

/** What the clock adds to the times of that kind since its last frame in this publish. False if no such frame has come. */
bool stream_clock_shift(const struct stream_clock *c, enum frame_kind kind, int64_t *us);

#endif

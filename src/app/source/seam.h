/**
 * The place where a stream goes on when another server brings it. Servers that have the stream of one encoder (the origins of an edge)
 * send the same frames: what the log has already is left out, and the rest follows as if one server had sent it all.
 *
 *     seam_begin(&seam, &ring)            the next publisher has come
 *     seam_look(&seam, …)                 what it brings, until the verdict is SEAM_GOES_ON or SEAM_APART; what comes before is kept
 *     seam_passes(&seam, &arrival)        after SEAM_GOES_ON, for what was kept and for all that follows
 *     seam_end(&seam)
 *
 * Rules      The stream goes on at a frame that equals one of the log, byte by byte, and has its time within SEAM_ROUNDING_US: a picture,
 *            or where there are none a sound. A key frame that equals exactly one of the log may have another time, which then all
 *            frames of the server have. All pictures that follow have to equal those of the log, up to its end.
 *            Where the frames of the server begin after those of the log, the stream goes on with its own times if as much of its time
 *            as of the clock has passed, or if its times are absolute (`atc`). Pictures then begin with a key frame.
 *            A server that is, or may be, behind is waited for, SEAM_PATIENCE_US long at most.
 *            Where the encoder's times have jumped within the log, frames of before that are left out, and those after it decide.
 *            In all other cases the streams are apart.
 * Shape      the log keeps its frames meanwhile; the state is a value, but for what is kept
 * Units      microseconds
 * Yields     no
 */
#ifndef APP_SOURCE_SEAM_H
#define APP_SOURCE_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/source/delay.h"
#include "app/source/ring.h"
#include "app/source/stream_clock.h"
#include "core/attr.h"
#include "core/clock.h"

enum {
    SEAM_PATIENCE_US = 300 * US_PER_MS,
    SEAM_ROUNDING_US = US_PER_MS,
    SEAM_LAG_MAX_US = 30 * US_PER_SECOND, /* how far a server may be behind */
    SEAM_ZERO_US = 100 * US_PER_MS,
    SEAM_DRIFT_US = 2 * US_PER_SECOND, /* between the stream's time and the clock, over an absence */
    SEAM_BYTES_MAX = 16 << 20,         /* that are kept */
    SEAM_FRAMES_MAX = 2048,
};

enum seam_state { SEAM_NONE, SEAM_WAITS, SEAM_FOUND };

/* Up to where the log has a track, in the times of the last server. */
struct seam_track {
    uint8_t kind, id;
    bool    is_passed; /* A frame after that has come. */
    int64_t newest_us, shift_us;
};

struct seam {
    enum seam_state   state;
    struct seam_track tracks[CLOCK_TRACKS];
    size_t            n_tracks;
    bool              has_pictures;
    int64_t           oldest_us, newest_us, newest_arrived_us; /* of the log, from its last break on */
    bool              has_break;                               /* The log has frames of before a break of its clock. */
    int64_t           break_from_us;                           /* The oldest time of those. */
    int64_t           since_us;      /* arrival of the first sound or picture; 0: none has come */
    bool              begins_at_0;   /* The time of that is 0, or little more. */
    bool              has_place;     /* A frame equals one of the log, and so do those after it. */
    bool              is_exact;      /* It has its time, too. */
    int64_t           add_us;        /* what is added to the times of the server */
    bool              waits_for_key; /* Pictures are missing before the next key frame. */
    struct delay      kept;          /* what has come before it was found, as a queue without a delay */
};

enum seam_verdict {
    SEAM_KEEP, /* not decided yet: keep the frame in seam->kept */
    SEAM_GOES_ON,
    SEAM_APART,
};

/** Look at the log, which holds one frame at least. Nothing is kept before. */
void seam_begin(struct seam *s, const struct ring *log);

/** Judge what the server brings, while s->state is SEAM_WAITS. is_absolute: its times are (`atc`). SEAM_GOES_ON makes it SEAM_FOUND. */
enum seam_verdict seam_look(struct seam *s, const struct ring *log, const struct arrival *a, int64_t now_us,
                            bool is_absolute);

/** True if it has been waited for long enough. */
bool seam_is_overdue(const struct seam *s, int64_t now_us);

/** Decide by what has come. SEAM_GOES_ON makes it SEAM_FOUND. */
enum seam_verdict seam_give_up(struct seam *s);

/** False for what the log has already, and for pictures that cannot be decoded. Otherwise the arrival gets the times of the log. */
bool seam_passes(struct seam *s, const struct ring *log, struct arrival *a);

/** Drop what is kept. Takes a seam that is all zero, and leaves it so. */
void seam_end(struct seam *s);

#endif

/**
 * What can be seen of a stream before the first bytes go to a player: a file's header cannot be taken back.
 *
 * Yields     no
 */
#ifndef APP_HTTP_LIVE_OPENING_H
#define APP_HTTP_LIVE_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "kernel/decode_ahead.h"
#include "kernel/frame.h"

struct reader;

/*
 * A publisher's first frames may all be of one kind. How long a newcomer waits for the other one, from the beginning of the
 * publish: if metadata tells nothing of it, and if it does.
 */
struct live_patience {
    int64_t untold_us, told_us;
};

/* How long a newcomer waits for a configuration, or the key frame that tells it, of a kind that is there. */
enum { LIVE_CONFIG_US = 10 * US_PER_SECOND };

/* What the muxers take for a mistake does not count either. */
enum { LIVE_EARLY_MAX_US = DECODE_AHEAD_MAX_90K / 90 * US_PER_MS };

/* Of the first track, but for the kinds. Borrows the reader's and the source's frames. */
struct live_opening {
    bool          has_audio, has_video;        /* frames of that kind, of any track, are there */
    bool          audio_told, video_told;      /* by metadata */
    enum codec    audio, video;                /* CODEC_NONE: not known */
    struct frame *audio_config, *video_config; /* of codecs without, the first frame; NULL: none yet */
    bool          is_endless;                  /* tell a duration that is never reached, where one is told */
    bool          is_last_call;                /* what is not there by now is not waited for */
    struct frame *key;                         /* the first key frame; NULL: none yet */
    int64_t       early_us;                    /* the most that a picture is shown before its own time */
};

/** Look at what the reader can get now, and at what its source knows. */
void live_opening_look(struct live_opening *o, const struct reader *r);

/** When the first bytes are due by it: at once (0), later, or with the next frames (DEADLINE_NEVER). */
int64_t live_opening_due_us(const struct live_opening *o, const struct reader *r, struct live_patience patience);

#endif

/**
 * The facts about a stream that decide on the header of a player's reply, because a header cannot be changed later.
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
 * The time for which a newcomer waits for the other kind of media, because a publisher's first frames may all be of one kind. It
 * counts from the beginning of the publish, and depends on whether the metadata announces that kind.
 */
struct live_patience {
    int64_t untold_us, told_us;
};

/* Longest wait of a newcomer for a configuration, or the key frame that carries it, of a kind that has frames. */
enum { LIVE_CONFIG_US = 10 * US_PER_SECOND };

/* Largest early_us: muxers treat a larger value as an error. */
enum { LIVE_EARLY_MAX_US = DECODE_AHEAD_MAX_90K / 90 * US_PER_MS };

/* The facts, mostly about the first track. Borrows frames of the reader and of the source. */
struct live_opening {
    bool          has_audio, has_video;   /* There are frames of that kind, of any track. */
    bool          audio_told, video_told; /* The metadata announces that kind. */
    enum codec    audio, video;           /* CODEC_NONE: not known */
    struct frame *audio_config,
        *video_config;          /* configurations; for a codec without, its first frame; NULL: none yet */
    bool          may_change;   /* Another encoder may go on with the stream: a publisher, origin, backup or slate. */
    bool          is_endless;   /* Announce a duration that is never reached, if the header has one. */
    bool          is_last_call; /* Whatever is missing is not waited for any longer. */
    struct frame *key;          /* the first key frame; NULL: none yet */
    int64_t       early_us;     /* the most that a picture is displayed before its decoding time */
};

/** Collect the facts from the frames that the reader can get now, and from its source. */
void live_opening_look(struct live_opening *o, const struct reader *r);

/** The time at which the first bytes are due: 0 means at once, DEADLINE_NEVER with the next frames. */
int64_t live_opening_due_us(const struct live_opening *o, const struct reader *r, struct live_patience patience);

#endif

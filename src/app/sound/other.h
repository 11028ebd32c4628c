/**
 * The other sound of a source: Opus of a stream whose log has sound of another codec.
 *
 * WebRTC players read pictures from the log, and sound from here. Opus that is in the log is read from the log: then nothing is here.
 *
 *     e = other_sound_join(&r, source, co)           begins at the live end
 *     while ((f = other_sound_next(&r))) …           a frame of 20 ms; its pts_us is on the stream's time line
 *     other_sound_leave(&r)
 *
 * While somebody reads it, it is converted from the log (bridge.h); or a WebRTC publisher whose Opus goes into the log as AAC brings its
 * originals: other_sound_open(), other_sound_put(), other_sound_close(). Then nothing is converted back.
 *
 * Ownership  counted by its readers, and by whoever brings it
 * Yields     no
 */
#ifndef APP_SOUND_OTHER_H
#define APP_SOUND_OTHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct co;
struct frame;
struct other_sound;
struct source;

/* Frames that are kept for readers: 1.28 s. A slower reader loses the oldest. */
enum { OTHER_SOUND_FRAMES = 64 };

/** A cursor; all zero before it joins and after it has left. */
struct sound_reader {
    struct list         link;
    struct other_sound *of;
    struct co          *co;
    uint64_t            seq;
    int64_t             n_skipped; /* frames that it has lost */
};

/**
 * Begin at the live end.
 *
 * Ownership  borrows the source, of which the caller holds a reference until it leaves
 * Shape      co: is unparked for each lot of frames; NULL: nobody is, the caller looks for itself
 * Errors     out of memory
 */
struct err *other_sound_join(struct sound_reader *r, struct source *s, struct co *co) ATTR_MUST_USE;

/** Takes a reader that is all zero. */
void other_sound_leave(struct sound_reader *r);

/** The next frame, which stays the next; NULL: there is none yet. Borrowed until a yield. */
struct frame *other_sound_peek(struct sound_reader *r);

/** A reference to the next frame, which is taken; NULL: there is none yet. */
struct frame *other_sound_next(struct sound_reader *r);

/* ---- those that bring it ---- */

/**
 * Bring the originals of a publisher.
 *
 * Returns    *o is NULL if they are of no use: the stream is delayed, so that the log is later than they are. They are converted then
 * Errors     out of memory
 */
struct err *other_sound_open(struct other_sound **o, struct source *s) ATTR_MUST_USE;

/** One packet of Opus, at the publisher's own time, as that of feed_unit(). A packet before the first sound of the log is left out. */
void other_sound_put(struct other_sound *o, const uint8_t *packet, size_t len, int64_t own_us);

/** *o becomes NULL, and may be NULL before. */
void other_sound_close(struct other_sound **o);

/** Be the converter of the source's sound: `co` is unparked when other_sound_is_wanted() changes. other_sound_detach() ends it. */
struct err *other_sound_attach(struct other_sound **o, struct source *s, struct co *co) ATTR_MUST_USE;
void        other_sound_detach(struct other_sound **o);

/** True while the publisher of the source brings its originals, so that readers have Opus though nothing is converted. */
bool other_sound_is_brought(const struct source *s);

/** True while somebody reads, and no publisher brings its originals. */
bool other_sound_is_wanted(const struct other_sound *o);

/** One packet of Opus, on the stream's time line. A packet without memory is lost. */
void other_sound_append(struct other_sound *o, const uint8_t *packet, size_t len, int64_t pts_us);

#endif

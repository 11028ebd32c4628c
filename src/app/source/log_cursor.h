/**
 * A cursor of the log for work that is done on the stream itself, as cutting it into segments. It is no player.
 *
 *     log_cursor_join(&c, source)                        begin at the GOP cache, headers first
 *     loop:
 *         while ((f = log_cursor_next(&c, &jumped))) …   a reference to each frame, in order, as soon as it was appended
 *         c.until_us = …                                 and wait, by attendance_wait(), to be unparked
 *     log_cursor_leave(&c)
 *
 * A cursor does not count as audience: it wakes no pacer, tells no moment, and a stream with cursors alone is unwatched. It waits
 * for no release either, because it sends nothing to a socket. It is woken for a key frame, for the first frame that reaches the
 * time that it asked for, and for headers, and not for each frame. It may be `queue_length` late; then the log has forgotten
 * frames, and the cursor goes on at the newest key frame.
 *
 * Ownership  used by one coroutine, which keeps a reference to the source and leaves before it ends
 */
#ifndef APP_SOURCE_LOG_CURSOR_H
#define APP_SOURCE_LOG_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "app/source/headers.h"
#include "app/source/picture_gate.h"
#include "core/attr.h"
#include "core/err.h"
#include "core/list.h"

struct co;
struct frame;
struct source;

/* A cursor is woken when this many bytes wait for it, whatever it waits for: frames that are taken need no memory in the log. */
enum { LOG_CURSOR_BYTES = 32 << 10 };

struct log_cursor {
    struct list         link; /* entry in source->cursors */
    struct source      *source;
    struct co          *co;
    uint64_t            seq; /* number of the next frame of the log */
    struct headers      prologue;
    size_t              n_prologue_taken;
    struct picture_gate gate;
    size_t              n_waiting; /* bytes of the frames that were appended since the end was reached */
    int64_t             until_us;  /* wakes at the first frame of this time; INT64_MAX: it does not wait for one */
    bool                is_prompt; /* The stream's publisher is read at once, as with players. */
    int64_t             n_jumps;
    bool is_apart; /* The frames after a hold do not go on where those before it ended; cleared by the owner. */
};

/** Begin at the newest GOP if that is cached, otherwise at the live end. Does not yield. */
void log_cursor_join(struct log_cursor *c, struct source *s);

/** The same for another coroutine, which is woken. */
void log_cursor_join_for(struct log_cursor *c, struct source *s, struct co *co);

/** Go to the live end, whatever is cached. Does not yield. */
void log_cursor_skip(struct log_cursor *c);

/** Takes a cursor that is all zero. Does not yield. */
void log_cursor_leave(struct log_cursor *c);

/** Have the stream's publisher read at once, or by the clock as without players. Does not yield. */
void log_cursor_be_prompt(struct log_cursor *c, bool prompt);

/**
 * The next frame; NULL if there is none yet. Pictures before the first key frame are left out. *jumped is set if frames were
 * lost before it.
 *
 * Ownership  the caller gets a reference
 * Yields     no
 */
struct frame *log_cursor_next(struct log_cursor *c, bool *jumped) ATTR_MUST_USE;

/** True if the cursor has taken everything that was appended. */
bool log_cursor_is_at_end(const struct log_cursor *c);

/** Wake the cursors that wait for this frame, which was just appended. The source calls it. Does not yield. */
void log_cursors_wake(struct source *s, const struct frame *f);

#endif

/**
 * The sender of a live player, in all protocols: it takes the frames that are due from its reader, writes them in one
 * call, and remembers the bytes that did not go out.
 *
 *     sender_attach(&p, source, io, wire, &n, &live_delivery)
 *     loop:
 *         sender_send(&p, &idle)              write frames that are due
 *         reader_take_moments(&p.reader)      react to moments of the stream, as the protocol says
 *         if (idle) sender_wait(&p, …)       wait for frames, moments or input
 *     sender_detach(&p)
 *
 * While `cut` is set, a frame is half written, and nothing else may be sent between two calls.
 *
 * Ownership  used by one coroutine; the caller keeps a reference to the source until sender_detach()
 */
#ifndef APP_LIVE_SENDER_H
#define APP_LIVE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/live/catch_up.h"
#include "app/live/held_wire.h"
#include "app/source/jitter.h"
#include "app/source/reader.h"
#include "core/err.h"

struct io;

/* The span of the stream's time that a player has been sent; `play` of RTMP may limit it. */
struct sent_duration {
    bool    begun;
    int64_t first_us, last_us;
};

struct sender {
    struct io           *io;
    struct reader        reader;
    struct jitter        jitter;
    struct held_wire     held;
    struct catch_up      place;
    struct frame        *cut; /* frame of which only cut_sent bytes went out; the next write continues there */
    size_t               cut_sent;
    int64_t              cut_us;
    int64_t             *n_messages; /* counter of frames that were sent whole */
    bool                 paused;
    bool                 caught_up;   /* All frames that were due have been sent. */
    bool                 is_over;     /* The next frame cannot be expressed in this format: nothing more is sent. */
    int64_t              duration_us; /* most of the stream's time to send; 0 or less: no limit */
    struct sent_duration sent;
    bool                 in_step;    /* The player waits for releases, and may get the shared bytes. */
    bool                 is_settled; /* The player has caught up once. */
};

/** The sender that a reader is part of. */
static inline struct sender *sender_of(struct reader *r)
{
    return CONTAINER_OF(r, struct sender, reader);
}

/**
 * Begin with the reader at the GOP cache. `delivery` writes releases while the player waits (delivery.h); NULL: the
 * player is woken for each release.
 * Errors     out of memory; sender_detach() is called also then
 * Yields     no
 */
struct err *sender_attach(struct sender *p, struct source *s, struct io *io, struct wire wire, int64_t *n_messages,
                          const struct reader_delivery *delivery) ATTR_MUST_USE;

/** Set the kinds of media that the player does not get from now on. Pictures return with their next key frame. Does not yield. */
void sender_leave_out(struct sender *p, bool audio, bool video);

/** End the sender. Takes a sender that is all zero. Does not yield. */
void sender_detach(struct sender *p);

/**
 * Write one batch of frames that are due; *idle if there were none.
 *
 * Errors     E_RTMP_DURATION_EXCEED, the socket's, E_SOCKET_TIMEOUT if the player takes nothing
 * Yields     while the socket is full, and after many bytes
 */
struct err *sender_send(struct sender *p, bool *idle) ATTR_MUST_USE;

/**
 * Wait until there is something to do: frames that the delivery could not write, a moment of the stream, input, the
 * deadline. Meanwhile releases are written as they come (delivery.h).
 * Errors     as reader_wait()
 * Yields     yes
 */
struct err *sender_wait(struct sender *p, int64_t deadline_us) ATTR_MUST_USE;

struct release_share;

/** True if a waiting player may get the bytes that all players share. The delivery asks. */
bool sender_keeps_step(const struct sender *p);

/** Move the player on by the `sent` bytes of its share that the socket took, at least 1 if it has any. Does not yield. */
void sender_took(struct sender *p, const struct release_share *b, size_t sent);

#endif

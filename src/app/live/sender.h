/**
 * What all players of live streams do, whatever their protocol: take what is due from their reader, write it in one
 * call, and remember what did not go out.
 *
 *     sender_attach(&p, source, io, wire, &n, &live_delivery)
 *     loop:
 *         sender_send(&p, &idle)              what is due
 *         reader_take_moments(&p.reader)      what the protocol wants to know of the stream
 *         if (idle) sender_wait(&p, …)       … and whatever else it wants to be looked at
 *     sender_detach(&p)
 *
 * Between two calls no frame is half written unless `cut` says so: only then, nothing else may be sent.
 *
 * Ownership  of one coroutine; the source stays referenced by the caller until sender_detach()
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

/* How much of the stream's own time a player has been sent: RTMP's `play` may ask for so much. */
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
    struct frame        *cut; /* sent up to cut_sent of its bytes on the wire; the next write begins there */
    size_t               cut_sent;
    int64_t              cut_us;
    int64_t             *n_messages; /* counts frames that were sent whole */
    bool                 paused;
    bool                 caught_up;   /* all that was due has been sent, once */
    bool                 is_over;     /* the next frame cannot be expressed in this format: nothing more is sent */
    int64_t              duration_us; /* none above 0: no end */
    struct sent_duration sent;
    bool                 in_step;    /* waits for releases, and may be given what all get */
    bool                 is_settled; /* has caught up once */
};

/** The sender that a reader is part of. */
static inline struct sender *sender_of(struct reader *r)
{
    return CONTAINER_OF(r, struct sender, reader);
}

/**
 * Begin with the reader at the GOP cache. `delivery` hands it what is released while it waits (delivery.h); NULL: the
 * player is woken for each release.
 * Errors     out of memory; sender_detach() all the same
 * Yields     no
 */
struct err *sender_attach(struct sender *p, struct source *s, struct io *io, struct wire wire, int64_t *n_messages,
                          const struct reader_delivery *delivery) ATTR_MUST_USE;

/** Which kinds the player does not get from now on. Pictures come back with their next key frame. Does not yield. */
void sender_leave_out(struct sender *p, bool audio, bool video);

/** Takes a sender that was never attached, if it is all zero. Does not yield. */
void sender_detach(struct sender *p);

/**
 * Write one batch of what is due; *idle when there was nothing.
 *
 * Errors     E_RTMP_DURATION_EXCEED, the socket's, E_SOCKET_TIMEOUT from a player that takes nothing
 * Yields     while the socket is full, and after much
 */
struct err *sender_send(struct sender *p, bool *idle) ATTR_MUST_USE;

/**
 * Wait until there is something to do: what could not simply be sent, a new publisher or configuration, input, the
 * deadline. Meanwhile releases are written as they come (delivery.h).
 * Errors     as reader_wait()
 * Yields     yes
 */
struct err *sender_wait(struct sender *p, int64_t deadline_us) ATTR_MUST_USE;

struct release_share;

/** For the delivery of a release: whether nothing about a waiting player makes its bytes differ from the others'. */
bool sender_keeps_step(const struct sender *p);

/** The player's socket took this many bytes of its share, more than none if there are any. Does not yield. */
void sender_took(struct sender *p, const struct release_share *b, size_t sent);

#endif

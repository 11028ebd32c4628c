/**
 * The moments of a stream's life, for its followers: publisher, readers, attendants (attend.h).
 *
 * A stream numbers its moments as they come. A follower keeps the number of the newest moment that it has seen, and asks which
 * kinds have come since. Nothing is queued, so a follower that stalls costs nothing. A kind that came several times is told once;
 * the follower then looks at the state of the stream.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_MOMENTS_H
#define APP_SOURCE_MOMENTS_H

#include <stdint.h>

enum moment {
    MOMENT_PUBLISHED,
    MOMENT_UNPUBLISHED, /* The publish has ended. If another publisher takes it over, MOMENT_PUBLISHED follows at once. */
    MOMENT_HELD, /* The publisher has left, and the stream is held: MOMENT_PUBLISHED, _UNPUBLISHED or _GOES_ON follows. */
    MOMENT_GOES_ON, /* The publish that was held goes on, from another server (seaming.h). */
    MOMENT_FIRST_READER,
    MOMENT_LAST_READER_GONE,
    MOMENT_CONF_CHANGED, /* After a reload, another snapshot is in force; it may be equal for this stream. */
    MOMENTS
};

struct moments {
    uint64_t newest;        /* number of the newest moment; 0: none yet */
    uint64_t last[MOMENTS]; /* number of the newest moment of each kind; 0: none yet */
};

/** The bit of a kind in a set of kinds. */
static inline unsigned moment_bit(enum moment kind)
{
    return 1u << kind;
}

static inline void moments_note(struct moments *m, enum moment kind)
{
    m->last[kind] = ++m->newest;
}

/** The set of kinds that have come after moment number `seen`. */
static inline unsigned moments_since(const struct moments *m, uint64_t seen)
{
    unsigned set = 0;
    for (int kind = 0; kind < MOMENTS; kind++)
        set |= m->last[kind] > seen ? moment_bit((enum moment)kind) : 0;
    return set;
}

#endif

/**
 * The moments of a stream's life, for all that follow it: its publisher, its readers, its attendants (attend.h).
 *
 * A stream numbers its moments as they come. A follower keeps one number, that of the newest moment it has looked at, and asks
 * which kinds have come since. Nothing is queued, so a follower that stalls costs nothing; a kind that came several times is told
 * once, and what counts is then the state of the stream.
 *
 * Yields     no
 */
#ifndef APP_SOURCE_MOMENTS_H
#define APP_SOURCE_MOMENTS_H

#include <stdint.h>

enum moment {
    MOMENT_PUBLISHED,
    MOMENT_UNPUBLISHED, /* the publish has ended, or another publisher takes it over: then MOMENT_PUBLISHED follows at once */
    MOMENT_FIRST_READER,
    MOMENT_LAST_READER_GONE,
    MOMENT_CONF_CHANGED, /* a reload: another snapshot is in force, whatever differs in it */
    MOMENTS
};

struct moments {
    uint64_t newest;        /* number of the newest moment; 0: there was none */
    uint64_t last[MOMENTS]; /* number of the newest one of each kind; 0: there was none */
};

/** The bit of a kind in a set. */
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

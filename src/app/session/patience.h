/**
 * How long a publisher of any protocol may be silent, and how long it may publish for nobody: `firstpkt_timeout`, `normal_timeout` and
 * `kickoff_for_idle` of its vhost, as they are at the moment.
 *
 * Yields     no
 */
#ifndef APP_SESSION_PATIENCE_H
#define APP_SESSION_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/err.h"

struct source;

struct patience {
    const struct source *source;
    int64_t              began_us, last_packet_us;
    bool                 heard; /* A packet has come. */
};

/** The publish begins now. */
void patience_begin(struct patience *p, const struct source *source);

/** A packet has come. */
void patience_heard(struct patience *p);

/** The time at which the publisher is given up if nothing comes. */
int64_t patience_silence_deadline(const struct patience *p);

/** The time at which it is given up because nobody watches; DEADLINE_NEVER: it is not. */
int64_t patience_idle_deadline(const struct patience *p);

/** The earlier of the two. */
int64_t patience_deadline(const struct patience *p);

/** The error of a deadline that is over; NULL: none is, any more. */
struct err *patience_judge(const struct patience *p) ATTR_MUST_USE;

#endif

/**
 * The init segments of DASH: each is there once, with what the muxer of its lane says of the track, as long as a segment needs it.
 *
 * Yields     no
 */
#ifndef APP_DASH_INITS_H
#define APP_DASH_INITS_H

#include "app/dash/dash.h"

/**
 * Find the init segment of an entry that has just got a part, or put it on the shelf. A group finds those of its members, which are
 * told first. entry->init is NULL without memory.
 */
void dash_inits_use(struct dash_entry *entry);

/** Takes an entry without one. The init segment goes with its last user. */
void dash_inits_release(struct dash_entry *entry);

#endif

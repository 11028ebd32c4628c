/**
 * What streams, and then connections, give up when the process holds more memory than its limit (core/mem.h), in this order:
 *
 *     1. GOP caches of streams that nobody watches, the largest first: newcomers wait for the next key frame
 *     2. what slow players have not taken yet, the longest first: they jump to the newest key frame
 *     3. GOP caches of the others, the largest first
 *     4. messages of any connection that are not complete yet, by bytes times time: that connection ends
 *
 * When that is not enough, newcomers are refused where mem_has_room() is asked. Before it comes to that no GOP cache is
 * larger than its share of the limit, so that a few streams cannot take it all.
 *
 * Units      bytes
 * Yields     no
 */
#ifndef APP_SOURCE_GIVE_WAY_H
#define APP_SOURCE_GIVE_WAY_H

#include <stddef.h>

#include "app/source/given_up.h"

/* The share of a GOP cache: at least, however many streams there are; and at most, however few: 10 s of 50 Mbit/s. */
enum { GOP_SHARE_MIN = 16 << 20, GOP_SHARE_MAX = 64 << 20 };

/* All shares together are this part of the limit, as far as GOP_SHARE_MIN lets them be. */
enum { GOP_SHARES_OF_LIMIT = 16 };

struct sources;

/** Give up what is needed to get below the limit; arg is a struct sources: for mem_set_limit(). */
void give_way_relieve(void *arg);

/** The most that a GOP cache of these streams may hold; SIZE_MAX when the process has no limit. */
size_t give_way_gop_share(const struct sources *all);

/** The words of the API and the log for a step: "unwatched_gop", … */
const char *give_way_name(enum give_way_step step);

#endif

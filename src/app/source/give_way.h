/**
 * Memory that streams, and then connections, give back when the process holds more than its limit (core/mem.h), in this order:
 *
 *     1. GOP caches of streams without readers, the largest first: newcomers wait for the next key frame
 *     2. frames that slow players have not taken yet, the longest backlog first: the players jump to the newest key frame
 *     3. GOP caches of the other streams, the largest first
 *     4. incomplete messages of any connection, by bytes times time: that connection ends
 *
 * If that is not enough, new clients are refused by callers of mem_has_room(). Below the limit, too, no GOP cache is larger than
 * its share of the limit, so that a few streams cannot take all memory.
 *
 * Units      bytes
 * Yields     no
 */
#ifndef APP_SOURCE_GIVE_WAY_H
#define APP_SOURCE_GIVE_WAY_H

#include <stddef.h>

#include "app/source/given_up.h"

/* The smallest share of a GOP cache, with any number of streams; the largest one: 10 s of 50 Mbit/s. */
enum { GOP_SHARE_MIN = 16 << 20, GOP_SHARE_MAX = 64 << 20 };

/* All shares together are at most the limit divided by this, unless GOP_SHARE_MIN raises them. */
enum { GOP_SHARES_OF_LIMIT = 16 };

struct sources;

/** Free as much as is needed to get below the limit. A callback for mem_set_limit(); arg is a struct sources. */
void give_way_relieve(void *arg);

/** Most bytes that a GOP cache of these streams may hold; SIZE_MAX if the process has no limit. */
size_t give_way_gop_share(const struct sources *all);

/** The name of a step in the API and the log: "unwatched_gop", … */
const char *give_way_name(enum give_way_step step);

#endif

/**
 * Which frames of a source's log are kept: what a reader still has a right to, where newcomers begin, and the history
 * that its vhost offers them. The rest is forgotten, and beyond SOURCE_BYTES_MAX the oldest of these, too.
 *
 * Units      bytes, microseconds
 * Yields     no
 */
#ifndef APP_SOURCE_RETENTION_H
#define APP_SOURCE_RETENTION_H

struct source;

/** Forget what nobody needs, not at each call if there are many readers; and past the hard limit the rest too, oldest first. */
void retention_trim(struct source *s);

/** Give up a GOP cache that is larger than its share of the memory (give_way.h). What its readers still need stays. */
void retention_keep_to_share(struct source *s);

#endif

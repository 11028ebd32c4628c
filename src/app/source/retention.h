/**
 * Retention of frames in the log of a source. Frames are kept that a reader may still take, that newcomers begin with, or that
 * belong to the history that the vhost offers. All others are forgotten; beyond SOURCE_BYTES_MAX the oldest of these, too.
 *
 * Units      bytes, microseconds
 * Yields     no
 */
#ifndef APP_SOURCE_RETENTION_H
#define APP_SOURCE_RETENTION_H

struct source;

/**
 * Forget frames that are not needed; with many readers, not at each call. Beyond SOURCE_BYTES_MAX, the oldest needed frames are
 * forgotten, too.
 */
void retention_trim(struct source *s);

/** Give up a GOP cache that is larger than its share of the memory (give_way.h). Frames that readers need are kept. */
void retention_keep_to_share(struct source *s);

#endif

/**
 * Origins that cannot be reached. Such an origin is set aside for a time that doubles with each failure, from ORIGIN_ASIDE_US to
 * ORIGIN_ASIDE_MAX_US: meanwhile the streams of all vhosts try others first. An origin that answers is set aside no more.
 *
 * Shape      an origin is the scheme and the authority of a URL
 * Yields     no
 */
#ifndef APP_EDGE_ORIGINS_H
#define APP_EDGE_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/conf/conf.h"
#include "core/clock.h"

enum {
    ORIGIN_ASIDE_US = US_PER_SECOND,
    ORIGIN_ASIDE_MAX_US = 60 * US_PER_SECOND,
    ORIGINS_ASIDE_MAX = 256, /* failing ones that are remembered */
};

/** The origin of a URL has answered, or has failed to. A failure while it is set aside changes nothing. */
void origins_heard(const char *url, bool answered);

/** The time until which the origin of a URL is set aside; 0: it is not. */
int64_t origins_aside_until_us(const char *url);

/**
 * The URL to try: of those behind `failed`, round and round, the first one that is not set aside. If all of them are, the next one,
 * or at the beginning the one whose time is over first.
 *
 * Shape      failed: an index; PULL_URL_NONE (relay/order.h): the beginning
 */
size_t origins_choose(const struct conf_words *urls, size_t failed);

/** Forget all. */
void origins_finish(void);

#endif

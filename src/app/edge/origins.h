/**
 * The origins that were asked. One that cannot be reached is set aside for a time that doubles with each failure, from ORIGIN_ASIDE_US to
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
    ORIGINS_MAX = 256, /* that are remembered: those heard last */
};

/** The origin of a URL has answered, or has failed to. A failure while it is set aside changes nothing. */
void origins_heard(const char *url, bool answered);

/** The time until which the origin of a URL is set aside; 0: it is not. */
int64_t origins_aside_until_us(const char *url);

/** What is known of an origin. */
struct origin_state {
    bool    is_known;   /* it was asked */
    bool    is_up;      /* it answered when it was asked last */
    int64_t aside_us;   /* how long it is set aside from now on; 0: it is not */
    int64_t n_failures; /* since the start */
};

struct origin_state origins_state(const char *url);

/** True if two URLs are of one origin. */
bool origins_is_same(const char *url, const char *other);

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

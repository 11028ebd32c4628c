#include "app/source/give_way.h"

#include "app/source/reader.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/unfinished.h"

/* Memory is freed down to the limit minus this part of it, so that the next frame does not exceed the limit again. */
enum { SLACK_OF_LIMIT = 16 };

/* A backlog or GOP cache of fewer bytes than this is left alone. */
enum { WORTH_BYTES = 64 << 10 };

/* Most streams and messages that give way in one turn; time without another try when nothing was found. */
enum { TURN_SOURCES = 16, TURN_MESSAGES = 64, FUTILE_US = 100 * US_PER_MS };

static const char *const names[GIVE_WAY_STEPS] = { "unwatched_gop", "backlog", "gop", "unfinished" };
static const char *const told[GIVE_UNFINISHED] = {
    "the GOP cache of a stream that nobody watches",
    "what slow players have not taken yet",
    "a GOP cache, new players wait for the next key frame",
};

const char *give_way_name(enum give_way_step step)
{
    return names[step];
}

size_t give_way_gop_share(const struct sources *all)
{
    size_t limit = mem_limit(), n = all->by_key.count ? all->by_key.count : 1;
    size_t share = limit / GOP_SHARES_OF_LIMIT / n;
    if (!limit)
        return SIZE_MAX;
    return share < GOP_SHARE_MIN ? GOP_SHARE_MIN : share > GOP_SHARE_MAX ? GOP_SHARE_MAX : share;
}

/* The number of bytes that a stream would free in a step. */
static size_t worth(const struct source *s, enum give_way_step step)
{
    size_t gop = s->gops.is_cached ? s->gops.bytes : 0;
    switch (step) {
    case GIVE_UNWATCHED_GOP: return s->n_readers ? 0 : s->ring.bytes;
    case GIVE_BACKLOG: return s->n_readers && s->ring.bytes > gop ? s->ring.bytes - gop : 0;
    default: return gop;
    }
}

/* The end of the frames that a step gives up. Readers that keep up have been given all released frames. */
static uint64_t give_up_to(const struct source *s, enum give_way_step step)
{
    switch (step) {
    case GIVE_BACKLOG: return s->gops.is_cached ? gops_place(&s->gops)->seq : s->release_began;
    case GIVE_UNWATCHED_GOP: return s->ring.head;
    default: return s->n_readers ? s->release_began : s->ring.head;
    }
}

static size_t give_up(struct source *s, enum give_way_step step)
{
    size_t before = s->ring.bytes;
    if (step != GIVE_BACKLOG)
        s->gops.is_cached = false;
    if (s->under_way)
        s->under_way->settle();
    ring_trim(&s->ring, give_up_to(s, step));
    return before - s->ring.bytes;
}

static struct source *largest(const struct sources *all, enum give_way_step step)
{
    struct source *found = NULL, *s;
    size_t         most = WORTH_BYTES, at = 0;
    while ((s = map_next(&all->by_key, &at, NULL))) {
        size_t bytes = worth(s, step);
        bool   can = s->ring.tail < s->ring.head && give_up_to(s, step) > s->ring.tail;
        if (can && bytes > most) {
            most = bytes;
            found = s;
        }
    }
    return found;
}

/* Log a step. It has log limits of its own, because it is chance which coroutine exceeds the limit. */
static void tell(struct sources *all, const struct source *s, enum give_way_step step, size_t bytes)
{
    log_write_within(&all->given_up.log_limits, LOG_WARN,
                     "memory_limit: %zu MiB are held, more than %zu: %s gives up %zu bytes: %s", mem_held() >> 20,
                     mem_limit() >> 20, s->identity, bytes, told[step]);
}

static void count(struct given_up *g, enum give_way_step step, size_t bytes)
{
    g->steps[step].times++;
    g->steps[step].bytes += (int64_t)bytes;
}

/* Drop incomplete messages; each connection that ends for it logs that itself. True if there was any message. */
static bool drop_unfinished(struct given_up *g, size_t aim)
{
    size_t bytes;
    int    n = 0;
    while (mem_held() > aim && n < TURN_MESSAGES && (bytes = unfinished_give_way())) {
        count(g, GIVE_UNFINISHED, bytes);
        n++;
    }
    return n > 0;
}

void give_way_relieve(void *arg)
{
    struct sources  *all = arg;
    struct given_up *g = &all->given_up;
    const size_t     aim = mem_limit() - mem_limit() / SLACK_OF_LIMIT;
    int              n = 0;
    if (now_us() < g->futile_until_us)
        return;
    for (enum give_way_step step = 0; step < GIVE_UNFINISHED; step++) {
        struct source *s;
        while (mem_held() > aim && n < TURN_SOURCES && (s = largest(all, step))) {
            size_t bytes = give_up(s, step);
            count(g, step, bytes);
            tell(all, s, step, bytes);
            n++;
            if (!bytes)
                break;
        }
    }
    if (!drop_unfinished(g, aim) && n == 0)
        g->futile_until_us = now_us() + FUTILE_US;
}

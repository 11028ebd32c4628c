#include "app/edge/origins.h"

#include <string.h>

#include "app/relay/order.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

enum { NAME_CAP = 512 };

struct origin {
    int64_t aside_us; /* 0: it has answered last */
    int64_t until_us;
    int64_t n_failures;
    int64_t n_heard; /* how many times any origin had been heard */
};

static struct map known; /* struct origin by name: those that were asked */
static int64_t    n_heard;

static const char *name_of(char name[static NAME_CAP], const char *url)
{
    const char *mark = strstr(url, "://");
    size_t      scheme_len = mark ? (size_t)(mark - url) + 3 : 0;
    size_t      len = scheme_len + strcspn(url + scheme_len, "/?#");
    len = len < NAME_CAP ? len : NAME_CAP - 1;
    memcpy(name, url, len);
    name[len] = '\0';
    return name;
}

static int64_t n_heard_of(const void *origin)
{
    return ((const struct origin *)origin)->n_heard;
}

/* The one heard longest ago makes room. Without memory, the origin is tried as any other one. */
static struct origin *find_or_remember(const char *name)
{
    struct origin *o = map_find(&known, name);
    if (o)
        return o;
    if (known.count >= ORIGINS_MAX)
        mem_free(map_remove(&known, map_least(&known, n_heard_of)));
    o = mem_calloc(1, sizeof *o);
    if (o && map_put(&known, name, o))
        return o;
    mem_free(o);
    return NULL;
}

void origins_heard(const char *url, bool answered)
{
    char           name[NAME_CAP];
    struct origin *o = find_or_remember(name_of(name, url));
    if (!o)
        return;
    o->n_heard = ++n_heard;
    if (answered) {
        if (o->aside_us)
            log_info("edge: origin %s answers again", name);
        o->aside_us = o->until_us = 0;
        return;
    }
    o->n_failures++;
    if (now_us() < o->until_us)
        return;
    o->aside_us = backoff_next_us(o->aside_us, ORIGIN_ASIDE_US, ORIGIN_ASIDE_MAX_US);
    o->until_us = now_us() + o->aside_us;
    log_warn("edge: origin %s cannot be reached, it is set aside for %lldms", name,
             (long long)(o->aside_us / US_PER_MS));
}

int64_t origins_aside_until_us(const char *url)
{
    char                 name[NAME_CAP];
    const struct origin *o = map_find(&known, name_of(name, url));
    return o && now_us() < o->until_us ? o->until_us : 0;
}

struct origin_state origins_state(const char *url)
{
    char                 name[NAME_CAP];
    const struct origin *o = map_find(&known, name_of(name, url));
    int64_t              left_us = o ? o->until_us - now_us() : 0;
    return (struct origin_state){ .is_known = o,
                                  .is_up = o && !o->aside_us,
                                  .aside_us = left_us > 0 ? left_us : 0,
                                  .n_failures = o ? o->n_failures : 0 };
}

bool origins_is_same(const char *url, const char *other)
{
    char a[NAME_CAP], b[NAME_CAP];
    return str_equal(name_of(a, url), name_of(b, other));
}

size_t origins_choose(const struct conf_words *urls, size_t failed)
{
    size_t  from = failed == PULL_URL_NONE ? 0 : failed + 1, best = from % urls->count;
    int64_t best_us = origins_aside_until_us(urls->items[best]);
    for (size_t i = 0; i < urls->count; i++) {
        size_t  at = (from + i) % urls->count;
        int64_t aside_us = origins_aside_until_us(urls->items[at]);
        if (aside_us == 0)
            return at;
        if (failed == PULL_URL_NONE && aside_us < best_us) {
            best = at;
            best_us = aside_us;
        }
    }
    return best;
}

void origins_finish(void)
{
    size_t         at = 0;
    struct origin *o;
    while ((o = map_next(&known, &at, NULL)))
        mem_free(o);
    map_finish(&known);
}

#include "app/source/wall_tell.h"

#include "app/source/append.h"
#include "app/source/source.h"
#include "core/log.h"
#include "kernel/metadata.h"

static bool tells(const struct source *s)
{
    return s->vhost->cluster.common_segments && s->atc && s->wall.at_0_us;
}

struct err *wall_put(const struct source *s, const struct frame *metadata, const struct frame *f, struct frame **own)
{
    *own = NULL;
    if (!tells(s))
        return NULL;
    int64_t own_0_us = s->wall.at_0_us + f->shift_us;
    *own = metadata_with_wall(metadata, (double)(own_0_us / US_PER_MS));
    return *own ? NULL : err_no_memory();
}

static void find(struct source *s, const struct frame *f)
{
    int64_t now = wall_now_us();
    if (!wall_believes(&s->wall, f, now))
        log_warn("the wall clock that the publisher of %s tells is hours away from that of this server and is not "
                 "believed: other servers make other segments",
                 s->identity);
    s->wall.at_0_us = wall_find(&s->wall, f, now);
    s->wall.from = s->ring.head;
}

struct err *wall_follow(struct source *s, const struct frame *f)
{
    struct frame *own;
    if (!s->vhost->cluster.common_segments)
        return NULL;
    if (!s->wall.at_0_us)
        find(s, f);
    bool is_told = s->wall.is_told && s->wall.n_breaks_told == s->clock.n_breaks;
    s->wall.is_told = tells(s);
    s->wall.n_breaks_told = s->clock.n_breaks;
    if (is_told || !s->wall.is_told)
        return NULL;
    struct err *e = wall_put(s, headers_find(&s->headers, FRAME_SCRIPT, 0), f, &own);
    if (e || !own)
        return e;
    (void)source_stamp(s, own, f->dts_us - f->shift_us);
    e = source_append(s, own);
    frame_unref(&own);
    return e;
}

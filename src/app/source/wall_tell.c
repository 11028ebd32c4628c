#include "app/source/wall_tell.h"

#include "app/source/append.h"
#include "app/source/source.h"
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

struct err *wall_follow(struct source *s, const struct frame *f)
{
    struct frame *own;
    if (!s->vhost->cluster.common_segments || (s->wall.at_0_us && s->wall.n_breaks_told == s->clock.n_breaks))
        return NULL;
    if (!s->wall.at_0_us) {
        s->wall.at_0_us = wall_find(&s->wall, f, wall_now_us());
        s->wall.from = s->ring.head;
    }
    s->wall.n_breaks_told = s->clock.n_breaks;
    struct err *e = wall_put(s, headers_find(&s->headers, FRAME_SCRIPT, 0), f, &own);
    if (e || !own)
        return e;
    (void)source_stamp(s, own, f->dts_us - f->shift_us);
    e = source_append(s, own);
    frame_unref(&own);
    return e;
}

#include "app/source/audience.h"

#include "app/source/attend.h"
#include "app/source/pacer.h"
#include "app/source/reader.h"
#include "app/source/source.h"
#include "core/clock.h"

struct err *audience_join(struct reader *r, struct source *s)
{
    reader_init(r, s);
    if (s->n_readers == 1)
        attend_tell(s, MOMENT_FIRST_READER);
    r->seen = s->moments.newest;
    struct err *e = pacer_start(s);
    if (e)
        audience_leave(r);
    return err_wrap(e, "attach to %s", s->identity);
}

void audience_leave(struct reader *r)
{
    struct source *s = r->source;
    if (!s)
        return;
    reader_finish(r);
    if (s->n_readers == 0) {
        s->unwatched_since_us = now_us();
        pacer_notice(s); /* It ends when there is no reader. */
        attend_tell(s, MOMENT_LAST_READER_GONE);
    }
}

void audience_view(struct source *s, int64_t until_us)
{
    bool was_watched = source_is_watched(s);
    if (until_us > s->viewed_until_us)
        s->viewed_until_us = until_us;
    if (!was_watched)
        attend_tell(s, MOMENT_FIRST_READER);
}

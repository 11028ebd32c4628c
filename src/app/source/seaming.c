#include "app/source/seaming.h"

#include <string.h>

#include "app/source/enter.h"
#include "app/source/headers.h"
#include "app/source/life.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "core/log.h"

/* True for a configuration, or metadata, that the stream has. */
static bool is_known(const struct source *s, const struct frame *f)
{
    const struct frame *was = headers_takes(f) ? headers_find_like(&s->headers, f) : NULL;
    return was && was->len == f->len && memcmp(was->data, f->data, f->len) == 0;
}

/* Move an arrival to the times of the log. False if the log has it already. */
static bool fits(struct source *s, struct arrival *a)
{
    return !is_known(s, a->frame) && seam_passes(&s->seam, &s->ring, a);
}

static struct err *enter_kept(struct source *s)
{
    struct arrival    a;
    enum delay_begins begins;
    struct err       *e = NULL;
    while (delay_get(&s->seam.kept, &a, &begins)) {
        if (!e && (s->seam.state != SEAM_FOUND || fits(s, &a)))
            e = source_enter(s, &a);
        frame_unref(&a.frame);
    }
    return e;
}

static enum seam_verdict look(struct source *s, const struct arrival *a)
{
    if (s->state != SOURCE_HELD) /* It has ended meanwhile. */
        return SEAM_APART;
    return seam_look(&s->seam, &s->ring, a, now_us(), s->atc);
}

static struct err *keep(struct source *s, const struct arrival *a)
{
    return delay_put(&s->seam.kept, a, now_us()) ? NULL : err_no_memory();
}

static struct err *begin_apart(struct source *s)
{
    source_begin_apart(s);
    struct err *e = enter_kept(s);
    seam_end(&s->seam);
    return e;
}

static struct err *begin_at_seam(struct source *s)
{
    source_go_on(s);
    return enter_kept(s);
}

int64_t seaming_tend(struct source *s)
{
    if (s->seam.state != SEAM_WAITS)
        return DEADLINE_NEVER;
    if (!seam_is_overdue(&s->seam, now_us()))
        return now_us() + SEAM_PATIENCE_US;
    bool        goes_on = s->state == SOURCE_HELD && seam_give_up(&s->seam) == SEAM_GOES_ON;
    struct err *e = goes_on ? begin_at_seam(s) : begin_apart(s);
    log_err(LOG_WARN, e, "frames of %s are lost", s->identity);
    return DEADLINE_NEVER;
}

struct err *seaming_look(struct source *s, struct arrival *a, bool *enters)
{
    struct err *e = NULL;
    *enters = false;
    if (s->seam.state == SEAM_WAITS) {
        switch (look(s, a)) {
        case SEAM_KEEP: return keep(s, a);
        case SEAM_APART: *enters = true; return begin_apart(s);
        case SEAM_GOES_ON: e = begin_at_seam(s); break;
        }
    }
    *enters = !e && fits(s, a);
    return e;
}

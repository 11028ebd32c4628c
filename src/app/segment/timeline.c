#include "app/segment/timeline.h"

#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"

/*
 * A variant of a lifted group makes short segments. Its numbers jump when they have not come nearer for this many segments, or when they
 * are this far behind.
 */
enum { BEHIND_MAX = 3, BEHIND_FAR = 16 };

struct timeline {
    char                *name;
    struct list          members;
    int64_t              origin_us; /* offset of the first member: its media keep their times */
    bool                 has_origin;
    uint64_t             lifts;
    struct timeline_mark marks[TIMELINE_MARKS_MAX]; /* oldest first */
    size_t               n_marks;
};

static struct map timelines;

/* ---- life ---- */

static struct timeline *create(const char *name)
{
    struct timeline *t = mem_calloc(1, sizeof *t);
    if (!t)
        return NULL;
    list_init(&t->members);
    t->name = mem_strdup(name);
    if (t->name && map_put(&timelines, name, t))
        return t;
    mem_free(t->name);
    mem_free(t);
    return NULL;
}

void timeline_leave(struct timeline_member *m)
{
    struct timeline *t = m->of;
    if (!t)
        return;
    list_remove(&m->link);
    *m = (struct timeline_member){ 0 };
    if (!list_is_empty(&t->members))
        return;
    map_remove(&timelines, t->name);
    mem_free(t->name);
    mem_free(t);
}

bool timeline_enter(struct timeline_member *m, const char *name)
{
    if (m->of && str_equal(m->of->name, name))
        return true;
    timeline_leave(m);
    struct timeline *t = map_find(&timelines, name);
    if (!t && !(t = create(name)))
        return false;
    *m = (struct timeline_member){ .of = t, .lifts = t->lifts };
    list_push(&t->members, &m->link);
    return true;
}

void timeline_finish(void)
{
    map_finish(&timelines);
}

/* ---- clocks ---- */

static bool agree(int64_t a_us, int64_t b_us)
{
    return (a_us < b_us ? b_us - a_us : a_us - b_us) < TIMELINE_SAME_CLOCK_US;
}

/* Choose how the member's time becomes the group's: as it was, as another member with the same clock, or by arrival. */
static void place_member(struct timeline_member *m, const struct frame *f)
{
    struct timeline *t = m->of;
    int64_t          own_us = f->arrived_us - (f->dts_us - f->shift_us), lead_us = own_us;
    bool             has_peer = m->is_placed && agree(m->lead_us, own_us), is_alone = true;
    if (has_peer)
        lead_us = m->lead_us;
    for (const struct list *it = t->members.next; it != &t->members; it = it->next) {
        const struct timeline_member *peer = LIST_ENTRY(it, const struct timeline_member, link);
        if (peer == m || !peer->is_placed)
            continue;
        is_alone = false;
        if (has_peer || !agree(peer->lead_us, own_us))
            continue;
        lead_us = peer->lead_us;
        has_peer = true;
    }
    m->lead_us = lead_us;
    m->offset_us = lead_us - f->shift_us;
    m->is_loose = !has_peer && !is_alone;
    m->is_placed = true;
    if (!t->has_origin)
        t->origin_us = m->offset_us;
    t->has_origin = true;
}

/* ---- marks ---- */

static struct timeline_mark *newest(struct timeline *t)
{
    return t->n_marks ? &t->marks[t->n_marks - 1] : NULL;
}

/* The mark in whose time a moment is; the oldest, if it is before that; NULL: there is none. */
static struct timeline_mark *mark_at(struct timeline *t, int64_t us)
{
    for (size_t i = t->n_marks; i-- > 1;)
        if (t->marks[i].start_us <= us)
            return &t->marks[i];
    return t->n_marks ? &t->marks[0] : NULL;
}

static struct timeline_mark *mark_of(struct timeline *t, uint64_t number)
{
    for (size_t i = t->n_marks; i-- > 0;)
        if (t->marks[i].number == number)
            return &t->marks[i];
    return NULL;
}

static struct timeline_mark *add_mark(struct timeline *t, uint64_t number, int64_t start_us)
{
    if (t->n_marks == TIMELINE_MARKS_MAX)
        memmove(t->marks, t->marks + 1, --t->n_marks * sizeof t->marks[0]);
    t->marks[t->n_marks] = (struct timeline_mark){ .number = number, .start_us = start_us };
    return &t->marks[t->n_marks++];
}

/* True if the newest segment of the group would end before this frame. */
static bool is_past(const struct timeline_mark *mark, const struct cut_policy *p, const struct frame *f, int64_t us,
                    int64_t slack_us)
{
    int64_t long_us = us - mark->start_us + slack_us;
    return long_us >= CUT_SEGMENT_RATIO_MAX * p->fragment_us ||
           (f->key && long_us >= (int64_t)((double)p->fragment_us * p->td_ratio));
}

/* ---- numbers ---- */

/* The number that a segment should have, beginning at this time of the group. */
static uint64_t number_at(struct timeline *t, const struct cut_policy *p, const struct frame *f, int64_t us,
                          int64_t slack_us)
{
    const struct timeline_mark *mark = mark_at(t, us + slack_us);
    return mark->number + (mark == newest(t) && is_past(mark, p, f, us, slack_us));
}

/* True if a variant that goes on, and is behind a group that was lifted, is to jump to the group's number. */
static bool jumps(struct timeline_member *m, uint64_t next, uint64_t wanted)
{
    uint64_t behind = wanted > next ? wanted - next : 0;
    bool     gains = behind < m->behind;
    m->behind = behind;
    m->n_behind = behind == 0 || gains ? 0 : m->n_behind + 1;
    if (behind == 0)
        m->lifts = m->of->lifts;
    return m->lifts != m->of->lifts && (m->n_behind > BEHIND_MAX || behind > BEHIND_FAR);
}

static int64_t limited(int64_t us, int64_t most_us)
{
    return us > most_us ? most_us : us < -most_us ? -most_us : us;
}

static void set_mark(struct timeline_place *place, struct timeline *t, const struct cut_policy *p,
                     const struct frame *f, int64_t us)
{
    struct timeline_mark *last = newest(t);
    if (!last || place->number > last->number) {
        t->lifts += last && !is_past(last, p, f, us, place->slack_us);
        place->mark = add_mark(t, place->number, us);
        place->is_new = true;
        return;
    }
    struct timeline_mark *by_time = mark_at(t, us + place->slack_us), *by_number = mark_of(t, place->number);
    place->mark = by_number && by_number->number >= by_time->number ? by_number : by_time;
}

struct timeline_place timeline_begin(struct timeline_member *m, const struct cut_policy *p, const struct frame *f,
                                     uint64_t next, bool breaks)
{
    struct timeline *t = m->of;
    bool             joins = breaks || !m->is_placed;
    if (joins)
        place_member(m, f);
    struct timeline_place place = {
        .number = next,
        .slack_us = m->is_loose ? TIMELINE_LOOSE_SLACK_US : TIMELINE_SLACK_US,
        .shift_us = m->offset_us - t->origin_us,
    };
    int64_t  us = f->dts_us + m->offset_us;
    uint64_t wanted = t->n_marks ? number_at(t, p, f, us, place.slack_us) : next;
    bool     jumped = jumps(m, next, wanted);
    if (wanted > next && (joins || jumped))
        place.number = wanted;
    const struct timeline_mark *last = newest(t);
    int64_t                     last_wall_us = last ? last->wall_us + us - last->start_us : 0;
    set_mark(&place, t, p, f, us);
    place.wall_us = place.is_new ? (joins ? last_wall_us : 0) : place.mark->wall_us + us - place.mark->start_us;
    if (place.number >= wanted) {
        m->lifts = t->lifts;
        m->n_behind = 0;
        m->behind = 0;
    }
    int64_t most_us = (int64_t)((double)p->fragment_us * p->td_ratio);
    place.ahead_us = limited(us - place.mark->start_us, most_us);
    place.lag_us = place.number < wanted ? most_us : place.ahead_us + place.slack_us;
    return place;
}

bool timeline_has_passed(const struct timeline_member *m, uint64_t number, const struct frame *f)
{
    const struct timeline_mark *mark = m->of && m->is_placed ? newest(m->of) : NULL;
    return mark && mark->number > number && mark->start_us <= f->dts_us + m->offset_us;
}

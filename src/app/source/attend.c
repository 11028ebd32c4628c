#include "app/source/attend.h"

#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

static bool is_worth_it(const struct attendant *by, const struct source *s)
{
    if (by->begins_with == MOMENT_FIRST_READER && (source_is_watched(s) || s->state == SOURCE_PULLED))
        return true;
    return s->state == SOURCE_LIVE || (s->state == SOURCE_HELD && (!by->ends_with_publisher || s->seams));
}

static bool is_called_for(const struct attendant *by, const struct source *s)
{
    return is_worth_it(by, s) && by->wanted(s->vhost) && (!by->brings || by->brings(s));
}

bool attend_brings(const struct source *s)
{
    for (const struct attendant *by = s->owner->attendants; by && by->name; by++)
        if (by->brings && by->wanted(s->vhost) && by->brings(s))
            return true;
    return false;
}

bool attend_may_bring(const struct sources *all, const struct conf_vhost *vhost)
{
    for (const struct attendant *by = all->attendants; by && by->name; by++)
        if (by->brings && by->wanted(vhost))
            return true;
    return false;
}

/* A publish and a reload start any attendant that is missing. A reader does not start one again that has failed. */
static unsigned starting_moments(const struct attendant *by)
{
    return moment_bit(MOMENT_PUBLISHED) | moment_bit(MOMENT_CONF_CHANGED) | moment_bit(by->begins_with);
}

bool attendance_is_over(const struct attendance *a)
{
    return !is_called_for(a->by, a->source);
}

unsigned attendance_take(struct attendance *a)
{
    unsigned set = moments_since(&a->source->moments, a->seen);
    a->seen = a->source->moments.newest;
    return set;
}

struct err *attendance_wait(struct attendance *a, int64_t deadline_us, unsigned *moments)
{
    struct err *e = NULL;
    if (a->seen == a->source->moments.newest)
        e = co_park(deadline_us);
    *moments = attendance_take(a);
    return e;
}

/* ---- its place in the log ---- */

static void take_place(struct attendance *a)
{
    if (!a->by->reads_log || a->cursor.source)
        return;
    log_cursor_join_for(&a->cursor, a->source, a->co);
    a->published_us = a->source->published_at_us;
}

void attendance_leave_log(struct attendance *a)
{
    log_cursor_leave(&a->cursor);
    a->has_left_log = true;
}

/* A place that is not for the next run is given up. */
static void prepare_log(struct attendance *a, bool runs_again)
{
    if (!a->has_left_log || !runs_again)
        log_cursor_leave(&a->cursor);
    a->has_left_log = false;
    if (runs_again)
        take_place(a);
}

/* ---- its coroutine ---- */

static void log_failure(const struct attendance *a, struct err *e)
{
    log_err(LOG_WARN, err_except(e, E_THREAD_INTERRUPTED),
            "%s of %s has ended, the next publish or reload starts it again", a->by->name, a->source->identity);
}

/* True if a moment that came while the attendant ended, or since it failed, starts it again. */
static bool starts_again(struct attendance *a)
{
    bool has_come = attendance_take(a) & starting_moments(a->by);
    has_come |= a->has_left_log && a->cursor.source;
    return has_come && !co_is_cancelled(a->co) && !attendance_is_over(a);
}

static void run(void *arg)
{
    struct attendance *a = arg;
    bool               again;
    do {
        struct err *e = attendance_is_over(a) ? NULL : a->by->run(a);
        if (e)
            log_failure(a, e);
        again = starts_again(a);
        prepare_log(a, again);
    } while (again);
    struct source *s = a->source;
    list_remove(&a->link);
    mem_free(a);
    source_release(s);
}

static struct err *start(struct source *s, const struct attendant *by)
{
    struct attendance *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_no_memory();
    *a = (struct attendance){ .by = by, .source = s, .seen = s->moments.newest };
    struct err *e = co_go(&s->owner->attending, by->name, run, a, &a->co);
    if (e) {
        mem_free(a);
        return e;
    }
    s->refs++;
    list_push(&s->attending, &a->link);
    take_place(a);
    return NULL;
}

/* ---- moments ---- */

static struct attendance *find(const struct source *s, const struct attendant *by)
{
    for (const struct list *it = s->attending.next; it != &s->attending; it = it->next) {
        struct attendance *a = LIST_ENTRY(it, struct attendance, link);
        if (a->by == by)
            return a;
    }
    return NULL;
}

static void tell(struct source *s, const struct attendant *by, enum moment moment)
{
    struct attendance *a = find(s, by);
    if (a) {
        if (a->has_left_log && (starting_moments(by) & moment_bit(moment)) && is_called_for(by, s))
            take_place(a);
        co_unpark(a->co);
        return;
    }
    if (!(starting_moments(by) & moment_bit(moment)) || !is_called_for(by, s))
        return;
    struct err *e = start(s, by);
    if (e)
        log_err(LOG_WARN, e, "%s of %s cannot be started, the next publish or reload tries again", by->name,
                s->identity);
}

void attend_tell(struct source *s, enum moment moment)
{
    moments_note(&s->moments, moment);
    if (s->publisher)
        co_unpark(s->publisher->co); /* It reads by the clock while there are no readers, and follows reloads. */
    for (const struct attendant *by = s->owner->attendants; by && by->name; by++)
        tell(s, by, moment);
}

void attend_join(struct sources *all, int64_t patience_us)
{
    if (!co_group_join(&all->attending, now_us() + patience_us))
        log_warn("%zu attendants of streams have not ended in %llds: they are cancelled", all->attending.count,
                 (long long)(patience_us / US_PER_SECOND));
    co_group_cancel_and_join(&all->attending);
}

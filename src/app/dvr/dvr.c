#include "app/dvr/dvr.h"

#include "app/dvr/look.h"
#include "app/dvr/orders.h"
#include "app/dvr/recorder.h"
#include "app/server/finished_file.h"
#include "app/source/attend.h"
#include "app/source/source.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"

/* How long the end of a stream waits until its files are complete. They are completed in any case. */
enum { END_PATIENCE_US = 5 * US_PER_SECOND };

bool dvr_is_wanted(const struct conf_vhost *vhost)
{
    return vhost->dvr.enabled;
}

/* Take all frames that have been appended. Yields by time. */
static void take_frames(struct recorder *r)
{
    struct frame *f;
    bool          jumped = false;
    recorder_begin_take(r);
    while ((f = log_cursor_next(r->cursor, &jumped))) {
        recorder_take(r, f, jumped);
        jumped = false;
        frame_unref(&f);
        co_give_way_by_time();
    }
    recorder_flush(r);
}

/* While the first frames of a publish wait for the other kind of media, nothing wakes the cursor at the end of the wait. */
static int64_t wait_until_us(const struct source *s)
{
    return source_is_settled(s) ? DEADLINE_NEVER : s->unsettled_until_us;
}

/* Yields by time. */
static void take_preroll(struct recorder *r)
{
    struct frame *f;
    while ((f = recorder_next_of_preroll(r))) {
        recorder_take(r, f, false);
        frame_unref(&f);
        co_give_way_by_time();
    }
}

static struct err *record(struct attendance *a, struct recorder *r)
{
    struct source *s = a->source;
    struct err    *e = NULL;
    unsigned       moments;
    while (!e && !attendance_is_over(a)) {
        recorder_follow_conf(r);
        take_preroll(r);
        take_frames(r);
        r->cursor->until_us = r->flush_us;
        if (log_cursor_is_at_end(r->cursor) || !source_is_settled(s))
            e = err_except(attendance_wait(a, wait_until_us(s), &moments), E_SOCKET_TIMEOUT);
    }
    take_frames(r);
    return e;
}

static struct err *wait_for_files(struct recorder *r)
{
    struct err *e = NULL;
    int64_t     deadline_us = now_us() + END_PATIENCE_US;
    while (!e && !recorder_is_idle(r))
        e = co_park(deadline_us);
    if (err_code(e) == E_SOCKET_TIMEOUT)
        log_warn("DVR of %s: %zu files are not complete after %llds, the disk is not waited for", r->source->identity,
                 r->n_ending, (long long)(END_PATIENCE_US / US_PER_SECOND));
    return err_except(e, E_SOCKET_TIMEOUT);
}

/* A file that goes on has to be known first. A disk that does not answer is not waited for. */
static struct err *wait_for_catalogue(const struct attendance *a)
{
    enum { STEP_US = 10 * US_PER_MS, PATIENCE_US = 2 * US_PER_SECOND };
    int64_t     deadline_us = now_us() + PATIENCE_US;
    struct err *e = NULL;
    while (!e && a->source->vhost->dvr.plan == CONF_DVR_APPEND && !dvr_look_is_over() && now_us() < deadline_us)
        e = co_sleep(STEP_US);
    return e;
}

struct err *dvr_run(struct attendance *a)
{
    struct err *e = wait_for_catalogue(a);
    if (e)
        return e;
    struct recorder *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_no_memory();
    recorder_init(r, a);
    e = record(a, r);
    orders_forget(a->source->key); /* An order that comes from now on is about the next publish. */
    recorder_end_file(r);
    attendance_leave_log(a);
    if (!e)
        e = wait_for_files(r);
    finished_file_over(FINISHED_DVR, a->source->vhost, r->app, r->stream);
    recorder_finish(r);
    mem_free(r);
    return e;
}

#include "app/segment/segmenter.h"

#include "app/segment/show.h"
#include "app/source/attend.h"
#include "app/source/log_cursor.h"
#include "app/source/source.h"
#include "core/clock.h"
#include "protocol/co.h"

bool segmenter_is_wanted(const struct conf_vhost *vhost)
{
    bool wanted = false;
    for (const struct segment_view *const *v = segment_views; *v && !wanted; v++)
        wanted = (*v)->wanted(vhost);
    return wanted;
}

/* Frames of a publish that has ended may still be taken when the next one has come: they are cut by the wall clock that they had. */
static bool is_of_this_wall(const struct log_cursor *c)
{
    const struct wall *w = &c->source->wall;
    return w->at_0_us && c->seq > w->from;
}

/* A frame was taken: know what is known of its stream. */
static void follow_facts(struct show *show, const struct log_cursor *c)
{
    const struct source *s = c->source;
    if (!source_is_live(s))
        return;
    show->video = s->video;
    show->audio = s->audio;
    show->fps = s->fps;
    if (is_of_this_wall(c))
        show_keep_to_wall(show, s->wall.at_0_us);
}

/* Take all frames that have been appended. Yields by time. */
static void take_frames(struct show *show, struct log_cursor *c)
{
    struct frame *f;
    bool          jumped = false;
    while ((f = log_cursor_next(c, &jumped))) {
        if (jumped || c->is_apart)
            show_break(show);
        jumped = c->is_apart = false;
        follow_facts(show, c);
        show_take(show, f);
        frame_unref(&f);
        co_give_way_by_time();
    }
}

/* Frames are taken now and then, before the log forgets them (queue_length may be a second), and when a part may end. */
static int64_t wake_at_us(const struct show *show)
{
    enum { TAKE_US = 500 * US_PER_MS };
    int64_t part_us = show_next_part_us(show), take_us = show->newest_us + TAKE_US;
    return part_us < take_us ? part_us : take_us;
}

/* While the first frames of a publish wait for the other kind of media, nothing wakes the cursor at the end of the wait. */
static int64_t wait_until_us(const struct source *s)
{
    return source_is_settled(s) ? DEADLINE_NEVER : s->unsettled_until_us;
}

static void disconnect(const struct source *s, struct show *show)
{
    show->ends_publish = false;
    if (!s->publisher)
        return;
    log_warn("the publisher of %s is disconnected, because its segments cannot be written", s->identity);
    co_cancel(s->publisher->co);
}

static struct err *cut(struct attendance *a, struct show *show, struct log_cursor *c)
{
    struct err *e = NULL;
    unsigned    moments;
    while (!e && !attendance_is_over(a)) {
        show_apply_conf(show, a->source);
        show_end_failed(show);
        if (show->ends_publish)
            disconnect(a->source, show);
        log_cursor_be_prompt(c, show_is_prompt(show));
        take_frames(show, c);
        c->until_us = wake_at_us(show);
        if (log_cursor_is_at_end(c) || !source_is_settled(a->source))
            e = err_except(attendance_wait(a, wait_until_us(a->source), &moments), E_SOCKET_TIMEOUT);
    }
    take_frames(show, c);
    return e;
}

struct err *segmenter_run(struct attendance *a)
{
    struct show *show = NULL;
    struct err  *e = show_enter(a->source, &show);
    if (e)
        return e;
    e = show_recover(show);
    co_trim_stack(); /* Return the stack pages that the beginning touched; the stream may go on for days. */
    if (!e)
        e = cut(a, show, &a->cursor);
    show_over(show);
    show_apply_conf(show, a->source); /* A reload may have switched all views off, which ended the loop. */
    show_unref(&show);
    return e;
}

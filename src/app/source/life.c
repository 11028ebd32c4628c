#include "app/source/life.h"

#include "app/source/append.h"
#include "app/source/attend.h"
#include "app/source/pacer.h"
#include "app/source/retention.h"
#include "app/source/source.h"
#include "app/source/sources.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"

/* End a publish: newcomers get none of its frames, and present readers read on to its end. */
static void end_publish(struct source *s)
{
    err_free(source_append_rest(s)); /* Without memory the last frames are lost. */
    if (s->state == SOURCE_HELD && s->seams)
        s->broke_at = s->ring.head;
    mix_queue_clear(&s->mix);
    if (s->clock.started)
        headers_copy(&s->before, &s->headers);
    headers_clear(&s->headers);
    gops_clear(&s->gops);
    s->video_track = s->audio_track = 0;
    s->video_told = s->audio_told = false;
    s->unsettled_until_us = 0;
    s->atc = s->vhost->play.atc;
    s->wall = (struct wall){ 0 };
    s->video = (struct video_info){ 0 };
    s->audio = (struct audio_info){ 0 };
}

/* Note the publisher and the time for the API, and count the stream for its vhost. */
static void note_publisher(struct source *s, const struct publisher *p)
{
    struct stream_stat *stat = &s->stat;
    str_copy(stat->publisher_id, sizeof stat->publisher_id, p->trace);
    stat->published_wall_ms = wall_now_us() / US_PER_MS;
    if (stat->vhost && !stat->counted_in) {
        stat->counted_in = stat->vhost;
        stat->counted_in->n_streams++;
    }
}

/* The frames that enter from now on belong to another publish. */
static void begin_log(struct source *s)
{
    stream_clock_begin(&s->clock);
    s->published_at_us = now_us();
    pulse_begin(&s->pulse, s->published_at_us, s->clock.n_breaks);
}

/* Tell of the end of a publish that another one follows. */
static void end_for_another(struct source *s)
{
    end_publish(s);
    attend_tell(s, MOMENT_UNPUBLISHED);
}

/* The publisher of a held stream is back: what was kept for newcomers is of the last publish. */
static void end_own_hold(struct source *s)
{
    log_info("the publisher of %s is back after %lldms, players=%zu", s->identity,
             (long long)((now_us() - s->held_from_us) / US_PER_MS), s->n_readers);
    end_publish(s);
}

void source_expel(struct source *s)
{
    struct publisher *p = s->publisher;
    if (!p)
        return;
    if (p->is_there && !*p->is_there)
        log_info("client %s has not been heard yet, and gives %s up to another publisher", p->trace, s->identity);
    p->taken_over = true;
    co_cancel(p->co);
}

/* Drop the headers of a publisher that was never shown. */
static void drop_unshown(struct source *s)
{
    struct arrival    a;
    enum delay_begins begins;
    while (delay_get(&s->delay, &a, &begins))
        frame_unref(&a.frame);
    s->hand_back.waits = false;
}

static void wait_behind_stand_in(struct source *s)
{
    if (s->hand_back.waits)
        drop_unshown(s);
    hand_back_begin(&s->hand_back);
}

/* True if the publisher may have the stream that the last one had, and the log has what that brought. */
static bool may_go_on(const struct source *s, const struct publisher *p)
{
    return p->seams && s->seams && s->state == SOURCE_HELD && !s->publisher && !delay_is_in_use(&s->delay) &&
           s->ring.head > s->ring.tail;
}

/* The publisher is there, and what becomes of the stream is decided by what it brings (seaming.h). */
static void begin_at_seam(struct source *s, struct publisher *p)
{
    seam_begin(&s->seam, &s->ring);
    s->publisher = p;
    note_publisher(s, p);
    co_set_urgent(true);
}

struct err *source_publish(struct source *s, struct publisher *p)
{
    if (source_is_busy(s))
        return err_new(E_SYSTEM_STREAM_BUSY, "stream %s is busy, client %s publishes it", s->identity,
                       s->publisher->trace);
    if (!mem_has_room())
        return err_new(E_LIMIT, "no memory for another publisher: the server holds more than memory_limit");
    if (may_go_on(s, p)) {
        begin_at_seam(s, p);
        return NULL;
    }
    bool begins_late = source_is_live(s) && (delay_is_holding(&s->delay) || s->stand_in);
    source_expel(s);
    seam_end(&s->seam);
    if (source_is_live(s) && !begins_late)
        end_for_another(s);
    if (s->state == SOURCE_HELD)
        end_own_hold(s);
    if (s->stand_in)
        wait_behind_stand_in(s);
    if (begins_late || delay_is_in_use(&s->delay))
        delay_begin(&s->delay, begins_late);
    s->publisher = p;
    s->seams = p->seams;
    s->state = SOURCE_LIVE;
    s->unwatched_since_us = now_us();
    note_publisher(s, p);
    co_set_urgent(true);
    if (begins_late)
        return NULL;
    begin_log(s);
    attend_tell(s, MOMENT_PUBLISHED);
    return NULL;
}

void source_go_on(struct source *s)
{
    log_info("%s goes on after %lldms, players=%zu", s->identity, (long long)((now_us() - s->held_from_us) / US_PER_MS),
             s->n_readers);
    s->state = SOURCE_LIVE;
    s->unwatched_since_us = now_us();
    attend_tell(s, MOMENT_GOES_ON);
}

void source_begin_apart(struct source *s)
{
    if (s->state == SOURCE_HELD)
        end_own_hold(s);
    else if (s->stand_in) /* It has begun meanwhile. */
        end_for_another(s);
    s->stand_in = NULL;
    s->seams = s->publisher->seams; /* A stand-in has none. */
    s->state = SOURCE_LIVE;
    s->unwatched_since_us = now_us();
    begin_log(s);
    attend_tell(s, MOMENT_PUBLISHED);
}

void source_begin_late(struct source *s, bool after)
{
    if (s->stand_in)
        log_info("the publisher of %s is back, in place of its %s, players=%zu", s->identity, s->stand_in,
                 s->n_readers);
    s->stand_in = NULL;
    s->hand_back.waits = false;
    if (after)
        end_for_another(s);
    begin_log(s);
    if (after)
        attend_tell(s, MOMENT_PUBLISHED);
}

/* Tell everybody of the end of the stream, after its last frame. */
static void go_off_air(struct source *s)
{
    end_publish(s);
    s->state = SOURCE_IDLE;
    attend_tell(s, MOMENT_UNPUBLISHED);
    pacer_release_now(s);
    do
        retention_trim(s); /* Players may stay for hours; the last GOP need not. */
    while (s->trims_on);
}

/* Keep the last GOP for newcomers, and the present readers at its end. */
static void hold(struct source *s)
{
    err_free(source_append_rest(s)); /* Without memory the last frames are lost. */
    s->unsettled_until_us = 0;
    s->state = SOURCE_HELD;
    s->held_from_us = now_us();
    log_info("hold %s until its publisher is back, players=%zu", s->identity, s->n_readers);
    attend_tell(s, MOMENT_HELD);
    pacer_release_now(s);
}

static void hold_or_go_off_air(struct source *s)
{
    if (s->has_holder && !s->owner->holds_none)
        hold(s);
    else
        go_off_air(s);
}

static void note_no_publisher(struct source *s)
{
    if (s->stat.counted_in)
        s->stat.counted_in->n_streams--;
    s->stat.counted_in = NULL;
}

/* A publisher that leaves before its first frame leaves the stream to its stand-in. */
static void finish_publish(struct source *s)
{
    delay_end(&s->delay);
    note_no_publisher(s);
    if (!s->stand_in)
        hold_or_go_off_air(s);
}

void source_unpublish(struct source *s, struct publisher *p)
{
    co_set_urgent(false);
    if (s->publisher != p)
        return;
    s->publisher = NULL;
    bool is_undecided = s->seam.state == SEAM_WAITS;
    seam_end(&s->seam);
    if (is_undecided) {
        note_no_publisher(s);
        return; /* The stream is held as before, or has ended meanwhile. */
    }
    if (s->hand_back.waits)
        drop_unshown(s);
    if (!delay_is_holding(&s->delay)) {
        finish_publish(s);
        return;
    }
    log_info("the publisher of %s has left, what its delay holds is played out: frames=%zu, bytes=%zu, ms=%lld",
             s->identity, s->delay.n, s->delay.bytes, (long long)(delay_held_us(&s->delay, now_us()) / US_PER_MS));
    delay_notice(&s->delay);
}

void source_end_late(struct source *s)
{
    if (source_is_live(s) && !s->publisher && !s->stand_in && !delay_is_holding(&s->delay))
        finish_publish(s);
}

void source_let_hold(struct source *s, bool lets)
{
    s->has_holder = lets;
    if (!lets)
        source_end_hold(s);
}

void source_begin_stand_in(struct source *s, const char *what)
{
    log_info("%s stands in for the publisher of %s, players=%zu", what, s->identity, s->n_readers);
    if (s->stand_in)
        end_for_another(s);
    else
        end_publish(s);
    s->seams = false;
    s->stand_in = what;
    s->state = SOURCE_LIVE;
    begin_log(s);
    attend_tell(s, MOMENT_PUBLISHED);
}

void source_end_stand_in(struct source *s)
{
    if (!s->stand_in)
        return;
    s->stand_in = NULL;
    s->hand_back.waits = false; /* Nothing is shown meanwhile. */
    if (s->publisher)
        delay_notice(&s->delay);
    else if (!delay_is_holding(&s->delay))
        hold_or_go_off_air(s);
}

void source_end_hold(struct source *s)
{
    if (s->state == SOURCE_HELD)
        go_off_air(s);
}

void source_pull_begin(struct source *s)
{
    if (s->state == SOURCE_IDLE)
        s->state = SOURCE_PULLED;
}

void source_pull_end(struct source *s)
{
    if (s->state == SOURCE_PULLED)
        s->state = SOURCE_IDLE;
}

void source_apply_conf(struct source *s, struct conf *conf, const struct conf_vhost *vhost)
{
    if (!vhost)
        return;
    bool atc_was = s->vhost->play.atc;
    s->vhost = vhost;
    conf_ref(conf);
    conf_unref(&s->conf);
    s->conf = conf;
    if (vhost->play.atc != atc_was)
        s->atc = vhost->play.atc;
    if (!vhost->play.gop_cache)
        s->gops.is_cached = false; /* If it is switched on again, caching starts with the next key frame. */
    delay_set_span(&s->delay, source_delay_us(s));
    pacer_notice(s); /* Frames that are held back may be due now. */
    attend_tell(s, MOMENT_CONF_CHANGED);
}

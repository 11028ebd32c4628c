#include "app/dvr/recorder.h"

#include <string.h>
#include <time.h>

#include "app/dvr/catalogue.h"
#include "app/dvr/counts.h"
#include "app/dvr/file_gaps.h"
#include "app/dvr/orders.h"
#include "app/source/attend.h"
#include "app/source/first_time.h"
#include "app/source/source.h"
#include "core/backoff.h"
#include "core/log.h"
#include "core/str.h"

/* How long sound waits for the pictures of its stream before it is recorded alone. */
enum { PICTURES_US = 10 * US_PER_SECOND };

/* A gap is told when writing has worked again for this long. */
enum { GAP_TOLD_US = 2 * US_PER_SECOND };

#define NOT_WAITING INT64_MIN
#define NO_GAP INT64_MIN

static const struct conf_dvr *conf_of(const struct recorder *r)
{
    return &r->source->vhost->dvr;
}

/* ---- configuration --------------------------------------------------------------------------------------------- */

/* The order of the API, or else `dvr_apply`. */
static bool is_wanted(const struct recorder *r)
{
    const struct order *order = orders_find(r->source->key);
    return order ? order->kind == ORDER_START : source_is_among(r->source, &r->source->vhost->dvr.apply);
}

static bool is_same(const struct conf_dvr *a, const struct conf_dvr *b)
{
    return str_equal(a->path, b->path) && a->plan == b->plan && a->duration_us == b->duration_us &&
           a->wait_keyframe == b->wait_keyframe && a->time_jitter == b->time_jitter && a->align == b->align;
}

/* What follows later is a recording of its own, and the time until then is a gap. */
static void stop_recording(struct recorder *r)
{
    recorder_end_file(r);
    r->goes_on = r->is_broken = false;
    r->gap_us = NO_GAP;
}

static void drop_preroll(struct recorder *r)
{
    preroll_clear(&r->preroll);
    r->takes_preroll = false;
}

/* The API has started it: what was kept before comes first. */
static void begin_preroll(struct recorder *r)
{
    const struct order *order = orders_find(r->source->key);
    if (!order || order->preroll_us == 0) {
        preroll_clear(&r->preroll);
        return;
    }
    preroll_trim(&r->preroll, order->preroll_us);
    r->takes_preroll = r->preroll.n > 0;
    if (r->takes_preroll)
        headers_copy(&r->headers, &r->preroll.headers);
}

struct frame *recorder_next_of_preroll(struct recorder *r)
{
    struct frame *f = r->takes_preroll ? preroll_next(&r->preroll) : NULL;
    if (!f && r->takes_preroll)
        drop_preroll(r);
    return f;
}

void recorder_follow_conf(struct recorder *r)
{
    const struct source *s = r->source;
    if (r->conf == s->conf && r->n_orders == orders_serial())
        return;
    r->n_orders = orders_serial();
    bool was_applied = r->applies, is_reloaded = r->conf != s->conf;
    r->applies = is_wanted(r);
    if (r->file && (!r->applies || !is_same(&r->file->vhost->dvr, &s->vhost->dvr)))
        stop_recording(r);
    if (is_reloaded || r->applies != was_applied)
        r->retry_us = r->pause_us = 0;
    if (r->applies && !was_applied)
        begin_preroll(r);
    conf_unref(&r->conf);
    r->conf = conf_ref(s->conf);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

void recorder_init(struct recorder *r, struct attendance *a)
{
    const struct source *s = a->source;
    *r = (struct recorder){ .source = a->source,
                            .cursor = &a->cursor,
                            .published_us = a->published_us,
                            .waits_us = NOT_WAITING,
                            .gap_us = NO_GAP };
    dvr_counts_begin(s->id);
    stream_name_normalise(r->app, s->app, strlen(s->app));
    stream_name_normalise(r->stream, s->stream, strlen(s->stream));
}

static void drop_complete(struct recorder *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n_ending; i++)
        if (!r->ending[i]->is_settled)
            r->ending[n++] = r->ending[i];
        else
            dvr_file_unref(&r->ending[i]);
    r->n_ending = n;
}

bool recorder_is_idle(struct recorder *r)
{
    drop_complete(r);
    return r->n_ending == 0;
}

/* The open file gets the part of the gap that lies in it. */
static void split_gap(struct recorder *r)
{
    if (r->gap_us == NO_GAP || r->file->head_is_lost)
        return;
    int64_t end_us = r->is_broken ? r->newest_us : r->gap_end_us;
    if (end_us > r->gap_us)
        dvr_file_gap(r->file, r->gap_us, end_us, r->gap_why);
    r->gap_us = r->is_broken ? end_us : NO_GAP;
}

void recorder_end_file(struct recorder *r)
{
    if (!r->file)
        return;
    split_gap(r);
    dvr_file_end(r->file);
    r->ending[r->n_ending++] = r->file; /* A file is begun only while there is room. */
    r->file = NULL;
    r->waits_us = NOT_WAITING;
}

void recorder_finish(struct recorder *r)
{
    recorder_end_file(r);
    for (size_t i = 0; i < r->n_ending; i++)
        dvr_file_unref(&r->ending[i]);
    headers_clear(&r->headers);
    preroll_clear(&r->preroll);
    conf_unref(&r->conf);
    dvr_counts_end(r->source->id);
}

/* ---- gaps ------------------------------------------------------------------------------------------------------- */

static void begin_gap(struct recorder *r, int64_t us, enum gap_reason why)
{
    if (r->gap_us != NO_GAP && !r->is_broken && r->file && us > r->gap_end_us) { /* It had worked for a while. */
        dvr_file_gap(r->file, r->gap_us, r->gap_end_us, r->gap_why);
        r->gap_us = NO_GAP;
    }
    r->is_broken = true;
    if (r->gap_us != NO_GAP)
        return;
    r->gap_us = us;
    r->gap_why = why;
}

/* Writing is tried again from this frame on. */
static void try_again(struct recorder *r, const struct frame *f)
{
    r->is_broken = false;
    r->gap_end_us = f->dts_us;
    r->gap_told_us = now_us() + GAP_TOLD_US;
}

/* What came after the gap is on the disk, as far as is known. */
static void tell_gap(struct recorder *r)
{
    if (r->gap_us == NO_GAP || r->is_broken)
        return;
    dvr_file_gap(r->file, r->gap_us, r->gap_end_us, r->gap_why);
    r->gap_us = NO_GAP;
    r->pause_us = 0;
}

/* Nothing came in for longer than the steps of the stream explain. */
static void note_pause(struct recorder *r, const struct frame *f)
{
    enum { LEAST_US = 2 * US_PER_SECOND, LEAST_STEPS = 4 };
    const struct dvr_file *file = r->file;
    int64_t                pause_us = f->dts_us - file->last_us;
    if (file->step_us && pause_us >= LEAST_US && pause_us >= LEAST_STEPS * file->step_us && r->gap_us == NO_GAP)
        dvr_file_gap(r->file, file->last_us + file->step_us, f->dts_us, GAP_PUBLISHER);
}

static bool was_killed(const struct dvr_recording *last)
{
    const struct gap *gap = last->gaps.n ? &last->gaps.items[last->gaps.n - 1] : NULL;
    return gap && gap->reason == GAP_KILL && gap->length_us == GAP_LENGTH_UNKNOWN;
}

/* The first file of a publish: what the stream has lacked since its last recording, or since that part of this one. */
static void note_absence(struct recorder *r, int64_t wall_us)
{
    enum { LEAST_US = US_PER_SECOND };
    const struct dvr_file      *f = r->file;
    const struct dvr_recording *mine = f->recording, *last = mine;
    if (!f->is_resumed)
        last = catalogue_newest(mine->vhost, mine->app, mine->stream, mine);
    if (!last || r->gap_us != NO_GAP)
        return;
    int64_t         end_us = f->is_resumed ? f->before_end_us : last->end_us;
    int64_t         length_us = wall_us - end_us;
    enum gap_reason why = end_us < dvr_wall_us(r->source->published_at_us) ? GAP_PUBLISHER : GAP_OFF;
    if (was_killed(last))
        why = GAP_KILL;
    if (length_us >= (why == GAP_KILL ? 0 : LEAST_US))
        dvr_file_gap(r->file, f->first_us - length_us, f->first_us, why);
}

/* ---- the beginning of a file ------------------------------------------------------------------------------------- */

static void pause(struct recorder *r)
{
    r->pause_us = backoff_next_us(r->pause_us, RECORDER_PAUSE_US, RECORDER_PAUSE_MAX_US);
    r->retry_us = now_us() + r->pause_us;
}

/* The earliest time of a frame, and of those that come after it. What was kept before a start is not in the log any more. */
static int64_t next_us(const struct recorder *r, const struct frame *first)
{
    int64_t us = r->takes_preroll ? preroll_first_us(&r->preroll)
                                  : first_time_us(r->source, r->cursor->seq - 1, (struct picture_gate){ 0 });
    return us < first->dts_us ? us : first->dts_us;
}

static void begin_file(struct recorder *r, const struct frame *first)
{
    const struct source     *s = r->source;
    const struct dvr_subject subject = { .conf = s->conf,
                                         .vhost = s->vhost,
                                         .app = r->app,
                                         .stream = r->stream,
                                         .source_id = s->id,
                                         .more_bytes = r->preroll.bytes };
    int64_t                  first_us = next_us(r, first);
    int64_t                  wall_us = dvr_wall_us(first->arrived_us);
    struct err              *e = dvr_file_begin(&r->file, &subject, &r->headers, r->video, r->audio, first_us, wall_us);
    r->waits_us = NOT_WAITING;
    if (!e) {
        if (!r->goes_on)
            note_absence(r, wall_us);
        r->goes_on = true;
        r->flush_us = first->dts_us; /* Its beginning is written with its head. */
        try_again(r, first);
        return;
    }
    dvr_count(s->id, &(struct dvr_counts){ .n_failures = 1 });
    begin_gap(r, first->dts_us, GAP_NO_FILE);
    pause(r);
    log_err(LOG_WARN, e, "DVR of %s: no file, next try in %llds", s->identity,
            (long long)(r->pause_us / US_PER_SECOND));
}

/* ---- where a file begins and ends -------------------------------------------------------------------------------- */

static bool has_pictures(const struct recorder *r, const struct frame *f)
{
    return r->video != CODEC_NONE && !gops_are_over(&r->source->gops, f);
}

/* A place where a file may begin, or be cut. */
static bool is_place(const struct recorder *r, const struct frame *f)
{
    if (!has_pictures(r, f))
        return true;
    return conf_of(r)->wait_keyframe ? f->key && f->track == 0 : f->kind == FRAME_VIDEO;
}

/* The number of the period, counted from a midnight, in which a moment lies. */
static int64_t period_of(const struct recorder *r, int64_t wall_us, int64_t duration_us)
{
    time_t    seconds = (time_t)(wall_us / US_PER_SECOND);
    struct tm parts = { 0 };
    if (!r->source->conf->utc_time)
        localtime_r(&seconds, &parts);
    return (wall_us + (int64_t)parts.tm_gmtoff * US_PER_SECOND) / duration_us;
}

static bool is_too_long(const struct recorder *r, const struct frame *f)
{
    const struct conf_dvr *c = conf_of(r);
    int64_t                duration_us = c->duration_us > US_PER_SECOND ? c->duration_us : US_PER_SECOND;
    if (c->plan != CONF_DVR_SEGMENT)
        return false;
    if (!c->align)
        return f->dts_us - r->file->first_us >= duration_us;
    return period_of(r, dvr_wall_us(f->arrived_us), duration_us) !=
           period_of(r, r->file->recording->begin_us, duration_us);
}

/* Sound waits for its pictures, but no longer than PICTURES_US. */
static bool may_begin(struct recorder *r, const struct frame *f)
{
    if (is_place(r, f))
        return true;
    if (r->waits_us == NOT_WAITING)
        r->waits_us = f->dts_us;
    return f->dts_us - r->waits_us > PICTURES_US;
}

static bool is_ready(const struct recorder *r)
{
    return r->applies && r->n_ending < RECORDER_ENDING_MAX && now_us() >= r->retry_us;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

/* Another publisher has come: its stream is another recording. */
static void follow_publish(struct recorder *r, const struct frame *f)
{
    const struct source *s = r->source;
    if (r->published_us == s->published_at_us || f->arrived_us < s->published_at_us)
        return;
    if (!r->file || conf_of(r)->plan != CONF_DVR_APPEND || !r->file->format->appends)
        recorder_end_file(r);
    headers_clear(&r->headers);
    drop_preroll(r);
    r->video = r->audio = CODEC_NONE;
    r->goes_on = false;
    r->published_us = s->published_at_us;
}

/* The source forgets the codecs when the publish ends, and the last frames are taken after that. */
static void note_codecs(struct recorder *r)
{
    const struct source *s = r->source;
    if (source_knows_codec(s, FRAME_VIDEO))
        r->video = source_codec(s, FRAME_VIDEO);
    if (source_knows_codec(s, FRAME_AUDIO))
        r->audio = source_codec(s, FRAME_AUDIO);
}

static void take_media(struct recorder *r, struct frame *f)
{
    if (r->file && is_place(r, f) && is_too_long(r, f))
        recorder_end_file(r);
    if (!r->file && is_ready(r) && may_begin(r, f))
        begin_file(r, f);
    if (!r->file)
        return;
    if (r->is_broken && now_us() >= r->retry_us && (f->key || !has_pictures(r, f)))
        try_again(r, f);
    if (r->is_broken)
        return;
    note_pause(r, f);
    if (dvr_file_take(r->file, f))
        return;
    recorder_end_file(r);
    if (is_ready(r) && may_begin(r, f))
        begin_file(r, f);
    if (r->file && !dvr_file_take(r->file, f))
        recorder_end_file(r);
}

/* A key frame of its own is a place, whatever the configuration says of cuts. */
static void keep_preroll(struct recorder *r, struct frame *f)
{
    bool is_start = !frame_is_header(f) && (has_pictures(r, f) ? f->key && f->track == 0 : r->video == CODEC_NONE);
    preroll_take(&r->preroll, f, &r->headers, is_start, conf_of(r)->preroll_us);
}

void recorder_take(struct recorder *r, struct frame *f, bool jumped)
{
    follow_publish(r, f);
    note_codecs(r);
    if (jumped && r->applies)
        begin_gap(r, r->file ? r->file->last_us : f->dts_us, GAP_BEHIND);
    if (!frame_is_header(f))
        r->newest_us = f->dts_us;
    if (headers_takes(f))
        headers_put(&r->headers, f);
    if (!r->applies)
        keep_preroll(r, f);
    else if (!frame_is_header(f))
        take_media(r, f);
    else if (r->file && !dvr_file_take(r->file, f))
        recorder_end_file(r);
}

/* Pictures after a gap cannot be decoded up to a key frame. */
static void note_losses(struct recorder *r)
{
    enum gap_reason why;
    bool            is_new = !r->is_broken; /* Otherwise it is what came back of the same attempt. */
    if (!dvr_file_note_lost(r->file, &why))
        return;
    begin_gap(r, r->file->written_us, why);
    if (is_new)
        pause(r);
}

void recorder_begin_take(struct recorder *r)
{
    drop_complete(r);
    if (r->file)
        dvr_file_note_written(r->file);
}

/* Times of a stream may jump back. */
static bool is_flush_due(const struct recorder *r)
{
    int64_t newest_us = r->source->clock.newest_us;
    return newest_us >= r->flush_us || newest_us < r->flush_us - RECORDER_FLUSH_US ||
           (r->file && r->file->head_is_lost);
}

void recorder_flush(struct recorder *r)
{
    drop_complete(r);
    if (!is_flush_due(r))
        return;
    r->flush_us = r->source->clock.newest_us + RECORDER_FLUSH_US;
    if (!r->file)
        return;
    dvr_file_flush(r->file);
    note_losses(r);
    if (r->file->head_is_lost)
        recorder_end_file(r);
    else if (now_us() >= r->gap_told_us)
        tell_gap(r);
}

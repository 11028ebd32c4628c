#include "app/dvr/file.h"

#include "app/dvr/catalogue.h"
#include "app/dvr/complete.h"
#include "app/dvr/counts.h"
#include "app/dvr/file_gaps.h"
#include "app/dvr/file_name.h"
#include "app/dvr/note.h"
#include "app/dvr/open_files.h"
#include "app/dvr/rescue.h"
#include "app/server/finished_file.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"

/* Bytes that may wait for the disk; beyond this, frames are lost. */
enum { QUEUE_BYTES_MAX = 8 << 20 };

/*
 * Time between two parts of a recording. A part ends anywhere, so its last pictures may be displayed later than its duration says: those that
 * are shown before them, but come after them, are missing.
 */
enum { RESUME_PAUSE_US = 200 * US_PER_MS };

/* ---- its life -------------------------------------------------------------------------------------------------- */

static struct dvr_file *ref(struct dvr_file *f)
{
    f->refs++;
    return f;
}

static void destroy(struct dvr_file *f)
{
    open_files_forget(f);
    if (f->format && f->format->finish)
        f->format->finish(&f->output);
    file_writer_leave(&f->output.writer);
    conf_unref(&f->conf);
    dvr_recording_unref(&f->rescued);
    dvr_recording_unref(&f->recording);
    mem_free(f->path);
    mem_free(f->temporary);
    mem_free(f->final);
    mem_free(f);
}

static void drop(void *arg)
{
    struct dvr_file *f = arg;
    if (--f->refs == 0)
        destroy(f);
}

void dvr_file_unref(struct dvr_file **fp)
{
    struct dvr_file *f = *fp;
    *fp = NULL;
    if (!f)
        return;
    f->owner = NULL;
    dvr_file_end(f);
    drop(f);
}

/* ---- the beginning --------------------------------------------------------------------------------------------- */

/*
 * Reopen the recording that goes on, or complete a file of the same name that a killed run of the server has left. The writer calls it on a
 * thread.
 */
static struct err *prepare(void *arg)
{
    struct dvr_file *f = arg;
    if (f->is_resumed)
        return note_reopen(f->path, f->temporary, f->recording->id, f->before_bytes);
    struct dvr_rescued left = dvr_rescue_file(f->format, f->temporary, f->path);
    f->rescued = left.recording;
    mem_free(left.final);
    return NULL;
}

static void note_head(void *arg, const struct file_writer_result *r)
{
    struct dvr_file *f = arg;
    f->head_is_lost |= !r->ok;
    if (f->rescued) {
        dvr_recording_note_found(f->rescued, now_us(), wall_now_us());
        (void)catalogue_add(f->rescued);
    }
    dvr_recording_unref(&f->rescued);
    if (f->head_is_lost && f->owner)
        co_unpark(f->owner);
}

/* Write the head, or prepare to go on behind the end. */
static bool begin_format(struct dvr_file *f)
{
    if (!f->is_resumed)
        return f->format->begin(&f->output);
    return !f->format->resume || f->format->resume(&f->output, &f->recording->tail);
}

/* The rest of the queue cannot be written without the head. */
static bool write_head(struct dvr_file *f)
{
    struct file_writer *w = f->output.writer;
    file_writer_batch_begin(w);
    bool ok = file_writer_call(w, f->temporary, prepare, drop, ref(f)) &&
              file_writer_open(w, f->temporary, f->is_resumed ? WRITTEN_FILE_APPEND : WRITTEN_FILE_FRESH, 0) &&
              begin_format(f);
    return file_writer_batch_end(w, note_head, f) && ok;
}

static struct err *open_writer(struct dvr_file *f, size_t more_bytes)
{
    const struct file_writer_options options = { .what = "DVR",
                                                 .queue_bytes_max = QUEUE_BYTES_MAX + more_bytes,
                                                 .gather_bytes = QUEUE_BYTES_MAX / 8,
                                                 .gather_us = US_PER_SECOND };
    struct err                      *e = file_writer_create(&f->output.writer, &options);
    if (!e && !write_head(f))
        e = err_new(E_SYSTEM_FILE_OPEN, "the beginning of %s is lost", f->temporary);
    if (!e)
        dvr_file_put_note(f, f->temporary);
    return e;
}

static void resume(struct dvr_file *f, struct dvr_recording *r)
{
    f->recording = dvr_recording_ref(r);
    f->is_resumed = true;
    f->before_us = r->duration_us + RESUME_PAUSE_US;
    f->before_bytes = r->bytes;
    f->before_end_us = r->end_us;
    f->output.bytes = (uint64_t)r->bytes;
    r->state = DVR_OPEN;
    dvr_recording_move(r, f->temporary);
}

static struct err *find_recording(struct dvr_file *f, const struct dvr_subject *s, int64_t wall_us)
{
    struct dvr_recording *before = file_name_find_resumable(f, s);
    if (before) {
        resume(f, before);
        return NULL;
    }
    f->recording = dvr_recording_create(s->vhost->name, s->app, s->stream, f->temporary);
    if (!f->recording)
        return err_no_memory();
    f->recording->begin_us = f->recording->end_us = wall_us;
    f->recording->ended_us = now_us();
    return NULL;
}

static struct err *fill(struct dvr_file *f, const struct dvr_subject *s, int64_t wall_us)
{
    f->conf = conf_ref((struct conf *)s->conf);
    f->vhost = s->vhost;
    str_copy(f->source_id, sizeof f->source_id, s->source_id);
    struct err *e = file_name_give(f, s, wall_us);
    if (!e)
        e = find_recording(f, s, wall_us);
    jitter_init(&f->jitter, s->vhost->dvr.time_jitter);
    if (f->jitter.mode != TIME_JITTER_OFF)
        jitter_begin(&f->jitter, f->first_us - f->before_us);
    return e;
}

/* The configurations, before the first frame. */
static void take_headers(struct dvr_file *f, const struct headers *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        (void)f->format->take(&f->output, headers->frames[i], jitter_header(&f->jitter, headers->frames[i]));
}

struct err *dvr_file_begin(struct dvr_file **out, const struct dvr_subject *subject, const struct headers *headers,
                           enum codec video, enum codec audio, int64_t first_us, int64_t wall_us)
{
    *out = NULL;
    if (open_files_are_full())
        return err_new(E_LIMIT, "%d files are being recorded already", OPEN_FILES_MAX);
    struct dvr_file *f = mem_calloc(1, sizeof *f);
    if (!f)
        return err_no_memory();
    const struct conf_dvr *c = &subject->vhost->dvr;
    *f = (struct dvr_file){ .refs = 1,
                            .first_us = first_us,
                            .last_us = first_us,
                            .flushed_us = first_us,
                            .written_us = first_us,
                            .owner = co_self() };
    f->output = (struct dvr_output){ .headers = headers,
                                     .video = video,
                                     .audio = audio,
                                     .expected_us = c->plan == CONF_DVR_SEGMENT ? c->duration_us : 0 };
    open_files_add(f);
    struct err *e = fill(f, subject, wall_us);
    if (!e)
        e = open_writer(f, subject->more_bytes);
    if (e) {
        f->owner = NULL;
        if (f->is_resumed)
            catalogue_remove(f->recording); /* Nobody knows what became of it. */
        drop(f);
        return e;
    }
    (void)catalogue_add(f->recording); /* Without memory it is recorded all the same. */
    take_headers(f, headers);
    f->output.headers = NULL;
    dvr_count(f->source_id, &(struct dvr_counts){ .n_open = 1 });
    *out = f;
    return NULL;
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

bool dvr_file_take(struct dvr_file *f, struct frame *frame)
{
    int64_t us = frame_is_header(frame) ? jitter_header(&f->jitter, frame) : jitter_media(&f->jitter, frame);
    if (f->format->take(&f->output, frame, us) == DVR_ENDS)
        return false;
    if (!frame_is_header(frame) && frame->dts_us > f->last_us) {
        f->step_us = frame->dts_us - f->last_us;
        f->last_us = frame->dts_us;
        f->arrived_us = frame->arrived_us;
    }
    return true;
}

/* The first bytes of a format that keeps them are its head. */
static void flush_first(struct dvr_file *f)
{
    file_writer_batch_begin(f->output.writer);
    f->format->flush(&f->output);
    f->head_is_lost |= !file_writer_batch_end(f->output.writer, note_head, f);
}

static void note_progress(struct dvr_file *f)
{
    struct dvr_recording *r = f->recording;
    dvr_count(f->source_id, &(struct dvr_counts){ .bytes = (int64_t)f->output.bytes - r->bytes });
    r->bytes = (int64_t)f->output.bytes;
    r->duration_us = f->before_us + f->last_us + f->step_us - f->first_us;
    if (f->arrived_us) {
        r->end_us = dvr_wall_us(f->arrived_us);
        r->ended_us = f->arrived_us;
        r->found_us = 0;
    }
}

void dvr_file_flush(struct dvr_file *f)
{
    if (f->format->flush && f->output.bytes == 0)
        flush_first(f);
    else if (f->format->flush)
        f->format->flush(&f->output);
    file_writer_flush(f->output.writer);
    f->flushed_us = f->last_us;
    note_progress(f);
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

/* Complete the file. The writer calls it on a thread. */
static struct err *complete(void *arg)
{
    struct dvr_file *f = arg;
    return dvr_complete(f->format, f->temporary, f->path, &f->final, &f->facts, f->recording, false);
}

/* The callback has a list of gaps if there are any: without one it is as SRS has it. */
static void write_gaps(const void *arg, struct jw *j)
{
    const struct dvr_recording *r = arg;
    if (r->gaps.n)
        gaps_write(&r->gaps, j);
}

static void tell(const struct dvr_file *f)
{
    const struct finished_file finished = {
        .kind = FINISHED_DVR,
        .conf = f->conf,
        .vhost = f->vhost,
        .app = f->recording->app,
        .stream = f->recording->stream,
        .file = f->final,
        .duration_us = f->facts.duration_us,
        .write_more = write_gaps,
        .arg = f->recording,
    };
    finished_file_tell(&finished);
    log_info("DVR of %s/%s: %s is complete, duration=%lldms, bytes=%lld, gaps=%zu", f->recording->app,
             f->recording->stream, f->final, (long long)(f->facts.duration_us / US_PER_MS), (long long)f->facts.bytes,
             f->recording->gaps.n + f->recording->gaps.n_left_out);
}

/* What was lost when nobody looked any more. */
static void note_lost_end(struct dvr_file *f)
{
    enum gap_reason why;
    if (dvr_file_note_lost(f, &why) && f->written_us < f->last_us)
        dvr_file_gap(f, f->written_us, f->last_us + f->step_us, why);
}

/* What became of it. */
static void settle(struct dvr_file *f)
{
    struct dvr_recording *r = f->recording;
    f->is_settled = true;
    dvr_count(f->source_id, &(struct dvr_counts){ .n_files = f->final != NULL, .n_failures = !f->final });
    if (!f->final) {
        r->state = DVR_LOST;
        catalogue_remove(r);
        return;
    }
    r->state = DVR_COMPLETE;
    r->duration_us = f->facts.duration_us;
    r->bytes = f->facts.bytes;
    r->tail = f->facts.tail;
    dvr_recording_move(r, f->final);
    note_lost_end(f);
}

static void note_end(void *arg, const struct file_writer_result *r)
{
    struct dvr_file *f = arg;
    (void)r;
    settle(f);
    open_files_forget(f);
    if (f->final)
        tell(f);
    if (f->owner)
        co_unpark(f->owner);
    file_writer_leave(&f->output.writer);
    drop(f);
}

void dvr_file_end(struct dvr_file *f)
{
    struct file_writer *w = f->output.writer;
    if (f->has_ended)
        return;
    f->has_ended = true;
    f->recording->state = DVR_ENDING;
    dvr_count(f->source_id, &(struct dvr_counts){ .n_open = -1 });
    if (f->format->end)
        f->format->end(&f->output);
    note_progress(f);
    f->facts.duration_us = f->recording->duration_us;
    file_writer_batch_begin(w);
    bool ok = file_writer_call(w, f->temporary, complete, drop, ref(f));
    ref(f);
    if (file_writer_batch_end(w, note_end, f) && ok)
        return;
    settle(f);
    drop(f);
}

void dvr_files_finish(void)
{
    LIST_FOREACH (open_files_all(), it, after) {
        struct dvr_file *f = LIST_ENTRY(it, struct dvr_file, link);
        bool             is_awaited = f->has_ended && !f->is_settled; /* note_end() would drop it */
        list_remove(it);
        file_writer_leave(&f->output.writer);
        if (is_awaited)
            drop(f);
    }
    open_files_finish();
}

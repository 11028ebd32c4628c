#include "app/dvr/file.h"

#include <errno.h>
#include <string.h>

#include "app/dvr/catalogue.h"
#include "app/dvr/complete.h"
#include "app/dvr/counts.h"
#include "app/dvr/names.h"
#include "app/dvr/note.h"
#include "app/dvr/rescue.h"
#include "app/server/finished_file.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/str.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"

/* Bytes that may wait for the disk; beyond this, frames are lost. */
enum { QUEUE_BYTES_MAX = 8 << 20 };

/* Most files that are not complete, of all streams. */
enum { FILES_MAX = 10000 };

/*
 * Time between two parts of a recording. A part ends anywhere, so its last pictures may be displayed later than its duration says: those that
 * are shown before them, but come after them, are missing.
 */
enum { RESUME_PAUSE_US = 200 * US_PER_MS };

/* Most names that are tried for a file beside others that are open. */
enum { NAMES_MAX = 100 };

static struct list all = { &all, &all }; /* each struct dvr_file that is not complete */
static struct map  by_temporary;         /* temporary name → struct dvr_file that is not complete */

/* ---- its life -------------------------------------------------------------------------------------------------- */

static struct dvr_file *ref(struct dvr_file *f)
{
    f->refs++;
    return f;
}

static void forget(struct dvr_file *f)
{
    list_remove(&f->link);
    if (f->temporary && map_find(&by_temporary, f->temporary) == f)
        map_remove(&by_temporary, f->temporary);
    if (by_temporary.count == 0)
        map_finish(&by_temporary);
}

static void destroy(struct dvr_file *f)
{
    forget(f);
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

/* ---- its name -------------------------------------------------------------------------------------------------- */

static char *temporary_of(const char *path)
{
    char *temporary = mem_alloc(strlen(path) + sizeof DVR_TEMPORARY);
    if (temporary)
        stpcpy(stpcpy(temporary, path), DVR_TEMPORARY);
    return temporary;
}

/* Take a name that no open file has. */
static struct err *take_name(struct dvr_file *f, char *path)
{
    for (int n = 0; n < NAMES_MAX; n++) {
        mem_free(f->path);
        mem_free(f->temporary);
        f->temporary = NULL;
        struct err *e = dvr_name_numbered(&f->path, path, -1, n);
        if (!e && !(f->temporary = temporary_of(f->path)))
            e = err_no_memory();
        if (!e && map_find(&by_temporary, f->temporary))
            continue;
        if (!e && !map_put(&by_temporary, f->temporary, f))
            e = err_no_memory();
        return e;
    }
    return err_new(E_SYSTEM_FILE_OPEN, "%d files that are being recorded have the name %s", NAMES_MAX, path);
}

/* The complete recording in which the next one of its stream goes on; NULL: there is none. */
static struct dvr_recording *find_newest(const struct dvr_subject *s)
{
    struct dvr_recording *r = NULL;
    if (s->vhost->dvr.plan == CONF_DVR_APPEND)
        r = catalogue_newest(s->vhost->name, s->app, s->stream, NULL);
    return r && r->state == DVR_COMPLETE && !r->is_due ? r : NULL;
}

/* If that has the path with a number behind it, because the path was taken, it is the path. */
static struct err *follow_number(char **path, const struct dvr_subject *s)
{
    const struct dvr_recording *newest = dvr_format_of(*path)->appends ? find_newest(s) : NULL;
    struct err                 *e = NULL;
    for (int n = 1; newest && !e && n < NAMES_MAX; n++) {
        char *numbered;
        e = dvr_name_numbered(&numbered, *path, -1, n);
        if (!e && str_equal(numbered, newest->path)) {
            mem_free(*path);
            *path = numbered;
            break;
        }
        mem_free(numbered);
    }
    return e;
}

static struct err *give_name(struct dvr_file *f, const struct dvr_subject *s, int64_t wall_us)
{
    const struct template_names names = { .vhost = f->vhost->name, .app = s->app, .stream = s->stream };
    char                       *path = NULL;
    struct err                 *e = dvr_name_make(&path, f->vhost->dvr.path, &names, wall_us, f->conf->utc_time);
    if (!e)
        e = follow_number(&path, s);
    if (!e)
        e = take_name(f, path);
    mem_free(path);
    if (!e)
        f->format = dvr_format_of(f->path);
    return e;
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

/* Have the note written, for the case that the server is killed. Without it the file is recorded all the same. */
static void put_note(struct dvr_file *f, const char *of)
{
    const struct dvr_recording *r = f->recording;
    const struct dvr_facts      complete = { r->duration_us, r->bytes, r->tail }, open = { 0 };
    char                       *path = note_path(of);
    char                       *text = note_text(r, r->state == DVR_COMPLETE ? &complete : &open);
    if (path && text)
        file_writer_put(f->output.writer, path, NOTE_TEMPORARY, text, strlen(text));
    mem_free(path);
    mem_free(text);
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
        put_note(f, f->temporary);
    return e;
}

/* The recording that goes on in the file; NULL: there is none. */
static struct dvr_recording *find_resumable(const struct dvr_file *f, const struct dvr_subject *s)
{
    struct dvr_recording *r = f->format->appends ? find_newest(s) : NULL;
    return r && str_equal(r->path, f->path) ? r : NULL;
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
    struct dvr_recording *before = find_resumable(f, s);
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
    struct err *e = give_name(f, s, wall_us);
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
    if (by_temporary.count >= FILES_MAX)
        return err_new(E_LIMIT, "%d files are being recorded already", FILES_MAX);
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
    list_push(&all, &f->link);
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

/* ---- gaps ------------------------------------------------------------------------------------------------------ */

static enum gap_reason why_lost(const struct dvr_file *f)
{
    switch (file_writer_lost_errno(f->output.writer)) {
    case 0: return GAP_DISK_SLOW;
    case ENOSPC:
    case EDQUOT: return GAP_DISK_FULL;
    default: return GAP_DISK_ERROR;
    }
}

void dvr_file_note_written(struct dvr_file *f)
{
    bool all = file_writer_is_done(f->output.writer) && file_writer_lost(f->output.writer).bytes == f->n_lost;
    if (all && f->flushed_us > f->written_us)
        f->written_us = f->flushed_us;
}

bool dvr_file_note_lost(struct dvr_file *f, enum gap_reason *why)
{
    uint64_t n_lost = file_writer_lost(f->output.writer).bytes;
    if (n_lost == f->n_lost)
        return false;
    f->n_lost = n_lost;
    *why = why_lost(f);
    return true;
}

static void count_gap(const struct dvr_file *f, const struct gap *gap)
{
    struct dvr_counts more = { 0 };
    more.n_gaps[gap->reason] = 1;
    more.gaps_us[gap->reason] = gap->length_us;
    dvr_count(f->source_id, &more);
}

void dvr_file_gap(struct dvr_file *f, int64_t from_us, int64_t to_us, enum gap_reason reason)
{
    int64_t    at_us = f->before_us + (from_us > f->first_us ? from_us - f->first_us : 0);
    struct gap gap = { at_us, to_us - from_us, reason };
    count_gap(f, &gap);
    gaps_add(&f->recording->gaps, gap);
    if (to_us > f->written_us)
        f->written_us = to_us;
    log_write_as(co_trace(), reason == GAP_PUBLISHER ? LOG_INFO : LOG_WARN,
                 "DVR of %s/%s: a gap of %lldms at %lldms of %s: %s", f->recording->app, f->recording->stream,
                 (long long)(gap.length_us / US_PER_MS), (long long)(at_us / US_PER_MS), f->path,
                 gap_reason_text(reason));
    put_note(f, f->final ? f->final : f->temporary);
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
    forget(f);
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
    LIST_FOREACH (&all, it, after) {
        struct dvr_file *f = LIST_ENTRY(it, struct dvr_file, link);
        bool             is_awaited = f->has_ended && !f->is_settled; /* note_end() would drop it */
        list_remove(it);
        file_writer_leave(&f->output.writer);
        if (is_awaited)
            drop(f);
    }
    map_finish(&by_temporary);
}

#include "app/dvr/file_gaps.h"

#include <errno.h>
#include <string.h>

#include "app/dvr/counts.h"
#include "app/dvr/note.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/co.h"
#include "protocol/file_writer.h"

void dvr_file_put_note(struct dvr_file *f, const char *of)
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
    dvr_file_put_note(f, f->final ? f->final : f->temporary);
}

#include "app/dash/files.h"

#include "app/dash/dash.h"
#include "app/dash/disk.h"
#include "app/dash/mpd_text.h"
#include "core/log.h"
#include "protocol/file_writer.h"

static bool put_entry(struct dash *d, struct dash_entry *entry)
{
    struct dash_init *init = entry->init;
    if (!init->is_on_disk)
        init->is_on_disk = dash_disk_put_blob(d, init->path, init->bytes);
    return init->is_on_disk && dash_disk_put_segment(d, entry->path, entry->segment);
}

static bool put_mpd(struct dash *d)
{
    struct blob *text = NULL;
    struct err  *e = dash_mpd_text_of_files(d, &text);
    bool         ok = !e && (!text || dash_disk_put_blob(d, d->mpd_path, text));
    log_err(LOG_WARN, e, "files of DASH");
    blob_unref(&text);
    return ok;
}

/* Batches are performed in their order, so that their count tells which one this is. */
static void note_result(void *arg, const struct file_writer_result *r)
{
    struct dash *d = arg;
    uint64_t     number = ++d->n_batches_done;
    LIST_FOREACH (&d->rows, it, after) {
        struct dash_row *row = LIST_ENTRY(it, struct dash_row, link);
        if (row->batch != number || r->ok)
            continue;
        row->is_lost = true;
        for (size_t i = 0; i < d->n_tracks; i++)
            if (row->entries[i] && row->entries[i]->init)
                row->entries[i]->init->is_on_disk = false; /* it may have been in this batch */
    }
}

static void write_row(struct dash *d, struct dash_row *row)
{
    bool ok = true;
    file_writer_batch_begin(d->writer);
    row->is_queued = true;
    for (size_t i = 0; i < d->n_tracks && ok; i++)
        ok = !row->entries[i] || put_entry(d, row->entries[i]);
    row->is_lost = !ok;
    row->is_lost |= !put_mpd(d);
    if (file_writer_batch_end(d->writer, note_result, d))
        row->batch = ++d->n_batches;
    else
        row->is_lost = true;
}

void dash_files_follow(struct dash *d)
{
    struct list *it = &d->rows;
    while (it->prev != &d->rows && !LIST_ENTRY(it->prev, struct dash_row, link)->is_queued)
        it = it->prev;
    for (; d->writer && it != &d->rows; it = it->next) {
        struct dash_row *row = LIST_ENTRY(it, struct dash_row, link);
        if (row->period && !row->is_queued)
            write_row(d, row);
    }
}

#include "app/hls/files.h"

#include <string.h>

#include "app/hls/hls.h"
#include "app/hls/keys.h"
#include "app/hls/leftovers.h"
#include "app/hls/media_playlist.h"
#include "app/hls/names.h"
#include "app/hls/renditions.h"
#include "app/hls/told.h"
#include "app/segment/template.h"
#include "core/iov.h"
#include "core/log.h"
#include "core/mem.h"
#include "kernel/hls/text.h"
#include "protocol/file_writer.h"

/* Bytes that may wait for the disk. Beyond this, segments are left out of the files. */
enum { QUEUE_BYTES_MAX = 32 << 20 };

/*
 * Bytes of segments of all streams that may wait for disks. Beyond this a stream has one segment waiting, which its playlist lists
 * and memory holds anyway.
 */
enum { ALL_WAITING_BYTES_MAX = 256 << 20 };

/* Parts of a segment that are handed to the writer at once. */
enum { PIECES_MAX = 64 };

#define SEGMENT_SUFFIX ".tmp"
#define PLAYLIST_SUFFIX ".temp"

struct hls_files {
    struct file_writer *writer;
    struct hls         *hls;
    uint64_t            n_queued, n_done; /* batches */
    bool                has_mark;         /* of the stream (leftovers.h) */
    uint64_t            n_lost;           /* segments */
    bool                is_left_out;      /* The log has a line about ALL_WAITING_BYTES_MAX. */
    bool                is_stale;         /* The playlist on the disk is out of date. */
};

static size_t all_waiting_bytes;

struct err *hls_files_create(struct hls *h)
{
    const struct file_writer_options options = { .what = "HLS",
                                                 .place = h->show->vhost->hls.path,
                                                 .queue_bytes_max = QUEUE_BYTES_MAX };
    struct hls_files                *files = mem_calloc(1, sizeof *files);
    if (!files)
        return err_no_memory();
    files->hls = h;
    struct err *e = file_writer_create(&files->writer, &options);
    if (e)
        mem_free(files);
    else
        h->files = files;
    return e;
}

void hls_files_leave(struct hls *h)
{
    if (!h->files)
        return;
    file_writer_leave(&h->files->writer);
    mem_free(h->files);
    h->files = NULL;
}

uint64_t hls_files_lost(const struct hls *h)
{
    return h->files ? h->files->n_lost : 0;
}

/* ---- the mark of the stream ---- */

static void put_mark(struct hls *h)
{
    const struct hls_timeshift_head head = {
        .app = h->show->app, .stream = h->show->stream, .m3u8 = h->m3u8_path, .codecs = ""
    };
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX), line = buf_up_to(2 * HLS_TIMESHIFT_LINE_MAX);
    hls_leftovers_mark(&path, h->show->vhost->hls.path, h->show->vhost->name, h->m3u8_path);
    if (hls_timeshift_put_head(&line, &head) && !path.fault)
        h->files->has_mark = file_writer_put(h->files->writer, path.bytes, SEGMENT_SUFFIX, line.bytes, line.len);
    buf_finish(&path);
    buf_finish(&line);
}

static void remove_mark(struct hls *h)
{
    struct buf path = buf_up_to(TEMPLATE_FULL_MAX);
    hls_leftovers_mark(&path, h->show->vhost->hls.path, h->show->vhost->name, h->m3u8_path);
    if (!path.fault)
        (void)file_writer_remove(h->files->writer, path.bytes);
    buf_finish(&path);
}

/* ---- one segment ---- */

/* Bytes of a segment that the writer has. */
struct lent {
    struct segment *segment;
    size_t          bytes;
};

static void give_back(void *arg)
{
    struct lent *lent = arg;
    all_waiting_bytes -= lent->bytes;
    segment_unref(&lent->segment);
    mem_free(lent);
}

static bool lend(struct file_writer *w, struct segment *s, const struct iovec *iov, int n)
{
    struct lent *lent = mem_calloc(1, sizeof *lent);
    if (!lent)
        return false;
    lent->segment = segment_ref(s);
    lent->bytes = iov_sum(iov, n);
    all_waiting_bytes += lent->bytes;
    return file_writer_append_shared(w, iov, n, give_back, lent);
}

static bool append_segment(struct file_writer *w, struct segment *s)
{
    struct iovec iov[PIECES_MAX];
    bool         ok = true;
    for (size_t i = 0, n = 0; ok && i < s->n_parts; i += n) {
        n = s->n_parts - i < PIECES_MAX ? s->n_parts - i : PIECES_MAX;
        segment_pieces(s, i, n, iov);
        ok = lend(w, s, iov, (int)n);
    }
    return ok;
}

/* Open the file under its temporary name, write, and give it its name. */
static bool write_whole(struct file_writer *w, const char *full, struct segment *s)
{
    char *temporary = mem_alloc(strlen(full) + sizeof SEGMENT_SUFFIX);
    if (!temporary)
        return false;
    stpcpy(stpcpy(temporary, full), SEGMENT_SUFFIX);
    bool ok = file_writer_open(w, temporary, WRITTEN_FILE_WHOLE, 0) && append_segment(w, s) &&
              file_writer_rename(w, temporary, full);
    mem_free(temporary);
    return ok;
}

/* Write the init segment of the segment, unless it is on the disk. */
static bool write_init(struct hls *h, const struct segment *s)
{
    struct hls_init *init = s->init ? hls_find_init(h, s->init_number) : NULL;
    char            *full = NULL;
    if (!init || init->is_on_disk)
        return true;
    struct err *e = hls_name_file(&full, h->show, init->path);
    if (e) {
        err_free(e);
        return false;
    }
    struct iovec iov = { .iov_base = init->bytes->bytes, .iov_len = init->bytes->len };
    init->is_on_disk =
        file_writer_put_shared(h->files->writer, full, SEGMENT_SUFFIX, &iov, 1, blob_release, blob_ref(init->bytes));
    mem_free(full);
    return init->is_on_disk;
}

/* One of them may be what was lost. Those of an earlier run have no bytes here, and are in their files. */
static void write_inits_again(struct hls *h)
{
    LIST_FOREACH (&h->inits, it, after) {
        struct hls_init *init = LIST_ENTRY(it, struct hls_init, link);
        init->is_on_disk = !init->bytes;
    }
}

/* An init segment whose file is lost is written again with its segment. */
static void note_init(void *arg, const struct file_writer_result *r)
{
    const struct hls_files *files = arg;
    if (r->n_files_lost)
        write_inits_again(files->hls);
}

void hls_files_add_init(struct hls *h, const struct segment *s)
{
    const struct hls_init *init = s->init ? hls_find_init(h, s->init_number) : NULL;
    if (!init || init->is_on_disk)
        return;
    file_writer_batch_begin(h->files->writer);
    bool ok = write_init(h, s);
    if (!file_writer_batch_end(h->files->writer, note_init, h->files) || !ok)
        write_inits_again(h);
}

/* A key whose file is lost is written again with the next segment. Which one it was is not known: it is seldom more than one. */
static void note_key(void *arg, const struct file_writer_result *r)
{
    const struct hls_files *files = arg;
    const struct hls_keys  *keys = files->hls->keys;
    if (!r->n_files_lost || !keys)
        return;
    for (struct list *it = keys->secrets.next; it != &keys->secrets; it = it->next)
        LIST_ENTRY(it, struct hls_secret, link)->is_on_disk = false;
    hls_failed(files->hls);
}

void hls_files_add_key(struct hls *h, struct hls_secret *secret)
{
    struct file_writer *w = h->files->writer;
    char               *full = NULL;
    struct err         *e = secret->is_on_disk ? NULL : hls_name_key_file(&full, h->show, secret->path);
    if (!e && full) {
        file_writer_batch_begin(w);
        (void)file_writer_put(w, full, SEGMENT_SUFFIX, secret->key, sizeof secret->key);
        secret->is_on_disk = file_writer_batch_end(w, note_key, h->files);
    }
    if (e)
        log_err(LOG_WARN, e, "the file of a key of %s", h->show->label);
    mem_free(full);
}

static void write_lost_keys(struct hls *h)
{
    for (struct list *it = h->keys ? h->keys->secrets.next : NULL; it && it != &h->keys->secrets; it = it->next)
        hls_files_add_key(h, LIST_ENTRY(it, struct hls_secret, link));
}

static struct err *put_playlist(struct hls *h)
{
    char           *full = NULL;
    struct hls_text text = { 0 };
    struct err     *e = hls_name_file(&full, h->show, h->m3u8_path);
    if (!e)
        e = hls_media_playlist_of_files(h, &text);
    if (!e && !h->main)
        hls_renditions_write(&text.text, h);
    if (!e)
        (void)file_writer_put(h->files->writer, full, PLAYLIST_SUFFIX, text.text.bytes, text.text.len);
    hls_text_finish(&text);
    mem_free(full);
    return e;
}

static struct err *write_segment(struct hls *h, struct hls_entry *entry)
{
    char       *full = NULL;
    struct err *e = hls_name_file(&full, h->show, entry->path);
    if (!e)
        entry->is_on_disk = write_init(h, entry->segment) && write_whole(h->files->writer, full, entry->segment);
    mem_free(full);
    return e ? e : put_playlist(h);
}

/* `hls_storage disk`: what is on the disk is served from there. What a reply is sending now goes with the next segment. */
static void forget_written(struct hls *h)
{
    LIST_FOREACH (&h->entries, it, after) {
        struct hls_entry *entry = LIST_ENTRY(it, struct hls_entry, link);
        if (entry->is_written && entry->segment->n_parts > 0)
            segment_forget_bytes(entry->segment);
    }
}

static void note_playlist(void *arg, const struct file_writer_result *r)
{
    struct hls_files *files = arg;
    files->is_stale |= !r->ok;
}

/* What was lost took the playlist with it: it is put again when nothing else waits, so that no further segment is needed. */
static void put_stale_playlist(struct hls_files *files)
{
    if (!files->is_stale || files->n_done < files->n_queued)
        return;
    file_writer_batch_begin(files->writer);
    struct err *e = put_playlist(files->hls);
    if (e)
        log_err(LOG_WARN, e, "the playlist file of %s", files->hls->show->label);
    files->is_stale = !file_writer_batch_end(files->writer, note_playlist, files);
}

/* Batches are performed in their order, so that their count tells which one this is. */
static void note_result(void *arg, const struct file_writer_result *r)
{
    struct hls_files *files = arg;
    uint64_t          number = ++files->n_done;
    LIST_FOREACH (&files->hls->entries, it, after) {
        struct hls_entry *entry = LIST_ENTRY(it, struct hls_entry, link);
        if (entry->batch != number)
            continue;
        entry->is_on_disk = entry->is_written = r->n_files_lost == 0;
        if (entry->is_written)
            hls_told_segment(files->hls, entry);
    }
    if (r->n_files_lost) {
        files->has_mark = false;
        write_inits_again(files->hls);
        hls_failed(files->hls);
        files->is_stale = true;
        files->n_lost++;
    } else {
        files->is_left_out = false;
    }
    if (files->hls->show->vhost->hls.storage == CONF_HLS_DISK)
        forget_written(files->hls);
    files->hls->when_written(files->hls);
    put_stale_playlist(files);
    hls_files_over(files->hls);
}

void hls_files_over(const struct hls *h)
{
    if (!h->show->is_live && (!h->files || h->files->n_done == h->files->n_queued))
        hls_told_over(h);
}

bool hls_files_append(struct hls *h, const char *full, const char *bytes, size_t len)
{
    struct file_writer *w = h->files->writer;
    return file_writer_open(w, full, WRITTEN_FILE_APPEND, 0) && file_writer_append(w, bytes, len);
}

/* False if too many bytes of all streams wait for disks, and this stream's disk is one that lets them wait. */
static bool may_wait(struct hls *h, const struct hls_entry *entry)
{
    struct hls_files *files = h->files;
    if (files->n_done == files->n_queued || all_waiting_bytes + entry->segment->bytes <= ALL_WAITING_BYTES_MAX)
        return true;
    if (!files->is_left_out)
        log_warn("HLS of %s: segments are left out of the files, because too much of all streams waits for the disk",
                 h->show->label);
    files->is_left_out = true;
    return false;
}

static bool write_batch(struct hls *h, struct hls_entry *entry)
{
    struct hls_files *files = h->files;
    write_lost_keys(h);
    file_writer_batch_begin(files->writer);
    if (!files->has_mark && h->show->vhost->hls.dispose_us > 0)
        put_mark(h);
    struct err *e = write_segment(h, entry);
    if (e)
        log_err(LOG_WARN, e, "files of %s/%s over HLS", h->show->app, h->show->stream);
    return file_writer_batch_end(files->writer, note_result, files);
}

void hls_files_add(struct hls *h, struct hls_entry *entry)
{
    struct hls_files *files = h->files;
    if (may_wait(h, entry) && write_batch(h, entry)) {
        entry->batch = ++files->n_queued;
        files->is_stale = false;
        return;
    }
    entry->is_on_disk = false;
    files->is_stale = true;
    files->n_lost++;
    hls_failed(h);
}

static void remove_file(struct hls *h, const char *path)
{
    char       *full = NULL;
    struct err *e = hls_name_file(&full, h->show, path);
    if (!e)
        (void)file_writer_remove(h->files->writer, full);
    err_free(e);
    mem_free(full);
}

void hls_files_remove(struct hls *h, const struct hls_entry *entry)
{
    remove_file(h, entry->path);
}

void hls_files_remove_init(struct hls *h, const struct hls_init *init)
{
    remove_file(h, init->path);
}

void hls_files_remove_key(struct hls *h, const struct hls_secret *secret)
{
    char       *full = NULL;
    struct err *e = hls_name_key_file(&full, h->show, secret->path);
    if (!e)
        (void)file_writer_remove(h->files->writer, full);
    err_free(e);
    mem_free(full);
}

void hls_files_remove_number(struct hls *h, uint64_t number)
{
    char          *path = NULL;
    struct segment s = { .number = number, .is_complete = true };
    struct err    *e = hls_name_segment(&path, h->show, h->track, &s);
    if (!e)
        remove_file(h, path);
    err_free(e);
    mem_free(path);
}

void hls_files_dispose(struct hls *h)
{
    remove_mark(h);
    remove_file(h, h->m3u8_path); /* No batch: what is lost earlier must not keep files from being removed. */
    for (struct list *it = h->entries.next; it != &h->entries; it = it->next)
        if (!LIST_ENTRY(it, struct hls_entry, link)->is_indexed)
            remove_file(h, LIST_ENTRY(it, struct hls_entry, link)->path);
    for (struct list *it = h->inits.next; it != &h->inits && !h->timeshift; it = it->next)
        remove_file(h, LIST_ENTRY(it, struct hls_init, link)->path);
    for (struct list *it = h->keys && !h->timeshift ? h->keys->secrets.next : NULL; it && it != &h->keys->secrets;
         it = it->next)
        hls_files_remove_key(h, LIST_ENTRY(it, struct hls_secret, link));
}

#include "app/dash/disk.h"

#include "app/dash/dash.h"
#include "app/segment/template.h"
#include "core/log.h"
#include "core/mem.h"
#include "protocol/file_writer.h"

/* Bytes that may wait for the disk. Beyond this, segments are left out of the files. */
enum { QUEUE_BYTES_MAX = 32 << 20 };

static const char suffix[] = ".tmp";

struct err *dash_disk_open(struct dash *d)
{
    static const struct file_writer_options options = { .what = "DASH", .queue_bytes_max = QUEUE_BYTES_MAX };
    return file_writer_create(&d->writer, &options);
}

void dash_disk_leave(struct dash *d)
{
    if (d->writer)
        file_writer_leave(&d->writer);
}

/* The path on the disk. NULL: it cannot be one, or memory is out. */
static char *full_path(const struct dash *d, const char *path)
{
    char *full;
    log_err(LOG_WARN, template_below(&full, d->path, path), "files of DASH");
    return full;
}

static void release_segment(void *arg)
{
    struct segment *s = arg;
    segment_unref(&s);
}

bool dash_disk_put_segment(struct dash *d, const char *path, struct segment *s)
{
    struct iovec *pieces = mem_calloc(s->n_parts, sizeof *pieces);
    char         *full = full_path(d, path);
    bool          ok = pieces && full;
    if (ok) {
        segment_pieces(s, 0, s->n_parts, pieces);
        ok = file_writer_put_shared(d->writer, full, suffix, pieces, (int)s->n_parts, release_segment, segment_ref(s));
    }
    mem_free(pieces);
    mem_free(full);
    return ok;
}

bool dash_disk_put_blob(struct dash *d, const char *path, struct blob *bytes)
{
    struct iovec piece = { .iov_base = bytes->bytes, .iov_len = bytes->len };
    char        *full = full_path(d, path);
    bool         ok = full && file_writer_put_shared(d->writer, full, suffix, &piece, 1, blob_release, blob_ref(bytes));
    mem_free(full);
    return ok;
}

void dash_disk_remove(struct dash *d, const char *path)
{
    char *full = d->writer && !d->keeps_files ? full_path(d, path) : NULL;
    if (full)
        (void)file_writer_remove(d->writer, full);
    mem_free(full);
}

void dash_disk_remove_folder(struct dash *d)
{
    char *full = d->writer && !d->keeps_files ? full_path(d, d->folder) : NULL;
    if (full)
        (void)file_writer_remove_folder(d->writer, full);
    mem_free(full);
}

#include "app/hds/files.h"

#include "app/hds/hds.h"
#include "app/hds/texts.h"
#include "app/segment/template.h"
#include "core/log.h"
#include "core/mem.h"
#include "kernel/hds/f4m.h"
#include "protocol/file_writer.h"

/* Bytes that may wait for the disk. Beyond this, fragments are left out of the files. */
enum { QUEUE_BYTES_MAX = 32 << 20 };

static const char suffix[] = ".tmp";

/* A fragment on its way to the disk. */
struct written {
    struct segment *segment;
    uint8_t         header[HDS_FRAGMENT_HEADER_LEN];
};

struct err *hds_files_open(struct hds *h)
{
    static const struct file_writer_options options = { .what = "HDS", .queue_bytes_max = QUEUE_BYTES_MAX };
    return file_writer_create(&h->writer, &options);
}

void hds_files_leave(struct hds *h)
{
    if (h->writer)
        file_writer_leave(&h->writer);
}

/* The path on the disk. NULL: it cannot be one, or memory is out. */
static char *full_path(const struct hds *h, const char *path)
{
    char *full;
    log_err(LOG_WARN, template_below(&full, h->path, path), "files of HDS");
    return full;
}

static void release(void *arg)
{
    struct written *written = arg;
    segment_unref(&written->segment);
    mem_free(written);
}

static bool put_fragment(struct hds *h, const char *full, struct segment *s)
{
    struct iovec   *pieces = mem_calloc(s->n_parts + 1, sizeof *pieces);
    struct written *written = mem_calloc(1, sizeof *written);
    if (!pieces || !written) {
        mem_free(pieces);
        mem_free(written);
        return false;
    }
    struct wr w = wr_over(written->header, sizeof written->header);
    hds_write_fragment_header(&w, s->bytes);
    written->segment = segment_ref(s);
    pieces[0] = (struct iovec){ .iov_base = written->header, .iov_len = sizeof written->header };
    segment_pieces(s, 0, s->n_parts, pieces + 1);
    bool ok = file_writer_put_shared(h->writer, full, suffix, pieces, (int)s->n_parts + 1, release, written);
    mem_free(pieces);
    return ok;
}

static void put_text(struct hds *h, const char *path, struct err *e, struct buf *text)
{
    char *full = e ? NULL : full_path(h, path);
    if (full)
        (void)file_writer_put(h->writer, full, suffix, text->bytes, text->len);
    log_err(LOG_WARN, e, "files of HDS");
    mem_free(full);
    buf_finish(text);
}

void hds_files_add(struct hds *h, struct hds_entry *entry)
{
    struct buf abst = buf_up_to(HDS_BOOTSTRAP_BYTES_MAX), f4m = buf_up_to(F4M_BYTES_MAX);
    char      *full = full_path(h, entry->path);
    file_writer_batch_begin(h->writer);
    if (full && put_fragment(h, full, entry->segment)) {
        put_text(h, h->abst_path, hds_texts_abst(h, &abst), &abst);
        put_text(h, h->f4m_path, hds_texts_f4m(h, "", &f4m), &f4m);
    }
    (void)file_writer_batch_end(h->writer, NULL, NULL);
    mem_free(full);
}

void hds_files_remove(struct hds *h, const char *path)
{
    char *full = h->writer ? full_path(h, path) : NULL;
    if (full)
        (void)file_writer_remove(h->writer, full);
    mem_free(full);
}

#include "app/dvr/flv_tags.h"

#include <sys/uio.h>

#include "core/mem.h"
#include "kernel/flv.h"
#include "protocol/file_writer.h"

enum { PIECES = 3 }; /* of a tag: header, body, trailer */

struct flv_tag_batch {
    size_t        n, bytes;
    struct frame *frames[FLV_TAGS_MAX];
    struct iovec  pieces[FLV_TAGS_MAX][PIECES];
    uint8_t       headers[FLV_TAGS_MAX][FLV_TAG_HEADER_LEN], trailers[FLV_TAGS_MAX][FLV_TAG_TRAILER_LEN];
};

bool flv_tags_add(struct flv_tags *t, struct frame *f, int32_t dts_ms)
{
    if (!t->batch) {
        if (!(t->batch = mem_alloc(sizeof *t->batch)))
            return false;
        t->batch->n = t->batch->bytes = 0;
    }
    struct flv_tag_batch *b = t->batch;
    uint8_t              *header = b->headers[b->n], *trailer = b->trailers[b->n];
    struct iovec         *piece = b->pieces[b->n];
    struct wr             before = wr_over(header, FLV_TAG_HEADER_LEN), after = wr_over(trailer, FLV_TAG_TRAILER_LEN);
    flv_write_tag_header(&before, flv_tag_type_of((enum frame_kind)f->kind), f->len, dts_ms);
    flv_write_tag_trailer(&after, f->len);
    piece[0] = (struct iovec){ header, FLV_TAG_HEADER_LEN };
    piece[1] = (struct iovec){ f->data, f->len };
    piece[2] = (struct iovec){ trailer, FLV_TAG_TRAILER_LEN };
    b->frames[b->n++] = frame_ref(f);
    b->bytes += f->len;
    return true;
}

bool flv_tags_are_full(const struct flv_tags *t)
{
    return t->batch && (t->batch->n == FLV_TAGS_MAX || t->batch->bytes >= FLV_TAGS_BYTES_MAX);
}

static void release(void *arg)
{
    struct flv_tag_batch *b = arg;
    for (size_t i = 0; i < b->n; i++)
        frame_unref(&b->frames[i]);
    mem_free(b);
}

void flv_tags_append(struct flv_tags *t, struct file_writer *w)
{
    struct flv_tag_batch *b = t->batch;
    t->batch = NULL;
    if (b)
        file_writer_append_units(w, b->pieces[0], PIECES * (int)b->n, PIECES, release, b);
}

void flv_tags_clear(struct flv_tags *t)
{
    if (t->batch)
        release(t->batch);
    t->batch = NULL;
}

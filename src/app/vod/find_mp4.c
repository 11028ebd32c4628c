#include "app/vod/find_mp4.h"

#include <string.h>

#include "app/vod/read_at.h"
#include "core/mem.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/flat.h"
#include "kernel/mp4/trim.h"

/* A box of the file itself, whose size may have 64 bits. */
struct top_box {
    int64_t at, len;
    char    type[5];
};

static struct err *read_top_box(int fd, int64_t at, int64_t file_len, struct top_box *b, bool *ok)
{
    enum { LONG_HEADER_LEN = 16 };
    uint8_t     head[LONG_HEADER_LEN];
    size_t      n;
    struct err *e = vod_read_at(fd, at, head, sizeof head, &n);
    struct rd   r = rd_over(head, e ? 0 : n);
    uint64_t    len = rd_u32(&r);
    *b = (struct top_box){ .at = at };
    const uint8_t *type = rd_bytes(&r, 4);
    if (type)
        memcpy(b->type, type, 4);
    if (len == 1)
        len = rd_u64(&r);
    else if (len == 0) /* 14496-12 4.2: up to the end of the file */
        len = (uint64_t)(file_len - at);
    *ok = !e && !r.bad && len >= MP4_BOX_HEADER_LEN && len <= (uint64_t)(file_len - at);
    b->len = *ok ? (int64_t)len : 0;
    return e;
}

struct mp4_file {
    int             fd;
    int64_t         file_len;
    uint8_t        *ftyp, *moov;
    size_t          ftyp_len, moov_len;
    struct mp4_flat flat;
    bool            is_fragmented, cannot;
};

/* Read a box whole. One that is too long is not there. */
static struct err *load(struct mp4_file *f, const struct top_box *b, int64_t max, uint8_t **bytes, size_t *len)
{
    if (*bytes || b->len > max) {
        f->cannot = true;
        return NULL;
    }
    *bytes = mem_alloc((size_t)b->len);
    struct err *e = *bytes ? vod_read_at(f->fd, b->at, *bytes, (size_t)b->len, len) : err_no_memory();
    f->cannot |= !e && *len < (size_t)b->len;
    return e;
}

static struct err *load_moov(struct mp4_file *f, const struct top_box *b)
{
    struct err    *e = load(f, b, VOD_MOOV_MAX, &f->moov, &f->moov_len);
    struct mp4_box moov, mvex;
    if (e || f->cannot)
        return e;
    struct rd r = rd_over(f->moov, f->moov_len);
    f->is_fragmented = mp4_box_next(&r, &moov) && mp4_box_find(moov.body, "mvex", &mvex);
    f->cannot = f->is_fragmented && !mp4_flat_begin(&f->flat, f->moov, f->moov_len);
    return NULL;
}

static struct err *add_fragment(struct mp4_file *f, const struct top_box *b)
{
    uint8_t    *moof = NULL;
    size_t      len = 0;
    struct err *e = load(f, b, VOD_MOOF_MAX, &moof, &len);
    if (!e && !f->cannot && !mp4_flat_add(&f->flat, moof, len, (uint64_t)b->at)) {
        f->cannot = true;
        e = f->flat.is_out_of_memory ? err_no_memory() : NULL;
    }
    mem_free(moof);
    return e;
}

static struct err *take_box(struct mp4_file *f, const struct top_box *b)
{
    if (strcmp(b->type, "ftyp") == 0)
        return load(f, b, VOD_MOOV_MAX, &f->ftyp, &f->ftyp_len);
    if (strcmp(b->type, "moov") == 0)
        return load_moov(f, b);
    if (strcmp(b->type, "moof") == 0 && f->is_fragmented)
        return add_fragment(f, b);
    return NULL;
}

/* Read what is needed. A box that is cut off ends the file: it may still be written. */
static struct err *read_boxes(struct mp4_file *f)
{
    struct top_box b = { 0 };
    struct err    *e = NULL;
    bool           ok = true;
    int            n = 0;
    for (int64_t at = 0; !e && !f->cannot && at < f->file_len && n < VOD_BOXES_MAX; at += b.len, n++) {
        if ((e = read_top_box(f->fd, at, f->file_len, &b, &ok)) || !ok)
            break;
        e = take_box(f, &b);
    }
    f->cannot |= !f->moov || n == VOD_BOXES_MAX;
    return e;
}

/* Replace the moov of a fragmented file by one with the samples of all fragments. */
static struct err *flatten(struct mp4_file *f)
{
    size_t    room = mp4_flat_room(&f->flat);
    uint8_t  *moov = mem_alloc(room);
    struct wr w = wr_over(moov, moov ? room : 0);
    if (!moov)
        return err_no_memory();
    mp4_flat_write(&f->flat, &w, 0);
    mem_free(f->moov);
    f->moov = moov;
    f->moov_len = wr_len(&w);
    f->cannot |= w.full;
    mp4_flat_finish(&f->flat);
    return NULL;
}

static struct err *trim(struct mp4_file *f, const struct vod_wish *wish, struct vod_found *found)
{
    struct mp4_trim m = {
        .ftyp = f->ftyp,
        .ftyp_len = f->ftyp_len,
        .moov = f->moov,
        .moov_len = f->moov_len,
        .file_len = (uint64_t)f->file_len,
        .start_us = wish->start_us,
        .end_us = wish->end_us,
    };
    enum mp4_trimmed result = mp4_trim(&m);
    if (result == MP4_TRIM_OK)
        *found = (struct vod_found){ m.head,        m.head_len, (int64_t)m.from,
                                     (int64_t)m.to, m.began_us, m.began_us + m.part_us };
    return result == MP4_TRIM_NO_MEMORY ? err_no_memory() : NULL;
}

struct err *vod_find_mp4(int fd, int64_t file_len, const struct vod_wish *wish, struct vod_found *found)
{
    struct mp4_file f = { .fd = fd, .file_len = file_len };
    struct err     *e = read_boxes(&f);
    if (!e && !f.cannot && f.is_fragmented)
        e = flatten(&f);
    if (!e && !f.cannot)
        e = trim(&f, wish, found);
    mp4_flat_finish(&f.flat);
    mem_free(f.ftyp);
    mem_free(f.moov);
    return e;
}

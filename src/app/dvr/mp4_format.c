/*
 * MP4: fragments while the file is open, each of at most half a second, so that it can be played after a kill. At the end the samples of
 * all fragments get into one moov in front of the media.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/dvr/format.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/str.h"
#include "kernel/mp4/box_read.h"
#include "kernel/mp4/cmaf.h"
#include "kernel/mp4/flat.h"
#include "kernel/mp4/mux.h"
#include "protocol/file_writer.h"
#include "protocol/path_ops.h"

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* A fragment is written when its frames reach one of these bounds. */
enum { PART_BYTES = 2 << 20, PART_FRAMES = 4096 };

/* How long the first fragment waits for sound that was announced: MP3 and others are described by their first frame. */
enum { SOUND_US = 2 * US_PER_SECOND };

struct pending {
    struct frame *frame; /* a reference */
    int64_t       us;
};

struct mp4_state {
    struct cmaf     mux;
    bool            has_begun;
    struct frame   *video, *audio; /* what describes the tracks: the muxer borrows it */
    int64_t         origin_us;
    struct pending *pending;
    size_t          n, cap, bytes;
};

static bool begin(struct dvr_output *o)
{
    struct mp4_state *m = mem_calloc(1, sizeof *m);
    o->state = m;
    if (!m)
        return false;
    struct frame *video = headers_find(o->headers, FRAME_VIDEO, 0), *audio = headers_find(o->headers, FRAME_AUDIO, 0);
    m->video = video ? frame_ref(video) : NULL;
    m->audio = audio ? frame_ref(audio) : NULL;
    return true;
}

static void forget_pending(struct mp4_state *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m->bytes -= m->pending[i].frame->len;
        frame_unref(&m->pending[i].frame);
    }
    m->n -= n;
    memmove(m->pending, m->pending + n, m->n * sizeof *m->pending);
}

static void finish(struct dvr_output *o)
{
    struct mp4_state *m = o->state;
    if (!m)
        return;
    if (m->has_begun)
        cmaf_finish(&m->mux);
    if (m->n)
        forget_pending(m, m->n);
    mem_free(m->pending);
    frame_unref(&m->video);
    frame_unref(&m->audio);
    mem_free(m);
    o->state = NULL;
}

/* Choose the frames that describe the tracks to the muxer, among those that wait. */
static void describe(struct mp4_state *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct frame  *f = m->pending[i].frame;
        struct frame **by = f->kind == FRAME_VIDEO ? &m->video : &m->audio;
        if (!*by)
            *by = frame_ref(f);
    }
}

static const struct frame *key_of(const struct mp4_state *m)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->pending[i].frame->key)
            return m->pending[i].frame;
    return NULL;
}

/* How much the first pictures are displayed before their own times. */
static int64_t lead_us(const struct mp4_state *m)
{
    int64_t lead = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct frame *f = m->pending[i].frame;
        if (f->kind == FRAME_VIDEO && f->dts_us - f->pts_us > lead)
            lead = f->dts_us - f->pts_us;
    }
    return lead;
}

static bool append(struct dvr_output *o, uint8_t *bytes, const struct wr *w)
{
    bool ok = bytes && !w->full;
    if (ok) {
        o->bytes += wr_len(w);
        file_writer_append(o->writer, bytes, wr_len(w));
    }
    mem_free(bytes);
    return ok;
}

/* A kind that MP4 cannot describe is left out. */
static bool begin_mux(struct dvr_output *o, struct mp4_state *m)
{
    const struct frame *key = key_of(m);
    struct mp4_mux      probe;
    describe(m);
    if (m->audio && mp4_mux_init(&probe, NULL, NULL, m->audio) != MP4_OK)
        frame_unref(&m->audio);
    if (m->video && mp4_mux_init(&probe, m->video, key, NULL) != MP4_OK)
        frame_unref(&m->video);
    if (cmaf_init(&m->mux, m->video, key, m->audio) != MP4_OK) {
        cmaf_finish(&m->mux);
        return false;
    }
    m->has_begun = true;
    m->origin_us = lead_us(m);
    cmaf_expect_early(&m->mux, m->origin_us);
    size_t    len = cmaf_header_len(&m->mux);
    uint8_t  *bytes = mem_alloc(len);
    struct wr w = wr_over(bytes, len);
    if (bytes)
        cmaf_write_header(&m->mux, &w);
    return append(o, bytes, &w);
}

static bool write_part(struct dvr_output *o, struct mp4_state *m, const struct pending *next)
{
    size_t len = cmaf_part_len(&m->mux);
    if (!len)
        return true;
    uint8_t  *bytes = mem_alloc(len);
    struct wr w = wr_over(bytes, bytes ? len : 0);
    if (!cmaf_write_part(&m->mux, &w, next ? next->frame : NULL, next ? next->us + m->origin_us : 0, NULL))
        for (int i = 0; i < MP4_TRACKS; i++)
            cmaf_drop_samples(&m->mux.tracks[i]);
    return append(o, bytes, &w);
}

/* Frames that can be written: those before the last picture, which tells how long the picture before it lasts. At the end all. */
static size_t count_due(const struct mp4_state *m, bool is_last)
{
    for (size_t n = m->n; !is_last && n > 0; n--)
        if (m->pending[n - 1].frame->kind == FRAME_VIDEO)
            return n - 1;
    return m->n;
}

static void write_pending(struct dvr_output *o, bool is_last)
{
    struct mp4_state *m = o->state;
    size_t            n = count_due(m, is_last);
    if (!m->has_begun && !is_last && o->audio != CODEC_NONE && !m->audio && m->n &&
        m->pending[m->n - 1].us - m->pending[0].us < SOUND_US) {
        describe(m);
        if (!m->audio)
            return;
    }
    if (n == 0 || (!m->has_begun && !begin_mux(o, m)))
        return;
    for (size_t i = 0; i < n; i++) {
        struct pending *p = &m->pending[i];
        if (cmaf_look(&m->mux, p->frame) == MP4_FRAME_CARRIED &&
            cmaf_add(&m->mux, p->frame, p->us + m->origin_us) == CMAF_FULL && write_part(o, m, p))
            (void)!cmaf_add(&m->mux, p->frame, p->us + m->origin_us);
    }
    write_part(o, m, n < m->n ? &m->pending[n] : NULL);
    forget_pending(m, n);
}

static void flush(struct dvr_output *o)
{
    write_pending(o, false);
}

static void end(struct dvr_output *o)
{
    write_pending(o, true);
}

static bool is_another_codec(const struct frame *a, const struct frame *b)
{
    return a && a->codec != b->codec;
}

static enum dvr_took take(struct dvr_output *o, struct frame *f, int64_t us)
{
    struct mp4_state *m = o->state;
    if (f->kind == FRAME_SCRIPT || f->track != 0 || !mp4_mux_carries((enum codec)f->codec))
        return DVR_SKIPPED;
    enum mp4_frame look = m->has_begun ? cmaf_look(&m->mux, f) : MP4_FRAME_CARRIED;
    if (look == MP4_FRAME_CHANGES || look == MP4_FRAME_NEW_TRACK)
        return DVR_ENDS;
    if (look == MP4_FRAME_SKIPPED)
        return DVR_SKIPPED;
    if (frame_is_header(f)) { /* of a file whose first fragment is not written yet */
        struct frame **by = f->kind == FRAME_VIDEO ? &m->video : &m->audio;
        if (m->n && (is_another_codec(*by, f) || (*by && *by != f && f->kind == FRAME_VIDEO)))
            return DVR_ENDS;
        if (f->config) {
            frame_unref(by);
            *by = frame_ref(f);
        }
        return DVR_TAKEN;
    }
    if (m->bytes >= PART_BYTES || m->n >= PART_FRAMES)
        write_pending(o, false);
    if (m->n == m->cap) {
        struct pending *more = mem_grow(m->pending, &m->cap, sizeof *more, 2 * PART_FRAMES);
        if (!more)
            return DVR_SKIPPED;
        m->pending = more;
    }
    m->pending[m->n++] = (struct pending){ frame_ref(f), us };
    m->bytes += f->len;
    return DVR_TAKEN;
}

/* ---- completing ------------------------------------------------------------------------------------------------ */

/* Most bytes of a moov of ours, and of a moof. */
enum { MOOV_MAX = 1 << 20, MOOF_MAX = 16 << 20 };

enum { MDAT_HEADER_LEN = 16 }; /* with a size of 64 bits */

struct scan {
    int             fd;
    const char     *path;
    uint8_t        *ftyp_moov; /* the header that the fragments belong to */
    int64_t         header_len, ftyp_len;
    struct mp4_flat flat;
    int64_t         end; /* of the last whole fragment */
};

static struct err *read_at(const struct scan *s, int64_t at, uint8_t *bytes, size_t len)
{
    ssize_t n;
    do
        n = pread(s->fd, bytes, len, at);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return err_sys(E_SYSTEM_FILE_READ, "read %s", s->path);
    return n == (ssize_t)len ? NULL : err_new(E_SYSTEM_FILE_EOF, "%s ends inside a box", s->path);
}

struct box_at {
    int64_t at, len;
    char    type[5];
};

/* The box at an offset of the file; it may end beyond the file. */
static struct err *look(const struct scan *s, int64_t at, struct box_at *b)
{
    uint8_t     head[MP4_BOX_HEADER_LEN];
    struct err *e = read_at(s, at, head, sizeof head);
    struct rd   r = rd_over(head, sizeof head);
    *b = (struct box_at){ .at = at, .len = rd_u32(&r) };
    memcpy(b->type, head + 4, 4);
    if (!e && b->len < MP4_BOX_HEADER_LEN)
        e = err_new(E_SYSTEM_FILE_EOF, "%s has a box that the server does not write", s->path);
    return e;
}

static bool is(const struct box_at *b, const char *type)
{
    return strcmp(b->type, type) == 0;
}

static struct err *read_header(struct scan *s)
{
    struct box_at ftyp = { 0 }, moov = { 0 };
    struct err   *e = look(s, 0, &ftyp);
    if (!e)
        e = look(s, ftyp.len, &moov);
    if (!e && (!is(&ftyp, "ftyp") || !is(&moov, "moov") || moov.len > MOOV_MAX || ftyp.len > MOOV_MAX))
        e = err_new(E_SYSTEM_FILE_EOF, "%s has no header", s->path);
    if (e)
        return e;
    s->ftyp_len = ftyp.len;
    s->header_len = ftyp.len + moov.len;
    s->ftyp_moov = mem_alloc((size_t)s->header_len);
    if (!s->ftyp_moov)
        return err_no_memory();
    e = read_at(s, 0, s->ftyp_moov, (size_t)s->header_len);
    if (!e && !mp4_flat_begin(&s->flat, s->ftyp_moov + ftyp.len, (size_t)moov.len))
        e = err_new(E_SYSTEM_FILE_EOF, "%s has no header of a recording", s->path);
    return e;
}

static struct err *add_fragment(struct scan *s, const struct box_at *moof)
{
    uint8_t    *bytes = mem_alloc((size_t)moof->len);
    struct err *e = bytes ? read_at(s, moof->at, bytes, (size_t)moof->len) : err_no_memory();
    if (!e && !mp4_flat_add(&s->flat, bytes, (size_t)moof->len, (uint64_t)moof->at))
        e = s->flat.is_out_of_memory ? err_no_memory()
                                     : err_new(E_SYSTEM_FILE_EOF, "%s has a malformed fragment", s->path);
    mem_free(bytes);
    return e;
}

/* Walk over the fragments. What a kill has cut off ends the walk. */
static struct err *walk(struct scan *s, int64_t file_len)
{
    struct box_at moof = { 0 }, mdat = { 0 };
    for (s->end = s->header_len; s->end < file_len; s->end = mdat.at + mdat.len) {
        struct err *e = look(s, s->end, &moof);
        if (!e)
            e = look(s, moof.at + moof.len, &mdat);
        bool whole =
            !e && is(&moof, "moof") && is(&mdat, "mdat") && moof.len <= MOOF_MAX && mdat.at + mdat.len <= file_len;
        if (whole && !(e = add_fragment(s, &moof)))
            continue;
        return err_except(e, E_SYSTEM_FILE_EOF);
    }
    return NULL;
}

static struct err *write_all(int fd, const char *path, const void *bytes, size_t len)
{
    const struct iovec piece = { (void *)bytes, len };
    return path_write_all(fd, &piece, 1) == len ? NULL : err_sys(E_SYSTEM_FILE_WRITE, "write %s", path);
}

/* Copy bytes of a file behind those of another, in the kernel where it can. */
static struct err *copy_range(const struct scan *s, int to, const char *path)
{
    enum { STEP = 1 << 20 };
    loff_t   at = s->header_len;
    uint8_t *bytes = NULL;
    ssize_t  n = 1;
    while (at < s->end && n > 0) {
        size_t len = s->end - at < STEP ? (size_t)(s->end - at) : STEP;
        if (!bytes && (n = copy_file_range(s->fd, &at, to, NULL, len, 0)) > 0)
            continue;
        if (!bytes && !(bytes = mem_alloc(STEP)))
            return err_no_memory();
        n = pread(s->fd, bytes, len, at);
        if (n > 0 && path_write_all(to, &(struct iovec){ bytes, (size_t)n }, 1) != (size_t)n)
            n = -1;
        at += n > 0 ? n : 0;
    }
    mem_free(bytes);
    return n > 0 ? NULL : err_sys(E_SYSTEM_FILE_WRITE, "copy to %s", path);
}

/* The new file: ftyp, moov, and one mdat around all that followed the old moov. */
static struct err *write_flat(const struct scan *s, int fd, const char *path)
{
    size_t      room = mp4_flat_room(&s->flat) + MDAT_HEADER_LEN;
    uint8_t    *bytes = mem_alloc(room);
    struct wr   w = wr_over(bytes, bytes ? room : 0);
    struct err *e = bytes ? NULL : err_no_memory();
    if (!e)
        mp4_flat_write(&s->flat, &w, 0);
    int64_t delta = s->ftyp_len + (int64_t)wr_len(&w) + MDAT_HEADER_LEN - s->header_len;
    w = wr_over(bytes, bytes ? room : 0);
    if (!e)
        mp4_flat_write(&s->flat, &w, delta);
    wr_u32(&w, 1); /* The size follows the type. */
    wr_bytes(&w, "mdat", 4);
    wr_u64(&w, (uint64_t)(MDAT_HEADER_LEN + s->end - s->header_len));
    if (!e && w.full)
        e = err_new(E_SYSTEM_FILE_WRITE, "the tables of %s have no room", path);
    if (!e)
        e = write_all(fd, path, s->ftyp_moov, (size_t)s->ftyp_len);
    if (!e)
        e = write_all(fd, path, bytes, wr_len(&w));
    mem_free(bytes);
    return e ? e : copy_range(s, fd, path);
}

static struct err *replace(const struct scan *s, int64_t *len)
{
    char        path[4096];
    struct str  name = str_over(path, sizeof path);
    struct stat st = { 0 };
    str_printf(&name, "%s.new", s->path);
    int fd = name.cut ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return err_sys(E_SYSTEM_FILE_OPEN, "open %s", path);
    struct err *e = write_flat(s, fd, path);
    if (!e && fstat(fd, &st) != 0)
        e = err_sys(E_SYSTEM_FILE_WRITE, "look at %s", path);
    if (close(fd) != 0 && !e)
        e = err_sys(E_SYSTEM_FILE_CLOSE, "close %s", path);
    if (!e)
        e = path_rename(path, s->path);
    if (e)
        unlink(path);
    *len = st.st_size;
    return e;
}

static struct err *complete(const char *path, struct dvr_facts *facts)
{
    struct scan s = { .path = path };
    int64_t     file_len;
    struct err *e = dvr_format_open(&s.fd, &file_len, path, O_RDONLY);
    if (e)
        return e;
    e = read_header(&s);
    if (!e)
        e = walk(&s, file_len);
    if (!e && s.end == s.header_len)
        e = err_new(E_SYSTEM_FILE_EOF, "%s has no media", path);
    facts->bytes = s.end;
    if (!e) {
        facts->duration_us = mp4_flat_duration_us(&s.flat);
        e = replace(&s, &facts->bytes);
    }
    mp4_flat_finish(&s.flat);
    mem_free(s.ftyp_moov);
    close(s.fd);
    return e;
}

const struct dvr_format dvr_mp4 = {
    .ending = ".mp4",
    .begin = begin,
    .take = take,
    .flush = flush,
    .end = end,
    .finish = finish,
    .complete = complete,
};
